"""Lambda@Edge handlers that misbehave: the viewer gets the right answer or page, the next request is served, nothing is left."""

import asyncio
import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from edgeproxy.errors import LambdaError

PYTHON, NODE, NODE_24 = "python3.12", "nodejs22.x", "nodejs24.x"
NAMES = {PYTHON: "Python", NODE: "Node.js", NODE_24: "Node.js 24"}
FILES = {PYTHON: "index.py", NODE: "index.js"}
PATIENCE = 15
"""Seconds for what has to come."""
LEISURE, HASTE = 5, 1
"""Seconds that a handler has: most it may have at viewer-request, and least."""

EXECUTION = (503, "LambdaExecutionError", LambdaError.SENTENCE)
NOT_JSON = (502, "LambdaValidationError", "The Lambda function returned invalid JSON: The JSON output is not parsable.")
BAD_STATUS = (502, "LambdaValidationError", "The Lambda function result failed validation: The status is invalid.")
BAD_BODY = (
    502,
    "LambdaValidationError",
    "The Lambda function result failed validation: The body is not a string, is not an object, or exceeds the maximum size.",
)
TIMED_OUT = "Task timed out after 1.00 seconds"

# Answers with its process id; asked with `?bad` (`?bad1`, …), it says so and does what the test wants of it first.
HANDLERS = {
    PYTHON: """\
import http.client, os, signal, socket, subprocess, sys, threading, time
PULSE, GATE = PLACES
def runtime_api(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'], timeout=10)
    connection.request(method, '/2018-06-01/runtime/invocation/' + path, body)
    return connection.getresponse().status
def answer(context, text):
    return runtime_api('POST', context.aws_request_id + '/response', '{"status": "200", "body": "%s"}' % text)
AT_LOAD
deeds = []
MISDEEDS
def handler(event, context):
    result, query = None, event['Records'][0]['cf']['request']['querystring']
    if query.startswith('bad'):
        os.write(1, b'misbehaving\\n')
        result = deeds[int(query[3:] or 0)](event, context)
    return result or {'status': '200', 'body': str(os.getpid())}
""",
    NODE: """\
const [child_process, fs, http, net] = ['child_process', 'fs', 'http', 'net'].map(require);
const [PULSE, GATE] = PLACES;
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const runtimeApi = (method, path, body) => new Promise((resolve, reject) => {
  const asked = http.request({ host, port, method, agent: false, path: '/2018-06-01/runtime/invocation/' + path });
  asked.on('response', (answered) => answered.resume().on('end', () => resolve(answered.statusCode))).on('error', reject).end(body);
});
const answer = (context, text) =>
  runtimeApi('POST', context.awsRequestId + '/response', JSON.stringify({ status: '200', body: String(text) }));
AT_LOAD
const deeds = [];
MISDEEDS
exports.handler = async (event, context) => {
  let result, query = event.Records[0].cf.request.querystring;
  if (query.startsWith('bad')) {
    console.log('misbehaving');
    result = await deeds[Number(query.slice(3))](event, context);
  }
  return result || { status: '200', body: String(process.pid) };
};
""",
}


class Pipe:
    """A named pipe; `descriptor` is the test's own end of it."""

    def __init__(self, path, flags):
        os.mkfifo(path)
        self.path = path
        self.descriptor = os.open(path, flags)

    def close(self):
        os.close(self.descriptor)


class Pulse(Pipe):
    """What handlers and their children hold open and write to."""

    def __init__(self, path):
        super().__init__(path, os.O_RDONLY | os.O_NONBLOCK)

    async def at_last(self):
        """What is written until the last holder is gone; somebody must have held it."""
        seen = b""
        while True:
            ready, _, _ = await asyncio.to_thread(select.select, [self.descriptor], [], [], PATIENCE)
            assert ready, f"somebody still holds the pipe; written until now: {seen}"
            data = os.read(self.descriptor, 1024)
            if not data:
                return seen
            seen += data

    async def written(self, count):
        """That many bytes."""
        seen = b""
        while len(seen) < count:
            ready, _, _ = await asyncio.to_thread(select.select, [self.descriptor], [], [], PATIENCE)
            assert ready, f"only {seen} was written"
            seen += os.read(self.descriptor, count - len(seen))
        return seen

    @property
    def held(self):
        """Somebody holds the pipe, and has written nothing more."""
        try:
            return os.read(self.descriptor, 1) != b""
        except BlockingIOError:
            return True


class Gate(Pipe):
    """Where handlers and their children wait; each byte lets one through."""

    def __init__(self, path):
        super().__init__(path, os.O_RDWR)

    def open(self, count=1):
        os.write(self.descriptor, b"x" * count)


@pytest.fixture
def pulse(tmp_path):
    pulse = Pulse(tmp_path / "pulse")
    yield pulse
    pulse.close()


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path / "gate")
    yield gate
    gate.close()


DEEDS = {
    PYTHON: "@deeds.append\ndef misbehave(event, context):\n    {}\n",
    NODE: "deeds.push(async (event, context) => {{\n    {}\n}});\n",
}


def source(runtime, misdeeds, at_load, folder):
    """The handler's code; a misdeed may have several lines."""
    language = NODE if runtime == NODE_24 else runtime
    places = str([str(folder / "pulse"), str(folder / "gate")])
    deeds = "".join(DEEDS[language].format(each.strip("\n").replace("\n", "\n    ")) for each in misdeeds)
    return HANDLERS[language].replace("PLACES", places).replace("AT_LOAD", at_load).replace("MISDEEDS", deeds)


@pytest.fixture
def hostile_project(project, tmp_path):
    """`/edge` has the handler before the cache, everything else has none; `code`: the folder that the handler is in."""

    def written(runtime, *misdeeds, at_load="", timeout=LEISURE, code=None):
        properties = {
            "FunctionName": "hostile",
            "Runtime": runtime,
            "Handler": "index.handler",
            "Role": "arn:aws:iam::111122223333:role/edge",
            "Timeout": timeout,
            "Code": code or {"ZipFile": source(runtime, misdeeds, at_load, tmp_path)},
        }
        resources = {
            "Hostile": {"Type": "AWS::Lambda::Function", "Properties": properties},
            "HostileVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Hostile"}}},
        }
        association = {"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": "HostileVersion"}}
        folder = project(resources=resources, behaviors=[{"PathPattern": "/edge", "LambdaFunctionAssociations": [association]}])
        with (folder / "edgeproxy.yaml").open("a") as settings:
            settings.write("lambda_edge: {environments: 8}\n")
        return folder

    return written


@pytest.fixture
def hostile(running, hostile_project, tmp_path, monkeypatch, caplog, capfd):
    """`async with hostile(runtime, *misdeeds, …) as proxy`; when it is over, nothing may be left of it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    @contextlib.asynccontextmanager
    async def served(*what, **how):
        folder = hostile_project(*what, **how)
        async with running(folder) as proxy:
            descriptors = psutil.Process().num_fds()
            yield proxy
        await in_time(lambda: not processes_of(scratch))
        assert psutil.Process().children() == []
        assert list(scratch.iterdir()) == []
        assert (tmp_path / "public" / "page").exists()
        assert psutil.Process().num_fds() <= descriptors
        # The handler's own lines name it.
        assert [line for line in proxy.said if "Traceback" in line and not line.startswith("hostile: ")] == []
        assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
        assert capfd.readouterr() == ("", "")

    yield served
    # What edgeproxy left, were it to leave something, would hold up whoever clears the test's own folder.
    subprocess.run(["/bin/rm", "-rf", str(scratch)], check=True)


def processes_of(scratch):
    """Those that run with a scratch directory below this one: handlers, and what they have started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(str(scratch)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


async def in_time(true):
    """Returns once it is true."""

    def wait():
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, "it did not come true in time"
            os.sched_yield()

    await asyncio.to_thread(wait)


def gone(pid):
    return not psutil.pid_exists(pid)


def dead(pid):
    """All its threads have ended, whether or not anybody has taken note."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE and len(process.threads()) < 2
    except psutil.NoSuchProcess:
        return True


def frozen(pid):
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def assert_page(seen, expected):
    assert (seen.status, seen.x_cache, seen.sentence) == expected
    assert seen["Server"] == "CloudFront"


def assert_safe(terminal):
    """What a terminal shows is text, and not much of it."""
    assert not any(character in terminal for character in "\0\a\b\x1b\x7f\x9b")
    assert len(terminal) < 1_000_000


async def past(seconds, pid):
    """Returns when so many seconds have gone by since the process was frozen."""
    await in_time(lambda: frozen(pid))
    end = time.monotonic() + seconds
    await in_time(lambda: time.monotonic() > end)


async def good(proxy, target="/edge"):
    """A request with a good answer: the process that gave it."""
    seen = await proxy.get(target)
    assert (seen.status, seen.x_cache) == (200, "LambdaGeneratedResponse")
    return int(seen.body)


def cases(table):
    """`{sentence: {runtime: …}}` as parameters."""
    return [
        pytest.param(runtime, *(case if isinstance(case, tuple) else (case,)), id=f"{NAMES[runtime]} {sentence}")
        for sentence, of_runtimes in table.items()
        for runtime, case in of_runtimes.items()
    ]


# --- it blocks ---

BLOCKING = {
    "loops for ever": {PYTHON: "while True: pass", NODE: "for (;;);"},
    "ignores every signal that can be ignored": {
        PYTHON: """
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT): signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True: time.sleep(60)
""",
        NODE: """
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(name, () => {});
await new Promise(() => setInterval(() => {}, 60000));
""",
    },
    "stops its own process group": {PYTHON: "os.kill(0, signal.SIGSTOP)", NODE: "process.kill(0, 'SIGSTOP');"},
    "never ends its answer": {
        PYTHON: """
path = '/2018-06-01/runtime/invocation/' + context.aws_request_id + '/response'
connection = socket.create_connection(os.environ['AWS_LAMBDA_RUNTIME_API'].split(':'))
connection.sendall(f'POST {path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000\\r\\n\\r\\n{{'.encode())
time.sleep(60)
""",
        NODE: """
const path = '/2018-06-01/runtime/invocation/' + context.awsRequestId + '/response';
net.connect(port, host).write(`POST ${path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000\\r\\n\\r\\n{`);
await new Promise(() => setInterval(() => {}, 60000));
""",
    },
}


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
async def test_handlers_that_block_hold_nobody_up_and_are_killed_at_their_timeout(hostile, runtime):
    misdeeds = [of_runtimes[runtime] for of_runtimes in BLOCKING.values()]
    async with hostile(runtime, *misdeeds, timeout=HASTE) as proxy:
        await proxy.get("/other")
        before = await good(proxy)
        bad = [asyncio.ensure_future(proxy.get(f"/edge?bad{number}")) for number in range(len(misdeeds))]
        await proxy.until("misbehaving")
        hit = await proxy.get("/other")
        assert (hit.x_cache, any(each.done() for each in bad)) == ("Hit", False)
        beside = await good(proxy)
        for each in bad:
            assert_page(await each, EXECUTION)
        await in_time(lambda: gone(before))
        assert await good(proxy) == beside != before
    assert proxy.requests.getvalue().count(TIMED_OUT) == len(misdeeds)


# --- its process ends ---

KILLS_ITSELF = {PYTHON: "os.killpg(0, signal.SIGKILL)", NODE: "process.kill(0, 'SIGKILL'); for (;;);"}

ENDING = {
    "exits with 0": {
        PYTHON: ("sys.exit(0)", "Runtime exited without providing a reason"),
        NODE: ("process.exit(0);", "Runtime exited without providing a reason"),
    },
    "exits with 3": {PYTHON: ("os._exit(3)", "exit status 3"), NODE: ("process.exit(3);", "exit status 3")},
    "dies of a bad address": {
        PYTHON: ("os.kill(os.getpid(), signal.SIGSEGV)", "signal: segmentation fault"),
        NODE: ("process.kill(process.pid, 'SIGSEGV'); for (;;);", "signal: segmentation fault"),
    },
    "kills its own process group": {runtime: (words, "signal: killed") for runtime, words in KILLS_ITSELF.items()},
    "leaks memory": {
        PYTHON: (
            "held = [b'x' * (1 << 20) for _ in range(200)]\nsignal.pause()",
            "signal: killed",
        ),
        NODE: (
            "const held = Array.from({ length: 200 }, () => Buffer.alloc(1 << 20, 1));\nfor (;;) held.at(0);",
            "signal: killed",
        ),
    },
    "leaks memory in a child": {
        PYTHON: (
            """
if os.fork() == 0:
    held = b'x' * (200 << 20)
    signal.alarm(20)
    signal.pause()
os.wait()
""",
            "signal: killed",
        ),
        NODE: (
            """
const hog = "const held = Buffer.alloc(200 << 20, 1); setTimeout(() => held, 20000)";
child_process.execFileSync(process.execPath, ['-e', hog]);
""",
            "signal: killed",
        ),
    },
    "closes every descriptor": {
        PYTHON: ("os.closerange(0, 256)", "Runtime exited with error"),
        NODE: (
            "for (let i = 0; i < 256; i++) try { fs.closeSync(i); } catch {}",
            "Runtime exited with error",
        ),
    },
    "lets a promise be rejected that nobody waits for": {
        NODE: (
            "Promise.reject(new Error('stray'));\nawait new Promise(() => setInterval(() => {}, 60000));",
            "Runtime.UnhandledPromiseRejection: Error: stray",
        ),
        NODE_24: ("Promise.reject(new Error('stray'));\nawait new Promise(() => {});", "exit status 1"),
    },
}


@pytest.mark.parametrize(("runtime", "misdeed", "cause"), cases(ENDING))
async def test_a_handler_whose_process_ends_fails_one_request(hostile, runtime, misdeed, cause):
    async with hostile(runtime, misdeed) as proxy:
        before = await good(proxy)
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        assert await good(proxy) != before
        await in_time(lambda: gone(before))
    assert cause in proxy.terminal


AT_LOAD = {
    "exits with 0 at load": {
        PYTHON: ("sys.exit(0)", "Runtime exited without providing a reason"),
        NODE: ("process.exit(0);", "Runtime exited without providing a reason"),
    },
    "exits with 4 at load": {PYTHON: ("os._exit(4)", "exit status 4"), NODE: ("process.exit(4);", "exit status 4")},
}


@pytest.mark.parametrize(("runtime", "at_load", "cause"), cases(AT_LOAD))
async def test_a_handler_that_ends_at_load_fails_every_request_and_no_other(hostile, runtime, at_load, cause):
    async with hostile(runtime, at_load=at_load) as proxy:
        for _ in range(2):
            assert_page(await proxy.get("/edge"), EXECUTION)
            assert (await proxy.get("/other")).body == b"another page"
    assert cause in proxy.terminal


# Looked at ten times a second: what has more than it may for 0.4 s is found out.
HOGS_AT_LOAD = {
    PYTHON: """
held, until = b'x' * (200 << 20), time.monotonic() + 0.4
while time.monotonic() < until: pass
os._exit(9)
""",
    NODE: """
const [held, until] = [Buffer.alloc(200 << 20, 1), performance.now() + 400];
while (performance.now() < until) held.at(0);
process.exit(9);
""",
}


@pytest.mark.parametrize("runtime", HOGS_AT_LOAD)
async def test_a_handler_that_leaks_memory_at_load_is_killed(hostile, runtime):
    async with hostile(runtime, at_load=HOGS_AT_LOAD[runtime]) as proxy:
        assert_page(await proxy.get("/edge"), EXECUTION)
    assert "signal: killed" in proxy.terminal


# --- it answers all the same ---

HARMLESS = {
    "prints binary data and half a megabyte": {
        PYTHON: "for stream in (1, 2): os.write(stream, bytes(range(256)) * 2048)",
        NODE: """
const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
for (const stream of [process.stdout, process.stderr]) for (let i = 0; i < 2048; i++) stream.write(all);
""",
    },
    "closes stdin": {PYTHON: "os.close(0)", NODE: "fs.closeSync(0);"},
    "reads stdin to its end": {PYTHON: "assert sys.stdin.read() == ''", NODE: "for await (const _ of process.stdin);"},
    "closes stdout and stderr": {PYTHON: "os.close(1); os.close(2)", NODE: "fs.closeSync(1); fs.closeSync(2);"},
    "ignores SIGTERM": {PYTHON: "signal.signal(signal.SIGTERM, signal.SIG_IGN)", NODE: "process.on('SIGTERM', () => {});"},
    "blocks every signal": {PYTHON: "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"},
    "would leave its session and its group": {
        PYTHON: """
for leave in (os.setsid, lambda: os.setpgid(0, os.getppid())):
    try: leave()
    except PermissionError: print('refused')
""",
    },
    "answers for a request that never was": {
        PYTHON: "assert [runtime_api('POST', f'no-such-id/{what}', '{}') for what in ('response', 'error')] == [400, 400]",
        NODE: "if (await runtimeApi('POST', 'no-such-id/response', '{}') !== 400) throw new Error('taken');",
    },
    "asks for the next event before it has answered": {
        PYTHON: "assert runtime_api('GET', 'next') == 403",
        NODE: "if (await runtimeApi('GET', 'next') !== 403) throw new Error('given');",
    },
    "opens hundreds of connections to the Runtime API": {
        PYTHON: """
global held
held = [socket.create_connection(os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')) for _ in range(80)]
for _ in range(300):
    held.append(socket.create_connection(os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')))
    held[-1].sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nPOST')
    assert held[-1].recv(12) == b'HTTP/1.1 404'
""",
        NODE: """
globalThis.held = Array.from({ length: 80 }, () => net.connect(port, host));
for (let i = 0; i < 300; i++) {
  held.push(net.connect(port, host));
  held.at(-1).write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nPOST');
  await new Promise((resolve, reject) => held.at(-1).on('data', resolve).on('error', reject));
}
""",
    },
    "writes 50 MB to its scratch folder": {
        PYTHON: """
with open(os.path.expanduser('~/much'), 'wb') as file:
    for _ in range(50): file.write(bytes(1 << 20))
os.mkdir(os.environ['TMPDIR'] + '/locked', 0)
""",
        NODE: """
for (let i = 0; i < 50; i++) fs.appendFileSync(process.env.HOME + '/much', Buffer.alloc(1 << 20));
fs.mkdirSync(process.env.TMPDIR + '/locked', { mode: 0 });
""",
    },
    "removes its own code and scratch folder": {
        PYTHON: "import shutil; shutil.rmtree(os.path.dirname(os.environ['TMPDIR']))",
        NODE: "fs.rmSync(require('path').dirname(process.env.TMPDIR), { recursive: true });",
    },
    "links its scratch folder to what is not its own": {
        PYTHON: "os.symlink(os.path.dirname(PULSE) + '/public', os.environ['TMPDIR'] + '/link')",
        NODE: "fs.symlinkSync(require('path').dirname(PULSE) + '/public', process.env.TMPDIR + '/link');",
    },
    "leaves folders in its scratch folder that may not be changed": {
        PYTHON: """
os.mkdir(os.environ['TMPDIR'] + '/fixed')
open(os.environ['TMPDIR'] + '/fixed/file', 'w').close()
os.chmod(os.environ['TMPDIR'] + '/fixed', 0o500)
""",
        NODE: """
fs.mkdirSync(process.env.TMPDIR + '/fixed');
fs.writeFileSync(process.env.TMPDIR + '/fixed/file', '');
fs.chmodSync(process.env.TMPDIR + '/fixed', 0o500);
""",
    },
    "nests folders a thousand deep": {
        PYTHON: """
for depth in range(1, 1500): os.mkdir(os.environ['TMPDIR'] + '/d' * depth)
""",
        NODE: "fs.mkdirSync(process.env.TMPDIR + '/d'.repeat(1500), { recursive: true });",
    },
}


@pytest.mark.parametrize(("runtime", "misdeed"), cases(HARMLESS))
async def test_a_handler_that_does_no_harm_goes_on_in_the_same_process(hostile, runtime, misdeed):
    async with hostile(runtime, misdeed) as proxy:
        assert await good(proxy, "/edge?bad") == await good(proxy) == await good(proxy)
    assert_safe(proxy.terminal)


PUTS_A_LINK = {
    PYTHON: """
scratch = os.path.dirname(os.environ['TMPDIR'])
os.rename(scratch, PULSE)
os.symlink(os.path.dirname(PULSE) + '/public', scratch)
""",
    NODE: """
const scratch = require('path').dirname(process.env.TMPDIR);
fs.renameSync(scratch, PULSE);
fs.symlinkSync(require('path').dirname(PULSE) + '/public', scratch);
""",
}


@pytest.mark.parametrize("runtime", PUTS_A_LINK)
async def test_a_link_in_the_place_of_the_scratch_folder_is_all_that_is_removed(hostile, runtime, tmp_path):
    async with hostile(runtime, PUTS_A_LINK[runtime]) as proxy:
        await good(proxy, "/edge?bad")
    assert (tmp_path / "public" / "page").read_text() == "the origin's content"


POST = b"POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
# In parts, of which the next is sent when the one before has been read; and the status of the answer.
GARBAGE = {
    "no HTTP at all": ([b"\x16\x03\x01\x00\xff\x00 garbage\r\n\r\n"], "400"),
    "the preface of HTTP/2": ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], "400"),
    "a line without end": ([b"GET /" + b"x" * 100_000], "400"),
    "two lengths": ([POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"], "400"),
    "no size of a chunk": ([CHUNKED + b"no size\r\n"], "400"),
    "no size of a chunk, late": ([CHUNKED, b"no size\r\n"], "400"),
    "no size of the second chunk": ([CHUNKED + b"1\r\nx\r\nno size\r\n"], "400"),
    "no size of the second chunk, late": ([CHUNKED + b"1\r\nx\r\n", b"no size\r\n"], "400"),
    "garbage behind a request": ([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0\0"], "400"),
    "garbage behind a request, late": ([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0\0\0\0\r\n\r\n"], "404"),
    "a body that never comes": ([POST + b"Content-Length: 99\r\n\r\n"], ""),
}
SENDS = {
    PYTHON: """
address, answered = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':'), []
for parts in %r:
    connection = socket.create_connection(address, timeout=3)
    try:
        for part in parts:
            connection.sendall(part)
            runtime_api('GET', 'nowhere')
        connection.shutdown(socket.SHUT_WR)
        answered.append(connection.recv(1 << 16)[9:12].decode())
    except OSError:
        answered.append('')
print('told', ','.join(answered))
""",
    NODE: """
const all = [];
for (const parts of %s) {
  const socket = net.connect({ port, host, allowHalfOpen: true });
  const answered = new Promise((resolve) => socket.on('data', resolve).on('close', () => resolve('')).on('error', () => {}));
  await new Promise((resolve) => socket.on('connect', resolve));
  for (const part of parts) {
    socket.write(Buffer.from(part, 'latin1'));
    await runtimeApi('GET', 'nowhere');
  }
  socket.end();
  all.push(String(await answered).slice(9, 12));
}
console.log('told', all.join());
""",
}


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
async def test_garbage_sent_to_the_runtime_api_is_refused_and_does_no_harm(hostile, runtime):
    parts, statuses = zip(*GARBAGE.values(), strict=True)
    sent = list(parts) if runtime == PYTHON else json.dumps([[each.decode("latin-1") for each in some] for some in parts])
    async with hostile(runtime, SENDS[runtime] % (sent,)) as proxy:
        assert await good(proxy, "/edge?bad") == await good(proxy)
        answered = next(line for line in proxy.said if line.startswith("hostile: told ")).split(" ")[2].split(",")
        # What is refused may be cut off before it has read why.
        assert all(got in (status, "") for got, status in zip(answered, statuses, strict=True))


# --- what it answers is none ---

RAISING = {
    "raises what cannot be shown": {
        PYTHON: (
            "class Shy(Exception):\n    def __str__(self): raise ValueError('no')\nraise Shy",
            "Runtime exited with error: exit status 1",
        ),
        NODE: (
            "throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('no'); } });",
            "handled: callback called with Error argument",
        ),
    },
    "raises with lone surrogates": {
        PYTHON: (r"raise ValueError('\ud800')", "Runtime exited with error: exit status 1"),
        NODE: (r"throw new Error('\ud800');", "Error"),
    },
    "raises with control characters": {
        PYTHON: (r"raise ValueError('a\x1b[2Jb\0\n\x9b')", r"ValueError: a\x1b[2Jb\x00"),
        NODE: (r"throw new Error('a\x1b[2Jb\0\n\x9b');", r"Error: a\x1b[2Jb\x00"),
    },
    "raises with a message of 1 MB": {
        PYTHON: ("raise ValueError('x' * 1_000_000)", "ValueError: xxx"),
        NODE: ("throw new Error('x'.repeat(1_000_000));", "Error: xxx"),
    },
    "raises with a message of 7 MB": {
        PYTHON: ("raise ValueError('x' * 7_000_000)", "Runtime.Unknown"),
    },
    "raises what is no error": {
        PYTHON: ("raise KeyboardInterrupt", "Runtime exited with error: signal: 2"),
        NODE: ("throw null;", "string: handled"),
    },
    "throws an object without a prototype": {
        NODE: ("throw Object.create(null);", "handled: callback called with Error argument")
    },
    "calls itself without end": {
        PYTHON: ("again = lambda: again()\nagain()", "RecursionError"),
        NODE: ("(function again() { again(); })();", "RangeError: Maximum call stack size exceeded"),
    },
}


RETURNING = {
    "returns a hundred thousand nested lists": {
        PYTHON: (
            "nest = []\nfor _ in range(100_000): nest = [nest]\nreturn {'status': '200', 'body': nest}",
            EXECUTION,
            "Runtime.MarshalError: Unable to marshal response: maximum recursion depth exceeded",
        ),
        NODE: (
            "let nest = [];\nfor (let i = 0; i < 100_000; i++) nest = [nest];\nreturn { status: '200', body: nest };",
            EXECUTION,
            "Unable to stringify response body",
        ),
    },
    "returns two thousand nested lists": {
        PYTHON: ("return b'[' * 2000 + b']' * 2000", NOT_JSON, "the handler returned b'[[["),
        NODE: (
            "let nest = [];\nfor (let i = 0; i < 2000; i++) nest = [nest];\nreturn nest;",
            NOT_JSON,
            "the handler returned b'[[[",
        ),
    },
    "returns a body of nested lists": {
        PYTHON: (
            "nest = []\nfor _ in range(100): nest = [nest]\nreturn {'status': '200', 'body': nest}",
            BAD_BODY,
            "body is list",
        ),
        NODE: (
            "let nest = [];\nfor (let i = 0; i < 100; i++) nest = [nest];\nreturn { status: '200', body: nest };",
            BAD_BODY,
            "body is list",
        ),
    },
    "returns what holds itself": {
        PYTHON: (
            "loop = {'status': '200'}\nloop['headers'] = loop\nreturn loop",
            EXECUTION,
            "Runtime.MarshalError: Unable to marshal response: Circular reference detected",
        ),
        NODE: (
            "const loop = { status: '200' };\nloop.headers = loop;\nreturn loop;",
            EXECUTION,
            "Unable to stringify response body",
        ),
    },
    "returns NaN": {
        PYTHON: ("return {'status': float('nan')}", NOT_JSON, """the handler returned b'{"status": NaN}'"""),
        NODE: ("return { status: NaN };", BAD_STATUS, "status is None"),
    },
    "returns a number of 400 digits": {
        PYTHON: ("return {'status': 10 ** 400}", NOT_JSON, "the handler returned"),
        NODE: ("return { status: 10n ** 400n };", EXECUTION, "Unable to stringify response body"),
    },
    "returns lone surrogates": {
        PYTHON: (r"return {'status': '200', 'body': '\ud800'}", EXECUTION, "Runtime exited with error: exit status 1"),
        NODE: (r"return { status: '200', body: '\ud800' };", NOT_JSON, "the handler returned"),
    },
    "returns bytes that are no text": {
        PYTHON: (r"""return b'{"status": "200", "body": "\xff\xfe"}'""", NOT_JSON, "the handler returned"),
    },
    "returns more than Lambda takes": {
        PYTHON: ("return {'status': '200', 'body': 'x' * 7_000_000}", EXECUTION, "Function.ResponseSizeTooLarge"),
        NODE: ("return { status: '200', body: 'x'.repeat(7_000_000) };", EXECUTION, "Function.ResponseSizeTooLarge"),
    },
}


async def assert_each_fails_one_request(proxy, subtests, table):
    """`table`: what is done by sentence, in the order of the misdeeds: words, page and cause."""
    for number, (sentence, (_, page, cause)) in enumerate(table.items()):
        with subtests.test(sentence):
            told = len(proxy.requests.getvalue())
            assert_page(await proxy.get(f"/edge?bad{number}"), page)
            assert await good(proxy) == await good(proxy)
            assert cause in proxy.requests.getvalue()[told:]
    assert_safe(proxy.terminal)


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
async def test_each_handler_that_raises_oddly_fails_one_request(hostile, subtests, runtime):
    table = {sentence: (of[runtime][0], EXECUTION, of[runtime][1]) for sentence, of in RAISING.items() if runtime in of}
    async with hostile(runtime, *(words for words, _, _ in table.values())) as proxy:
        await assert_each_fails_one_request(proxy, subtests, table)


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
async def test_each_handler_that_returns_no_answer_fails_one_request(hostile, subtests, runtime):
    table = {sentence: of[runtime] for sentence, of in RETURNING.items() if runtime in of}
    async with hostile(runtime, *(words for words, _, _ in table.values())) as proxy:
        await assert_each_fails_one_request(proxy, subtests, table)


# --- it answers, and then ---

TWICE = {
    PYTHON: "print('told', answer(context, 'first'), answer(context, 'second'))",
    NODE: "console.log('told', await answer(context, 'first'), await answer(context, 'second'));",
}


@pytest.mark.parametrize("runtime", TWICE)
async def test_only_the_first_of_two_answers_counts(hostile, runtime):
    async with hostile(runtime, TWICE[runtime]) as proxy:
        assert (await proxy.get("/edge?bad")).body == b"first"
        await proxy.until("told 202 400")
        await good(proxy)


EXITS = {
    PYTHON: "answer(context, os.getpid())\nos._exit(5)",
    NODE: "await answer(context, process.pid);\nprocess.exit(5);",
}


@pytest.mark.parametrize("runtime", EXITS)
async def test_a_handler_that_exits_after_its_answer_is_replaced(hostile, runtime):
    async with hostile(runtime, EXITS[runtime]) as proxy:
        before = await good(proxy, "/edge?bad")
        assert await good(proxy) != before
        await in_time(lambda: gone(before))


STAYS = {
    PYTHON: "answer(context, os.getpid())\nwhile True: pass",
    NODE: "await answer(context, process.pid);\nfor (;;);",
}


@pytest.mark.parametrize("runtime", STAYS)
async def test_a_handler_that_goes_on_after_its_answer_is_killed_at_its_timeout_and_holds_nobody_up(hostile, runtime):
    async with hostile(runtime, STAYS[runtime], timeout=HASTE) as proxy:
        before = await good(proxy, "/edge?bad")
        after = await good(proxy)
        await in_time(lambda: gone(before))
        assert await good(proxy) == after != before


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
async def test_a_handler_that_somebody_kills_between_two_requests_is_replaced(hostile, runtime):
    async with hostile(runtime) as proxy:
        before = await good(proxy)
        await in_time(lambda: frozen(before))
        os.kill(before, signal.SIGKILL)
        await in_time(lambda: gone(before))
        assert await good(proxy) != before


TIMERS = {
    PYTHON: "held = os.open(PULSE, os.O_WRONLY)\nthreading.Timer(0.4, os.write, [held, b'x']).start()",
    NODE: "const held = fs.openSync(PULSE, 'w');\nsetTimeout(() => fs.writeSync(held, 'x'), 400);",
}


@pytest.mark.parametrize("runtime", TIMERS)
async def test_a_timer_waits_for_the_next_request(hostile, pulse, runtime):
    async with hostile(runtime, TIMERS[runtime]) as proxy:
        pid = await good(proxy, "/edge?bad")
        await past(0.6, pid)
        assert pulse.held
        assert await good(proxy) == pid
        fired = asyncio.ensure_future(pulse.written(1))
        while not fired.done():
            assert await good(proxy) == pid
        assert await fired == b"x"


# The second such request waits until the timer that the first has set ends the process.
LATE_ENDS = {
    "exits": {
        PYTHON: (
            """
if 'armed' in globals(): time.sleep(60)
globals()['armed'] = True
threading.Timer(0.4, os._exit, [3]).start()
""",
            "exit status 3",
        ),
        NODE: (
            """
if (globalThis.armed) await new Promise(() => setInterval(() => {}, 60000));
globalThis.armed = true;
setTimeout(process.exit, 400, 3);
""",
            "exit status 3",
        ),
    },
    "rejects": {
        NODE: (
            """
if (globalThis.armed) await new Promise(() => setInterval(() => {}, 60000));
globalThis.armed = true;
setTimeout(() => Promise.reject(new Error('late')), 400);
""",
            "Runtime.UnhandledPromiseRejection: Error: late",
        ),
    },
}


@pytest.mark.parametrize(("runtime", "misdeed", "cause"), cases(LATE_ENDS))
async def test_a_timer_that_ends_the_process_does_so_in_the_next_request(hostile, runtime, misdeed, cause):
    async with hostile(runtime, misdeed) as proxy:
        pid = await good(proxy, "/edge?bad")
        await past(0.6, pid)
        assert not gone(pid)
        assert cause not in proxy.terminal
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        assert await good(proxy) != pid
    assert cause in proxy.terminal


# --- its children ---

CHILDREN = {
    PYTHON: """
held = os.open(PULSE, os.O_WRONLY)
for _ in range(5):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(30)
        while True: signal.pause()
os.write(held, b'x')
os.close(held)
""",
    NODE: """
const held = fs.openSync(PULSE, 'w');
for (let i = 0; i < 5; i++) child_process.spawn('sleep', ['30'], { stdio: ['ignore', held, 'ignore'] });
fs.writeSync(held, 'x');
fs.closeSync(held);
""",
}
INHERITING = CHILDREN[NODE].replace("['ignore', held, 'ignore']", "['inherit', held, 'ignore']")


@pytest.mark.parametrize("runtime", CHILDREN)
async def test_children_that_outlive_an_answer_end_with_the_proxy(hostile, pulse, runtime):
    async with hostile(runtime, CHILDREN[runtime]) as proxy:
        assert await good(proxy, "/edge?bad") == await good(proxy)
        assert await pulse.written(1) == b"x"
        assert pulse.held
    assert await pulse.at_last() == b""


@pytest.mark.parametrize("runtime", CHILDREN)
async def test_children_end_with_a_request_that_ran_past_its_time(hostile, pulse, runtime):
    async with hostile(runtime, CHILDREN[runtime] + BLOCKING["loops for ever"][runtime], timeout=HASTE) as proxy:
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        assert await pulse.at_last() == b"x"
        await good(proxy)
    assert TIMED_OUT in proxy.terminal


@pytest.mark.parametrize(
    ("runtime", "misdeed"),
    [
        pytest.param(PYTHON, CHILDREN[PYTHON] + "os._exit(3)", id="Python"),
        pytest.param(NODE, CHILDREN[NODE] + "process.exit(3);", id="Node.js"),
        pytest.param(NODE, INHERITING + "process.exit(3);", id="Node.js, with its stdin"),
    ],
)
async def test_children_end_with_a_process_that_exits(hostile, pulse, runtime, misdeed):
    async with hostile(runtime, misdeed, timeout=HASTE) as proxy:
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        assert await pulse.at_last() == b"x"
        await good(proxy)
    assert "Runtime exited with error: exit status 3" in proxy.terminal


@pytest.mark.parametrize(
    ("runtime", "misdeed"),
    [
        pytest.param(PYTHON, CHILDREN[PYTHON], id="Python"),
        pytest.param(NODE, CHILDREN[NODE], id="Node.js"),
        pytest.param(NODE, INHERITING, id="Node.js, with its stdin"),
    ],
)
async def test_children_end_with_a_process_that_somebody_kills_between_two_requests(hostile, pulse, runtime, misdeed):
    async with hostile(runtime, misdeed, timeout=HASTE) as proxy:
        before = await good(proxy, "/edge?bad")
        await in_time(lambda: frozen(before))
        os.kill(before, signal.SIGKILL)
        await in_time(lambda: dead(before))
        assert await good(proxy) != before
        assert await pulse.at_last() == b"x"


ESCAPES = {
    "to another session": {
        PYTHON: """
held, (there, tell) = os.open(PULSE, os.O_WRONLY), os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(held, b'left')
    os.write(tell, b'x')
    signal.alarm(20)
    while True: signal.pause()
os.read(there, 1)
for each in (held, there, tell): os.close(each)
""",
        NODE: """
const held = fs.openSync(PULSE, 'w');
child_process.spawn('sh', ['-c', 'printf left; exec sleep 20'], { detached: true, stdio: ['ignore', held, 'ignore'] });
fs.closeSync(held);
""",
    },
}
ESCAPES["to another group"] = {PYTHON: ESCAPES["to another session"][PYTHON].replace("os.setsid()", "os.setpgid(0, 0)")}
on_linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="nothing tells whose child it was")


@on_linux
@pytest.mark.parametrize(("runtime", "misdeed"), cases(ESCAPES))
async def test_a_child_that_went_its_own_way_ends_with_the_proxy(hostile, pulse, runtime, misdeed):
    async with hostile(runtime, misdeed) as proxy:
        before = await good(proxy, "/edge?bad")
        assert await pulse.written(4) == b"left"
        assert await good(proxy) == before
        assert pulse.held
    assert await pulse.at_last() == b""


@on_linux
@pytest.mark.parametrize(("runtime", "misdeed"), cases(ESCAPES))
async def test_a_child_that_went_its_own_way_ends_with_a_process_that_is_killed(hostile, pulse, runtime, misdeed):
    async with hostile(runtime, misdeed + KILLS_ITSELF[runtime], timeout=HASTE) as proxy:
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        assert await pulse.at_last() in (b"left", b"")
        await good(proxy)


# In a session of its own and without the handler's variables the child waits at the gate until the request is over.
LATE = {
    PYTHON: """
late = '''if True:
import http.client, os, signal, sys
signal.alarm(20)
os.write(1, b'left')
os.read(0, 1)
connection = http.client.HTTPConnection(sys.argv[1], timeout=10)
try:
    connection.request('POST', sys.argv[2], '{}')
    os.write(1, b'told %d' % connection.getresponse().status)
except OSError:
    os.write(1, b'refused')
'''
words = [sys.executable, '-I', '-c', late, os.environ['AWS_LAMBDA_RUNTIME_API']]
words.append(f'/2018-06-01/runtime/invocation/{context.aws_request_id}/response')
with open(GATE, 'rb') as gate, open(PULSE, 'wb') as held:
    subprocess.Popen(words, env={}, start_new_session=True, stdin=gate, stdout=held, stderr=subprocess.DEVNULL)
while True: pass
""",
    NODE: """
const late = `
  const fs = require('fs');
  fs.writeSync(1, 'left');
  fs.readSync(0, Buffer.alloc(1));
  const asked = require('http').request('http://${host}:${port}/2018-06-01/runtime/invocation/${context.awsRequestId}/response',
    { method: 'POST' });
  asked.on('response', (answered) => fs.writeSync(1, 'told ' + answered.statusCode)).on('error', () => fs.writeSync(1, 'refused'));
  asked.end('{}');
`;
const [gate, held] = [fs.openSync(GATE, 'r'), fs.openSync(PULSE, 'w')];
child_process.spawn(process.execPath, ['-e', late], { detached: true, env: {}, stdio: [gate, held, 'ignore'] });
fs.closeSync(held);
for (;;);
""",
}


@pytest.mark.parametrize("runtime", LATE)
async def test_what_a_child_answers_when_the_request_is_over_reaches_nobody(hostile, pulse, gate, runtime):
    async with hostile(runtime, LATE[runtime], timeout=HASTE) as proxy:
        assert_page(await proxy.get("/edge?bad"), EXECUTION)
        pid = await good(proxy)
        gate.open()
        # Whether such a child lives so long is not promised.
        assert await pulse.at_last() in (b"leftrefused", b"left", b"")
        assert await good(proxy) == pid


# --- it is edited ---

VERSIONS = {
    PYTHON: """
import os
def handler(event, context):
    if event['Records'][0]['cf']['request']['querystring'] == 'bad':
        print('waiting')
        os.read(os.open(%r, os.O_RDONLY), 1)
    return {'status': '200', 'body': '%s ' + str(os.getpid())}
""",
    NODE: """
const fs = require('fs');
exports.handler = async (event) => {
  if (event.Records[0].cf.request.querystring === 'bad') {
    fs.writeSync(1, 'waiting\\n');
    fs.readSync(fs.openSync(%r), Buffer.alloc(1));
  }
  return { status: '200', body: '%s ' + process.pid };
};
""",
}


@pytest.mark.parametrize("runtime", VERSIONS)
async def test_a_request_that_is_served_while_its_handler_is_edited_is_answered_by_the_old_code(
    hostile, gate, tmp_path, runtime
):
    file = tmp_path / "code" / FILES[runtime]
    file.parent.mkdir()
    file.write_text(VERSIONS[runtime] % (str(gate.path), "old"))
    async with hostile(runtime, code="./code") as proxy:
        running = asyncio.ensure_future(proxy.get("/edge?bad"))
        await proxy.until("waiting")
        file.write_text(VERSIONS[runtime] % (str(gate.path), "new"))
        await proxy.until(f"reloaded: {file.name}")
        new, pid = (await proxy.get("/edge")).body.split()
        assert (new, running.done()) == (b"new", False)
        gate.open()
        old, before = (await running).body.split()
        assert old == b"old"
        await in_time(lambda: gone(int(before)))
        assert (await proxy.get("/edge")).body.split() == [b"new", pid]
