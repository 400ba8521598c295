import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request
from edgeproxy.rules import function_url
from edgeproxy.rules.function_url import Endpoint

case = pytest.param
ENDPOINT = Endpoint("abc123.lambda-url.us-east-1.on.aws")
HEADERS = Headers([("Host", ENDPOINT.domain_name), ("User-Agent", "Amazon CloudFront")])
REQUEST = Request("GET", "https", ENDPOINT.domain_name, "/my/path", None, HEADERS, client_ip="198.51.100.7")
NOW = 1584039838.25
JSON = ("Content-Type", "application/json")
FAILED_HEADERS = Headers([JSON, ("Content-Length", "21")])
WRITTEN = {"x-forwarded-port": "443", "x-forwarded-proto": "https"}


def event(request=REQUEST, body=b"", endpoint=ENDPOINT):
    return json.loads(function_url.event(endpoint, request, body, "id", NOW))


def with_headers(*items):
    return REQUEST._replace(headers=Headers(items))


def shown_body(content_type, body):
    """Body and isBase64Encoded of the event; a content type of None: the request has none."""
    items = [] if content_type is None else [("Content-Type", content_type)]
    shown = event(with_headers(*items), body)
    return shown.get("body"), shown["isBase64Encoded"]


def answer(result):
    return function_url.response(json.dumps(result).encode())


def test_the_whole_event_of_a_plain_get():
    assert event() == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "",
        "headers": {"host": "abc123.lambda-url.us-east-1.on.aws", "user-agent": "Amazon CloudFront", **WRITTEN},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc123",
            "domainName": "abc123.lambda-url.us-east-1.on.aws",
            "domainPrefix": "abc123",
            "http": {
                "method": "GET",
                "path": "/my/path",
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "Amazon CloudFront",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1584039838250,
        },
        "isBase64Encoded": False,
    }


def test_the_account_is_the_one_of_the_endpoint():
    assert event(endpoint=Endpoint("a.example", "123456789012"))["requestContext"]["accountId"] == "123456789012"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        case("/a%20b%2Fc", "/a%20b%2Fc", id="escapes stay as they are"),
        case("/pa2%Fth/1", "/pa2%Fth/1", id="so does what is no escape"),
        case("//a/../b", "//a/../b", id="nothing is tidied up"),
        case("/\xc3\xa9", "/é", id="raw UTF-8 is read"),
    ],
)
def test_the_path_is_the_one_received(path, shown):
    of_path = event(REQUEST._replace(path=path))
    assert (of_path["rawPath"], of_path["requestContext"]["http"]["path"]) == (shown, shown)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        case("a=1", {"a": "1"}, id="one parameter"),
        case("a=1&b=2&a=3", {"a": "1,3", "b": "2"}, id="repeats are joined with a comma"),
        case("a%20b=c%26d", {"a b": "c&d"}, id="names and values are decoded"),
        case("q=a+b", {"q": "a b"}, id="a plus is a space"),
        case("a&b=", {"a": "", "b": ""}, id="no value is an empty one"),
        case("a=%ff", {"a": "�"}, id="what is no UTF-8 is replaced"),
        case("a=1;b=2", {"a": "1;b=2"}, id="a semicolon parts nothing"),
        case("&&", None, id="only separators"),
        case("", None, id="a bare question mark"),
        case(None, None, id="no query string"),
    ],
)
def test_the_query_string_is_shown_raw_and_as_parameters(query, parameters):
    shown = event(REQUEST._replace(query=query))
    assert (shown["rawQueryString"], shown.get("queryStringParameters")) == (query or "", parameters)
    assert ("queryStringParameters" in shown) == (parameters is not None)


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        case([("X-My-Header", "With WeiRd CapS")], {"x-my-header": "With WeiRd CapS"}, id="names become lower case"),
        case([("X-A", "1"), ("x-a", "2")], {"x-a": "1,2"}, id="repeats are joined with a comma"),
        case([("X-A", "\xc3\xa9"), ("X-A", "\xe9")], {"x-a": "é,é"}, id="UTF-8 where it is UTF-8, else Latin-1"),
        case([("X-Forwarded-Proto", "http")], {}, id="what the URL writes itself wins"),
    ],
)
def test_headers(items, shown):
    assert event(with_headers(*items))["headers"] == shown | WRITTEN


@pytest.mark.parametrize(
    ("items", "cookies", "header"),
    [
        case([("Cookie", "a=1; b=2")], ["a=1", "b=2"], "a=1; b=2", id="one line"),
        case([("Cookie", "a=1"), ("Cookie", "b=2")], ["a=1", "b=2"], "a=1; b=2", id="two lines"),
        case([("Cookie", "a=1;;  b;")], ["a=1", "b"], "a=1;;  b;", id="empty parts are no cookies"),
        case([("Cookie", "a=x,y")], ["a=x,y"], "a=x,y", id="a comma parts nothing"),
        case([("Cookie", "")], None, "", id="an empty line"),
        case([], None, None, id="no line"),
    ],
)
def test_cookies_are_listed_and_their_header_stays(items, cookies, header):
    shown = event(with_headers(*items))
    assert (shown.get("cookies"), shown["headers"].get("cookie")) == (cookies, header)


def test_a_request_without_user_agent_has_an_empty_one_in_its_context():
    assert event(with_headers())["requestContext"]["http"]["userAgent"] == ""


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        case("text/plain", b"hi", ("hi", False), id="text"),
        case("Text/HTML; charset=utf-8", "é".encode(), ("é", False), id="text with a parameter, in capitals"),
        case("application/json", b'{"a":1}', ('{"a":1}', False), id="JSON"),
        case("application/xml ; q=1", b"<a/>", ("<a/>", False), id="XML"),
        case("application/javascript", b"1", ("1", False), id="JavaScript"),
        case("application/x-www-form-urlencoded", b"a=1", ("YT0x", True), id="a form"),
        case("multipart/form-data; boundary=x", b"a=1", ("YT0x", True), id="a form with parts"),
        case("application/vnd.api+json", b"{}", ("e30=", True), id="another kind of JSON"),
        case("image/png", b"\x89PNG", ("iVBORw==", True), id="a picture"),
        case(None, b"hi", ("aGk=", True), id="no content type"),
        case("text/plain", b"\xff", ("/w==", True), id="text that is not UTF-8"),
        case("text/plain", b"", (None, False), id="no body"),
        case("image/png", b"", (None, False), id="no body of a picture"),
    ],
)
def test_bodies_are_text_or_base64(content_type, body, shown):
    assert shown_body(content_type, body) == shown


@given(st.sampled_from(["text/plain", "application/json", "image/png"]), st.binary(min_size=1))
def test_a_body_is_read_back_from_its_event(content_type, body):
    text, encoded = shown_body(content_type, body)
    assert (base64.b64decode(text) if encoded else text.encode()) == body


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.text(alphabet=st.characters(max_codepoint=255)))
def test_whatever_the_wire_brings_makes_an_event(path, text):
    shown = event(with_headers(("X-A", text), ("Cookie", text))._replace(path="/" + path, query=text))
    assert set(shown) >= {"rawPath", "rawQueryString", "headers"}


@pytest.mark.parametrize(
    ("payload", "content"),
    [
        case(b'"hello"', b"hello", id="a string without its quotes"),
        case('"é\\n"'.encode(), "é\n".encode(), id="a string with an escape"),
        case(b'{"hello": "world"}', b'{"hello":"world"}', id="an object without spaces"),
        case(b'["hello", 3, true]', b'["hello",3,true]', id="a list"),
        case(b'{"a b": "c \\" d\\\\" }', b'{"a b":"c \\" d\\\\"}', id="spaces within strings stay"),
        case(b"123456789012345678901234", b"123456789012345678901234", id="a number keeps its digits"),
        case(b"3.10", b"3.10", id="a fraction too"),
        case(b"true", b"true", id="a boolean"),
        case(b"null", b"null", id="null"),
        case(b'{"headers": {}, "body": "x"}', b'{"headers":{},"body":"x"}', id="a response without its status"),
        case(b"[" * 1000 + b"]" * 1000, b"[" * 1000 + b"]" * 1000, id="a deep list"),
    ],
)
def test_a_result_without_a_status_is_the_body_of_a_200(payload, content):
    answered = function_url.response(payload)
    assert (answered.status, answered.body.data) == (200, content)
    assert answered.headers == Headers([JSON, ("Content-Length", str(len(content)))])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_json_keeps_its_value_when_its_spaces_go(value):
    content = function_url.response(json.dumps([value], indent=2, ensure_ascii=False).encode()).body.data
    assert content.decode() == json.dumps([value], separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("result", "status", "items", "content"),
    [
        case({"body": "hi"}, 200, [JSON], b"hi", id="a body alone"),
        case({}, 200, [JSON], b"", id="a status alone"),
        case({"statusCode": 201}, 201, [JSON], b"", id="another status"),
        case({"statusCode": "418"}, 418, [JSON], b"", id="a status in digits"),
        case({"statusCode": 599}, 599, [JSON], b"", id="the last status"),
        case({"body": "é"}, 200, [JSON], "é".encode(), id="a body beyond ASCII goes out as UTF-8"),
        case({"body": "aGk=", "isBase64Encoded": True}, 200, [JSON], b"hi", id="a body in base64"),
        case({"body": "aGk=", "isBase64Encoded": False}, 200, [JSON], b"aGk=", id="a body that only looks like it"),
        case({"headers": {"b": "1", "A": "2"}}, 200, [("b", "1"), ("A", "2"), JSON], b"", id="headers in their order"),
        case({"headers": {"content-type": "text/html"}}, 200, [("content-type", "text/html")], b"", id="a content type"),
        case(
            {"headers": {"x": 3, "y": 1.5, "z": True}}, 200, [("x", "3"), ("y", "1.5"), ("z", "true"), JSON], b"", id="others"
        ),
        case({"headers": {"x": "é"}}, 200, [("x", "\xc3\xa9"), JSON], b"", id="a header beyond ASCII"),
        case(
            {"cookies": ["a=1; Path=/", "b=2"], "headers": {"x": "y"}},
            200,
            [("x", "y"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), JSON],
            b"",
            id="a line for each cookie",
        ),
        case(
            {"headers": {"Content-Length": "9", "transfer-encoding": "chunked"}, "body": "hi"},
            200,
            [JSON],
            b"hi",
            id="the length is that of the body",
        ),
        case(
            {"headers": None, "cookies": None, "body": None, "isBase64Encoded": None}, 200, [JSON], b"", id="null is left out"
        ),
        case({"multiValueHeaders": 1, "extra": []}, 200, [JSON], b"", id="unknown fields are ignored"),
    ],
)
def test_results_with_a_status(result, status, items, content):
    answered = answer({"statusCode": 200} | result)
    assert (answered.status, answered.body.data, answered.reason) == (status, content, "")
    assert answered.headers == Headers([*items, ("Content-Length", str(len(content)))])


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_have_no_body_say_nothing_of_one(status):
    answered = answer({"statusCode": status, "headers": {"etag": '"a"'}, "body": "x"})
    assert (answered.headers, answered.body.length) == (Headers([("etag", '"a"')]), 0)


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        *(
            case({"statusCode": status}, "statusCode", id=f"the status {status!r}")
            for status in (199, 101, 600, "abc", "0200", "²00", "", 200.5, True, None)
        ),
        case({"headers": []}, "headers is .*object", id="an array of headers"),
        case({"headers": "x: y"}, "headers is .*object", id="a string of headers"),
        case({"headers": {"x": ["a", "b"]}}, "'x' is .*not a string", id="an array for a header"),
        case({"headers": {"x": None}}, "'x' is .*not a string", id="null for a header"),
        case({"headers": {"x y": "z"}}, "cannot be sent", id="a name with a space"),
        case({"headers": {"": "z"}}, "cannot be sent", id="an empty name"),
        case({"headers": {"é": "z"}}, "cannot be sent", id="a name beyond ASCII"),
        case({"headers": {"x": "a\r\ny: b"}}, "cannot be sent", id="a line break in a header"),
        case({"cookies": "a=1"}, "cookies is .*array", id="a string for the cookies"),
        case({"cookies": ["a=1\n"]}, "cannot be sent", id="a line break in a cookie"),
        case({"cookies": [{}]}, "not a string", id="an object for a cookie"),
        case({"body": {"a": 1}}, "body is .*string", id="an object for the body"),
        case({"body": 1}, "body is .*string", id="a number for the body"),
        case({"body": "%%%", "isBase64Encoded": True}, "not base64", id="a body that is no base64"),
        case({"body": "é", "isBase64Encoded": True}, "not base64", id="base64 beyond ASCII"),
        case({"body": "aGk=", "isBase64Encoded": "true"}, "isBase64Encoded is .*boolean", id="a string for the boolean"),
    ],
)
def test_results_that_break_the_format(result, cause):
    payload = json.dumps({"statusCode": 200} | result).encode()
    with pytest.raises(function_url.Malformed, match=cause):
        function_url.parse(payload)
    answered = function_url.response(payload)
    assert (answered.status, answered.headers, answered.body.data) == (502, FAILED_HEADERS, b"Internal Server Error")


@pytest.mark.parametrize(
    "payload",
    [
        case(b"", id="nothing"),
        case(b'{"statusCode":', id="cut off"),
        case(b"NaN", id="NaN"),
        case(b'"\xff"', id="no UTF-8"),
        case(b'"\\ud800"', id="half a surrogate pair"),
        case(b"[" * 5000, id="nested too deep"),
    ],
)
def test_results_that_are_no_json(payload):
    answered = function_url.response(payload)
    assert (answered.status, answered.body.data) == (502, b"Internal Server Error")


@given(st.integers(200, 599).filter(lambda status: status not in (204, 304)), st.binary())
def test_a_binary_body_comes_through(status, body):
    answered = answer({"statusCode": status, "body": base64.b64encode(body).decode(), "isBase64Encoded": True})
    assert (answered.status, answered.body.data) == (status, body)
    assert answered.headers.get("content-length") == str(len(body))


@pytest.mark.parametrize(
    ("status", "content", "error_type"),
    [
        case(413, b'{"message":"Request must be smaller than 6291456 bytes"}', "RequestTooLargeException", id="too large"),
        case(429, b'{"message":"Rate Exceeded."}', "TooManyRequestsException", id="throttled"),
        case(502, b"Internal Server Error", None, id="the function failed"),
    ],
)
def test_what_the_url_answers_itself(status, content, error_type):
    answered = function_url.failed(status)
    assert (answered.status, answered.body.data) == (status, content)
    assert answered.headers.get("x-amzn-errortype") == error_type
    assert answered.headers.get("content-length") == str(len(content))


def test_a_request_body_may_have_6_mb():
    assert function_url.BODY_SIZE == 6_291_456
