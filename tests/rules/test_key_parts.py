import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers, Request
from edgeproxy.model import (
    CacheBehavior,
    CachePolicy,
    ForwardedValues,
    Function,
    LambdaAssociation,
    LambdaFunction,
    Selection,
)
from edgeproxy.rules import cache_key, key_parts

ALL = Selection("all")


def some(*names):
    return Selection("whitelist", names)


def behavior(policy=None, **parts):
    return CacheBehavior("*", "app", policy or CachePolicy("P", **parts))


def key(of, target="/x", *headers, method="GET", distribution="Site"):
    path, mark, query = target.partition("?")
    request = Request(method, "https", "www.shop.test", path, query if mark else None, Headers(headers))
    return f"{distribution}\n" + cache_key.key(cache_key.compile(of), request)


def read(of, *request, **more):
    return key_parts.read(key(of, *request, **more), of)


def test_every_part_has_a_name_a_value_and_where_it_is_from():
    of = behavior(headers=some("X-T"), cookies=some("session"), query_strings=ALL, gzip=True, brotli=True)
    headers = (("Cookie", "session=1"), ("X-T", "a: b"), ("Accept-Encoding", "br, gzip"))
    assert [(part.label, part.value, part.source) for part in read(of, "/x?a=1&b", *headers)] == [
        ("distribution", "Site", "each distribution has a cache of its own"),
        ("path", "/x", "the URL's path"),
        ("query a", "1", "cache policy P: query strings all"),
        ("query b", None, "cache policy P: query strings all"),
        ("method", "GET", "GET and HEAD share an object, OPTIONS has its own"),
        ("accept-encoding", "br,gzip", "cache policy P: EnableAcceptEncodingGzip and EnableAcceptEncodingBrotli"),
        ("header x-t", "a: b", "cache policy P: headers"),
        ("cookie session", "1", "cache policy P: cookies whitelist"),
    ]


def test_a_header_of_cloudfronts_own_says_where_its_value_is_from():
    of = behavior(headers=some("CloudFront-Is-Mobile-Viewer", "CloudFront-Forwarded-Proto"))
    assert [(part.label, part.value, part.source) for part in read(of)[3:]] == [
        ("header cloudfront-forwarded-proto", "https", "cache policy P: headers, from the viewer's connection"),
        (
            "header cloudfront-is-mobile-viewer",
            "false",
            "cache policy P: headers, from the viewer's User-Agent, or viewer.device",
        ),
    ]


@pytest.mark.parametrize(
    ("of", "target", "source"),
    [
        pytest.param(behavior(query_strings=some("a")), "/x?a=1", "cache policy P: query strings whitelist", id="a whitelist"),
        pytest.param(
            behavior(ForwardedValues(True)), "/x?a=1", "ForwardedValues: QueryString true", id="legacy, all query strings"
        ),
        pytest.param(
            behavior(ForwardedValues(True, ("a",))), "/x?a=1", "ForwardedValues: QueryStringCacheKeys", id="legacy, a list"
        ),
    ],
)
def test_query_strings_name_their_setting(of, target, source):
    assert read(of, target)[2].source == source


def test_accept_encoding_without_the_flags_is_a_header_like_any_other():
    part = read(behavior(headers=some("Accept-Encoding")), "/x", ("Accept-Encoding", "zstd"))[-1]
    assert (part.label, part.source) == ("header accept-encoding", "cache policy P: headers")


def test_legacy_settings_normalise_accept_encoding_and_name_cookies():
    of = behavior(ForwardedValues(cookies=ALL))
    parts = read(of, "/x", ("Accept-Encoding", "gzip"), ("Cookie", "a=1"))
    assert [part.source for part in parts[-2:]] == [
        "ForwardedValues: Accept-Encoding is normalised",
        "ForwardedValues: cookies all",
    ]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param({"functions": {Hook.VIEWER_REQUEST: Function("Rewrite", "cloudfront-js-2.0", "")}}, id="a function"),
        pytest.param(
            {"lambdas": {Hook.VIEWER_REQUEST: LambdaAssociation(LambdaFunction("Rewrite", "python3.13", "index.handler"))}},
            id="a handler",
        ),
    ],
)
def test_a_path_that_code_may_have_rewritten_says_so(code):
    of = CacheBehavior("*", "app", CachePolicy("P"), **code)
    assert read(of)[1].source == "the URL's path, as Rewrite at viewer-request left it"


# A small alphabet of all that a key uses itself makes imitations likely.
hostile = st.text(alphabet='/?&=;\\\n n:a"', max_size=8)
ORDER = ("path", "query", "method", "accept-encoding", "header", "cookie")


def written(parts):
    """Undoes `read`."""
    of = {kind: [part for part in parts if part.kind == kind] for kind in ORDER}
    quoted = cache_key.quoted
    query = "&".join(part.name if part.value is None else f"{part.name}={part.value}" for part in of["query"])
    target = quoted(of["path"][0].value).replace("?", "\\?") + (f"?{quoted(query)}" if of["query"] else "")
    cookies = "; ".join(f"{part.name}={part.value}" for part in of["cookie"])
    return "\n".join([
        parts[0].value, target, quoted(of["method"][0].value),
        *(f"accept-encoding: {part.value}" for part in of["accept-encoding"]),
        *(f"{part.name}: {quoted(part.value)}" for part in of["header"]),
        *([f"cookie: {quoted(cookies)}"] if of["cookie"] else []),
    ])  # fmt: skip


@given(hostile, st.none() | hostile, hostile, hostile, st.none() | hostile)
def test_every_key_can_be_read_and_nothing_of_it_is_lost(path, query, method, value, cookie):
    of = behavior(headers=some("X-T", "Host"), cookies=ALL, query_strings=ALL, gzip=True)
    headers = [("X-T", value), ("Accept-Encoding", "gzip"), *([("Cookie", cookie)] if cookie is not None else [])]
    request = Request(method, "https", "h", path, query, Headers(headers))
    text = "Site\n" + cache_key.key(cache_key.compile(of), request)
    assert written(key_parts.read(text, of)) == text


def differences(of, one, other, **more):
    return key_parts.differences(read(of, *one), read(of, *other, **more))


ADVICE = [
    pytest.param({}, ("/A",), ("/a",), "path", "upper and lower case count", id="the case of a path"),
    pytest.param({}, ("/a",), ("/a/",), "path", "a slash at the end counts", id="a slash at the end"),
    pytest.param({}, ("/%61",), ("/a",), "path", "not decoded", id="an escape in a path"),
    pytest.param({}, ("/a",), ("/b",), "path", "two paths are two objects", id="two paths"),
    pytest.param(
        {"query_strings": ALL}, ("/?a=1&b=2",), ("/?b=2&a=1",), "order of the query strings", "a=1&b=2 is not b=2&a=1",
        id="the order of the parameters",
    ),
    pytest.param(
        {"query_strings": ALL}, ("/?utm=1",), ("/",), "query utm",
        "leave `utm` out of the query strings of cache policy P (allExcept utm instead of all) if the answer does not",
        id="a parameter too many",
    ),
    pytest.param(
        {"query_strings": some("v")}, ("/?v=1",), ("/?v=2",), "query v",
        "take `v` off the list of query strings of cache policy P if the answer does not", id="a listed parameter",
    ),
    pytest.param(
        {"query_strings": Selection("allExcept", ("z",))}, ("/?v=1",), ("/?v=2",), "query v", "add it to those of allExcept",
        id="a parameter that is not excepted",
    ),
    pytest.param({"query_strings": ALL}, ("/?a=",), ("/?a",), "query a", "`a` and `a=` are not the same", id="a lone name"),
    pytest.param(
        {"headers": some("User-Agent")}, ("/", ("User-Agent", "x")), ("/", ("User-Agent", "y")), "header user-agent",
        "take `user-agent` out of the headers of cache policy P (an origin request policy can still send it", id="a header",
    ),
    pytest.param(
        {"cookies": ALL}, ("/", ("Cookie", "s=1")), ("/",), "cookie s", "leave `s` out of the cookies of cache policy P",
        id="a cookie",
    ),
    pytest.param(
        {"gzip": True}, ("/", ("Accept-Encoding", "gzip")), ("/",), "accept-encoding", "rarely worth a change", id="a coding"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "one", "other", "part", "advice"), ADVICE)
def test_the_one_part_that_differs_is_named_with_what_would_make_it_a_hit(policy, one, other, part, advice):
    (found,) = differences(behavior(**policy), one, other)
    assert found.part == part
    assert advice in found.advice


def test_legacy_settings_get_their_own_advice():
    query = differences(behavior(ForwardedValues(True)), ("/?a=1",), ("/",))[0].advice
    assert "(list those that count in QueryStringCacheKeys)" in query
    cookies = differences(behavior(ForwardedValues(cookies=ALL)), ("/", ("Cookie", "a=1")), ("/",))[0].advice
    assert "(whitelist those that count)" in cookies


def test_options_and_another_distribution_are_objects_of_their_own():
    assert [each.part for each in differences(behavior(), ("/",), ("/",), method="OPTIONS")] == ["method"]
    assert [each.part for each in differences(behavior(), ("/",), ("/",), distribution="Other")] == ["distribution"]


def test_every_part_that_differs_is_told_with_both_values():
    found = differences(behavior(query_strings=ALL), ("/a?x=1&x=2&y",), ("/b?x=3",))
    assert [(each.part, each.one, each.other) for each in found] == [
        ("path", "/a", "/b"),
        ("query x", "1, 2", "3"),
        ("query y", "(no value)", None),
    ]


@given(hostile, hostile, hostile, hostile)
def test_there_is_a_difference_where_the_keys_differ_and_nowhere_else(path, query, other_path, other_query):
    of = behavior(query_strings=ALL)
    one, other = (f"Site\n{cache_key.key(cache_key.compile(of), Request('GET', 'https', 'h', p, q, Headers()))}"
                  for p, q in ((path, query), (other_path, other_query)))  # fmt: skip
    found = key_parts.differences(key_parts.read(one, of), key_parts.read(other, of))
    assert bool(found) == (one != other)
