"""ZIP archives, unpacked into a folder of this process's own that goes when it ends; a bomb or a climbing path is refused.

Chosen: at most 512 MiB and 50,000 entries unpacked (Lambda takes 250 MB), no links, no encryption.
"""

import atexit
import shutil
import stat
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path, PurePosixPath

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

MAX_BYTES = 512 << 20
MAX_ENTRIES = 50_000
MAX_DIRECTORY = 16 << 20
"""Bytes of an archive's own list of entries, which is read whole."""
_END, _END_SIZE = b"PK\x05\x06", 22
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
_done: dict[tuple[Path, int, int], Path] = {}


@cache
def scratch() -> Path:
    """A folder of this process's own."""
    folder = Path(tempfile.mkdtemp(prefix="edgeproxy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def unpacked(archive: Path, node: Node) -> Path:
    """A folder with what the archive holds, the same one until the archive changes. Raises ConfigError."""
    try:
        status = archive.stat()
    except OSError as error:
        raise ConfigError(node.problem(f"{archive} cannot be read: {error.strerror}")) from error
    key = (archive, status.st_mtime_ns, status.st_size)
    if key not in _done:
        folder = Path(tempfile.mkdtemp(dir=scratch()))
        try:
            _unpack(archive, folder, node)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _done[key] = folder
    return _done[key]


def _unpack(archive: Path, folder: Path, node: Node) -> None:
    try:
        _check_directory(archive, node)
        with zipfile.ZipFile(archive) as file:
            entries = file.infolist()
            for entry in entries:
                _check_entry(archive, entry, node)
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_BYTES:
                limit = f"{MAX_ENTRIES} entries or {MAX_BYTES >> 20} MiB"
                raise ConfigError(node.problem(f"{archive.name} holds more than {limit} unpacked"))
            for entry in entries:
                # Reads at most the size that the entry declares; what follows fails its checksum.
                file.extract(entry, folder)
                if not entry.is_dir() and (entry.external_attr >> 16) & 0o100:
                    (folder / entry.filename).chmod(0o755)
    except _UNREADABLE as error:
        raise ConfigError(node.problem(f"{archive.name} cannot be unpacked: {error}")) from error


def _check_directory(archive: Path, node: Node) -> None:
    """Refuses an archive whose list of entries alone would fill the memory."""
    with archive.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_SIZE - 0xFFFF))
        tail = file.read()
    end = tail.rfind(_END)
    if end >= 0 and int.from_bytes(tail[end + 12 : end + 16], "little") > MAX_DIRECTORY:
        raise ConfigError(node.problem(f"{archive.name} has a list of entries of more than {MAX_DIRECTORY >> 20} MiB"))


def _check_entry(archive: Path, entry: zipfile.ZipInfo, node: Node) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or not path.parts:
        raise ConfigError(node.problem(f"{archive.name} holds {entry.filename[:80]!r}, a path that leads out of it"))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ConfigError(node.problem(f"{archive.name} holds a link, {entry.filename[:80]!r}: links are not unpacked"))
