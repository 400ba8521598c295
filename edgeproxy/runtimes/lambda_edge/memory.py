"""How much memory a handler uses, for its limit and for the REPORT line.

Chosen: MemorySize bounds the resident memory of the runtime's process group, looked at ten times a second during init and
invocations; at the end of one the peak of the runtime's own process counts too, where the system tells it (Linux).
"""

import asyncio
import os
from collections.abc import Callable

import psutil

EVERY = 0.1
"""Seconds between two looks; shorter invocations are judged by their peak alone."""
MB = 1 << 20
_PEAK = b"VmHWM:"


def peak(pid: int) -> int:
    """Most bytes that the process has had resident; where the system keeps no record, those of now. 0 when it is gone."""
    try:
        descriptor = os.open(f"/proc/{pid}/status", os.O_RDONLY)
    except OSError:
        return _resident(pid)
    try:
        status = os.read(descriptor, 4096)
        start = status.index(_PEAK) + len(_PEAK)
        return int(status[start : status.index(b"kB", start)]) * 1024
    except (OSError, ValueError):
        return 0
    finally:
        os.close(descriptor)


def of_group(group: int) -> int:
    """Bytes that the processes of a group have resident together. Looks at every process: call it in a thread."""
    return sum(_resident(pid) for pid in psutil.pids() if _group_of(pid) == group)


class Watch:
    """Looks at a process group while an invocation runs; `exceeded` is called once it has more than `limit` bytes."""

    def __init__(self, group: int, limit: int, exceeded: Callable[[], None]) -> None:
        self._group = group
        self._limit = limit
        self._exceeded = exceeded
        self._loop = asyncio.get_running_loop()
        self._looking: asyncio.Task[None] | None = None
        # Most invocations end before the first look: a timer costs less than a task.
        self._timer = self._loop.call_later(EVERY, self._start)

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _start(self) -> None:
        self._looking = self._loop.create_task(self._look())

    async def _look(self) -> None:
        if await asyncio.to_thread(of_group, self._group) > self._limit:
            self._exceeded()
        else:
            self._timer = self._loop.call_later(EVERY, self._start)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0
