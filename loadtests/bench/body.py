"""How much a 1 GB body through a miss makes the proxy's memory grow, with Content-Length and chunked without one.

The origin allows it to be stored, so that the proxy begins to record the chunked one and finds it too large on the way.
The viewer reads as fast as it can: `python -m loadtests.bench.body HOST PORT TARGET` prints (seconds, bytes, X-Cache).
"""

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from statistics import median

import psutil

from loadtests.bench import viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import MB, Figure, Target
from loadtests.processes import ROOT, Address, running

SIZE = 1_000_000_000
TARGET = Target("<", 32.0, "MB")
SAMPLE_SECONDS = 0.02
PATHS = {"/length": "1 GB with Content-Length", "/chunked": "1 GB chunked"}


def measure(rounds: int) -> list[Figure]:
    """A figure for each way of framing: the worst growth of all rounds. Raises NotStarted or WrongAnswer."""
    taken: dict[str, list[tuple[float, float]]] = {path: [] for path in PATHS}
    with running("loadtests.bench.origin", SIZE) as origin:
        for _ in range(rounds):
            for path, found in taken.items():
                found.append(_round(origin.address, path))
    return [_figure(PATHS[path], found) for path, found in taken.items()]


def _figure(name: str, found: list[tuple[float, float]]) -> Figure:
    growths, seconds = [growth for growth, _ in found], median(took for _, took in found)
    return Figure(f"{name}: memory growth", TARGET, max(growths), growths, f"peak of RSS; {SIZE / seconds / MB:,.0f} MB/s")


def _round(origin: Address, path: str) -> tuple[float, float]:
    """Growth in megabytes and seconds taken, of a fresh proxy that has served a small body already."""
    with running("edgeproxy", "serve", "--origin", origin.url, "--port", 0) as proxy:
        viewer.ask(proxy.address, "/small")
        process = psutil.Process(proxy.pid)
        before = peak = process.memory_info().rss
        command = [sys.executable, "-m", "loadtests.bench.body", *map(str, proxy.address), path]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as reading:
            try:
                while reading.poll() is None:
                    peak = max(peak, process.memory_info().rss)
                    time.sleep(SAMPLE_SECONDS)
            except psutil.Error as error:
                raise WrongAnswer(f"{path}: the proxy has ended ({error})") from None
            finally:
                reading.kill()
            assert reading.stdout is not None, "its stdout is a pipe"
            said = reading.stdout.read()
        seconds, size, x_cache = json.loads(said) if said else (0.0, 0, "no answer")
        if (size, x_cache) != (SIZE, "Miss from cloudfront"):
            raise WrongAnswer(f"{path}: {size} bytes, X-Cache {x_cache}")
        return (peak - before) / MB, seconds


def read(address: Address, target: str) -> tuple[float, int, str | None]:
    """Reads a body and throws it away: seconds, bytes, X-Cache."""
    connection, buffer, size = HTTPConnection(address.host, address.port, timeout=30), bytearray(1 << 18), 0
    began = time.perf_counter()
    connection.request("GET", target, headers=dict(viewer.HEADERS))
    response = connection.getresponse()
    while count := response.readinto(buffer):
        size += count
    connection.close()
    return time.perf_counter() - began, size, response.getheader("X-Cache")


if __name__ == "__main__":
    print(json.dumps(read(Address(sys.argv[1], int(sys.argv[2])), sys.argv[3])))
