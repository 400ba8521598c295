import json

import pytest
from kit import PythonFunction, PythonHandler, policy, respond
from kit_chosen import ask, get, site, touched

from edgeproxy.errors import OriginError
from edgeproxy.exchange import Exchange
from edgeproxy.messages import Duplex, Headers, Request, Response
from edgeproxy.model import OriginRequestPolicy, ResponseHeadersPolicy, Selection
from edgeproxy.rules import chosen, quotas, viewer_headers
from edgeproxy.rules.seen import NOBODY, Witness

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def function(change):
    return PythonFunction("code", lambda event: json.dumps(change(json.loads(event)["request"])))


SAME = function(lambda request: request)


def naming(*names, **parts):
    """A site whose origin request policy names these headers."""
    return site(respond(), origin_request_policy=OriginRequestPolicy("named", Selection("whitelist", names)), **parts)


def keyed(*names, **parts):
    """A site whose cache key has these headers."""
    return site(respond(), cache=policy(headers=Selection("whitelist", names)), **parts)


def of_exchange(*errors, status=400, aborted=False, answered=()):
    exchange = Exchange("GET", "/x", 0.0)
    for name, value in errors:
        exchange.note(name, value)
    exchange.status, exchange.x_cache, exchange.aborted = status, "Error", aborted
    return chosen.touched(exchange, Witness(Request("GET", "https", "h", "/x", None, Headers()), Headers(answered), None, None))


# --- its connection ---


@pytest.mark.parametrize(
    ("host", "ids"),
    [
        pytest.param("a b.test", ["malformed-host"], id="a space"),
        pytest.param("user:secret@a.test", ["malformed-host"], id="a user"),
        pytest.param("a.test:80", [], id="a name and a port"),
    ],
)
def test_a_host_that_is_none(host, ids):
    refusal = quotas.refuse("GET", "/x", (1, 1), Headers([("Host", host)]), body=False)
    exchange = Exchange("GET", "/x", 0.0)
    if refusal is not None:
        exchange.note("error", refusal.cause)
        exchange.status, exchange.x_cache = refusal.status, "Error"
    assert chosen.touched(exchange, NOBODY) == ids


@pytest.mark.parametrize(
    ("errors", "aborted", "ids"),
    [
        pytest.param(
            [("error", "the viewer took nothing of its answer for 60 s: cut off")],
            True,
            ["stalled-viewers"],
            id="takes nothing of its answer",
        ),
        pytest.param(
            [
                ("error", "the viewer sent nothing of its body for 60 s: cut off"),
                ("error", "origin app at http://h:1: the request body broke off"),
                ("detailed result type", "ClientCommError"),
            ],
            True,
            ["stalled-viewers"],
            id="sends nothing of its body",
        ),
        pytest.param([("detailed result type", "ClientCommError")], True, [], id="leaves"),
        pytest.param([("detailed result type", "ClientCommError")], False, ["broken-request-body"], id="sends nonsense"),
        pytest.param([("error", "the answer broke off: x")], True, [], id="is left by the origin"),
    ],
)
def test_a_viewer_that(errors, aborted, ids):
    assert of_exchange(*errors, status=502, aborted=aborted) == ids


ENDS = [
    pytest.param(respond(stream=True), ask(version="1.0"), ["http-1-0-length"], id="unknown length, HTTP/1.0"),
    pytest.param(respond(stream=True), ask(version="1.0", method="HEAD"), [], id="HEAD"),
    pytest.param(respond(stream=True), ask(), [], id="unknown length, HTTP/1.1"),
    pytest.param(respond(), ask(version="1.0"), [], id="a known length, HTTP/1.0"),
]


@pytest.mark.parametrize(("answer", "asked", "ids"), ENDS)
async def test_where_an_answer_ends(answer, asked, ids):
    assert await touched(site(answer, cache=policy(0, 0, 0)), asked) == ids


# --- WebSockets ---


def opened(request):
    headers = Headers([("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Accept", "x")])
    return Response(101, headers, Duplex(None, b"", lambda: None))


SWITCH = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
KEY = (("Sec-WebSocket-Key", "a"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Extensions", "deflate"))
HANDSHAKE = ask("/x", *SWITCH, *KEY, websocket=True)
ALL = {"origin_request_policy": OriginRequestPolicy("all", Selection("allViewer"))}
SOCKETS = [
    pytest.param(ALL, HANDSHAKE, [], id="AllViewer"),
    pytest.param({}, HANDSHAKE, ["websocket-headers"], id="no policy forwards its key"),
    pytest.param(
        {**ALL, "response_headers_policy": ResponseHeadersPolicy("p", remove_headers=("X-A",))},
        HANDSHAKE,
        ["websocket-hooks"],
        id="a response headers policy",
    ),
    pytest.param({}, ask("/x", *SWITCH, *KEY, ("Content-Length", "0"), method="POST"), ["websocket-upgrade"], id="a POST"),
    pytest.param({}, ask("/x", ("Upgrade", "h2c, websocket")), ["websocket-upgrade"], id="two protocols"),
    pytest.param({}, ask("/x", ("Upgrade", "h2c")), [], id="another protocol"),
]


@pytest.mark.parametrize(("parts", "asked", "ids"), SOCKETS)
async def test_websockets(parts, asked, ids):
    house = site(lambda request: opened(request) if request.websocket else respond(), **parts)
    assert await touched(house, asked) == ids


async def test_code_that_does_not_run_on_a_websocket():
    late = PythonHandler("late", None)
    assert await touched(site(opened, code=[late], lambdas={"viewer-response": late}, **ALL), HANDSHAKE) == ["websocket-hooks"]
    early = function(lambda request: request)
    assert await touched(site(opened, code=[early], functions={"viewer-request": early}, **ALL), HANDSHAKE) == []


# --- what CloudFront-* headers say of it ---

COUNTRY, MOBILE = "CloudFront-Viewer-Country", "CloudFront-Is-Mobile-Viewer"


def moved(request):
    return {**request, "headers": {**request["headers"], COUNTRY.lower(): {"value": "FR"}}}


GERMAN = {"viewer": {"country": "DE"}}
SAID = [
    pytest.param(lambda: keyed(COUNTRY), [ask(**GERMAN)], [], id="a country that is given"),
    pytest.param(lambda: keyed(MOBILE), [get(User_Agent=CHROME)], ["devices"], id="a device in the key"),
    pytest.param(lambda: keyed(MOBILE), [get(), get()], ["devices"], id="a device in the key of a Hit"),
    pytest.param(lambda: naming(MOBILE), [get(User_Agent=CHROME)], ["devices"], id="a device that the origin is told"),
    pytest.param(lambda: naming(MOBILE), [get(), get()], [], id="a Hit of which the origin was told"),
    pytest.param(lambda: site(respond()), [get(User_Agent=CHROME)], [], id="a device that nobody asks for"),
    pytest.param(lambda: keyed(MOBILE), [ask(viewer={"device": "tablet"})], [], id="a device that is given"),
    pytest.param(lambda: keyed(MOBILE), [ask(viewer={"device": "ios"})], ["given-phones"], id="a phone that is given"),
    pytest.param(
        lambda: keyed("CloudFront-Is-IOS-Viewer"), [ask(viewer={"device": "ios"})], [], id="a phone that nobody asks for"
    ),
    pytest.param(
        lambda: naming("CloudFront-Viewer-TLS"), [get()], ["played-viewer-tls"], id="TLS of plain HTTP that plays HTTPS"
    ),
    pytest.param(lambda: naming("CloudFront-Viewer-TLS"), [ask(tls="TLSv1.3:x:fullHandshake")], [], id="TLS of a handshake"),
    pytest.param(lambda: naming("CloudFront-Viewer-TLS"), [ask(scheme="http")], [], id="no TLS"),
    pytest.param(
        lambda: naming("CloudFront-Viewer-Header-Count"),
        [ask("/x", ("X-A", "1"), ("x-a", "2"))],
        ["header-order-and-count"],
        id="a header on two lines is counted",
    ),
    pytest.param(lambda: naming("CloudFront-Viewer-Header-Order"), [get(X_A="1")], [], id="each header once"),
    pytest.param(
        lambda: naming("CloudFront-Viewer-Address"), [ask(client_ip="::1")], ["ipv6-viewer-address"], id="an IPv6 address"
    ),
    pytest.param(lambda: naming("CloudFront-Viewer-Address"), [get()], [], id="an IPv4 address"),
    pytest.param(lambda: site(respond()), [ask(client_ip="::1")], [], id="an address that nobody asks for"),
]


@pytest.mark.parametrize(("house", "steps", "ids"), SAID)
async def test_what_cloudfronts_headers_say(house, steps, ids):
    assert await touched(house(), *steps) == ids


CHANGES = [
    pytest.param(naming, moved, ["changed-cloudfront-headers"], id="towards the origin"),
    pytest.param(keyed, moved, ["changed-cloudfront-headers"], id="in the key"),
    pytest.param(naming, lambda request: request, [], id="not at all"),
    pytest.param(keyed, lambda request: request, [], id="not at all, in the key"),
]


@pytest.mark.parametrize(("house", "change", "ids"), CHANGES)
async def test_a_function_changes_a_country(house, change, ids):
    code = function(change)
    assert await touched(house(COUNTRY, code=[code], functions={"viewer-request": code}), ask(**GERMAN)) == ids


async def test_a_function_changes_the_country_of_a_hit():
    code = function(moved)
    house = keyed(COUNTRY, code=[code], functions={"viewer-request": code})
    assert await touched(house, ask(**GERMAN), ask(**GERMAN)) == ["changed-cloudfront-headers"]


async def test_a_function_sees_a_cloudfront_header_of_the_viewer():
    asked = ask("/x", (COUNTRY, "XX"))
    house = site(respond(), code=[SAME], functions={"viewer-request": SAME})
    assert await touched(house, asked) == ["cloudfront-headers-in-functions", "viewer-cloudfront-headers"]
    assert await touched(site(respond()), asked) == ["viewer-cloudfront-headers"]


async def test_a_handler_that_changes_it_on_the_origins_side_is_documented():
    def change(event):
        request = json.loads(event)["Records"][0]["cf"]["request"]
        request["headers"][COUNTRY.lower()] = [{"key": COUNTRY, "value": "FR"}]
        return json.dumps(request).encode()

    late = PythonHandler("late", change)
    house = naming(COUNTRY, code=[SAME, late], functions={"viewer-request": SAME}, lambdas={"origin-request": late})
    assert await touched(house, ask(**GERMAN)) == []


def test_every_device_header_is_known():
    from edgeproxy.rules import chosen_by_viewer

    assert {name for name in viewer_headers.HEADERS if name.startswith("cloudfront-is-")} == chosen_by_viewer.DEVICES


async def test_a_failed_origin_is_no_broken_body():
    failed = OriginError(502, OriginError.ATTEMPT, "it failed", "OriginDnsError")
    assert await touched(site(failed), get()) == []
