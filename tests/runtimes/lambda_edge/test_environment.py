import asyncio
import json
import os
import time
from pathlib import Path

import psutil
import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.environment import Environment, Shared
from edgeproxy.runtimes.lambda_edge.guarded import Guarded
from edgeproxy.runtimes.lambda_edge.logs import Logs

ECHO = "def handler(event, context): return event"


class Made:
    """Environments of inline functions; stopped at the end."""

    def __init__(self):
        self.lines = []
        self.printed = asyncio.Event()
        self.all = []
        self.guarded = Guarded()

    def __call__(self, source, *, runtime="python3.12", named=None, init_limit=10.0, platform=False, **how):
        function = LambdaFunction("Fn", runtime, "index.handler", inline=source, **how)
        logs = Logs(self._log, platform=platform)
        self.all.append(Environment(function, Shared(logs, self.guarded, named or {}, init_limit)))
        return self.all[-1]

    def said(self):
        """The lines, without the note about another version of the interpreter."""
        return [line for line in self.lines if " declares " not in line]

    def _log(self, line):
        self.lines.append(line)
        self.printed.set()


@pytest.fixture
async def made():
    made = Made()
    yield made
    for environment in made.all:
        await environment.stop()
    made.guarded.close()


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
    environment = made("import time; time.sleep(60)", init_limit=0.3, timeout=0.3)
    cause = await failing(environment)
    assert cause.startswith("INIT_REPORT Init Duration: ")
    assert cause.endswith(" ms Phase: invoke Status: timeout")
    assert not environment.alive


async def test_an_error_goes_to_the_log_with_its_trace(made):
    environment = made("def handler(event, context):\n    raise ValueError('a\\x1bb')")
    assert await failing(environment) == "ValueError: a\\x1bb (index.py:2)"
    assert await environment.free_within(10) is True
    assert made.said()[:2] == ["Fn: [ERROR] ValueError: a\\x1bb", "Fn: Traceback (most recent call last):"]


async def test_a_payload_over_the_limit(made):
    environment = made("def handler(event, context): return 'x' * event")
    size = 6291556
    assert len((await environment.run(str(size - 2).encode())).payload) == size
    assert await environment.free_within(10) is True
    assert await failing(environment, str(size - 1).encode()) == (
        f"Function.ResponseSizeTooLarge: Response payload size ({size + 1} bytes) exceeded maximum allowed payload size ({size} bytes)."
    )
    # Lambda's own runtime does not outlive a response that was refused.
    assert await environment.free_within(10) is False


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
    printed = 'Fn: {"errorType":"x"}' if runtime.startswith("python") else 'Fn: ERROR {"errorType":"x"}'
    assert sorted(made.said()) == sorted(["Fn: ", "Fn: HTTP/1.1 200 OK", printed, "Fn: \ufffd\\x00"])


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


TICKING = {
    "python3.12": """
import threading, time
beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        time.sleep(0.01)
threading.Thread(target=beat, daemon=True).start()
def handler(event, context):
    return max([0, *(later - sooner for sooner, later in zip(beats, beats[1:]))])
""",
    "nodejs22.x": """
const beats = [performance.now() / 1000];
setInterval(() => beats.push(performance.now() / 1000), 10).unref();
exports.handler = async () => Math.max(0, ...beats.slice(1).map((beat, i) => beat - beats[i]));
""",
}


@pytest.mark.parametrize("runtime", TICKING)
async def test_between_two_runs_nothing_in_the_process_goes_on(made, runtime):
    environment = made(TICKING[runtime], runtime=runtime)
    await environment.run(b"{}")
    assert await environment.free_within(10)
    environment.freeze()
    await asyncio.get_running_loop().run_in_executor(None, wait_until_stopped, environment.pid)
    frozen = asyncio.get_running_loop().time()
    await asyncio.wait_for(asyncio.to_thread(spin, frozen + 0.3), 10)
    # The beat after the thaw may come later than the handler's answer.
    longest = 0.0
    for _ in range(1000):
        longest = max(longest, float((await environment.run(b"{}")).payload))
        assert await environment.free_within(10)
    assert longest > 0.25


def wait_until_stopped(pid):
    while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
        os.sched_yield()


def spin(until):
    while time.monotonic() < until:
        os.sched_yield()


HOGS = {
    "python3.12": "held = []\ndef handler(event, context):\n    held.append(b'x' * (event << 20))\n    return 1",
    "nodejs22.x": "const held = []; exports.handler = async (event) => { held.push(Buffer.alloc(event << 20, 1)); return 1; };",
}


@pytest.mark.parametrize("runtime", HOGS)
async def test_le_35_more_memory_than_the_function_has_kills_it(made, runtime):
    """LE-35"""
    environment = made(HOGS[runtime], runtime=runtime, memory=192)
    assert (await environment.run(b"8")).payload == b"1"
    assert await environment.free_within(10)
    assert (await failing(environment, b"256")).endswith("Error: Runtime exited with error: signal: killed")
    assert await environment.free_within(10) is False


async def test_le_35_memory_of_what_a_slow_handler_started_counts_too(made):
    """LE-35"""
    source = """
import subprocess, sys
def handler(event, context):
    subprocess.run([sys.executable, "-c", "held = b'x' * (256 << 20); import signal; signal.pause()"])
"""
    environment = made(source, memory=192, timeout=20)
    assert (await failing(environment)).endswith("Error: Runtime exited with error: signal: killed")


async def test_an_init_that_failed_is_tried_once_more(made, tmp_path):
    source = f"""
import os, pathlib
first = pathlib.Path({str(tmp_path / "first")!r})
if not first.exists():
    first.touch()
    raise ValueError('not yet')
def handler(event, context): return 1
"""
    environment = made(source, platform=True)
    assert (await environment.run(b"{}")).payload == b"1"
    kinds = [line.split(" ")[1] for line in made.said() if line.startswith(("Fn: INIT", "Fn: START", "Fn: END", "Fn: REPORT"))]
    assert kinds == ["INIT_START", "INIT_REPORT", "INIT_START", "START", "END", "REPORT"]


async def test_an_init_past_its_limit_counts_against_the_functions_timeout_the_second_time(made):
    source = "import time; time.sleep(0.5)\ndef handler(event, context): time.sleep(60)"
    environment = made(source, init_limit=0.1, timeout=2)
    started = asyncio.get_running_loop().time()
    assert (await failing(environment)).endswith("Task timed out after 2.00 seconds")
    assert asyncio.get_running_loop().time() - started < 3


async def test_what_lambda_writes_stands_around_what_the_handler_prints(made):
    environment = made("print('loading')\ndef handler(event, context): print('handling'); return 1", platform=True)
    await environment.run(b"{}")
    assert await environment.free_within(10)
    await environment.run(b"{}")
    words = [line.removeprefix("Fn: ").split(" ")[0] for line in made.said()]
    assert words == ["INIT_START", "loading", *["START", "handling", "END", "REPORT"] * 2]
    reports = [line for line in made.said() if "REPORT" in line]
    assert ["Init Duration" in line for line in reports] == [True, False]
    assert all("Memory Size: 128 MB Max Memory Used: " in line for line in reports)


async def test_the_report_of_a_run_past_its_time_says_so(made):
    environment = made("import time\ndef handler(event, context): time.sleep(60)", timeout=0.3, platform=True)
    await failing(environment)
    assert "Task timed out after 0.30 seconds" in made.said()[-3]
    assert made.said()[-1].endswith("Status: timeout")


async def test_a_limit_shorter_than_the_timeout_is_the_deadline(made):
    environment = made("import time\ndef handler(event, context): time.sleep(60)", timeout=30)
    with pytest.raises(LambdaError, match=r"Task timed out after 0\.20 seconds"):
        await environment.run(b"{}", 0.2)


@pytest.mark.parametrize(
    ("runtime", "name", "code"),
    [
        pytest.param(
            "python3.12",
            "index.py",
            "import json, pathlib\ndef handler(event, context): return json.loads(pathlib.Path(__file__).with_name('config.json').read_text())",
            id="Python",
        ),
        pytest.param("nodejs22.x", "index.js", "exports.handler = async () => require('./config.json')", id="CommonJS"),
        pytest.param(
            "nodejs22.x",
            "index.mjs",
            "import { readFileSync } from 'node:fs'; export const handler = async () => JSON.parse(readFileSync(new URL('./config.json', import.meta.url)))",
            id="an ES module",
        ),
    ],
)
async def test_a_handler_finds_what_is_laid_over_its_code(made, tmp_path, runtime, name, code):
    (tmp_path / name).write_text(code)
    (tmp_path / "config.json").write_text('{"stage": "none"}')
    environment = made(None, runtime=runtime, task_root=tmp_path, overlay=(("config.json", '{"stage": "dev"}'),))
    ran = await environment.run(b"{}")
    assert json.loads(ran.payload) == {"stage": "dev"}
    assert (tmp_path / "config.json").read_text() == '{"stage": "none"}'


async def test_an_overlay_that_cannot_be_laid_fails_the_invocation(made, tmp_path):
    (tmp_path / "index.py").write_text(ECHO)
    (tmp_path / "lib").mkdir()
    assert (await failing(made(None, task_root=tmp_path, overlay=(("lib", "x"),)))).startswith("cannot start: ")
