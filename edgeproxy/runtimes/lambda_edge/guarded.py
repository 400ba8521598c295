"""The process groups that must not outlive the proxy: known to a guard, a process that kills them when the proxy is gone."""

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
REAPING = 5
"""Seconds for the guard to leave when it is no longer needed."""


class Guarded:
    """Starts its guard with the first group. Blocks for some milliseconds then: call `add` in a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the guard; 0 when there is none."""
        return self._guard.pid if self._guard else 0

    def add(self, group: int) -> None:
        """Puts a group under guard; a guard that was killed is replaced. Raises OSError."""
        with self._lock:
            self._groups.add(group)
            if self._guard is not None and self._guard.poll() is not None:
                self._let_go(self._guard)
                self._guard = None
            if self._guard is None:
                self._guard = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-B", str(GUARD)],
                    stdin=subprocess.PIPE, bufsize=0, env={}, start_new_session=True,
                )  # fmt: skip
                for each in self._groups:
                    self._tell(f"+{each}\n")
            else:
                self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Lets a group go that is dead: its number may soon be another's."""
        with self._lock:
            self._groups.discard(group)
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Ends the guard, and with it whatever group is left. Blocks: call it in a thread."""
        if self._guard is None:
            return
        self._let_go(self._guard)
        try:
            self._guard.wait(REAPING)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        self._guard = None
        self._groups.clear()

    def _let_go(self, guard: "subprocess.Popen[bytes]") -> None:
        if guard.stdin is not None:
            with contextlib.suppress(OSError):
                guard.stdin.close()

    def _tell(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            # A guard that was killed is replaced with the next group.
            with contextlib.suppress(OSError):
                self._guard.stdin.write(line.encode())
