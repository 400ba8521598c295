"""A WebSocket after its 101: two connections, and what one of them brings is written to the other as it is.

Bytes pass in the callback that read them, frames are never looked at; a side that takes no more holds the other one back, so
that a tunnel holds no more than two full buffers. AWS pages: distribution-working-with.websockets, cloudfront-limits.
Chosen: the end of one side, half of it too, is the end of both, once the other one has what was on its way to it.
"""

import asyncio

from edgeproxy.exchange import Exchange, Tunnelled
from edgeproxy.messages import Duplex
from edgeproxy.served import Answer
from edgeproxy.server import heads, unread

IDLE_SECONDS = 600.0
"""So long without a byte in either direction, or without one taken by a side that has some to take, and both are closed."""


class _End(asyncio.Protocol):
    """One side; it stands where HTTP's protocol stood before, and tells that one of the connection's end."""

    __slots__ = ("_before", "_tunnel", "_unread", "lost", "name", "other", "received", "transport")

    other: "_End"

    def __init__(self, tunnel: "Tunnel", name: str, transport: asyncio.Transport | None) -> None:
        """`transport` None: a side that is gone already."""
        self._tunnel = tunnel
        self.name = name
        self._unread: unread.Unread | None = None
        self.received = 0
        self.transport = transport
        self.lost = transport is None
        if transport is not None:
            self._before = transport.get_protocol()
            transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        tunnel = self._tunnel
        tunnel.moved = tunnel.time()
        self.received += len(data)
        self.other.write(data)

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def pause_writing(self) -> None:
        assert self.transport is not None, "it is this transport that calls"
        self._unread = unread.Unread(self.transport, self.transport.abort, IDLE_SECONDS)
        self.other.hold_back(True)

    def resume_writing(self) -> None:
        self._stop_watching()
        self.other.hold_back(False)

    def hold_back(self, held: bool) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading() if held else self.transport.resume_reading()

    def eof_received(self) -> None:
        self._tunnel.close(f"the {self.name} closed it")

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self._stop_watching()
        self._before.connection_lost(error)
        self._tunnel.lost(self)

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.stop()
            self._unread = None


class Tunnel:
    """Joins a viewer's connection to the origin's."""

    def __init__(self, viewer: asyncio.Transport | None, origin: Duplex) -> None:
        """From here on both connections are the tunnel's; `run` lets go of them."""
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._duplex = origin
        self._ended: str | None = None
        """By whom or what."""
        self.time = self._loop.time
        self.moved = self.time()
        """When the last byte came."""
        self._viewer = _End(self, "viewer", viewer)
        self._origin = _End(self, "origin", origin.transport)
        self._viewer.other, self._origin.other = self._origin, self._viewer
        self._timer = self._loop.call_later(IDLE_SECONDS, self._look)

    async def run(self, answer: Answer, early: bytes, exchange: Exchange) -> None:
        """Writes the head of the 101, then what either side sent early, and returns when both connections are gone."""
        try:
            head = heads.switching(answer.reason, answer.headers, answer.added)
            exchange.status, exchange.x_cache = 101, answer.x_cache
            self._viewer.write(head)
            self._origin.data_received(self._duplex.first)
            self._viewer.data_received(early)
            exchange.sent = len(head)
            for end in (self._viewer, self._origin):
                if end.lost:
                    self.lost(end)
            await self._over
        finally:
            self._timer.cancel()
            for end in (self._viewer, self._origin):
                if end.transport is not None:
                    end.transport.abort()
            await self._duplex.close()
            exchange.sent += self._origin.received
            exchange.note("websocket", Tunnelled(self._viewer.received, self._origin.received, self._ended or "cut off"))

    def _look(self) -> None:
        due = self.moved + IDLE_SECONDS
        if self.time() >= due:
            self.close(f"idle for {IDLE_SECONDS:g} s")
        else:
            self._timer = self._loop.call_at(due, self._look)

    def close(self, why: str) -> None:
        """Closes both connections once what is on its way has been taken."""
        if self._ended is None:
            self._ended = why
            for end in (self._viewer, self._origin):
                if end.transport is not None:
                    unread.close(end.transport)

    def lost(self, end: _End) -> None:
        """One of the connections is gone."""
        self.close(f"the {end.name} closed it")
        if self._viewer.lost and self._origin.lost and not self._over.done():
            self._over.set_result(None)
