"""What the events of both tiers share: their context, text across the border, and URI rules.

AWS pages: functions-event-structure, lambda-event-structure, edge-function-restrictions-all.
Text that is UTF-8 reaches the code unchanged, all else is taken for ISO-8859-1; what the code did not change is forwarded byte
for byte, what it changed as UTF-8. Chosen: a changed URI may hold no space, control character, `#` or `?`; the 8,192 characters
are counted on the wire, without the `?` between URI and query string.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

URI_AND_QUERY = 8192
"""Characters; URI and query string of a function must have fewer."""

PHRASES = {status.value: status.phrase for status in HTTPStatus}

_URI = re.compile(r"/[^\x00-\x20\x7f#?]*")
_QUERY = re.compile(r"[^\x00-\x20\x7f#]*")


class Context(NamedTuple):
    """Where an event comes from: `dxxxx.cloudfront.net`, the distribution's id, and the request's id (X-Amz-Cf-Id)."""

    distribution_domain_name: str
    distribution_id: str
    request_id: str


def shown(text: str) -> str:
    """Wire text (Latin-1) as the code sees it: UTF-8 where the bytes are UTF-8, else Latin-1."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def wire(text: str, received: Iterable[str] = ()) -> str:
    """Text that the code gave back, as it goes on the wire: as it was `received`, else its UTF-8 bytes, one character each."""
    if text.isascii():
        return text
    for original in received:
        if shown(original) == text:
            return original
    return text.encode().decode("latin-1")


def ascii_json(value: Any) -> str:
    """JSON text of ASCII characters alone."""
    text = orjson.dumps(value).decode()
    return text if text.isascii() else json.dumps(value, separators=(",", ":"))


def is_uri(uri: str) -> bool:
    """May a function's request go to this (wire) URI?"""
    # The URI must begin with a slash.
    return _URI.fullmatch(uri) is not None


def is_query(query: str) -> bool:
    """May a function's request have this (wire) query string?"""
    # The query string must not contain a space, a control character or #.
    return _QUERY.fullmatch(query) is not None


def fits(uri: str, query: str | None) -> bool:
    """Do URI and query string have less than 8,192 characters together?"""
    return len(uri) + len(query or "") < URI_AND_QUERY
