"""Content that is stored while it arrives, and read meanwhile by any number of viewers, each at its own speed.

Past `limit` bytes it will not be stored: one reader is followed by a window in memory, several by a file on disk. The source
waits for whoever is too far behind; whoever comes later is refused.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable

from edgeproxy.messages import BodyBroken

WINDOW = 1 << 20
"""Bytes that are kept in memory for the only reader of what has overflown."""
MOST_ON_DISK = 256 << 20
"""Bytes that the slowest of several readers may be behind."""
PIECE = 1 << 16
"""Bytes read from disk at a time."""


class Recording:
    """What fills up at its source's speed; `length` is None while it is not known, `size` what has come so far."""

    __slots__ = (
        "_broken", "_chunks", "_disk", "_first", "_met", "_readers", "_source_waits", "complete", "length", "limit",
        "overflown", "size", "when_abandoned",
    )  # fmt: skip

    def __init__(self, length: int | None, limit: int) -> None:
        self.length = length
        self.limit = limit
        self.size = 0
        self.complete = False
        self.overflown = False
        self.when_abandoned: Callable[[], object] | None = None
        """Called when the last reader has left before the end."""
        self._chunks: list[bytes] = []
        self._first = 0
        """The number of the first chunk that is still there."""
        self._disk: _Disk | None = None
        # Words, no exception: the frames of its traceback would keep all of this alive.
        self._broken: str | None = None
        self._readers: dict[Reader, None] = {}
        self._met = False
        self._source_waits: asyncio.Future[None] | None = None

    async def feed(self, chunk: bytes) -> None:
        """Adds a chunk. Raises BodyBroken when the recording has overflown and nobody reads it any more."""
        for start in range(0, len(chunk), WINDOW):
            await self._feed(chunk[start : start + WINDOW] if len(chunk) > WINDOW else chunk)

    async def _feed(self, chunk: bytes) -> None:
        if self.overflown and self.abandoned:
            raise BodyBroken("nobody reads on")
        if self._disk is None:
            self._chunks.append(chunk)
        else:
            self._disk.write(chunk, self.size)
        self.size += len(chunk)
        self._wake()
        if self.size > self.limit:
            self._overflow()
            await self._wait_for_the_slowest()

    def _overflow(self) -> None:
        if self.overflown:
            return
        self.overflown = True
        if len(self._readers) > 1 and self.size <= MOST_ON_DISK:
            self._disk = _disk_with(b"".join(self._chunks))
            if self._disk is not None:
                self._chunks = []

    async def _wait_for_the_slowest(self) -> None:
        most = WINDOW if self._disk is None else MOST_ON_DISK
        while True:
            if self.abandoned:
                raise BodyBroken("nobody reads on")
            if self._readers and self._disk is None:
                slowest = min(reader.number for reader in self._readers)
                del self._chunks[: slowest - self._first]
                self._first = slowest
            if self.size - min((reader.offset for reader in self._readers), default=0) <= most:
                return
            self._source_waits = asyncio.get_running_loop().create_future()
            await self._source_waits

    @property
    def abandoned(self) -> bool:
        """Had it a reader, and has it none any more?"""
        return self._met and not self._readers

    def finish(self, error: BaseException | None = None) -> None:
        """Ends the recording: whole, or broken by `error`."""
        self.complete = error is None
        if error is None:
            self.length = self.size
        else:
            self._broken = str(error)
        self._wake()

    def content(self) -> bytes:
        """The whole content; only of a complete recording that has not overflown."""
        return b"".join(self._chunks)

    def reader(self) -> "Reader":
        """A body for one more viewer: it is waited for until it is closed. Raises BodyBroken when its beginning is gone."""
        if self._first or self._disk is not None:
            raise BodyBroken("the beginning of this body is gone")
        reader = Reader(self)
        self._met = True
        self._readers[reader] = None
        return reader

    def leave(self, reader: "Reader | None" = None) -> None:
        """A reader wants no more; None: there never was one."""
        self._met = True
        if reader is not None:
            self._readers.pop(reader, None)
        if self._disk is not None and not self._readers:
            self._disk.close()
        self.moved()
        if self.when_abandoned is not None and self.abandoned:
            self.when_abandoned()

    def moved(self) -> None:
        """A reader is further than it was."""
        if self._source_waits is not None and not self._source_waits.done():
            self._source_waits.set_result(None)

    def _wake(self) -> None:
        for reader in self._readers:
            reader.wake()

    def piece(self, reader: "Reader") -> bytes | None:
        """What comes next for a reader, nothing at the end; None: it is still to come. Raises BodyBroken."""
        if self._disk is not None:
            # What did not fit on the disk is not there.
            piece = self._disk.read(reader.offset, self.size)
            if piece:
                return piece
        elif reader.offset < self.size:
            return self._chunks[reader.number - self._first]
        if self._broken is not None:
            raise BodyBroken(self._broken)
        return b"" if self.complete else None


class Reader:
    """One viewer's own body of a recording, from the first byte."""

    __slots__ = ("__weakref__", "_recording", "_waits", "number", "offset")

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._waits: asyncio.Future[None] | None = None
        self.number = self.offset = 0
        """Chunks and bytes that were read."""

    @property
    def length(self) -> int | None:
        return self._recording.length

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            while (piece := self._recording.piece(self)) != b"":
                if piece is None:
                    self._waits = asyncio.get_running_loop().create_future()
                    await self._waits
                else:
                    yield piece
                    self.number += 1
                    self.offset += len(piece)
                    self._recording.moved()
        finally:
            await self.close()

    def wake(self) -> None:
        """There is more, or it has ended."""
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    async def close(self) -> None:
        self._recording.leave(self)


def _disk_with(data: bytes) -> "_Disk | None":
    """None where nothing can be written: then there is the window, at the speed of the slowest."""
    try:
        disk = _Disk()
    except OSError:
        return None
    try:
        disk.write(data, 0)
    except BodyBroken:
        disk.close()
        return None
    return disk


class _Disk:
    """A file without a name: the latest of what several readers at different speeds are still to get, round and round."""

    def __init__(self) -> None:
        """Raises OSError."""
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (its last reader closes it)
        self._size = MOST_ON_DISK + WINDOW

    def write(self, data: bytes, offset: int) -> None:
        """Raises BodyBroken when the disk is full."""
        place = offset % self._size
        first = data[: self._size - place]
        try:
            written = os.pwrite(self._file.fileno(), first, place)
            if len(first) < len(data):
                written += os.pwrite(self._file.fileno(), data[len(first) :], 0)
        except OSError:
            written = 0
        if written != len(data):
            raise BodyBroken("what its slower viewers still have to read does not fit on the disk")

    def read(self, offset: int, end: int) -> bytes:
        """What stands there, up to `end`; the part of it that lies in one piece."""
        place = offset % self._size
        return os.pread(self._file.fileno(), min(PIECE, end - offset, self._size - place), place)

    def close(self) -> None:
        self._file.close()
