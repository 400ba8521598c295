"""What must not outlive the proxy: known to a guard, a process that ends it when the proxy is gone."""

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path

from edgeproxy.runtimes.lambda_edge.guard import kill_inheritors

GUARD = Path(__file__).with_name("guard.py")
REAPING = 5
"""Seconds for the guard to leave when it is no longer needed."""


class Guarded:
    """Process groups under guard; the guard starts with the first of them. Every call may block: call them in a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[int, tuple[str, str]] = {}
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the guard; 0 when there is none."""
        return self._guard.pid if self._guard else 0

    def add(self, group: int, marker: str, scratch: Path) -> None:
        """Puts a group under guard; `marker` is a variable (`NAME=value`) that no other group has. Raises OSError.

        A guard that was killed is replaced.
        """
        with self._lock:
            self._groups[group] = marker, str(scratch)
            if self._guard is not None and self._guard.poll() is not None:
                self._let_go(self._guard)
                self._guard = None
            if self._guard is not None:
                self._tell(group)
                return
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(GUARD)],
                stdin=subprocess.PIPE, bufsize=0, env={}, start_new_session=True,
            )  # fmt: skip
            for each in self._groups:
                self._tell(each)

    def remove(self, group: int) -> None:
        """Lets a dead group go, and kills what had left it: its number may soon be another's."""
        with self._lock:
            marker, _ = self._groups.pop(group, ("", ""))
            self._tell(group)
        if marker:
            kill_inheritors({marker.encode()})

    def close(self) -> None:
        """Ends the guard, and with it whatever group is left."""
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

    def _tell(self, group: int) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            line = json.dumps([group, *self._groups.get(group, ())])
            # A guard that was killed is replaced with the next group.
            with contextlib.suppress(OSError):
                self._guard.stdin.write(f"{line}\n".encode())
