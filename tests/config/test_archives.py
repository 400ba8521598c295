import stat
import zipfile
from pathlib import Path

import pytest

from edgeproxy.config import archives
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError


def packed(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(name, text)
    return path


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def problem(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        archives.unpacked(path, Node(None))
    (found,) = caught.value.problems
    return found.message


def left_behind() -> set[Path]:
    return set(archives._home().iterdir())


def test_a_package_is_unpacked_once(tmp_path):
    path = packed(tmp_path / "a.zip", **{"index.mjs": "code", "lib/x.js": "more", "empty/": ""})
    folder = archives.unpacked(path, Node(None))
    assert {str(each.relative_to(folder)) for each in folder.rglob("*")} == {"index.mjs", "lib", "lib/x.js", "empty"}
    (folder / "index.mjs").write_text("still there")
    assert archives.unpacked(path, Node(None)) == folder
    assert (folder / "index.mjs").read_text() == "still there"


def test_another_package_has_another_folder(tmp_path):
    first = archives.unpacked(packed(tmp_path / "a.zip", a="1"), Node(None))
    second = archives.unpacked(packed(tmp_path / "a.zip", a="2"), Node(None))
    assert (first / "a").read_text() + (second / "a").read_text() == "12"


@pytest.mark.parametrize(
    ("info", "message"),
    [
        pytest.param(entry("../out"), "outside of its folder", id="above its folder"),
        pytest.param(entry("a/../../out"), "outside of its folder", id="above its folder, from below"),
        pytest.param(entry("/tmp/out"), "outside of its folder", id="from the root"),
        pytest.param(entry("a\\out"), "outside of its folder", id="a backslash"),
        pytest.param(entry("c:out"), "outside of its folder", id="a drive"),
        pytest.param(entry("link", stat.S_IFLNK | 0o777), "a link or a special file", id="a symbolic link"),
        pytest.param(entry("pipe", stat.S_IFIFO | 0o777), "a link or a special file", id="a pipe"),
    ],
)
def test_what_leaves_its_folder_is_refused_and_nothing_stays(tmp_path, info, message):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("index.mjs", "fine")
        package.writestr(info, "/etc/passwd")
    before = left_behind()
    assert message in problem(path)
    assert left_behind() == before


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            package.writestr("a", "2")
    assert "cannot be unpacked" in problem(path)


def test_an_encrypted_package_is_refused(tmp_path):
    path = packed(tmp_path / "a.zip", a="1")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    assert problem(path) == "a.zip is encrypted"


@pytest.mark.parametrize("text", [b"", b"not a zip", b"PK\x03\x04"], ids=["nothing", "text", "a beginning"])
def test_what_is_no_package(tmp_path, text):
    (tmp_path / "a.zip").write_bytes(text)
    assert problem(tmp_path / "a.zip").startswith("a.zip is not a deployment package (zip)")


def test_a_package_that_is_cut_off(tmp_path):
    path = packed(tmp_path / "a.zip", a="x" * 1000)
    path.write_bytes(path.read_bytes()[:-10])
    assert "not a deployment package" in problem(path)


def test_a_package_that_grows_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1 << 20)
    fits = packed(tmp_path / "fits.zip", a="\0" * (1 << 19), b="\0" * (1 << 19))
    assert archives.unpacked(fits, Node(None)).is_dir()
    before = left_behind()
    grows = packed(tmp_path / "grows.zip", a="\0" * (1 << 19), b="\0" * ((1 << 19) + 1))
    assert problem(grows) == "grows.zip unpacks to more than 1 MB"
    assert left_behind() == before


def test_a_package_of_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 2)
    assert problem(packed(tmp_path / "a.zip", a="", b="", c="")) == "a.zip has 3 files, at most 2 are unpacked"


def test_a_package_beyond_the_quota(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_PACKAGE", 10)
    assert problem(packed(tmp_path / "a.zip", a="1")).startswith("a.zip is larger than")
