import pytest

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Cors
from edgeproxy.rules import cors

ORIGIN = "https://a.shop.test"


def granted(*lines, origins=("*",), method="GET", present=(), **settings):
    values = {
        "allow_headers": ("*",),
        "allow_methods": ("GET",),
        "allow_credentials": False,
        "origin_override": False,
        **settings,
    }
    request = Request(method, "https", "h", "/", None, Headers(lines))
    return dict(cors.headers(cors.compile(Cors(allow_origins=origins, **values)), request, set(present)))


def allowed(origin, *patterns):
    return granted(("Origin", origin), origins=patterns).get("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("pattern", "origin", "fits"),
    [
        pytest.param("http://*.shop.test", "http://a.shop.test", True, id="scheme and sub-domain"),
        pytest.param("http://*.shop.test", "https://a.shop.test", False, id="another scheme"),
        pytest.param("http://*.shop.test", "http://a.shop.test:81", False, id="an explicit port"),
        pytest.param("*.shop.test", "https://a.b.shop.test", True, id="any scheme, any depth"),
        pytest.param("*.shop.test", "http://.shop.test", True, id="an empty label"),
        pytest.param("*.shop.test", "https://shop.test", False, id="the domain itself"),
        pytest.param("*.shop.test", "https://a.shop.test:123", False, id="any scheme, an explicit port"),
        pytest.param("*.shop.test", "https://evilshop.test", False, id="the end of another domain"),
        pytest.param("*.shop.test", "https://evil.test/.shop.test", False, id="the domain inside something else"),
        pytest.param("shop.test", "http://shop.test", True, id="a bare domain over http"),
        pytest.param("shop.test", "https://shop.test", True, id="a bare domain over https"),
        pytest.param("shop.test", "https://shopxtest", False, id="a dot is a dot"),
        pytest.param("shop.test", "https://shop.test.evil.test", False, id="the beginning of another domain"),
        pytest.param("shop.test", "null", False, id="an opaque origin"),
        pytest.param("http://shop.test", "http://shop.test", True, id="the very origin"),
        pytest.param("http://shop.test", "http://SHOP.test", True, id="hosts ignore case"),
        pytest.param("http://shop.test", "http://shop.test:81", False, id="the very origin, another port"),
        pytest.param("http://shop.test:*", "http://shop.test", True, id="any port, none named"),
        pytest.param("http://shop.test:*", "http://shop.test:81", True, id="any port"),
        pytest.param("http://shop.test:8*1", "http://shop.test:81", True, id="a port of two digits"),
        pytest.param("http://shop.test:8*1", "http://shop.test:8991", True, id="a port of four digits"),
        pytest.param("http://shop.test:8*1", "http://shop.test:80", False, id="another port"),
        pytest.param("http://shop.test:8*1", "http://shop.test", False, id="the default port does not fit"),
        pytest.param("*.shop.test:8*", "http://a.shop.test:81", True, id="sub-domain and port"),
        pytest.param("http://shop.test:*1*1*1*1", "http://shop.test:" + "1" * 30_000, False, id="no port has 30,000 digits"),
    ],
)
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
