"""An origin that costs little: `python -m loadtests.bench.small_origin` gives every request the same 1,000 bytes, keep-alive.

A WebSocket handshake is taken; every message of MESSAGE bytes is answered with ECHO.
"""

import asyncio
import hashlib
from base64 import b64encode
from typing import cast

from loadtests.bench import event_loop

SIZE = 1_000
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/html\r\nCache-Control: max-age=3600\r\n"
    b'ETag: "1"\r\nX-Cache: Miss from cloudfront\r\nContent-Length: %d\r\n\r\n' % SIZE
) + b"x" * SIZE
"""Its X-Cache is what a proxy that only passes answers on shows the client; edgeproxy puts its own in place of it."""

TEXT = b"t" * 100
MESSAGE = 6 + len(TEXT)
"""Bytes of a viewer's message as it stands on the wire: two, a mask of four, and the masked text (RFC 6455 section 5.2)."""
ECHO = bytes([0x81, len(TEXT)]) + TEXT
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepted(head: bytes) -> bytes:
    """The answer to a handshake."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    key = next(value.strip() for name, _, value in lines if name.lower() == b"sec-websocket-key")
    accept = b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


class Connection(asyncio.Protocol):
    """Answers each request without a body as soon as its head is there; echoes once the protocol is switched."""

    def __init__(self) -> None:
        self._data = b""
        self._socket = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._transport is None:
            return
        while not self._socket and (end := self._data.find(b"\r\n\r\n")) >= 0:
            head, self._data = self._data[:end], self._data[end + 4 :]
            self._socket = b"websocket" in head.lower()
            self._transport.write(accepted(head) if self._socket else ANSWER)
        if self._socket and len(self._data) >= MESSAGE:
            count = len(self._data) // MESSAGE
            self._data = self._data[count * MESSAGE :]
            self._transport.write(ECHO * count)


async def serve() -> None:
    """Listens on a free port and says which, until it is stopped."""
    listening = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"origin ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    event_loop.run(serve())
