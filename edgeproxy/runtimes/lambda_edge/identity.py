"""One string per function: equal when code and configuration are, so that snapshots share environments."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edgeproxy.model import LambdaFunction

STAMPED = {"node_modules", ".venv", "venv", "site-packages"}
"""Directories of installed packages: known by path, size and time of change, not read."""
PASSED_OVER = {".git", "__pycache__"}
LARGEST = 4 << 20
"""Larger files are known by path, size and time of change."""


def identity(function: LambdaFunction) -> str:
    """SHA-256 (hex) of the configuration and of every file under the task root. Reads files: call it where that may block."""
    digest = hashlib.sha256(repr(function).encode())
    if function.task_root is not None:
        for part in _files(function.task_root):
            digest.update(len(part).to_bytes(8))
            digest.update(part)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[bytes]:
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in PASSED_OVER)
        read = not STAMPED.intersection(Path(directory).relative_to(root).parts)
        for name in sorted(files):
            path = Path(directory, name)
            yield os.fsencode(path)
            yield _content(path, read=read)


def _content(path: Path, *, read: bool) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return b"not a file"
        if read and status.st_size <= LARGEST:
            return path.read_bytes()
    except OSError as error:
        return type(error).__name__.encode()
    return f"{status.st_size} {status.st_mtime_ns}".encode()
