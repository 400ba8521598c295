"""The rules of the house that no linter knows."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "edgeproxy"
SOURCES = sorted(PACKAGE.rglob("*.py"))
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
# Hold nothing but frozen declarations, no behaviour that a test could try.
DECLARATIONS_ONLY = {PACKAGE / "policies.py", PACKAGE / "model.py", *(PACKAGE / "fidelity" / "table").glob("*.py")}


def functions(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines_without_docstring(function):
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        length -= first.end_lineno - first.lineno + 1
    return length


def needs_a_test(path):
    if path in DECLARATIONS_ONLY or path.name == "__main__.py":
        return False
    return path.name != "__init__.py" or any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.parse(path.read_text()).body
    )


def test_every_source_file_has_its_test_file():
    missing = []
    for path in SOURCES:
        relative = path.relative_to(PACKAGE)
        name = "init" if path.stem == "__init__" else path.stem
        if needs_a_test(path) and not (ROOT / "tests" / relative.parent / f"test_{name}.py").exists():
            missing.append(str(relative))
    assert missing == []


def test_every_bootstrap_has_its_test_file():
    assert (ROOT / "tests/runtimes/lambda_edge/test_bootstrap_mjs.py").exists()


def test_files_stay_small():
    sizes = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert [str(path) for path, size in sizes.items() if size > 400] == []
    assert statistics.median(size for size in sizes.values() if size > 1) <= 150


def test_functions_stay_small():
    sizes = {(path.name, function.name): lines_without_docstring(function) for path in SOURCES for function in functions(path)}
    assert [name for name, size in sizes.items() if size > 60] == []
    assert statistics.median(sizes.values()) <= 8


def test_no_file_is_named_for_nothing_in_particular():
    assert [str(path) for path in SOURCES if path.stem in BANNED_NAMES] == []


def test_the_map_of_rules_is_complete():
    rules = PACKAGE / "rules"
    mapped = set(re.findall(r"^ *([a-z_]+)  ", ast.get_docstring(ast.parse((rules / "__init__.py").read_text())), re.MULTILINE))
    assert mapped == {path.stem for path in rules.glob("*.py")} - {"__init__"}


RULES = [path for path in (PACKAGE / "rules").glob("*.py") if path.stem != "__init__"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rule_opens_with_what_it_decides_and_where_that_is_written(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert 3 <= len(docstring.splitlines()) <= 8
    assert re.search(r"AWS|RFC|CloudFront", docstring)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_never_wait(path):
    tree = ast.parse(path.read_text())
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.Await)] == []


def test_viewers_never_meet_a_web_application():
    ours = [path for path in SOURCES if path.parent != PACKAGE / "inspector"]
    assert [str(path) for path in ours if "web.Application" in path.read_text()] == []


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert [str(path) for path in SOURCES if words.search(path.read_text())] == []


def test_the_command_line_loads_neither_locust_nor_gevent_nor_a_test_tool():
    code = "import sys, edgeproxy.cli; print([m for m in ('locust', 'gevent', 'pytest', 'hypothesis') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_readme_is_short_and_names_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    assert "make run" in readme
    assert "make test" in readme
