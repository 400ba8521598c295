"""A handler's archive: fetched from AWS alone, with bounds, checked against its hash, unpacked where nothing can get out.

Pages: "Restrictions on Lambda@Edge" (50 MB compressed), "Lambda quotas" (250 MB unzipped).
Links in an archive are left out, and files get this machine's usual permissions.
"""

import base64
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from edgeproxy.errors import system_words
from edgeproxy.pulling.account import Account, PullError

MAX_ARCHIVE, MAX_UNPACKED, MAX_FILES = 50 << 20, 250 << 20, 20_000
HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_CHUNK = 1 << 16


def fetch(account: Account, url: str, sha256: str, path: Path) -> None:
    """Writes the archive behind a code location into `path`; `sha256` in base64. Raises PullError."""
    check_location(url)
    response = account.get(url)
    try:
        if response.status_code != 200:
            raise PullError(f"the code cannot be fetched: {urlsplit(url).hostname} answers {response.status_code}")
        digest = copy(response.raw, path)
    finally:
        response.raw.close()
    if sha256 and digest != sha256:
        raise PullError("the code that came is not the function's: its SHA-256 is another")


def check_location(url: str) -> None:
    """Raises PullError unless the URL is HTTPS, to a host of AWS."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
    except ValueError:
        parts, fit = urlsplit(""), False
    if not fit or not (parts.hostname or "").endswith(HOSTS):
        raise PullError(f"the code is not fetched from {parts.scheme}://{parts.hostname}: only https to *.amazonaws.com is")


def copy(source: Any, path: Path, most: int = MAX_ARCHIVE) -> str:
    """Copies what can be read of `source` into `path`; its SHA-256 in base64. Raises PullError past `most` bytes."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise PullError(f"the code is larger than {most >> 20} MiB")
                digest.update(chunk)
                file.write(chunk)
    except PullError:
        raise
    except Exception as error:
        # urllib3's own errors have no common ancestor with botocore's.
        raise PullError(f"the code could not be fetched to its end: {type(error).__name__}") from error
    return base64.b64encode(digest.digest()).decode()


def unpack(archive: Path, into: Path, most: int = MAX_UNPACKED) -> list[str]:
    """Unpacks into an empty directory; the names of links, which are left out. Raises PullError."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpack(opened, into, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise PullError(f"the code is no archive that can be read: {error}") from error
    except OSError as error:
        raise PullError(f"the code cannot be unpacked: {system_words(error)}") from error


def _unpack(opened: zipfile.ZipFile, into: Path, most: int) -> list[str]:
    entries, links, left = opened.infolist(), [], most
    if len(entries) > MAX_FILES:
        raise PullError(f"the code has more than {MAX_FILES:,} files")
    for entry in entries:
        path = _inside(into, entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            links.append(entry.filename)
        elif entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(entry) as source, path.open("xb") as file:
                left = _pour(source, file, left)
    return links


def _pour(source: Any, file: BinaryIO, left: int) -> int:
    """What of `left` bytes is left afterwards. The sizes that an archive states are not believed."""
    for chunk in _chunks(source):
        left -= len(chunk)
        if left < 0:
            raise PullError("the code is larger than Lambda takes, unpacked")
        file.write(chunk)
    return left


def _chunks(source: Any) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def _inside(into: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or parts[0].startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in parts[0]:
        raise PullError(f"the code holds a file that would be written elsewhere: {name[:80]!r}")
    return into.joinpath(*parts)
