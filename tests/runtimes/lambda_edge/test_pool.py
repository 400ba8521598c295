import asyncio
import os

import psutil
import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.environment import Shared
from edgeproxy.runtimes.lambda_edge.guarded import Guarded
from edgeproxy.runtimes.lambda_edge.logs import Logs
from edgeproxy.runtimes.lambda_edge.pool import Limits, Pool

# Answers with its process, how often it was called, and the event's number; waits at the gate that the event names.
SOURCE = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event.get("gate"):
        print("there")
        os.read(os.open(event["gate"], os.O_RDONLY), 1)
    if event.get("exit"):
        os._exit(1)
    return [os.getpid(), calls, event.get("n")]
"""


class Gate:
    """A pipe at which handlers wait; each byte lets one through."""

    def __init__(self, path):
        os.mkfifo(path)
        self.event = f'{{"gate": "{path}"}}'.encode()
        self.descriptor = os.open(path, os.O_RDWR)

    def let_through(self, count):
        os.write(self.descriptor, b"x" * count)


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path / "gate")
    yield gate
    os.close(gate.descriptor)


@pytest.fixture
async def make():
    tasks, pools, guarded = set(), [], Guarded()

    def make(source=SOURCE, *, environments=4, idle=600.0, throttle=False, **how):
        function = LambdaFunction("Fn", "python3.12", "index.handler", inline=source, **{"timeout": 20, **how})
        shared = Shared(Logs(make.lines.put_nowait), guarded)
        pools.append(Pool(function, Limits(environments, idle, throttle), shared, tasks))
        return pools[-1]

    make.tasks = tasks
    make.lines = asyncio.Queue()
    yield make
    for pool in pools:
        pool.close()
    while tasks:
        await asyncio.wait(tasks)
    guarded.close()


async def at_the_gate(make, count=1):
    for _ in range(count):
        assert await asyncio.wait_for(make.lines.get(), 10) == "Fn: there"


def wait_until_gone(pid):
    while psutil.pid_exists(pid):
        os.sched_yield()


async def frozen(pid):
    def wait():
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            os.sched_yield()

    await asyncio.wait_for(asyncio.to_thread(wait), 10)


async def answer(pool, event=b"{}"):
    return eval((await pool.invoke(event)).payload.replace(b"null", b"None"))


async def test_le_51_a_global_survives_serial_requests(make):
    """LE-51"""
    pool = make()
    answers = [await answer(pool) for _ in range(20)]
    assert [calls for _, calls, _ in answers] == list(range(1, 21))
    assert len({pid for pid, _, _ in answers}) == 1


async def test_le_51_two_parallel_requests_use_two_environments(make, gate):
    """LE-51"""
    pool = make()
    requests = [asyncio.ensure_future(answer(pool, gate.event)) for _ in range(2)]
    await at_the_gate(make, 2)
    gate.let_through(2)
    assert len({(await request)[0] for request in requests}) == 2


async def test_parts_of_the_time(make):
    pool = make()
    cold, warm = await pool.invoke(b"{}"), await pool.invoke(b"{}")
    assert cold.init > 0
    assert warm.init == 0
    assert cold.handler > 0
    assert cold.queue >= 0


async def test_more_requests_than_environments_wait_their_turn(make):
    pool = make(environments=1)
    order = []

    async def ask(n):
        _, calls, seen = await answer(pool, f'{{"n": {n}}}'.encode())
        order.append((seen, calls))

    await asyncio.gather(*(ask(n) for n in range(5)))
    assert order == [(n, n + 1) for n in range(5)]


async def test_a_request_that_was_given_up_while_waiting_is_not_served(make, gate):
    pool = make(environments=1)
    first, second = asyncio.ensure_future(answer(pool, gate.event)), asyncio.ensure_future(answer(pool))
    await at_the_gate(make)
    second.cancel()
    gate.let_through(1)
    assert (await first)[1] == 1
    assert (await answer(pool))[1] == 2


async def test_a_request_that_is_given_up_while_served_leaves_the_environment_usable(make, gate):
    pool = make(environments=1)
    served = asyncio.ensure_future(answer(pool, gate.event))
    await at_the_gate(make)
    served.cancel()
    gate.let_through(1)
    assert (await answer(pool))[1] == 2


async def test_a_dead_environment_is_replaced(make):
    pool = make()
    pid = (await answer(pool))[0]
    with pytest.raises(LambdaError, match="exit status 1"):
        await answer(pool, b'{"exit": true}')
    after = await answer(pool)
    assert after[0] != pid
    assert after[1] == 1


async def test_le_34_init_is_tried_again_by_every_request(make):
    """LE-34"""
    pool = make("import nope\ndef handler(e, c): pass")
    for _ in range(2):
        with pytest.raises(LambdaError, match=r"Runtime.ImportModuleError: .*No module named 'nope' \(index.py:1\)"):
            await pool.invoke(b"{}")


async def test_an_idle_environment_is_stopped_after_its_time(make):
    pool = make(idle=0.01)
    pid = (await answer(pool))[0]
    # The handler's process leaves when the timer has fired; a thread waits for it to be gone.
    await asyncio.wait_for(asyncio.to_thread(wait_until_gone, pid), 10)
    assert (await answer(pool))[1] == 1


async def test_the_last_used_of_several_goes_first(make, gate):
    pool = make(environments=2)
    requests = [asyncio.ensure_future(answer(pool, gate.event)) for _ in range(2)]
    await at_the_gate(make, 2)
    gate.let_through(2)
    pids = [pid for pid, _, _ in await asyncio.gather(*requests)]
    # Idle ones are frozen; which of the two was idle last is not known.
    for pid in pids:
        await frozen(pid)
    last_used = set()
    for _ in range(3):
        pid, _, _ = await answer(pool)
        await frozen(pid)
        last_used.add(pid)
    assert len(last_used) == 1


async def test_a_drained_pool_serves_on_without_keeping_anything(make):
    pool = make()
    pid = (await answer(pool))[0]
    pool.drain()
    after = await answer(pool)
    assert after[0] != pid
    while make.tasks:
        await asyncio.wait(make.tasks)
    assert (await answer(pool))[1] == 1


async def test_close_fails_those_who_wait_and_those_who_are_served(make, gate):
    pool = make(environments=1)
    served, waiting = (asyncio.ensure_future(answer(pool, gate.event)) for _ in range(2))
    await at_the_gate(make)
    pool.close()
    for request in (served, waiting):
        with pytest.raises(LambdaError):
            await request
    with pytest.raises(LambdaError, match="stopping"):
        await pool.invoke(b"{}")


async def test_a_runtime_that_does_not_ask_on_does_not_hold_up_the_next_request(make):
    # Answers, then keeps the only thread busy: the next request gets an environment of its own.
    source = """
import http.client, os, time
def handler(event, context):
    if event.get("n"):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        path = f"/2018-06-01/runtime/invocation/{context.aws_request_id}/response"
        connection.request("POST", path, str(os.getpid()))
        connection.getresponse().read()
        time.sleep(60)
    return os.getpid()
"""
    pool = make(source)
    busy = (await pool.invoke(b'{"n": 1}')).payload
    assert (await asyncio.wait_for(pool.invoke(b"{}"), 10)).payload != busy


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"environments": 2, "throttle": True}, id="LE-36 the settings throttle"),
        pytest.param({"reserved_concurrency": 2}, id="LE-36 a reserved concurrency"),
    ],
)
async def test_more_requests_than_there_may_be_are_throttled(make, gate, how):
    pool = make(**how)
    served = [asyncio.ensure_future(answer(pool, gate.event)) for _ in range(2)]
    await at_the_gate(make, 2)
    with pytest.raises(LambdaError) as throttled:
        await pool.invoke(b"{}")
    assert (throttled.value.status, throttled.value.x_cache) == (503, "LambdaLimitExceeded")
    gate.let_through(2)
    await asyncio.wait(served)
    assert (await answer(pool))[1] == 2


async def test_one_request_after_the_other_is_never_throttled(make):
    pool = make(reserved_concurrency=1)
    assert [(await answer(pool))[1] for _ in range(20)] == list(range(1, 21))


async def test_a_reserved_concurrency_of_0_throttles_everything(make):
    with pytest.raises(LambdaError, match="has 0 environments"):
        await make(reserved_concurrency=0).invoke(b"{}")


async def test_an_idle_environment_is_frozen_and_goes_on_with_the_next_request(make):
    pool = make()
    pid = (await answer(pool))[0]
    await asyncio.wait_for(asyncio.to_thread(wait_until_stopped, pid), 10)
    assert (await answer(pool))[:2] == [pid, 2]


def wait_until_stopped(pid):
    while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
        os.sched_yield()
