"""The certificate that edgeproxy made for this machine's own names: kept in the user's data folder, made anew when it expires.

`$XDG_DATA_HOME/edgeproxy`, else `~/.local/share/edgeproxy` (macOS: `~/Library/Application Support/edgeproxy`). Folder and files
must be the user's own and closed to others: who can read the key can play any site of the name localhost.
"""

import fcntl
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from edgeproxy.server import leaf

NO_OTHERS = 0o077
RENEWED_BEFORE = timedelta(days=7)
MOST_BYTES = 1 << 20
MOST_NAMES = 64
"""A renewed one is for the names of the one before, too: proxies of several projects share it."""


class Files(NamedTuple):
    """Where the certificate and its key lie, in PEM."""

    certificate: Path
    key: Path
    instead: bool = False
    """Is it new, in place of one that proxies may still show and clients trust?"""


def data_home() -> Path:
    """Where programs of this user keep their data. Raises OSError when the user has no home."""
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    if given.is_absolute():
        return given
    try:
        return Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/share")
    except RuntimeError as error:
        raise OSError(str(error)) from error


def kept(names: Sequence[str], now: datetime) -> Files:
    """The one that is there, if it is for these names and valid for some days more; else a new one. Raises OSError."""
    folder = _folder()
    files = Files(folder / "localhost.pem", folder / "localhost-key.pem")
    with _only_one(folder):
        before = _read(files)
        missing = [name for name in names if before is None or name not in before.names]
        if before is None or missing or not _is_valid(before, now + RENEWED_BEFORE):
            others = sorted(before.names.difference(names)) if before is not None else []
            made = leaf.make([*names, *others][: max(MOST_NAMES, len(names))], now)
            _write(files.key, made.key_pem)
            _write(files.certificate, made.certificate_pem)
            return files._replace(instead=before is not None)
    return files


def _folder() -> Path:
    path = data_home() / "edgeproxy"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & NO_OTHERS:
        raise PermissionError(f"{path} must be a directory of your own that is closed to others (chmod 700)")
    return path


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two proxies that start at once make one certificate."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(files: Files) -> leaf.Leaf | None:
    """None when a file is missing, or is not what was written."""
    certificate, key = _content(files.certificate), _content(files.key)
    if certificate is None or key is None:
        return None
    try:
        return leaf.Leaf(leaf.read_certificate(certificate), leaf.read_key(key))
    except leaf.Unusable:
        return None


def _content(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & NO_OTHERS:
            raise PermissionError(f"{path} must be a file of your own that is closed to others: remove it, a new one is made")
        return file.read(MOST_BYTES)


def _is_valid(found: leaf.Leaf, now: datetime) -> bool:
    try:
        leaf.judge(found, now)
    except leaf.Unusable:
        return False
    return True


def _write(path: Path, content: bytes) -> None:
    """In one step: nobody reads half a file."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
