"""The viewer listener: a TCP port, and another one for TLS; their connections share one snapshot, ports and sink."""

import asyncio
import resource
import socket
import ssl
from contextlib import suppress
from typing import Any

from edgeproxy.server.viewer_server import ViewerServer

BACKLOG = 1024
FILES = 65_536
"""Connections and other open files that are asked of the system: macOS gives 256 unasked."""
HANDSHAKE_SECONDS = 10.0
"""A TLS handshake that takes longer is cut off."""
CLOSE_SECONDS = 2.0
"""How long the end of a TLS connection waits for the viewer to end it, too."""


class Listener:
    """Listening sockets with their server."""

    def __init__(self, server: ViewerServer, sockets: "asyncio.Server", host: str) -> None:
        self.server = server
        self._host = host
        self._plain = sockets
        self._tls: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port really bound, also when 0 was asked for."""
        return _port(self._plain)

    async def add_tls(self, context: ssl.SSLContext, port: int) -> int:
        """Binds a port for TLS, too, and returns the one really bound. Raises OSError when it cannot be had."""
        self._tls = await _bind(
            self.server, self._host, port, ssl=context, ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=CLOSE_SECONDS,
        )  # fmt: skip
        return _port(self._tls)

    async def close(self, grace: float) -> None:
        """Accepts nothing more, gives what is in flight `grace` seconds, closes every connection."""
        bound = [sockets for sockets in (self._plain, self._tls) if sockets is not None]
        for sockets in bound:
            sockets.close()
        await self.server.shutdown(grace)
        # A handshake under way is no connection yet: it is not waited for until its time is up.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for sockets in bound:
                    await sockets.wait_closed()


async def listen(server: ViewerServer, host: str, port: int) -> Listener:
    """Binds and starts to accept. Raises OSError when the address cannot be had."""
    return Listener(server, await _bind(server, host, port), host)


async def _bind(server: ViewerServer, host: str, port: int, **tls: Any) -> "asyncio.Server":
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"reuse_address": True} if hasattr(socket, "SO_REUSEADDR") else {}
    return await loop.create_server(server, host, port, backlog=BACKLOG, **options, **tls)


def _port(sockets: "asyncio.Server") -> int:
    return int(sockets.sockets[0].getsockname()[1])


def allow_files() -> int:
    """Raises this process's own limit of open files as far as the system lets it; returns what it now is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
