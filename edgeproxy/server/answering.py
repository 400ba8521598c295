"""The writing half of a viewer's connection: heads by `heads`, bodies whole or as they come, at the viewer's own pace."""

from functools import partial
from typing import Any

from aiohttp.web_protocol import RequestHandler

from edgeproxy.exchange import Exchange
from edgeproxy.messages import EMPTY, BodyBroken, Bytes, Request
from edgeproxy.ports import leave_the_loop
from edgeproxy.served import Answer
from edgeproxy.server import heads, unread

WORTH_A_COPY = 65536
"""Bytes of a body up to which head and body are written as one: a copy for each viewer, but one call."""


class AnsweringConnection(RequestHandler):
    """aiohttp's protocol with a writer of our own."""

    __slots__ = ("_last",)

    def __init__(self, server: Any, **parser_limits: Any) -> None:
        super().__init__(server, **parser_limits)
        self._last = False
        """No request after this one: its answer says so and the connection closes behind it."""

    def write(self, data: bytes) -> None:
        """Writes to the viewer; nothing when the viewer has left."""
        if self.transport is not None:
            self.transport.write(data)

    def write_uncopied(self, *parts: bytes) -> None:
        """Writes large parts that other viewers are sent too: uvloop's transport refers to them until they are sent."""
        if self.transport is not None:
            self.transport.writelines(parts)

    async def _write(self, answer: Answer, request: Request, exchange: Exchange) -> None:
        head_only = request.method == "HEAD"
        body = answer.body
        if head_only or answer.status in (204, 304):
            await body.close() if body is not EMPTY else None
            body = EMPTY
            self._send_whole(answer, b"", exchange, head_only=True)
        elif isinstance(body, Bytes):
            self._send_whole(answer, body.data, exchange, head_only=False)
        if isinstance(body, Bytes):
            if self.writing_paused:
                await leave_the_loop()
                await self._drain(exchange)
            return None
        try:
            await leave_the_loop()
            return await self._send_stream(answer, request, exchange)
        finally:
            await body.close()

    def _send_whole(self, answer: Answer, data: bytes, exchange: Exchange, *, head_only: bool) -> None:
        length: int | None = len(data)
        if head_only:
            length = heads.announced_length(answer.status, answer.headers, answer.body.length)
        exchange.status, exchange.x_cache = answer.status, answer.x_cache
        self._send(self._head(answer, length, chunked=False), data, exchange)

    def _send(self, head: bytes, data: bytes, exchange: Exchange) -> None:
        exchange.sent = len(head) + len(data)
        if len(data) > WORTH_A_COPY:
            self.write_uncopied(head, data)
        else:
            self.write(head + data)

    async def _send_stream(self, answer: Answer, request: Request, exchange: Exchange) -> None:
        body, length = answer.body, answer.body.length
        chunked = length is None and request.http_version == "1.1"
        if length is None and not chunked:
            self._last = True
        head = self._head(answer, length, chunked=chunked)
        exchange.status, exchange.x_cache, exchange.sent = answer.status, answer.x_cache, len(head)
        self.write(head)
        try:
            async for chunk in body.chunks():
                if chunk:
                    if chunked:
                        self.write_uncopied(b"%x\r\n" % len(chunk), chunk, b"\r\n")
                    else:
                        self.write(chunk)
                    exchange.sent += len(chunk)
                    await self._drain(exchange)
            if chunked:
                self.write(b"0\r\n\r\n")
        except BodyBroken as error:
            # "If the origin closes early, the viewer gets a truncated answer": a cut connection is how it can tell.
            self._cut(exchange, f"the answer broke off: {error}")
        except ConnectionError:
            exchange.aborted = True

    def _head(self, answer: Answer, length: int | None, *, chunked: bool) -> bytes:
        keep_alive = not self._last
        return heads.encode(
            answer.status, answer.reason, answer.headers, answer.added, length, keep_alive=keep_alive, chunked=chunked
        )

    async def _drain(self, exchange: Exchange) -> None:
        """Waits until the viewer has taken enough for more to be written. Raises ConnectionError when it has left."""
        if self.transport is None or not self.writing_paused:
            return await self._drain_helper()
        reason = f"the viewer took nothing of its answer for {unread.STALLED_SECONDS:g} s: cut off"
        watched = unread.Unread(self.transport, partial(self._cut, exchange, reason))
        try:
            return await self._drain_helper()
        finally:
            watched.stop()

    def _cut(self, exchange: Exchange, reason: str) -> None:
        exchange.note("error", reason)
        exchange.note("cut", "cut off")
        exchange.aborted = True
        if self.transport is not None:
            self.transport.abort()

    def _fail(self, exchange: Exchange) -> None:
        """Our own bug: a bare 500, unless something was sent already."""
        if exchange.sent == 0:
            exchange.status, exchange.x_cache = 500, "Error"
            self.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.force_close()
