import json
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import whole_event

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Bytes, Headers, Request, Response, Viewer
from edgeproxy.rules import function_event
from edgeproxy.rules.edge_event import Context
from edgeproxy.rules.viewer_headers import listed

case = pytest.param
CONTEXT = Context("d111.cloudfront.net", "E1", "id==")
HEADERS = (
    ("Host", "d111.cloudfront.net"),
    ("Connection", "keep-alive"),
    ("X-Two", "a"),
    ("Cookie", "k=1; Z=3"),
    ("x-two", "b"),
)
REQUEST = Request("GET", "https", "d111.cloudfront.net", "/a%20b", "x=1&x=2&y", Headers(HEADERS), client_ip="198.51.100.11")
LINES = (
    ("Content-Type", "text/html"),
    ("Content-Length", "4"),
    ("Set-Cookie", "sid=abc; Secure; Path=/"),
    ("X-Cache", "Hit from cloudfront"),
    ("Content-Encoding", "gzip"),
    ("Set-Cookie", "b=2"),
)
RESPONSE = Response(200, Headers(LINES), Bytes(b"body"))
INVALID = "The CloudFront function returned an invalid value: "
STATUS = "response.statusCode must be an integer from 200 to 599."
QUERY = "request.querystring is in an invalid format."
URI = "request.uri is in an invalid format."
NO_OBJECT = "it must be a request or response object."
BODY = "response.body must be a string or an object with encoding and data."
READ_ONLY = "tried to add, delete, or change a read-only header."
LENGTH = "request.uri and request.querystring must have less than 8,192 characters."
DISALLOWED = "tried to add a disallowed header."
LEGAL = " must have valid names and values."
LOWER = ".headers must have header names in lower case."
NAMES = "headers must have valid names and values."


def content(response):
    """The bytes of a response's body."""
    return response.body.data


def one(value):
    """A record of one value."""
    return {"value": value}


def b64(data):
    """A body in base64."""
    return {"encoding": "base64", "data": data}


def at_request(change, request=REQUEST):
    """What comes of a viewer-request function that changes `event.request` (or returns something else)."""
    event = function_event.request_event(CONTEXT, request)
    value = whole_event(event.text, event.part)["request"]
    returned = change(value)
    return function_event.apply_to_request(json.dumps(value if returned is None else returned), event, request)


OWN = listed({"cloudfront-viewer-country", "cloudfront-viewer-city"})
IN_GERMANY = REQUEST._replace(
    headers=REQUEST.headers.adding(("cloudfront-viewer-country", "XX"), ("CloudFront-Viewer-Asn", "1")),
    viewer=Viewer({"cloudfront-viewer-country": "DE"}, None, REQUEST.headers),
)


def in_germany(change):
    """What comes of a viewer-request function where a policy names country and city; the viewer states a country itself."""
    event = function_event.request_event(CONTEXT, IN_GERMANY, OWN)
    value = whole_event(event.text, event.part)["request"]
    returned = change(value)
    return function_event.apply_to_request(json.dumps(value if returned is None else returned), event, IN_GERMANY)


def at_response(change, response=RESPONSE):
    """The same for `event.response` at viewer-response."""
    event = function_event.response_event(CONTEXT, REQUEST, response)
    value = whole_event(event.text, event.part)["response"]
    returned = change(value)
    return function_event.apply_to_response(json.dumps(value if returned is None else returned), event, response)


def deep(value, names):
    """The object at the end of a path of names."""
    return reduce(lambda inner, name: inner[name], names, value)


def put(*path):
    """A change that sets a value deep in the object: put("headers", "x-a", one("1"))."""
    *names, last, new = path
    return lambda value: deep(value, names).update({last: new})


def drop(*path):
    """A change that deletes a member deep in the object."""
    *names, last = path
    return lambda value: deep(value, names).__delitem__(last)


def instead(value):
    """A change that returns something else altogether."""
    return lambda _: value


def test_the_event_at_viewer_request():
    event = function_event.request_event(CONTEXT, REQUEST)
    assert json.loads(event.text)["request"] == {
        "method": "GET", "uri": "/a%20b", "querystring": None, "headers": None, "cookies": None
    }  # fmt: skip
    assert whole_event(event.text, event.part) == {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111.cloudfront.net",
            "distributionId": "E1",
            "eventType": "viewer-request",
            "requestId": "id==",
        },
        "viewer": {"ip": "198.51.100.11"},
        "request": {
            "method": "GET",
            "uri": "/a%20b",
            "querystring": {"x": {"value": "1", "multiValue": [one("1"), one("2")]}, "y": one("")},
            "headers": {"host": one("d111.cloudfront.net"), "x-two": {"value": "a", "multiValue": [one("a"), one("b")]}},
            "cookies": {"k": one("1"), "Z": one("3")},
        },
    }


def test_the_event_at_viewer_response():
    made = function_event.response_event(CONTEXT, REQUEST, RESPONSE)
    assert json.loads(made.text)["request"] is None
    event = whole_event(made.text, made.part)
    assert event["context"]["eventType"] == "viewer-response"
    requested = function_event.request_event(CONTEXT, REQUEST)
    assert event["request"] == whole_event(requested.text, requested.part)["request"]
    assert event["response"] == {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {"content-type": one("text/html"), "content-length": one("4"), "content-encoding": one("gzip")},
        "cookies": {"sid": {"value": "abc", "attributes": "Secure; Path=/"}, "b": one("2")},
    }


def test_cloudfronts_own_headers_are_shown_where_a_policy_names_them():
    event = function_event.request_event(CONTEXT, IN_GERMANY, OWN)
    shown = whole_event(event.text, event.part)["request"]["headers"]
    assert shown["cloudfront-viewer-country"] == one("DE")
    assert shown["cloudfront-viewer-asn"] == one("1"), "what a viewer sends and no policy names is a header like any other"
    assert "cloudfront-viewer-city" not in shown, "no city is known"
    unnamed = function_event.request_event(CONTEXT, IN_GERMANY)
    assert whole_event(unnamed.text, unnamed.part)["request"]["headers"]["cloudfront-viewer-country"] == one("XX")


def test_a_viewer_cannot_state_what_cloudfront_does_not_know():
    request = IN_GERMANY._replace(headers=REQUEST.headers.adding(("CloudFront-Viewer-City", "Berlin")))
    event = function_event.request_event(CONTEXT, request, OWN)
    assert "cloudfront-viewer-city" not in whole_event(event.text, event.part)["request"]["headers"]


def test_at_viewer_response_they_stand_in_the_request():
    event = function_event.response_event(CONTEXT, IN_GERMANY, RESPONSE, OWN)
    assert whole_event(event.text, event.part)["request"]["headers"]["cloudfront-viewer-country"] == one("DE")


GIVEN = [
    case(lambda request: None, {"cloudfront-viewer-country": "DE"}, id="left alone"),
    case(put("uri", "/b"), {"cloudfront-viewer-country": "DE"}, id="another URI"),
    case(put("headers", "x-new", one("1")), {"cloudfront-viewer-country": "DE"}, id="another header"),
    case(put("cookies", {}), {"cloudfront-viewer-country": "DE"}, id="no cookies"),
    case(put("headers", "cloudfront-viewer-country", one("EU")), {"cloudfront-viewer-country": "EU"}, id="changed"),
    case(drop("headers", "cloudfront-viewer-country"), {"cloudfront-viewer-country": None}, id="deleted"),
    case(
        put("headers", "cloudfront-viewer-city", one("Köln")),
        {"cloudfront-viewer-country": "DE", "cloudfront-viewer-city": "KÃ¶ln"},
        id="added",
    ),
    case(put("headers", "cloudfront-viewer-asn", one("2")), {"cloudfront-viewer-country": "DE"}, id="one that no policy names"),
]


@pytest.mark.parametrize(("change", "given_after"), GIVEN)
def test_what_a_function_makes_of_cloudfronts_own_headers_counts(change, given_after):
    changed = in_germany(change)
    assert changed.viewer.given == given_after
    assert IN_GERMANY.viewer.given == {"cloudfront-viewer-country": "DE"}


def test_with_cloudfronts_own_headers_shown_an_unchanged_request_is_the_same_one():
    assert in_germany(lambda request: None) is IN_GERMANY
    assert in_germany(put("uri", "/b")) == IN_GERMANY._replace(path="/b")


def test_the_event_text_is_ascii():
    request = REQUEST._replace(path="/\xc3\xa9", headers=Headers([("A", "\xe9")]))
    event = function_event.request_event(CONTEXT, request)
    assert (event.text + event.part("records")).isascii()
    sent = whole_event(event.text, event.part)["request"]
    assert sent == event.message | event.records
    assert (sent["uri"], sent["headers"]["a"]) == ("/é", one("é"))


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        case(put("uri", "/x/a"), {"path": "/x/a"}, id="CFF-15 another URI"),
        case(put("uri", "/é"), {"path": "/\xc3\xa9"}, id="a URI goes out as UTF-8"),
        case(put("querystring", "b=2&a=1"), {"query": "b=2&a=1"}, id="CFF-11 a query string in its own order"),
        case(put("querystring", ""), {"query": None}, id="an empty query string is none"),
        case(put("querystring", {}), {"query": None}, id="no parameters are no query string"),
        case(drop("querystring"), {"query": None}, id="no query string at all"),
        case(put("querystring", "z", one("%20")), {"query": "x=1&x=2&y&z=%20"}, id="an added parameter"),
        case(drop("querystring", "x"), {"query": "y"}, id="a deleted parameter"),
        case(put("querystring", "x", "value", "n"), {"query": "x=n&x=2&y"}, id="the first of two parameters"),
    ],
)
def test_targets(change, changed):
    assert at_request(change) == REQUEST._replace(**changed)
    assert at_request(change).headers is REQUEST.headers


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        case(put("headers", "x-new-thing", one("1")), (*HEADERS, ("X-New-Thing", "1")), id="CFF-8 an added header's case"),
        case(
            put("headers", "x-two", "value", "n"),
            (*HEADERS[:2], ("X-Two", "n"), ("X-Two", "b"), HEADERS[3]),
            id="CFF-9 the first of two values",
        ),
        case(drop("headers", "x-two"), (*HEADERS[:2], HEADERS[3]), id="a deleted header, hidden ones stay"),
        case(put("headers", "x-a", one("é")), (*HEADERS, ("X-A", "\xc3\xa9")), id="a value goes out as UTF-8"),
        case(put("headers", "x-forwarded-host", one("h")), (*HEADERS, ("X-Forwarded-Host", "h")), id="CFF-25 X-Forwarded-Host"),
        case(put("cookies", "n", one("5")), (*HEADERS[:3], ("Cookie", "k=1; Z=3; n=5"), HEADERS[4]), id="an added cookie"),
        case(drop("cookies", "k"), (*HEADERS[:3], ("Cookie", "Z=3"), HEADERS[4]), id="a deleted cookie"),
        case(put("cookies", {}), (*HEADERS[:3], HEADERS[4]), id="no cookies are no header"),
    ],
)
def test_request_headers(change, headers):
    assert at_request(change) == REQUEST._replace(headers=Headers(headers))


def test_a_cookie_for_a_request_that_had_none():
    request = REQUEST._replace(headers=Headers([("Host", "h")]))
    assert at_request(put("cookies", "a", one("1")), request).headers.items == (("Host", "h"), ("Cookie", "a=1"))


def test_all_cookie_lines_become_one_when_a_cookie_changes():
    request = REQUEST._replace(headers=Headers([("cookie", "a=1"), ("Host", "h"), ("Cookie", "b=\xe9")]))
    changed = at_request(put("cookies", "a", "value", "2"), request)
    assert changed.headers.items == (("Cookie", "a=2; b=\xe9"), ("Host", "h"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        case(put("querystring", "a b"), QUERY, id="CFF-12 a space"),
        case(put("querystring", "a#b"), QUERY, id="CFF-12 a fragment"),
        case(put("querystring", "a", one("1 2")), QUERY, id="a space in one"),
        case(put("querystring", None), "request.querystring must be an object.", id="a query string of null"),
        case(put("uri", "no-slash"), URI, id="CFF-13 no slash"),
        case(put("uri", "/a\r\nX: y"), URI, id="a line break in the URI"),
        case(put("uri", 5), URI, id="a number for the URI"),
        case(drop("uri"), URI, id="no URI"),
        case(put("uri", "/" + "a" * 8190), LENGTH, id="CFF-14 too long"),
        case(put("method", "POST"), "request.method can't be changed.", id="CFF-17 another method"),
        case(drop("method"), "request.method can't be changed.", id="no method"),
        case(put("headers", "X-Up", one("1")), "request" + LOWER, id="upper case"),
        case(put("headers", "x-a", "1"), "request.headers must have objects with a string value.", id="a plain string"),
        case(put("headers", "cookie", one("a=1")), "request.headers must not have cookies.", id="a Cookie header"),
        case(put("headers", "", one("1")), NAMES, id="a header without name"),
        case(put("headers", "x-a", one("\n")), NAMES, id="a line break"),
        case(put("cookies", "a", one("\n")), "request.cookies" + LEGAL, id="in a cookie"),
        case(instead([]), NO_OBJECT, id="an array"),
        case(instead("GET"), NO_OBJECT, id="a string"),
        case(instead(5), NO_OBJECT, id="a number"),
    ],
)
def test_requests_that_are_refused(change, what):
    with pytest.raises(FunctionError) as caught:
        at_request(change)
    assert caught.value.sentence == INVALID + what
    assert (caught.value.status, caught.value.x_cache) == (502, "FunctionValidationError")


@pytest.mark.parametrize("output", [case(text, id=text) for text in ("undefined", "null", "", "{", '"\\ud800"')])
def test_an_output_that_is_no_object_is_refused(output):
    event = function_event.request_event(CONTEXT, REQUEST)
    with pytest.raises(FunctionError, match="handler returned") as caught:
        function_event.apply_to_request(output, event, REQUEST)
    assert caught.value.sentence == INVALID + NO_OBJECT


@pytest.mark.parametrize(
    ("change", "what"),
    [
        case(put("headers", "host", "value", "x"), READ_ONLY, id="CFF-23 host"),
        case(drop("headers", "host"), READ_ONLY, id="CFF-23 no host"),
        case(drop("headers"), READ_ONLY, id="no headers, so no host"),
        case(put("headers", "x-forwarded-proto", one("https")), DISALLOWED, id="CFF-24 X-Forwarded-Proto"),
        case(put("headers", "connection", one("keep-alive")), DISALLOWED, id="a hidden one"),
    ],
)
def test_headers_that_are_not_the_functions_own(change, what):
    with pytest.raises(FunctionError) as caught:
        at_request(change)
    assert caught.value.sentence == "The CloudFront function " + what


def test_a_target_longer_than_allowed_passes_when_the_function_left_it():
    request = REQUEST._replace(path="/" + "a" * 9000)
    assert at_request(put("headers", "x-a", one("1")), request).path == request.path


@pytest.mark.parametrize(
    ("returned", "response"),
    [
        case(
            {"statusCode": 302, "headers": {"location": one("/n")}},
            Response(302, Headers([("Location", "/n")])),
            id="CFF-18 a redirect",
        ),
        case({"statusCode": 200, "body": "hi"}, Response(200, Headers(), Bytes(b"hi")), id="CFF-19 a body that is a string"),
        case({"statusCode": 200, "body": b64("aGk=")}, Response(200, Headers(), Bytes(b"hi")), id="CFF-20 a body in base64"),
        case(
            {"statusCode": 404, "statusDescription": "Nope", "body": {"encoding": "text", "data": "é"}},
            Response(404, Headers(), Bytes("é".encode()), "Nope"),
            id="CFF-21 an error of the function's own",
        ),
        case(
            {"statusCode": 200, "cookies": {"s": {"value": "1", "attributes": "Path=/; Secure"}}},
            Response(200, Headers([("Set-Cookie", "s=1; Path=/; Secure")])),
            id="CFF-22 a cookie with attributes",
        ),
        case(
            {"statusCode": 200, "headers": {"set-cookie": one("a=1")}, "cookies": {"b": one("2")}},
            Response(200, Headers([("Set-Cookie", "b=2"), ("Set-Cookie", "a=1")])),
            id="a cookie written as a header",
        ),
        case(
            {"statusCode": 200, "headers": {"content-length": one("9"), "transfer-encoding": one("chunked")}},
            Response(200, Headers()),
            id="framing is CloudFront's",
        ),
    ],
)
def test_generated_responses(returned, response):
    made = at_request(instead(returned))
    assert (made[:2], made.reason, content(made)) == (response[:2], response.reason, content(response))


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        case({"statusCode": "302"}, STATUS, id="a string for a status"),
        case({"statusCode": 199}, STATUS, id="199"),
        case({"statusCode": 600}, STATUS, id="600"),
        case({"statusCode": True}, STATUS, id="true"),
        case({"statusCode": None}, STATUS, id="NaN, null in JSON"),
        case(
            {"statusCode": 200, "statusDescription": "a\n"}, "response.statusDescription must be a string.", id="a line break"
        ),
        case({"statusCode": 200, "body": b64("%%%")}, "response.body is not valid base64.", id="CFF-20 no base64"),
        case({"statusCode": 200, "body": {"encoding": "hex", "data": "00"}}, BODY, id="another encoding"),
        case({"statusCode": 200, "body": None}, BODY, id="null"),
        case({"statusCode": 204, "body": "x"}, "response.body must be empty with status code 204.", id="204"),
        case({"statusCode": 200, "headers": {"X-Up": one("1")}}, "response" + LOWER, id="upper case"),
        case(
            {"statusCode": 200, "cookies": {"a": one("1\r\nX: y")}}, "response.cookies" + LEGAL, id="a line break in a cookie"
        ),
    ],
)
def test_generated_responses_that_are_refused(returned, what):
    with pytest.raises(FunctionError) as caught:
        at_request(instead(returned))
    assert caught.value.sentence == INVALID + what


@pytest.mark.parametrize("name", ["via", "warning"])
def test_generated_responses_may_not_set_what_viewer_responses_may_not(name):
    with pytest.raises(FunctionError) as caught:
        at_request(instead({"statusCode": 200, "headers": {name: one("1")}}))
    assert caught.value.sentence.endswith("read-only header.")


@pytest.mark.parametrize(
    ("change", "response"),
    [
        case(put("headers", "x-a", one("1")), RESPONSE._replace(headers=Headers((*LINES, ("X-A", "1")))), id="CFF-26"),
        case(put("statusCode", 302), RESPONSE._replace(status=302), id="CFF-29 another status"),
        case(put("statusDescription", "Fine"), RESPONSE._replace(reason="Fine"), id="another text"),
        case(put("headers", "content-length", "value", "9"), RESPONSE, id="CFF-33 Content-Length passes, ours goes out"),
        case(drop("headers", "content-length"), RESPONSE, id="a deleted Content-Length stays"),
        case(drop("cookies"), RESPONSE._replace(headers=RESPONSE.headers.without("set-cookie")), id="no cookies"),
        case(
            put("cookies", "sid", "attributes", "Path=/x"),
            RESPONSE._replace(
                headers=RESPONSE.headers.without("set-cookie").adding(("Set-Cookie", "sid=abc; Path=/x"), LINES[-1])
            ),
            id="other attributes",
        ),
    ],
)
def test_responses(change, response):
    assert at_response(change) == response


def test_a_replaced_body_leaves_its_stale_encoding_but_not_its_length():
    changed = at_response(put("body", "x"))
    assert content(changed) == b"x"
    assert "content-length" not in changed.headers
    assert changed.headers.get("content-encoding") == "gzip", "CFF-30: that is the function's duty"


def test_cff_31_an_empty_body_removes_it_and_none_leaves_it():
    assert content(at_response(put("body", ""))) == b""
    assert at_response(put("statusCode", 201)).body is RESPONSE.body, "CFF-31"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        case(put("headers", "X-Up", one("1")), "response" + LOWER, id="CFF-32 upper case"),
        case(drop("statusCode"), STATUS, id="no status"),
        case(instead({"uri": "/"}), STATUS, id="a request for a response"),
        case(instead([]), NO_OBJECT, id="an array"),
    ],
)
def test_responses_that_are_refused(change, what):
    with pytest.raises(FunctionError) as caught:
        at_response(change)
    assert caught.value.sentence == INVALID + what


def test_a_long_value_is_cut_on_the_terminal():
    with pytest.raises(FunctionError) as caught:
        at_request(put("uri", "x" * 100_000))
    assert len(caught.value.cause) < 300


names = st.sampled_from(["Host", "x-a", "X-A", "Cookie", "cookie", "Set-Cookie", "Connection", "X-Edge-Q", "Via", "__proto__"])
values = st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=12)
messages = st.lists(st.tuples(names, values), max_size=8).map(Headers)
queries = st.none() | st.text(st.characters(max_codepoint=255) | st.sampled_from("&=;%"), max_size=20)


@given(messages, queries, values)
def test_an_unchanged_request_goes_on_byte_for_byte(headers, query, path):
    request = REQUEST._replace(headers=headers, query=query, path=path)
    assert at_request(lambda _: None, request) is request


@given(messages, st.integers(200, 599), values)
def test_an_unchanged_response_goes_on_byte_for_byte(headers, status, reason):
    response = Response(status, headers, Bytes(b"x"), reason)
    assert at_response(lambda _: None, response) is response


@given(messages, queries)
def test_one_more_header_changes_nothing_else(headers, query):
    request = REQUEST._replace(headers=headers, query=query)
    changed = at_request(put("headers", "x-new", one("1")), request)
    assert changed == request._replace(headers=headers.adding(("X-New", "1")))
