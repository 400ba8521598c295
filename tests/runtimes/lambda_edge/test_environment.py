import asyncio
import os
from pathlib import Path

import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.environment import Environment

ECHO = "def handler(event, context): return event"


class Made:
    """Environments of inline functions; stopped at the end."""

    def __init__(self):
        self.lines = []
        self.printed = asyncio.Event()
        self.all = []

    def __call__(self, source, *, runtime="python3.12", named=None, init_limit=10.0, **how):
        function = LambdaFunction("Fn", runtime, "index.handler", inline=source, **how)
        self.all.append(Environment(function, named or {}, self._log, init_limit))
        return self.all[-1]

    def _log(self, line):
        self.lines.append(line)
        self.printed.set()


@pytest.fixture
async def made():
    made = Made()
    yield made
    for environment in made.all:
        await environment.stop()


def names(directory):
    return [path.name for path in directory.iterdir()]


async def failing(environment, event=b"{}"):
    with pytest.raises(LambdaError) as raised:
        await environment.run(event)
    assert (raised.value.status, raised.value.x_cache) == (503, "LambdaExecutionError")
    return raised.value.cause


async def test_cold_and_warm(made):
    environment = made(ECHO)
    cold = await environment.run(b'{"a": "\xc3\xa4"}')
    assert cold.payload == b'{"a": "\xc3\xa4"}'
    assert cold.init > 0
    assert await environment.free_within(10) is True
    warm = await environment.run(b"[]")
    assert (warm.payload, warm.init) == (b"[]", 0)
    assert warm.handler > 0


async def test_le_33_timeout(made):
    """LE-33"""
    environment = made("import time\ndef handler(event, context): time.sleep(60)", timeout=0.3)
    assert (await failing(environment)).endswith("Task timed out after 0.30 seconds")
    assert await environment.free_within(10) is False
    assert not environment.alive


async def test_le_33_timeout_ends_what_the_handler_started(made, tmp_path):
    """LE-33"""
    pulse = tmp_path / "pulse"
    os.mkfifo(pulse)
    descriptor = os.open(pulse, os.O_RDONLY | os.O_NONBLOCK)
    words = ["/bin/sh", "-c", 'exec > "$0"; echo x; exec sleep 60', str(pulse)]
    environment = made(f"import subprocess\ndef handler(e, c): subprocess.run({words})", timeout=1)
    await failing(environment)
    await environment.stop()
    os.set_blocking(descriptor, True)
    # The last read returns when nobody holds the pipe any more.
    assert [await asyncio.wait_for(asyncio.to_thread(os.read, descriptor, 9), 10) for _ in range(2)] == [b"x\n", b""]
    os.close(descriptor)


async def test_le_33_timeout_of_node_in_a_loop(made):
    """LE-33"""
    environment = made("exports.handler = async () => { for (;;); }", runtime="nodejs22.x", timeout=0.3)
    assert (await failing(environment)).endswith("Task timed out after 0.30 seconds")


@pytest.mark.parametrize(
    ("source", "runtime", "reason"),
    [
        pytest.param("import sys\ndef handler(e, c): sys.exit(3)", "python3.12", "exit status 3", id="LE-35 sys.exit"),
        pytest.param(
            "import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "python3.12", "signal: killed", id="LE-35 killed"
        ),
        pytest.param("exports.handler = async () => process.exit(1)", "nodejs22.x", "exit status 1", id="LE-35 process.exit"),
        pytest.param("import sys; sys.exit(4)", "python3.12", "exit status 4", id="LE-35 exit while loading"),
    ],
)
async def test_exit(made, source, runtime, reason):
    environment = made(source, runtime=runtime)
    cause = await failing(environment)
    assert cause.startswith("Runtime.ExitError: RequestId: ")
    assert cause.endswith(f"Error: Runtime exited with error: {reason}")
    assert await environment.free_within(10) is False


async def test_init_past_its_limit(made):
    environment = made("import time; time.sleep(60)", init_limit=0.3)
    cause = await failing(environment)
    assert cause.startswith("INIT_REPORT Init Duration: ")
    assert cause.endswith(" ms Phase: init Status: timeout")
    assert not environment.alive


async def test_an_error_goes_to_the_log_with_its_trace(made):
    environment = made("def handler(event, context):\n    raise ValueError('a\\x1bb')")
    assert await failing(environment) == "ValueError: a\\x1bb (index.py:2)"
    assert made.lines[0] == "Fn: [ERROR] ValueError: a\\x1bb"
    assert made.lines[1].startswith('Fn:   File "')
    assert await environment.free_within(10) is True


async def test_a_payload_over_the_limit(made):
    environment = made("def handler(event, context): return 'x' * event")
    size = 6291556
    assert len((await environment.run(str(size - 2).encode())).payload) == size
    assert await environment.free_within(10) is True
    assert await failing(environment, str(size - 1).encode()) == (
        f"Function.ResponseSizeTooLarge: Response payload size ({size + 1} bytes) exceeded maximum allowed payload size ({size} bytes)."
    )
    assert await environment.free_within(10) is True


@pytest.mark.parametrize("runtime", ["python3.12", "nodejs22.x"])
async def test_what_is_printed_never_reaches_the_protocol(made, runtime):
    source = {
        "python3.12": """
import os, sys
def handler(event, context):
    os.write(1, b'HTTP/1.1 200 OK\\r\\n\\r\\n\\xff\\x00\\n'); os.write(2, b'{"errorType":"x"}\\n'); return sys.stdin.read()
""",
        "nodejs22.x": """
exports.handler = async () => {
  process.stdout.write(Buffer.from('HTTP/1.1 200 OK\\r\\n\\r\\n\\xff\\x00\\n', 'latin1')); console.error('{"errorType":"x"}'); return '';
};""",
    }[runtime]
    environment = made(source, runtime=runtime)
    assert (await environment.run(b"{}")).payload == b'""'
    await environment.stop()
    assert sorted(made.lines) == ["Fn: ", "Fn: HTTP/1.1 200 OK", 'Fn: {"errorType":"x"}', "Fn: \ufffd\\x00"]


async def test_the_process_sees_no_variable_of_the_developer(made, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    environment = made("import os\ndef handler(e, c): return sorted(os.environ)", named={"MY_OWN": "1"})
    names = (await environment.run(b"{}")).payload.decode()
    for absent in ("AWS_PROFILE", "PYTHONPATH", "USER", "VIRTUAL_ENV"):
        assert f'"{absent}"' not in names
    assert '"MY_OWN"' in names
    assert '"_X_AMZN_TRACE_ID"' in names


async def test_scratch_is_writable_and_removed(made):
    environment = made(
        "import os, tempfile\n"
        "def handler(e, c):\n"
        "    open(os.path.expanduser('~/x'), 'w').close()\n"
        "    return [tempfile.gettempdir(), os.environ['HOME'], os.getcwd()]"
    )
    temporary, home, here = map(Path, eval((await environment.run(b"{}")).payload))
    assert temporary == home
    assert names(home) == ["x"]
    assert names(here) == ["index.py"]
    await environment.stop()
    for removed in (home, here):
        with pytest.raises(FileNotFoundError):
            names(removed)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"runtime": "ruby3.3"}, id="no such runtime"),
        pytest.param({"named": {"A\0": ""}}, id="a name no system takes"),
    ],
)
async def test_what_cannot_start(made, how):
    environment = made(ECHO, **how)
    assert (await failing(environment)).startswith("cannot start: ")
    assert await environment.free_within(1) is False


async def test_kill_during_a_run(made):
    environment = made("import time\ndef handler(e, c):\n    print('here')\n    time.sleep(60)", timeout=30)
    running = asyncio.ensure_future(failing(environment))
    await asyncio.wait_for(made.printed.wait(), 10)
    environment.kill()
    assert (await running).endswith("signal: killed")


async def test_kill_before_the_process_is_there(made):
    environment = made(ECHO)
    running = asyncio.ensure_future(failing(environment))
    await asyncio.sleep(0)
    environment.kill()
    assert (await running).endswith("signal: killed")


async def test_a_runtime_that_answers_and_does_not_ask_on_is_killed_at_the_deadline(made):
    source = """
import http.client, os, time
def handler(event, context):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request("POST", f"/2018-06-01/runtime/invocation/{context.aws_request_id}/response", "1")
    connection.getresponse().read()
    time.sleep(60)
"""
    environment = made(source, timeout=1)
    assert (await environment.run(b"{}")).payload == b"1"
    assert await environment.free_within(0) is None
    assert environment.alive
    assert await environment.free_in_time() is False
    assert not environment.alive
