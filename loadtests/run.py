"""`make load`: the demo's API and the proxy, locust on them for 20 seconds, a table; everything stopped at the end."""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from loadtests import table
from loadtests.processes import DEMO, NotStarted, demo_api, exit_on_sigterm, running, started

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
HEADER = ("task", "requests", "failures", "p50 ms", "p95 ms", "p99 ms", "requests/s", "Hit")
TASKS = ("hit", "miss", "function", "lambda")
_ENTRY = re.compile(r"(.*) \((.*)\)")


class Task(NamedTuple):
    """One task's figures: times are whole milliseconds by how often they occurred (as locust rounds them)."""

    name: str
    requests: int
    failures: int
    times: Counter[int]
    hits: int


class NoReport(Exception):
    """locust ended without its statistics; the text is what it wrote."""


def tasks(entries: Iterable[dict[str, Any]]) -> list[Task]:
    """locust's entries (`hit (Hit)`, `hit (Miss)`, …) put together by task."""
    together: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for entry in entries:
        match = _ENTRY.fullmatch(entry["name"])
        name, x_cache = (match[1], match[2]) if match else (entry["name"], "")
        together[name].append((x_cache, entry))
    return [_task(name, together[name]) for name in sorted(together, key=[*TASKS, *together].index)]


def _task(name: str, parts: list[tuple[str, dict[str, Any]]]) -> Task:
    times: Counter[int] = Counter()
    for _, entry in parts:
        times.update({int(milliseconds): count for milliseconds, count in entry["response_times"].items()})
    return Task(
        name,
        sum(entry["num_requests"] for _, entry in parts),
        sum(entry["num_failures"] for _, entry in parts),
        times,
        sum(entry["num_requests"] for x_cache, entry in parts if x_cache == "Hit"),
    )


def percentile(times: Counter[int], share: float) -> int:
    """The smallest time within which `share` (0 to 1) of all requests were answered; 0 without any."""
    wanted, seen = share * times.total(), 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen >= wanted:
            return milliseconds
    return 0


def render(found: list[Task], seconds: float) -> str:
    """The table, with a line for all tasks together."""
    times = sum((task.times for task in found), Counter[int]())
    total = Task("all", sum(t.requests for t in found), sum(t.failures for t in found), times, sum(t.hits for t in found))
    return table.render("<>>>>>>>", HEADER, [_row(task, seconds) for task in [*found, total]])


def _row(task: Task, seconds: float) -> list[str]:
    percentiles = [str(percentile(task.times, share)) for share in (0.50, 0.95, 0.99)]
    share = task.hits / task.requests if task.requests else 0.0
    return [task.name, str(task.requests), str(task.failures), *percentiles, f"{task.requests / seconds:.1f}", f"{share:.1%}"]


def drive(url: str, users: int, seconds: int) -> tuple[list[dict[str, Any]], str]:
    """Runs locust and returns its entries and what it printed. Raises NoReport."""
    with TemporaryDirectory(prefix="edgeproxy-") as folder:
        report, out, err = (Path(folder, name) for name in ("report.json", "stdout", "stderr"))
        command = [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), "--headless", "--only-summary"]
        command += ["--host", url, "--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]
        command += ["--json-file", str(report.with_suffix(""))]
        with started(command, out, err) as locust:
            try:
                locust.wait(seconds + 30)
            except subprocess.TimeoutExpired:
                raise NoReport(f"locust has not ended {30} s after its time") from None
        said = err.read_text(errors="replace") + out.read_text(errors="replace")
        if not report.exists():
            raise NoReport(said)
        return json.loads(report.read_text()), said


def main(arguments: list[str] | None = None) -> int:
    """Runs the load; 1 when a request failed, or when something did not start."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="how long to drive (default: 20)")
    parser.add_argument("--users", type=int, default=8, help="viewers at a time (default: 8)")
    options = parser.parse_args(arguments)
    exit_on_sigterm()
    try:
        with demo_api() as api, running("edgeproxy", "serve", DEMO, "--origin", f"api={api.url}", "--port", 0) as proxy:
            print(f"{options.users} users for {options.seconds} s on {proxy.address.url}", flush=True)
            entries, said = drive(proxy.address.url, options.users, options.seconds)
    except (NotStarted, NoReport) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    found = tasks(entries)
    failed = not found or any(task.failures for task in found)
    if failed:
        print(said)
    print(render(found, options.seconds))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
