"""A handler's archive: fetched from AWS alone, with bounds, checked against its hash, unpacked where nothing can get out.

Pages: "Restrictions on Lambda@Edge" (50 MB compressed), "Lambda quotas" (250 MB unzipped).
Links in an archive are left out.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgeproxy import archives
from edgeproxy.archives import ArchiveRefused
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


def copy(source: Any, path: Path) -> str:
    """Copies what can be read of `source` into `path`; its SHA-256 in base64. Raises PullError past MAX_ARCHIVE bytes."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > MAX_ARCHIVE:
                    raise PullError(f"the code is larger than {MAX_ARCHIVE >> 20} MiB")
                digest.update(chunk)
                file.write(chunk)
    except PullError:
        raise
    except Exception as error:
        # urllib3's own errors have no common ancestor with botocore's.
        raise PullError(f"the code could not be fetched to its end: {type(error).__name__}") from error
    return base64.b64encode(digest.digest()).decode()


def unpack(archive: Path, into: Path) -> list[str]:
    """Unpacks into an empty directory; the names of links, which are left out. Raises PullError."""
    try:
        return archives.unpack(archive, into, most=MAX_UNPACKED, most_entries=MAX_FILES)
    except ArchiveRefused as error:
        raise PullError(f"the code {error}") from error
