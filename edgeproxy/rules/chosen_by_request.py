"""Which choices of ours about the request itself an answer rests on: host, path, access, key, edge code.

AWS pages: those of `hosts`, `paths`, `access`, `geo`, `cache_key` and the events of edge code, which say what is chosen.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

import re
from urllib.parse import unquote_to_bytes

from edgeproxy.hooks import Hook
from edgeproxy.rules import cache_key, geo, hosts, paths, quotas, viewer_headers
from edgeproxy.rules import chosen_by_signature as signature
from edgeproxy.rules.seen import Seen

OLD_HEAD_SIZE = 20480
"""Bytes of request line and headers that the older quota page allows."""
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"})


# --- choosing ---


def root_object(seen: Seen) -> bool:
    """`/` was replaced, and either code or another behavior makes a difference of when."""
    if seen.distribution is None or not seen.distribution.default_root_object or seen.request.path != "/":
        return False
    patterns = _patterns(seen)
    replaced = paths.with_root_object("/", seen.distribution.default_root_object)
    return seen.began(Hook.VIEWER_REQUEST) or paths.match(patterns, "/") != paths.match(patterns, replaced)


def root_as_received(seen: Seen) -> bool:
    """A redirect leads to `/`, or a signature is of it, where a root object is taken."""
    rooted = seen.distribution is not None and bool(seen.distribution.default_root_object) and seen.request.path == "/"
    return rooted and (seen.x_cache == "Redirect" or bool(signature.parameters(seen)))


def local_name_in_redirect(seen: Seen) -> bool:
    """The redirect names the host that stands for a local one."""
    return seen.x_cache == "Redirect" and seen.local and not local_redirect(seen)


def local_redirect(seen: Seen) -> bool:
    """The redirect leads to the HTTPS listener here, by the name of this machine that the viewer came by."""
    authority = (seen.headers.get("location") or "").removeprefix("https://").partition("/")[0]
    stays = hosts.without_port(authority) == hosts.without_port(seen.request.host)
    return seen.x_cache == "Redirect" and seen.local and stays


def disabled(seen: Seen) -> bool:
    """The distribution is disabled."""
    return seen.status == 403 and seen.text("error").endswith(" has Enabled: false")


def encoded_path(seen: Seen) -> bool:
    """Another reading of its percent-encoding would have chosen another behavior."""
    if "%" not in seen.request.path or seen.distribution is None:
        return False
    path, patterns = seen.request.path, _patterns(seen)
    undecoded, decoded = path.replace("%", "%25"), unquote_to_bytes(path).decode("latin-1")
    return len({paths.match(patterns, reading) for reading in (path, undecoded, decoded)}) > 1


def slashes_before_dots(seen: Seen) -> bool:
    """Dot segments worked off before slashes are merged would have chosen another behavior."""
    path, patterns = seen.request.path, _patterns(seen)
    if "//" not in path or "/." not in path or not path.startswith("/"):
        return False
    return paths.match(patterns, paths.without_dot_segments(path)) != paths.match(patterns, path)


def _patterns(seen: Seen) -> paths.Patterns:
    behaviors = () if seen.distribution is None else seen.distribution.cache_behaviors
    return paths.compile(tuple(behavior.path_pattern for behavior in behaviors))


# --- access ---


def protocol_and_method(seen: Seen) -> bool:
    """Both the viewer protocol policy and the allowed methods are against it."""
    behavior = seen.behavior
    return behavior is not None and _over_http(seen) and seen.request.method not in behavior.allowed_methods


def https_only(seen: Seen) -> bool:
    """The page says why plain HTTP is refused."""
    return seen.behavior is not None and _over_http(seen) and seen.behavior.viewer_protocol_policy == "https-only"


def _over_http(seen: Seen) -> bool:
    policy = "allow-all" if seen.behavior is None else seen.behavior.viewer_protocol_policy
    return seen.request.scheme == "http" and policy != "allow-all"


def unknown_method(seen: Seen) -> bool:
    """No behavior can allow its method."""
    return seen.own_page and "behavior" in seen.facts and seen.exchange.method not in METHODS


def too_large(seen: Seen) -> bool:
    """It was refused for its size."""
    return seen.status in (414, 494) and "behavior" not in seen.facts


def head_with_body(seen: Seen) -> bool:
    """A HEAD had a body."""
    return seen.status == 403 and seen.text("error") == "HEAD with a body"


def between_quotas(seen: Seen) -> bool:
    """It is larger than the older quota page allows."""
    raw = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in seen.request.headers)
    size = quotas.head_size(seen.request.method, seen.request.target, raw)
    return OLD_HEAD_SIZE < size <= quotas.HEAD_SIZE


def target_form(seen: Seen) -> bool:
    """Its target is no path."""
    method, target = seen.exchange.method, seen.exchange.target
    odd = method == "CONNECT" or not target.startswith("/") or "#" in target
    return seen.status == 400 and odd and target != "-" and "behavior" not in seen.facts


def geo_place(seen: Seen) -> bool:
    """Its country is not served, and protocol, methods or a missing signature are against it too."""
    geo_restriction = None if seen.distribution is None else geo.compile(seen.distribution.geo)
    country = seen.request.viewer.given.get(viewer_headers.COUNTRY)
    if geo_restriction is None or seen.behavior is None or geo.judge(geo_restriction, country) is None:
        return False
    return not seen.passed or signature.parameters(seen) == {}


# --- the cache key ---


def empty_query(seen: Seen) -> bool:
    """Its query string is empty, but there, and in the key."""
    return seen.request.query == "" and seen.recipe is not None and seen.recipe.query.everything


def parameter_without_value(seen: Seen) -> bool:
    """A parameter of the key has no value: with and without `=` it is another one."""
    if seen.recipe is None or not seen.request.query:
        return False
    pairs = [pair.partition("=") for pair in seen.request.query.split("&") if pair]
    return any(not value and seen.recipe.query.take(name) for name, _, value in pairs)


def options_with_body(seen: Seen) -> bool:
    """An OPTIONS could have come from the cache, but for its body."""
    return seen.lookup is not None and seen.lookup.outcome == "OPTIONS with a body is not cached"


def query_order(seen: Seen) -> bool:
    """A filtered list of parameters is in the key, in an order that sorting would change; or a name that decoding would."""
    if seen.recipe is None or seen.recipe.query.everything or seen.recipe.query.nothing:
        return False
    names = [pair.partition("=")[0] for pair in (seen.request.query or "").split("&")]
    kept = [name for name in names if seen.recipe.query.take(name)]
    decoded = [unquote_to_bytes(name).decode("latin-1") for name in names]
    return kept != sorted(kept) or len([name for name in decoded if seen.recipe.query.take(name)]) != len(kept)


def header_lines(seen: Seen) -> bool:
    """A header of the key came on several lines, or empty."""
    values = [seen.request.headers.get_all(name) for name in _key_headers(seen)]
    return any(len(each) > 1 or each == [""] for each in values)


def cloudfront_header_in_key(seen: Seen) -> bool:
    """The viewer sent a CloudFront-* header that is in the key."""
    return any(name.startswith("cloudfront-") and name in seen.request.headers for name in _key_headers(seen))


def _key_headers(seen: Seen) -> list[str]:
    return [] if seen.recipe is None else [name for name, _ in seen.recipe.headers]


def accept_encoding_q(seen: Seen) -> bool:
    """gzip or br has a q-value, and counts for the key."""
    value = seen.request.headers.joined("accept-encoding") or ""
    if seen.recipe is None or cache_key.accept_encoding(seen.recipe, seen.request) is None:
        return False
    return re.search(r"(?:^|,)[ \t]*(?:gzip|br)[ \t]*;", value, re.IGNORECASE) is not None


# --- edge code ---


def function_time(seen: Seen) -> bool:
    """A function was stopped for its time."""
    return seen.x_cache == "FunctionThrottledError"


def utilization(seen: Seen) -> bool:
    """A function took more than CloudFront may give it, and was not stopped."""
    return any(run.utilization is not None and run.utilization > 100 for run in seen.runs)


def syntax_error(seen: Seen) -> bool:
    """A function's code does not compile."""
    return seen.x_cache == "FunctionExecutionError" and re.search(r"^SyntaxError: .* in \d+$", seen.text("error")) is not None


def logged_objects(seen: Seen) -> bool:
    """console.log was given an object."""
    lines = [value for value in seen.exchange.all("console.log") if isinstance(value, tuple)]
    return any("[object Object]" in str(line) for _, line in lines)


def throttled(seen: Seen) -> bool:
    """A handler was throttled."""
    return seen.x_cache == "LambdaLimitExceeded"


def response_on_304_or_206(seen: Seen) -> bool:
    """viewer-response ran on a 304 or a 206."""
    return seen.status in (304, 206) and seen.ran(Hook.VIEWER_RESPONSE)


def response_after_mended_error(seen: Seen) -> bool:
    """origin-response mended an error of the origin, and viewer-response did not run."""
    mended = seen.said is not None and seen.said.status >= 400 > seen.status and seen.replaced is None and not seen.stale
    return mended and seen.ran(Hook.ORIGIN_RESPONSE) and seen.has_code(Hook.VIEWER_RESPONSE)


def made_at_origin_request(seen: Seen) -> bool:
    """origin-request answered."""
    return seen.ran(Hook.ORIGIN_REQUEST) and not seen.asked and "error" not in seen.facts and not seen.stale


def no_response_handler_on_304(seen: Seen) -> bool:
    """A stored object was renewed, and origin-response did not run."""
    return "revalidated" in seen.facts and seen.has_code(Hook.ORIGIN_RESPONSE)


def handler_failed(seen: Seen) -> bool:
    """A handler failed towards the origin, and its page was not stored."""
    towards = {Hook.ORIGIN_REQUEST.value, Hook.ORIGIN_RESPONSE.value}
    return "key" in seen.facts and any(run.hook in towards and run.error is not None for run in seen.runs)


def handler_failed_beside_stale(seen: Seen) -> bool:
    """A handler failed or answered with a 5xx, and the expired object did not stand in."""
    return seen.expired and seen.status >= 500 and (handler_failed(seen) or made_at_origin_request(seen))


def failure_keeps_its_page(seen: Seen) -> bool:
    """Edge code failed, and the distribution has a page for that status."""
    failed = seen.x_cache.startswith(("Function", "Lambda")) and not seen.x_cache.endswith("GeneratedResponse")
    return failed and seen.page_for(seen.status)


def generated_error(seen: Seen) -> bool:
    """A handler made an error for which the distribution has a page."""
    by_response = seen.replaced is not None and seen.said is not None and seen.said.status < 400
    if by_response and seen.ran(Hook.ORIGIN_RESPONSE):
        return True
    by_request = seen.x_cache == "LambdaGeneratedResponse" or made_at_origin_request(seen)
    return by_request and seen.page_for(seen.status)
