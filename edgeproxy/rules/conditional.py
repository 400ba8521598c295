"""What a stored whole object answers to a viewer's If-None-Match, If-Modified-Since, Range and If-Range.

The order is RFC 9110 section 13.2.2; CloudFront answers these itself, with 304, 206 or 416, when it has the object.
AWS pages: RangeGETs, Expiration, RequestAndResponseBehaviorCustomOrigin.
Not emulated: multipart answers.
Chosen: several ranges get the whole object with 200, as invalid ones do; a range on HEAD is ignored; If-Range needs the
strong ETag or the very Last-Modified; If-Match and If-Unmodified-Since are ignored; a 304 leaves out the fields that
describe a body; a 416 carries no body.
"""

import re
from dataclasses import dataclass

from edgeproxy.messages import Headers, Request
from edgeproxy.rules.dates import parse_date

BODY_FIELDS = frozenset({"content-encoding", "content-length", "content-range", "content-type", "transfer-encoding"})
"""Left out of a 304."""
KEPT_BY_416 = frozenset({"accept-ranges", "date", "server", "vary"})
FURTHEST = 1 << 62
"""A position past any object, for numbers too long to be one."""
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*+")')
_RANGE = re.compile(r"bytes[ \t]*+=[ \t]*+([0-9]*+)-([0-9]*+)[ \t]*+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Whole:
    """The object as it is, with its own status."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """304."""


@dataclass(frozen=True, slots=True)
class Part:
    """206 with the bytes `first` to `last`, both included, of `total`."""

    first: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """416 for an object of `total` bytes."""

    total: int


WHOLE, NOT_MODIFIED = Whole(), NotModified()


def evaluate(request: Request, status: int, headers: Headers, length: int | None) -> Whole | NotModified | Part | Unsatisfiable:
    """Decides for a stored response; `length` in bytes, None while it is not known (then always whole)."""
    asked = request.headers
    none_match, since, ranges = "if-none-match" in asked, "if-modified-since" in asked, "range" in asked
    if not (none_match or since or ranges) or status != 200 or request.method not in ("GET", "HEAD"):
        return WHOLE
    # A recipient must ignore If-Modified-Since if the request contains If-None-Match (RFC 9110 section 13.1.3).
    if _etag_known(asked, headers) if none_match else since and _unchanged(asked, headers):
        return NOT_MODIFIED
    if ranges and request.method == "GET" and length is not None and _same_object(asked, headers):
        return _part(asked.joined("range") or "", length)
    return WHOLE


def _etag_known(asked: Headers, headers: Headers) -> bool:
    listed, etag = asked.joined("if-none-match") or "", headers.get("etag")
    if listed.strip(" \t") == "*":
        return True
    if etag is None:
        return False
    # Weak comparison; an ETag that is no entity tag matches only itself.
    return listed == etag or etag.removeprefix("W/") in _ENTITY_TAG.findall(listed)


def _unchanged(asked: Headers, headers: Headers) -> bool:
    since, modified = parse_date(asked.get("if-modified-since") or ""), parse_date(headers.get("last-modified") or "")
    return since is not None and modified is not None and modified <= since


def _same_object(asked: Headers, headers: Headers) -> bool:
    validator = asked.get("if-range")
    if validator is None:
        return True
    # Strong comparison (RFC 9110 section 13.1.5): a weak tag never matches.
    if validator.startswith('"'):
        return validator == headers.get("etag")
    date = parse_date(validator)
    return date is not None and date == parse_date(headers.get("last-modified") or "")


def _part(value: str, length: int) -> Whole | Part | Unsatisfiable:
    match = _RANGE.fullmatch(value)
    if match is None:
        return WHOLE
    first, last = match.groups()
    if not first:
        return _suffix(last, length)
    start, end = _number(first), _number(last) if last else FURTHEST
    # An int-range is invalid if last-pos is less than first-pos (RFC 9110 section 14.1.1).
    if end < start:
        return WHOLE
    return Unsatisfiable(length) if start >= length else Part(start, min(end, length - 1), length)


def _suffix(digits: str, length: int) -> Whole | Part | Unsatisfiable:
    if not digits:
        return WHOLE
    count = min(_number(digits), length)
    if count:
        return Part(length - count, length - 1, length)
    # Of an empty object the last n bytes are all of it; the last 0 bytes are no range.
    return Unsatisfiable(length) if not _number(digits) else WHOLE


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return FURTHEST if len(digits) > 18 else int(digits)


def not_modified_headers(headers: Headers) -> Headers:
    """Headers of the 304 for a stored response with these headers."""
    return Headers(item for item in headers.items if item[0].lower() not in BODY_FIELDS)


def part_headers(headers: Headers, part: Part) -> Headers:
    """Headers of the 206."""
    kept = headers.without("content-length", "content-range", "transfer-encoding")
    return kept.adding(
        ("Content-Range", f"bytes {part.first}-{part.last}/{part.total}"),
        ("Content-Length", str(part.last - part.first + 1)),
    )


def unsatisfiable_headers(headers: Headers, total: int) -> Headers:
    """Headers of the 416, which has no body."""
    kept = [item for item in headers.items if item[0].lower() in KEPT_BY_416]
    return Headers([*kept, ("Content-Range", f"bytes */{total}"), ("Content-Length", "0")])
