"""Bodies coded as they arrive, by zlib (gzip) and brotli: what is small at once, the rest in a thread.

A body that breaks off stays broken: the coder never ends it well.
"""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakSet

import brotli

from edgeproxy.messages import Body, Bytes, Response, Stream
from edgeproxy.rules import compression

GZIP_LEVEL, BROTLI_QUALITY = 6, 5
GZIP_WINDOW = 31
"""zlib's word for a window of 32 KB in the gzip format; its header holds no time and no name."""
LARGEST_BROTLI_WINDOW = 19
"""Its binary logarithm: a coder takes 2 MB at most."""
PIECE = 64 << 10
"""Bytes that are coded in one go, and that at most are held back from the viewer."""
AT_ONCE = 32 << 10
"""Bytes that are coded without a thread, in about half a millisecond."""
THREADS = max(1, min(4, (os.cpu_count() or 2) // 2))
"""More would take the processor from the loop."""
STREAMS = 64
"""Bodies that may be coded as they arrive at the same time; what is more is left uncompressed."""


class Coder:
    """One body's coder; `code(data, last)` gives all that the data makes, and the end after the last of it."""

    __slots__ = ("__weakref__", "code")

    def __init__(self, coding: str, length: int) -> None:
        self.code = _brotli(length) if coding == "br" else _gzip()

    async def run(self, data: bytes, last: bool) -> bytes:
        """What `code` gives, in a thread where it takes long."""
        if len(data) <= AT_ONCE:
            return self.code(data, last)
        return await asyncio.get_running_loop().run_in_executor(_THREADS, self.code, data, last)


def _gzip() -> Callable[[bytes, bool], bytes]:
    coder = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WINDOW)
    return lambda data, last: coder.compress(data) + coder.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def _brotli(length: int) -> Callable[[bytes, bool], bytes]:
    window = max(10, min(length.bit_length(), LARGEST_BROTLI_WINDOW))
    coder = brotli.Compressor(quality=BROTLI_QUALITY, lgwin=window)
    return lambda data, last: bytes(coder.process(data) + (coder.finish() if last else coder.flush()))


_STREAMING: WeakSet[Coder] = WeakSet()
_THREADS = ThreadPoolExecutor(THREADS, "compressor")


async def compress(
    compiled: compression.Compiled, response: Response, accepted: str | None, ttl: float | None, *, made_here: bool = False
) -> tuple[Response, compression.Judged]:
    """The response as it is stored, and why so: see `compression.judge`."""
    judged = compression.judge(compiled, response, accepted, ttl, made_here=made_here)
    body = response.body
    if judged.coding and not isinstance(body, Bytes) and len(_STREAMING) >= STREAMS:
        judged = compression.BUSY
    if judged.coding:
        body = await coded(body, judged.coding)
    return response._replace(headers=compression.headers(judged, response.headers), body=body), judged


async def coded(body: Body, coding: str) -> Body:
    """The body as `br` or `gzip`: at once when it is all there, else as it arrives, of unknown length."""
    coder = Coder(coding, body.length or 0)
    if isinstance(body, Bytes):
        return Bytes(await coder.run(body.data, True))
    _STREAMING.add(coder)
    return Stream(_coded(body, coder), None, body)


async def _coded(body: Body, coder: Coder) -> AsyncIterator[bytes]:
    held = bytearray()
    async for chunk in body.chunks():
        held += chunk
        if len(held) >= PIECE:
            piece, held = bytes(held), bytearray()
            yield await coder.run(piece, False)
    yield await coder.run(bytes(held), True)
