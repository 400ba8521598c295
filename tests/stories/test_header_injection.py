"""Edge code that returns line ends, NULs and characters beyond Latin-1: a 502, or harmless bytes, never a line of its own."""

import json
import re

import pytest
from kit import House, Origins, PythonFunction, PythonHandler, behavior, distribution, policy, respond

from edgeproxy.model import OriginRequestPolicy, Selection
from edgeproxy.server import heads

TEXTS = [
    pytest.param("a\r\nX-Evil: 1", id="CR LF"),
    pytest.param("a\nX-Evil: 1", id="LF"),
    pytest.param("a\rX-Evil: 1", id="CR"),
    pytest.param("\r\n\r\nHTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n", id="a whole answer"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("a\x0bb\x0c\x1b[2J\x7f", id="control characters"),
    pytest.param("\u010d\u010aX-Evil: 1", id="characters whose low bytes are CR LF"),
    pytest.param("\u560a\u560dX-Evil: 1", id="characters whose UTF-8 was once cut to CR LF"),
    pytest.param("a\u2028\u2029\x85X-Evil: 1", id="line ends of Unicode"),
    pytest.param("caf\xe9 \U0001f36a", id="beyond Latin-1"),
    pytest.param("\ud800", id="half a surrogate"),
]


def function(change):
    def run(text):
        event = json.loads(text)
        return json.dumps(change(event, event.get("response") or event["request"]))

    return PythonFunction("code", run)


def handler(change):
    def invoke(event):
        cf = json.loads(event)["Records"][0]["cf"]
        return json.dumps(change(cf, cf.get("response") or cf["request"])).encode()

    return PythonHandler("code", invoke)


def put(*path):
    """Puts the text in a place of the message; `TEXT` in the path is the text as a key."""

    def change(text, message):
        *parents, last = [text if step == "TEXT" else step for step in path]
        for step in parents:
            message = message.setdefault(step, {})
        message[last] = text

    return change


FUNCTION_REQUEST = {
    "a header's value": put("headers", "x-a", "value"),
    "a header's name": lambda text, message: message["headers"].update({text.lower(): {"value": "1"}}),
    "the Host": put("headers", "host", "value"),
    "the URI": lambda text, message: message.update(uri="/" + text),
    "the query string": put("querystring"),
    "a parameter's name": lambda text, message: message["querystring"].update({text: {"value": "1"}}),
    "a parameter's value": put("querystring", "a", "value"),
    "a cookie's name": lambda text, message: message["cookies"].update({text: {"value": "1"}}),
    "a cookie's value": put("cookies", "a", "value"),
}
FUNCTION_RESPONSE = {
    "a header's value": put("headers", "x-a", "value"),
    "a header's name": lambda text, message: message["headers"].update({text.lower(): {"value": "1"}}),
    "a value of several": lambda text, message: message["headers"].update(
        {"x-a": {"value": "1", "multiValue": [{"value": "1"}, {"value": text}]}}
    ),
    "the status text": put("statusDescription"),
    "a cookie's name": lambda text, message: message["cookies"].update({text: {"value": "1"}}),
    "a cookie's value": put("cookies", "a", "value"),
    "a cookie's attributes": lambda text, message: message["cookies"].update({"a": {"value": "1", "attributes": text}}),
    "a Set-Cookie line": put("headers", "set-cookie", "value"),
}
HANDLER_REQUEST = {
    "a header's value": lambda text, message: message["headers"].update({"x-a": [{"key": "X-A", "value": text}]}),
    "a header's name": lambda text, message: message["headers"].update({text: [{"value": "1"}]}),
    "a header's key": lambda text, message: message["headers"].update({"x-a": [{"key": text, "value": "1"}]}),
    "one of several values": lambda text, message: message["headers"].update({"x-a": [{"value": ["1", text]}]}),
    "the Host": lambda text, message: message["headers"].update(host=[{"key": "Host", "value": text}]),
    "the URI": lambda text, message: message.update(uri="/" + text),
    "the query string": put("querystring"),
}
HANDLER_ORIGIN = {
    **HANDLER_REQUEST,
    "the origin's path": put("origin", "custom", "path"),
    "the origin's domain": put("origin", "custom", "domainName"),
    "a custom header's value": lambda text, message: message["origin"]["custom"]["customHeaders"].update(
        {"x-a": [{"key": "X-A", "value": text}]}
    ),
    "a custom header's name": lambda text, message: message["origin"]["custom"]["customHeaders"].update(
        {text: [{"key": text, "value": "1"}]}
    ),
}
HANDLER_RESPONSE = {
    "a header's value": HANDLER_REQUEST["a header's value"],
    "a header's name": HANDLER_REQUEST["a header's name"],
    "a header's key": HANDLER_REQUEST["a header's key"],
    "the status text": put("statusDescription"),
    "the status": put("status"),
}
GENERATED = {"statusCode": 302, "headers": {}, "cookies": {}}
GENERATED_BY_HANDLER = {"status": "302", "headers": {}}

PLACES = [
    *[("function", "viewer-request", place, change, None) for place, change in FUNCTION_REQUEST.items()],
    *[
        ("function", "viewer-request", f"{place} of an answer", change, GENERATED)
        for place, change in FUNCTION_RESPONSE.items()
    ],
    *[("function", "viewer-response", place, change, None) for place, change in FUNCTION_RESPONSE.items()],
    *[("lambda", "viewer-request", place, change, None) for place, change in HANDLER_REQUEST.items()],
    *[("lambda", "origin-request", place, change, None) for place, change in HANDLER_ORIGIN.items()],
    *[
        ("lambda", hook, f"{place} of an answer", change, GENERATED_BY_HANDLER)
        for hook in ("viewer-request", "origin-request")
        for place, change in HANDLER_RESPONSE.items()
    ],
    *[("lambda", hook, p, c, None) for hook in ("origin-response", "viewer-response") for p, c in HANDLER_RESPONSE.items()],
]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


def assert_harmless(headers, *texts):
    for name, value in headers:
        assert TOKEN.fullmatch(name)
        assert not UNSAFE.search(value), (name, value)
    assert not [text for text in texts if UNSAFE.search(text) or " " in text]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("tier", "hook", "change", "made"),
    [pytest.param(tier, hook, change, made, id=f"{tier} {hook}, {place}") for tier, hook, place, change, made in PLACES],
)
async def test_nothing_that_edge_code_returns_makes_a_line_of_its_own(tier, hook, change, made, text):
    def returned(event, message):
        message = json.loads(json.dumps(made)) if made is not None else message
        change(text, message)
        return message

    code = (function if tier == "function" else handler)(returned)
    associated = {"functions" if tier == "function" else "lambdas": {hook: code}}
    everything = Selection("all")
    forwarded = OriginRequestPolicy("all", Selection("allViewer"), everything, everything)
    site = distribution(default=behavior(cache=policy(cookies=everything), origin_request_policy=forwarded, **associated))
    house = House(site, origins=Origins(x=respond(200, b"hello", ("Set-Cookie", "b=1"))), code=[code])
    answer = await house.passage("GET", "/x?b=1", ("Cookie", "b=1")).run()
    head = heads.encode(answer.status, answer.reason, answer.headers, answer.added, 0, keep_alive=True, chunked=False)
    assert head.count(b"HTTP/1.1") == 1
    assert_harmless([*answer.headers, *answer.added])
    assert not [line for line in head.split(b"\r\n") if line.lower().startswith((b"x-evil", b"\nx-evil"))]
    assert b"\n" not in head.replace(b"\r\n", b"")
    for origin, request in house.origins.asked:
        assert origin == "app"
        assert_harmless(request.headers, request.target)
    # What was dangerous is refused; what is only unusual may pass as UTF-8.
    if UNSAFE.search(text) and text.isascii():
        assert answer.status == 502
        assert answer.x_cache.endswith("Error")
