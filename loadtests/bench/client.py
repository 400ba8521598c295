"""A client that costs far less than what it measures: fixed requests over keep-alive connections, every answer checked.

`python -m loadtests.bench.client HOST PORT TARGET LENGTH SECONDS X-CACHE` prints one Round as JSON; it runs in a process of its
own. `{n}` in the target is another number in each request.
"""

import asyncio
import json
import subprocess
import sys
import time
from typing import NamedTuple, cast

from loadtests.bench import event_loop, viewer
from loadtests.processes import ROOT, Address

CONNECTIONS = 32
WARM_UP_SECONDS = 0.2
SHOWN = 2_000
"""Characters of a wrong answer, or of an error, that are shown."""


class WrongAnswer(Exception):
    """An answer that is not the expected one, or none: what was measured is worth nothing."""


class Round(NamedTuple):
    """Answers in how many seconds; `busy` is the share of one core that the client itself took."""

    answers: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class Counter:
    """Requests and answers so far, of all connections, and the end of it when one is wrong."""

    def __init__(self, request: bytes) -> None:
        self.answers = 0
        self._before, self._numbered, self._after = request.partition(b"{n}")
        self._number = time.time_ns()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closing = False

    def request(self) -> bytes:
        """The next request."""
        if not self._numbered:
            return self._before
        self._number += 1
        return b"%b%d%b" % (self._before, self._number, self._after)

    def wrong(self, reason: str) -> None:
        """Ends the round with WrongAnswer."""
        if not self.over.done() and not self.closing:
            self.over.set_exception(WrongAnswer(reason))


class Connection(asyncio.Protocol):
    """One viewer: sends the request, checks the answer (200, length, X-Cache), sends it again."""

    def __init__(self, length: int, x_cache: str, counter: Counter) -> None:
        self._length = length
        self._stated = b"\r\nContent-Length: %d\r\n" % length
        self._outcome = f"\r\nX-Cache: {x_cache} from cloudfront\r\n".encode()
        self._counter = counter
        self._data = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._counter.request())

    def data_received(self, data: bytes) -> None:
        data = self._data = self._data + data if self._data else data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return
        missing = head + 4 + self._length - len(data)
        if self._is_wrong(data, head) or missing < 0:
            self._counter.wrong(data[: head + 4].decode("latin-1"))
        elif missing == 0:
            self._data = b""
            self._counter.answers += 1
            if self._transport is not None:
                self._transport.write(self._counter.request())

    def _is_wrong(self, data: bytes, head: int) -> bool:
        good = data.startswith(b"HTTP/1.1 200 ") and data.find(self._stated, 0, head + 2) > 0
        return not good or data.find(self._outcome, 0, head + 2) < 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._counter.wrong(f"the server closed a connection ({exc})")


async def drive(address: Address, target: str, length: int, seconds: float, x_cache: str = "Hit") -> Round:
    """Keeps every connection busy for `seconds` after a warm-up. Raises WrongAnswer or OSError."""
    loop, counter = asyncio.get_running_loop(), Counter(viewer.request(address, target))
    made = [
        await loop.create_connection(lambda: Connection(length, x_cache, counter), address.host, address.port)
        for _ in range(CONNECTIONS)
    ]
    try:
        await asyncio.wait([counter.over], timeout=WARM_UP_SECONDS)
        answers, began, cpu = counter.answers, time.perf_counter(), time.process_time()
        await asyncio.wait([counter.over], timeout=seconds)
        took = time.perf_counter() - began
        round_ = Round(counter.answers - answers, took, (time.process_time() - cpu) / took)
    finally:
        counter.closing = True
        for transport, _ in made:
            transport.abort()
    if counter.over.done():
        counter.over.result()
    if round_.answers == 0:
        raise WrongAnswer(f"no answer within {seconds} s")
    return round_


def measure(address: Address, target: str, length: int, seconds: float, x_cache: str = "Hit") -> Round:
    """The same in a process of its own. Raises WrongAnswer."""
    command = [sys.executable, "-m", "loadtests.bench.client", address.host, str(address.port), target, str(length)]
    done = subprocess.run([*command, str(seconds), x_cache], cwd=ROOT, capture_output=True, text=True, timeout=seconds + 30)
    if done.returncode != 0:
        raise WrongAnswer(f"{target} of {address.url}:\n{done.stderr[:SHOWN]}")
    return Round(*json.loads(done.stdout))


def main() -> None:
    """Drives one round, as the arguments say."""
    host, port, target, length, seconds, x_cache = sys.argv[1:]
    try:
        print(json.dumps(event_loop.run(drive(Address(host, int(port)), target, int(length), float(seconds), x_cache))))
    except (WrongAnswer, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
