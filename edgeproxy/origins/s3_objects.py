"""Objects of a bucket that a directory stands in for: files found by key, and read without stopping the loop.

A key is a plain string in S3, so `a//b`, `./a`, `a/../b` and `dir/` name nothing here, and neither does what a link leads
out of the directory, nor anything that is not a regular file. Not emulated: on a disk that ignores case, so do keys.
Chosen: a key with a backslash is never found, as it would be a path on some machines.
"""

import errno
import os
import re
import stat
from asyncio import wrap_future
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import unquote_to_bytes

P = ParamSpec("P")
T = TypeVar("T")

MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ})
"""What the system says when there is no such file."""

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def key_of(path: str) -> str | None:
    """The object key that a URL path names; None when it is not percent-encoded UTF-8."""
    if _BAD_ESCAPE.search(path):
        return None
    try:
        return unquote_to_bytes(path.removeprefix("/").encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None


class OpenObject:
    """One open file. Reads run in `executor`; the descriptor is closed once no read is under way."""

    __slots__ = ("_executor", "_fd", "_job", "_open", "modified", "path", "size", "version")

    def __init__(self, path: str, fd: int, status: os.stat_result, executor: Executor) -> None:
        self.path = path
        self.size = status.st_size
        self.modified = int(status.st_mtime)
        """Unix seconds."""
        self.version = (path, status.st_size, status.st_mtime_ns)
        self._fd = fd
        self._executor = executor
        self._job: Future[object] | None = None
        self._open = True

    def whole(self) -> bytes:
        """The content, read here and now; only for small files. May raise OSError."""
        content = bytearray()
        while len(content) < self.size and (piece := os.pread(self._fd, self.size - len(content), len(content))):
            content += piece
        return bytes(content)

    async def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes, none at the end of the file. May raise OSError."""
        return await self.run(os.pread, size, offset)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Calls `work` with the descriptor and the arguments, in a thread."""
        job = self._executor.submit(work, self._fd, *arguments)
        self._job = job  # type: ignore[assignment]
        return await wrap_future(job)

    def release(self) -> None:
        """Closes the file, as soon as a read that is under way has ended."""
        if not self._open:
            return
        self._open = False
        if self._job is None:
            os.close(self._fd)
        else:
            self._job.add_done_callback(lambda job: os.close(self._fd))

    async def close(self) -> None:
        """Closes the file."""
        self.release()


def open_object(root: Path, key: str, executor: Executor) -> OpenObject | None:
    """Opens the file of a key, None when there is none. Raises OSError when there is one that cannot be read."""
    if "\0" in key or "\\" in key or not {"", ".", ".."}.isdisjoint(key.split("/")):
        return None
    try:
        return _open(root, key, executor)
    except OSError as error:
        if error.errno in MISSING:
            return None
        raise


def _open(root: Path, key: str, executor: Executor) -> OpenObject | None:
    real_root = os.path.realpath(root, strict=True)
    path = os.path.realpath(root / key, strict=True)
    # A FIFO would wait for its writer and a device may act when opened: look first, and again at what was opened.
    if os.path.commonpath((real_root, path)) != real_root or not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        return None
    return OpenObject(path, fd, status, executor)
