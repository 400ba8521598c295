"""What an origin gets, against a small model of AWS's table and of the union of two policies, written apart from the rules."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, CachePolicy, ForwardedValues, Origin, OriginRequestPolicy, Selection
from edgeproxy.rules import cache_key, forwarding

ORIGIN = Origin("app", "app.internal.test")
BEHAVIORS = ("none", "whitelist", "allExcept", "all")

# "HTTP request headers and CloudFront behavior": what passes although nobody names it.
PASSES = {
    *("cache-control", "pragma", "content-length", "max-forwards", "request-range", "content-md5", "content-type", "date"),
    *("from", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "origin", "via", "warning"),
    *("x-forwarded-for", "range"),
}
REMOVED = {"accept", "accept-charset", "accept-language", "referer", "accept-encoding", "user-agent", "x-http-method-override"}
NEVER = {
    "connection",
    "expect",
    "te",
    "trailer",
    "upgrade",
    "proxy-authorization",
    "x-real-ip",
    "x-forwarded-proto",
    "x-edge-a",
}
NEVER |= {"cloudfront-viewer-country", "x-amz-cf-id", "keep-alive"}
OURS = {"x-any", "x-other", "authorization"}
NAMES = sorted(PASSES | REMOVED | NEVER | OURS)
WRITTEN_BY_CLOUDFRONT = {"host", "user-agent", "x-forwarded-for", "via", "x-amz-cf-id", "accept-encoding", "cookie"}

# One of each treatment, so that what is sent, what is named and what is excepted often meet.
COMMON = ["accept", "authorization", "content-length", "content-type", "host", "te", "user-agent", "via", "x-any"]

names = st.lists(st.sampled_from(COMMON) | st.sampled_from(NAMES), max_size=6, unique=True).map(tuple)
spelled = st.sampled_from([str.lower, str.title, str.upper])
parameter_names = st.lists(st.sampled_from(["a", "b", "A", "c*", ""]), max_size=3, unique=True).map(tuple)
selections = st.builds(Selection, st.sampled_from(BEHAVIORS), parameter_names)
NAMING = ("whitelist", "allExcept", "allViewerAndWhitelistCloudFront")


def header_selections(*among):
    return st.builds(
        lambda behavior, names: Selection(behavior, names if behavior in NAMING else ()), st.sampled_from(among), names
    )


cache_policies = st.builds(
    CachePolicy,
    st.just("P"),
    headers=header_selections("none", "whitelist"),
    cookies=selections,
    query_strings=selections,
    gzip=st.booleans(),
    brotli=st.booleans(),
)
request_policies = st.none() | st.builds(
    OriginRequestPolicy,
    st.just("O"),
    headers=header_selections("none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept"),
    cookies=selections,
    query_strings=selections,
)
legacy = st.builds(
    ForwardedValues,
    query_string=st.booleans(),
    query_string_cache_keys=parameter_names,
    cookies=st.builds(Selection, st.sampled_from(["none", "whitelist", "all"]), parameter_names),
    headers=names | st.just(("*",)),
)
lines = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["1", "gzip, br", "x"])), max_size=8, unique_by=lambda x: x[0]
)
pairs = st.lists(st.sampled_from(["a=1", "b=2", "A=3", "c*=4", "a", "a=5", "$v=1", ""]), max_size=5)
requests = st.builds(
    lambda method, lines, spell, query, cookies: Request(
        method, "https", "www.shop.test", "/x", "&".join(query) if query is not None else None,
        Headers([("Host", "www.shop.test"), *((spell(n), v) for n, v in lines), *([("Cookie", "; ".join(cookies))] if cookies else [])]),
    ),
    st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]), lines, spelled, st.none() | pairs, pairs,
)  # fmt: skip
behaviors = st.builds(
    lambda policies, cached: CacheBehavior("*", "app", policies[0], cached_methods=cached, origin_request_policy=policies[1]),
    st.tuples(cache_policies, request_policies) | st.tuples(legacy, st.none()),
    st.sampled_from([("GET", "HEAD"), ("GET", "HEAD", "OPTIONS")]),
)


def listed(selection, name):
    """Does a policy take this parameter or cookie?"""
    if selection is None or selection.behavior == "none":
        return False
    return selection.behavior == "all" or (name in selection.names) == (selection.behavior == "whitelist")


def passes(behavior, name, method):
    """Does the header of this lower-case name reach the origin as the viewer sent it?"""
    if name in NEVER:
        return False
    cache, request = behavior.cache_policy, behavior.origin_request_policy
    if isinstance(cache, ForwardedValues):
        if cache.headers == ("*",) or name in cache.headers:
            return True
    else:
        if cache.headers.behavior == "whitelist" and name in cache.headers.names:
            return True
        asked = request.headers if request else Selection()
        if asked.behavior == "allExcept":
            # The length of a body is no policy's matter.
            return name not in asked.names or name == "content-length"
        if asked.behavior.startswith("allViewer") or (asked.behavior == "whitelist" and name in asked.names):
            return True
    if name == "authorization":
        return method in ("POST", "PUT", "PATCH", "DELETE") or (
            method == "OPTIONS" and "OPTIONS" not in behavior.cached_methods
        )
    if name in PASSES or name in REMOVED:
        return name in PASSES
    return isinstance(cache, ForwardedValues) and name != "host"


def sent(behavior, request):
    return forwarding.build(forwarding.compile(behavior), request, ORIGIN, via="2.0 cf", request_id="id==")


@settings(max_examples=400)
@given(behaviors, requests)
def test_the_headers_that_the_table_and_the_policies_name_pass_and_no_others(behavior, request):
    headers = sent(behavior, request).headers
    for name in set(request.headers.names()) - WRITTEN_BY_CLOUDFRONT:
        expected = request.headers.get_all(name) if passes(behavior, name, request.method) else []
        assert headers.get_all(name) == expected, name
    assert set(headers.names()) <= set(request.headers.names()) | WRITTEN_BY_CLOUDFRONT


@given(behaviors, requests)
def test_what_cloudfront_writes_itself_follows_the_viewer_where_that_is_configured(behavior, request):
    headers, asked = sent(behavior, request).headers, request.headers
    assert headers.get_all("host") == ["www.shop.test" if passes(behavior, "host", request.method) else "app.internal.test"]
    agent = asked.get_all("user-agent") if passes(behavior, "user-agent", request.method) else ["Amazon CloudFront"]
    assert headers.get_all("user-agent") == agent
    for name, element in (("x-forwarded-for", "127.0.0.1"), ("via", "2.0 cf")):
        before = asked.get_all(name) if passes(behavior, name, request.method) else []
        assert headers.get_all(name) == [", ".join([*before, element])]
    assert headers.get_all("x-amz-cf-id") == ["id=="]


@given(behaviors, requests)
def test_a_parameter_passes_when_one_of_the_policies_takes_it(behavior, request):
    cache, also = behavior.cache_policy, behavior.origin_request_policy
    if isinstance(cache, ForwardedValues):
        # "QueryString true forwards all of them, whichever are in the key."
        expected = request.query if cache.query_string else None
    else:
        taken = (cache.query_strings, also.query_strings if also else None)
        everything = any(s and (s.behavior == "all" or s == Selection("allExcept")) for s in taken)
        parts = [] if request.query is None else request.query.split("&")
        kept = [part for part in parts if any(listed(s, part.split("=")[0]) for s in taken)]
        expected = request.query if everything else "&".join(kept) if kept else None
    assert sent(behavior, request).query == expected


@given(behaviors, requests)
def test_a_cookie_passes_when_one_of_the_policies_takes_it(behavior, request):
    cache, also = behavior.cache_policy, behavior.origin_request_policy
    taken = [cache.cookies, *([also.cookies] if also else [])]
    cookies = [cookie.split("=", 1) for cookie in (request.headers.get("cookie") or "").split("; ") if "=" in cookie]
    wild = isinstance(cache, ForwardedValues) and cache.cookies.behavior == "whitelist"
    kept = [
        (name, value)
        for name, value in cookies
        if not name.startswith("$")
        and (any(listed(s, name) for s in taken) or (wild and "c*" in cache.cookies.names and name.startswith("c")))
    ]
    expected = "; ".join(f"{name}={value}" for name, value in sorted(kept, key=lambda pair: pair[0]))
    assert (sent(behavior, request).headers.joined("cookie") or "") == expected


@given(behaviors, requests, requests)
def test_two_requests_of_two_keys_are_two_requests_to_the_origin(behavior, one, other):
    """Everything in the key is also sent."""
    recipe = cache_key.compile(behavior)
    one, other = (request._replace(method="GET") for request in (one, other))
    if cache_key.key(recipe, one) != cache_key.key(recipe, other):
        assert sent(behavior, one) != sent(behavior, other)
