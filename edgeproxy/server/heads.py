"""The one writer of response heads: names and values are checked here, framing is ours, never the origin's or a function's.

RFC 9112 sections 4 and 6. Header lines of a `Headers` value are encoded once and kept with it.
"""

import re
from http import HTTPStatus

from edgeproxy.messages import Headers
from edgeproxy.rules import websocket

REASONS = {status.value: status.phrase for status in HTTPStatus} | {413: "Content Too Large", 416: "Range Not Satisfiable"}
FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
OWN = (("Server", "CloudFront"),)
"""What stands first in an answer that CloudFront made."""
SWITCH = "".join([f"{name}: {value}\r\n" for name, value in websocket.SWITCH])
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_TOKEN)
_NAMES = re.compile(f"{_TOKEN}(?::{_TOKEN})*")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UnsafeHead(Exception):
    """A header that must not be written: it would break the head or smuggle another one."""


def encode(
    status: int,
    reason: str,
    headers: Headers,
    added: tuple[tuple[str, str], ...],
    length: int | None,
    *,
    keep_alive: bool,
    chunked: bool,
) -> bytes:
    """A response head with its empty line. `length` None and not chunked: ended by closing, or no content at all."""
    first, rest = headers.wire or _wire(headers)
    framing = f"Content-Length: {length}\r\n" if length is not None else "Transfer-Encoding: chunked\r\n" if chunked else ""
    connection = "Connection: keep-alive\r\n" if keep_alive else "Connection: close\r\n"
    ours = "".join([f"{name}: {value}\r\n" for name, value in added])
    return _encoded(f"HTTP/1.1 {status} {_reason(status, reason)}\r\n{first}{framing}{connection}{rest}{ours}\r\n")


def switching(reason: str, headers: Headers, added: tuple[tuple[str, str], ...]) -> bytes:
    """The head of a 101 that switches to the WebSocket's protocol."""
    first, rest = headers.wire or _wire(headers)
    ours = "".join([f"{name}: {value}\r\n" for name, value in added])
    return _encoded(f"HTTP/1.1 101 {_reason(101, reason)}\r\n{first}{SWITCH}{rest}{ours}\r\n")


def _reason(status: int, reason: str) -> str:
    if not reason:
        return REASONS.get(status, "")
    if _UNSAFE.search(reason):
        raise UnsafeHead(f"the status text {reason[:80]!r} cannot be written")
    return reason


def _encoded(head: str) -> bytes:
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UnsafeHead(f"a header holds a character beyond Latin-1: {head[error.start]!r}") from None


def announced_length(status: int, headers: Headers, length: int | None) -> int | None:
    """Content-Length of an answer without content: what a GET would have had (RFC 9110 section 8.6), none for 204 and 304."""
    if status in (204, 304):
        return None
    if length:
        return length
    stated = headers.get("content-length")
    return int(stated) if stated is not None and stated.isdecimal() else length


def _wire(headers: Headers) -> tuple[str, str]:
    items = headers.items
    names, values = ":".join([name for name, _ in items]), " ".join([value for _, value in items])
    if items and (_NAMES.fullmatch(names) is None or _UNSAFE.search(values) is not None):
        name, value = next(item for item in items if not _is_safe(*item))
        raise UnsafeHead(f"header {name[:80]!r} cannot be written with the value {value[:80]!r}")
    first = ""
    rest: list[str] = []
    # An origin's answer begins with Content-Type, one of CloudFront's own with Server and Date.
    own = items[:1] == OWN
    for name, value in items:
        lower = name.lower()
        if lower == "content-type":
            if own:
                first, rest = "".join(rest), []
            first += f"{name}: {value}\r\n"
        elif lower not in FRAMING:
            rest.append(f"{name}: {value}\r\n")
    headers.wire = first, "".join(rest)
    return headers.wire


def _is_safe(name: str, value: str) -> bool:
    return _NAME.fullmatch(name) is not None and _UNSAFE.search(value) is None
