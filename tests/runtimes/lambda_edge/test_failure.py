from pathlib import Path

import pytest

from edgeproxy.runtimes.lambda_edge.failure import (
    MESSAGE,
    TRACE_LINES,
    Failure,
    exited,
    in_folder,
    parse,
    reported_type,
    timed_out,
    too_large,
)

ROOT = Path("/code/fn (1)")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param(0, "Runtime exited without providing a reason", id="exit 0 has no reason"),
        pytest.param(7, "Runtime exited with error: exit status 7", id="LE-35 an exit status is named"),
        pytest.param(-9, "Runtime exited with error: signal: killed", id="LE-35 SIGKILL is called killed"),
        pytest.param(-11, "Runtime exited with error: signal: segmentation fault", id="SIGSEGV is called by its name"),
        pytest.param(-60, "Runtime exited with error: signal: 60", id="other signals by number"),
    ],
)
def test_exited(code, text):
    assert exited("id-1", code) == f"Runtime.ExitError: RequestId: id-1 Error: {text}"


@pytest.mark.parametrize(
    ("trace", "place"),
    [
        pytest.param(
            ['  File "/code/fn (1)/app.py", line 3, in handler', '  File "/code/fn (1)/lib/x.py", line 9, in f'],
            " (lib/x.py:9)",
            id="the innermost frame of a Python trace",
        ),
        pytest.param(
            ['  File "/code/fn (1)/app.py", line 3, in handler', '  File "/usr/lib/python3/json/x.py", line 9, in f'],
            " (app.py:3)",
            id="frames outside the user's code do not count",
        ),
        pytest.param(['  File "/code/fn (1)/app.py" Line 2'], " (app.py:2)", id="a Python syntax error"),
        pytest.param(
            ["Error: no", "    at f (/usr/x.js:1:1)", "    at g (/code/fn (1)/a.js:4:9)", "    at h (/code/fn (1)/b.js:5:9)"],
            " (a.js:4)",
            id="the first frame of a Node.js trace",
        ),
        pytest.param(["E: no", "    at g (file:///code/fn%20(1)/a%20b.mjs:4:9)"], " (a b.mjs:4)", id="file URLs are decoded"),
        pytest.param(["E", "    at g (/code/fn (1)/node_modules/x/a.js:4:9)"], "", id="installed packages do not count"),
        pytest.param(["E", "    at node:internal/modules/cjs/loader:1:2"], "", id="no frame in the user's code"),
        pytest.param([], "", id="no trace"),
    ],
)
def test_cause_names_the_place(trace, place):
    assert Failure("ValueError", "boom\n twice", tuple(trace)).cause(ROOT, ROOT) == f"ValueError: boom twice{place}"


def test_places_of_a_copy_are_told_as_those_of_the_folder_that_it_was_made_of():
    copy, message = Path("/tmp/x/code/fn (1)"), "Cannot find module './y'\nRequire stack:\n- /tmp/x/code/fn (1)/a.js"
    told = Failure("Error", message, ("Error", "    at f (/tmp/x/code/fn (1)/a.js:4:9)")).cause(copy, ROOT)
    assert told == "Error: Cannot find module './y' Require stack: - /code/fn (1)/a.js (a.js:4)"
    assert in_folder("in /tmp/x/code/fn (1) and /tmp/x/code/lib", copy, ROOT) == "in /code/fn (1) and /code/lib"
    assert in_folder("in /code/fn (1)", ROOT, ROOT) == "in /code/fn (1)"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        pytest.param("Error: Cannot find module 'leftpad'", "node_modules/leftpad", id="require"),
        pytest.param("Error: Cannot find module '@a/b/c.js'", "node_modules/@a/b/c.js", id="a file of a package with a scope"),
        pytest.param("Cannot find package 'leftpad' imported from {copy}/a.mjs", "node_modules/leftpad", id="import"),
        pytest.param("Error: Cannot find module '../../lib/x'\nRequire stack:\n- {copy}/src/a.js", "lib/x.js", id="require of a file"),
        pytest.param("Cannot find module '{copy}/../lib/x.js' imported from {copy}/a.mjs", "lib/x.js", id="import of a file"),
        pytest.param("Error: Cannot find module '../lib/x'", "lib/x.js", id="require of a file, by nobody"),
        pytest.param("Error: Cannot find module './y'\nRequire stack:\n- {copy}/a.js", None, id="a file within"),
        pytest.param("Error: Cannot find module '../lib/y'\nRequire stack:\n- {copy}/a.js", None, id="a file that is nowhere"),
        pytest.param("Error: Cannot find module 'nowhere'", None, id="a package that is nowhere"),
        pytest.param(f"Error: Cannot find module '{'x' * 300}'", None, id="a name that no folder can have"),
        pytest.param("No module named 'leftpad'", None, id="no module of Node.js"),
    ],
)  # fmt: skip
def test_what_lies_outside_the_folder_is_named(tmp_path, message, named):
    for name in ("node_modules/leftpad/index.js", "node_modules/@a/b/c.js", "lib/x.js", "fn/y.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    folder = tmp_path / "fn"
    copy = Path(f"/tmp/scratch{folder}")
    told = Failure("Error", message.format(copy=copy)).cause(copy, folder)
    assert told.startswith("Error: ")
    assert "/scratch" not in told
    hint = f"; {tmp_path}/{named} lies outside the function's folder and is not deployed with it"
    assert told.endswith(hint) if named else "not deployed" not in told


def test_what_lambda_brings_is_told_with_how_to_install_it():
    failure = Failure("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'boto3'")
    assert failure.cause(ROOT, ROOT).endswith("No module named 'boto3'; Lambda brings boto3; here: pip install boto3")


def test_cause_is_bounded():
    assert len(Failure("E", "x" * 100_000).cause(ROOT, ROOT)) == MESSAGE + len("E: …")


@pytest.mark.parametrize(
    ("body", "header", "failure"),
    [
        pytest.param(
            b'{"errorType":"E","errorMessage":"m","stackTrace":["a\\n b\\n","c"]}',
            "",
            Failure("E", "m", ("a", " b", "c")),
            id="Python's",
        ),
        pytest.param(b'{"errorType":"E","errorMessage":"m","trace":["a"]}', "X", Failure("E", "m", ("a",)), id="Node's"),
        pytest.param(b"nonsense", "Runtime.Odd", Failure("Runtime.Odd", ""), id="no JSON: the header speaks"),
        pytest.param(b"[1]", "", Failure("Runtime.Unknown", ""), id="no object, no header"),
        pytest.param(
            b'{"errorType":1,"errorMessage":{},"trace":[1,"x"]}',
            "",
            Failure("Runtime.Unknown", "", ("x",)),
            id="fields of wrong types",
        ),
        pytest.param(b"[" * 100_000, "", Failure("Runtime.Unknown", ""), id="nested without end"),
    ],
)
def test_parse(body, header, failure):
    assert parse(body, header) == failure


def test_parse_bounds_the_trace():
    assert len(parse(b'{"trace":[' + b'"x",' * 5000 + b'"x"]}', "").trace) == TRACE_LINES


@pytest.mark.parametrize(
    ("failure", "lines"),
    [
        pytest.param(Failure("E", "m", ("E: m", "  at x")), ["[ERROR] E: m", "  at x"], id="a trace that repeats the message"),
        pytest.param(Failure("E", "m", ("  File x",)), ["[ERROR] E: m", "  File x"], id="a trace that does not"),
        pytest.param(Failure("E", "m"), ["[ERROR] E: m"], id="no trace"),
    ],
)
def test_lines(failure, lines):
    assert list(failure.lines()) == lines


def test_words_of_lambda():
    assert timed_out("id-1", 3).endswith("Z id-1 Task timed out after 3.00 seconds")
    assert too_large(7) == (
        "Function.ResponseSizeTooLarge: Response payload size (7 bytes) exceeded maximum allowed payload size (6291556 bytes)."
    )


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        pytest.param(
            ["requirements.txt"], "; is it installed? pip install -r {root}/requirements.txt -t {root}", id="Python's list"
        ),
        pytest.param(["package.json"], "; is it installed? npm install --prefix {root}", id="Node.js's list"),
        pytest.param(["package.json", "node_modules/"], "", id="what is installed already"),
        pytest.param([], "", id="no list"),
    ],
)
def test_a_module_that_is_missing_is_told_with_how_to_install_it(tmp_path, files, hint):
    for name in files:
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    failure = Failure("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nope'")
    assert failure.cause(tmp_path, tmp_path) == f"{failure.error_type}: {failure.message}{hint.format(root=tmp_path)}"


@pytest.mark.parametrize(
    ("error_type", "reported"),
    [
        pytest.param("Runtime.ImportModuleError", "Runtime.ImportModuleError", id="Lambda's own"),
        pytest.param("Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge", id="of the function"),
        pytest.param("Function.x", "Function.Unknown", id="in the wrong case"),
        pytest.param("ValueError", "Runtime.Unknown", id="the language's"),
    ],
)
def test_types_that_lambda_reports(error_type, reported):
    assert reported_type(error_type) == reported
