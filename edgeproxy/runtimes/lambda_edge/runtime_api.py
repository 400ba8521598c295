"""The Lambda Runtime API, version 2018-06-01, for one execution environment (AWS page: runtimes-api).

A server of its own on a loopback port, bare because each invocation passes it twice: aiohttp's parser, and answers written
as bytes. What the runtime does comes out as steps, in order. Not emulated: SnapStart's `restore` paths; a streaming response
is taken but read to its end, since Lambda@Edge responses are buffered.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from aiohttp import HttpVersion11, StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

from edgeproxy.runtimes.lambda_edge.failure import MAX_PAYLOAD, Failure, parse


class State(StrEnum):
    """Where the runtime is."""

    STARTED = "Started"
    INIT_ERROR = "InitError"
    READY = "Ready"
    RUNNING = "Running"
    RESPONSE_SENT = "ResponseSent"


TRANSITIONS = {
    ("next", State.STARTED): State.READY,
    ("next", State.RESPONSE_SENT): State.READY,
    ("response", State.RUNNING): State.RESPONSE_SENT,
    ("error", State.RUNNING): State.RESPONSE_SENT,
    ("init/error", State.STARTED): State.INIT_ERROR,
}
"""What the runtime may call when, and where that leads; anything else is answered 403."""

TARGET = {"next": State.READY, "response": State.RESPONSE_SENT, "error": State.RESPONSE_SENT, "init/error": State.INIT_ERROR}


class Invocation(NamedTuple):
    """One event for the runtime; the deadline in Unix milliseconds."""

    request_id: str
    event: bytes
    deadline_ms: int
    arn: str
    trace_id: str


class Ready(NamedTuple):
    """The runtime asked for the next event."""


class Answered(NamedTuple):
    """The handler returned."""

    payload: bytes


class TooLarge(NamedTuple):
    """The handler returned more than MAX_PAYLOAD; `size` in bytes."""

    size: int


class Failed(NamedTuple):
    """The handler raised, or its module did."""

    failure: Failure


Step = Ready | Answered | TooLarge | Failed

PHRASES = {
    200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Request Entity Too Large",
    500: "Internal Server Error",
}  # fmt: skip
ACCEPTED = 202, b'{"status":"OK"}'
PREFIX = "/2018-06-01/runtime/"
LINE_LIMIT = 32768

Reply = tuple[int, bytes]
"""Status and JSON body."""


def _refused(status: int, error_type: str, message: str) -> Reply:
    return status, f'{{"errorMessage":"{message}","errorType":"{error_type}"}}'.encode()


def _written(reply: Reply, headers: str = "") -> bytes:
    status, body = reply
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} {PHRASES[status]}\r\n{length}{headers}\r\n".encode() + body


class Body(NamedTuple):
    """A request's body: its bytes, which may be left out when they are more than MAX_PAYLOAD, and its size."""

    kept: bytes
    size: int


async def _read(payload: StreamReader) -> Body:
    """Past MAX_PAYLOAD it is read on but not kept: a runtime that is cut off would not come back."""
    kept, size = bytearray(), 0
    async for chunk in payload.iter_any():
        size += len(chunk)
        if size <= MAX_PAYLOAD:
            kept += chunk
        else:
            kept.clear()
    return Body(bytes(kept), size)


class Connection(BaseProtocol):
    """One connection of a runtime: its requests are answered one after the other."""

    def __init__(self, api: "RuntimeApi", loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._messages: deque[tuple[RawRequestMessage, StreamReader]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._waits = False
        parser = HttpRequestParser(
            self, loop, 1 << 16, max_line_size=LINE_LIMIT, max_field_size=LINE_LIMIT, auto_decompress=False
        )
        super().__init__(loop, parser)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._api.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._api.lost(self)
        if self._reading is not None:
            self._reading.cancel()

    def data_received(self, data: bytes) -> None:
        assert self._parser is not None
        try:
            messages, _, _ = self._parser.feed_data(data)
        except HttpProcessingError:
            self.write(_refused(400, "InvalidRequest", "no HTTP request"))
            self.close()
            return
        self._messages.extend(messages)
        self._go_on()

    def _go_on(self) -> None:
        """Answers what has arrived, until one must wait: for its body, or for an event."""
        while self._messages and self._reading is None and not self._waits:
            message, payload = self._messages.popleft()
            if payload.is_eof():
                data = payload.read_nowait()
                self._answer(message, Body(data, len(data)))
            else:
                self._reading = self._loop.create_task(self._answer_when_read(message, payload))

    async def _answer_when_read(self, message: RawRequestMessage, payload: StreamReader) -> None:
        body = await _read(payload)
        self._reading = None
        self._answer(message, body)
        self._go_on()

    def _answer(self, message: RawRequestMessage, body: Body) -> None:
        if message.version >= HttpVersion11 and message.headers.get("Expect", "").lower() == "100-continue":
            self.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        reply = self._api.reply(message, body, self)
        if reply is None:
            self._waits = True
        else:
            self.write(reply)
            if message.should_close:
                self.close()

    def deliver(self, reply: Reply, headers: str = "") -> None:
        """Answers the request that waits."""
        self._waits = False
        self.write(reply, headers)
        self._loop.call_soon(self._go_on)

    def write(self, reply: Reply, headers: str = "") -> None:
        """Writes one answer."""
        self.raw(_written(reply, headers))

    def raw(self, data: bytes) -> None:
        """Writes bytes, if there is still somebody to read them."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        """Closes the connection once all is written."""
        if self.transport is not None:
            self.transport.close()


class RuntimeApi:
    """The server of one environment; `happened` is called with each step, `deserted` when its asker for an event left."""

    def __init__(self, happened: Callable[[Step], None], deserted: Callable[[], None]) -> None:
        self.address = ""
        """host:port."""
        self.state = State.STARTED
        self.connections: set[Connection] = set()
        self._happened = happened
        self._deserted = deserted
        self._request_id = ""
        self._asking: Connection | None = None
        """Whose request waits for the next event."""
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens on a free loopback port."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self, loop), "127.0.0.1", 0)
        host, port = self._listener.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def close(self) -> None:
        """Closes the listener and what is connected to it."""
        if self._asking is not None:
            self._asking.deliver(_refused(500, "InternalServerError", "the environment is being stopped"))
            self._asking = None
        if self._listener is not None:
            self._listener.close()
        for connection in list(self.connections):
            connection.close()

    def lost(self, connection: Connection) -> None:
        """A connection is gone, by which side ever."""
        self.connections.discard(connection)
        if connection is self._asking:
            self._asking = None
            self._deserted()

    def offer(self, invocation: Invocation) -> None:
        """Gives the event to the runtime, which must be READY."""
        if self.state is not State.READY or self._asking is None:
            raise RuntimeError(f"the runtime is {self.state}")
        asking, self._asking = self._asking, None
        self.state = State.RUNNING
        self._request_id = invocation.request_id
        headers = (
            f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {invocation.deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {invocation.arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {invocation.trace_id}\r\n"
        )
        asking.deliver((200, invocation.event), headers)

    def reply(self, message: RawRequestMessage, body: Body, connection: Connection) -> Reply | None:
        """The answer to a request of the runtime; None when it waits for an event."""
        match [message.method, *message.path.removeprefix(PREFIX).split("/")]:
            case ["GET", "invocation", "next"]:
                return self._next(connection)
            case ["POST", "invocation", request_id, "response"]:
                return self._response(message, body, request_id)
            case ["POST", "invocation", request_id, "error"]:
                return self._foreign(request_id) or self._forbidden("error") or self._failed(message, body)
            case ["POST", "init", "error"]:
                return self._forbidden("init/error") or self._failed(message, body)
            case _:
                return _refused(404, "NotFound", "no such path in version 2018-06-01")

    def _forbidden(self, call: str) -> Reply | None:
        """Moves to the state that the call leads to; the 403 when it may not come now."""
        state = TRANSITIONS.get((call, self.state))
        if state is None:
            message = f"State transition from {self.state} to {TARGET[call]} failed for runtime. Error: not allowed"
            return _refused(403, "InvalidStateTransition", message)
        self.state = state
        return None

    def _next(self, connection: Connection) -> Reply | None:
        if refused := self._forbidden("next"):
            return refused
        self._asking = connection
        self._happened(Ready())
        return None

    def _foreign(self, request_id: str) -> Reply | None:
        # Late, duplicate or made up: only the invocation that is running has an answer to take.
        if self.state is State.RUNNING and request_id == self._request_id:
            return None
        return _refused(400, "InvalidRequestID", "Invalid request ID")

    def _response(self, message: RawRequestMessage, body: Body, request_id: str) -> Reply:
        if refused := self._foreign(request_id):
            return refused
        if message.headers.get("Lambda-Runtime-Function-Response-Mode", "streaming") != "streaming":
            return _refused(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        self._forbidden("response")
        if body.size > MAX_PAYLOAD:
            self._happened(TooLarge(body.size))
            return _refused(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes).")
        self._happened(Answered(body.kept))
        return ACCEPTED

    def _failed(self, message: RawRequestMessage, body: Body) -> Reply:
        self._happened(Failed(parse(body.kept, message.headers.get("Lambda-Runtime-Function-Error-Type", ""))))
        return ACCEPTED
