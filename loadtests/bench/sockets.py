"""WebSocket messages a second that are echoed through the proxy, beside a bare aiohttp relay; 32 connections, 100 bytes each.

`python -m loadtests.bench.sockets HOST PORT SECONDS` prints (echoes, seconds) as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from statistics import median
from typing import cast

from loadtests.bench import event_loop
from loadtests.bench.client import CONNECTIONS, SHOWN, WARM_UP_SECONDS, WrongAnswer
from loadtests.bench.figures import Figure, Target
from loadtests.bench.misses import APP
from loadtests.bench.small_origin import ECHO, TEXT
from loadtests.processes import ROOT, Address, running

TARGET = Target(">=", 0.80, "x")
MASK = b"mask"
SENT = bytes([0x81, 0x80 | len(TEXT)]) + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(TEXT))
HANDSHAKE = (
    "GET /socket HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def measure(rounds: int, seconds: float) -> list[Figure]:
    """The figure. Raises NotStarted or WrongAnswer."""
    with ExitStack() as stack:
        origin = stack.enter_context(running("loadtests.bench.small_origin"))
        place = f"app={origin.address.url}"
        proxy = stack.enter_context(running("edgeproxy", "serve", APP, "--origin", place, "--port", 0))
        bare = stack.enter_context(running("loadtests.bench.bare_proxy", *origin.address))
        rates = [(_rate(proxy.address, seconds), _rate(bare.address, seconds)) for _ in range(rounds)]
    ratios = [ours / theirs for ours, theirs in rates]
    rate, compared = (median(each[place] for each in rates) for place in (0, 1))
    absolute = f"{rate:,.0f} of {compared:,.0f} messages/s"
    return [Figure("socket: WebSocket echo / bare relay", TARGET, median(ratios), ratios, absolute)]


def _rate(address: Address, seconds: float) -> float:
    command = [sys.executable, "-m", "loadtests.bench.sockets", address.host, str(address.port), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 30)
    if done.returncode != 0:
        raise WrongAnswer(f"WebSockets of {address.url}:\n{done.stderr[:SHOWN]}")
    echoes, took = json.loads(done.stdout)
    return float(echoes / took)


class Echoed(asyncio.Protocol):
    """One viewer: sends a message when it has the echo of the one before."""

    echoes = 0

    def __init__(self, address: Address) -> None:
        self._address = address
        self._data = b""
        self._open = False
        self._transport: asyncio.WriteTransport | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(HANDSHAKE.format(*self._address).encode())

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open and b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            self._open = head.startswith(b"HTTP/1.1 101 ")
            if not self._open:
                return self._wrong(head)
            return self._say()
        if self._open and len(self._data) >= len(ECHO):
            if self._data != ECHO:
                return self._wrong(self._data)
            self._data = b""
            Echoed.echoes += 1
            self._say()
        return None

    def _say(self) -> None:
        if self._transport is not None:
            self._transport.write(SENT)

    def _wrong(self, seen: bytes) -> None:
        if not self.over.done():
            self.over.set_exception(WrongAnswer(seen[:SHOWN].decode("latin-1")))

    def connection_lost(self, exc: Exception | None) -> None:
        self._wrong(b"the server closed a connection")


async def drive(address: Address, seconds: float) -> tuple[int, float]:
    """Echoes and seconds, after a warm-up. Raises WrongAnswer or OSError."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Echoed(address), *address) for _ in range(CONNECTIONS)]
    over = [viewer.over for _, viewer in made]
    try:
        await asyncio.wait(over, timeout=WARM_UP_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        echoes, began = Echoed.echoes, time.perf_counter()
        await asyncio.wait(over, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        found = Echoed.echoes - echoes, time.perf_counter() - began
        for each in over:
            if each.done():
                each.result()
        return found
    finally:
        for transport, viewer in made:
            viewer.over.cancel()
            transport.abort()


if __name__ == "__main__":
    host, port, seconds = sys.argv[1:]
    print(json.dumps(event_loop.run(drive(Address(host, int(port)), float(seconds)))))
