import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from edgeproxy.archives import MAX_DIRECTORY
from edgeproxy.config import archives
from edgeproxy.config.archives import unpacked
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

HERE = Node("site.zip", Path("Shop.template.json"), 7, 3)


def entry(name, mode=0o644):
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


def archive_of(folder: Path, *entries, name="site.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in entries:
            archive.writestr(each, content)
    return path


def test_an_archive_is_unpacked_once_and_anew_when_it_changes(tmp_path: Path):
    path = archive_of(tmp_path, ("index.html", "one"), ("js/app.js", "app"), (entry("bin/run", 0o755), "#!"))
    found = unpacked(path, HERE)
    assert (found / "index.html").read_text() == "one"
    assert (found / "js" / "app.js").read_text() == "app"
    assert (found / "bin" / "run").stat().st_mode & stat.S_IXUSR
    assert not (found / "index.html").stat().st_mode & stat.S_IXUSR
    assert unpacked(path, HERE) == found
    archive_of(tmp_path, ("index.html", "another one"))
    assert (unpacked(path, HERE) / "index.html").read_text() == "another one"


def test_of_each_archive_the_two_newest_folders_stay_once_one_is_in_service(tmp_path: Path):
    other = unpacked(archive_of(tmp_path, ("a", ""), name="other.zip"), HERE)
    found = [unpacked(archive_of(tmp_path, ("a", "x" * number)), HERE) for number in range(4)]
    assert all(folder.is_dir() for folder in found), "whatever is in service may be one of them"
    archives.let_go()
    assert [folder.is_dir() for folder in (*found, other)] == [False, False, True, True, True]
    assert unpacked(tmp_path / "site.zip", HERE) == found[-1]


def test_a_version_that_comes_back_is_the_newest(tmp_path: Path):
    path = archive_of(tmp_path, ("a", "first"))
    first, stamp, data = unpacked(path, HERE), path.stat().st_mtime_ns, path.read_bytes()
    second = unpacked(archive_of(tmp_path, ("a", "second, longer")), HERE)
    third = unpacked(archive_of(tmp_path, ("a", "third, which is longer still")), HERE)
    path.write_bytes(data)
    os.utime(path, ns=(stamp, stamp))
    assert unpacked(path, HERE) == first
    archives.let_go()
    assert [folder.is_dir() for folder in (first, second, third)] == [True, False, True]


BAD = [
    pytest.param([("../evil.txt", "x")], "a path that leads out of it", id="a path that climbs out"),
    pytest.param([("a/../../evil.txt", "x")], "a path that leads out of it", id="a path that climbs out in the middle"),
    pytest.param([("/etc/evil.txt", "x")], "a path that leads out of it", id="an absolute path"),
    pytest.param([("..\\evil.txt", "x")], "a path that leads out of it", id="a path with backslashes"),
    pytest.param([(entry("link", stat.S_IFLNK | 0o777), "/etc/passwd")], "links are not unpacked", id="a symbolic link"),
    pytest.param([("a", "1"), ("a/b", "2")], "cannot be unpacked", id="a file that is a folder too"),
]


@pytest.mark.parametrize(("entries", "message"), BAD)
def test_what_an_archive_must_not_hold(tmp_path: Path, entries, message):
    path = archive_of(tmp_path, ("first.txt", "fine"), *entries)
    before = set(archives.scratch().iterdir())
    with pytest.raises(ConfigError, match=message) as caught:
        unpacked(path, HERE)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (HERE.path, 7)
    assert "\n" not in problem.message
    assert set(archives.scratch().iterdir()) == before
    assert not (tmp_path / "evil.txt").exists()


def test_a_bomb_is_refused_before_anything_is_written(tmp_path: Path):
    zeros = bytes(1 << 20)
    path = archive_of(tmp_path, *((f"{number}.bin", zeros) for number in range(600)))
    assert path.stat().st_size < 2 << 20
    with pytest.raises(ConfigError, match="holds more than 50000 entries or 512 MiB unpacked"):
        unpacked(path, HERE)


def test_a_size_that_lies_is_not_believed(tmp_path: Path):
    path = archive_of(tmp_path, ("big.bin", bytes(1 << 20)))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="cannot be unpacked: Bad CRC-32"):
        unpacked(path, HERE)


def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(tmp_path: Path):
    path = archive_of(tmp_path, ("a", "b"))
    data = bytearray(MAX_DIRECTORY + 1) + path.read_bytes()
    at = data.rfind(b"PK\x05\x06") + 12
    data[at : at + 8] = struct.pack("<II", MAX_DIRECTORY + 1, 0)
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="has a list of entries of more than 16 MiB"):
        unpacked(path, HERE)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"PK\x03\x04 half an arch", id="half of one"),
        pytest.param(b"<html>", id="something else"),
    ],
)
def test_what_is_no_archive(tmp_path: Path, content):
    (tmp_path / "site.zip").write_bytes(content)
    with pytest.raises(ConfigError, match=r"site\.zip cannot be unpacked: File is not a zip file"):
        unpacked(tmp_path / "site.zip", HERE)


def test_an_encrypted_archive_is_refused(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    data = bytearray(buffer.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    (tmp_path / "site.zip").write_bytes(data)
    with pytest.raises(ConfigError, match=r"cannot be unpacked: .*encrypted"):
        unpacked(tmp_path / "site.zip", HERE)
