import shutil

import pytest

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge import task_root


@pytest.fixture
def made(tmp_path):
    """`made(overlay)` makes the task root of a function in `folder`; returns it."""
    folder = tmp_path / "folder"
    for name in ("index.py", "lib/a.py", "config.json", "node_modules/x/i.js", ".git/config", "__pycache__/index.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("own")
    scratches = []

    def make(overlay=(), **parts):
        parts = {"task_root": folder, **parts}
        scratch, root = task_root.make(LambdaFunction("F", "python3.13", "index.handler", overlay=overlay, **parts))
        scratches.append(scratch)
        return root

    make.folder = folder
    yield make
    for scratch in scratches:
        shutil.rmtree(scratch)


def files(root):
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_without_an_overlay_the_code_runs_where_it_is(made):
    assert made() == made.folder.resolve()


def test_inline_code_is_a_file_of_its_own_beside_which_an_overlay_may_lie(made):
    assert files(made((("config.json", "{}"),), task_root=None, inline="code")) == {"index.py": "code", "config.json": "{}"}


def test_an_overlay_lies_over_a_copy(made):
    before = files(made.folder)
    root = made((("config.json", "laid"), ("new/deep/file", "é")))
    assert not root.is_relative_to(made.folder)
    assert files(root) == {"index.py": "own", "lib/a.py": "own", "config.json": "laid", "new/deep/file": "é"}
    assert (root / "node_modules").resolve() == (made.folder / "node_modules").resolve()
    assert (root / "node_modules" / "x" / "i.js").read_text() == "own"
    assert files(made.folder) == before


def test_what_a_folder_links_to_is_not_written_through(made, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a").write_text("mine")
    (made.folder / "shared").symlink_to(tmp_path / "shared")
    (made.folder / "config.json").unlink()
    (made.folder / "config.json").symlink_to(tmp_path / "shared" / "a")
    (made.folder / "gone").symlink_to(tmp_path / "nowhere")
    (made.folder / "loop").symlink_to(made.folder)
    root = made((("config.json", "laid"),))
    assert (root / "config.json").read_text() == "laid"
    assert (root / "shared" / "a").read_text() == "mine"
    for name in ("shared/a", "shared/new/b", "loop/index.py"):
        with pytest.raises(OSError, match="lies in a linked folder"):
            made(((name, "laid"),))
    assert files(tmp_path / "shared") == {"a": "mine"}
    assert (made.folder / "index.py").read_text() == "own"


def test_a_file_that_cannot_be_written_is_replaced_all_the_same(made):
    (made.folder / "config.json").chmod(0o444)
    assert (made((("config.json", "laid"),)) / "config.json").read_text() == "laid"


def test_a_folder_with_more_than_a_function_is_not_copied(made, monkeypatch):
    monkeypatch.setattr(task_root, "LARGEST", 8)
    with pytest.raises(OSError, match="an overlay needs a folder with the function alone"):
        made((("a", "b"),))


def test_an_overlay_in_place_of_a_folder_is_an_error(made):
    with pytest.raises(OSError, match="lib"):
        made((("lib", "x"),))


@pytest.mark.parametrize(("runtime", "name"), [("python3.12", "index.py"), ("nodejs22.x", "index.js")])
def test_the_file_of_inline_code(runtime, name):
    assert task_root.inline_name(runtime) == name
