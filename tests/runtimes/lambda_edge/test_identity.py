import os
from dataclasses import replace

import pytest

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.identity import LARGEST, identity


@pytest.fixture
def function(tmp_path):
    (tmp_path / "app.py").write_text("1")
    (tmp_path / "node_modules" / "m").mkdir(parents=True)
    (tmp_path / "node_modules" / "m" / "i.js").write_text("1")
    return LambdaFunction("F", "python3.12", "app.handler", tmp_path)


def rewrite(path, text):
    """New content that a glance at size and time does not tell."""
    before = path.stat() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if before:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        pytest.param("app.py", "2", id="content, though size and time are the same"),
        pytest.param("lib/new.py", "1", id="a new file in a new directory"),
        pytest.param("node_modules/m/i.js", "12", id="another size in node_modules"),
    ],
)
def test_changes_with_the_code(function, place, text):
    before = identity(function)
    assert identity(function) == before
    rewrite(function.task_root / place, text)
    assert identity(function) != before


@pytest.mark.parametrize(
    ("place", "text"),
    [
        pytest.param("node_modules/m/i.js", "2", id="node_modules are not read"),
        pytest.param(".git/index", "1", id="git's own files"),
        pytest.param("__pycache__/app.pyc", "1", id="compiled files"),
    ],
)
def test_stays_with(function, place, text):
    before = identity(function)
    rewrite(function.task_root / place, text)
    assert identity(function) == before


@pytest.mark.parametrize("change", [{"name": "G"}, {"timeout": 4}, {"handler": "app.other"}, {"version": "2"}, {"memory": 256}])
def test_changes_with_the_configuration(function, change):
    assert identity(replace(function, **change)) != identity(function)


def test_inline_code_counts():
    first = LambdaFunction("F", "python3.12", "index.handler", inline="1")
    assert identity(first) != identity(replace(first, inline="2"))


def test_a_name_cannot_pass_for_content(tmp_path):
    for place, text in (("one/ab", "c"), ("two/a", "bc")):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text(text)
    one, two = (LambdaFunction("F", "python3.12", "a.h", tmp_path / name) for name in ("one", "two"))
    assert identity(one) != identity(two)


def test_odd_files_do_no_harm(function):
    os.mkfifo(function.task_root / "pipe")
    (function.task_root / "dangling").symlink_to("nowhere")
    (function.task_root / "loop").symlink_to(function.task_root)
    with (function.task_root / "large").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert identity(function) == identity(function)
