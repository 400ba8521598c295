import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.errors import LambdaError
from edgeproxy.hooks import KB, Hook
from edgeproxy.messages import Bytes, Headers, Request, Response
from edgeproxy.model import Origin
from edgeproxy.rules import edge_headers, lambda_event
from edgeproxy.rules.edge_event import Context

case = pytest.param
VREQ, OREQ, ORES, VRES = Hook
CONTEXT = Context("d111.cloudfront.net", "E1", "id==")
HEADERS = Headers([("Host", "h"), ("Via", "1.1 a"), ("X-A", "1"), ("Connection", "close"), ("Content-Length", "4")])
REQUEST = Request("POST", "https", "h", "/a%20b", "x=1", HEADERS, Bytes(b"body"), client_ip="198.51.100.7")
RESPONSE = Response(404, Headers([("Content-Type", "text/plain"), ("Via", "1.1 o"), ("Content-Length", "4")]), Bytes(b"body"))
FULL = base64.b64encode(b"b" * 40 * KB)
ORIGIN = Origin("app", "app.example.com")


def line(key, value):
    """An entry of the headers object."""
    return {"key": key, "value": value}


def cf(event):
    (record,) = json.loads(event.payload)["Records"]
    return record["cf"]


def at_request(change, hook=VREQ, request=REQUEST, **shown):
    """What comes of a request trigger's handler that changes `request` (or returns something else)."""
    event = lambda_event.request_event(hook, CONTEXT, request, **shown)
    value = cf(event)["request"]
    returned = change(value)
    payload = json.dumps(value if returned is None else returned).encode()
    return lambda_event.apply_request(hook, payload, event, request, origin=shown.get("origin"))


def at_response(change, hook=ORES, response=RESPONSE):
    """The same for `response` at a response trigger."""
    event = lambda_event.response_event(hook, CONTEXT, REQUEST, response)
    value = cf(event)["response"]
    returned = change(value)
    payload = json.dumps(value if returned is None else returned).encode()
    return lambda_event.apply_response(hook, payload, event, response)


def put(**fields):
    """A change that sets fields of the object."""
    return lambda value: value.update(fields)


def header(name, value, key=None):
    """A change that sets one header."""
    return lambda message: message["headers"].update(
        {name: [{"value": value} if key is None else {"key": key, "value": value}]}
    )


def drop(name):
    """A change that deletes a header."""
    return lambda message: message["headers"].__delitem__(name)


def instead(value):
    """A change that returns something else altogether."""
    return lambda _: value


def test_le_1_the_event_at_viewer_request():
    """LE-1"""
    request = REQUEST._replace(query=None)
    assert cf(lambda_event.request_event(VREQ, CONTEXT, request)) == {
        "config": {
            "distributionDomainName": "d111.cloudfront.net",
            "distributionId": "E1",
            "eventType": "viewer-request",
            "requestId": "id==",
        },
        "request": {
            "clientIp": "198.51.100.7",
            "headers": {
                "host": [line("Host", "h")],
                "via": [line("Via", "1.1 a")],
                "x-a": [line("X-A", "1")],
                "content-length": [line("Content-Length", "4")],
            },
            "method": "POST",
            "querystring": "",
            "uri": "/a%20b",
        },
    }


def test_le_2_the_event_at_origin_request_has_one_origin():
    """LE-2"""
    request = cf(lambda_event.request_event(OREQ, CONTEXT, REQUEST, origin=ORIGIN))["request"]
    assert list(request["origin"]) == ["custom"]
    assert request["origin"]["custom"]["protocol"] == "https"


def test_the_event_at_a_response_trigger():
    event = cf(lambda_event.response_event(ORES, CONTEXT, REQUEST, RESPONSE, origin=ORIGIN))
    assert event["config"]["eventType"] == "origin-response"
    assert event["request"]["origin"]["custom"]["domainName"] == "app.example.com"
    assert event["response"] == {
        "status": "404",
        "statusDescription": "Not Found",
        "headers": {
            "content-type": [line("Content-Type", "text/plain")],
            "via": [line("Via", "1.1 o")],
            "content-length": [line("Content-Length", "4")],
        },
    }
    assert "origin" not in cf(lambda_event.response_event(VRES, CONTEXT, REQUEST, RESPONSE))["request"]


@pytest.mark.parametrize(
    ("given", "truncated", "shown"),
    [
        case(b"body", False, {"inputTruncated": False, "data": "Ym9keQ=="}, id="a body"),
        case(b"body", True, {"inputTruncated": True, "data": "Ym9keQ=="}, id="the beginning of one"),
        case(b"", False, {"inputTruncated": False, "data": ""}, id="none, with IncludeBody"),
        case(b"b" * 50 * KB, False, {"inputTruncated": True, "data": FULL.decode()}, id="LE-37 50 KB at viewer-request"),
    ],
)
def test_the_body_that_is_shown(given, truncated, shown):
    event = lambda_event.request_event(VREQ, CONTEXT, REQUEST, body=given, truncated=truncated)
    assert cf(event)["request"]["body"] == {"action": "read-only", "encoding": "base64", **shown}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        case(put(), {}, id="LE-6 nothing"),
        case(put(uri="/b"), {"path": "/b"}, id="LE-14 another URI"),
        case(put(uri="/é"), {"path": "/\xc3\xa9"}, id="a URI goes out as UTF-8"),
        case(put(querystring="b=2"), {"query": "b=2"}, id="another query string"),
        case(put(querystring=""), {"query": None}, id="no query string"),
        case(put(clientIp="1.2.3.4", extra=1), {}, id="a changed clientIp and unknown fields are ignored"),
        case(header("x-my-id", "1"), {"headers": HEADERS.adding(("X-My-Id", "1"))}, id="LE-5 an added header"),
        case(header("x-amzn-trace-id", "1"), {"headers": HEADERS.adding(("X-Amzn-Trace-Id", "1"))}, id="LE-12 X-Amzn-Trace-Id"),
        case(drop("x-a"), {"headers": HEADERS.without("x-a")}, id="a deleted header"),
    ],
)
def test_requests(change, fields):
    assert at_request(change) == (REQUEST._replace(**fields), None)


def test_le_16_a_target_of_8191_characters_passes():
    """LE-16"""
    assert at_request(put(uri="/" + "a" * 8187)).request.path == "/" + "a" * 8187


def test_le_8_host_and_origin_change_at_origin_request():
    """LE-8"""

    def change(request):
        request["origin"]["custom"]["domainName"] = "b.example.com"
        request["headers"]["host"] = [{"value": "b.example.com"}]

    result = at_request(change, OREQ, origin=ORIGIN)
    assert result.request.headers.get("host") == "b.example.com"
    assert result.origin.domain_name == "b.example.com"


@pytest.mark.parametrize(
    "change", [case(put(), id="as it was"), case(lambda request: request.pop("origin") and None, id="left out")]
)
def test_the_origin_stays(change):
    assert at_request(change, OREQ, origin=ORIGIN).origin is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        case(header("host", "x", "Host"), edge_headers.LAMBDA_READ_ONLY, id="LE-7 another Host"),
        case(drop("via"), edge_headers.LAMBDA_READ_ONLY, id="LE-9 no Via"),
        case(header("x-edge-foo", "1"), edge_headers.LAMBDA_DISALLOWED, id="LE-11 X-Edge-Foo"),
        case(header("cloudfront-viewer-country", "DE"), edge_headers.LAMBDA_DISALLOWED, id="LE-13 the country"),
        case(put(uri="b"), lambda_event.BAD_URI, id="LE-15 no slash"),
        case(put(uri=None), lambda_event.BAD_URI, id="a URI of null"),
        case(put(uri="/" + "a" * 8188), lambda_event.BAD_URI, id="LE-16 8,192 characters"),
        case(put(querystring="a b"), lambda_event.BAD_QUERY, id="LE-17 a space"),
        case(put(querystring="a#b"), lambda_event.BAD_QUERY, id="LE-17 a fragment"),
        case(put(querystring={}), lambda_event.BAD_QUERY, id="an object for the query string"),
        case(put(method="GET"), lambda_event.BAD_METHOD, id="another method"),
        case(instead({"uri": "/"}), lambda_event.MISSING, id="a request without headers"),
        case(instead({"Records": []}), lambda_event.MISSING, id="the whole event"),
        case(instead({"statusCode": 200, "body": "x"}), lambda_event.BAD_BODY, id="LE-22 a response of API Gateway"),
    ],
)
def test_requests_that_are_refused(change, sentence):
    with pytest.raises(LambdaError) as caught:
        at_request(change)
    assert (caught.value.status, caught.value.x_cache, caught.value.sentence) == (502, "LambdaValidationError", sentence)


NOT_AN_OBJECT = "The Lambda function returned invalid JSON: The JSON output must be an object type."
NOT_JSON = "The Lambda function returned invalid JSON: The JSON output is not parsable."


def test_the_sentences_that_were_seen_on_cloudfront():
    prefix = "The Lambda function result failed validation: "
    assert prefix + "The specified URI is in an invalid format." == lambda_event.BAD_URI
    assert prefix + "The body is not a string, is not an object, or exceeds the maximum size." == lambda_event.BAD_BODY


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        case(b"null", NOT_AN_OBJECT, id="LE-31 LE-55 null"),
        case(b"[]", NOT_AN_OBJECT, id="LE-31 a list"),
        case(b'"x"', NOT_AN_OBJECT, id="LE-31 a string"),
        case(b'{"uri":', NOT_JSON, id="cut off"),
        case(b"", NOT_JSON, id="nothing"),
        case(b'{"a": NaN}', NOT_JSON, id="NaN"),
        case(b"\xff", NOT_JSON, id="no UTF-8"),
        case(b'{"a":' * 5000, NOT_JSON, id="nested too deep"),
    ],
)
def test_payloads_that_are_refused(payload, sentence):
    event = lambda_event.request_event(VREQ, CONTEXT, REQUEST)
    with pytest.raises(LambdaError) as caught:
        lambda_event.apply_request(VREQ, payload, event, REQUEST)
    assert caught.value.sentence == sentence


def body(**fields):
    """A change of the request's body."""
    return lambda request: request["body"].update(fields)


def test_le_39_a_body_that_stays_read_only_is_not_replaced():
    """LE-39"""
    assert at_request(body(data="bmV3"), body=b"bo", truncated=True).request.body is REQUEST.body


@pytest.mark.parametrize(
    ("encoding", "data", "content"),
    [
        case("text", "ten bytes!", b"ten bytes!", id="LE-38 text"),
        case("text", "é", "é".encode(), id="text beyond ASCII"),
        case("base64", "aGk=", b"hi", id="base64"),
        case("text", "", b"", id="nothing"),
        case("text", "a" * 40 * KB, b"a" * 40 * KB, id="40 KB of text"),
    ],
)
def test_a_replaced_body(encoding, data, content):
    request = REQUEST._replace(headers=HEADERS.adding(("Transfer-Encoding", "chunked")))
    changed = at_request(body(action="replace", encoding=encoding, data=data), request=request, body=b"body").request
    assert changed.body.data == content
    assert changed.headers == HEADERS.setting("Content-Length", str(len(content)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        case(body(action="replace", encoding="text", data="a" * (40 * KB + 1)), lambda_event.BAD_BODY, id="LE-38 text"),
        case(body(action="replace", encoding="base64", data="aaaa" * 13620), lambda_event.BAD_BODY, id="LE-38 base64"),
        case(body(action="replace", encoding="base64", data="%%%"), lambda_event.BAD_BASE64, id="no base64"),
        case(body(action="replace", encoding="hex", data="00"), lambda_event.BAD_ENCODING, id="another encoding"),
        case(body(action="replace", data=None), lambda_event.BAD_BODY, id="no data"),
        case(body(action="append"), lambda_event.BAD_ACTION, id="another action"),
        case(put(body="new"), lambda_event.BAD_BODY, id="a string for the object"),
    ],
)
def test_bodies_that_are_refused(change, sentence):
    with pytest.raises(LambdaError) as caught:
        at_request(change, body=b"body")
    assert caught.value.sentence == sentence


def test_a_body_is_not_replaced_without_include_body():
    with pytest.raises(LambdaError, match="IncludeBody"):
        at_request(put(body={"action": "replace", "encoding": "text", "data": "x"}))


@pytest.mark.parametrize("hook", [VREQ, OREQ])
@pytest.mark.parametrize(
    ("returned", "status", "headers", "content", "reason"),
    [
        case(
            {"status": "302", "headers": {"location": [{"value": "/x"}]}}, 302, [("Location", "/x")], b"", "", id="LE-18 LE-19"
        ),
        case({"status": 200}, 200, [], b"", "", id="LE-20 a number for a status"),
        case({"status": "200", "body": "é"}, 200, [], "é".encode(), "", id="a body of text"),
        case({"status": "200", "body": "aGk=", "bodyEncoding": "base64"}, 200, [], b"hi", "", id="LE-24 a body in base64"),
        case({"status": "599", "statusDescription": "Odd"}, 599, [], b"", "Odd", id="a text of its own"),
        case({"status": "204", "body": ""}, 204, [], b"", "", id="204 with an empty body"),
    ],
)
def test_generated_responses(hook, returned, status, headers, content, reason):
    response = at_request(instead(returned), hook)
    assert (response.status, response.headers, response.reason) == (status, Headers(headers), reason)
    assert response.body.data == content


@pytest.mark.parametrize(
    ("hook", "returned", "sentence"),
    [
        *(
            case(VREQ, {"status": status}, lambda_event.BAD_STATUS, id=f"LE-21 status {status!r}")
            for status in ("600", "199", "abc", "0200", "²00", "", 600, 200.5, True, None)
        ),
        case(VREQ, {"status": "204", "body": "x"}, lambda_event.BODY_OF_204, id="LE-23 a body with 204"),
        case(VREQ, {"status": "200", "body": "%%%", "bodyEncoding": "base64"}, lambda_event.BAD_BASE64, id="LE-24 no base64"),
        case(VREQ, {"status": "200", "body": "x", "bodyEncoding": "hex"}, lambda_event.BAD_ENCODING, id="LE-25 hex"),
        case(OREQ, {"status": 200, "headers": {"content-length": [{"value": "0"}]}}, edge_headers.LAMBDA_READ_ONLY, id="LE-26"),
        case(VREQ, {"status": "200", "body": "a" * 41 * KB}, lambda_event.BAD_BODY, id="LE-30 41 KB at viewer-request"),
        case(
            VREQ,
            {"status": "200", "body": "a" * (40 * KB - 3), "headers": {"x-a": [{"value": "b"}]}},
            lambda_event.BAD_BODY,
            id="LE-30 headers count",
        ),
        case(OREQ, {"status": "200", "body": "a" * 1100 * KB}, lambda_event.BAD_BODY, id="LE-30 1.1 MB at origin-request"),
        case(VREQ, {"status": "200", "body": None}, lambda_event.BAD_BODY, id="a body of null"),
        case(VREQ, {"status": "200", "body": {}}, lambda_event.BAD_BODY, id="an object for the body"),
        case(VREQ, {"status": "200", "statusDescription": "a\nb"}, lambda_event.BAD_DESCRIPTION, id="a line break"),
        case(VREQ, {"status": "200", "statusDescription": 1}, lambda_event.BAD_DESCRIPTION, id="a number for the text"),
    ],
)
def test_generated_responses_that_are_refused(hook, returned, sentence):
    with pytest.raises(LambdaError) as caught:
        at_request(instead(returned), hook)
    assert caught.value.sentence == sentence


@pytest.mark.parametrize("hook", [ORES, VRES])
def test_le_44_a_response_with_one_more_header(hook):
    """LE-44"""
    assert at_response(header("x-a", "1"), hook) == RESPONSE._replace(headers=RESPONSE.headers.adding(("X-A", "1")))


def test_le_40_another_status_and_body_at_origin_response():
    """LE-40"""
    response = at_response(put(status="200", statusDescription="OK", body="new"))
    assert (response.status, response.reason, response.body.data) == (200, "OK", b"new")
    assert response.headers == RESPONSE.headers.without("content-length")


def test_le_41_the_body_of_the_origin_goes_on_or_is_emptied():
    """LE-41"""
    assert at_response(put(status="200")).body is RESPONSE.body
    assert at_response(put(body="")).body.data == b""


def test_le_42_a_fresh_response_passes_when_the_origin_sent_nothing_read_only():
    """LE-42"""
    response = Response(200, Headers([("Content-Length", "4"), ("ETag", "x")]), Bytes(b"body"))
    changed = at_response(instead({"status": "200", "headers": {"x-a": [{"value": "1"}]}}), response=response)
    assert changed.headers.items == (("Content-Length", "4"), ("X-A", "1"))


@pytest.mark.parametrize(
    ("hook", "change", "sentence"),
    [
        case(ORES, drop("via"), edge_headers.LAMBDA_READ_ONLY, id="LE-42 no Via"),
        case(ORES, instead({"status": "200"}), edge_headers.LAMBDA_READ_ONLY, id="LE-42 a fresh object"),
        case(ORES, instead({}), lambda_event.BAD_STATUS, id="no status"),
        case(ORES, instead({"uri": "/"}), lambda_event.BAD_STATUS, id="a request"),
        case(ORES, put(status="204", body="x"), lambda_event.BODY_OF_204, id="204 with a body"),
        case(VRES, put(status="200"), lambda_event.STATUS_CHANGED, id="LE-45 another status"),
        case(VRES, put(statusDescription="x"), lambda_event.STATUS_CHANGED, id="another text"),
        case(VRES, put(body=""), lambda_event.STATUS_CHANGED, id="a body"),
        case(VRES, header("content-encoding", "gzip"), edge_headers.LAMBDA_READ_ONLY, id="LE-45 Content-Encoding"),
        case(VRES, instead([]), NOT_AN_OBJECT, id="LE-31 a list"),
    ],
)
def test_responses_that_are_refused(hook, change, sentence):
    with pytest.raises(LambdaError) as caught:
        at_response(change, hook)
    assert caught.value.sentence == sentence


def test_a_long_value_is_cut_on_the_terminal():
    with pytest.raises(LambdaError) as caught:
        at_request(put(uri="x" * 100_000))
    assert len(caught.value.cause) < 300


names = st.sampled_from(["Host", "x-a", "X-A", "Cookie", "Connection", "X-Edge-Q", "Via", "Set-Cookie", "Transfer-Encoding"])
values = st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=12)
messages = st.lists(st.tuples(names, values), max_size=8).map(Headers)


@given(messages, st.none() | values, values, st.sampled_from([VREQ, OREQ]))
def test_an_unchanged_request_goes_on_byte_for_byte(headers, query, path, hook):
    request = REQUEST._replace(headers=headers, query=query, path=path)
    result = at_request(put(), hook, request, body=b"body", origin=ORIGIN if hook is OREQ else None)
    assert result == (request, None)
    assert result.request.headers is headers
    assert result.request.body is request.body


@given(messages, st.integers(200, 599), values, st.sampled_from([ORES, VRES]))
def test_an_unchanged_response_goes_on_byte_for_byte(headers, status, reason, hook):
    response = Response(status, headers, Bytes(b"x"), reason)
    assert at_response(put(), hook, response) == response
