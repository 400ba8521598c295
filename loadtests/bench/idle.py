"""What an idle keep-alive connection costs: memory of the proxy process a connection, and the hits of others beside 5,000.

`python -m loadtests.bench.idle HOST PORT COUNT TARGET` opens them, one request each, says `idle ready`, and keeps them until
its stdin ends.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psutil

from loadtests.bench import client, event_loop, hits, viewer
from loadtests.bench.figures import Figure, Target
from loadtests.processes import DEMO, ROOT, Address, NotStarted, running

COUNT = 5_000
AT_ONCE = 100
KB = 1_000
TARGETS = {"memory": Target("<", 40.0, "KB"), "hits": Target(">=", 0.90, "x")}


def measure(rounds: int, seconds: float) -> list[Figure]:
    """Both figures, a fresh proxy each round. Raises NotStarted or WrongAnswer."""
    taken = [_round(seconds) for _ in range(rounds)]
    sizes, ratios = [size for size, _, _ in taken], [beside.rate / alone.rate for _, alone, beside in taken]
    rate, compared = (median(each[place].rate for each in taken) for place in (2, 1))
    absolute = f"{rate:,.0f} of {compared:,.0f} requests/s"
    return [
        Figure("idle: memory a connection", TARGETS["memory"], max(sizes), sizes, f"RSS, {COUNT:,} keep-alive connections"),
        Figure(f"idle: hits beside {COUNT:,} / alone", TARGETS["hits"], median(ratios), ratios, absolute),
    ]


def _round(seconds: float) -> tuple[float, client.Round, client.Round]:
    """Kilobytes a connection, and the rounds before and beside them."""
    with running("edgeproxy", "serve", DEMO / "site", "--port", 0) as proxy:
        page = hits.PAGES["hit"]
        length = hits.warm(proxy, page)
        alone = client.measure(proxy.address, page, length, seconds)
        process = psutil.Process(proxy.pid)
        before = process.memory_info().rss
        with idle_viewers(proxy.address, page):
            size = (process.memory_info().rss - before) / COUNT / KB
            return size, alone, client.measure(proxy.address, page, length, seconds)


@contextmanager
def idle_viewers(address: Address, target: str) -> Iterator[None]:
    """COUNT of them, in a process of their own, until the block ends. Raises NotStarted."""
    command = [sys.executable, "-m", "loadtests.bench.idle", address.host, str(address.port), str(COUNT), target]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, **pipes) as process:
        assert process.stdin is not None, "it is a pipe"
        assert process.stdout is not None, "it is a pipe"
        assert process.stderr is not None, "it is a pipe"
        try:
            if process.stdout.readline() != "idle ready\n":
                raise NotStarted(f"{COUNT} idle connections: {process.stderr.read()}")
            yield
        finally:
            process.stdin.close()


async def stay(address: Address, count: int, target: str) -> None:
    """Opens the connections, some at a time, and waits for the end of stdin."""
    request, gate = viewer.request(address, target), asyncio.Semaphore(AT_ONCE)

    async def one() -> asyncio.StreamWriter:
        async with gate:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
            await reader.readexactly(int(length.split(b" ")[1]))
            return writer

    writers = await asyncio.gather(*(one() for _ in range(count)))
    print("idle ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for writer in writers:
        writer.transport.abort()


if __name__ == "__main__":
    host, port, count, target = sys.argv[1:]
    event_loop.run(stay(Address(host, int(port)), int(count), target))
