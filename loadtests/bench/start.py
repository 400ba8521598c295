"""From process start to the first answer of the demo's first page, and the memory of the idle proxy process after it."""

import time
from statistics import median

import psutil

from loadtests.bench import viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import MB, Figure, Target
from loadtests.processes import DEMO, running

START, MEMORY = Target("<=", 1.0, "s"), Target("<=", 80.0, "MB")
IDLE_SECONDS = 0.5


def measure(rounds: int) -> list[Figure]:
    """Both figures, a fresh process each round. Raises NotStarted or WrongAnswer."""
    taken = [_round() for _ in range(rounds)]
    starts, memories = [start for start, _ in taken], [memory for _, memory in taken]
    return [
        Figure(
            "start to first page",
            START,
            median(starts),
            starts,
            "process made to answer read",
        ),
        Figure("idle memory", MEMORY, median(memories), memories, f"RSS of the proxy process {IDLE_SECONDS} s after that"),
    ]


def _round() -> tuple[float, float]:
    """Seconds and megabytes."""
    with running("edgeproxy", "serve", DEMO, "--port", 0) as proxy:
        answer = viewer.ask(proxy.address, "/")
        took = time.perf_counter() - proxy.launched
        if (answer.status, answer.x_cache) != (200, "Miss"):
            raise WrongAnswer(f"the first page of the demo: {answer.status} {answer.x_cache}")
        time.sleep(IDLE_SECONDS)
        return took, psutil.Process(proxy.pid).memory_info().rss / MB
