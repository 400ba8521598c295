import json
from dataclasses import replace

import pytest
from kit import House, Origins, PythonFunction, PythonHandler, behavior, distribution, policy, respond
from kit_chosen import ask, get, site, touched

from edgeproxy.errors import OriginError
from edgeproxy.exchange import Exchange
from edgeproxy.messages import Upstream
from edgeproxy.model import (
    Cors,
    CustomErrorResponse,
    OriginRequestPolicy,
    PolicyHeader,
    ResponseHeadersPolicy,
    Selection,
    ServerTiming,
    StrictTransportSecurity,
)
from edgeproxy.rules import chosen, compression
from edgeproxy.rules.seen import NOBODY

ALL = {"origin_request_policy": OriginRequestPolicy("all", headers=Selection("allViewer"))}


def cors(*origins, headers=("*",), override=True):
    return ResponseHeadersPolicy("test", cors=Cors(origins, headers, ("GET",), False, override))


HSTS = ResponseHeadersPolicy("hsts", strict_transport_security=StrictTransportSecurity(True, 60))
ALLOWED = ("Access-Control-Allow-Origin", "https://own.test")
PREFLIGHT = (("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "x-a"))
POLICIES = [
    pytest.param(HSTS, respond(), get(), [], id="a policy on an ordinary answer"),
    pytest.param(
        HSTS, respond(), ask("/x", method="TRACE"), ["unknown-methods", "policy-on-errors-and-redirects"], id="on a page"
    ),
    pytest.param(HSTS, respond(404), get(), [], id="on an error of the origin"),
    pytest.param(HSTS, respond(), ask(scheme="http"), ["hsts-on-http"], id="Strict-Transport-Security on plain HTTP"),
    pytest.param(cors("*"), respond(), get(Origin="https://a.test"), [], id="every Origin"),
    pytest.param(cors("https://a.test"), respond(), get(Origin="https://a.test"), ["vary-origin"], id="an Origin by name"),
    pytest.param(
        cors("https://a.test"),
        respond(200, b"", ALLOWED),
        get(Origin="https://b.test"),
        ["origin-without-pattern", "vary-origin"],
        id="an Origin that nothing fits, and the origin's own CORS",
    ),
    pytest.param(
        cors("https://a.test"), respond(), get(Origin="https://b.test"), ["vary-origin"], id="an Origin that nothing fits"
    ),
    pytest.param(
        cors("*", headers=("x-*",)),
        respond(),
        ask("/x", *PREFLIGHT, method="OPTIONS"),
        ["allow-headers-wildcard"],
        id="a partial wildcard",
    ),
    pytest.param(cors("*"), respond(), ask("/x", *PREFLIGHT, method="OPTIONS"), [], id="an ordinary preflight"),
]


@pytest.mark.parametrize(("headers_policy", "answer", "asked", "ids"), POLICIES)
async def test_response_headers_policies(headers_policy, answer, asked, ids):
    assert await touched(site(answer, response_headers_policy=headers_policy), asked) == ids


async def test_an_origin_by_name_where_vary_says_so():
    house = site(respond(200, b"", ("Vary", "Origin")), response_headers_policy=cors("https://a.test"), **ALL)
    assert await touched(house, get(Origin="https://a.test")) == []


async def test_the_page_of_a_307():
    house = site(respond(), viewer_protocol_policy="redirect-to-https")
    asked = ask("/x", method="POST", scheme="http", host="dsite.cloudfront.net")
    assert await touched(house, asked) == ["page-of-307"]


ADDED = ResponseHeadersPolicy("added", custom_headers=(PolicyHeader("X-A", "1", True),))


@pytest.mark.parametrize(
    ("headers_policy", "ids"),
    [
        pytest.param(ADDED, ["policy-on-errors-and-redirects"], id="that adds a header"),
        pytest.param(
            ResponseHeadersPolicy("removed", remove_headers=("Server",)),
            ["policy-on-errors-and-redirects"],
            id="that removes one",
        ),
        pytest.param(cors("*"), [], id="that has nothing to say without Origin"),
    ],
)
async def test_a_redirect_under_a_policy(headers_policy, ids):
    house = site(respond(), viewer_protocol_policy="redirect-to-https", response_headers_policy=headers_policy)
    asked = ask("/x", scheme="http", host="dsite.cloudfront.net")
    assert await touched(house, asked) == ids


@pytest.mark.parametrize(
    ("scheme", "ids"),
    [
        pytest.param("http", ["checks-of-the-page"], id="the page's behavior would have redirected"),
        pytest.param("https", [], id="it would have served"),
    ],
)
async def test_checks_of_a_custom_error_page(scheme, ids):
    page = behavior("/page", viewer_protocol_policy="redirect-to-https")
    errors = (CustomErrorResponse(404, "/page", 200),)
    house = House(
        distribution(page, default=behavior(cache=policy()), custom_error_responses=errors), origins=Origins(page=respond())
    )
    assert await touched(house, ask("/x", scheme=scheme)) == ids


def replaced(*codes, page=None, shown=200, **parts):
    """A site whose origin fails with the first of the codes, and has a page for it."""
    errors = tuple(CustomErrorResponse(code, "/page", shown) for code in codes)
    named = behavior("/page", **parts)
    site_ = distribution(named, default=behavior(), custom_error_responses=errors)
    return House(site_, origins=Origins(x=respond(codes[0]), page=page or respond()))


CLOSES = [
    pytest.param(lambda: replaced(404), [], id="404 shown as 200"),
    pytest.param(lambda: replaced(500, shown=500), [], id="500 shown as 500"),
    pytest.param(lambda: replaced(500), ["closing-code"], id="500 shown as 200"),
    pytest.param(lambda: replaced(404, shown=500), ["closing-code"], id="404 shown as 500"),
    pytest.param(lambda: replaced(500, page=respond(501)), ["closing-code"], id="500, whose page fails with a closing code"),
    pytest.param(lambda: replaced(404, page=respond(502)), [], id="404, whose page fails"),
]


@pytest.mark.parametrize(("house", "ids"), CLOSES)
async def test_which_code_closes_the_connection(house, ids):
    assert await touched(house(), get()) == ids


TOLD = OriginRequestPolicy("told", Selection("whitelist", ("CloudFront-Error-Uri", "CloudFront-Error-Args")))


@pytest.mark.parametrize(
    ("policy_of_page", "asked", "ids"),
    [
        pytest.param(TOLD, get("/x?a=1"), [], id="path and query as the viewer sent them"),
        pytest.param(TOLD, get("/x"), ["error-uri-of-functions"], id="no query"),
        pytest.param(None, get("/x"), [], id="nobody asks"),
    ],
)
async def test_what_the_pages_origin_is_told(policy_of_page, asked, ids):
    assert await touched(replaced(404, origin_request_policy=policy_of_page), asked) == ids


async def test_a_stored_page_tells_its_origin_nothing():
    assert await touched(replaced(404, origin_request_policy=TOLD), get("/x?a=1"), get("/nothing?a=1")) == []


async def test_what_the_pages_origin_is_told_after_a_function():
    def to_x(event):
        return json.dumps({**json.loads(event)["request"], "uri": "/x"})

    code = PythonFunction("code", to_x)
    pages = (CustomErrorResponse(404, "/page", 200),)
    page = behavior("/page", origin_request_policy=TOLD)
    site_ = distribution(page, default=behavior(functions={"viewer-request": code}), custom_error_responses=pages)
    house = House(site_, origins=Origins(x=respond(404), page=respond()), code=[code])
    assert await touched(house, get("/old?a=1")) == ["error-uri-of-functions"]
    assert await touched(house, get("/x?a=1")) == []


# --- CORS, Server-Timing ---

NO_NAME = OriginError(502, OriginError.ATTEMPT, "it failed", "OriginDnsError")
ANY = {"response_headers_policy": cors("*")}
ORIGIN = ("Origin", "https://a.test")
NOT_SIMPLE = [
    pytest.param(ask("/x", ORIGIN), [], id="a GET"),
    pytest.param(ask("/x", ORIGIN, ("X-Requested-With", "x")), [], id="headers that a browser may have added"),
    pytest.param(ask("/x", ORIGIN, ("Content-Length", "0"), method="DELETE"), ["cors-not-simple"], id="a DELETE"),
    pytest.param(ask("/x", ORIGIN, ("Authorization", "x")), ["cors-not-simple"], id="a GET with Authorization"),
    pytest.param(ask("/x", ("Authorization", "x")), [], id="no Origin"),
    pytest.param(ask("/x", *PREFLIGHT, method="OPTIONS"), [], id="a preflight"),
]


@pytest.mark.parametrize(("asked", "ids"), NOT_SIMPLE)
async def test_requests_that_are_not_simple(asked, ids):
    assert await touched(site(respond(), **ANY), asked) == ids


async def test_a_managed_policys_answer_to_a_preflight():
    managed = replace(cors("*"), name="Managed-CORS-With-Preflight")
    house = site(respond(), response_headers_policy=managed)
    assert await touched(house, ask("/x", *PREFLIGHT, method="OPTIONS")) == ["managed-preflight-headers"]
    assert await touched(house, get(Origin="https://a.test")) == []


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        pytest.param(("Via", "1.1 nginx"), ["inner-cdn"], id="Via"),
        pytest.param(("X-Amz-Cf-Pop", "FRA1-C1"), ["inner-cdn"], id="X-Amz-Cf-Pop"),
        pytest.param(("Server", "nginx"), [], id="neither"),
    ],
)
async def test_a_cdn_behind_this_one(header, ids):
    house = site(respond(200, b"", header))
    assert await touched(house, get()) == ids
    assert await touched(house, get()) == ids


def timed(rate=100.0):
    return {"response_headers_policy": ResponseHeadersPolicy("timing", server_timing=ServerTiming(True, rate))}


def upstream(*headers):
    return respond(200, b"x", *headers)._replace(upstream=Upstream("app", 1, 2, 3))


PRAGMA = get(Pragma="server-timing")
TIMINGS = [
    pytest.param(timed(), [upstream()], [get()], [], id="a miss"),
    pytest.param(timed(), [upstream()], [get(), get()], [], id="a hit"),
    pytest.param(timed(0), [upstream(("Server-Timing", "db"))], [get()], [], id="not asked for"),
    pytest.param(timed(), [upstream(("Server-Timing", "db"))], [get()], ["server-timing-place"], id="the origin's own"),
    pytest.param(timed(), [upstream(("Server-Timing", "db"))], [get(), get()], [], id="the origin's own, on a hit"),
    pytest.param(timed(), [NO_NAME], [get()], ["server-timing-metrics"], id="a failed origin"),
    pytest.param(
        timed(),
        [respond(200, b"x", ("ETag", '"1"'), ("Cache-Control", "max-age=1")), respond(304, b"")],
        [get(), 2, get()],
        ["server-timing-metrics"],
        id="a refresh",
    ),
    pytest.param(
        timed(),
        [upstream()],
        [ask("/x", method="TRACE")],
        ["unknown-methods", "server-timing-metrics"],
        id="a page of CloudFront's own",
    ),
]


@pytest.mark.parametrize(("parts", "answers", "steps", "ids"), TIMINGS)
async def test_server_timing(parts, answers, steps, ids):
    assert await touched(site(*answers, **parts), *steps) == ids


def without_pragma(event):
    request = json.loads(event)["request"]
    request["headers"].pop("pragma", None)
    return json.dumps(request)


RUNS = [
    pytest.param(
        "viewer-request", without_pragma, timed(0), PRAGMA, ["server-timing-and-functions"], id="takes the Pragma away"
    ),
    pytest.param("viewer-request", without_pragma, timed(0), get(), [], id="has nothing to take away"),
    pytest.param("viewer-request", without_pragma, timed(100), get(), [], id="runs before an answer that is one of a sample"),
    pytest.param(
        "viewer-request", without_pragma, timed(100), PRAGMA, [], id="takes it away where every answer has the header"
    ),
    pytest.param(
        "viewer-response",
        lambda event: json.dumps(json.loads(event)["response"]),
        timed(0),
        PRAGMA,
        ["server-timing-and-functions"],
        id="sees the answer",
    ),
    pytest.param(
        "viewer-response", lambda event: json.dumps(json.loads(event)["response"]), timed(0), get(), [], id="sees one without"
    ),
]


@pytest.mark.parametrize(("hook", "run", "parts", "asked", "ids"), RUNS)
async def test_server_timing_where_a_function(hook, run, parts, asked, ids):
    code = PythonFunction("code", run)
    assert await touched(site(upstream(), code=[code], functions={hook: code}, **parts), asked) == ids


# --- compression ---

COMPRESS = {"cache": policy(gzip=True, brotli=True), "compress": True}
BROWSER = {"Accept_Encoding": "gzip, deflate, br, zstd"}


def page(*headers, size=2000, kind="text/html", status=200):
    return respond(status, b"x" * size, ("Content-Type", kind), *headers)


NO_CACHE = ("Cache-Control", "no-cache")
COMPRESSIONS = [
    pytest.param([page()], [get(**BROWSER)], [], id="a page"),
    pytest.param([page()], [get(**BROWSER), get(**BROWSER)], [], id="a page, from the cache"),
    pytest.param([page()], [get()], [], id="a page, uncompressed, as is seen on CloudFront"),
    pytest.param([page(NO_CACHE)], [get(**BROWSER)], ["compressed-what"], id="a page that expires at once"),
    pytest.param([page(NO_CACHE)], [get()], [], id="a page that expires at once, for a viewer of none of the codings"),
    pytest.param([page(NO_CACHE, size=100)], [get(**BROWSER)], [], id="a small page that expires at once"),
    pytest.param([page(NO_CACHE, kind="image/png")], [get(**BROWSER)], [], id="an image that expires at once"),
    pytest.param(
        [page()],
        [ask("/x", ("Accept-Encoding", "br"), method="HEAD")],
        ["head-on-cold-key", "compressed-what"],
        id="a cold HEAD",
    ),
    pytest.param(
        [page(("ETag", '"1"'), ("Cache-Control", "max-age=1")), respond(304, b"", ("Vary", "Cookie"))],
        [get(**BROWSER), 2, get(**BROWSER)],
        ["compressed-vary"],
        id="a 304 with another Vary",
    ),
    pytest.param(
        [page(("ETag", '"1"'), ("Cache-Control", "max-age=1")), respond(304, b"")],
        [get(**BROWSER), 2, get(**BROWSER)],
        [],
        id="a 304 without Vary",
    ),
]


@pytest.mark.parametrize(("answers", "steps", "ids"), COMPRESSIONS)
async def test_compression(answers, steps, ids):
    assert await touched(site(*answers, **COMPRESS), *steps) == ids


def made(**parts):
    return {"status": "200", "headers": {"content-type": [{"value": "text/html"}]}, "body": "x" * 2000, **parts}


BODIES = [
    pytest.param(
        "origin-request",
        lambda cf: made(),
        ["x-cache-of-origin-request-answer", "compressed-edge-code"],
        id="made at origin-request",
    ),
    pytest.param(
        "origin-response",
        lambda cf: {**cf["response"], "body": "y" * 3000},
        ["compressed-edge-code"],
        id="replaced at origin-response",
    ),
    pytest.param("origin-response", lambda cf: cf["response"], [], id="the origin's own"),
]


@pytest.mark.parametrize(("hook", "change", "ids"), BODIES)
async def test_bodies_of_edge_code_that_are_compressed(hook, change, ids):
    code = PythonHandler("code", lambda event: json.dumps(change(json.loads(event)["Records"][0]["cf"])).encode())
    assert await touched(site(page(), code=[code], lambdas={hook: code}, **COMPRESS), get(**BROWSER)) == ids


def test_what_was_left_uncompressed_for_want_of_time():
    exchange = Exchange("GET", "/x", 0.0)
    exchange.note("not compressed", compression.BUSY.words)
    assert chosen.touched(exchange, NOBODY) == ["compressed-levels"]
