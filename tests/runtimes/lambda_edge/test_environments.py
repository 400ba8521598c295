import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import edgeproxy
from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.runtimes.lambda_edge.environments import Environments

PID = "import os\ndef handler(event, context): return os.getpid()"
PID_JS = "exports.handler = async () => process.pid;"


def function(root, source=PID, **how):
    root.mkdir(exist_ok=True)
    (root / "app.py").write_text(source)
    return LambdaFunction("Fn", "python3.12", "app.handler", root, **how)


@pytest.fixture
async def environments():
    lines = asyncio.Queue()
    environments = Environments(LambdaEdgeSettings(environments=2, environment={"MINE": "1"}), lines.put_nowait)
    environments.lines = lines
    yield environments
    await environments.close()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def pid_of(handler):
    return int((await handler.invoke(b"{}")).payload)


async def test_equal_functions_share_a_handler(environments, tmp_path):
    first, second = environments.handler(function(tmp_path)), environments.handler(function(tmp_path))
    assert first is second
    assert first.name == "Fn"


async def test_a_handler_alone_reads_no_files_and_is_closed_with_the_others(environments, tmp_path):
    (tmp_path / "unreadable").symlink_to("/proc/self/mem")
    handler = environments.alone(function(tmp_path))
    pid = await pid_of(handler)
    assert environments.alone(function(tmp_path)) is not handler
    await environments.close()
    assert not alive(pid)


async def test_keep_leaves_what_is_used(environments, tmp_path):
    used = function(tmp_path)
    handler = environments.handler(used)
    pid = await pid_of(handler)
    environments.keep([used])
    assert await pid_of(environments.handler(function(tmp_path))) == pid


async def test_keep_stops_what_is_not(environments, tmp_path):
    old = environments.handler(function(tmp_path))
    pid = await pid_of(old)
    new = function(tmp_path, PID + "  # changed")
    handler = environments.handler(new)
    assert handler is not old
    environments.keep([new])
    await asyncio.wait(set(environments._tasks))
    assert not alive(pid)
    # A request in flight may still hold the old handler: it is served, and nothing stays behind.
    last = await pid_of(old)
    await asyncio.wait(set(environments._tasks))
    assert not alive(last)


async def test_close_leaves_no_child(environments, tmp_path):
    handler = environments.handler(function(tmp_path))
    inline = environments.handler(LambdaFunction("Js", "nodejs22.x", "index.handler", inline=PID_JS))
    pids = [await pid_of(handler), await pid_of(inline)]
    assert all(map(alive, pids))
    await environments.close()
    assert not any(map(alive, pids))
    with pytest.raises(LambdaError):
        await handler.invoke(b"{}")


async def test_close_during_a_run_and_a_start(environments, tmp_path):
    busy = environments.handler(
        function(tmp_path, "import time\ndef handler(e, c):\n    print('in')\n    time.sleep(60)", timeout=30)
    )
    running = asyncio.ensure_future(busy.invoke(b"{}"))
    assert await asyncio.wait_for(environments.lines.get(), 10) == "Fn: in"
    starting = asyncio.ensure_future(busy.invoke(b"{}"))
    await asyncio.sleep(0)
    await environments.close()
    for request in (running, starting):
        with pytest.raises(LambdaError):
            await request


async def test_settings_name_variables(environments, tmp_path):
    handler = environments.handler(function(tmp_path, "import os\ndef handler(e, c): return os.environ['MINE']"))
    assert (await handler.invoke(b"{}")).payload == b'"1"'


def test_under_uvloop(tmp_path):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        environments = Environments(LambdaEdgeSettings(), print)
        slow = function(tmp_path / "slow", "import time\ndef handler(e, c): time.sleep(9)", timeout=0.2)
        handler = environments.handler(function(tmp_path))
        try:
            with pytest.raises(LambdaError, match="Task timed out"):
                await environments.handler(slow).invoke(b"{}")
            return [await pid_of(handler) for _ in range(3)]
        finally:
            await environments.close()

    pids = uvloop.run(main())
    assert len(set(pids)) == 1
    assert not alive(pids[0])


# A proxy that is killed, whose handler holds a pipe open; nobody is left to kill the handler.
PROXY = """
import asyncio, sys
from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.runtimes.lambda_edge.environments import Environments

async def main():
    handler = Environments(LambdaEdgeSettings(), print).handler(LambdaFunction("Fn", sys.argv[1], "index.handler", inline=sys.argv[2]))
    await handler.invoke(b"{}")
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
HOLDERS = {
    "python3.12": "held = open({!r}, 'w')\ndef handler(event, context): return 1",
    "nodejs22.x": "require('fs').openSync({!r}, 'w'); exports.handler = async () => 1;",
}


@pytest.mark.parametrize("runtime", HOLDERS)
def test_a_handler_ends_when_the_proxy_is_killed(tmp_path, runtime):
    pulse = tmp_path / "pulse"
    os.mkfifo(pulse)
    descriptor = os.open(pulse, os.O_RDONLY | os.O_NONBLOCK)
    words = [sys.executable, "-c", PROXY, runtime, HOLDERS[runtime].format(str(pulse))]
    root = Path(edgeproxy.__file__).parent.parent
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "TMPDIR": str(tmp_path)}) as proxy:
        assert b"ready\n" in iter(proxy.stdout.readline, b"")
        with pytest.raises(BlockingIOError):
            os.read(descriptor, 1)
        proxy.send_signal(signal.SIGKILL)
    os.set_blocking(descriptor, True)
    assert os.read(descriptor, 1) == b""
    os.close(descriptor)
