import pytest

from edgeproxy.pulling.account import PullError
from edgeproxy.pulling.folder import Folder


def pulled(target, force=False, code="new"):
    with Folder(target, force) as folder:
        folder.write("template.json", "{}")
        folder.write("edgeproxy.yaml", f"# {code}")
        folder.write("functions/a.js", code)
        (folder.directory("lambdas/edge") / f"{code}.py").write_text(code)
        return folder.finish()


def seen(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


NEW = {"edgeproxy.yaml": "# new", "functions/a.js": "new", "lambdas/edge/new.py": "new", "template.json": "{}"}


def test_a_folder_is_made_with_those_above_it(tmp_path):
    assert pulled(tmp_path / "a" / "b") == []
    assert seen(tmp_path / "a") == {f"b/{name}": text for name, text in NEW.items()}
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_there_is_filled_beside_what_it_holds(tmp_path):
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("home")
    assert pulled(tmp_path) == []
    assert seen(tmp_path) == {**NEW, "public/index.html": "home"}


@pytest.mark.parametrize("name", ["template.json", "edgeproxy.yaml"])
def test_an_earlier_pull_is_met_before_anything_is_done(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(PullError) as caught:
        Folder(tmp_path).check()
    assert str(caught.value) == f"{tmp_path / name} is there already: name another folder with --out, or --force"
    with pytest.raises(PullError), Folder(tmp_path):
        pass
    assert seen(tmp_path) == {name: "mine"}


@pytest.mark.parametrize("name", ["functions/a.js", "lambdas/edge/index.py"])
def test_no_other_file_is_written_over(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(PullError, match="is there already"):
        pulled(tmp_path)
    assert seen(tmp_path) == {name: "mine"}


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "template.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PullError, match="is there already"):
        pulled(tmp_path / "out")
    pulled(tmp_path / "out", force=True)
    assert not (tmp_path / "elsewhere").exists()
    assert seen(tmp_path / "out") == NEW


def test_forced_it_replaces_code_as_a_whole_and_keeps_the_settings_that_were_there(tmp_path):
    pulled(tmp_path, code="old")
    assert pulled(tmp_path, force=True) == ["edgeproxy.yaml.before"]
    assert seen(tmp_path) == {**NEW, "edgeproxy.yaml.before": "# old"}
    assert pulled(tmp_path, force=True) == [], "settings that are the same are not kept twice"
    assert seen(tmp_path)["edgeproxy.yaml.before"] == "# old"


def _fail_after_a_file(folder):
    folder.write("template.json", "{}")
    folder.scratch.write_text("x")
    raise PullError


def test_what_fails_on_the_way_leaves_nothing(tmp_path):
    with pytest.raises(PullError), Folder(tmp_path / "out") as folder:
        _fail_after_a_file(folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("force", [False, True], ids=["", "forced"])
@pytest.mark.parametrize("name", ["lambdas", "functions"])
def test_a_file_where_a_folder_goes_is_met_before_anything_is_moved(tmp_path, name, force):
    (tmp_path / name).write_text("mine")
    with pytest.raises(PullError) as caught:
        pulled(tmp_path, force)
    assert str(caught.value) == f"{tmp_path / name} is not a directory"
    assert seen(tmp_path) == {name: "mine"}


def test_what_would_be_in_each_others_way_is_a_line(tmp_path):
    with Folder(tmp_path / "out") as folder:
        folder.write("a", "x")
        folder.directory("b")
        with pytest.raises(PullError, match=r"a cannot be written: (file exists|not a directory)$"):
            folder.write("a/c", "x")
        for name in ("a", "b", "a/c"):
            with pytest.raises(PullError, match=r" cannot be written: (file exists|not a directory)$"):
                folder.directory(name)


def test_a_file_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(PullError, match=r"file is not a directory$"):
        Folder(tmp_path / "file").check()
    with (
        pytest.raises(PullError, match=r"cannot be written: (file exists|not a directory)$"),
        Folder(tmp_path / "file" / "out"),
    ):
        pass
