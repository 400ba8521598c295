"""Misses a second beside a bare aiohttp proxy: 1,000 bytes, keep-alive on both sides; stored ones, and ones that never are.

Ten browser headers, 32 connections, another query string in each request. Rounds of both proxies take turns.
"""

from contextlib import ExitStack
from pathlib import Path
from statistics import median

from loadtests.bench import client, small_origin
from loadtests.bench.figures import Figure, Target
from loadtests.processes import running

TARGET = Target(">=", 0.80, "x")
APP = Path(__file__).with_name("app") / "template.yaml"
PAGES = {"stored": "/page?n={n}", "uncached": "/uncached?n={n}"}
"""By the template's behaviors: with a cache policy of its own, with CachingDisabled."""


def measure(rounds: int, seconds: float) -> list[Figure]:
    """A figure for each kind. Raises NotStarted or WrongAnswer."""
    with ExitStack() as stack:
        origin = stack.enter_context(running("loadtests.bench.small_origin"))
        place = f"app={origin.address.url}"
        proxy = stack.enter_context(running("edgeproxy", "serve", APP, "--origin", place, "--port", 0))
        bare = stack.enter_context(running("loadtests.bench.bare_proxy", *origin.address))
        taken: dict[str, tuple[list[client.Round], list[client.Round]]] = {kind: ([], []) for kind in PAGES}
        for _ in range(rounds):
            for kind, page in PAGES.items():
                for server, found in zip((proxy, bare), taken[kind], strict=True):
                    found.append(client.measure(server.address, page, small_origin.SIZE, seconds, "Miss"))
    return [figure(kind, *found) for kind, found in taken.items()]


def figure(kind: str, proxy: list[client.Round], bare: list[client.Round]) -> Figure:
    """The median of the ratios of each round."""
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(proxy, bare, strict=True)]
    rate, compared = (median(each.rate for each in rounds) for rounds in (proxy, bare))
    return Figure(f"miss: {kind} / bare proxy", TARGET, median(ratios), ratios, f"{rate:,.0f} of {compared:,.0f} requests/s")
