"""One handler process: started from a thread in a session of its own, its output read, its death noticed, its group killed.

Standard input is the lifeline, one end of a socket pair: the bootstrap leaves when the proxy's end closes, however the proxy
ends; end of file on the proxy's end is taken for death. So is a descriptor of the process itself (Linux), since a child may
hold the lifeline on.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edgeproxy.runtimes.lambda_edge.output import Output

CHUNK = 65536
LAST_READS = 16
"""Reads of what a dead process left in a pipe; more than a pipe holds."""
LEAVING = 0.1
"""Seconds that a process may take to leave once it has let go of its lifeline."""
REAPING = 5
"""Seconds for the kernel to hand over a killed process."""


def _popen(
    command: Sequence[str], variables: Mapping[str, str], directory: Path
) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        popen = subprocess.Popen(
            command, stdin=theirs.fileno(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=directory, env=dict(variables), start_new_session=True, bufsize=0,
        )  # fmt: skip
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return popen, ours


def _death_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


class Process:
    """A running process and whatever it starts; `exited` is called once, with the exit code as in subprocess."""

    def __init__(
        self,
        popen: "subprocess.Popen[bytes]",
        lifeline: socket.socket,
        log: Callable[[str], None],
        exited: Callable[[int], None],
    ) -> None:
        self.pid = popen.pid
        self._popen = popen
        self._lifeline = lifeline
        self._exited = exited
        self._loop = asyncio.get_running_loop()
        self._reaping: asyncio.Task[None] | None = None
        self._frozen = False
        self._outputs: dict[int, Output] = {}
        self._death = _death_of(popen.pid)
        """Readable once the process has ended; None where the system has no such thing."""
        if self._death is not None:
            self._loop.add_reader(self._death, self.kill)
        self._loop.add_reader(lifeline.fileno(), self._lifeline_readable)
        for stream in filter(None, (popen.stdout, popen.stderr)):
            os.set_blocking(stream.fileno(), False)
            self._outputs[stream.fileno()] = Output(log)
            self._loop.add_reader(stream.fileno(), self._output_readable, stream.fileno())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        variables: Mapping[str, str],
        directory: Path,
        log: Callable[[str], None],
        exited: Callable[[int], None],
    ) -> "Process":
        """Starts a process with these variables only. Raises OSError, ValueError (a NUL).

        Not to be cancelled: the process would have no owner.
        """
        popen, lifeline = await asyncio.to_thread(_popen, command, variables, directory)
        return cls(popen, lifeline, log, exited)

    @property
    def alive(self) -> bool:
        """False from the moment its death is noticed or asked for."""
        return self._reaping is None

    def kill(self) -> None:
        """Ends its lifeline and kills its group; what follows happens in the background."""
        if self._reaping is None:
            self._loop.remove_reader(self._lifeline.fileno())
            if self._death is not None:
                self._loop.remove_reader(self._death)
            with contextlib.suppress(OSError):
                self._lifeline.shutdown(socket.SHUT_WR)
            # Before it is reaped, so that the number cannot belong to anyone else. macOS: EPERM for a group of zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._reaping = self._loop.create_task(self._reap())

    def freeze(self) -> None:
        """Stops the group where it is: timers and what runs in the background wait for `thaw`."""
        self._frozen = True
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets the group go on."""
        if self._frozen:
            self._frozen = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def read_output(self) -> None:
        """Reads what has been printed until now."""
        for descriptor in self._outputs:
            for _ in range(LAST_READS):
                if not self._output_readable(descriptor):
                    break

    async def stop(self) -> None:
        """Kills it and waits until it is gone."""
        self.kill()
        if self._reaping is not None:
            await asyncio.shield(self._reaping)

    def _lifeline_readable(self) -> None:
        try:
            ended = not self._lifeline.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            ended = True
        if ended:
            # One that is leaving closes what it holds a moment before it is gone: its own exit code tells more than a kill.
            self._loop.remove_reader(self._lifeline.fileno())
            self._loop.call_later(LEAVING, self.kill)

    def _output_readable(self, descriptor: int) -> bool:
        """Reads once; False when there is nothing more now or ever."""
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self._outputs[descriptor].feed(data)
        else:
            self._loop.remove_reader(descriptor)
        return bool(data)

    async def _reap(self) -> None:
        try:
            code = await asyncio.to_thread(self._popen.wait, REAPING)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        self._close()
        self._exited(code)

    def _close(self) -> None:
        self._lifeline.close()
        if self._death is not None:
            os.close(self._death)
        self.read_output()
        for stream in filter(None, (self._popen.stdout, self._popen.stderr)):
            self._loop.remove_reader(stream.fileno())
            self._outputs[stream.fileno()].end()
            stream.close()
