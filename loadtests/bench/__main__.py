"""`make bench`: every figure of the benchmark, ratios first; exit code 1 when one misses its target."""

import argparse
import os
import platform
import sys

from loadtests.bench import body, cache, figures, functions, handlers, hits, idle, misses, projects, sockets, start
from loadtests.bench.client import WrongAnswer
from loadtests.processes import NotStarted, exit_on_sigterm

NAMES = (*hits.TARGETS, "miss", "socket", "idle", "start", "cdk", "body", *functions.TARGETS, *handlers.TARGETS, *cache.NAMES)


def names(text: str) -> list[str]:
    """`hit,start` as a list, in the order of NAMES. Raises argparse.ArgumentTypeError."""
    given = text.split(",")
    unknown = [name for name in given if name not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return [name for name in NAMES if name in given]


def measure(wanted: list[str], rounds: int, seconds: float) -> list[figures.Figure]:
    """Runs the benchmarks one after the other. Raises NotStarted or WrongAnswer."""
    found = []
    throughput = [name for name in wanted if name in hits.TARGETS]
    if throughput:
        found += hits.measure(throughput, rounds, seconds)
    if "miss" in wanted:
        found += misses.measure(rounds, seconds)
    if "socket" in wanted:
        found += sockets.measure(rounds, seconds)
    if "idle" in wanted:
        found += idle.measure(rounds, seconds)
    if "start" in wanted:
        found += start.measure(rounds)
    if "cdk" in wanted:
        found += projects.measure(rounds)
    if "body" in wanted:
        found += body.measure(rounds)
    found += functions.measure([name for name in wanted if name in functions.TARGETS], rounds)
    found += handlers.measure([name for name in wanted if name in handlers.TARGETS], rounds, seconds)
    found += cache.measure([name for name in wanted if name in cache.NAMES], rounds)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; 1 when a target is missed, 2 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each figure (default: 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of a throughput round (default: 2)")
    parser.add_argument("--only", type=names, default=list(NAMES), help=f"some of {','.join(NAMES)}")
    options = parser.parse_args(arguments)
    exit_on_sigterm()
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}; {options.rounds} rounds, medians (memory growth: the worst)", flush=True)
    try:
        found = measure(options.only, options.rounds, options.seconds)
    except (NotStarted, WrongAnswer) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(figures.render(found))
    return 0 if all(figure.met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
