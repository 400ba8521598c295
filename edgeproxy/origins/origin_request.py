"""A request on its way to an HTTP origin: the target to the byte, the headers as given, the body as it arrives.

RFC 9112 sections 3 and 6. Not emulated, for aiohttp writes the head: Host stands first, a value that is not UTF-8 goes out as
UTF-8, spellings of one name take the first one's case, and a POST, PUT, PATCH or DELETE without a body has `Content-Length: 0`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable

from aiohttp import ClientResponse
from yarl import URL

from edgeproxy.messages import Body, BodyBroken, Request
from edgeproxy.model import Url
from edgeproxy.rules import websocket
from edgeproxy.rules.edge_event import shown

PIECE = 1 << 16
"""Bytes read or written at a time."""
FRAMING = frozenset({"content-length", "transfer-encoding"})


def url_of(place: Url, request: Request) -> URL:
    """Where to connect and the raw target, which nothing normalises."""
    return URL.build(
        scheme=place.scheme, host=host_of(place), port=place.port, path=shown(place.path + request.target), encoded=True
    )


def host_of(place: Url) -> str:
    """The host as URLs write it, an IPv6 address in brackets."""
    return f"[{place.host}]" if ":" in place.host else place.host


def headers_out(request: Request) -> list[tuple[str, str]]:
    """Headers in the order given, each name in one spelling; the framing is the body's own."""
    spellings: dict[str, str] = {}
    headers = []
    for name, value in request.headers:
        lower = name.lower()
        if lower not in FRAMING:
            headers.append((spellings.setdefault(lower, name), shown(value)))
        # RFC 9110 section 8.6: without content, Content-Length stands only where the viewer or the method had it.
        elif lower == "content-length" and lower not in spellings and request.body.length is not None:
            headers.append((spellings.setdefault(lower, name), str(request.body.length)))
    if request.body.length and "content-length" not in spellings:
        headers.append(("Content-Length", str(request.body.length)))
    if request.websocket:
        headers += websocket.SWITCH
    return headers


class Upload:
    """A request body that is handed over chunk by chunk, at the speed of the slower side."""

    def __init__(self, body: Body, patience: float) -> None:
        """`patience`: seconds the origin may take for one chunk before it answers."""
        self._body = body
        self._patience = patience
        self._deadline: asyncio.Timeout | None = None
        self.finished = False
        self.stalled = False
        self.broken: BodyBroken | None = None

    async def guard(self, asking: Awaitable[ClientResponse]) -> ClientResponse:
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

    def _wait_for_origin(self, seconds: float | None) -> None:
        if self._deadline is not None and not self._deadline.expired():
            now = asyncio.get_running_loop().time()
            self._deadline.reschedule(None if seconds is None else now + seconds)
