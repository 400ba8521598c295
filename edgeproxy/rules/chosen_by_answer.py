"""Which choices of ours about the answer itself it rests on: its headers, policies, Server-Timing, compression, pages.

AWS pages: those of `response_headers`, `cors`, `server_timing`, `compression` and `error_pages`, which say what is chosen.
Left out is what would be told of nearly every answer of a usual distribution: `Vary` of what is sent uncompressed or to who
sent no Origin, Accept-Ranges of what is compressed.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

import re

from edgeproxy.exchange import Said
from edgeproxy.hooks import Hook
from edgeproxy.messages import EMPTY, Headers, Response, Stream
from edgeproxy.rules import (
    cache_key,
    compression,
    cors,
    error_pages,
    forwarding,
    response_headers,
    server_timing,
    viewer_headers,
)
from edgeproxy.rules.seen import Seen

SIMPLE_METHODS = ("GET", "HEAD", "POST")
SIMPLE_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
"""Of a simple request (the Fetch standard's CORS-safelisted headers); what a browser adds by itself does not count."""
MANAGED_PREFLIGHT = "managed-cors-with-preflight"
"""How the names of those managed policies begin that allow preflights."""
GENERATED = ("Redirect", "FunctionGeneratedResponse", "LambdaGeneratedResponse")


# --- to the viewer ---


def inner_cdn(seen: Seen) -> bool:
    """Via or X-Amz-Cf-Pop of the origin stand before CloudFront's."""
    return any(len(seen.headers.get_all(name)) > 1 for name in ("via", "x-amz-cf-pop"))


def page_of_307(seen: Seen) -> bool:
    """It was redirected with 307."""
    return seen.x_cache == "Redirect" and seen.status == 307


def policy_on_own_answers(seen: Seen) -> bool:
    """The response headers policy changed an answer that no origin gave."""
    policy = None if seen.behavior is None else seen.behavior.response_headers_policy
    compiled = response_headers.compile(policy)
    if policy is None or compiled is None or not (seen.x_cache in GENERATED or (seen.own_page and seen.replaced is None)):
        return False
    # A Vary beside an answer without CORS headers is seen on CloudFront.
    added = response_headers.apply(compiled, seen.request, Headers(), 0).without("vary")
    return bool(policy.remove_headers) or any(name in seen.headers for name in added.names())


def hsts_on_http(seen: Seen) -> bool:
    """Strict-Transport-Security went out over plain HTTP."""
    policy = None if seen.behavior is None else seen.behavior.response_headers_policy
    sent = policy is not None and policy.strict_transport_security is not None
    return sent and seen.request.scheme == "http" and "strict-transport-security" in seen.headers


def _cors(seen: Seen) -> tuple[cors.CompiledCors, str] | None:
    """The policy's CORS part and the request's Origin."""
    policy = None if seen.behavior is None else seen.behavior.response_headers_policy
    origin = seen.request.headers.get("origin")
    return None if policy is None or policy.cors is None or origin is None else (cors.compile(policy.cors), origin)


def origin_without_pattern(seen: Seen) -> bool:
    """No pattern fits its Origin, and the origin's own CORS headers stay."""
    if (found := _cors(seen)) is None:
        return False
    compiled, origin = found
    fits = compiled.origins is None or compiled.origins.fullmatch(origin) is not None
    return not fits and not cors.CORS_HEADERS.isdisjoint(seen.headers.names())


def not_simple(seen: Seen) -> bool:
    """CORS headers of a policy went with the answer to a request that is neither simple nor a preflight."""
    request = seen.request
    if _cors(seen) is None or "access-control-allow-origin" not in seen.headers or _is_preflight(seen):
        return False
    kind = (request.headers.get("content-type") or SIMPLE_TYPES[0]).partition(";")[0].strip(" \t").lower()
    return request.method not in SIMPLE_METHODS or kind not in SIMPLE_TYPES or seen.asks("authorization")


def _is_preflight(seen: Seen) -> bool:
    return seen.request.method == "OPTIONS" and seen.asks("access-control-request-method")


def vary_by_origin(seen: Seen) -> bool:
    """A policy with CORS told apart answers by Origin, and the origin did not."""
    if _cors(seen) is None:
        return False
    own = Headers() if seen.said is None else seen.said.headers
    return "origin" in _vary(seen.headers) and "origin" not in _vary(own)


def _vary(headers: Headers) -> list[str]:
    return [name.strip().lower() for name in (headers.joined("vary") or "").split(",")]


def partial_allow_headers(seen: Seen) -> bool:
    """A preflight was answered with those of the requested headers that fit a pattern."""
    found = _cors(seen) if _is_preflight(seen) and seen.asks("access-control-request-headers") else None
    return found is not None and found[0].requested is not None and "access-control-allow-headers" in seen.headers


def preflight_headers(seen: Seen) -> bool:
    """A preflight was answered with the Allow-Headers of a managed policy, which AWS does not tell."""
    policy = None if seen.behavior is None else seen.behavior.response_headers_policy
    managed = policy is not None and policy.name.lower().startswith(MANAGED_PREFLIGHT)
    return managed and _is_preflight(seen) and "access-control-allow-headers" in seen.headers


# --- Server-Timing ---


def _timing(seen: Seen) -> str | None:
    """CloudFront's Server-Timing."""
    timing = None if seen.behavior is None else server_timing.compile(seen.behavior.response_headers_policy)
    values = [] if timing is None else seen.headers.get_all("server-timing")
    return next((value for value in values if 'cdn-pop;desc="' in value), None)


def timing_place(seen: Seen) -> bool:
    """The origin sent a Server-Timing too."""
    return _timing(seen) is not None and seen.said is not None and "server-timing" in seen.said.headers


def timing_metrics(seen: Seen) -> bool:
    """It tells of an answer that came neither from the cache nor from an origin, or of a refresh."""
    told = _timing(seen)
    if told is None or "cdn-cache-hit" in told:
        return False
    return seen.x_cache == "RefreshHit" or "cdn-cache-" not in told or "cdn-upstream-" not in told


def timing_and_functions(seen: Seen) -> bool:
    """viewer-response did not see it, or viewer-request changed whether it is asked for."""
    timing = None if seen.behavior is None else server_timing.compile(seen.behavior.response_headers_policy)
    if timing is None:
        return False
    told, asked = _timing(seen) is not None, server_timing.is_due(timing, seen.request, 1.0)
    changed = asked != told and (asked or timing.sampling_rate <= 0)
    return (told and seen.ran(Hook.VIEWER_RESPONSE)) or (changed and seen.ran(Hook.VIEWER_REQUEST))


# --- compression ---


def not_compressed(seen: Seen) -> bool:
    """It would have been compressed, had it been a GET whose answer is stored and not expired at once."""
    head = seen.request.method == "HEAD" and "key" in seen.facts and seen.asked
    if not head and seen.text("not compressed") not in (compression.NOT_STORED, compression.EXPIRED):
        return False
    compiled = None if seen.behavior is None or seen.recipe is None else compression.compile(seen.behavior, seen.recipe)
    if compiled is None or seen.recipe is None or seen.said is None:
        return False
    length = seen.said.headers.get("content-length") or ""
    body = Stream(EMPTY.chunks(), int(length) if re.fullmatch("[0-9]{1,18}", length) else None)
    response = Response(seen.said.status, seen.said.headers, body)
    return bool(compression.judge(compiled, response, cache_key.accept_encoding(seen.recipe, seen.request), 1.0).coding)


def vary_kept(seen: Seen) -> bool:
    """The Accept-Encoding of Vary outlasted a 304 that has another Vary."""
    renewed = "revalidated" in seen.facts and seen.said is not None and "vary" in seen.said.headers
    return renewed and seen.said is not None and not compression.varies(seen.said.headers) and compression.varies(seen.headers)


def edge_code_compressed(seen: Seen) -> bool:
    """A body that a handler made was compressed, though no Content-Length told its size."""
    told = seen.text("compressed")
    if not told or seen.stored:
        return False
    length = None if seen.said is None else seen.said.headers.get("content-length")
    own = length is not None and length.isascii() and length.isdigit() and told.endswith(f" {int(length[:18]):,} bytes")
    return not seen.asked or (seen.ran(Hook.ORIGIN_RESPONSE) and not own)


def left_uncompressed(seen: Seen) -> bool:
    """Too many bodies were being compressed."""
    return seen.text("not compressed") == compression.BUSY.words


# --- custom error pages ---


def checks_of_the_page(seen: Seen) -> bool:
    """The custom error page's own behavior would have refused or redirected the request."""
    behavior = seen.page_behavior
    return behavior is not None and seen.request.scheme == "http" and behavior.viewer_protocol_policy != "allow-all"


def closing_code(seen: Seen) -> bool:
    """The code that is replaced closes the connection and the one that is shown does not, or the other way round."""
    if seen.replaced is None:
        return False
    code, closing = seen.replaced[0], error_pages.CLOSING
    failed = not str(seen.exchange.get("custom error response")).endswith(f" as {seen.status}")
    return (code in closing) != (seen.status in closing) or (code in closing and failed)


def error_uri(seen: Seen) -> bool:
    """The page's origin was told another path or query than the viewer's, or of none."""
    behavior, fetched = seen.page_behavior, seen.exchange.all("said")[-1:]
    if behavior is None or not fetched or fetched[0] is seen.said or not isinstance(fetched[0], Said):
        return False
    named, sent = {header.lower for header in forwarding.compile(behavior).viewer_headers}, fetched[0].sent
    told = {viewer_headers.ERROR_URI: seen.request.path, viewer_headers.ERROR_ARGS: seen.request.query}
    without_args = viewer_headers.ERROR_ARGS in named and not seen.request.query
    return without_args or any(sent.joined(name) != value for name, value in told.items() if name in named)
