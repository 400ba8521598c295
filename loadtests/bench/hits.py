"""Cache hits a second beside a bare server: without code (`hit`), with a CloudFront Function at viewer-request (`function`).

Ten browser headers, keep-alive, 32 connections, a request line each into a file. Rounds of all servers take turns.
"""

from contextlib import ExitStack
from pathlib import Path
from statistics import median

from loadtests.bench import client, viewer
from loadtests.bench.figures import Figure, Target
from loadtests.processes import DEMO, Server, running

TARGETS = {"hit": Target(">=", 0.70, "x"), "function": Target(">=", 0.25, "x")}
CONFIGURATIONS = {"hit": DEMO / "site", "function": Path(__file__).with_name("function")}
PAGES = {"bare": "/about.html", "hit": "/about.html", "function": "/about"}
"""CleanUrls makes `/about` the same object."""


def measure(names: list[str], rounds: int, seconds: float) -> list[Figure]:
    """The figures `names` (of TARGETS). Raises NotStarted or WrongAnswer."""
    with ExitStack() as stack:
        servers = {}
        for name in names:
            servers[name] = stack.enter_context(running("edgeproxy", "serve", CONFIGURATIONS[name], "--port", 0))
        lengths = {name: warm(server, PAGES[name]) for name, server in servers.items()}
        copied = servers[names[0]].address
        servers["bare"] = stack.enter_context(running("loadtests.bench.bare", *copied, PAGES[names[0]]))
        lengths["bare"] = warm(servers["bare"], PAGES["bare"])
        measured: dict[str, list[client.Round]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                measured[name].append(client.measure(server.address, PAGES[name], lengths[name], seconds))
    return [figure(name, measured[name], measured["bare"]) for name in names]


def warm(server: Server, target: str) -> int:
    """Puts the page into the cache; the length of its body. Raises WrongAnswer when it does not stay there."""
    viewer.ask(server.address, target)
    answer = viewer.ask(server.address, target)
    if (answer.status, answer.x_cache) != (200, "Hit"):
        raise client.WrongAnswer(f"{target} of {server.address.url} is no hit: {answer.status} {answer.x_cache}")
    return len(answer.body)


def figure(name: str, proxy: list[client.Round], bare: list[client.Round]) -> Figure:
    """The median of the ratios of each round."""
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(proxy, bare, strict=True)]
    rate, compared = (median(each.rate for each in rounds) for rounds in (proxy, bare))
    busy = max(each.busy for each in (*proxy, *bare))
    absolute = f"{rate:,.0f} of {compared:,.0f} requests/s (client at most {busy:.0%} of a core)"
    return Figure(f"{name}: cache hit / bare server", TARGETS[name], median(ratios), ratios, absolute)
