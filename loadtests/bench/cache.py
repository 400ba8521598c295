"""The cache under load: a million entries through the store (`store`), a thousand viewers of one cold object (`collapse`).

What is measured runs in processes of its own: `python -m loadtests.bench.cache hits ROUNDS` and `… fill` print JSON,
`… origin` serves the object slowly and counts who asks, `… viewers HOST PORT TARGET COUNT` are the viewers.
"""

import asyncio
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from statistics import median

import psutil

from edgeproxy import plan
from edgeproxy.clock import SystemClock
from edgeproxy.fetch import Ports
from edgeproxy.fetched import charged
from edgeproxy.messages import Bytes, Headers, Request, Response
from edgeproxy.model import CacheBehavior, CachePolicy, LambdaFunction
from edgeproxy.origins import Places
from edgeproxy.plan import Snapshot
from edgeproxy.ports import Entry, Handler
from edgeproxy.project import Source
from edgeproxy.rules import cache_key, freshness
from edgeproxy.runtimes.javascript import engine
from edgeproxy.server.viewer_server import ViewerServer
from edgeproxy.stores.cache import MemoryCache
from edgeproxy.stores.collapse import Collapsing
from edgeproxy.telemetry.request_line import RequestLines
from loadtests.bench import event_loop, viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import MB, Figure, Target
from loadtests.processes import ROOT, Address, Server, running

NAMES = ("store", "collapse")
HIT, GROWN, PAUSE = Target("<=", 1.3, "x"), Target("<=", 1.5, "x"), Target("<=", 5.0, "ms")
ASKED, GATHERED = Target("<=", 1.0, "x"), Target("<", 64.0, "MB")

PUTS, CACHE_SIZE, LARGE = 1_000_000, 256 << 20, 200 << 20
FEW, MANY, HITS_CACHE_SIZE = 1_000, 200_000, 4 << 30
"""So many entries of 1 KB are charged more than 256 MB: hits are measured in a larger cache."""
TURNS = 4
"""In each round both sides take so many turns."""

VIEWERS, SIZE, PIECE = 1_000, 10_000_000, 1 << 16
SECONDS, LIMIT = 2.0, 60.0
"""How long the origin takes for the object; how long the viewers may take."""
FILES = 4 * VIEWERS
PATHS = {"/length": "1,000 viewers", "/chunked": "1,000 viewers, chunked"}
SAMPLE_SECONDS = 0.02

RECIPE = cache_key.compile(CacheBehavior("*", "site", CachePolicy("CachingOptimized", gzip=True, brotli=True)))
ASKING = Headers((("Host", "www.example.com"), *viewer.HEADERS))
ANSWERED = (
    (b"Content-Type", b"text/html; charset=utf-8"),
    (b"Content-Length", b"1000"),
    (b"Date", b"Thu, 01 Jan 2026 00:00:00 GMT"),
    (b"Last-Modified", b"Wed, 31 Dec 2025 00:00:00 GMT"),
    (b"Cache-Control", b"public, max-age=3600"),
    (b"Vary", b"Accept-Encoding"),
    (b"X-Request-Id", b"0b0f9a52-6a4d-4c8e-9d63-2f6f2d1f7a11"),
)
NOW = time.time()


# --- store ---


def page(number: int) -> str:
    """An object's path."""
    return f"/articles/2026/{number:07d}/index.html"


def key(number: int, prefix: str = "E2\n") -> str:
    """What the store knows the object by, made anew: its hash is not known yet, as in a request."""
    return prefix + cache_key.key(RECIPE, Request("GET", "https", "www.example.com", page(number), None, ASKING))


def entry(number: int, name: str, size: int = 1000) -> Entry:
    """An object with eight header lines, no text of it shared with another, as `fetch` stores it."""
    lines = (*ANSWERED, (b"ETag", b'"%032x"' % number))
    headers = freshness.storable(Headers((line.decode("latin-1"), value.decode("latin-1")) for line, value in lines))
    stored = NOW + number / 1_000_000
    return Entry(Response(200, headers, Bytes(b"x" * size)), stored, stored + 3600, 200, charged(name, headers, size))


def put(cache: MemoryCache, number: int, size: int = 1000, prefix: str = "E2\n") -> Coroutine[None, None, None]:
    """Makes an object; to be awaited, which stores it."""
    name = key(number, prefix)
    return cache.put(name, entry(number, name, size))


class Viewer(asyncio.Transport):
    """Takes what a connection writes, keeps the last of it."""

    last = b""

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.last = bytes(data)

    def is_closing(self) -> bool:
        return False


class Side:
    """A viewer's connection to a proxy that has `numbers` stored."""

    def __init__(self, snapshot: Snapshot, cache: MemoryCache, numbers: range) -> None:
        self.numbers = numbers
        self._viewer = Viewer()
        ports = Ports(SystemClock(), cache, Collapsing(), Places(_no_handler, time.time))
        self._connection = ViewerServer(snapshot, ports, RequestLines(StringIO()), "https")()
        self._connection.connection_made(self._viewer)

    def took(self) -> float:
        """Microseconds from the bytes of a request to those of its answer, of FEW in any order. Raises WrongAnswer."""
        asked = [viewer.request(Address("127.0.0.1", 80), page(number)) for number in random.sample(self.numbers, FEW)]
        began = time.perf_counter()
        for request in asked:
            self._connection.data_received(request)
        took = time.perf_counter() - began
        if b"X-Cache: Hit from cloudfront" not in self._viewer.last:
            raise WrongAnswer(f"no hit: {self._viewer.last[:200]!r}")
        return took / FEW * 1e6


def _no_handler(function: LambdaFunction) -> Handler:
    raise WrongAnswer(f"{function.name} is asked")


async def hits(rounds: int) -> list[list[float]]:
    """Microseconds of a hit beside FEW objects, and beside MANY, of each round. Raises WrongAnswer."""
    with tempfile.TemporaryDirectory() as folder:
        site = Source(Path(folder), {}, {}).load()
    snapshot = plan.compile(site, engine.load, _no_handler)
    few, many = MemoryCache(HITS_CACHE_SIZE), MemoryCache(HITS_CACHE_SIZE)
    prefix, numbers = snapshot.distributions[0].cache_prefix, range(0, MANY, MANY // FEW)
    for number in range(MANY):
        await put(many, number, prefix=prefix)
        if number in numbers:
            await put(few, number, prefix=prefix)  # as far apart in memory as those of the other
    gc.freeze()
    sides = Side(snapshot, few, numbers), Side(snapshot, many, range(MANY))
    found: list[list[float]] = []
    for _ in range(TURNS * rounds + 1):
        found.append([side.took() for side in sides])
        await asyncio.sleep(0)
    return [list(side) for side in zip(*found[1:], strict=True)]  # the first turn warms up


class Watch:
    """How long a put kept the loop, in milliseconds, without what the garbage collector took of it.

    In processor time of the thread, so that another process on the same core is no pause; `wall` is what the clock says.
    """

    def __init__(self) -> None:
        self.pause = self.wall = self.collection = self.collecting = self._collected = self._began = 0.0
        gc.callbacks.append(self._collector)

    def _collector(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
            return
        took = (time.thread_time() - self._began) * 1000
        self._collected += took
        self.collecting += took
        self.collection = max(self.collection, took)

    def step(self, put: Coroutine[None, None, None]) -> bool:
        """Drives a put up to where it lets the loop go on; False when it has ended."""
        self._collected, began, wall = 0.0, time.thread_time(), time.perf_counter()
        try:
            put.send(None)
        except StopIteration:
            return False
        finally:
            self.pause = max(self.pause, (time.thread_time() - began) * 1000 - self._collected)
            self.wall = max(self.wall, (time.perf_counter() - wall) * 1000 - self._collected)
        return True


def watched(puts: Iterator[Coroutine[None, None, None]]) -> dict[str, float]:
    """The longest step of any of them, and what a Watch saw beside it."""
    watch = Watch()
    for put in puts:
        while watch.step(put):
            pass
    gc.callbacks.remove(watch._collector)
    return {name: getattr(watch, name) for name in ("pause", "wall", "collection", "collecting")}


async def fill() -> dict[str, float]:
    """A million puts into 256 MB, then one object that pushes out what is there; step by step."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as `edgeproxy serve` has it
    cache, process = MemoryCache(CACHE_SIZE), psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    small = watched(put(cache, number) for number in range(PUTS))
    grown = {"entries": len(cache), "rss": process.memory_info().rss - before, "seconds": time.perf_counter() - began}
    large = watched(iter([put(cache, PUTS, LARGE)]))
    if len(cache) > grown["entries"] / 2:
        raise WrongAnswer(f"{len(cache)} entries beside the large one")
    return (
        grown
        | {f"small {name}": value for name, value in small.items()}
        | {f"large {name}": value for name, value in large.items()}
    )


def store(rounds: int) -> list[Figure]:
    """A fill does not repeat itself within one process, and takes long: two of them."""
    few, many = json.loads(_said("hits", rounds))
    ratios = [more / less for less, more in zip(few, many, strict=True)]
    absolute = f"{median(many):.1f} of {median(few):.1f} µs from request to answer, without the socket"
    found = [Figure("store: hit at 200,000 / at 1,000", HIT, median(ratios), ratios, absolute)]
    return found + filled([json.loads(_said("fill")) for _ in range(min(rounds, 2))])


def filled(fills: list[dict[str, float]]) -> list[Figure]:
    """The figures of `fill`: the most memory; the longest pause of the calmer one.

    A pause of ours is in each of them; one of the machine's, whose other guests take the core for a while, is not.
    """
    sizes = [each["rss"] / CACHE_SIZE for each in fills]
    worst = max(fills, key=lambda each: each["rss"])
    grown = f"RSS of {worst['entries']:,.0f} entries after {PUTS:,} puts in {worst['seconds']:.0f} s"
    found = [Figure("store: memory / configured", GROWN, max(sizes), sizes, grown)]
    for name, title in (("small", "evicting one by one"), ("large", "evicting all for 200 MB")):
        pauses, wall, collection, collecting = (
            [each[f"{name} {part}"] for each in fills] for part in ("pause", "wall", "collection", "collecting")
        )
        absolute = (
            f"{max(wall):.1f} ms by the clock; garbage collector {max(collection):.1f} ms, {max(collecting):,.0f} ms in all"
        )
        found.append(Figure(f"store: pause, {title}", PAUSE, min(pauses), pauses, absolute))
    return found


# --- collapse ---

SITE = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: site, DomainName: origin.example.com, CustomOriginConfig: {OriginProtocolPolicy: http-only}}]
        DefaultCacheBehavior:
          {TargetOriginId: site, ViewerProtocolPolicy: allow-all, CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6}
"""
"""CachingOptimized: requests are not collapsed where cookies are forwarded, as plain `--origin` does."""


def content() -> bytes:
    """The object, of which no piece is like another."""
    return random.Random(1).randbytes(SIZE)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole: bytes, counts: dict[bytes, int]) -> None:
    """One request, one answer, then the connection closes; `/asked/…` tells how often `/…` was asked for."""
    path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
    if path.startswith(b"/asked"):
        said = b"%d" % counts.get(path.removeprefix(b"/asked"), 0)
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
    else:
        counts[path] = counts.get(path, 0) + 1
        chunked, pause = path == b"/chunked", SECONDS / (SIZE / PIECE)
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % SIZE
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nConnection: close\r\n%b\r\n\r\n" % framing)
        for start in range(0, SIZE, PIECE):
            piece = whole[start : start + PIECE]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.write(b"0\r\n\r\n" if chunked else b"")
    writer.close()


async def serve() -> None:
    """Listens on a free port and says which, until it is stopped."""
    whole, counts = content(), dict[bytes, int]()
    listening = await asyncio.start_server(lambda reader, writer: answer(reader, writer, whole, counts), "127.0.0.1", 0)
    print(f"origin ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


async def view(address: Address, target: str, whole: bytes) -> None:
    """One viewer: asks, and compares every byte that comes. Raises WrongAnswer, OSError or EOFError."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(viewer.request(address, target))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise WrongAnswer(head.decode("latin-1"))
        async for position, piece in _pieces(reader, chunked=b"\r\nTransfer-Encoding: chunked\r\n" in head):
            if whole[position : position + len(piece)] != piece:
                raise WrongAnswer(f"{target}: not what the origin sent, from byte {position:,} on")
    finally:
        writer.close()


async def _pieces(reader: asyncio.StreamReader, *, chunked: bool) -> AsyncIterator[tuple[int, bytes]]:
    """Every piece and where it begins, until SIZE bytes were there. Raises EOFError."""
    position = 0
    while position < SIZE:
        size = int(await reader.readuntil(b"\r\n"), 16) if chunked else PIECE
        piece = (await reader.readexactly(size + 2))[:-2] if chunked else await reader.read(size)
        if not piece:
            raise EOFError(f"the answer ended at byte {position:,}")
        yield position, piece
        position += len(piece)
    if chunked and await reader.readexactly(5) != b"0\r\n\r\n":
        raise EOFError("the answer did not end where it should")


async def views(address: Address, target: str, count: int) -> float:
    """So many at once: seconds until the last has all of it. Raises what `view` raises, the first of it."""
    whole, began = content(), time.perf_counter()
    async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as viewers:
        for _ in range(count):
            viewers.create_task(view(address, target, whole))
    return time.perf_counter() - began


def collapse() -> list[Figure]:
    """Two figures for each way of framing, one round of each: ten gigabytes go through the machine. Raises WrongAnswer."""
    found = []
    with _files(FILES), _site() as site, running("loadtests.bench.cache", "origin") as origin:
        for path, title in PATHS.items():
            with running("edgeproxy", "serve", site, "--origin", f"site={origin.address.url}", "--port", 0) as proxy:
                grown, seconds = _viewed(proxy, path)
            asked = float(viewer.ask(origin.address, f"/asked{path}").body)
            whole = f"all bodies whole in {seconds:.0f} s"
            found.append(Figure(f"collapse: origin requests, {title}", ASKED, asked, [asked], whole))
            found.append(Figure(f"collapse: memory growth, {title}", GATHERED, grown, [grown], "peak of RSS above idle"))
    return found


def _viewed(proxy: Server, path: str) -> tuple[float, float]:
    """Growth in megabytes and seconds taken, of a proxy that has served a small answer already."""
    viewer.ask(proxy.address, "/asked/")
    process = psutil.Process(proxy.pid)
    before = peak = process.memory_info().rss
    with _started("viewers", *proxy.address, path, VIEWERS) as viewing:
        try:
            while viewing.poll() is None:
                peak = max(peak, process.memory_info().rss)
                time.sleep(SAMPLE_SECONDS)
        except psutil.Error as error:
            raise WrongAnswer(f"{path}: the proxy has ended ({error})") from None
        seconds = json.loads(_ended(viewing))
    return (peak - before) / MB, seconds


@contextmanager
def _site() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edgeproxy-") as folder:
        template = Path(folder, "template.yaml")
        template.write_text(SITE)
        yield template


@contextmanager
def _files(count: int) -> Iterator[None]:
    """Lets this process and those it starts open so many files, or as many as they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# --- both ---


def measure(names: list[str], rounds: int) -> list[Figure]:
    """The figures `names` (of NAMES). Raises NotStarted or WrongAnswer."""
    found: list[Figure] = []
    if "store" in names:
        found += store(rounds)
    if "collapse" in names:
        found += collapse()
    return found


@contextmanager
def _started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """This file in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "loadtests.bench.cache", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _ended(process: subprocess.Popen[bytes]) -> bytes:
    """What it printed. Raises WrongAnswer when it failed; its reason is on stderr."""
    said, _ = process.communicate()
    if process.returncode:
        raise WrongAnswer(f"{' '.join(map(str, process.args[3:]))} ended with {process.returncode}")  # type: ignore[index]
    return said


def _said(*arguments: object) -> bytes:
    with _started(*arguments) as process:
        return _ended(process)


def main() -> None:
    """One of the processes, as the arguments say."""
    match sys.argv[1:]:
        case ["hits", rounds]:
            print(json.dumps(event_loop.run(hits(int(rounds)))))
        case ["fill"]:
            print(json.dumps(event_loop.run(fill())))
        case ["origin"]:
            event_loop.run(serve())
        case ["viewers", host, port, target, count]:
            print(event_loop.run(views(Address(host, int(port)), target, int(count))))


if __name__ == "__main__":
    main()
