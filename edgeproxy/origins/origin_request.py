"""A request on its way to an HTTP origin: the target to the byte, the headers as given, the body as it arrives.

RFC 9112 sections 3 and 6, RFC 9110 section 8.6. Chosen: a POST, PUT or PATCH without a body has `Content-Length: 0`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

from edgeproxy.messages import Body, BodyBroken, Request
from edgeproxy.model import Url
from edgeproxy.rules import websocket

PIECE = 1 << 16
"""Bytes read or written at a time."""
FRAMING = frozenset({"content-length", "transfer-encoding"})
KEEP_ALIVE = (("Connection", "Keep-Alive"),)
EXPECTING_CONTENT = frozenset({"POST", "PUT", "PATCH"})

Answered = TypeVar("Answered")


def host_of(place: Url) -> str:
    """The host as URLs write it, an IPv6 address in brackets."""
    return f"[{place.host}]" if ":" in place.host else place.host


def head(place: Url, request: Request) -> bytes:
    """Request line and headers, with the empty line. Raises ValueError for what would break it: our own mistake."""
    lines = [f"{request.method} {place.path}{request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items if name.lower() not in FRAMING]
    # "CloudFront replaces this header with Connection: Keep-Alive before forwarding the request to your origin."
    connection = websocket.SWITCH if request.websocket else KEEP_ALIVE
    lines += [f"{name}: {value}" for name, value in connection]
    lines += _framing(request)
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
        raise ValueError(f"a head that cannot be sent: {text[:200]!r}")
    return f"{text}\r\n\r\n".encode("latin-1")


def _framing(request: Request) -> list[str]:
    """The framing is the body's own, never what the headers say."""
    length = request.body.length
    if length is None:
        return ["Transfer-Encoding: chunked"]
    # Without content, Content-Length stands only where the viewer or the method had it.
    if length or request.method in EXPECTING_CONTENT or "content-length" in request.headers:
        return [f"Content-Length: {length}"]
    return []


class Upload:
    """A request body that is handed over chunk by chunk, at the speed of the slower side."""

    def __init__(self, body: Body, patience: float) -> None:
        """`patience`: seconds the origin may take for one chunk before it answers."""
        self._body = body
        self._patience = patience
        self._deadline: asyncio.Timeout | None = None
        self.length = body.length
        """Bytes, None when it is not known before the end."""
        self.finished = False
        self.ended = 0.0
        """When its last piece was taken, by `time.monotonic`; 0: not yet."""
        self.stalled = False
        self.broken: BodyBroken | None = None

    async def guard(self, asking: Awaitable[Answered]) -> Answered:
        """Awaits the answer while the origin keeps reading. Raises TimeoutError, `stalled` set, when it stops."""
        try:
            async with asyncio.timeout(None) as self._deadline:
                return await asking
        finally:
            assert self._deadline is not None
            self.stalled = self._deadline.expired()
            self._deadline = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the body in pieces. Raises BodyBroken when it is not as long as it said."""
        sent = 0
        try:
            async for chunk in self._body.chunks():
                sent += len(chunk)
                for start in range(0, len(chunk), PIECE):
                    self._wait_for_origin(self._patience)
                    yield chunk if len(chunk) <= PIECE else chunk[start : start + PIECE]
                    self._wait_for_origin(None)
            if self._body.length not in (None, sent):
                raise BodyBroken(f"{sent} bytes instead of {self._body.length}")
        except BodyBroken as error:
            self.broken = error
            raise
        self.finished = True
        self.ended = time.monotonic()

    def _wait_for_origin(self, seconds: float | None) -> None:
        if self._deadline is not None and not self._deadline.expired():
            now = asyncio.get_running_loop().time()
            self._deadline.reschedule(None if seconds is None else now + seconds)
