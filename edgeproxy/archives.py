"""ZIP archives unpacked into a folder: nothing gets out of it, and nothing that an archive says of its size is believed.

Chosen: links are left out and named; entries are stored or deflated, as Lambda and S3 take them, each name once, in at most
100 folders and 1,024 characters; what its owner may run, stays so.
"""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any

from edgeproxy.errors import system_words

MAX_DIRECTORY = 16 << 20
"""Bytes of an archive's own list of entries, which is read whole."""
MAX_NAME, MAX_DEPTH = 1024, 100
_CHUNK = 1 << 16
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveRefused(Exception):
    """An archive that is not unpacked; the text says why, to be read behind its name."""


def unpack(archive: Path, into: Path, *, most: int, most_entries: int) -> list[str]:
    """Unpacks into an empty folder; the names of links, which are left out. Raises ArchiveRefused.

    `most`: bytes of all files; `most_entries`: files and folders, those that are made on the way too. What is written when it
    raises stays there.
    """
    try:
        if not archive.is_file():
            raise ArchiveRefused("cannot be unpacked: it is not a file")
        with archive.open("rb") as file, zipfile.ZipFile(_Bounded(file)) as opened:
            return _Unpacking(opened, into, most, most_entries).all()
    except _UNREADABLE as error:
        raise ArchiveRefused(f"cannot be unpacked: {error}") from error
    except OSError as error:
        raise ArchiveRefused(f"cannot be unpacked: {system_words(error)}") from error


class _Bounded(io.BufferedIOBase):
    """A file of which no more than MAX_DIRECTORY bytes are read at once: zipfile reads as many as the archive says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._file.tell())
        asked = left if size is None or size < 0 else min(size, left)
        if asked > MAX_DIRECTORY:
            raise ArchiveRefused(f"has a list of entries of more than {MAX_DIRECTORY >> 20} MiB")
        return self._file.read(asked)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class _Unpacking:
    """One archive being unpacked: how many bytes and entries may still come."""

    def __init__(self, opened: zipfile.ZipFile, into: Path, most: int, most_entries: int) -> None:
        self._opened = opened
        self._into = into
        self._bytes = most
        self._entries = most_entries
        self._more = f"holds more than {most_entries} entries or {most >> 20} MiB unpacked"
        self._folders = {into}

    def all(self) -> list[str]:
        entries, links = self._opened.infolist(), []
        if len(entries) > self._entries:
            raise ArchiveRefused(self._more)
        paths = [self._into.joinpath(*_parts(entry)) for entry in entries]
        for entry, path in zip(entries, paths, strict=True):
            try:
                if stat.S_ISLNK(entry.external_attr >> 16):
                    links.append(entry.filename)
                elif entry.is_dir():
                    self._folder(path)
                else:
                    self._file(entry, path)
            except OSError as error:
                raise ArchiveRefused(f"cannot be unpacked: {system_words(error)}: {_shown(entry)}") from error
        return links

    def _count(self) -> None:
        self._entries -= 1
        if self._entries < 0:
            raise ArchiveRefused(self._more)

    def _folder(self, path: Path) -> None:
        new = [path]
        while new[-1] not in self._folders:
            new.append(new[-1].parent)
        for each in reversed(new[:-1]):
            self._count()
            each.mkdir()
            self._folders.add(each)

    def _file(self, entry: zipfile.ZipInfo, path: Path) -> None:
        self._folder(path.parent)
        self._count()
        with self._opened.open(entry) as source, path.open("xb") as file:
            self._pour(source, file)
        if (entry.external_attr >> 16) & stat.S_IXUSR:
            path.chmod(0o755)

    def _pour(self, source: Any, file: IO[bytes]) -> None:
        while chunk := source.read(_CHUNK):
            self._bytes -= len(chunk)
            if self._bytes < 0:
                raise ArchiveRefused(self._more)
            file.write(chunk)


def _parts(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """The names of the folders and of the file that an entry becomes. Raises ArchiveRefused."""
    # `filename` ends at the first NUL, `orig_filename` is what stands in the archive.
    name = entry.orig_filename
    parts = PurePosixPath(name).parts
    if not parts or parts[0].startswith("/") or ".." in parts or "\\" in name or parts[0][1:2] == ":":
        raise ArchiveRefused(f"holds {_shown(entry)}, a path that leads out of it")
    if len(name) > MAX_NAME or len(parts) > MAX_DEPTH:
        raise ArchiveRefused(f"holds {_shown(entry)}, which is longer than {MAX_NAME} characters or {MAX_DEPTH} folders")
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise ArchiveRefused(f"holds {_shown(entry)}, a name with a control character")
    if stat.S_IFMT(entry.external_attr >> 16) not in _KINDS:
        raise ArchiveRefused(f"holds {_shown(entry)}, which is neither a file nor a folder")
    if entry.header_offset < 0:
        raise ArchiveRefused(f"cannot be unpacked: {_shown(entry)} is not in it")
    if entry.flag_bits & 1:
        raise ArchiveRefused(f"cannot be unpacked: {_shown(entry)} is encrypted")
    if entry.compress_type not in _PACKED:
        raise ArchiveRefused(f"holds {_shown(entry)}, which is neither stored nor deflated")
    return parts


def _shown(entry: zipfile.ZipInfo) -> str:
    return repr(entry.orig_filename[:80])
