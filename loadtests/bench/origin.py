"""An origin with large bodies: `python -m loadtests.bench.origin BYTES`.

`/length` states its Content-Length, `/chunked` does not, every other path is a small body; all may be stored for an hour.
"""

import asyncio
import sys

from loadtests.bench import event_loop

PIECE = b"0123456789abcdef" * 16_384
SMALL = 1_000


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    """One request, one answer, then the connection closes."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1]
        chunked, size = path == b"/chunked", size if path in (b"/length", b"/chunked") else SMALL
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nConnection: close\r\n%b\r\n\r\n" % framing)
        for start in range(0, size, len(PIECE)):
            piece = PIECE[: size - start]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def serve(size: int) -> None:
    """Listens on a free port and says which, until it is stopped."""
    listening = await asyncio.start_server(lambda reader, writer: answer(reader, writer, size), "127.0.0.1", 0)
    print(f"origin ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    event_loop.run(serve(int(sys.argv[1])))
