import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.processes import ROOT
from loadtests.run import Task, percentile, render, tasks


def entry(name, requests, failures=0, **times):
    counts = {milliseconds.removeprefix("ms"): count for milliseconds, count in times.items()}
    return {"name": name, "num_requests": requests, "num_failures": failures, "response_times": counts}


def test_entries_of_a_task_are_put_together_and_hits_counted():
    found = tasks([entry("hit (Miss)", 1, 1, ms40=1), entry("hit (Hit)", 9, 0, ms1=8, ms2=1)])
    assert found == [Task("hit", 10, 1, Counter({1: 8, 2: 1, 40: 1}), 9)]


def test_tasks_stand_in_one_order():
    names = ["other", "lambda (Miss)", "hit (Hit)", "miss (Miss)"]
    assert [task.name for task in tasks([entry(name, 1) for name in names])] == ["hit", "miss", "lambda", "other"]


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        pytest.param({}, 0.5, 0, id="no requests"),
        pytest.param({7: 1}, 0.99, 7, id="one request is every percentile"),
        pytest.param({1: 50, 9: 50}, 0.5, 1, id="half of the requests within 1 ms"),
        pytest.param({1: 49, 9: 51}, 0.5, 9, id="less than half within 1 ms"),
        pytest.param({1: 94, 2: 5, 900: 1}, 0.99, 2, id="one of a hundred does not move p99"),
    ],
)
def test_percentile(times, share, expected):
    assert percentile(Counter(times), share) == expected


@given(st.lists(st.integers(0, 300), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_that_share_of_all_requests_is_within_a_percentile_and_fewer_within_less(values, share):
    found = percentile(Counter(values), share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_the_table_ends_with_all_tasks_together():
    found = [Task("hit", 30, 0, Counter({1: 30}), 27), Task("miss", 10, 2, Counter({5: 10}), 0)]
    assert render(found, 20).splitlines() == [
        "task  requests  failures  p50 ms  p95 ms  p99 ms  requests/s    Hit",
        "hit         30         0       1       1       1         1.5  90.0%",
        "miss        10         2       5       5       5         0.5   0.0%",
        "all         40         2       1       5       5         2.0  67.5%",
    ]


def test_one_second_of_the_demo_without_a_failure(tmp_path):
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "EDGEPROXY_WEIGHT_MISS": "0"}
    command = [sys.executable, "-m", "loadtests.run", "--seconds", "1", "--users", "2"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert rows[0] == "task"
    assert rows[-1] == "all"
    assert "hit" in rows
    assert "miss" not in rows
