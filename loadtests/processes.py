"""Servers in processes of their own, from their ready line to their end; always stopped, by id."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "configs" / "demo"
START_SECONDS = 20.0
STOP_SECONDS = 10.0
"""More than the 5 s that the proxy gives what is in flight."""
_READY = re.compile(r"^\S+ ready on http://(\S+):([0-9]+)$", re.MULTILINE)


class NotStarted(Exception):
    """A server that ended, or said nothing, before it was ready; the text holds what it wrote to stderr."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{self.host}:{self.port}"


class Server(NamedTuple):
    """A running server; `launched` is time.perf_counter() just before its process was made."""

    address: Address
    pid: int
    launched: float


def ready(text: str) -> Address | None:
    """The address in a line such as `edgeproxy ready on http://127.0.0.1:8080`; None until there is one."""
    match = _READY.search(text)
    return Address(match[1], int(match[2])) if match else None


@contextmanager
def running(module: str, *arguments: object) -> Iterator[Server]:
    """`python -m MODULE ARGUMENTS` with its stdout in a file, until the block ends. Raises NotStarted."""
    with TemporaryDirectory(prefix="edgeproxy-") as folder:
        out, err = Path(folder, "stdout"), Path(folder, "stderr")
        launched = time.perf_counter()
        with started([sys.executable, "-m", module, *map(str, arguments)], out, err) as process:
            yield Server(_wait_until_ready(process, out, err), process.pid, launched)


@contextmanager
def demo_api() -> Iterator[Address]:
    """The demo's JSON API on a free port, until the block ends. Raises NotStarted."""
    with TemporaryDirectory(prefix="edgeproxy-") as folder:
        out, err = Path(folder, "stdout"), Path(folder, "stderr")
        address = Address("127.0.0.1", _free_port())
        with started([sys.executable, str(DEMO / "api.py"), str(address.port)], out, err) as process:
            _wait_until_accepting(process, address, err)
            yield address


@contextmanager
def started(command: list[str], out: Path, err: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own (a Ctrl-C is this process's to pass on), stopped when the block ends."""
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def exit_on_sigterm() -> None:
    """Makes SIGTERM unwind the stack as Ctrl-C does, so that every server is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _wait_until_ready(process: subprocess.Popen[bytes], out: Path, err: Path) -> Address:
    for _ in _while_starting(process, err):
        address = ready(out.read_text(errors="replace"))
        if address is not None:
            return address
    raise AssertionError("waiting ends with an address or NotStarted")


def _wait_until_accepting(process: subprocess.Popen[bytes], address: Address, err: Path) -> None:
    for _ in _while_starting(process, err):
        try:
            socket.create_connection(address, timeout=1).close()
        except ConnectionRefusedError:
            continue
        return


def _while_starting(process: subprocess.Popen[bytes], err: Path) -> Iterator[None]:
    """A turn every 2 ms while the process lives. Raises NotStarted when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        yield
        time.sleep(0.002)
    ended = f"ended with {process.returncode}" if process.returncode is not None else f"not ready in {START_SECONDS:g} s"
    raise NotStarted(f"{' '.join(map(str, process.args))}: {ended}\n{err.read_text(errors='replace')}")  # type: ignore[arg-type]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
