"""Archives that a configuration names, unpacked into a folder of this process's own that goes when it ends.

Chosen: at most 512 MiB and 50,000 entries unpacked (Lambda takes 250 MB), no links.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from edgeproxy.archives import ArchiveRefused, unpack
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

MAX_BYTES = 512 << 20
MAX_ENTRIES = 50_000
STAY = 2
"""Folders of one archive that stay: what is in service, and what requests and handlers that began before still read."""
_done: dict[Path, dict[tuple[int, int], Path]] = {}
"""Of each archive, time and size of a version -> its folder, the one that was asked for last at the end."""


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
    folders, version = _done.setdefault(archive, {}), (status.st_mtime_ns, status.st_size)
    before = folders.pop(version, None)
    folders[version] = _folder(archive, node) if before is None else before
    return folders[version]


def let_go() -> None:
    """Of each archive the newest folders stay, STAY of them; to be called when what was read last is in service."""
    for folders in _done.values():
        for version in list(folders)[:-STAY]:
            shutil.rmtree(folders.pop(version), ignore_errors=True)


def _folder(archive: Path, node: Node) -> Path:
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    try:
        _unpack(archive, folder, node)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _unpack(archive: Path, folder: Path, node: Node) -> None:
    try:
        links = unpack(archive, folder, most=MAX_BYTES, most_entries=MAX_ENTRIES)
    except ArchiveRefused as error:
        raise ConfigError(node.problem(f"{archive.name} {error}")) from error
    if links:
        raise ConfigError(node.problem(f"{archive.name} holds a link, {links[0][:80]!r}: links are not unpacked"))
