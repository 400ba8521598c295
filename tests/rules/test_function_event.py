import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.errors import FunctionError
from edgeproxy.messages import EMPTY, Bytes, Headers, Request, Response
from edgeproxy.rules import function_event
from edgeproxy.rules.edge_event import Context

CONTEXT = Context("d111.cloudfront.net", "E1", "id==")
HEADERS = (
    ("Host", "d111.cloudfront.net"),
    ("Connection", "keep-alive"),
    ("X-Two", "a"),
    ("Cookie", "k=1; Z=3"),
    ("x-two", "b"),
)
REQUEST = Request("GET", "https", "d111.cloudfront.net", "/a%20b", "x=1&x=2&y", Headers(HEADERS), client_ip="198.51.100.11")
RESPONSE = Response(
    200,
    Headers(
        [
            ("Content-Type", "text/html"),
            ("Content-Length", "4"),
            ("Set-Cookie", "sid=abc; Secure; Path=/"),
            ("X-Cache", "Hit from cloudfront"),
            ("Content-Encoding", "gzip"),
            ("Set-Cookie", "b=2"),
        ]
    ),
    Bytes(b"body"),
)
INVALID = "The CloudFront function returned an invalid value: "


def at_request(change, request=REQUEST):
    """What comes of a viewer-request function that changes `event.request` (or returns something else)."""
    event = function_event.request_event(CONTEXT, request)
    value = json.loads(event.text)["request"]
    returned = change(value)
    return function_event.apply_to_request(json.dumps(value if returned is None else returned), event, request)


def at_response(change, response=RESPONSE):
    """The same for `event.response` at viewer-response."""
    event = function_event.response_event(CONTEXT, REQUEST, response)
    value = json.loads(event.text)["response"]
    returned = change(value)
    return function_event.apply_to_response(json.dumps(value if returned is None else returned), event, response)


def put(*path):
    """A change that sets a value deep in the object: put("headers", "x-a", {"value": "1"})."""

    def change(value):
        *names, last, new = path
        for name in names:
            value = value[name]
        value[last] = new

    return change


def drop(*path):
    """A change that deletes a member deep in the object."""

    def change(value):
        *names, last = path
        for name in names:
            value = value[name]
        del value[last]

    return change


def instead(value):
    """A change that returns something else altogether."""
    return lambda _: value


def test_the_event_at_viewer_request():
    assert json.loads(function_event.request_event(CONTEXT, REQUEST).text) == {
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
            "querystring": {"x": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}, "y": {"value": ""}},
            "headers": {
                "host": {"value": "d111.cloudfront.net"},
                "x-two": {"value": "a", "multiValue": [{"value": "a"}, {"value": "b"}]},
            },
            "cookies": {"k": {"value": "1"}, "Z": {"value": "3"}},
        },
    }


def test_the_event_at_viewer_response():
    event = json.loads(function_event.response_event(CONTEXT, REQUEST, RESPONSE).text)
    assert event["context"]["eventType"] == "viewer-response"
    assert event["request"] == json.loads(function_event.request_event(CONTEXT, REQUEST).text)["request"]
    assert event["response"] == {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {
            "content-type": {"value": "text/html"},
            "content-length": {"value": "4"},
            "content-encoding": {"value": "gzip"},
        },
        "cookies": {"sid": {"value": "abc", "attributes": "Secure; Path=/"}, "b": {"value": "2"}},
    }


def test_the_event_text_is_ascii():
    request = REQUEST._replace(path="/\xc3\xa9", headers=Headers([("A", "\xe9")]))
    event = function_event.request_event(CONTEXT, request)
    assert event.text.isascii()
    assert json.loads(event.text)["request"] == event.sent
    assert (event.sent["uri"], event.sent["headers"]["a"]) == ("/é", {"value": "é"})


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        pytest.param(put("uri", "/x/a"), {"path": "/x/a"}, id="CFF-15 another URI"),
        pytest.param(put("uri", "/é"), {"path": "/\xc3\xa9"}, id="a URI goes out as UTF-8"),
        pytest.param(put("querystring", "b=2&a=1"), {"query": "b=2&a=1"}, id="CFF-11 a query string in its own order"),
        pytest.param(put("querystring", ""), {"query": None}, id="an empty query string is none"),
        pytest.param(put("querystring", {}), {"query": None}, id="no parameters are no query string"),
        pytest.param(drop("querystring"), {"query": None}, id="no query string at all"),
        pytest.param(put("querystring", "z", {"value": "%20"}), {"query": "x=1&x=2&y&z=%20"}, id="an added parameter"),
        pytest.param(drop("querystring", "x"), {"query": "y"}, id="a deleted parameter"),
        pytest.param(put("querystring", "x", "value", "n"), {"query": "x=n&x=2&y"}, id="the first of two parameters"),
    ],
)
def test_targets(change, changed):
    assert at_request(change) == REQUEST._replace(**changed)
    assert at_request(change).headers is REQUEST.headers


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        pytest.param(
            put("headers", "x-new-thing", {"value": "1"}), (*HEADERS, ("X-New-Thing", "1")), id="CFF-8 an added header's case"
        ),
        pytest.param(
            put("headers", "x-two", "value", "n"),
            (*HEADERS[:2], ("X-Two", "n"), ("X-Two", "b"), HEADERS[3]),
            id="CFF-9 the first of two values",
        ),
        pytest.param(
            put("headers", "x-two", {"value": "q", "multiValue": [{"value": "a"}, {"value": "z"}]}),
            (*HEADERS[:2], ("X-Two", "a"), ("X-Two", "z"), HEADERS[3]),
            id="CFF-10 a modified multiValue wins",
        ),
        pytest.param(drop("headers", "x-two"), (*HEADERS[:2], HEADERS[3]), id="a deleted header, hidden ones stay"),
        pytest.param(put("headers", "x-a", {"value": "é"}), (*HEADERS, ("X-A", "\xc3\xa9")), id="a value goes out as UTF-8"),
        pytest.param(
            put("headers", "x-forwarded-host", {"value": "h"}),
            (*HEADERS, ("X-Forwarded-Host", "h")),
            id="CFF-25 X-Forwarded-Host",
        ),
        pytest.param(
            put("cookies", "n", {"value": "5"}), (*HEADERS[:3], ("Cookie", "k=1; Z=3; n=5"), HEADERS[4]), id="an added cookie"
        ),
        pytest.param(drop("cookies", "k"), (*HEADERS[:3], ("Cookie", "Z=3"), HEADERS[4]), id="a deleted cookie"),
        pytest.param(put("cookies", {}), (*HEADERS[:3], HEADERS[4]), id="no cookies are no header"),
    ],
)
def test_request_headers(change, headers):
    assert at_request(change) == REQUEST._replace(headers=Headers(headers))


def test_a_cookie_for_a_request_that_had_none():
    request = REQUEST._replace(headers=Headers([("Host", "h")]))
    assert at_request(put("cookies", "a", {"value": "1"}), request).headers.items == (("Host", "h"), ("Cookie", "a=1"))


def test_all_cookie_lines_become_one_when_a_cookie_changes():
    request = REQUEST._replace(headers=Headers([("cookie", "a=1"), ("Host", "h"), ("Cookie", "b=\xe9")]))
    changed = at_request(put("cookies", "a", "value", "2"), request)
    assert changed.headers.items == (("Cookie", "a=2; b=\xe9"), ("Host", "h"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(put("querystring", "a b"), "request.querystring is in an invalid format.", id="CFF-12 a space"),
        pytest.param(put("querystring", "a#b"), "request.querystring is in an invalid format.", id="CFF-12 a fragment"),
        pytest.param(
            put("querystring", "a", {"value": "1 2"}), "request.querystring is in an invalid format.", id="a space in one"
        ),
        pytest.param(put("querystring", None), "request.querystring must be an object.", id="a query string of null"),
        pytest.param(put("uri", "no-slash"), "request.uri is in an invalid format.", id="CFF-13 no slash"),
        pytest.param(put("uri", "/a\r\nX: y"), "request.uri is in an invalid format.", id="a line break in the URI"),
        pytest.param(put("uri", 5), "request.uri is in an invalid format.", id="a number for the URI"),
        pytest.param(drop("uri"), "request.uri is in an invalid format.", id="no URI"),
        pytest.param(
            put("uri", "/" + "a" * 8190),
            "request.uri and request.querystring must have less than 8,192 characters.",
            id="CFF-14 too long",
        ),
        pytest.param(put("method", "POST"), "request.method can't be changed.", id="CFF-17 another method"),
        pytest.param(drop("method"), "request.method can't be changed.", id="no method"),
        pytest.param(
            put("headers", "X-Up", {"value": "1"}), "request.headers must have header names in lower case.", id="upper case"
        ),
        pytest.param(put("headers", "x-a", "1"), "request.headers must have objects with a string value.", id="a plain string"),
        pytest.param(
            put("headers", "cookie", {"value": "a=1"}), "request.headers must not have cookies.", id="a Cookie header"
        ),
        pytest.param(
            put("headers", "", {"value": "1"}), "headers must have valid names and values.", id="a header without name"
        ),
        pytest.param(put("headers", "x-a", {"value": "\n"}), "headers must have valid names and values.", id="a line break"),
        pytest.param(
            put("cookies", "a", {"value": "\n"}), "request.cookies must have valid names and values.", id="in a cookie"
        ),
        pytest.param(instead([]), "it must be a request or response object.", id="an array"),
        pytest.param(instead("GET"), "it must be a request or response object.", id="a string"),
        pytest.param(instead(5), "it must be a request or response object.", id="a number"),
    ],
)
def test_requests_that_are_refused(change, what):
    with pytest.raises(FunctionError) as caught:
        at_request(change)
    assert caught.value.sentence == INVALID + what
    assert (caught.value.status, caught.value.x_cache) == (502, "FunctionValidationError")


@pytest.mark.parametrize("output", [pytest.param(text, id=text) for text in ("undefined", "null", "", "{", '"\\ud800"')])
def test_an_output_that_is_no_object_is_refused(output):
    event = function_event.request_event(CONTEXT, REQUEST)
    with pytest.raises(FunctionError, match="handler returned") as caught:
        function_event.apply_to_request(output, event, REQUEST)
    assert caught.value.sentence == INVALID + "it must be a request or response object."


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(
            put("headers", "host", "value", "x"), "tried to add, delete, or change a read-only header.", id="CFF-23 host"
        ),
        pytest.param(drop("headers", "host"), "tried to add, delete, or change a read-only header.", id="CFF-23 no host"),
        pytest.param(drop("headers"), "tried to add, delete, or change a read-only header.", id="no headers, so no host"),
        pytest.param(
            put("headers", "x-forwarded-proto", {"value": "https"}),
            "tried to add a disallowed header.",
            id="CFF-24 X-Forwarded-Proto",
        ),
        pytest.param(
            put("headers", "connection", {"value": "keep-alive"}),
            "tried to add a disallowed header.",
            id="a hidden header with the value that it has",
        ),
    ],
)
def test_headers_that_are_not_the_functions_own(change, what):
    with pytest.raises(FunctionError) as caught:
        at_request(change)
    assert caught.value.sentence == "The CloudFront function " + what


def test_a_target_longer_than_allowed_passes_when_the_function_left_it():
    request = REQUEST._replace(path="/" + "a" * 9000)
    assert at_request(put("headers", "x-a", {"value": "1"}), request).path == request.path


@pytest.mark.parametrize(
    ("returned", "response"),
    [
        pytest.param(
            {"statusCode": 302, "headers": {"location": {"value": "/n"}}},
            Response(302, Headers([("Location", "/n")])),
            id="CFF-18 a redirect",
        ),
        pytest.param(
            {"statusCode": 200, "body": "hi"}, Response(200, Headers(), Bytes(b"hi")), id="CFF-19 a body that is a string"
        ),
        pytest.param(
            {"statusCode": 200, "body": {"encoding": "base64", "data": "aGk="}},
            Response(200, Headers(), Bytes(b"hi")),
            id="CFF-20 a body in base64",
        ),
        pytest.param(
            {"statusCode": 404, "statusDescription": "Nope", "body": {"encoding": "text", "data": "é"}},
            Response(404, Headers(), Bytes("é".encode()), "Nope"),
            id="CFF-21 an error of the function's own",
        ),
        pytest.param(
            {"statusCode": 200, "cookies": {"s": {"value": "1", "attributes": "Path=/; Secure"}}},
            Response(200, Headers([("Set-Cookie", "s=1; Path=/; Secure")])),
            id="CFF-22 a cookie with attributes",
        ),
        pytest.param(
            {"statusCode": 200, "headers": {"set-cookie": {"value": "a=1"}}, "cookies": {"b": {"value": "2"}}},
            Response(200, Headers([("Set-Cookie", "b=2"), ("Set-Cookie", "a=1")])),
            id="a cookie written as a header",
        ),
        pytest.param(
            {"statusCode": 200, "headers": {"content-length": {"value": "9"}, "transfer-encoding": {"value": "chunked"}}},
            Response(200, Headers()),
            id="framing is CloudFront's",
        ),
    ],
)
def test_generated_responses(returned, response):
    made = at_request(instead(returned))
    assert (made._replace(body=EMPTY), content(made)) == (response._replace(body=EMPTY), content(response))


def content(response):
    return response.body.data


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        pytest.param(
            {"statusCode": "302"}, "response.statusCode must be an integer from 200 to 599.", id="a string for a status"
        ),
        pytest.param({"statusCode": 199}, "response.statusCode must be an integer from 200 to 599.", id="199"),
        pytest.param({"statusCode": 600}, "response.statusCode must be an integer from 200 to 599.", id="600"),
        pytest.param({"statusCode": True}, "response.statusCode must be an integer from 200 to 599.", id="true"),
        pytest.param({"statusCode": None}, "response.statusCode must be an integer from 200 to 599.", id="NaN, null in JSON"),
        pytest.param(
            {"statusCode": 200, "statusDescription": "a\r\nb"},
            "response.statusDescription must be a string.",
            id="a line break",
        ),
        pytest.param(
            {"statusCode": 200, "body": {"encoding": "base64", "data": "%%%"}},
            "response.body is not valid base64.",
            id="CFF-20 a body that is no base64",
        ),
        pytest.param(
            {"statusCode": 200, "body": {"encoding": "hex", "data": "00"}},
            "response.body must be a string or an object with encoding and data.",
            id="another encoding",
        ),
        pytest.param(
            {"statusCode": 200, "body": None}, "response.body must be a string or an object with encoding and data.", id="null"
        ),
        pytest.param(
            {"statusCode": 204, "body": "x"}, "response.body must be empty with status code 204.", id="a body with status 204"
        ),
        pytest.param(
            {"statusCode": 200, "headers": {"X-Up": {"value": "1"}}},
            "response.headers must have header names in lower case.",
            id="upper case",
        ),
        pytest.param(
            {"statusCode": 200, "cookies": {"a": {"value": "1", "attributes": "Path=/\r\nX: y"}}},
            "response.cookies must have valid names and values.",
            id="a line break in a cookie",
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
        at_request(instead({"statusCode": 200, "headers": {name: {"value": "1"}}}))
    assert caught.value.sentence.endswith("read-only header.")


def replaced(name, *lines):
    """The response's header lines with one of them gone and others at the end."""
    return Headers([item for item in RESPONSE.headers if item[0] != name] + list(lines))


@pytest.mark.parametrize(
    ("change", "response"),
    [
        pytest.param(
            put("headers", "x-a", {"value": "1"}),
            RESPONSE._replace(headers=RESPONSE.headers.adding(("X-A", "1"))),
            id="CFF-26 an added header",
        ),
        pytest.param(put("statusCode", 302), RESPONSE._replace(status=302), id="CFF-29 another status, with its usual text"),
        pytest.param(put("statusDescription", "Fine"), RESPONSE._replace(reason="Fine"), id="another text"),
        pytest.param(
            put("headers", "content-length", "value", "9"), RESPONSE, id="CFF-33 Content-Length passes, ours goes out"
        ),
        pytest.param(drop("headers", "content-length"), RESPONSE, id="a deleted Content-Length stays"),
        pytest.param(drop("cookies"), RESPONSE._replace(headers=replaced("Set-Cookie")), id="no cookies"),
        pytest.param(
            put("cookies", "sid", "attributes", "Path=/x"),
            RESPONSE._replace(headers=replaced("Set-Cookie", ("Set-Cookie", "sid=abc; Path=/x"), ("Set-Cookie", "b=2"))),
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


def test_an_empty_body_removes_it_and_none_leaves_it():
    assert content(at_response(put("body", ""))) == b""
    assert at_response(put("headers", "x-a", {"value": "1"})).body is RESPONSE.body, "CFF-31"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(
            put("headers", "X-Up", {"value": "1"}),
            "response.headers must have header names in lower case.",
            id="CFF-32 upper case",
        ),
        pytest.param(drop("statusCode"), "response.statusCode must be an integer from 200 to 599.", id="no status"),
        pytest.param(
            instead({"uri": "/"}), "response.statusCode must be an integer from 200 to 599.", id="a request for a response"
        ),
        pytest.param(instead([]), "it must be a request or response object.", id="an array"),
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
    changed = at_request(put("headers", "x-new", {"value": "1"}), request)
    assert changed == request._replace(headers=headers.adding(("X-New", "1")))
