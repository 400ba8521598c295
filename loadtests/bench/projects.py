"""A CDK app of three stacks, five functions and two handlers: until its first page is there, and until a save of it counts."""

import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from loadtests.bench import assembly, viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import Figure, Target
from loadtests.processes import Address, running

READY, SAVED = Target("<=", 1.5, "s"), Target("<=", 300.0, "ms")
SAVES = 5
"""Saves of one round; the worst counts."""
PATIENCE = 5.0
"""Seconds after which a save is taken for not noticed."""


def measure(rounds: int) -> list[Figure]:
    """Both figures, a fresh process each round. Raises NotStarted or WrongAnswer."""
    taken = [_round() for _ in range(rounds)]
    starts, saves = [start for start, _ in taken], [save for _, save in taken]
    return [
        Figure("cdk: start to first page", READY, median(starts), starts, "3 stacks, 5 functions, 2 handlers"),
        Figure(
            "cdk: a save to its answer", SAVED, max(saves), saves, f"the slowest of {SAVES} in each round, the template saved"
        ),
    ]


def _round() -> tuple[float, float]:
    """Seconds to the first page, milliseconds of the slowest save."""
    with TemporaryDirectory(prefix="edgeproxy-") as folder:
        app = Path(folder, "cdk.out")
        assembly.write(app)
        with running("edgeproxy", "serve", app, "--port", 0) as proxy:
            answer = viewer.ask(proxy.address, "/index.html")
            started = time.perf_counter() - proxy.launched
            if (answer.status, answer.body) != (200, assembly.PAGE):
                raise WrongAnswer(f"the first page of the CDK app: {answer.status} {answer.body[:80]!r}")
            return started, max(_save(app, number, proxy.address) for number in range(1, SAVES + 1)) * 1000


def _save(app: Path, number: int, address: Address) -> float:
    """Seconds from the save to the first answer of the new function."""
    connection = HTTPConnection(address.host, address.port, timeout=30)
    saved = time.perf_counter()
    assembly.save(app, number)
    try:
        while time.perf_counter() - saved < PATIENCE:
            connection.request("GET", "/answer")
            response = connection.getresponse()
            response.read()
            if response.headers["x-saved"] == str(number):
                return time.perf_counter() - saved
            time.sleep(0.002)
    finally:
        connection.close()
    raise WrongAnswer(f"a changed function did not answer within {PATIENCE:g} s of the save")
