"""The four hooks, one row each: who may run there, what they may see and change, and how much.

AWS pages: edge-functions-restrictions-all, cloudfront-limits, lambda-event-structure.
"""

from enum import StrEnum
from typing import NamedTuple


class Hook(StrEnum):
    """A place in the way of a request where the user's code runs; the value is CloudFront's EventType."""

    VIEWER_REQUEST = "viewer-request"
    ORIGIN_REQUEST = "origin-request"
    ORIGIN_RESPONSE = "origin-response"
    VIEWER_RESPONSE = "viewer-response"


class Rights(NamedTuple):
    """One hook's row. Sizes in bytes; read-only headers in lower case, per tier."""

    functions: bool
    """May a CloudFront Function be associated here?"""
    answers: bool
    """May the code answer instead of passing the request on?"""
    sees_body: bool
    """May a Lambda@Edge association ask for the request body?"""
    body_size: int
    """Most of a request body that is shown, and most that may be returned as text."""
    answer_size: int
    """Headers and body of a generated or replaced response, together."""
    function_read_only: frozenset[str]
    lambda_read_only: frozenset[str]


KB, MB = 1024, 1024 * 1024

_VIEWER_REQUEST = frozenset({"cdn-loop", "content-length", "host", "transfer-encoding", "via"})
_ORIGIN_REQUEST = frozenset({
    "accept-encoding", "cdn-loop", "content-length", "if-modified-since", "if-none-match", "if-range",
    "if-unmodified-since", "transfer-encoding", "via",
})  # fmt: skip
_ORIGIN_RESPONSE = frozenset({"transfer-encoding", "via"})
_VIEWER_RESPONSE_FUNCTION = frozenset({"warning", "via"})
_VIEWER_RESPONSE_LAMBDA = frozenset({"warning", "via", "content-length", "content-encoding", "transfer-encoding"})

RIGHTS = {
    Hook.VIEWER_REQUEST: Rights(True, True, True, 40 * KB, 40 * KB, _VIEWER_REQUEST, _VIEWER_REQUEST),
    Hook.ORIGIN_REQUEST: Rights(False, True, True, 1 * MB, 1 * MB, frozenset(), _ORIGIN_REQUEST),
    Hook.ORIGIN_RESPONSE: Rights(False, False, False, 0, 1 * MB, frozenset(), _ORIGIN_RESPONSE),
    Hook.VIEWER_RESPONSE: Rights(True, False, False, 0, 40 * KB, _VIEWER_RESPONSE_FUNCTION, _VIEWER_RESPONSE_LAMBDA),
}
