"""The viewer listener: a TCP port whose connections share one snapshot, one set of ports and one sink."""

import asyncio
import socket
from typing import Any

from aiohttp import web

from edgeproxy.fetch import Ports
from edgeproxy.plan import Snapshot
from edgeproxy.ports import Sink
from edgeproxy.rules import quotas
from edgeproxy.server.connection import IDLE_SECONDS, LINE_LIMIT, ViewerConnection

PARSER = {
    "max_line_size": LINE_LIMIT,
    "max_field_size": quotas.HEAD_SIZE,
    "max_headers": quotas.HEADER_COUNT,
    "auto_decompress": False,
    "keepalive_timeout": IDLE_SECONDS,
    "access_log": None,
}
BACKLOG = 1024


class ViewerServer(web.Server):
    """Makes a connection object for each viewer; `snapshot` is swapped by a reload, requests keep the one they took."""

    def __init__(self, snapshot: Snapshot, ports: Ports, sink: Sink, scheme: str) -> None:
        super().__init__(_unused, loop=asyncio.get_running_loop())
        self.snapshot = snapshot
        self.ports = ports
        self.sink = sink
        self.scheme = scheme

    def __call__(self) -> ViewerConnection:
        return ViewerConnection(self, loop=self._loop, **PARSER)


async def _unused(request: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("requests never reach aiohttp's handler")


class Listener:
    """A listening socket with its server."""

    def __init__(self, server: ViewerServer, sockets: "asyncio.Server") -> None:
        self.server = server
        self._sockets = sockets

    @property
    def port(self) -> int:
        """The port really bound, also when 0 was asked for."""
        return int(self._sockets.sockets[0].getsockname()[1])

    async def close(self, grace: float) -> None:
        """Accepts nothing more, gives what is in flight `grace` seconds, closes every connection."""
        self._sockets.close()
        await self.server.shutdown(grace)
        await self._sockets.wait_closed()


async def listen(server: ViewerServer, host: str, port: int) -> Listener:
    """Binds and starts to accept. Raises OSError when the address cannot be had."""
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"reuse_address": True} if hasattr(socket, "SO_REUSEADDR") else {}
    return Listener(server, await loop.create_server(server, host, port, backlog=BACKLOG, **options))
