"""Tests of bootstrap.mjs."""

import subprocess

import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.environment import Environment
from edgeproxy.runtimes.lambda_edge.interpreters import command


@pytest.fixture
async def run(tmp_path):
    """Writes files, runs a handler once, returns what it answered; the log in `run.lines`."""
    made = []

    async def run(files, event=b"{}", handler="app.handler", runtime="nodejs22.x", times=1):
        for name, text in ({"app.js": files} if isinstance(files, str) else files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        environment = Environment(LambdaFunction("Fn", runtime, handler, tmp_path, version="7"), {}, run.lines.append)
        made.append(environment)
        for _ in range(times - 1):
            await environment.run(event)
            assert await environment.free_within(10)
        return (await environment.run(event)).payload

    async def stop():
        for environment in made:
            await environment.stop()

    run.lines, run.stop = [], stop
    yield run
    await stop()


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        pytest.param("exports.handler = async (event) => event", '{"a":["ä"]}'.encode(), id="an event there and back"),
        pytest.param("exports.handler = async () => {}", b"null", id="undefined is null"),
        pytest.param("exports.handler = (e, c, callback) => callback(null, 1)", b"1", id="a callback"),
        pytest.param("exports.handler = (e, c, callback) => setTimeout(callback, 5, null, 1)", b"1", id="a later callback"),
        pytest.param("exports.handler = (e, c, cb) => { cb(null, 1); cb(null, 2); }", b"1", id="a second callback is ignored"),
        pytest.param("exports.handler = (e, c) => c.succeed(1)", b"1", id="context.succeed"),
        pytest.param(
            "exports.handler = (e) => e", b"null", id="LE-55 what a plain function returns is ignored up to Node.js 22"
        ),
        pytest.param("exports.handler = () => Promise.resolve(1)", b"1", id="a plain function may return a promise"),
        pytest.param("exports.handler = () => new Promise(() => {})", b"null", id="a promise that never settles is null"),
        pytest.param(
            "exports.a = {b: {handler: async () => 1}}; exports.handler = exports.a.b.handler", b"1", id="nested exports"
        ),
        pytest.param(
            "exports.handler = async (e, c) => [c.functionName, c.memoryLimitInMB]", b'["us-east-1.Fn","128"]', id="context"
        ),
        pytest.param("exports.handler = async (e, c) => c.getRemainingTimeInMillis() > 0", b"true", id="the time that is left"),
        pytest.param("exports.handler = async () => process.env._X_AMZN_TRACE_ID.slice(0, 7)", b'"Root=1-"', id="the trace id"),
        pytest.param("exports.handler = async () => new Intl.DateTimeFormat().resolvedOptions().timeZone", b'"UTC"', id="UTC"),
    ],
)
async def test_answers(run, source, payload):
    assert await run(source, '{"a": ["ä"]}'.encode()) == payload


async def test_a_callback_waits_for_the_event_loop(run):
    source = "let n = 0; exports.handler = (e, c, callback) => { setTimeout(() => { n = 1 }, 50); callback(null, {get n() { return n }}); }"
    assert await run(source) == b'{"n":1}'


async def test_or_does_not_when_told_so(run):
    source = "exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60000); callback(null, 1); }"
    assert await run(source) == b"1"


async def test_a_late_callback_does_not_answer_the_next_event(run):
    source = """
let n = 0, late;
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  if (late) { late(null, 'late'); late = null; }
  late = callback;
  if (++n === 1) callback(null, 'first'); else setTimeout(callback, 20, null, 'second');
};"""
    assert await run(source, times=2) == b'"second"'


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        pytest.param(
            "exports.handler = async () => {\n throw new TypeError('no') }", "TypeError: no (app.js:2)", id="LE-32 rejects"
        ),
        pytest.param("exports.handler = () => {\n throw new Error('no') }", "Error: no (app.js:2)", id="LE-32 throws"),
        pytest.param("exports.handler = (e, c, cb) => cb(new Error('no'))", "Error: no (app.js:1)", id="LE-32 callback(err)"),
        pytest.param("exports.handler = (e, c, cb) => cb('plain')", "string: plain", id="LE-32 callback of a string"),
        pytest.param("exports.handler = (e, c) => c.fail('plain')", "string: plain", id="context.fail"),
        pytest.param("exports.handler = async () => { throw null }", "object: null", id="throws nothing"),
        pytest.param(
            "exports.handler = async () => { const a = {}; a.a = a; return a }",
            "Error: Unable to stringify response body",
            id="circular",
        ),
        pytest.param(
            "require('nope')", "Runtime.ImportModuleError: Error: Cannot find module 'nope' Require stack:", id="LE-34 require"
        ),
        pytest.param(
            "\nconst x = ;", "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token ';' (app.js:2)", id="LE-34 syntax"
        ),
        pytest.param("\nthrow new RangeError('top')", "RangeError: top (app.js:2)", id="LE-34 the module throws"),
        pytest.param(
            "exports.other = 1", "Runtime.HandlerNotFound: app.handler is undefined or not exported", id="not exported"
        ),
        pytest.param("exports.handler = 1", "Runtime.HandlerNotFound: app.handler is not a function", id="not a function"),
        pytest.param(
            "exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise(() => setTimeout(() => {}, 9000)) }",
            "Runtime.UnhandledPromiseRejection: Error: lost (app.js:1)",
            id="an unhandled rejection",
        ),
        pytest.param(
            "exports.handler = () => { setTimeout(() => { throw new Error('later') }, 1) }",
            "Error: later (app.js:1)",
            id="uncaught",
        ),
    ],
)
async def test_errors(run, source, cause):
    with pytest.raises(LambdaError) as raised:
        await run(source)
    assert raised.value.cause.startswith(cause)


@pytest.mark.parametrize("handler", ["app", "../app.handler", "."])
async def test_bad_handler_names(run, handler):
    with pytest.raises(LambdaError, match=r"Runtime\.MalformedHandlerName"):
        await run("exports.handler = async () => 1", handler=handler)


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        pytest.param({"app.mjs": "export const handler = async () => 1"}, "app.handler", id="an .mjs file"),
        pytest.param({"app.cjs": "exports.handler = async () => 1"}, "app.handler", id="a .cjs file"),
        pytest.param(
            {"app.js": "export const handler = async () => 1", "package.json": '{"type": "module"}'},
            "app.handler",
            id="a module package",
        ),
        pytest.param(
            {"src/app.js": "export const handler = async () => 1", "package.json": '{"type": "module"}'},
            "src/app.handler",
            id="a directory of a module package",
        ),
        pytest.param(
            {"app.mjs": "export const handler = await (async () => async () => 1)()"}, "app.handler", id="top-level await"
        ),
        pytest.param({"app.js": "exports.a = {b: async () => 1}"}, "app.a.b", id="a nested export"),
        pytest.param({"node_modules/pkg/h.js": "exports.run = async () => 1"}, "pkg/h.run", id="an installed package"),
        pytest.param(
            {"app.js": "exports.handler = async () => require('pkg').one", "node_modules/pkg/index.js": "exports.one = 1"},
            "app.handler",
            id="a handler that requires a package",
        ),
    ],
)
async def test_files(run, files, handler):
    assert await run(files, handler=handler) == b"1"


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        pytest.param("export const handler = (event) => event", b"{}", id="what a plain function returns is the answer"),
        pytest.param("export const handler = async () => 1", b"1", id="async"),
        pytest.param("export const handler = async (e, c) => 'done' in c", b"false", id="no context.done"),
    ],
)
async def test_from_node_24(run, source, payload):
    assert await run({"app.mjs": source}, runtime="nodejs24.x") == payload


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        pytest.param(
            "exports.handler = (e, c, cb) => cb(null, 1)", "Runtime.CallbackHandlerDeprecated", id="LE-54 three parameters"
        ),
        pytest.param(
            "exports.handler = async () => 1n", "Runtime.JSONStringifyError: Unable to stringify response body", id="no JSON"
        ),
        pytest.param("exports.handler = () => new Promise(() => {})", "Runtime.NodeJsExit", id="a promise that never settles"),
    ],
)
async def test_errors_from_node_24(run, source, cause):
    with pytest.raises(LambdaError) as raised:
        await run(source, runtime="nodejs24.x")
    assert raised.value.cause.startswith(cause)


async def test_an_environment_lives_on_after_an_error(run):
    source = "let n = 0; exports.handler = async () => { if (++n === 2) throw new Error('second'); return n }"
    with pytest.raises(LambdaError, match="second"):
        await run(source, times=2)
    run.lines.clear()
    assert await run(source) == b"1"


async def test_console_goes_to_the_log(run):
    await run("exports.handler = async () => { console.log('out'); console.error('err') }")
    await run.stop()
    assert sorted(run.lines) == ["Fn: err", "Fn: out"]


def test_end_of_stdin_ends_the_process(tmp_path):
    (tmp_path / "app.mjs").write_text("console.log('loaded'); await new Promise(() => setInterval(() => {}, 1000))")
    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "LAMBDA_TASK_ROOT": str(tmp_path), "_HANDLER": "app.handler"}
    with subprocess.Popen(command("nodejs22.x"), stdin=-1, stdout=-1, env=variables, start_new_session=True) as process:
        assert process.stdout.readline() == b"loaded\n"
        process.stdin.close()
        assert process.wait(10) == -9
