"""The folder that a pull writes: made beside its place and moved there in the end, so that one that fails leaves nothing.

Nothing is written over what is there, unless forced; the settings that were there are kept under another name even then.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from edgeproxy.errors import system_words
from edgeproxy.pulling.account import PullError

TEMPLATE, SETTINGS = "template.json", "edgeproxy.yaml"
KEPT = "edgeproxy.yaml.before"
"""Where a forced pull leaves the settings that it replaces."""


class Folder:
    """`with Folder(target) as folder`: `write` and `directory` fill it, `finish` puts it in its place. Raises PullError."""

    def __init__(self, target: Path, force: bool = False) -> None:
        self.target = target.absolute()
        self._force = force
        self._units: list[str] = []
        self._staging = Path()

    def __enter__(self) -> "Folder":
        self.check()
        with self._writing():
            self.target.parent.mkdir(parents=True, exist_ok=True)
            # On the same file system, so that moving is renaming; for its owner only, as it may hold what is secret.
            beside = self.target if self.target.is_dir() else self.target.parent
            self._staging = Path(tempfile.mkdtemp(prefix=f".{self.target.name}-", dir=beside))
            (self._staging / "new").mkdir(mode=0o700)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)

    def check(self) -> None:
        """Raises PullError when the folder cannot be written, as far as can be told beforehand."""
        with self._writing():
            self._refuse([TEMPLATE, SETTINGS])

    @property
    def scratch(self) -> Path:
        """A file's path that nothing is kept of."""
        return self._staging / "scratch"

    def write(self, name: str, data: str | bytes) -> None:
        """A file, `name` relative to the folder."""
        with self._writing():
            self._unit(name).write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)

    def directory(self, name: str) -> Path:
        """An empty directory to be filled, which replaces one that is there as a whole."""
        with self._writing():
            path = self._unit(name)
            path.mkdir()
        return path

    def finish(self) -> list[str]:
        """Puts all of it in its place. The names of what is kept of what was there."""
        with self._writing():
            self._refuse(self._units)
            if not self.target.exists():
                (self._staging / "new").rename(self.target)
                return []
            return self._move()

    def _unit(self, name: str) -> Path:
        self._units.append(name)
        path = self._staging / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _move(self) -> list[str]:
        kept = []
        for number, name in enumerate(self._units):
            new, old = self._staging / "new" / name, self.target / name
            if name == SETTINGS and old.is_file() and old.read_bytes() != new.read_bytes():
                shutil.copy2(old, self.target / KEPT)
                kept.append(KEPT)
            old.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(old) and (new.is_dir() or old.is_dir()):
                old.rename(self._staging / f"old-{number}")
            new.replace(old)
        return kept

    def _refuse(self, names: list[str]) -> None:
        for folder in dict.fromkeys(self.target / parent for name in names for parent in Path(name).parents):
            if os.path.lexists(folder) and not folder.is_dir():
                raise PullError(f"{folder} is not a directory")
        there = [name for name in names if os.path.lexists(self.target / name)]
        if there and not self._force:
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            raise PullError(f"{self.target / there[0]}{more} is there already: name another folder with --out, or --force")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PullError(f"{error.filename or self.target} cannot be written: {system_words(error)}") from error
