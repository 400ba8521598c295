"""Which choices of ours about origins an answer rests on: what is sent to them, how they failed, what signs for a bucket.

AWS pages: those of `forwarding` and `origin_choice`, which say what is chosen. Left out is what would be told of nearly every
request: the case and order of headers, Content-Types of a directory, its 403 for a key that it has not.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

from urllib.parse import unquote

from edgeproxy.hooks import Hook
from edgeproxy.model import Directory, ForwardedValues, Selection, Url
from edgeproxy.rules import bucket_encoding
from edgeproxy.rules.seen import Seen

TWO_NAMES = frozenset({"OriginConnectError", "OriginCommError", "OriginWriteError", "OriginZeroSizeObjectError"})
"""Detailed result types that AWS names beside another one for the same failure."""
LOST = ("OriginCommError", "OriginZeroSizeObjectError")
KNOWN_OPTIONS = frozenset({"", "keep-alive", "close", "upgrade", "te"})
UNNAMED = frozenset({"content-md5", "content-type", "date", "from", "if-match", "if-range", "if-unmodified-since"})
"""Of AWS's table of request headers, what no other page says of requests under policies."""


# --- towards the origin ---


def named_by_connection(seen: Seen) -> bool:
    """The viewer's Connection names a header that went on."""
    options = {option.strip().lower() for option in (seen.request.headers.joined("connection") or "").split(",")}
    return seen.said is not None and any(name in seen.said.sent for name in options - KNOWN_OPTIONS)


def viewers_cloudfront_headers(seen: Seen) -> bool:
    """The viewer sent CloudFront-* headers, and the origin did not get them."""
    return seen.asked and any(name.startswith("cloudfront-") for name in seen.request.headers.names())


def unnamed(seen: Seen) -> bool:
    """The origin got a header that no policy names and that AWS's table lets pass."""
    behavior, said = seen.behavior, seen.said
    if behavior is None or said is None or isinstance(behavior.cache_policy, ForwardedValues):
        return False
    asked = Selection() if behavior.origin_request_policy is None else behavior.origin_request_policy.headers
    # Under allViewer, allExcept and their like every header passes.
    named = {name.lower() for name in (*behavior.cache_policy.headers.names, *asked.names)}
    plain = asked.behavior in ("none", "whitelist")
    return plain and any(name in said.sent and seen.asks(name) and name not in named for name in UNNAMED)


def without_body(seen: Seen) -> bool:
    """A POST, PUT or PATCH had neither a body nor a length, and the origin was told that it is empty."""
    bodiless = seen.request.method in ("POST", "PUT", "PATCH") and seen.request.body.length == 0
    return bodiless and seen.said is not None and not seen.asks("content-length")


def joined(seen: Seen) -> bool:
    """The viewer sent X-Forwarded-For or Via, and CloudFront's own element came to it."""
    return seen.asked and seen.asks("x-forwarded-for", "via")


def failed_over(seen: Seen) -> bool:
    """The second origin was asked before the first one's answer came to origin-response, or for a connection that was lost."""
    lost = any(detail in seen.text("failover") for detail in LOST)
    return "failover" in seen.facts and (seen.has_code(Hook.ORIGIN_RESPONSE) or lost)


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


# --- buckets ---


def _signed(seen: Seen) -> bool:
    """Was a bucket asked for which requests are signed?"""
    origin, said = seen.asked_origin, seen.said
    if origin is None or said is None or not isinstance(origin.place, Url) or origin.place.sign_as is None or not origin.s3:
        return False
    return origin.signing == "always" or (origin.signing == "no-override" and "authorization" not in said.sent)


def signed_encoding(seen: Seen) -> bool:
    """Path or query went to the bucket in another spelling than the viewer's, or not at all."""
    if not _signed(seen) or seen.began(Hook.VIEWER_REQUEST):
        return False
    path, query = seen.request.path, seen.forwarded.query or ""
    dots = not {".", ".."}.isdisjoint(unquote(path).split("/"))
    return dots or bucket_encoding.canonical_path(path) != path or bucket_encoding.canonical_query(query) != query


def signed_host(seen: Seen) -> bool:
    """A signed request was refused for the Host that a policy forwards."""
    return _signed(seen) and _refused_for_its_host(seen)


def bucket_host(seen: Seen) -> bool:
    """A directory was asked by another Host than its bucket's."""
    origin = seen.asked_origin
    return origin is not None and origin.s3 and isinstance(origin.place, Directory) and _refused_for_its_host(seen)


def _refused_for_its_host(seen: Seen) -> bool:
    origin, said = seen.asked_origin, seen.said
    if origin is None or said is None:
        return False
    host = (said.sent.get("host") or origin.domain_name).partition(":")[0]
    return said.status == 403 and host.lower() != origin.domain_name.lower()


def unsigned(seen: Seen) -> bool:
    """There were no credentials to sign it with."""
    return ": its request could not be signed with " in seen.text("error")
