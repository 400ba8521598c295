"""Tests of bootstrap.mjs: up to Node.js 22 with callbacks, from 24 without; each on a Node.js of its side, if there is one."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from kit_runtime import ALIVE, live, write

from edgeproxy.runtimes.lambda_edge import interpreters

BOOTSTRAP = Path(interpreters.__file__).with_name("bootstrap.mjs")
EVENT = '{"a":["ä"]}'.encode()
LEGACY, ASYNC = "nodejs22.x", "nodejs24.x"
FOREVER = "new Promise(() => setTimeout(() => {}, 60000))"


@cache
def node(runtime):
    """The Node.js of PATH for callbacks, the one of the wheel for the rest: 20 to 22 and 24, as far as this machine has them."""
    found = interpreters.find_node() if runtime == LEGACY else interpreters.find_node(path="")
    return [
        *interpreters.LIFELINE_APART,
        found.executable,
        *(flag for flag in interpreters.NODE_FLAGS[runtime] if flag in found.flags),
        str(BOOTSTRAP),
    ]


@pytest.fixture
def run(tmp_path):
    """Writes files, lives through the events."""

    def run(files, events=(EVENT,), *, runtime=LEGACY, on=None, **how):
        write(tmp_path, {"app.js": files} if isinstance(files, str) else files)
        return live(node(on or runtime), tmp_path, events, runtime=runtime, **how)

    return run


def answered(ran):
    (post,) = ran.posts
    assert (post.path, post.content_type, ran.code) == ("invocation/id-0/response", "application/json", ALIVE)
    return post.body


def failed(ran):
    """Kind of the post, type and message of the error, place in app.js, exit code."""
    (post,) = ran.posts
    document = json.loads(post.body)
    places = [match[1] for line in document["trace"] if (match := re.search(r"/app\.m?js:(\d+)", line))]
    kind = post.path.removeprefix("invocation/id-0/")
    assert post.error_type == (document["errorType"] if kind == "init/error" else "")
    return kind, document["errorType"], document["errorMessage"], int(places[0]) if places else 0, ran.code


LEGACY_ANSWERS = [
    pytest.param("(e, c, cb) => cb(null, 1)", b"1", id="a callback"),
    pytest.param("(e, c, cb) => cb(null)", b"null", id="a callback of nothing"),
    pytest.param("(e, c, cb) => { setTimeout(cb, 5, null, 1) }", b"1", id="a later callback"),
    pytest.param("(e, c, cb) => { cb(null, 1); cb(null, 2) }", b"1", id="a second callback is ignored"),
    pytest.param("(e, c, cb) => { cb(null, 1); cb(new Error('x')) }", b"1", id="a second callback with an error is ignored"),
    pytest.param("(e, c, cb) => { cb(null, 1); c.succeed(2) }", b"1", id="context.succeed after a callback is ignored"),
    pytest.param("(e, c, cb) => { cb(null, 1); throw new Error('x') }", b"1", id="what is thrown after a callback is ignored"),
    pytest.param("async (e, c, cb) => { cb(null, 1) }", b"1", id="an async handler may call back before it returns"),
    pytest.param("async (e, c, cb) => { cb(null, 1); return 2 }", b"1", id="the callback counts when it comes first"),
    pytest.param("async (e, c, cb) => { setTimeout(cb, 5, null, 1) }", b"null", id="a callback after the return of an async one is ignored"),
    pytest.param("(e, c) => c.succeed(1)", b"1", id="context.succeed"),
    pytest.param("(e, c) => { setTimeout(() => {}, 60000); c.succeed(1) }", b"1", id="context.succeed does not wait for the event loop"),
    pytest.param("(e, c) => c.done(null, 1)", b"1", id="context.done"),
    pytest.param("(e) => e", b"null", id="LE-55 what a plain function returns is ignored up to Node.js 22"),
    pytest.param("() => Promise.resolve(1)", b"1", id="a plain function may return a promise"),
    pytest.param("() => ({then: (resolve) => resolve(1)})", b"1", id="or anything with a then"),
    pytest.param("() => new Promise(() => {})", b"null", id="a promise that never settles is null"),
    pytest.param("() => { throw null }", b"null", id="a plain function that throws nothing is null"),
    pytest.param("async (e, c) => Object.keys(c).join()", b'"callbackWaitsForEmptyEventLoop,succeed,fail,done,functionVersion,functionName,'
                 b'memoryLimitInMB,logGroupName,logStreamName,clientContext,identity,invokedFunctionArn,awsRequestId,tenantId,'
                 b'getRemainingTimeInMillis"', id="the names in the context, in order"),
]  # fmt: skip

ASYNC_ANSWERS = [
    pytest.param("(e) => e", EVENT, id="LE-55 what a plain function returns is the answer from Node.js 24"),
    pytest.param("async (e, c) => 'done' in c || 'callbackWaitsForEmptyEventLoop' in c", b"false", id="no context.done"),
    pytest.param("async (e, c) => c.xRayTraceId.slice(0, 7)", b'"Root=1-"', id="the trace id in the context"),
]

ANSWERS = [
    pytest.param("async (e) => e", EVENT, id="an event there and back"),
    pytest.param("async () => {}", b"null", id="undefined is null"),
    pytest.param("async () => NaN", b"null", id="NaN is null"),
    pytest.param("async () => { setTimeout(() => {}, 60000); return 1 }", b"1", id="async does not wait for the event loop"),
    pytest.param("async (e, c) => [c.functionName, c.memoryLimitInMB]", b'["us-east-1.Fn","128"]', id="name and memory"),
    pytest.param("async (e, c) => c.getRemainingTimeInMillis() > 1e9", b"true", id="the time that is left"),
    pytest.param("async () => process.env._X_AMZN_TRACE_ID.slice(0, 7)", b'"Root=1-"', id="the trace id"),
    pytest.param("async () => new Intl.DateTimeFormat().resolvedOptions().timeZone", b'"UTC"', id="UTC"),
]


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
@pytest.mark.parametrize(("handler", "payload"), ANSWERS)
def test_answers(run, runtime, handler, payload):
    assert answered(run(f"exports.handler = {handler}", runtime=runtime)) == payload


@pytest.mark.parametrize(("handler", "payload"), LEGACY_ANSWERS)
def test_answers_up_to_node_22(run, handler, payload):
    assert answered(run(f"exports.handler = {handler}")) == payload


@pytest.mark.parametrize(("handler", "payload"), ASYNC_ANSWERS)
def test_answers_from_node_24(run, handler, payload):
    assert answered(run(f"exports.handler = {handler}", runtime=ASYNC)) == payload


@pytest.mark.parametrize(("runtime", "on"), [(LEGACY, ASYNC), (ASYNC, LEGACY)])
def test_the_declared_version_decides_not_the_one_that_runs(run, runtime, on):
    assert answered(run("exports.handler = (e) => 1", runtime=runtime, on=on)) == (b"null" if runtime == LEGACY else b"1")


def test_a_callback_waits_for_the_event_loop(run):
    body = "{ setTimeout(() => { n = 1 }, 20); callback(null, {get n() { return n }}) }"
    assert answered(run(f"let n = 0; exports.handler = (e, c, callback) => {body}")) == b'{"n":1}'


def test_or_does_not_when_told_so(run):
    body = "{ c.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60000); callback(null, 1) }"
    assert answered(run(f"exports.handler = (e, c, callback) => {body}")) == b"1"


def test_a_late_callback_does_not_answer_the_next_event(run):
    source = """
let n = 0, late;
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  if (late) { late(null, 'late'); late = null; }
  late = callback;
  if (++n === 1) callback(null, 'first'); else setTimeout(callback, 20, null, 'second');
};"""
    assert [post.body for post in run(source, [b"{}"] * 2).posts] == [b'"first"', b'"second"']


FAILS = [
    pytest.param("async () => {\n throw new TypeError('no') }", "TypeError", "no", 2, id="LE-32 rejects"),
    pytest.param("() => {\n throw new Error('no') }", "Error", "no", 2, id="LE-32 throws"),
    pytest.param("async () => { throw 'plain' }", "string", "plain", 0, id="LE-32 throws a string"),
    pytest.param("async () => { throw {code: 1} }", "object", "[object Object]", 0, id="LE-32 throws an object"),
    pytest.param("async () => () => 1", "TypeError", "Wrong arguments", 0, id="a function is no answer"),
]
LEGACY_FAILS = [
    pytest.param("(e, c, cb) => cb(new Error('no'))", "Error", "no", 1, id="LE-32 callback(err)"),
    pytest.param("(e, c, cb) => cb('plain')", "string", "plain", 0, id="LE-32 callback of a string"),
    pytest.param("(e, c) => c.fail('plain')", "string", "plain", 0, id="context.fail"),
    pytest.param("(e, c) => c.fail()", "string", "handled", 0, id="context.fail of nothing"),
    pytest.param("(e, c) => c.done(new Error('no'))", "Error", "no", 1, id="context.done of an error"),
    pytest.param("async () => { throw null }", "string", "handled", 0, id="rejects with nothing"),
    pytest.param(
        "async () => { const a = {}; a.a = a; return a }", "Error", "Unable to stringify response body", 0, id="circular"
    ),
    pytest.param("async () => 1n", "Error", "Unable to stringify response body", 0, id="a BigInt"),
]
ASYNC_FAILS = [
    pytest.param("async () => { throw null }", "object", "null", 0, id="rejects with nothing"),
    pytest.param("async () => { const a = {}; a.a = a; return a }", "Runtime.JSONStringifyError", "Unable to stringify response body", 0, id="circular"),
]  # fmt: skip


def check_invoke_error(ran, error_type, message, line):
    assert failed(ran) == ("error", error_type, message, line, ALIVE)
    assert re.fullmatch(r'TIME\tid-0\tERROR\tInvoke Error \t\{"errorType":"[^\n]*\}\n', ran.stdout)


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
@pytest.mark.parametrize(("handler", "error_type", "message", "line"), FAILS)
def test_errors(run, runtime, handler, error_type, message, line):
    check_invoke_error(run(f"exports.handler = {handler}", runtime=runtime), error_type, message, line)


@pytest.mark.parametrize(("handler", "error_type", "message", "line"), LEGACY_FAILS)
def test_errors_up_to_node_22(run, handler, error_type, message, line):
    check_invoke_error(run(f"exports.handler = {handler}"), error_type, message, line)


@pytest.mark.parametrize(("handler", "error_type", "message", "line"), ASYNC_FAILS)
def test_errors_from_node_24(run, handler, error_type, message, line):
    check_invoke_error(run(f"exports.handler = {handler}", runtime=ASYNC), error_type, message, line)


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
def test_the_log_of_an_error_has_its_own_properties(run, runtime):
    source = "exports.handler = async () => { throw Object.assign(new RangeError('ä\\nb'), {code: 'E1', extra: {n: 1}}) }"
    logged = json.loads(run(source, runtime=runtime).stdout.partition("Invoke Error \t")[2])
    stack = logged.pop("stack")
    assert logged == {"errorType": "RangeError", "errorMessage": "ä\nb", "code": "E1", "extra": {"n": 1}}
    assert stack[:2] == ["RangeError: ä", "b"]


@pytest.mark.parametrize(
    ("handler", "kind", "error_type", "message", "code"),
    [
        pytest.param(f"async () => {{ Promise.reject(new Error('lost')); await {FOREVER} }}",
                     "Unhandled Promise Rejection", "Runtime.UnhandledPromiseRejection", "Error: lost", 128, id="an unhandled rejection"),
        pytest.param(f"async () => {{ Promise.reject(); await {FOREVER} }}",
                     "Unhandled Promise Rejection", "Runtime.UnhandledPromiseRejection", "", 128, id="an unhandled rejection of nothing"),
        pytest.param("() => { setTimeout(() => { throw new Error('later') }, 1) }", "Uncaught Exception", "Error", "later", 129, id="uncaught"),
        pytest.param("(e, c, cb) => { const a = {}; a.a = a; cb(null, a) }",
                     "Uncaught Exception", "Error", "Unable to stringify response body", 129, id="a circle that is called back"),
    ],
)  # fmt: skip
def test_strays_up_to_node_22(run, handler, kind, error_type, message, code):
    ran = run(f"exports.handler = {handler}")
    posted_kind, *rest, _, exit_code = failed(ran)
    assert (posted_kind, *rest, exit_code) == ("error", error_type, message, code)
    assert ran.stdout.startswith(f'TIME\tid-0\tERROR\t{kind} \t{{"errorType":"{error_type}","errorMessage":"{message}"')


def test_an_answer_that_is_due_comes_before_a_stray_up_to_node_22(run):
    ran = run("exports.handler = async () => { Promise.reject(new Error('lost')); return 1 }")
    assert [post.path for post in ran.posts] == ["invocation/id-0/response", "invocation/id-0/error"]
    assert ran.code == 128


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        pytest.param("async () => { Promise.reject(new Error('lost')); return 1 }", 1, id="an unhandled rejection"),
        pytest.param(
            f"async () => {{ setTimeout(() => {{ throw new Error('lost') }}, 1); await {FOREVER} }}", 1, id="uncaught"
        ),
        pytest.param("() => new Promise(() => {})", 0, id="a promise that never settles"),
    ],
)
def test_strays_end_the_process_without_a_post_from_node_24(run, handler, code):
    ran = run(f"exports.handler = {handler}", runtime=ASYNC)
    assert (ran.posts, ran.code, ran.stdout, "lost" in ran.stderr) == ([], code, "", code == 1)


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
def test_process_exit(run, runtime):
    """LE-35"""
    ran = run("exports.handler = async () => process.exit(7)", runtime=runtime)
    assert (ran.posts, ran.code) == ([], 7)


INIT_FAILS = [
    pytest.param("\nrequire('nope')", "Runtime.ImportModuleError", "Error: Cannot find module 'nope'\nRequire stack:\n- ", 2, id="LE-34 require"),
    pytest.param("\nconst x = ;", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token ';'", 2, id="LE-34 syntax"),
    pytest.param("\nthrow new RangeError('top')", "RangeError", "top", 2, id="LE-34 the module throws"),
    pytest.param("exports.other = 1", "Runtime.HandlerNotFound", "app.handler is undefined or not exported", 0, id="not exported"),
    pytest.param("exports.handler = 0", "Runtime.HandlerNotFound", "app.handler is undefined or not exported", 0, id="falsy"),
    pytest.param("exports.handler = 1", "Runtime.HandlerNotFound", "app.handler is not a function", 0, id="not a function"),
]  # fmt: skip


def check_init_error(ran, runtime, error_type, message, line):
    kind, posted_type, posted_message, place, code = failed(ran)
    assert (kind, posted_type, code) == ("init/error", error_type, 129 if runtime == LEGACY else 1)
    assert posted_message.startswith(message)
    assert not line or place == line
    logged = "undefined\tERROR\tUncaught Exception" if runtime == LEGACY else "-\tERROR\tInit Error"
    assert ran.stdout.startswith(f'TIME\t{logged} \t{{"errorType":"{error_type}"')


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
@pytest.mark.parametrize(("source", "error_type", "message", "line"), INIT_FAILS)
def test_errors_of_init(run, runtime, source, error_type, message, line):
    check_init_error(run(source, runtime=runtime), runtime, error_type, message, line)


def test_three_parameters_are_refused_from_node_24(run):
    """LE-54"""
    ran = run("exports.handler = (e, c, cb) => cb(null, 1)", runtime=ASYNC)
    check_init_error(ran, ASYNC, "Runtime.CallbackHandlerDeprecated", "ERROR: AWS Lambda has removed support for callback", 0)


def test_an_unhandled_rejection_of_init_comes_before_the_first_event(run):
    ran = run("Promise.reject(new Error('iu')); exports.handler = async () => 1")
    assert failed(ran) == ("init/error", "Runtime.UnhandledPromiseRejection", "Error: iu", 1, 128)


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        pytest.param("app", "Runtime.MalformedHandlerName", id="no dot"),
        pytest.param("../app.handler", "Runtime.MalformedHandlerName", id="two dots"),
        pytest.param("app.", "Runtime.HandlerNotFound", id="nothing behind the dot"),
        pytest.param("gone.handler", "Runtime.ImportModuleError", id="no file"),
        pytest.param("pkg/h.run", "Runtime.ImportModuleError", id="a path within an installed package"),
    ],
)
def test_bad_handler_names(run, runtime, handler, error_type):
    files = {"app.js": "exports.handler = async () => 1", "node_modules/pkg/h.js": "exports.run = async () => 1"}
    assert failed(run(files, runtime=runtime, handler=handler))[:2] == ("init/error", error_type)


MODULE = '{"type": "module"}'
ESM, CJS = "export const handler = async () => 1", "exports.handler = async () => 1"
FILES = [
    pytest.param({"app.mjs": ESM}, "app.handler", id="an .mjs file"),
    pytest.param({"app.cjs": CJS}, "app.handler", id="a .cjs file"),
    pytest.param({"app": CJS}, "app.handler", id="a file without extension"),
    pytest.param({"app.js": ESM, "package.json": MODULE}, "app.handler", id="a module package"),
    pytest.param({"src/app.js": ESM, "package.json": MODULE}, "src/app.handler", id="a directory of a module package"),
    pytest.param({"src/app.js": CJS, "src/package.json": "{}", "package.json": MODULE}, "src/app.handler", id="the nearest package.json counts"),
    pytest.param({"app.mjs": "export const handler = await (async () => async () => 1)()"}, "app.handler", id="top-level await"),
    pytest.param({"app.js": "exports.a = {b: async () => 1}"}, "app.a.b", id="a nested export"),
    pytest.param({"app.js": CJS, "app.mjs": "nonsense", "app.cjs": "nonsense"}, "app.handler", id=".js before .mjs and .cjs"),
    pytest.param({"app.mjs": ESM, "app.cjs": "nonsense"}, "app.handler", id=".mjs before .cjs"),
    pytest.param({"node_modules/pkg/index.js": CJS}, "pkg.handler", id="an installed package"),
    pytest.param({"a b#/c%20d.mjs": ESM}, "a b#/c%20d.handler", id="names that a URL would not bear"),
    pytest.param({"app.js": "exports.handler = async () => require('pkg').one", "node_modules/pkg/index.js": "exports.one = 1"}, "app.handler", id="a handler that requires a package"),
]  # fmt: skip


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
@pytest.mark.parametrize(("files", "handler"), FILES)
def test_files(run, runtime, files, handler):
    assert answered(run(files, runtime=runtime, handler=handler)) == b"1"


@pytest.mark.parametrize(
    ("files", "legacy", "modern"),
    [
        pytest.param({"app.mjs": "export default {handler: async () => 1}"}, "Runtime.HandlerNotFound", None, id="a property of the default export"),
        pytest.param({"app.js": ESM}, "Runtime.UserCodeSyntaxError", None, id="an ES module in a .js file of no module package"),
        pytest.param({"app.js": "const m = require('./m.mjs'); exports.handler = async () => m.x", "m.mjs": "export const x = 1"}, "Error", None, id="a require of an ES module"),
        pytest.param({"app.js": CJS, "app/index.js": "nonsense"}, None, "Error", id="a directory of the same name"),
        pytest.param({"app.mjs": "import 'nope'"}, "Error", "Error", id="LE-34 an import that is missing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
def test_files_that_one_version_takes(run, runtime, files, legacy, modern):
    expected, ran = legacy if runtime == LEGACY else modern, run(files, runtime=runtime)
    assert failed(ran)[:2] == ("init/error", expected) if expected else answered(ran) == b"1"


def test_a_package_json_that_is_no_json_is_said_up_to_node_22(run, tmp_path):
    ran = run({"app.js": CJS, "package.json": "{"})
    assert failed(ran)[0] == "init/error"
    assert ran.stdout.startswith(f"TIME\tundefined\tWARN\t{tmp_path}/package.json cannot be read")


@pytest.mark.parametrize(("runtime", "code"), [(LEGACY, 13), (ASYNC, 0)])
def test_a_top_level_await_that_never_settles(run, runtime, code):
    ran = run({"app.mjs": "await new Promise(() => {})"}, runtime=runtime)
    assert (ran.posts, ran.code) == ([], code)


def test_an_environment_lives_on_after_an_error(run):
    source = "let n = 0; exports.handler = async () => { if (++n === 2) throw new Error('second'); return n }"
    assert [post.path.split("/")[2] for post in run(source, [b"{}"] * 3).posts] == ["response", "error", "response"]


@pytest.mark.parametrize("runtime", [LEGACY, ASYNC])
def test_an_event_without_trace_id_has_none_in_the_environment(run, runtime):
    events = [b"{}", (b"{}", {"Lambda-Runtime-Trace-Id": None})]
    source = "exports.handler = async () => typeof process.env._X_AMZN_TRACE_ID"
    assert [post.body for post in run(source, events, runtime=runtime).posts] == [b'"string"', b'"undefined"']


@pytest.mark.parametrize(("runtime", "no_id"), [(LEGACY, "undefined"), (ASYNC, "-")])
def test_console_writes_lambdas_columns(run, runtime, no_id):
    ran = run(
        """console.log('init');
exports.handler = async () => {
  console.log('%s of %d', 'one', 2, {a: [1]});
  console.info('two\\nlines');
  console.warn(); console.error(null, undefined); console.debug('ä'); console.trace('t'); console.fatal('f');
  process.stdout.write('raw\\n');
}""",
        runtime=runtime,
    )
    assert ran.stdout == (
        f"TIME\t{no_id}\tINFO\tinit\nTIME\tid-0\tINFO\tone of 2 {{ a: [ 1 ] }}\nTIME\tid-0\tINFO\ttwo\rlines\n"
        "TIME\tid-0\tWARN\tundefined\nTIME\tid-0\tERROR\tnull undefined\nTIME\tid-0\tDEBUG\tä\n"
        "TIME\tid-0\tTRACE\tt\nTIME\tid-0\tFATAL\tf\nraw\n"
    )
    assert ran.stderr == ""


def test_end_of_stdin_ends_the_process(tmp_path):
    (tmp_path / "app.mjs").write_text(f"process.stdout.write('loaded\\n'); await {FOREVER}")
    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "LAMBDA_TASK_ROOT": str(tmp_path), "_HANDLER": "app.handler"}
    with subprocess.Popen(node(LEGACY), stdin=-1, stdout=-1, env=variables, start_new_session=True) as process:
        assert process.stdout.readline() == b"loaded\n"
        process.stdin.close()
        assert process.wait(10) == -9
