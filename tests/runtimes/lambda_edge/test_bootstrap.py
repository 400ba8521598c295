import json
import logging
import subprocess
import sys

import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge import bootstrap
from edgeproxy.runtimes.lambda_edge.environment import Environment


@pytest.fixture
async def run(tmp_path):
    """Writes files, runs a handler once, returns what it answered; the log in `run.lines`."""
    made = []

    async def run(files, event=b"{}", handler="app.handler", times=1):
        for name, text in ({"app.py": files} if isinstance(files, str) else files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        environment = Environment(LambdaFunction("Fn", "python3.12", handler, tmp_path, version="7"), {}, run.lines.append)
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
    ("body", "payload"),
    [
        pytest.param("return event", b'{"a": ["\xc3\xa4"]}', id="an event there and back, not escaped"),
        pytest.param("pass", b"null", id="nothing is null"),
        pytest.param("return b'\\xff\\x00'", b"\xff\x00", id="bytes go out as they are"),
        pytest.param(
            "from decimal import Decimal; return [Decimal('200'), Decimal('1.5')]", b"[200, 1.5]", id="decimals are numbers"
        ),
        pytest.param("return float('nan')", b"NaN", id="NaN passes, as in Lambda"),
        pytest.param("import jwt; return jwt.__name__", b'"jwt"', id="packages beside edgeproxy can be imported"),
        pytest.param("import os; return os.environ['LAMBDA_TASK_ROOT'] == os.getcwd()", b"true", id="it runs in the task root"),
        pytest.param("import sys; return sys.stdin.read()", b'""', id="stdin is empty"),
        pytest.param(
            "c.log('x'); return [c.function_name, c.function_version]", b'["us-east-1.Fn", "7"]', id="context: name and version"
        ),
        pytest.param("return c.memory_limit_in_mb", b'"128"', id="context: memory is a string"),
        pytest.param(
            "return [c.client_context, c.identity.cognito_identity_id]", b"[null, null]", id="context: nothing of Cognito"
        ),
        pytest.param("return 0 < c.get_remaining_time_in_millis() <= 3000", b"true", id="context: the time that is left"),
        pytest.param("return len(c.aws_request_id)", b"36", id="context: the request id is a UUID"),
    ],
)
async def test_answers(run, body, payload):
    assert await run(f"def handler(event, c):\n    {body}", b'{"a": ["\xc3\xa4"]}') == payload


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        pytest.param("def handler(e, c):\n    raise KeyError('k')", "KeyError: 'k' (app.py:2)", id="LE-32 it raises"),
        pytest.param(
            "import json\ndef handler(e, c):\n    json.loads('x')",
            "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (app.py:3)",
            id="LE-32 it raises deep in a library",
        ),
        pytest.param(
            "def handler(e, c):\n    return {1}",
            "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable",
            id="what it returns is no JSON",
        ),
        pytest.param(
            "def handler(e, c):\n    a = []\n    a.append(a)\n    return a",
            "Runtime.MarshalError: Unable to marshal response: Circular reference detected",
            id="what it returns is circular",
        ),
        pytest.param(
            "import nope\ndef handler(e, c): pass",
            "Runtime.ImportModuleError: Unable to import module 'app': No module named 'nope' (app.py:1)",
            id="LE-34 an import fails",
        ),
        pytest.param(
            "\ndef handler(e, c) pass",
            "Runtime.UserCodeSyntaxError: Syntax error in module 'app': expected ':' (app.py, line 2) (app.py:2)",
            id="LE-34 a syntax error",
        ),
        pytest.param("x = 1", "Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'", id="no such function"),
        pytest.param("x = 1\n1 / 0", "ZeroDivisionError: division by zero (app.py:2)", id="LE-34 the module raises"),
    ],
)
async def test_errors(run, source, cause):
    with pytest.raises(LambdaError) as raised:
        await run(source)
    assert raised.value.cause == cause


@pytest.mark.parametrize(
    ("handler", "cause"),
    [
        pytest.param("app", "Runtime.MalformedHandlerName: Bad handler 'app': not enough values to unpack", id="no dot"),
        pytest.param(
            "sys.exit", "Runtime.BuiltInModuleConflict: Cannot use built-in module sys as a handler module", id="built-in"
        ),
        pytest.param(
            "gone.handler", "Runtime.ImportModuleError: Unable to import module 'gone': No module named 'gone'", id="no file"
        ),
    ],
)
async def test_bad_handler_names(run, handler, cause):
    with pytest.raises(LambdaError) as raised:
        await run("def handler(e, c): pass", handler=handler)
    assert raised.value.cause.startswith(cause)


async def test_async_def_is_not_called(run):
    with pytest.raises(LambdaError, match="Object of type coroutine is not JSON serializable"):
        await run("async def handler(e, c): pass")


async def test_bad_event(run):
    with pytest.raises(LambdaError, match=r"Runtime.UnmarshalError: Unable to unmarshal input: Expecting"):
        await run("def handler(e, c): pass", b"{")


async def test_modules_beside_the_handler_come_first(run):
    files = {
        "src/app.py": "import jwt\nfrom lib import x\ndef handler(e, c): return [jwt.NAME, x]",
        "jwt.py": "NAME = 'vendored'",
        "lib/__init__.py": "x = 1",
    }
    assert await run(files, handler="src/app.handler") == b'["vendored", 1]'


async def test_logging_is_set_up_as_in_lambda(run):
    await run("import logging\ndef handler(e, c):\n    logging.info('no')\n    logging.warning('two\\nlines')")
    await run.stop()
    level, stamp, request_id, message = run.lines[0].removeprefix("Fn: ").replace("\\t", "\t").split("\t")
    assert (level, message, len(request_id), len(stamp)) == ("[WARNING]", "two", 36, len("2026-11-20T15:31:42.219Z"))
    assert run.lines[1] == "Fn: lines"


async def test_a_late_post_is_refused(run):
    source = """
import http.client, os
ids = ["made-up"]
def handler(event, context):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    statuses = []
    for request_id in ids:
        connection.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", "late")
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    ids.append(context.aws_request_id)
    return statuses
"""
    assert await run(source, times=2) == b"[400, 400]"


async def test_no_files_appear_beside_the_code(run, tmp_path):
    await run({"app.py": "import lib\ndef handler(e, c): pass", "lib.py": ""})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.py", "lib.py"]


def test_end_of_stdin_ends_the_process(tmp_path):
    (tmp_path / "app.py").write_text("import time; print('loaded', flush=True); time.sleep(60)")
    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "LAMBDA_TASK_ROOT": str(tmp_path), "_HANDLER": "app.handler"}
    words = [sys.executable, "-I", bootstrap.__file__]
    with subprocess.Popen(words, stdin=-1, stdout=-1, env=variables, start_new_session=True) as process:
        assert process.stdout.readline() == b"loaded\n"
        process.stdin.close()
        assert process.wait(10) == -9


def test_trace_leaves_out_the_bootstrap():
    try:
        bootstrap.call(lambda event, context: json.loads("x"), b"{}", None)
    except ValueError as error:
        described = bootstrap.error_of(error, "id-1")
    assert described["requestId"] == "id-1"
    assert bootstrap.__file__ not in "".join(described["stackTrace"])
    assert __file__ in described["stackTrace"][0]


def test_formatter_is_lambdas():
    formatter = bootstrap.LogFormatter()
    formatter.request_id = "id-1"
    record = logging.makeLogRecord({"levelname": "ERROR", "msg": "m", "created": 0.0, "msecs": 5.0})
    assert formatter.format(record) == "[ERROR]\t1970-01-01T00:00:00.005Z\tid-1\tm"
