import asyncio
import subprocess
import sys

import pytest

from edgeproxy.runtimes.lambda_edge import memory

# Takes so many MB at its start and in its child, says so, and waits for its input to end.
HOG = """
import subprocess, sys
held = b"x" * (int(sys.argv[1]) << 20)
if len(sys.argv) > 2:
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2], sys.argv[1]], stdin=sys.stdin, stdout=subprocess.PIPE)
    child.stdout.readline()
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hog():
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-c", HOG, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        started.append(process)
        assert process.stdout.readline() == b"there\n"
        return process.pid

    yield start
    for process in started:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def test_the_peak_of_a_process(hog):
    assert memory.peak(hog("64")) >= 64 * memory.MB


def test_a_group_is_counted_with_its_children(hog):
    alone, family = hog("64"), hog("64", HOG)
    assert memory.of_group(family) - memory.of_group(alone) >= 60 * memory.MB


def test_a_process_that_is_gone_uses_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    process.wait(10)
    assert (memory.peak(process.pid), memory.of_group(process.pid)) == (0, 0)


async def test_who_has_too_much_is_told_of(hog):
    exceeded = asyncio.Event()
    watch = memory.Watch(hog("64"), 32 * memory.MB, exceeded.set)
    assert await asyncio.wait_for(exceeded.wait(), 10)
    watch.stop()


async def test_a_watch_that_was_stopped_looks_no_more(hog):
    exceeded = asyncio.Event()
    watch = memory.Watch(hog("64"), 32 * memory.MB, exceeded.set)
    watch.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(exceeded.wait(), 3 * memory.EVERY)
