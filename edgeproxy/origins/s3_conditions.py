"""Conditional requests and ranges as S3 answers them.

AWS page: Amazon S3 API Reference, GetObject (If-Match before If-Unmodified-Since, If-None-Match before If-Modified-Since);
RFC 9110 sections 13 and 14. Chosen: several ranges, or one that cannot be read, are ignored; HEAD honours a range as GET does.
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from edgeproxy.messages import Headers

RANGE = re.compile(r"bytes=(\d{0,4000})-(\d{0,4000})", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """Bytes from `start` up to, not including, `stop`; empty when a range cannot be satisfied."""

    start: int
    stop: int


def failed_precondition(headers: Headers, etag: str, modified: int) -> str | None:
    """The name of the condition that does not hold (412), if one does not. `modified` in Unix seconds."""
    match = headers.joined("if-match")
    # If-Match true and If-Unmodified-Since false: S3 returns 200 OK and the data requested.
    if match is not None:
        return None if _lists(match, etag) else "If-Match"
    since = _seconds(headers.get("if-unmodified-since"))
    return "If-Unmodified-Since" if since is not None and modified > since else None


def not_modified(headers: Headers, etag: str, modified: int) -> bool:
    """Does the client's copy still hold (304)?"""
    match = headers.joined("if-none-match")
    # "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field."
    if match is not None:
        return _lists(match, etag)
    since = _seconds(headers.get("if-modified-since"))
    return since is not None and modified <= since


def part_asked(headers: Headers, size: int, etag: str, modified: int) -> Part | None:
    """The range asked for, None for the whole object."""
    text = headers.joined("range")
    asked = RANGE.fullmatch(text.strip()) if text is not None else None
    if asked is None or not _if_range_holds(headers.get("if-range"), etag, modified):
        return None
    first, last = asked.groups()
    if not first:
        return Part(max(size - int(last), 0), size) if last else None
    start = int(first)
    if last and int(last) < start:
        return None
    return Part(start, min(int(last) + 1, size) if last else size)


def _if_range_holds(value: str | None, etag: str, modified: int) -> bool:
    if value is None:
        return True
    return value == f'"{etag}"' or _seconds(value) == modified


def _lists(tags: str, etag: str) -> bool:
    return tags.strip() == "*" or any(tag.strip().removeprefix("W/").strip('"') == etag for tag in tags.split(","))


def _seconds(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        parsed = parsedate_to_datetime(date)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
