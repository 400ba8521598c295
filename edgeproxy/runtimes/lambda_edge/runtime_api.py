"""The Lambda Runtime API, version 2018-06-01, for one execution environment (AWS page: runtimes-api).

A server of its own on a loopback port. What the runtime does comes out as steps, in order. Not emulated: SnapStart's
`restore` paths; a streaming response is taken but read to its end, since Lambda@Edge responses are buffered.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from aiohttp import web

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

JSON = "application/json"


def _refused(status: int, error_type: str, message: str) -> web.Response:
    text = f'{{"errorMessage":"{message}","errorType":"{error_type}"}}'
    return web.Response(status=status, text=text, content_type=JSON)


def _accepted() -> web.Response:
    return web.Response(status=202, text='{"status":"OK"}', content_type=JSON)


async def _body(request: web.BaseRequest) -> tuple[bytes, int]:
    """The body and its size. Past MAX_PAYLOAD it is read on but not kept: a runtime that is cut off would not come back."""
    kept, size = bytearray(), 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size <= MAX_PAYLOAD:
            kept += chunk
        else:
            kept.clear()
    return bytes(kept), size


class RuntimeApi:
    """The server of one environment; `happened` is called with each step."""

    def __init__(self, happened: Callable[[Step], None]) -> None:
        self.address = ""
        """host:port."""
        self.state = State.STARTED
        self._happened = happened
        self._request_id = ""
        self._event: asyncio.Future[Invocation | None] | None = None
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens on a free loopback port."""
        self._server = web.Server(self._handle, access_log=None, auto_decompress=False)
        self._listener = await asyncio.get_running_loop().create_server(self._server, "127.0.0.1", 0)
        host, port = self._listener.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def close(self) -> None:
        """Closes the listener and what is connected to it."""
        if self._event is not None and not self._event.done():
            self._event.set_result(None)
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.pre_shutdown()
            await self._server.shutdown(1)

    def offer(self, invocation: Invocation) -> None:
        """Gives the event to the runtime, which must be READY."""
        if self.state is not State.READY or self._event is None:
            raise RuntimeError(f"the runtime is {self.state}")
        self.state = State.RUNNING
        self._request_id = invocation.request_id
        self._event.set_result(invocation)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        match [request.method, *request.path.split("/")]:
            case ["GET", "", "2018-06-01", "runtime", "invocation", "next"]:
                return await self._next()
            case ["POST", "", "2018-06-01", "runtime", "invocation", request_id, "response"]:
                return await self._response(request, request_id)
            case ["POST", "", "2018-06-01", "runtime", "invocation", request_id, "error"]:
                return await self._error(request, request_id)
            case ["POST", "", "2018-06-01", "runtime", "init", "error"]:
                return self._forbidden("init/error") or await self._failed(request)
            case _:
                return _refused(404, "NotFound", "no such path in version 2018-06-01")

    def _forbidden(self, call: str) -> web.Response | None:
        """Moves to the state that the call leads to; the 403 when it may not come now."""
        state = TRANSITIONS.get((call, self.state))
        if state is None:
            message = f"State transition from {self.state} to {TARGET[call]} failed for runtime. Error: not allowed"
            return _refused(403, "InvalidStateTransition", message)
        self.state = state
        return None

    async def _next(self) -> web.Response:
        if refused := self._forbidden("next"):
            return refused
        self._event = asyncio.get_running_loop().create_future()
        self._happened(Ready())
        invocation = await self._event
        if invocation is None:
            return _refused(500, "InternalServerError", "the environment is being stopped")
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        return web.Response(body=invocation.event, headers=headers, content_type=JSON)

    def _foreign(self, request_id: str) -> web.Response | None:
        # Late, duplicate or made up: only the invocation that is running has an answer to take.
        if self.state is State.RUNNING and request_id == self._request_id:
            return None
        return _refused(400, "InvalidRequestID", "Invalid request ID")

    async def _response(self, request: web.BaseRequest, request_id: str) -> web.Response:
        if refused := self._foreign(request_id):
            return refused
        if request.headers.get("Lambda-Runtime-Function-Response-Mode", "streaming") != "streaming":
            return _refused(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        self._forbidden("response")
        payload, size = await _body(request)
        if size > MAX_PAYLOAD:
            self._happened(TooLarge(size))
            message = f"Exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
            return _refused(413, "RequestEntityTooLarge", message)
        self._happened(Answered(payload))
        return _accepted()

    async def _error(self, request: web.BaseRequest, request_id: str) -> web.Response:
        return self._foreign(request_id) or self._forbidden("error") or await self._failed(request)

    async def _failed(self, request: web.BaseRequest) -> web.Response:
        body, _ = await _body(request)
        self._happened(Failed(parse(body, request.headers.get("Lambda-Runtime-Function-Error-Type", ""))))
        return _accepted()
