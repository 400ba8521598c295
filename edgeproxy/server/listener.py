"""The viewer listener: a TCP port whose connections share one snapshot, one set of ports and one sink."""

import asyncio
import resource
import socket
from typing import Any

from edgeproxy.server.connection import ViewerServer

BACKLOG = 1024
FILES = 65_536
"""Connections and other open files that are asked of the system: macOS gives 256 unasked."""


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


def allow_files() -> int:
    """Raises this process's own limit of open files as far as the system lets it; returns what it now is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
