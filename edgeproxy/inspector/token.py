"""The admin listener's token: a file only its user can read, named by the port, locked while the proxy lives.

It lies in `$XDG_RUNTIME_DIR/edgeproxy`, else in `edgeproxy-<uid>` of the temporary directory; the folder must be the user's
own and closed to others. The lock tells a running proxy from one that was killed.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from pathlib import Path

NO_OTHERS = 0o077


def folder() -> Path:
    """Where the tokens are, made when missing. Raises PermissionError when it is another user's, or open to others."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        path = Path(runtime, "edgeproxy")
    else:
        path = Path(tempfile.gettempdir(), f"edgeproxy-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & NO_OTHERS:
        raise PermissionError(f"{path} must be a directory of your own that is closed to others (chmod 700)")
    return path


class Token:
    """A new token for the listener on `port`; there until `remove`. Raises OSError."""

    def __init__(self, port: int) -> None:
        self.text = secrets.token_urlsafe(32)
        self.path = folder() / str(port)
        # A file that a killed proxy left is taken over: the port is ours now.
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(self._file, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.write(self._file, self.text.encode())
        except OSError:
            os.close(self._file)
            raise

    def remove(self) -> None:
        """Removes the file and lets go of its lock."""
        self.path.unlink(missing_ok=True)
        os.close(self._file)


def ports() -> list[int]:
    """The admin ports of the proxies that run now. Raises PermissionError."""
    return sorted(int(path.name) for path in folder().iterdir() if path.name.isdecimal() and _is_held(path))


def read(port: int) -> str | None:
    """The token of the proxy whose admin port this is; None when none runs. Raises PermissionError."""
    path = folder() / str(port)
    return path.read_text("ascii") if path.is_file() and _is_held(path) else None


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
