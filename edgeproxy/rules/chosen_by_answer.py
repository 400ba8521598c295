"""Which choices of ours about origin and answer an answer rests on: what is sent, failures, policies, pages.

AWS pages: those of `forwarding`, `origin_choice`, `response_headers`, `cors` and `error_pages`, which say what is chosen.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers
from edgeproxy.rules import cors, paths
from edgeproxy.rules.seen import Seen

TWO_NAMES = frozenset({"OriginConnectError", "OriginCommError", "OriginWriteError", "OriginZeroSizeObjectError"})
LOST = ("OriginCommError", "OriginZeroSizeObjectError")
"""Detailed result types that AWS names beside another one for the same failure."""
KNOWN_OPTIONS = frozenset({"", "keep-alive", "close", "upgrade", "te"})
GENERATED = ("Redirect", "FunctionGeneratedResponse", "LambdaGeneratedResponse")


# --- towards the origin ---


def named_by_connection(seen: Seen) -> bool:
    """The viewer's Connection names a header that went on."""
    options = {option.strip().lower() for option in (seen.request.headers.joined("connection") or "").split(",")}
    return seen.said is not None and any(name in seen.said.sent for name in options - KNOWN_OPTIONS)


def viewers_cloudfront_headers(seen: Seen) -> bool:
    """The viewer sent CloudFront-* headers, and the origin did not get them."""
    return seen.asked and any(name.startswith("cloudfront-") for name in seen.request.headers.names())


def joined(seen: Seen) -> bool:
    """The viewer sent X-Forwarded-For or Via, and CloudFront's own element came to it."""
    return seen.asked and seen.asks("x-forwarded-for", "via")


def failed_over(seen: Seen) -> bool:
    """The second origin was asked before the first one's answer came to origin-response, or for a connection that was lost."""
    return "failover" in seen.facts and (
        seen.has_code(Hook.ORIGIN_RESPONSE) or any(lost in seen.text("failover") for lost in LOST)
    )


def detailed_result_type(seen: Seen) -> bool:
    """It failed in a way that has two detailed result types."""
    return seen.text("detailed result type") in TWO_NAMES


def failure_sentence(seen: Seen) -> bool:
    """The page of a failed origin says one of two sentences."""
    return detailed_result_type(seen) and seen.own_page


def unsent_body(seen: Seen) -> bool:
    """The request body could not be sent."""
    return seen.text("detailed result type") == "OriginWriteError"


def invalid_answer(seen: Seen) -> bool:
    """The origin's answer is none that is accepted."""
    return seen.text("detailed result type") == "OriginInvalidResponseError"


# --- to the viewer ---


def page_of_307(seen: Seen) -> bool:
    """It was redirected with 307."""
    return seen.x_cache == "Redirect" and seen.status == 307


def policy_on_own_answers(seen: Seen) -> bool:
    """The response headers policy changed an answer that no origin gave."""
    policy = None if seen.behavior is None else seen.behavior.response_headers_policy
    return policy is not None and (seen.x_cache in GENERATED or (seen.own_page and seen.replaced is None))


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
    preflight = seen.request.method == "OPTIONS" and seen.asks("access-control-request-headers")
    found = _cors(seen) if preflight else None
    return found is not None and found[0].requested is not None and "access-control-allow-headers" in seen.headers


def checks_of_the_page(seen: Seen) -> bool:
    """The custom error page's own behavior would have refused the request, or has code at viewer-request."""
    if seen.replaced is None or seen.distribution is None:
        return False
    behaviors = seen.distribution.cache_behaviors
    index = paths.match(paths.compile(tuple(each.path_pattern for each in behaviors)), seen.replaced[1])
    behavior = seen.distribution.default_cache_behavior if index is None else behaviors[index]
    return seen.request.scheme == "http" and behavior.viewer_protocol_policy != "allow-all"
