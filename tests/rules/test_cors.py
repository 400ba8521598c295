import pytest

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Cors, ResponseHeadersPolicy
from edgeproxy.rules import cors, response_headers

ORIGIN = "https://a.shop.test"


def granted(*lines, origins=("*",), method="GET", present=(), **settings):
    values = {
        "allow_headers": ("*",),
        "allow_methods": ("GET",),
        "allow_credentials": False,
        "origin_override": False,
        **settings,
    }
    request, answer = Request(method, "https", "h", "/", None, Headers(lines)), Headers((name, "") for name in present)
    found = cors.headers(cors.compile(Cors(allow_origins=origins, **values)), request, answer, set(present))
    return {name: value for name, value in found if name != "Vary"}


def allowed(origin, *patterns):
    return granted(("Origin", origin), origins=patterns).get("Access-Control-Allow-Origin")


PATTERNS = [
    pytest.param("http://*.shop.test", "http://a.shop.test", True, id="1 scheme and sub-domain"),
    pytest.param("http://*.shop.test", "http://b.shop.test", True, id="1 another sub-domain"),
    pytest.param("http://*.shop.test", "https://a.shop.test", False, id="1 not another scheme"),
    pytest.param("http://*.shop.test", "http://a.shop.test:81", False, id="1 not an explicit port"),
    pytest.param("*.shop.test", "http://a.shop.test", True, id="2 http"),
    pytest.param("*.shop.test", "https://a.shop.test", True, id="2 https"),
    pytest.param("*.shop.test", "https://a.b.shop.test", True, id="2 any depth"),
    pytest.param("*.shop.test", "http://.shop.test", True, id="2 an empty label"),
    pytest.param("*.shop.test", "https://shop.test", False, id="2 not the domain itself"),
    pytest.param("*.shop.test", "https://a.shop.test:123", False, id="2 not an explicit port"),
    pytest.param("*.shop.test", "https://evilshop.test", False, id="2 not the end of another domain"),
    pytest.param("*.shop.test", "https://evil.test/.shop.test", False, id="2 not the domain inside something else"),
    pytest.param("shop.test", "http://shop.test", True, id="3 a bare domain over http"),
    pytest.param("shop.test", "https://shop.test", True, id="3 a bare domain over https"),
    pytest.param("shop.test", "https://shop.test:8443", False, id="3 not an explicit port"),
    pytest.param("shop.test", "https://a.shop.test", False, id="3 not a sub-domain"),
    pytest.param("shop.test", "https://shopxtest", False, id="3 a dot is a dot"),
    pytest.param("shop.test", "https://shop.test.evil.test", False, id="3 not the beginning of another domain"),
    pytest.param("shop.test", "null", False, id="3 not an opaque origin"),
    pytest.param("http://shop.test", "http://shop.test", True, id="4 the very origin"),
    pytest.param("http://shop.test", "http://SHOP.test", True, id="4 hosts ignore case"),
    pytest.param("http://shop.test", "https://shop.test", False, id="4 not another scheme"),
    pytest.param("http://shop.test", "http://shop.test:81", False, id="4 not another port"),
    pytest.param("http://shop.test:*", "http://shop.test", True, id="5 any port, none named"),
    pytest.param("http://shop.test:*", "http://shop.test:81", True, id="5 any port"),
    pytest.param("http://shop.test:8*1", "http://shop.test:81", True, id="6 a port of two digits"),
    pytest.param("http://shop.test:8*1", "http://shop.test:801", True, id="6 a port of three digits"),
    pytest.param("http://shop.test:8*1", "http://shop.test:8991", True, id="6 a port of four digits"),
    pytest.param("http://shop.test:8*1", "http://shop.test:80", False, id="6 not another port"),
    pytest.param("http://shop.test:8*1", "http://shop.test", False, id="6 not the default port"),
    pytest.param("*.shop.test:8*", "http://a.shop.test:81", True, id="7 sub-domain and port"),
    pytest.param("*.shop.test:8*", "https://a.shop.test:8443", True, id="7 and any scheme"),
    pytest.param("*.shop.test:8*", "https://a.shop.test", False, id="7 not https without a port"),
    pytest.param("http://shop.test:*1*1*1*1", "http://shop.test:" + "1" * 30_000, False, id="no port has 30,000 digits"),
]


@pytest.mark.parametrize(("pattern", "origin", "fits"), PATTERNS)
def test_which_origins_a_pattern_fits(pattern, origin, fits):
    assert allowed(origin, "https://other.test", pattern) == (origin if fits else None)


@pytest.mark.parametrize("pattern", ["shop.*", "a.*.test", "a*.shop.test", "http://*", "ftp://shop.test", "shop.test/", ""])
def test_what_is_no_pattern_fits_nothing(pattern):
    assert not cors.is_origin(pattern)
    assert allowed("https://shop.test", "https://other.test", pattern) is None


@pytest.mark.parametrize("pattern", ["*", "shop.test", "*.shop.test", "https://shop.test:8*"])
def test_what_is_a_pattern(pattern):
    assert cors.is_origin(pattern)


def test_cf_58_a_star_answers_any_origin_with_a_star():
    """CF-58"""
    assert granted(("Origin", ORIGIN)) == {"Access-Control-Allow-Origin": "*"}


def test_cf_58_without_origin_there_is_nothing():
    """CF-58"""
    assert granted() == {}


@pytest.mark.parametrize(
    ("override", "present", "headers"),
    [
        pytest.param(False, ["access-control-max-age"], {}, id="one CORS header of the origin keeps the policy out"),
        pytest.param(True, ["access-control-max-age"], {"Access-Control-Allow-Origin": "*"}, id="unless the policy overrides"),
        pytest.param(False, ["vary"], {"Access-Control-Allow-Origin": "*"}, id="other headers do not matter"),
    ],
)
def test_origin_override(override, present, headers):
    assert granted(("Origin", ORIGIN), origin_override=override, present=present) == headers


PREFLIGHT = (("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT"))
FULL = {"allow_credentials": True, "expose_headers": ("X-A", "X-B"), "max_age": 600, "allow_methods": ("ALL",)}
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-A, X-B",
}


def test_a_preflight_gets_everything():
    assert granted(*PREFLIGHT, method="OPTIONS", **FULL) == ALWAYS | {
        "Access-Control-Allow-Methods": "GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "600",
    }


@pytest.mark.parametrize(("method", "lines"), [("GET", PREFLIGHT), ("OPTIONS", PREFLIGHT[:1])])
def test_what_is_no_preflight_gets_less(method, lines):
    assert granted(*lines, method=method, **FULL) == ALWAYS


@pytest.mark.parametrize(
    ("patterns", "asked", "answer"),
    [
        pytest.param(("X-A", "X-B"), "x-c", "X-A, X-B", id="names are listed as they are"),
        pytest.param(("x-amz-*", "X-A"), "X-Amz-Date, x-a, x-b", "X-Amz-Date, x-a", id="a partial wildcard answers what fits"),
        pytest.param(("x-*-amz",), "x-b", None, id="or nothing"),
        pytest.param(("x-*-amz",), None, None, id="or nothing when nothing is asked"),
    ],
)
def test_allow_headers(patterns, asked, answer):
    lines = (*PREFLIGHT, *(() if asked is None else (("Access-Control-Request-Headers", asked),)))
    assert granted(*lines, method="OPTIONS", allow_headers=patterns).get("Access-Control-Allow-Headers") == answer


# --- the whole algorithm, through the policy ---

SHOP, OTHER = ("Origin", "https://shop.test"), ("Origin", "https://evil.test")
ASKING = (SHOP, ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a"))
LISTED = {"allow_origins": ("https://shop.test",), "max_age": 600}
STAR = {"allow_origins": ("*",)}
OWN = {"Access-Control-Allow-Origin": "https://own.test", "Access-Control-Max-Age": "5"}
ECHO = {"Access-Control-Allow-Origin": "https://shop.test"}
VARY = {"Vary": "Origin"}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "600",
}

ALGORITHM = [
    pytest.param(LISTED, "GET", (), {}, VARY, id="1 no Origin, no CORS header"),
    pytest.param({**LISTED, "origin_override": True}, "GET", (), OWN, OWN | VARY, id="1 the origin's own stay"),
    pytest.param(LISTED, "GET", (SHOP,), {"Access-Control-Max-Age": "5"}, {"Access-Control-Max-Age": "5"}, id="2 any CORS header of the origin keeps the policy's out"),
    pytest.param({**LISTED, "origin_override": True}, "OPTIONS", ASKING, OWN, ECHO | PREFLIGHT_HEADERS | VARY, id="3 OriginOverride replaces header by header"),
    pytest.param({**LISTED, "origin_override": True}, "GET", (SHOP,), OWN, {"Access-Control-Max-Age": "5"} | ECHO | VARY, id="3 and leaves those that it does not send"),
    pytest.param(STAR, "GET", (SHOP,), {}, {"Access-Control-Allow-Origin": "*"}, id="CF-58 4 a star answers with a star"),
    pytest.param(LISTED, "GET", (SHOP,), {}, ECHO | VARY, id="4 a listed Origin is echoed"),
    pytest.param(LISTED, "GET", (OTHER,), {}, VARY, id="4 another gets nothing"),
    pytest.param({**LISTED, "allow_credentials": True, "expose_headers": ("X-A", "X-B")}, "GET", (SHOP,), {}, ECHO | VARY | {"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-A, X-B"}, id="5 every CORS answer"),
    pytest.param(LISTED, "OPTIONS", ASKING, {}, ECHO | PREFLIGHT_HEADERS | VARY, id="5 a preflight"),
    pytest.param(LISTED, "OPTIONS", ASKING[:1], {}, ECHO | VARY, id="5 OPTIONS alone is no preflight"),
    pytest.param({**LISTED, "allow_methods": ("ALL",)}, "OPTIONS", ASKING, {}, ECHO | VARY | PREFLIGHT_HEADERS | {"Access-Control-Allow-Methods": "GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT"}, id="6 ALL is seven methods"),
    pytest.param({**LISTED, "allow_headers": ("x-*",)}, "OPTIONS", ASKING, {}, ECHO | VARY | PREFLIGHT_HEADERS | {"Access-Control-Allow-Headers": "x-a"}, id="6 a partial wildcard"),
    pytest.param(STAR, "GET", (), {}, VARY, id="8 without Origin, a star varies as well"),
    pytest.param(LISTED, "GET", (), {"Vary": "Accept-Encoding, origin"}, {"Vary": "Accept-Encoding, origin"}, id="8 what varies already says so once"),
    pytest.param(LISTED, "GET", (), {"Vary": "Accept-Encoding"}, {"Vary": "Accept-Encoding, Origin"}, id="8 beside what the origin varies by"),
    pytest.param(LISTED, "GET", (SHOP, ("Cache-Control", "no-cache")), {}, ECHO | VARY, id="9 a request that is not simple is as good"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "method", "lines", "sent", "expected"), ALGORITHM)
def test_the_algorithm(settings, method, lines, sent, expected):
    whole = {
        "allow_headers": ("*",),
        "allow_methods": ("GET",),
        "allow_credentials": False,
        "origin_override": False,
        **settings,
    }
    compiled = response_headers.compile(ResponseHeadersPolicy("p", cors=Cors(**whole)))
    request = Request(method, "https", "h", "/", None, Headers(lines))
    found = response_headers.apply(compiled, request, Headers(sent.items()), 0.0)
    assert {name.title(): found.joined(name) for name in found.names()} == expected


def test_a_vary_that_the_policy_removes_does_not_count():
    shop = Cors(**LISTED, allow_headers=(), allow_methods=(), allow_credentials=False, origin_override=False)
    compiled = response_headers.compile(ResponseHeadersPolicy("p", cors=shop, remove_headers=("Vary",)))
    found = response_headers.apply(
        compiled, Request("GET", "https", "h", "/", None, Headers()), Headers([("Vary", "Origin")]), 0.0
    )
    assert found.items == (("Vary", "Origin"),)
