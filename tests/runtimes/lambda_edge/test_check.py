from dataclasses import replace

import pytest

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.check import check
from edgeproxy.runtimes.lambda_edge.interpreters import OWN_PYTHON


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("def handler(e, c): raise_everything_at_run_time()", "handler", id="a function"),
        pytest.param("handler = lambda e, c: 1", "handler", id="an assignment"),
        pytest.param("from lib import handler", "handler", id="an import"),
        pytest.param("import lib.sub as handler", "handler", id="an import under another name"),
        pytest.param("from lib import *", "handler", id="a star import may bring it"),
        pytest.param("class handler:\n    pass", "handler", id="a class"),
        pytest.param("if True:\n    def handler(e, c): pass", "handler", id="a function inside if"),
        pytest.param("import json, os.path, lib.sub\ndef h(e, c): pass", "h", id="stdlib and modules beside it"),
        pytest.param("try:\n    import nope\nexcept ImportError:\n    pass\ndef h(e, c): pass", "h", id="an import inside try"),
        pytest.param("def h(e, c):\n    import nope", "h", id="an import inside a function"),
        pytest.param("from . import x\ndef h(e, c): pass", "h", id="a relative import"),
        pytest.param("raise SystemExit\ndef h(e, c): pass", "h", id="nothing is run"),
        pytest.param(b"# -*- coding: latin-1 -*-\nx = '\xe4'\ndef h(e, c): pass", "h", id="another encoding"),
    ],
)
def test_python_without_problem(tmp_path, source, name):
    write(tmp_path, {"app.py": source, "lib/__init__.py": "", "lib/sub.py": ""})
    assert check(LambdaFunction("Fn", "python3.12", f"app.{name}", tmp_path)) is None


@pytest.mark.parametrize(
    ("source", "message", "line", "column"),
    [
        pytest.param("\ndef handler(e, c) pass", "Runtime.UserCodeSyntaxError: expected ':'", 2, 19, id="a syntax error"),
        pytest.param(
            "import os\nimport nope.x\ndef handler(e, c): pass",
            "Runtime.ImportModuleError: No module named 'nope.x'",
            2,
            1,
            id="a module that is nowhere",
        ),
        pytest.param(
            "from nope import x\nhandler = x", "Runtime.ImportModuleError: No module named 'nope'", 1, 1, id="from a module"
        ),
        pytest.param(
            "def other(e, c):\n    handler = 1",
            "Runtime.HandlerNotFound: Handler 'handler' missing on module",
            0,
            0,
            id="no handler",
        ),
        pytest.param(
            "x = 1\nasync def handler(e, c): pass",
            "Runtime.MarshalError: Object of type coroutine is not JSON serializable",
            2,
            1,
            id="an async handler",
        ),
        pytest.param(
            "nonlocal x", "Runtime.UserCodeSyntaxError: nonlocal declaration not allowed at module level", 1, 1, id="names"
        ),
        pytest.param(b"\xff\n", "Runtime.UserCodeSyntaxError: ", 0, 0, id="bytes that are no text"),
    ],
)
def test_python_problems(tmp_path, source, message, line, column):
    write(tmp_path, {"app.py": source})
    problem = check(LambdaFunction("Fn", "python3.12", "app.handler", tmp_path))
    assert problem.message.startswith(message)
    assert (problem.path, problem.line, problem.column) == (tmp_path / "app.py", line, column)


def test_what_lambda_brings_is_named(tmp_path):
    write(tmp_path, {"app.py": "import boto3\ndef handler(e, c): pass"})
    problem = check(LambdaFunction("Fn", "python3.12", "app.handler", tmp_path))
    assert problem is None or problem.hint == "Lambda brings boto3; here: pip install boto3"


def test_what_lambda_brings_may_not_be_here(tmp_path, monkeypatch):
    monkeypatch.setattr("edgeproxy.runtimes.lambda_edge.check.OWN_PACKAGES", str(tmp_path / "none"))
    write(tmp_path, {"app.py": "import botocore.session\ndef handler(e, c): pass"})
    problem = check(LambdaFunction("Fn", f"python{OWN_PYTHON}", "app.handler", tmp_path))
    assert problem.message == "Runtime.ImportModuleError: No module named 'botocore.session'"
    assert problem.hint == "Lambda brings botocore; here: pip install botocore"


def test_packages_that_are_installed_beside_edgeproxy_are_not_there(tmp_path):
    write(tmp_path, {"app.py": "import pytest\ndef handler(e, c): pass"})
    problem = check(LambdaFunction("Fn", f"python{OWN_PYTHON}", "app.handler", tmp_path))
    assert (problem.message, problem.hint) == (
        "Runtime.ImportModuleError: No module named 'pytest'",
        "put it beside the handler",
    )


@pytest.mark.parametrize(
    ("runtime", "handler", "message"),
    [
        pytest.param("python3.12", "handler", "Runtime.MalformedHandlerName: Bad handler 'handler'", id="Python: no dot"),
        pytest.param("python3.12", "gone.h", "Runtime.ImportModuleError: Unable to import module 'gone'", id="Python: no file"),
        pytest.param("nodejs22.x", "handler", "Runtime.MalformedHandlerName: Bad handler 'handler'", id="Node.js: no dot"),
        pytest.param("nodejs22.x", "../app.h", "Runtime.MalformedHandlerName: Bad handler '../app.h'", id="Node.js: outside"),
        pytest.param(
            "nodejs22.x", "src/gone.h", "Runtime.ImportModuleError: Error: Cannot find module 'src/gone'", id="Node.js: no file"
        ),
        pytest.param("ruby3.3", "app.h", "Lambda@Edge has no runtime 'ruby3.3'", id="another language"),
    ],
)
def test_handler_and_runtime(tmp_path, runtime, handler, message):
    assert check(LambdaFunction("Fn", runtime, handler, tmp_path)).message.startswith(message)


def test_no_code():
    assert check(LambdaFunction("Fn", "python3.12", "app.h")).message == "no code for function 'Fn'"


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        pytest.param({"app.js": "exports.h = 1; throw 1"}, "app.h", id="CommonJS; nothing is run"),
        pytest.param({"app.mjs": "export const h = await 1"}, "app.h", id="an ES module"),
        pytest.param({"app.js": "export const h = 1", "package.json": '{"type":"module"}'}, "app.h", id="a module package"),
        pytest.param({"src/app.cjs": "exports.h = 1"}, "src/app.h", id="in a directory"),
        pytest.param({"node_modules/pkg/h.js": "x"}, "pkg/h.run", id="in an installed package"),
        pytest.param({"src/app/__init__.py": "def h(e, c): pass"}, "src/app.h", id="a Python package"),
    ],
)
def test_files_without_problem(tmp_path, files, handler):
    write(tmp_path, files)
    runtime = "python3.12" if any(name.endswith(".py") for name in files) else "nodejs22.x"
    assert check(LambdaFunction("Fn", runtime, handler, tmp_path)) is None


MODULE, ESM = '{"type": "module"}', "import 'fs'; export const h = 1"


@pytest.mark.parametrize(
    ("files", "handler", "fits"),
    [
        pytest.param({"package.json": MODULE, "fn/app.js": ESM}, "app.h", False, id="above the task root: it does not count"),
        pytest.param({"fn/package.json": MODULE, "fn/src/app.js": ESM}, "src/app.h", True, id="in the task root"),
        pytest.param({"fn/package.json": MODULE, "fn/src/package.json": "{}", "fn/src/app.js": ESM}, "src/app.h", False, id="the nearest one"),
        pytest.param({"fn/package.json": MODULE, "fn/node_modules/app.js": ESM}, "app.h", False, id="not for installed packages"),
    ],
)  # fmt: skip
def test_the_package_json_that_tells_what_a_file_is(tmp_path, files, handler, fits):
    write(tmp_path, files)
    problem = check(LambdaFunction("Fn", "nodejs22.x", handler, tmp_path / "fn"))
    assert (problem is None) == fits
    assert fits or "Cannot use import statement outside a module" in problem.message


def test_a_package_json_that_an_overlay_brings_tells_it_too(tmp_path):
    write(tmp_path, {"package.json": "{}", "src/app.js": ESM})
    function = LambdaFunction("Fn", "nodejs22.x", "src/app.h", tmp_path)
    assert check(function) is not None
    assert check(replace(function, overlay=(("package.json", MODULE),))) is None
    assert check(replace(function, overlay=(("src/package.json", MODULE),))) is None


def test_a_file_that_is_larger_than_all_that_lambda_takes_is_not_looked_at(tmp_path):
    with (tmp_path / "app.js").open("wb") as file:
        file.truncate((250 << 20) + 1)
    assert check(LambdaFunction("Fn", "nodejs22.x", "app.h", tmp_path)) is None


@pytest.mark.parametrize("name", ["app.js", "app.mjs"])
def test_node_syntax_error(tmp_path, name):
    write(tmp_path, {name: "\n\nconst a = ;\n"})
    problem = check(LambdaFunction("Fn", "nodejs22.x", "app.h", tmp_path))
    assert problem.message == "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token ';'"
    assert (problem.path, problem.line, problem.column) == (tmp_path / name, 3, 11)


@pytest.mark.parametrize(
    ("runtime", "source", "message"),
    [
        pytest.param("python3.12", "def handler(e, c): pass", None, id="Python"),
        pytest.param("nodejs22.x", "exports.handler = async () => 1", None, id="Node.js"),
        pytest.param("python3.12", "\nx = = 1", "Runtime.UserCodeSyntaxError: invalid syntax", id="Python: a syntax error"),
        pytest.param(
            "nodejs22.x", "\nx = = 1", "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected", id="Node.js: a syntax error"
        ),
    ],
)
def test_inline(runtime, source, message):
    problem = check(LambdaFunction("Fn", runtime, "index.handler", inline=source))
    if message is None:
        assert problem is None
    else:
        assert problem.message.startswith(message)
        assert (problem.path, problem.line) == (None, 2)


@pytest.mark.parametrize("runtime", ["python3.12", "nodejs22.x"])
def test_inline_is_index(runtime):
    assert "ImportModuleError" in check(LambdaFunction("Fn", runtime, "app.handler", inline="")).message


def test_no_node(tmp_path, monkeypatch):
    write(tmp_path, {"app.js": ""})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    problem = check(LambdaFunction("Fn", "nodejs22.x", "app.h", tmp_path))
    assert problem.message == "no Node.js (18 or newer) on PATH, which 'Fn' needs"
    assert problem.hint == "install Node.js, or: pip install 'edgeproxy[node]'"


def test_a_module_that_an_overlay_brings_is_there(tmp_path):
    write(tmp_path, {"index.py": "import deployed, generated.values\ndef handler(event, context): return event"})
    function = LambdaFunction("F", "python3.12", "index.handler", task_root=tmp_path)
    assert "No module named 'deployed'" in check(function).message
    laid = replace(function, overlay=(("deployed.py", ""), ("generated/values.py", "")))
    assert check(laid) is None


@pytest.mark.parametrize("runtime", ["python3.12", "nodejs22.x"])
@pytest.mark.parametrize(
    "handler", ["/etc/passwd.h", "//etc/passwd.h", "../index.h", "a/../../index.h", "/.h", ".h", "a\0b.h", "x" * 300 + ".h"]
)
def test_a_handler_that_is_no_module_of_the_function(tmp_path, runtime, handler):
    write(tmp_path, {"index.js": "exports.h = 1", "index.py": "h = 1", "task/a": ""})
    problem = check(LambdaFunction("Fn", runtime, handler, tmp_path / "task"))
    assert problem is not None
    assert "Runtime.MalformedHandlerName" in problem.message or "Runtime.ImportModuleError" in problem.message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(b"# coding: hex\n6869\n", "'hex' is not a text encoding", id="an encoding of bytes"),
        pytest.param(b"# coding: nobody-has-it\n", "unknown encoding", id="an encoding that does not exist"),
        pytest.param(b"x = " + b"(" * 10_000, "too many nested parentheses", id="10,000 brackets"),
        pytest.param(b"x = " + b"-" * 100_000 + b"1\n", "Runtime.ImportModuleError", id="100,000 signs"),
        pytest.param(b"x = a" + b".a" * 100_000 + b"\n", "Runtime.", id="100,000 attributes"),
        pytest.param(b"\x00\x01\x02", "null bytes", id="binary"),
    ],
)
def test_python_that_is_meant_to_hurt(tmp_path, source, message):
    write(tmp_path, {"app.py": source})
    assert message in check(LambdaFunction("Fn", "python3.12", "app.h", tmp_path)).message


def test_what_python_warns_of_is_not_told(tmp_path):
    write(tmp_path, {"app.py": "x = '\\d'\nassert (1, 'x')\ndef h(e, c): return 1 is 1\n"})
    assert check(LambdaFunction("Fn", "python3.12", "app.h", tmp_path)) is None


def test_a_module_that_is_too_long_is_not_looked_at(tmp_path):
    source = "x = 1\n" * 100_000 + "("
    write(tmp_path, {"app.py": source})
    assert check(LambdaFunction("Fn", "python3.12", "app.h", tmp_path)) is None
    assert check(LambdaFunction("Fn", "python3.12", "index.h", inline=source)) is None
