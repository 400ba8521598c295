import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeproxy.runtimes.lambda_edge.guarded import Guarded

# Says that it is there, then waits for ever: for longer than any test.
WAITING = "print('there', flush=True); import signal; signal.pause()"
NOWHERE = Path("/nonexistent")
PROXY = """
import sys
from edgeproxy.runtimes.lambda_edge.guarded import Guarded
guarded = Guarded()
for group in sys.argv[1:]:
    guarded.add(int(group), f"MARKER={group}", "/nonexistent")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def waiting(start):
    return lambda: start(WAITING, start_new_session=True)


@pytest.fixture
def guarded():
    guarded = Guarded()
    yield guarded
    guarded.close()


def test_frozen_groups_are_killed_when_the_proxy_is(waiting):
    frozen, running = waiting(), waiting()
    os.killpg(frozen.pid, signal.SIGSTOP)
    words = [sys.executable, "-c", PROXY, str(frozen.pid), str(running.pid)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as proxy:
        assert proxy.stdout.readline() == b"ready\n"
        proxy.kill()
    assert [frozen.wait(10), running.wait(10)] == [-signal.SIGKILL] * 2


def test_a_group_that_was_let_go_is_left_alone(waiting, guarded):
    kept, let_go = waiting(), waiting()
    guarded.add(kept.pid, f"MARKER={kept.pid}", NOWHERE)
    guarded.add(let_go.pid, f"MARKER={let_go.pid}", NOWHERE)
    guarded.remove(let_go.pid)
    guarded.close()
    assert kept.wait(10) == -signal.SIGKILL
    assert let_go.poll() is None


def test_a_guard_that_was_killed_is_replaced_and_knows_all_groups(waiting, guarded):
    first, second = waiting(), waiting()
    guarded.add(first.pid, f"MARKER={first.pid}", NOWHERE)
    before = guarded.pid
    os.kill(before, signal.SIGKILL)
    guarded._guard.wait(10)
    guarded.remove(123456789)
    guarded.add(second.pid, f"MARKER={second.pid}", NOWHERE)
    assert guarded.pid not in (0, before)
    guarded.close()
    assert [first.wait(10), second.wait(10)] == [-signal.SIGKILL] * 2


def test_nothing_is_started_before_it_is_needed(guarded):
    assert guarded.pid == 0
    guarded.remove(1)
    guarded.close()
