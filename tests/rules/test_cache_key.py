import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request, Viewer
from edgeproxy.model import CacheBehavior, CachePolicy, ForwardedValues, OriginRequestPolicy, Selection
from edgeproxy.rules import cache_key, viewer_values


def recipe(policy=None, orp=None, cached=("GET", "HEAD"), **parts):
    policy = policy or CachePolicy("P", **parts)
    return cache_key.compile(CacheBehavior("*", "app", policy, cached_methods=cached, origin_request_policy=orp))


def request(target="/x", *headers, method="GET", **fields):
    """A dictionary among the headers is what is given of the viewer."""
    path, mark, query = target.partition("?")
    given = [each for each in headers if isinstance(each, dict)]
    lines = Headers(each for each in headers if not isinstance(each, dict))
    viewer = Viewer(viewer_values.headers(given[0] if given else {}), None, lines)
    return Request(method, "https", "www.shop.test", path, query if mark else None, lines, viewer=viewer, **fields)


def key(target="/x", *headers, method="GET", **parts):
    return cache_key.key(recipe(**parts), request(target, *headers, method=method))


def some(*names):
    return Selection("whitelist", names)


ALL = Selection("all")


@pytest.mark.parametrize(
    ("parts", "one", "other"),
    [
        pytest.param({}, ("/x?a=1",), ("/x?a=2",), id="CF-28 no query strings in the key: one object"),
        pytest.param(
            {"query_strings": some("a")}, ("/x?a=1&z=9",), ("/x?a=1",), id="CF-30 query strings not listed do not count"
        ),
        pytest.param({"query_strings": some("a")}, ("/x?z=9",), ("/x",), id="a query of which nothing is listed is none"),
        pytest.param({"headers": some("X-T")}, ("/x", ("x-t", "A")), ("/x", ("X-T", "A")), id="CF-31 header names ignore case"),
        pytest.param(
            {}, ("/x", ("User-Agent", "a")), ("/x", ("User-Agent", "b")), id="CF-32 headers not in the policy do not count"
        ),
        pytest.param({}, ("/x", ("Cache-Control", "no-cache")), ("/x",), id="CF-27 the viewer's Cache-Control does not count"),
        pytest.param(
            {"cookies": ALL},
            ("/x", ("Cookie", "b=2; a=1")),
            ("/x", ("Cookie", "a=1"), ("cookie", "b=2")),
            id="cookies are sorted",
        ),
        pytest.param(
            {"cookies": ALL}, ("/x", ("Cookie", "$Version=1; lone; a=1")), ("/x", ("Cookie", "a=1")), id="no $ nor lone names"
        ),
        pytest.param(
            {"headers": some("Host")}, ("/x", ("Host", "a")), ("/x", ("Host", "b")), id="Host is the viewer host of the request"
        ),
        pytest.param(
            {"headers": some("CloudFront-Viewer-Country")},
            ("/x", ("CloudFront-Viewer-Country", "DE")),
            ("/x",),
            id="a viewer cannot state a CloudFront header",
        ),
        pytest.param(
            {"headers": some("CloudFront-Viewer-Country")},
            ("/x", {"country": "DE", "city": "Bonn"}),
            ("/x", {"country": "DE", "city": "Berlin"}),
            id="what is given and not named does not count",
        ),
        pytest.param(
            {"headers": some("CloudFront-Is-Mobile-Viewer")},
            ("/x", ("User-Agent", "iPhone")),
            ("/x", ("User-Agent", "Android, Mobile")),
            id="two devices of a kind",
        ),
        pytest.param(
            {"gzip": True, "headers": some("Accept-Encoding")},
            ("/x", ("Accept-Encoding", "gzip;q=1.0, zstd")),
            ("/x", ("Accept-Encoding", "gzip")),
            id="naming Accept-Encoding beside a flag has no effect",
        ),
    ],
)
def test_these_share_an_object(parts, one, other):
    assert key(*one, **parts) == key(*other, **parts)


@pytest.mark.parametrize(
    ("parts", "one", "other"),
    [
        pytest.param({}, ("/a",), ("/a/",), id="a slash at the end counts"),
        pytest.param({}, ("/a",), ("/A",), id="case counts"),
        pytest.param({}, ("/%61",), ("/a",), id="nothing is decoded"),
        pytest.param({"query_strings": ALL}, ("/x?a=1&b=2",), ("/x?b=2&a=1",), id="CF-29 order counts"),
        pytest.param({"query_strings": ALL}, ("/x?a=",), ("/x?a",), id="an empty value differs from none"),
        pytest.param({"query_strings": some("a")}, ("/x?A=1",), ("/x?a=1",), id="query names are case-sensitive"),
        pytest.param(
            {"query_strings": Selection("allExcept", ("z",))}, ("/x?a=1&z=1",), ("/x?a=2&z=1",), id="all but the excepted"
        ),
        pytest.param({"headers": some("X-T")}, ("/x", ("X-T", "A")), ("/x", ("X-T", "a")), id="CF-31 header values keep case"),
        pytest.param({"headers": some("X-T")}, ("/x", ("X-T", "")), ("/x",), id="an empty header differs from an absent one"),
        pytest.param({"cookies": some("a")}, ("/x", ("Cookie", "a=1")), ("/x", ("Cookie", "A=1")), id="cookie names keep case"),
        pytest.param({"gzip": True}, ("/x", ("Accept-Encoding", "gzip")), ("/x",), id="gzip has its own object"),
        pytest.param(
            {"headers": some("CloudFront-Viewer-Country")},
            ("/x", {"country": "DE"}),
            ("/x", {"country": "FR"}),
            id="the viewer's country",
        ),
        pytest.param(
            {"headers": some("cloudfront-viewer-country")}, ("/x", {"country": "DE"}), ("/x",), id="a country and none"
        ),
        pytest.param(
            {"headers": some("CloudFront-Is-Mobile-Viewer")},
            ("/x", ("User-Agent", "iPhone")),
            ("/x", ("User-Agent", "curl")),
            id="two kinds of devices",
        ),
        pytest.param(
            {"headers": some("Accept-Encoding")}, ("/x", ("Accept-Encoding", "a")), ("/x",), id="a raw Accept-Encoding"
        ),
    ],
)
def test_these_are_two_objects(parts, one, other):
    assert key(*one, **parts) != key(*other, **parts)


def test_get_and_head_share_an_object_and_options_has_its_own():
    assert key(method="HEAD") == key(method="GET") != key(method="OPTIONS")


def test_a_key_can_be_read_and_begins_with_the_path():
    parts = {"query_strings": ALL, "headers": some("X-T"), "cookies": ALL, "gzip": True, "brotli": True}
    headers = (("Cookie", "b=2; a=1"), ("X-T", "A"), ("Accept-Encoding", "gzip, br"))
    assert key("/x?a=1", *headers, **parts) == "/x?a=1\nGET\naccept-encoding: br,gzip\nx-t: A\ncookie: a=1; b=2"


# A small alphabet of all that a key uses itself makes imitations likely.
hostile = st.text(alphabet='/?&=;\\\n n:a"', max_size=8)


def decoded(text):
    """Undoes `key`: only a key that tells all its parts apart can be taken apart again."""

    def plain(part):
        return part and re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], part)

    target, method, *headers = text.split("\n")
    path, query = re.fullmatch(r"((?:[^\\?]|\\.)*)(?:\?(.*))?", target).groups()
    values = dict(line.split(": ", 1) for line in headers)
    return plain(path), plain(query), plain(method), plain(values.pop("x", None)), plain(values.pop("y", None)), values


@given(hostile, st.none() | hostile, hostile, st.none() | hostile, st.none() | hostile)
def test_no_value_can_imitate_the_key_of_another_request(path, query, method, x, y):
    headers = Headers((name, value) for name, value in (("X", x), ("Y", y)) if value is not None)
    everything = recipe(headers=some("X", "Y"), query_strings=ALL)
    text = cache_key.key(everything, Request(method, "https", "h", path, query, headers))
    assert decoded(text) == (path, query, method, x, y, {})


@given(st.lists(st.tuples(hostile, hostile), max_size=3), st.lists(st.tuples(hostile, hostile), max_size=3), hostile)
def test_no_cookie_can_imitate_another_part(one, other, value):
    def cookies(pairs):
        return Headers([("X", value), ("Cookie", ";".join(f"{name}={value}" for name, value in pairs))])

    with_cookies = recipe(headers=some("X"), cookies=ALL)
    first, second = (request()._replace(headers=cookies(pairs)) for pairs in (one, other))
    same = cache_key.filter_cookies(first.headers, lambda _: True) == cache_key.filter_cookies(second.headers, lambda _: True)
    assert (cache_key.key(with_cookies, first) == cache_key.key(with_cookies, second)) == same


@pytest.mark.parametrize(
    ("sent", "both", "gzip_only", "br_only"),
    [
        pytest.param("gzip, deflate, br, zstd", "br,gzip", "gzip", "br", id="gzip and br"),
        pytest.param("GZIP", "gzip", "gzip", "identity", id="gzip only"),
        pytest.param("br;q=0.5", "br", "identity", "br", id="br only"),
        pytest.param("deflate", "identity", "identity", "identity", id="CF-40 none supported"),
        pytest.param("gzip;q=0, br ; Q = 0.000", "identity", "identity", "identity", id="q=0 is not accepted"),
        pytest.param("", "identity", "identity", "identity", id="an empty header"),
        pytest.param(None, None, None, None, id="no header"),
    ],
)
def test_accept_encoding_is_normalised(sent, both, gzip_only, br_only):
    asked = request("/x", *(() if sent is None else (("Accept-Encoding", sent),)))
    flags = [{"gzip": True, "brotli": True}, {"gzip": True}, {"brotli": True}, {}]
    assert [cache_key.accept_encoding(recipe(**f), asked) for f in flags] == [both, gzip_only, br_only, None]


def test_an_http_1_0_viewer_gets_nothing_encoded():
    asked = request("/x", ("Accept-Encoding", "gzip"), http_version="1.0")
    assert cache_key.accept_encoding(recipe(gzip=True), asked) is None


def test_legacy_settings_normalise_gzip_alone():
    asked = request("/x", ("Accept-Encoding", "gzip, br"))
    assert cache_key.accept_encoding(recipe(ForwardedValues()), asked) == "gzip"
    assert cache_key.accept_encoding(recipe(ForwardedValues(headers=("*",))), asked) is None


def test_identity_stands_in_no_key():
    assert key("/x", ("Accept-Encoding", "deflate"), gzip=True) == key("/x", gzip=True)


@pytest.mark.parametrize(
    ("policy", "cacheable"),
    [
        pytest.param(CachePolicy("CachingDisabled", 0, 0, 0), False, id="all TTLs 0"),
        pytest.param(CachePolicy("UseOriginCacheControlHeaders", 0, 0, 31536000), True, id="only Max TTL"),
        pytest.param(ForwardedValues(headers=("*",)), False, id="legacy, all headers"),
        pytest.param(ForwardedValues(headers=("Origin",)), True, id="legacy, one header"),
    ],
)
def test_whether_anything_is_ever_stored(policy, cacheable):
    assert recipe(policy).cacheable is cacheable


@pytest.mark.parametrize(
    ("policy", "orp", "forwarded"),
    [
        pytest.param(CachePolicy("P"), None, False, id="nowhere"),
        pytest.param(CachePolicy("P", cookies=some("a")), None, True, id="in the cache policy"),
        pytest.param(CachePolicy("P"), OriginRequestPolicy("O", cookies=ALL), True, id="in the origin request policy"),
        pytest.param(CachePolicy("P"), OriginRequestPolicy("O"), False, id="an origin request policy without cookies"),
        pytest.param(ForwardedValues(cookies=some("a")), None, True, id="in legacy settings"),
    ],
)
def test_whether_cookies_are_forwarded(policy, orp, forwarded):
    assert recipe(policy, orp).cookies_forwarded is forwarded


def test_legacy_query_strings_count_by_the_listed_names_when_there_are_some():
    listed, every = ForwardedValues(True, ("a",)), ForwardedValues(query_string=True)
    assert cache_key.key(recipe(listed), request("/x?a=1&b=2")) == "/x?a=1\nGET"
    assert cache_key.key(recipe(every), request("/x?a=1&b=2")) == "/x?a=1&b=2\nGET"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        pytest.param("session-1", True, id="a star is any run of characters"),
        pytest.param("u1", True, id="a question mark is one character"),
        pytest.param("u12", False, id="and no more than one"),
        pytest.param("x[a]", True, id="a bracket is itself"),
        pytest.param("xa", False, id="and no set"),
        pytest.param("other", False, id="not listed"),
    ],
)
def test_legacy_cookie_lists_allow_wildcards(name, taken):
    assert cache_key.names(some("session-*", "u?", "x[a]"), wildcards=True).take(name) is taken


def test_a_star_in_a_cache_policy_is_a_star():
    assert not cache_key.names(some("session-*")).take("session-1")


def test_a_cookie_name_cannot_make_wildcards_slow():
    assert not cache_key.names(some("*a" * 12 + "b"), wildcards=True).take("a" * 8000)


@pytest.mark.parametrize(
    ("selection", "query", "left"),
    [
        pytest.param(some("a"), "b=1&a=2&c&a=1", "a=2&a=1", id="the viewer's order stays"),
        pytest.param(some("a"), "a=1;b=2", "a=1;b=2", id="a semicolon is part of a value"),
        pytest.param(Selection("allExcept", ("a",)), "a=1&b=2&&c", "b=2&&c", id="all but one"),
        pytest.param(some("a"), "b=1", None, id="nothing left"),
        pytest.param(some("a"), None, None, id="no query"),
    ],
)
def test_query_strings_are_filtered(selection, query, left):
    assert cache_key.filter_query(query, cache_key.names(selection).take) == left
