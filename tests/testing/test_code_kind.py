import json
from pathlib import Path

import pytest

from edgeproxy.errors import ConfigError
from edgeproxy.testing import code_kind

OF_A_HANDLER = {"Records": [{"cf": {"request": {"method": "GET", "uri": "/"}}}]}
OF_A_FUNCTION = {"request": {"method": "GET", "uri": "/"}}

KINDS = [
    pytest.param("a.py", OF_A_FUNCTION, None, None, "a .py file", id="Python"),
    pytest.param("a.mjs", OF_A_FUNCTION, None, None, "a .mjs file", id="an ECMAScript module"),
    pytest.param("a.cjs", OF_A_FUNCTION, None, None, "a .cjs file", id="a CommonJS module"),
    pytest.param("a.js", OF_A_FUNCTION, None, None, "", id="JavaScript"),
    pytest.param("a.js", OF_A_FUNCTION, None, "a.handler", "--handler is given", id="JavaScript with a handler named"),
    pytest.param("a.js", OF_A_FUNCTION, "nodejs20.x", None, "--runtime is nodejs20.x", id="JavaScript on Node.js"),
    pytest.param("a.js", OF_A_HANDLER, None, None, "the event has Records[0].cf", id="JavaScript with a handler's event"),
    pytest.param("a.js", OF_A_HANDLER, "cloudfront-js-1.0", None, "", id="the runtime goes before the event"),
    pytest.param("a.txt", OF_A_HANDLER, None, None, "", id="any other file"),
]


@pytest.mark.parametrize(("name", "event", "runtime", "handler", "why"), KINDS)
def test_file_options_and_event_tell_the_kind(tmp_path, name, event, runtime, handler, why):
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    assert code_kind.why_handler(tmp_path / name, path, runtime, handler) == why


MISUSED = [
    pytest.param("a.py", "a .py file", None, ["--kvs"], "--kvs is for CloudFront Functions: a.py is a Lambda", id="a store"),
    pytest.param("a.py", "a .py file", None, ["--times", "--now"], "--now is for CloudFront Functions", id="a moment"),
    pytest.param("a.js", "", None, ["--times"], "--times is for Lambda@Edge handlers: a.js is a CloudFront", id="times"),
    pytest.param("a.js", "", None, ["--memory"], "--memory is for Lambda@Edge handlers", id="memory"),
    pytest.param("a.js", "", "cloudfront-js-1.0", ["--timeout"], "--timeout is for Lambda@Edge handlers", id="a timeout"),
    pytest.param("a.py", "a .py file", "nodejs22.x", [], "nodejs22.x does not run a.py", id="Python on Node.js"),
    pytest.param("a.mjs", "a .mjs file", "python3.13", [], "python3.13 does not run a.mjs", id="JavaScript on Python"),
    pytest.param("a.js", "--handler is given", "cloudfront-js-2.0", [], "does not run a.js", id="a handler as function"),
]


@pytest.mark.parametrize(("name", "why", "runtime", "given", "said"), MISUSED)
def test_options_of_the_other_kind_are_refused(name, why, runtime, given, said):
    with pytest.raises(code_kind.Misused) as caught:
        code_kind.check(Path(name), why, runtime, given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "why", "runtime", "given"),
    [
        pytest.param("a.py", "a .py file", "python3.9", ["--timeout", "--memory", "--times"], id="a handler"),
        pytest.param("a.js", "", "cloudfront-js-1.0", ["--kvs", "--now"], id="a function"),
    ],
)
def test_options_of_its_own_kind_are_not(name, why, runtime, given):
    code_kind.check(Path(name), why, runtime, given)


def declare(path, handler=None, runtime=None, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return code_kind.declare(path, runtime, handler, None, None)


NAMES = [
    pytest.param("a.py", "def handler(e, c): pass", "a.handler", id="handler"),
    pytest.param("a.py", "def lambda_handler(e, c): pass", "a.lambda_handler", id="Lambda's own name"),
    pytest.param("a.py", "lambda_handler = print", "a.lambda_handler", id="assigned"),
    pytest.param("a.py", "from b import lambda_handler", "a.lambda_handler", id="imported"),
    pytest.param("a.py", "# lambda_handler\ndef f():\n  lambda_handler = 1", "a.handler", id="mentioned only"),
    pytest.param("a.py", "def lambda_handler(", "a.handler", id="code that does not parse"),
    pytest.param("a.py", "\0", "a.handler", id="no code"),
    pytest.param("a.py", "lambda_handler = '\\d'", "a.lambda_handler", id="code that Python warns of"),
    pytest.param("a.mjs", "lambda_handler", "a.handler", id="JavaScript"),
]


@pytest.mark.parametrize(("name", "text", "handler"), NAMES)
def test_the_usual_name_is_found(tmp_path, name, text, handler):
    assert declare(tmp_path / name, text=text).handler == handler


def test_what_is_not_said_is_lambdas_default_or_cloudfronts_limit(tmp_path):
    declared = declare(tmp_path / "index.mjs")
    assert (declared.name, declared.runtime, declared.timeout, declared.memory) == ("index", "nodejs22.x", 30, 128)
    assert declared.task_root == tmp_path
    assert declare(tmp_path / "index.py").runtime == "python3.13"
    said = code_kind.declare(tmp_path / "index.py", "python3.9", None, 2.5, 256)
    assert (said.runtime, said.timeout, said.memory) == ("python3.9", 2.5, 256)


ROOTS = [
    pytest.param("app.py", "app.main", "", id="beside it"),
    pytest.param("src/app.py", "app.main", "src", id="in a folder"),
    pytest.param("src/app.py", "src.app.main", "", id="in a package"),
    pytest.param("src/app.py", "src/app.main", "", id="Python with a slash"),
    pytest.param("src/app.js", "src/app.handlers.main", "", id="a nested export"),
    pytest.param("src/app.mjs", "./app.main", "src", id="a dot in front"),
]


@pytest.mark.parametrize(("name", "handler", "root"), ROOTS)
def test_the_task_root_is_where_lambda_would_find_the_file(tmp_path, name, handler, root):
    declared = declare(tmp_path / name, handler)
    assert (declared.task_root, declared.handler) == (tmp_path / root, handler)


@pytest.mark.parametrize("handler", ["index.main", "handler", "lib/app.main", "", ".", "a/" * 50 + "app.main"])
def test_a_handler_that_is_not_in_the_file_is_refused(tmp_path, handler):
    with pytest.raises(code_kind.Misused, match=r"is not in app.js: such as app.handler"):
        declare(tmp_path / "src/app.js", handler)


def test_a_file_that_lambda_passes_over_is_told(tmp_path):
    declare(tmp_path / "app.js")
    for name in ("app.mjs", "app.cjs"):
        with pytest.raises(ConfigError, match=r"Lambda takes app.js beside it"):
            declare(tmp_path / name)
    assert declare(tmp_path / "app.py").handler == "app.handler"


def test_a_file_of_another_language_is_refused(tmp_path):
    with pytest.raises(code_kind.Misused, match=r"app.ts is neither Python nor JavaScript"):
        declare(tmp_path / "app.ts", "app.handler")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for path, said in ((tmp_path / "no.py", "No such file"), (tmp_path, "directory")):
        with pytest.raises(ConfigError, match=said):
            code_kind.declare(path, None, None, None, None)
