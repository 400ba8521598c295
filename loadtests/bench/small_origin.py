"""An origin that costs little: `python -m loadtests.bench.small_origin` gives every request the same 1,000 bytes, keep-alive."""

import asyncio
from typing import cast

from loadtests.bench import event_loop

SIZE = 1_000
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/html\r\nCache-Control: max-age=3600\r\n"
    b'ETag: "1"\r\nX-Cache: Miss from cloudfront\r\nContent-Length: %d\r\n\r\n' % SIZE
) + b"x" * SIZE
"""Its X-Cache is what a proxy that only passes answers on shows the client; edgeproxy puts its own in place of it."""


class Connection(asyncio.Protocol):
    """Answers each request without a body as soon as its head is there."""

    def __init__(self) -> None:
        self._data = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._transport is not None and (end := self._data.find(b"\r\n\r\n")) >= 0:
            self._data = self._data[end + 4 :]
            self._transport.write(ANSWER)


async def serve() -> None:
    """Listens on a free port and says which, until it is stopped."""
    listening = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"origin ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    event_loop.run(serve())
