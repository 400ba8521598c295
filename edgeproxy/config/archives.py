"""Lambda's deployment packages on this machine: unpacked below a folder of this process's own, which goes when it ends.

Chosen: at most 250 MB unpacked (Lambda's quota) and 10,000 files; what lies outside the package's folder, is a link or is
encrypted makes the whole package a problem.
"""

import atexit
import os
import shutil
import stat
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

MAX_PACKAGE, MAX_UNPACKED, MAX_FILES = 50 << 20, 250 << 20, 10_000
"""Bytes of a package (Lambda's quota) and of what is in it, files in it."""
_CHUNK = 1 << 20


def unpacked(path: Path, node: Node) -> Path:
    """The folder with a package's files: the same one as long as the package is the same. Raises ConfigError at `node`."""
    try:
        folder = _home() / _digest(path, node)
        if not folder.is_dir():
            part = Path(tempfile.mkdtemp(dir=_home()))
            try:
                _unpack(path, part, node)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return folder
    except (BadZipFile, EOFError, ValueError, RuntimeError) as error:
        raise ConfigError(node.problem(f"{path.name} is not a deployment package (zip): {error}")) from None
    except OSError as error:
        raise ConfigError(node.problem(f"{path.name} cannot be unpacked: {error.strerror or error}")) from None


@cache
def _home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="edgeproxy-code-")).resolve()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def _digest(path: Path, node: Node) -> str:
    if path.stat().st_size > MAX_PACKAGE:
        raise ConfigError(node.problem(f"{path.name} is larger than {MAX_PACKAGE >> 20} MB", "that is Lambda's quota"))
    with path.open("rb") as file:
        return sha256(file.read(MAX_PACKAGE + 1)).hexdigest()[:32]


def _unpack(path: Path, folder: Path, node: Node) -> None:
    left = MAX_UNPACKED
    with ZipFile(path) as package:
        members = package.infolist()
        if len(members) > MAX_FILES:
            raise ConfigError(node.problem(f"{path.name} has {len(members)} files, at most {MAX_FILES} are unpacked"))
        for member in members:
            _check(member, path, node)
            target = folder.joinpath(*PurePosixPath(member.filename).parts)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            # What a member's head says of its size is not believed: the bytes are counted as they come.
            with package.open(member) as source, os.fdopen(_new(target), "wb") as copy:
                while chunk := source.read(min(_CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        limit = f"{MAX_UNPACKED >> 20} MB"
                        raise ConfigError(node.problem(f"{path.name} unpacks to more than {limit}", "that is Lambda's quota"))
                    copy.write(chunk)


def _new(target: Path) -> int:
    return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)


def _check(member: ZipInfo, path: Path, node: Node) -> None:
    name = member.filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or not parts or ".." in parts or set(name) & {"\\", ":", "\0"}:
        raise ConfigError(node.problem(f"{path.name} has a file outside of its folder: {name[:80]!r}"))
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ConfigError(node.problem(f"{path.name} has a link or a special file: {name[:80]!r}"))
    if member.flag_bits & 0x1:
        raise ConfigError(node.problem(f"{path.name} is encrypted"))
