"""Changes to files, as they are saved; what changes after the constructor returned is never missed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

# Documented for direct use ("Rust backend"): `awatch` begins to watch only when its first change is waited for.
from watchfiles._rust_notify import RustNotify

SETTLE_MILLISECONDS = 50
"""Changes that follow each other within this time are taken together."""
LONGEST_MILLISECONDS = 200
"""What keeps changing is told of after this time all the same."""
LOOK_UP_MILLISECONDS = 1000


class Watch:
    """Watches the folders of some files; `files` may be set anew at any time."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._stopped = threading.Event()
        self.files = frozenset(path.resolve() for path in files)
        self._folders: list[str] = []
        self._notify = self._watching()

    def _watching(self) -> RustNotify:
        self._folders = self._folders_now()
        return RustNotify(self._folders, False, False, 0, False, True)

    def _folders_now(self) -> list[str]:
        return sorted({str(path.parent) for path in self.files if path.parent.is_dir()})

    def follow(self, files: Iterable[Path]) -> None:
        """Watches these files from now on."""
        self.files = frozenset(path.resolve() for path in files)
        if self._folders_now() != self._folders:
            self._notify = self._watching()

    async def changes(self) -> AsyncIterator[set[Path]]:
        """Yields the watched files that changed, until `close`."""
        while not self._stopped.is_set():
            found = await asyncio.to_thread(
                self._notify.watch, LONGEST_MILLISECONDS, SETTLE_MILLISECONDS, LOOK_UP_MILLISECONDS, self._stopped
            )
            changed = self._changed({Path(path) for _, path in found}) if isinstance(found, set) else set()
            if changed:
                yield changed

    def _changed(self, seen: set[Path]) -> set[Path]:
        """The watched files among what was seen, and those of a folder that came or went."""
        moved = {path for path in self.files if path.parent in seen}
        if moved:
            # A folder made anew has the name of one that is gone, and nobody watches it yet.
            self._notify = self._watching()
        return moved | (seen & self.files)

    def close(self) -> None:
        """Ends `changes` within a moment."""
        self._stopped.set()
