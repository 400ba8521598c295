"""One viewer's connection: aiohttp's parser reads, the passage answers, `heads` writes.

A passage is stepped once, where its request was read; what finishes then (every cache hit) is answered there, without a
task. What has to wait leaves a bare yield first and goes on in a task. One request of a connection is answered at a time.
"""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestPayloadError

from edgeproxy.exchange import Exchange
from edgeproxy.messages import EMPTY, NOBODY, Body, Bytes, Duplex, Headers, Request, Stream, Viewer
from edgeproxy.ports import leave_the_loop
from edgeproxy.rules import quotas, viewer_tls, websocket
from edgeproxy.served import Answer, refusal_answer
from edgeproxy.server import parsing, unread
from edgeproxy.server.answering import AnsweringConnection
from edgeproxy.server.repeated import Repeated
from edgeproxy.server.same_again import SameAgain
from edgeproxy.server.tunnel import Tunnel
from edgeproxy.server.viewer_body import ViewerBody

if TYPE_CHECKING:
    from edgeproxy.server.viewer_server import ViewerServer

log = logging.getLogger("edgeproxy")

IDLE_SECONDS = 60.0
"""A connection without a complete request for so long is closed: idle ones, and heads that never end."""
LINGER_SECONDS = 2.0
"""How long an unread request body is read and thrown away before its connection closes."""


class ViewerConnection(AnsweringConnection):
    """aiohttp's protocol with our own way from a parsed message to the bytes of its answer."""

    __slots__ = (
        "_asked", "_known", "_last_viewer", "_lossy", "_passing", "_payload", "_peer", "_raw_headers", "_received", "_repeated",
        "_same_again", "_server", "_stepping", "_tls_later", "_tunnel", "tls",
    )  # fmt: skip

    def __init__(self, server: "ViewerServer", **parser_limits: Any) -> None:
        super().__init__(server, **parser_limits)
        self._server = server
        self._passing: asyncio.Task[None] | None = None
        self._payload: StreamReader = EMPTY_PAYLOAD
        self._same_again = SameAgain()
        self._repeated = Repeated()
        self._asked = b""
        """The bytes of the request that is answered, when they are all that it has and no more than it."""
        self._known: object = None
        """The last message that was read without the parser: had the one it repeats been refused, the connection had ended."""
        self._stepping = False
        self._tunnel: Tunnel | None = None
        self._lossy: object = None
        """The message behind which the parser may have lost a part of another."""
        self._peer = ("", 0)
        self._raw_headers: tuple[tuple[bytes, bytes], ...] = ()
        self._last_viewer = NOBODY
        self._received = 0
        """Bytes since the last answer: a head cannot be larger."""
        self.tls: str | None = None
        """What CloudFront-Viewer-TLS says of the request that is read next; None on plain HTTP."""
        self._tls_later: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._peer = (peer[0], peer[1]) if isinstance(peer, tuple) else ("127.0.0.1", 0)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self.tls, self._tls_later = viewer_tls.words(tls.version(), tls.cipher()[0], resumed=tls.session_reused)

    async def start(self) -> None:
        """aiohttp's loop over requests: there is none here, requests are taken as they are read."""

    def data_received(self, data: bytes) -> None:
        messages, before = self._messages, len(self._messages)
        idle = self._passing is None and not self._stepping and not before and not self._force_close
        if idle and self._repeated.at_rest and self._answer_again(data):
            return
        self._received += len(data)
        if idle and (known := self._repeated.read(data)) is not None:
            self._known, self._asked = known, data
            messages.append((known, EMPTY_PAYLOAD))
        else:
            self._parse(data)
            alone = self._repeated.learn(data, [messages[place] for place in range(before, len(messages))])
            self._asked = data if idle and alone else b""
        if messages and not self._upgraded and parsing.is_lossy(*self._messages[-1], data):
            self._lossy = self._messages[-1][0]
        if self._passing is None and not self._stepping:
            self._take_requests()
        elif self._messages:
            self._notice_nonsense(self._messages[-1][0])

    def _parse(self, data: bytes) -> None:
        for piece in parsing.pieces(data):
            super().data_received(piece)
            if self._messages and not isinstance(self._messages[-1][0], RawRequestMessage):
                # A request that ends in nonsense is nonsense; what follows is nobody's.
                if len(self._messages) > 1 and not self._messages[-2][1].is_eof():
                    del self._messages[-2]
                return

    def _answer_again(self, data: bytes) -> bool:
        ports = self._server.ports
        started, now = ports.clock.monotonic(), ports.clock.now()
        found = self._same_again.find(data, self._server, self.tls, now)
        if found is None or self._last or self.writing_paused:
            return False
        known, entry, body = found
        exchange = known.exchange(started, entry, now)
        self._send(known.head(entry, now), body.data, exchange)
        exchange.close(ports.clock.monotonic())
        self._server.sink.accept(exchange)
        self._answered()
        return True

    def _notice_nonsense(self, message: Any) -> None:
        if not isinstance(message, RawRequestMessage):
            bodies = [self._payload, *(payload for _, payload in self._messages)]
            self._last = parsing.break_off(message.exc, bodies) or self._last

    def _take_requests(self) -> None:
        self._stepping = True
        try:
            while self._messages and self._passing is None and not self._last and not self._force_close:
                self._step(self._exchange(*self._messages.popleft()))
        finally:
            self._stepping = False
        if self._upgraded and not self._messages and self._passing is None:
            self._decline_upgrade()

    def _step(self, passing: Any) -> None:
        if self._parser is not None:
            self._parser.message_consumed()
        try:
            passing.send(None)
        except StopIteration:
            self._answered()
        else:
            self._passing = self._loop.create_task(passing)
            self._passing.add_done_callback(self._passed)

    def _over(self) -> None:
        """A passage that had to wait is through: its connection does not wait for a turn of the loop to go on."""
        self._passing = None
        self._answered()
        if not self._force_close:
            self._take_requests()

    def _passed(self, task: asyncio.Task[None]) -> None:
        if task is not self._passing:
            return
        self._passing = None
        self._answered()
        # Whoever cut it off ends the connection, too.
        if not task.cancelled():
            self.force_close()

    def _answered(self) -> None:
        self.tls = self._tls_later
        self._next_keepalive_close_time = self._loop.time() + IDLE_SECONDS
        if not self._messages:
            self._received = 0
        if self._last and self.transport is not None:
            unread.close(self.transport)
        elif self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
            self._resume_reading_if_drained()

    def _decline_upgrade(self) -> None:
        """The viewer asked for another protocol and was answered in HTTP: what it sent meanwhile is HTTP too."""
        tail, self._message_tail = self._message_tail, b""
        self._upgraded = False
        if self._parser is not None:
            self._parser.set_upgraded(False)
        if tail:
            self.data_received(tail)

    def _process_keepalive(self) -> None:
        self._keepalive_handle = None
        if self._force_close:
            return
        if self._passing is None and self._loop.time() >= self._next_keepalive_close_time:
            self.force_close()
        else:
            due = max(self._next_keepalive_close_time, self._loop.time() + 1)
            self._keepalive_handle = self._loop.call_at(due, self._process_keepalive)

    def connection_lost(self, exc: BaseException | None) -> None:
        passing = self._passing
        super().connection_lost(exc)
        # A tunnel ends by itself, once the origin has what is on its way to it.
        if passing is not None and self._tunnel is None:
            passing.cancel()

    def force_close(self) -> None:
        transport = self.transport
        super().force_close()
        if transport is not None:
            unread.close(transport)

    async def shutdown(self, timeout: float | None = 5.0) -> None:
        """Lets the request in flight finish for `timeout` seconds, then cuts it off."""
        self._last = True
        if self._keepalive_handle is not None:
            self._keepalive_handle.cancel()
        if self._tunnel is not None:
            self._tunnel.close("the proxy stops")
        if self._passing is not None:
            await asyncio.wait([self._passing], timeout=timeout)
            if self._passing is not None:
                self._passing.cancel()
                await asyncio.wait([self._passing], timeout=1)
                # What is cut off does not wait for a viewer to take what is written.
                if self.transport is not None:
                    self.transport.abort()
        self.force_close()

    # --- one request ---

    async def _exchange(self, message: Any, payload: StreamReader) -> None:
        clock = self._server.ports.clock
        if not isinstance(message, RawRequestMessage):
            self._refuse_unparsed(message.exc, clock.monotonic())
            return
        exchange = Exchange(message.method, message.path, clock.monotonic())
        self._payload = payload
        try:
            request, refusal = self._request(message, payload, exchange)
            if refusal is None:
                answer = await self._server.passage(
                    self._server.snapshot, self._server.ports, exchange, request, self._server.switches
                ).run()
            else:
                self._last = self._last or refusal.close
                answer = refusal_answer(refusal, exchange, self._server.ports)
            if message.should_close or answer.closes or message is self._lossy or not payload.is_eof():
                self._last = True
            if isinstance(answer.body, Duplex):
                await self._pass_through(answer, answer.body, exchange)
            else:
                await self._write(answer, request, exchange)
                if self._asked and answer.again is not None and not self._last and self._same_again.takes_more():
                    head = self._head(answer, answer.body.length, chunked=False)
                    self._same_again.learn(self._asked, self._server, self.tls, answer.again, head, exchange)
        except asyncio.CancelledError:
            if self.transport is not None:
                exchange.note("cut", "cut off: the proxy stops")
            exchange.aborted = True
            raise
        except Exception:
            log.exception("internal error while answering %s %s", message.method, message.path)
            self._fail(exchange)
        finally:
            exchange.close(clock.monotonic())
            self._server.sink.accept(exchange)
        # A viewer that leaves from here on has its answer.
        if payload is not EMPTY_PAYLOAD and not payload.is_eof() and not self._force_close:
            await self._linger(payload, message)
        if self._passing is not None:
            self._over()

    def _request(
        self, message: RawRequestMessage, payload: StreamReader, exchange: Exchange
    ) -> tuple[Request, quotas.Refusal | None]:
        viewer = self._viewer(message.raw_headers)
        headers = viewer.headers
        path, mark, query = message.path.partition("?")
        body: Body = EMPTY
        if payload is not EMPTY_PAYLOAD:
            waits = (headers.get("expect") or "").lower() == "100-continue"
            source = ViewerBody(payload, self.write, partial(self._cut, exchange), expects_continue=waits)
            length = headers.get("content-length")
            body = Stream(source.chunks(), int(length) if length is not None else None, source)
        version = "1.1" if message.version.minor else "1.0"
        request = Request(
            message.method, self._server.scheme if self.tls is None else "https", headers.get("host") or "",
            path, query if mark else None, headers, body, version, *self._peer,
            message.upgrade and websocket.asked(message.method, version, headers), viewer,
        )  # fmt: skip
        refusal = None
        if message is not self._known:
            protocol = message.version.major, message.version.minor
            refusal = quotas.refuse(message.method, message.path, protocol, headers, body=body is not EMPTY)
        if refusal is None and self._received > quotas.HEAD_SIZE:
            refusal = quotas.refuse_size(quotas.head_size(message.method, message.path, message.raw_headers))
        return request, refusal

    def _viewer(self, raw: tuple[tuple[bytes, bytes], ...]) -> Viewer:
        # A viewer mostly sends the same headers again: they are decoded and indexed once.
        viewer, given = self._last_viewer, self._server.viewer.given
        if raw != self._raw_headers or viewer.given is not given or viewer.tls is not self.tls:
            self._raw_headers = raw
            headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
            self._last_viewer = viewer = Viewer(given, self.tls, headers)
        return viewer

    def _refuse_unparsed(self, error: HttpProcessingError, started: float) -> None:
        exchange = Exchange("-", "-", started)
        answer = refusal_answer(parsing.refusal(error), exchange, self._server.ports)
        assert isinstance(answer.body, Bytes)
        self._last = True
        self._send_whole(answer, answer.body.data, exchange, head_only=False)
        exchange.close(self._server.ports.clock.monotonic())
        self._server.sink.accept(exchange)

    async def _pass_through(self, answer: Answer, body: Duplex, exchange: Exchange) -> None:
        """From a 101 on the connection is the WebSocket's, to its end."""
        self._last = True
        if self._keepalive_handle is not None:
            self._keepalive_handle.cancel()
        early, self._message_tail = self._message_tail, b""
        self._tunnel = Tunnel(self.transport, body)
        if self._buffer_paused:
            self._resume_reading_if_drained()
        await self._tunnel.run(answer, early, exchange)

    async def _linger(self, payload: StreamReader, message: RawRequestMessage) -> None:
        """Reads the rest of a body that nobody wanted, for a while, so that the answer is not lost with the connection."""
        self._last = True
        if "expect" in message.headers:
            return  # the viewer was never told to send it
        await leave_the_loop()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while await payload.readany():
                    pass
        except (TimeoutError, ConnectionError, HttpProcessingError, RequestPayloadError):
            return
