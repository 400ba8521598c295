"""One viewer's connection: aiohttp's parser reads, the passage answers, `heads` writes.

A passage is stepped once, where its request was read; what finishes then (every cache hit) is answered there, without a
task. What has to wait leaves a bare yield first and goes on in a task. One request of a connection is answered at a time.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from edgeproxy.exchange import Exchange
from edgeproxy.fetch import Ports
from edgeproxy.messages import EMPTY, Body, BodyBroken, Bytes, Headers, Request, Stream
from edgeproxy.pipeline import Passage
from edgeproxy.plan import Snapshot
from edgeproxy.ports import Sink, leave_the_loop
from edgeproxy.rules import quotas
from edgeproxy.served import AS_DECLARED, Answer, Switches, refusal_answer
from edgeproxy.server import heads
from edgeproxy.witnessed import WitnessedPassage

log = logging.getLogger("edgeproxy")

IDLE_SECONDS = 60.0
"""A connection without a complete request for so long is closed: idle ones, and heads that never end."""
LINE_LIMIT = quotas.HEAD_SIZE + 1
"""The parser's limit for a request line: beyond the one for headers only so that its errors can be told apart."""
WORTH_A_COPY = 65536
"""Bytes of a body up to which head and body are written as one: a copy for each viewer, but one call."""
LINGER_SECONDS = 2.0
"""How long an unread request body is read and thrown away before its connection closes."""


PARSER = {
    "max_line_size": LINE_LIMIT,
    "max_field_size": quotas.HEAD_SIZE,
    "max_headers": quotas.HEADER_COUNT,
    "auto_decompress": False,
    "keepalive_timeout": IDLE_SECONDS,
    "access_log": None,
}


class ViewerBody:
    """A request body as it arrives; a viewer that waits for `100 Continue` gets it just before the first read."""

    def __init__(self, payload: StreamReader, connection: "ViewerConnection", *, expects_continue: bool) -> None:
        self._payload = payload
        self._connection = connection
        self._expects_continue = expects_continue

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._expects_continue:
            self._connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._expects_continue = False
        try:
            while chunk := await self._payload.readany():
                yield chunk
        except (ConnectionError, HttpProcessingError, RequestPayloadError) as error:
            raise BodyBroken(f"the viewer's body broke off: {error}") from error

    async def close(self) -> None:
        return


class ViewerConnection(RequestHandler):
    """aiohttp's protocol with our own way from a parsed message to the bytes of its answer."""

    __slots__ = ("_last", "_last_headers", "_passing", "_peer", "_raw_headers", "_received", "_server", "_stepping")

    def __init__(self, server: "ViewerServer", **parser_limits: Any) -> None:
        super().__init__(server, **parser_limits)
        self._server = server
        self._passing: asyncio.Task[None] | None = None
        self._stepping = False
        self._last = False
        """No request after this one: its answer says so and the connection closes behind it."""
        self._peer = ("", 0)
        self._raw_headers: tuple[tuple[bytes, bytes], ...] = ()
        self._last_headers = Headers()
        self._received = 0
        """Bytes since the last answer: a head cannot be larger."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._peer = (peer[0], peer[1]) if isinstance(peer, tuple) else ("127.0.0.1", 0)

    async def start(self) -> None:
        """aiohttp's loop over requests: there is none here, requests are taken as they are read."""

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        if self._passing is None and not self._stepping:
            self._take_requests()

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

    def _passed(self, task: asyncio.Task[None]) -> None:
        self._passing = None
        self._answered()
        if not task.cancelled() and task.exception() is not None:
            self.force_close()
        elif not self._force_close:
            self._take_requests()

    def _answered(self) -> None:
        self._next_keepalive_close_time = self._loop.time() + IDLE_SECONDS
        if not self._messages:
            self._received = 0
        if self._last and self.transport is not None:
            self.transport.close()
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
        if passing is not None:
            passing.cancel()

    async def shutdown(self, timeout: float | None = 5.0) -> None:
        """Lets the request in flight finish for `timeout` seconds, then cuts it off."""
        self._last = True
        if self._keepalive_handle is not None:
            self._keepalive_handle.cancel()
        if self._passing is not None:
            await asyncio.wait([self._passing], timeout=timeout)
            if self._passing is not None:
                self._passing.cancel()
                await asyncio.wait([self._passing], timeout=1)
        self.force_close()

    def write(self, data: bytes) -> None:
        """Writes to the viewer; nothing when the viewer has left."""
        if self.transport is not None:
            self.transport.write(data)

    def write_uncopied(self, *parts: bytes) -> None:
        """Writes large parts that other viewers are sent too: uvloop's transport refers to them until they are sent."""
        if self.transport is not None:
            self.transport.writelines(parts)

    # --- one request ---

    async def _exchange(self, message: Any, payload: StreamReader) -> None:
        clock = self._server.ports.clock
        if not isinstance(message, RawRequestMessage):
            return self._refuse_unparsed(message.exc, clock.monotonic())
        exchange = Exchange(message.method, message.path, clock.monotonic())
        try:
            request, refusal = self._request(message, payload)
            if refusal is None:
                answer = await self._server.passage(
                    self._server.snapshot, self._server.ports, exchange, request, self._server.switches
                ).run()
            else:
                self._last = self._last or refusal.close
                answer = refusal_answer(refusal, exchange, self._server.ports)
            if message.should_close:
                self._last = True
            await self._write(answer, request, exchange)
            if payload is not EMPTY_PAYLOAD and not payload.is_eof():
                await self._linger(payload, request)
        except asyncio.CancelledError:
            exchange.aborted = True
            raise
        except Exception:
            log.exception("internal error while answering %s %s", message.method, message.path)
            self._fail(exchange)
        finally:
            exchange.close(clock.monotonic())
            self._server.sink.accept(exchange)

    def _request(self, message: RawRequestMessage, payload: StreamReader) -> tuple[Request, quotas.Refusal | None]:
        headers = self._headers(message.raw_headers)
        path, mark, query = message.path.partition("?")
        body: Body = EMPTY
        if payload is not EMPTY_PAYLOAD:
            source = ViewerBody(payload, self, expects_continue=(headers.get("expect") or "").lower() == "100-continue")
            length = headers.get("content-length")
            body = Stream(source.chunks(), int(length) if length is not None else None, source)
        version = "1.1" if message.version.minor else "1.0"
        request = Request(
            message.method, self._server.scheme, headers.get("host") or "", path, query if mark else None, headers, body,
            version, *self._peer,
        )  # fmt: skip
        refusal = quotas.refuse(
            message.method, message.path, (message.version.major, message.version.minor), headers, body=body is not EMPTY
        )
        if refusal is None and self._received > quotas.HEAD_SIZE:
            refusal = quotas.refuse_size(quotas.head_size(message.method, message.path, message.raw_headers))
        return request, refusal

    def _headers(self, raw: tuple[tuple[bytes, bytes], ...]) -> Headers:
        # A viewer mostly sends the same headers again: they are decoded and indexed once.
        if raw != self._raw_headers:
            self._raw_headers = raw
            self._last_headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
        return self._last_headers

    def _refuse_unparsed(self, error: HttpProcessingError, started: float) -> None:
        exchange = Exchange("-", "-", started)
        refusal = quotas.Refusal(_status_of_unparsed(error), error.message.strip().splitlines()[0], True)
        answer = refusal_answer(refusal, exchange, self._server.ports)
        assert isinstance(answer.body, Bytes)
        self._last = True
        self._send_whole(answer, answer.body.data, exchange, head_only=False)
        exchange.close(self._server.ports.clock.monotonic())
        self._server.sink.accept(exchange)

    # --- its answer ---

    async def _write(self, answer: Answer, request: Request, exchange: Exchange) -> None:
        head_only = request.method == "HEAD"
        body = answer.body
        if head_only or answer.status in (204, 304):
            await body.close() if body is not EMPTY else None
            return self._send_whole(answer, b"", exchange, head_only=True)
        if isinstance(body, Bytes):
            self._send_whole(answer, body.data, exchange, head_only=False)
            if self.writing_paused:
                await leave_the_loop()
                await self._drain_helper()
            return None
        await leave_the_loop()
        return await self._send_stream(answer, request, exchange)

    def _send_whole(self, answer: Answer, data: bytes, exchange: Exchange, *, head_only: bool) -> None:
        length: int | None = len(data)
        if head_only:
            length = _announced_length(answer)
        head = self._head(answer, length, chunked=False)
        exchange.sent = len(head) + len(data)
        exchange.status, exchange.x_cache = answer.status, answer.x_cache
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
                    await self._drain_helper()
            if chunked:
                self.write(b"0\r\n\r\n")
        except BodyBroken as error:
            # "If the origin closes early, the viewer gets a truncated answer": a cut connection is how it can tell.
            exchange.note("error", f"the answer broke off: {error}")
            self._abort(exchange)
        except ConnectionError:
            exchange.aborted = True
        finally:
            await body.close()

    def _head(self, answer: Answer, length: int | None, *, chunked: bool) -> bytes:
        keep_alive = not self._last
        return heads.encode(
            answer.status, answer.reason, answer.headers, answer.added, length, keep_alive=keep_alive, chunked=chunked
        )

    def _abort(self, exchange: Exchange) -> None:
        exchange.aborted = True
        if self.transport is not None:
            self.transport.abort()

    def _fail(self, exchange: Exchange) -> None:
        """Our own bug: a bare 500, unless something was sent already."""
        if exchange.sent == 0:
            exchange.status, exchange.x_cache = 500, "Error"
            self.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.force_close()

    async def _linger(self, payload: StreamReader, request: Request) -> None:
        """Reads the rest of a body that nobody wanted, for a while, so that the answer is not lost with the connection."""
        self._last = True
        if request.headers.get("expect") is not None:
            return  # the viewer was never told to send it
        await leave_the_loop()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while await payload.readany():
                    pass
        except (TimeoutError, ConnectionError, HttpProcessingError, RequestPayloadError):
            return


def _status_of_unparsed(error: HttpProcessingError) -> int:
    if isinstance(error, LineTooLong):
        # The parser's error tells a request line from a header by its limit alone.
        return 414 if LINE_LIMIT in error.args else 494
    return 494 if error.message == "Too many headers received" else 400


def _announced_length(answer: Answer) -> int | None:
    """Content-Length of an answer without content: what a GET would have had (RFC 9110 section 8.6), none for 204 and 304."""
    if answer.status in (204, 304):
        return None
    if answer.body.length:
        return answer.body.length
    stated = answer.headers.get("content-length")
    return int(stated) if stated is not None and stated.isdecimal() else answer.body.length


class ViewerServer(web.Server):
    """Makes a connection object for each viewer; `snapshot` is swapped by a reload, requests keep the one they took."""

    def __init__(self, snapshot: Snapshot, ports: Ports, sink: Sink, scheme: str, switches: Switches = AS_DECLARED) -> None:
        super().__init__(_unused, loop=asyncio.get_running_loop())
        self.snapshot = snapshot
        self.ports = ports
        self.sink = sink
        self.scheme = scheme
        self.switches = switches
        self.passage = WitnessedPassage if switches.strict else Passage

    def __call__(self) -> ViewerConnection:
        return ViewerConnection(self, loop=self._loop, **PARSER)


async def _unused(request: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("requests never reach aiohttp's handler")
