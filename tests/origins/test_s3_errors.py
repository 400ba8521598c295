import re
from xml.etree import ElementTree

import pytest

from edgeproxy.messages import Bytes, Response
from edgeproxy.origins.s3_errors import ERRORS, Refusal, RequestIds, error_page, error_response


def xml_of(response: Response) -> dict[str, str | None]:
    assert isinstance(response.body, Bytes)
    root = ElementTree.fromstring(response.body.data)
    assert root.tag == "Error"
    return {element.tag: element.text for element in root}


def test_access_denied_reads_as_s3_writes_it():
    response = error_response(Refusal("AccessDenied"), "GET")
    ids = response.headers
    assert isinstance(response.body, Bytes)
    assert response.status == 403
    assert response.body.data.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>'
        f"<RequestId>{ids.get('x-amz-request-id')}</RequestId><HostId>{ids.get('x-amz-id-2')}</HostId></Error>"
    )
    assert ids.get("content-type") == "application/xml"
    assert ids.get("server") == "AmazonS3"
    assert "content-length" not in ids


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_gives_its_status_and_message(code: str):
    response = error_response(Refusal(code), "GET")
    assert response.status == ERRORS[code].status
    assert xml_of(response)["Message"] == ERRORS[code].message


def test_head_gets_no_xml():
    response = error_response(Refusal("NoSuchKey", (("Key", "a"),)), "HEAD")
    assert (response.status, response.body.length) == (404, 0)


@pytest.mark.parametrize("key", ["<Key>&amp;</Key>", 'a"b', "caf\u00e9", "\U0001f600"])
def test_a_key_cannot_write_xml(key: str):
    assert xml_of(error_response(Refusal("NoSuchKey", (("Key", key),)), "GET"))["Key"] == key


def test_control_characters_are_references():
    response = error_response(Refusal("NoSuchKey", (("Key", "a\x01\n"),)), "GET")
    assert isinstance(response.body, Bytes)
    assert b"<Key>a&#x1;&#xA;</Key>" in response.body.data


def test_a_website_endpoint_tells_the_same_in_html():
    response = error_page(Refusal("NoSuchKey", (("Key", "<b>"),)), "GET")
    ids = response.headers
    assert isinstance(response.body, Bytes)
    assert response.body.data.decode() == (
        "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>\n"
        "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: &lt;b&gt;</li>\n"
        f"<li>RequestId: {ids.get('x-amz-request-id')}</li>\n<li>HostId: {ids.get('x-amz-id-2')}</li>\n</ul>\n"
        "<hr/>\n</body>\n</html>\n"
    )
    assert ids.get("content-type") == "text/html; charset=utf-8"
    assert ids.get("content-length") == str(len(response.body.data))
    assert ids.get("x-amz-error-code") == "NoSuchKey"
    assert error_page(Refusal("NoSuchKey"), "HEAD").body.length == 0


def test_a_website_endpoint_tells_why_the_error_document_is_missing():
    response = error_page(Refusal("AccessDenied"), "GET", Refusal("NoSuchKey", (("Key", "404.html"),)))
    assert isinstance(response.body, Bytes)
    first, second = response.body.data.split(b"<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>")
    assert b"<li>Code: AccessDenied</li>" in first
    assert b"<li>Key: 404.html</li>" in second


def test_ids_differ_and_have_their_shapes():
    first, second = RequestIds.fresh(), RequestIds.fresh()
    assert first != second
    assert re.fullmatch("[0-9A-F]{16}", first.request_id)
    assert re.fullmatch("[A-Za-z0-9+/]{75}=", first.host_id)
