"""One request and its answer over one connection: aiohttp's pool connects, its parser reads, the head is written here.

`aiohttp.ClientSession` does this for every use there is, at two and a half times the cost, and takes header values for UTF-8.
RFC 9112 sections 3, 5 and 7.1. 1xx answers and trailers are swallowed, but for a second `100 Continue`.
"""

import asyncio
import socket
import ssl
from functools import lru_cache, partial
from typing import NamedTuple, cast

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.tracing import Trace
from yarl import URL

from edgeproxy.origins.connecting import Connecting
from edgeproxy.origins.failures import NotHttp
from edgeproxy.origins.names import Resolver
from edgeproxy.origins.origin_request import PIECE, Upload

HEADER_SIZE = 32768
HEADER_COUNT = 512
LAST_CHUNK = b"0\r\n\r\n"


@lru_cache(maxsize=256)
def destination(scheme: str, host: str, port: int, context: ssl.SSLContext | None, server_name: str | None) -> ClientRequest:
    """Where to connect, as aiohttp's connector takes it. Raises aiohttp.InvalidURL for a host that is none."""
    try:
        url = URL.build(scheme=scheme, host=host, port=port, path="/")
    except ValueError as error:
        raise aiohttp.InvalidURL(host, str(error)) from error
    trust: ssl.SSLContext | bool = True if context is None else context
    return ClientRequest("GET", url, loop=asyncio.get_running_loop(), ssl=trust, server_hostname=server_name)


class Patience(NamedTuple):
    """Seconds to wait for a connection, and for the next bytes of an answer."""

    connect: float
    read: float


class OriginConnection(ResponseHandler):
    """aiohttp's reader of answers; its parser and its timer serve one answer after the other."""

    _due: float | None = None
    """When the next bytes must have come, in seconds of the loop's clock."""
    _watch: asyncio.TimerHandle | None = None

    def expect(self, patience: float) -> None:
        """Gets ready for an answer; between its bytes may be `patience` seconds."""
        if self._parser is not None:
            self._read_timeout = patience
            return
        self.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=patience,
            read_bufsize=PIECE,
            max_line_size=HEADER_SIZE,
            max_field_size=HEADER_SIZE,
            max_headers=HEADER_COUNT,
        )

    # aiohttp makes a timer for each read: here one looks now and then whether it is time.

    def _reschedule_timeout(self) -> None:
        if self._read_timeout is None:
            return
        self._due = self._loop.time() + self._read_timeout
        if self._watch is None:
            self._watch = self._loop.call_at(self._due, self._look)
        elif self._watch.when() > self._due:
            self._watch.cancel()
            self._watch = self._loop.call_at(self._due, self._look)

    def _drop_timeout(self) -> None:
        self._due = None

    def _look(self) -> None:
        self._watch = None
        if self._due is None:
            return
        if self._loop.time() >= self._due:
            self._on_read_timeout()
        else:
            self._watch = self._loop.call_at(self._due, self._look)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self._watch is not None:
            self._watch.cancel()


class Client:
    """A pool of connections with one keep-alive time (seconds) and one kind of address."""

    def __init__(self, keepalive: float, family: socket.AddressFamily, limit: int, per_origin: int) -> None:
        """`limit`, `per_origin`: connections at a time, 0: as many as are wanted."""
        self._connector = aiohttp.TCPConnector(
            keepalive_timeout=keepalive, limit=limit, limit_per_host=per_origin, family=family, resolver=Resolver()
        )
        made = partial(OriginConnection, loop=asyncio.get_running_loop())
        self._connector._factory = cast("partial[ResponseHandler]", made)

    async def ask(
        self, where: ClientRequest, head: bytes, upload: Upload | None, patience: Patience, connecting: Connecting
    ) -> "Answer":
        """The answer, its body still to come. Raises aiohttp's exceptions, and NotHttp."""
        connection, protocol = await self._connect(where, patience.connect, connecting)
        exchange = _Exchange(connection, protocol, upload, head_only=head.startswith(b"HEAD "))
        try:
            protocol.expect(patience.read)
            exchange.write(head)
            return await exchange.answer() if upload is None else await upload.guard(exchange.answer())
        except BaseException:
            exchange.drop()
            raise

    async def _connect(
        self, where: ClientRequest, patience: float, connecting: Connecting
    ) -> tuple[Connection, OriginConnection]:
        try:
            while True:
                connection = await self._connector.connect(where, [cast(Trace, connecting)], _timeout(patience))
                protocol = cast(OriginConnection, connection.protocol)
                if not protocol.should_close:
                    return connection, protocol
                # It said something that nobody had asked for: that would be taken for the answer to this request.
                connection.close()
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"no connection within {patience:g} s") from error

    async def close(self) -> None:
        """Closes every connection."""
        await self._connector.close()


@lru_cache(maxsize=64)
def _timeout(connect: float) -> ClientTimeout:
    return ClientTimeout(connect=connect)


class _Exchange:
    """One request on its connection, until the connection is given back or dropped."""

    __slots__ = ("_head_only", "_protocol", "_sending", "_upload", "connection")

    def __init__(self, connection: Connection, protocol: OriginConnection, upload: Upload | None, *, head_only: bool) -> None:
        self.connection = connection
        self._head_only = head_only
        self._protocol = protocol
        self._upload = upload
        self._sending: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> None:
        transport = self._protocol.transport
        if transport is None:
            raise aiohttp.ClientConnectionResetError("the connection was lost")
        transport.write(data)

    async def answer(self) -> "Answer":
        if self._upload is None:
            self._protocol.start_timeout()
        else:
            self._sending = asyncio.get_running_loop().create_task(self._send(self._upload))
        continued = 0
        while True:
            message, payload = await self._protocol.read()
            # "More than one 100 Continue from the origin is an error"; what else is not final is of no concern.
            if not 100 <= message.code < 200 or message.code == 101:
                break
            continued += message.code == 100
            if continued > 1:
                raise NotHttp("a second 100 Continue")
        if self._head_only:
            # Some servers send content all the same: what follows on the connection is nobody's answer.
            self.drop()
            return Answer(message, EMPTY_PAYLOAD, self)
        payload.on_eof(self._done)
        return Answer(message, payload, self)

    async def _send(self, upload: Upload) -> None:
        try:
            async for piece in upload.chunks():
                if upload.length is None:
                    piece = b"%x\r\n%b\r\n" % (len(piece), piece)
                self.write(piece)
                await self._protocol._drain_helper()
            if upload.length is None:
                self.write(LAST_CHUNK)
            self._protocol.start_timeout()
        except Exception as error:
            # Whoever waits for the answer is told; `upload` knows what it was.
            if self._protocol.exception() is None:
                self._protocol.set_exception(aiohttp.ClientConnectionError(str(error)), error)

    def _done(self) -> None:
        """The answer is complete: another request may follow, unless this one's body is still on its way."""
        if self._upload is not None and not self._upload.finished:
            self.drop()
        elif not self._protocol.upgraded:
            self.connection.release()

    def drop(self) -> None:
        """Closes the connection, unless it was given back already."""
        if self._sending is not None:
            self._sending.cancel()
        self.connection.close()


class Answer:
    """An answer whose head has been read; `content` may still be arriving."""

    __slots__ = ("_exchange", "content", "raw_headers", "reason", "status")

    def __init__(self, message: RawResponseMessage, content: StreamReader, exchange: _Exchange) -> None:
        self.status = message.code
        self.reason = message.reason
        self.raw_headers = message.raw_headers
        self.content = content
        self._exchange = exchange

    @property
    def connection(self) -> Connection:
        """What it came on, until it is given back."""
        return self._exchange.connection

    def close(self) -> None:
        """Lets go of the connection: closed when there was more to come, kept when all was read."""
        self._exchange.drop()
