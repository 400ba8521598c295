import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeproxy.runtimes.lambda_edge.guard import kill_inheritors, remove_scratch
from edgeproxy.runtimes.lambda_edge.guarded import GUARD

PAUSE = "print('there', flush=True); import signal; signal.pause()"
ESCAPED = f"import os; os.setsid(); {PAUSE}"


def guard(*lines):
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    return subprocess.run([sys.executable, "-I", "-S", str(GUARD)], input=text.encode(), timeout=10).returncode


def test_groups_that_are_gone_do_not_keep_it_from_the_others(start, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    gone.wait(10)
    there = start(PAUSE, start_new_session=True)
    assert guard([gone.pid, "A=1", str(tmp_path / "a")], [there.pid, "B=1", str(tmp_path / "b")]) == 0
    assert there.wait(10) == -signal.SIGKILL


def test_scratch_directories_of_what_is_left_are_removed(tmp_path):
    left, let_go = tmp_path / "left", tmp_path / "let go"
    for directory in (left, let_go):
        (directory / "tmp").mkdir(parents=True)
    # Numbers that no group can have.
    assert guard([2**30, "A=1", str(left)], [2**30 + 1, "B=1", str(let_go)], [2**30 + 1]) == 0
    assert (left.exists(), let_go.exists()) == (False, True)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="only /proc tells the variables of others")
def test_what_left_its_group_is_known_by_a_variable(start, tmp_path):
    escaped = start(ESCAPED, env={**os.environ, "MARKER": "one"})
    other = start(ESCAPED, env={**os.environ, "MARKER": "other"})
    assert guard([2**30, "MARKER=one", str(tmp_path / "none")]) == 0
    assert escaped.wait(10) == -signal.SIGKILL
    assert other.poll() is None
    kill_inheritors({b"MARKER=other"})
    assert other.wait(10) == -signal.SIGKILL


def test_a_scratch_directory_is_removed_whatever_a_handler_made_of_it(tmp_path):
    kept, scratch = tmp_path / "kept", tmp_path / "scratch"
    kept.mkdir()
    (kept / "file").write_text("there")
    scratch.mkdir()
    (scratch / "link").symlink_to(kept)
    deep = "i=0; while [ $i -lt 1500 ]; do mkdir d; cd -P d; i=$((i+1)); done"
    subprocess.run(["sh", "-c", deep], cwd=scratch, check=True)
    (scratch / "locked").mkdir()
    (scratch / "locked" / "file").write_text("there")
    (scratch / "locked").chmod(0o500)
    remove_scratch(scratch)
    assert not scratch.exists()
    scratch.symlink_to(kept)
    remove_scratch(scratch)
    assert not scratch.is_symlink()
    assert (kept / "file").read_text() == "there"
