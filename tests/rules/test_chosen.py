import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import House, Origins, behavior, distribution, policy, respond
from kit_chosen import ask, get, site, touched

from edgeproxy.exchange import Exchange
from edgeproxy.fidelity import BY_ID
from edgeproxy.messages import Headers, Request
from edgeproxy.model import (
    CustomErrorResponse,
    Directory,
    Origin,
    OriginRequestPolicy,
    PolicyHeader,
    ResponseHeadersPolicy,
    Selection,
    StrictTransportSecurity,
    XssProtection,
)
from edgeproxy.rules import chosen
from edgeproxy.rules.seen import NOBODY, Witness

HERE = Path(__file__).parent
IDS = [row for row, _ in chosen.TABLE]


def test_each_id_is_a_choice_of_the_fidelity_table():
    assert [row for row in IDS if row not in BY_ID or BY_ID[row].status != "chosen"] == []


def test_none_is_listed_twice():
    assert len(set(IDS)) == len(IDS) == len({decided for _, decided in chosen.TABLE})
    assert len(IDS) >= 30


def test_each_id_has_a_case():
    literals = {
        node.value
        for path in HERE.glob("test_chosen*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert [row for row in IDS if row not in literals] == []


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([get()], id="a miss"),
        pytest.param([get(), get()], id="a hit"),
        pytest.param([get("/nothing")], id="a 404"),
        pytest.param([get("/nothing"), get("/nothing")], id="a stored 404"),
        pytest.param([get(), 61, get()], id="an expired object"),
    ],
)
async def test_an_ordinary_request_rests_on_no_choice(steps):
    browser = {"User_Agent": "Mozilla/5.0", "Accept": "*/*", "Accept_Encoding": "gzip, deflate, br", "Connection": "keep-alive"}
    steps = [step if isinstance(step, int) else get(step.target, **browser) for step in steps]
    assert await touched(site(respond(200, b"x", ("ETag", '"1"'), ("Content-Type", "text/html"))), *steps) == []


CHROME = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept_Encoding": "gzip, deflate, br, zstd",
    "Accept_Language": "en-US,en;q=0.9",
    "Cache_Control": "max-age=0",
    "Connection": "keep-alive",
    "Cookie": "session=1; theme=dark",
    "Referer": "https://dsite.cloudfront.net/",
    "Sec_Fetch_Mode": "navigate",
    "Upgrade_Insecure_Requests": "1",
    "User_Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
}
CURL = {"User_Agent": "curl/8.5.0", "Accept": "*/*"}
POST = ask(
    "/x?a=1", ("Origin", "https://dsite.cloudfront.net"), ("Content-Type", "application/json"), ("Content-Length", "2"),
    method="POST", body=b"{}",
)  # fmt: skip
PAGE = respond(
    200, b"x" * 2000, ("Content-Type", "text/html"), ("ETag", '"1"'), ("Last-Modified", "Sat, 01 Jan 2000 00:00:00 GMT")
)
OPTIMIZED = {
    "cache": policy(1, 86400, 31536000, gzip=True, brotli=True),
    "compress": True,
    "viewer_protocol_policy": "redirect-to-https",
    "allowed_methods": ("GET", "HEAD"),
}
SECURE = {
    **OPTIMIZED,
    "response_headers_policy": ResponseHeadersPolicy(
        "Managed-SecurityHeadersPolicy",
        security=(
            PolicyHeader("X-Content-Type-Options", "nosniff", True),
            PolicyHeader("X-Frame-Options", "SAMEORIGIN", False),
        ),
        xss_protection=XssProtection(False, True, True),
        strict_transport_security=StrictTransportSecurity(False, 31536000),
    ),
}
DISABLED = {
    "cache": policy(0, 0, 0),
    "origin_request_policy": OriginRequestPolicy("all", Selection("allViewer"), Selection("all"), Selection("all")),
}


@pytest.mark.parametrize("again", [False, True], ids=["the first time", "again"])
@pytest.mark.parametrize(
    ("parts", "asked"),
    [
        pytest.param(OPTIMIZED, get(**CHROME), id="a browser, CachingOptimized and Compress"),
        pytest.param(OPTIMIZED, get(**CURL), id="curl, CachingOptimized and Compress"),
        pytest.param(OPTIMIZED, get("/x?a=1&b", **CURL), id="curl, and a query that is not in the key"),
        pytest.param(OPTIMIZED, ask("/x", ("User-Agent", "ab"), version="1.0"), id="a viewer of HTTP/1.0"),
        pytest.param(SECURE, get(**CHROME), id="SecurityHeadersPolicy"),
        pytest.param(DISABLED, get("/x?v=1", **CHROME), id="an app behind AllViewer, without a cache"),
        pytest.param(DISABLED, POST, id="a POST to an app behind AllViewer"),
    ],
)
async def test_an_ordinary_set_up_rests_on_no_choice(parts, asked, again):
    assert await touched(site(PAGE, **parts), *[asked] * (1 + again)) == []


@pytest.mark.parametrize("code", [403, 404])
async def test_a_page_of_a_single_page_app_rests_on_no_choice(code):
    pages = (CustomErrorResponse(403, "/index.html", 200), CustomErrorResponse(404, "/index.html", 200))
    origin = Origin("app", "site.s3.amazonaws.com", s3=True, place=Directory(Path("dist"), list=code == 404))
    parts = {"custom_error_responses": pages, "default_root_object": "index.html", "origins": {"app": origin}}
    house = House(distribution(default=behavior(**SECURE), **parts), origins=Origins(**{"index.html": PAGE}))
    house.origins.otherwise = respond(code, b"x", ("Content-Type", "application/xml"))
    assert await touched(house, get("/", **CHROME)) == []
    assert await touched(house, get("/products/1", **CHROME)) == []


@pytest.mark.parametrize(
    ("method", "target", "status", "cause", "ids"),
    [
        pytest.param("GET", "/x", 414, "the URL is too long", ["refusals-by-size-page"], id="a URL that is too long"),
        pytest.param("-", "-", 494, "too many headers", ["refusals-by-size-page"], id="a head that is too large"),
        pytest.param("HEAD", "/x", 403, "HEAD with a body", ["head-with-a-body"], id="HEAD with a body"),
        pytest.param("GET", "/x", 403, "GET with a body", [], id="GET with a body"),
        pytest.param("GET", "http://a/x", 400, "only a path", ["request-target-forms"], id="an absolute target"),
        pytest.param("OPTIONS", "*", 400, "only a path", ["request-target-forms"], id="OPTIONS *"),
        pytest.param("-", "-", 400, "no HTTP", [], id="what is no HTTP"),
    ],
)
def test_what_was_refused_while_it_was_read(method, target, status, cause, ids):
    exchange = Exchange(method, target, 0.0)
    exchange.note("error", cause)
    exchange.status, exchange.x_cache = status, "Error"
    assert chosen.touched(exchange, NOBODY) == ids


async def test_a_root_object_alone_is_no_choice():
    house = House(distribution(default_root_object="index.html"), origins=Origins(**{"index.html": respond()}))
    assert await touched(house, get("/")) == []


TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30)
NAMES = st.sampled_from(
    [
        "Range",
        "If-Range",
        "If-None-Match",
        "Cache-Control",
        "Connection",
        "Origin",
        "Accept-Encoding",
        "Cookie",
        "Expires",
        "Vary",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(NAMES, TEXT)),
    st.lists(st.tuples(NAMES, TEXT)),
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from([200, 206, 304, 403, 502]),
)
def test_it_never_raises(asked, answered, host, path, query, status):
    exchange = Exchange("GET", path, 0.0)
    exchange.note("key", path)
    exchange.note("error", query)
    exchange.note("custom error response", query)
    exchange.status, exchange.x_cache = status, "Hit"
    site_ = distribution(behavior("/a*"), default_root_object="index.html", aliases=("*.a.test",))
    request = Request("GET", "http", host, path, query, Headers(asked))
    chosen.touched(exchange, Witness(request, Headers(answered), site_, site_.default_cache_behavior))
