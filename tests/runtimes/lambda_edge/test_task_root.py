import shutil
from pathlib import Path

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
        parts = {"runtime": "python3.13", "task_root": folder, **parts}
        scratch, root = task_root.make(LambdaFunction("F", handler="index.handler", overlay=overlay, **parts))
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


NODE = "nodejs22.x"


def top(root, made):
    """The folder below which a copy lies with its whole path."""
    return Path(str(root).removesuffix(str(made.folder.resolve())))


def above(made, name):
    """Something in the folder above that of the function."""
    (made.folder.parent / name).parent.mkdir(parents=True, exist_ok=True)
    (made.folder.parent / name).write_text("above")


@pytest.mark.parametrize("name", ["package.json", "node_modules/x/i.js"])
def test_node_runs_in_a_copy_where_something_above_would_be_found(made, name):
    assert made(runtime=NODE) == made.folder.resolve()
    above(made, name)
    root = made(runtime=NODE)
    assert files(root) == {"index.py": "own", "lib/a.py": "own", "config.json": "own"}
    assert (root / "node_modules").resolve() == (made.folder / "node_modules").resolve()
    assert made() == made.folder.resolve(), "Python does not climb up"


@pytest.mark.parametrize(("runtime", "brought"), [(NODE, ["@aws-sdk", "@smithy"]), ("nodejs16.x", ["aws-sdk"])])
def test_what_lambdas_node_brings_lies_above_the_copy(made, runtime, brought):
    for name in ("@aws-sdk/client-s3/index.js", "@smithy/core/index.js", "aws-sdk/index.js", "leftpad/index.js"):
        above(made, f"node_modules/{name}")
    packages = top(made(runtime=runtime), made) / "node_modules"
    assert sorted(path.name for path in packages.iterdir()) == brought
    assert all((packages / name).resolve() == made.folder.parent.resolve() / "node_modules" / name for name in brought)


def test_the_nearest_folder_brings_it(made):
    above(made, "node_modules/@aws-sdk/client-s3/index.js")
    inner = made.folder / "lib"
    (made.folder / "node_modules" / "@aws-sdk").mkdir()
    found = (top(made(runtime=NODE, task_root=inner).parent, made) / "node_modules" / "@aws-sdk").resolve()
    assert found == made.folder.resolve() / "node_modules" / "@aws-sdk"


def test_large_files_of_a_copy_are_linked_unless_they_are_code(made):
    for name in ("large.bin", "large.js", "small.bin"):
        (made.folder / name).write_bytes(bytes(task_root.LINKED + 1 if "large" in name else 1))
    root = made((("a", "b"),))
    assert {name: (root / name).is_symlink() for name in ("large.bin", "large.js", "small.bin")} == {
        "large.bin": True,
        "large.js": False,
        "small.bin": False,
    }


def test_the_folder_of_a_function(made):
    function = LambdaFunction("F", NODE, "index.handler", task_root=made.folder / "lib" / "..")
    assert task_root.folder(function) == made.folder.resolve()
    assert task_root.folder(LambdaFunction("F", NODE, "index.handler", inline="")) is None


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
    with pytest.raises(OSError, match="of code: name a folder with the function alone"):
        made((("a", "b"),))


def test_an_overlay_in_place_of_a_folder_is_an_error(made):
    with pytest.raises(OSError, match="lib"):
        made((("lib", "x"),))


@pytest.mark.parametrize(("runtime", "name"), [("python3.12", "index.py"), ("nodejs22.x", "index.js")])
def test_the_file_of_inline_code(runtime, name):
    assert task_root.inline_name(runtime) == name
