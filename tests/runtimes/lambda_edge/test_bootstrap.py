"""Tests of bootstrap.py; test_against_awslambdaric.py has the same and more by comparison, where that runtime installs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from kit_runtime import ALIVE, live, write

from edgeproxy.runtimes.lambda_edge import bootstrap

WORDS = [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", bootstrap.__file__]
EVENT = '{"a": ["ä"]}'.encode()


@pytest.fixture
def run(tmp_path):
    """Writes files, lives through the events."""

    def run(files, events=(EVENT,), *, words=WORDS, runtime="python3.12", **how):
        write(tmp_path, {"app.py": files} if isinstance(files, str) else files)
        return live(words, tmp_path, events, runtime=runtime, **how)

    return run


def answered(ran):
    (post,) = ran.posts
    assert (post.path, ran.code, ran.stderr) == ("invocation/id-0/response", ALIVE, "")
    return post.body


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        pytest.param("return event", EVENT, id="an event there and back, not escaped"),
        pytest.param("pass", b"null", id="nothing is null"),
        pytest.param("return b'\\xff\\x00'", b"\xff\x00", id="bytes go out as they are"),
        pytest.param("return {'body': b'aGk='}", b'{"body": "aGk="}', id="bytes within are text"),
        pytest.param(
            "from decimal import Decimal as D; return [D('200'), D('1.50'), D('NaN')]",
            b"[200, 1.50, NaN]",
            id="Decimals keep their digits",
        ),
        pytest.param(
            "import collections; return collections.namedtuple('P', 'x')(1)", b'{"x": 1}', id="a named tuple is an object"
        ),
        pytest.param("return float('nan')", b"NaN", id="NaN passes, as in Lambda"),
        pytest.param("import os; return os.environ['LAMBDA_TASK_ROOT'] == os.getcwd()", b"true", id="it runs in the task root"),
        pytest.param("import sys; return sys.stdin.read()", b'""', id="stdin is empty"),
        pytest.param("return [c.function_name, c.function_version]", b'["us-east-1.Fn", "7"]', id="context: name and version"),
        pytest.param("return c.memory_limit_in_mb", b'"128"', id="context: memory is a string"),
        pytest.param(
            "return [c.client_context, c.tenant_id, c.identity.cognito_identity_id]",
            b"[null, null, null]",
            id="context: nothing of a caller",
        ),
        pytest.param("return c.get_remaining_time_in_millis() > 10**9", b"true", id="context: the time that is left"),
        pytest.param("return c.aws_request_id", b'"id-0"', id="context: the request id"),
        pytest.param("return repr(c.identity)", b'"CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"', id="context: its text"),
        pytest.param("import os; return os.environ['_X_AMZN_TRACE_ID'][:7]", b'"Root=1-"', id="the trace id"),
    ],
)  # fmt: skip
def test_answers(run, body, payload):
    assert answered(run(f"def handler(event, c):\n    {body}")) == payload


def test_up_to_python_3_11_answers_are_ascii(run):
    assert answered(run("def handler(e, c): return e", runtime="python3.11")) == b'{"a": ["\\u00e4"]}'


FAILS = [
    pytest.param("def handler(e, c):\n    raise KeyError('k')", "KeyError", "'k'", 2, id="LE-32 it raises"),
    pytest.param(
        "import json\ndef handler(e, c):\n    json.loads('x')",
        "JSONDecodeError",
        "Expecting value: line 1 column 1 (char 0)",
        3,
        id="LE-32 it raises deep in a library",
    ),
    pytest.param(
        "def handler(e, c):\n    return {1}",
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type set is not JSON serializable",
        None,
        id="what it returns is no JSON",
    ),
    pytest.param(
        "def handler(e, c):\n    a = []\n    a.append(a)\n    return a",
        "Runtime.MarshalError",
        "Unable to marshal response: Circular reference detected",
        None,
        id="what it returns is circular",
    ),
    pytest.param(
        "async def f(): pass\ndef handler(e, c):\n    it = f()\n    try: return it\n    finally: it.close()",
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type coroutine is not JSON serializable",
        None,
        id="an async def is not awaited",
    ),
]
FAILS_INIT = [
    pytest.param(
        "import nope\ndef handler(e, c): pass",
        "Runtime.ImportModuleError",
        "Unable to import module 'app': No module named 'nope'",
        1,
        id="LE-34 an import fails",
    ),
    pytest.param(
        "\ndef handler(e, c) pass",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'app': expected ':' (app.py, line 2)",
        2,
        id="LE-34 a syntax error",
    ),
    pytest.param("x = 1\n1 / 0", "ZeroDivisionError", "division by zero", 2, id="LE-34 the module raises"),
    pytest.param("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'", None, id="no such function"),
]


def check_failure(ran, path, error_type, message, line):
    """One error was posted and logged; the user's line is the last of its frames that are the user's."""
    (post,) = ran.posts
    document = json.loads(post.body)
    assert (post.path, document["errorType"], document["errorMessage"]) == (path, error_type, message)
    frames = [frame for frame in document["stackTrace"] if "app.py" in frame]
    assert (f"ine {line}" in frames[-1]) if line else not frames
    head, _, trace = ran.stdout.partition("\rTraceback (most recent call last):")
    assert head == f"[ERROR] {error_type}: {message}"
    assert trace.count("\r") == sum(len(frame.splitlines()) for frame in document["stackTrace"])
    assert trace.endswith("\n")
    assert "  " not in trace
    return post


@pytest.mark.parametrize(("source", "error_type", "message", "line"), FAILS)
def test_a_failed_invocation(run, source, error_type, message, line):
    ran = run(source)
    assert check_failure(ran, "invocation/id-0/error", error_type, message, line).error_type == ""
    assert ran.code == ALIVE


@pytest.mark.parametrize(("source", "error_type", "message", "line"), FAILS_INIT)
def test_a_failed_init(run, source, error_type, message, line):
    ran = run(source)
    assert check_failure(ran, "init/error", error_type, message, line).error_type == error_type
    assert ran.code == 1


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        pytest.param("app", "Bad handler 'app': not enough values to unpack (expected 2, got 1)", id="no dot"),
        pytest.param("sys.exit", "Cannot use built-in module sys as a handler module", id="built-in"),
        pytest.param("src/gone.handler", "Unable to import module 'src/gone': No module named 'src'", id="no file"),
    ],
)
def test_bad_handler_names(run, handler, message):
    (post,) = run("def handler(e, c): pass", handler=handler).posts
    assert json.loads(post.body)["errorMessage"] == message


def test_bad_event(run):
    (post,) = run("def handler(e, c): pass", [b"{"]).posts
    assert json.loads(post.body)["errorMessage"].startswith("Unable to unmarshal input: Expecting")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("import sys; sys.exit(3)", 3, id="LE-35 sys.exit"),
        pytest.param("import os; os.kill(os.getpid(), 15)", -15, id="LE-35 a signal"),
    ],
)
def test_the_process_ends_without_a_post(run, body, code):
    ran = run(f"def handler(e, c): {body}")
    assert (ran.posts, ran.code) == ([], code)


def test_a_refused_response_ends_the_process(run):
    assert run("def handler(e, c): pass", answer=413).code == 1


def test_globals_live_on_and_so_does_the_process_after_an_error(run):
    source = "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    if n == 2: raise ValueError\n    return n"
    posts = run(source, [b"{}"] * 3).posts
    assert [post.path for post in posts] == [
        f"invocation/id-{n}/{kind}" for n, kind in enumerate(("response", "error", "response"))
    ]
    assert [posts[0].body, posts[2].body] == [b"1", b"3"]


def test_modules_of_the_task_root_come_first_and_what_lambda_brings_last(run, tmp_path):
    files = {
        "src/app.py": "import six\nfrom lib import x\nimport jmespath.a\ndef handler(e, c): return [six.NAME, x, jmespath.a.NAME]",
        "six.py": "NAME = 'vendored'",
        "lib/__init__.py": "x = 1",
        "packages/jmespath/a.py": "NAME = 'brought'",
        "packages/six.py": "NAME = 'the other'",
    }
    words = [*WORDS, f"{tmp_path}/packages"]
    assert answered(run(files, handler="src/app.handler", words=words)) == b'["vendored", 1, "brought"]'


@pytest.mark.parametrize("module", ["yaml", "packages_own", "_pytest", "pip"])
def test_nothing_else_that_is_installed_is_found(run, tmp_path, module):
    files = {"app.py": f"import {module}\ndef handler(e, c): pass", "packages/packages_own.py": ""}
    (post,) = run(files, words=[*WORDS, f"{tmp_path}/packages"]).posts
    assert json.loads(post.body)["errorMessage"] == f"Unable to import module 'app': No module named '{module}'"


def test_logging_is_set_up_as_in_lambda(run):
    lines = "logging.info('no')\n    logging.warning('two\\nlines')\n    print('raw')\n    c.log('bare')"
    assert run(f"import logging\ndef handler(e, c):\n    {lines}").stdout == "[WARNING]\tTIME\tid-0\ttwo\nlines\nraw\nbare"


def test_a_log_line_of_init_has_no_request_id(run):
    assert run("import logging\nlogging.error('x')\ndef handler(e, c): pass").stdout == "[ERROR]\tTIME\t\tx\n"


def test_no_files_appear_beside_the_code(run, tmp_path):
    run({"app.py": "import lib\ndef handler(e, c): pass", "lib.py": ""})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.py", "lib.py"]


def test_end_of_stdin_ends_the_process(tmp_path):
    (tmp_path / "app.py").write_text("import time; print('loaded', flush=True); time.sleep(60)")
    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "LAMBDA_TASK_ROOT": str(tmp_path), "_HANDLER": "app.handler"}
    with subprocess.Popen(WORDS, stdin=-1, stdout=-1, env=variables, start_new_session=True) as process:
        assert process.stdout.readline() == b"loaded\n"
        process.stdin.close()
        assert process.wait(10) == -9


def test_python_3_7_can_read_it():
    source = Path(bootstrap.__file__).read_text()
    ast.parse(source, feature_version=(3, 7))
    assert "from __future__ import annotations" in source
