import io
import os
import stat
import struct
import time
import zipfile
from contextlib import suppress

import pytest
from kit_archives import CENTRAL, END, LOCAL, archive, entry, link, listing, overlapping, patched, zip64

from edgeproxy import archives
from edgeproxy.archives import ArchiveRefused, unpack

MOST, MOST_ENTRIES = 8 << 20, 1000


@pytest.fixture
def unpacked(tmp_path):
    """`unpacked(data)` -> links, and what stands in the folder afterwards: name -> content."""

    def done(data, *, most=MOST, most_entries=MOST_ENTRIES):
        (tmp_path / "code.zip").write_bytes(data)
        (tmp_path / "into").mkdir()
        links = unpack(tmp_path / "code.zip", tmp_path / "into", most=most, most_entries=most_entries)
        files = [path for path in (tmp_path / "into").rglob("*") if path.is_file()]
        return links, {path.relative_to(tmp_path / "into").as_posix(): path.read_bytes() for path in files}

    return done


def test_files_folders_and_what_may_be_run(unpacked, tmp_path):
    data = archive(("a.txt", "1"), ("deep/er/b.txt", "2"), ("empty/", ""), (entry("bin/run", 0o755), "#!"))
    assert unpacked(data) == ([], {"a.txt": b"1", "deep/er/b.txt": b"2", "bin/run": b"#!"})
    assert (tmp_path / "into" / "empty").is_dir()
    assert (tmp_path / "into" / "bin" / "run").stat().st_mode & stat.S_IXUSR
    assert not (tmp_path / "into" / "a.txt").stat().st_mode & stat.S_IXUSR


def test_links_are_left_out_and_what_lies_below_one_is_a_file_of_its_own(unpacked, tmp_path):
    (tmp_path / "outside").mkdir()
    data = archive(link("out", str(tmp_path / "outside")), ("out/evil.txt", "x"), link("etc", "/etc"))
    assert unpacked(data) == (["out", "etc"], {"out/evil.txt": b"x"})
    assert not (tmp_path / "into" / "out").is_symlink()
    assert list((tmp_path / "outside").iterdir()) == []


def bad_zip64(data):
    return zip64(data, 1 << 40)


ONE = archive(("first.txt", "fine"))
STORED, LONG = archive(("first.txt", "fine"), packed=zipfile.ZIP_STORED), struct.pack("<L", 1 << 30)
NUL = archive(("evil.txt~.png", "x")).replace(b"evil.txt~.png", b"evil.txt\0.png")
MORE = "holds more than 1000 entries or 8 MiB unpacked"
REFUSED = [
    pytest.param(archive(("../evil", "x")), "holds '../evil', a path that leads out of it", id="a path that climbs"),
    pytest.param(archive(("a/../../evil", "x")), "holds 'a/../../evil', a path that leads out of it", id="a path that climbs later"),
    pytest.param(archive(("/tmp/evil", "x")), "holds '/tmp/evil', a path that leads out of it", id="an absolute path"),
    pytest.param(archive(("//evil", "x")), "holds '//evil', a path that leads out of it", id="two slashes"),
    pytest.param(archive(("C:/evil", "x")), "holds 'C:/evil', a path that leads out of it", id="a drive"),
    pytest.param(archive(("C:evil", "x")), "holds 'C:evil', a path that leads out of it", id="a drive's own folder"),
    pytest.param(archive(("..\\evil", "x")), r"holds '..\\evil', a path that leads out of it", id="backslashes"),
    pytest.param(archive(("..", "x")), "holds '..', a path that leads out of it", id="the folder above"),
    pytest.param(archive((".", "x")), "holds '.', a path that leads out of it", id="the folder itself"),
    pytest.param(archive(link("../out", "x")), "holds '../out', a path that leads out of it", id="a link outside"),
    pytest.param(NUL, r"holds 'evil.txt\x00.png', a name with a control character", id="NUL in a name"),
    pytest.param(archive(("a\x1b[2Jb", "x")), r"holds 'a\x1b[2Jb', a name with a control character", id="an escape"),
    pytest.param(archive(("a\nb", "x")), r"holds 'a\nb', a name with a control character", id="a line feed"),
    pytest.param(archive(("x" * 300, "x")), f"cannot be unpacked: file name too long: '{'x' * 80}'", id="300 characters"),
    pytest.param(archive(("x/" * 101 + "y", "x")), "which is longer than 1024 characters or 100", id="too deep"),
    pytest.param(archive(("x/" * 30_000 + "y", "x")), "which is longer than 1024", id="deep beyond recursion"),
    pytest.param(archive(("a", "1"), ("a/b", "2")), "cannot be unpacked: file exists: 'a/b'", id="a file, then a folder"),
    pytest.param(archive(("a/b", "1"), ("a", "2")), "cannot be unpacked: file exists: 'a'", id="a folder, then a file"),
    pytest.param(archive((entry("null", stat.S_IFCHR | 0o666), "")), "neither a file nor a folder", id="a device"),
    pytest.param(archive((entry("pipe", stat.S_IFIFO | 0o666), "")), "neither a file nor a folder", id="a FIFO"),
    pytest.param(archive((entry("sock", stat.S_IFSOCK | 0o666), "")), "neither a file nor a folder", id="a socket"),
    pytest.param(archive(("a", "b"), packed=zipfile.ZIP_LZMA), "neither stored nor deflated", id="LZMA"),
    pytest.param(archive(("a", "b"), packed=zipfile.ZIP_BZIP2), "neither stored nor deflated", id="bzip2"),
    pytest.param(patched(ONE, CENTRAL, 8, b"\1\0"), "cannot be unpacked: 'first.txt' is encrypted", id="encrypted"),
    pytest.param(patched(ONE, CENTRAL, 24, struct.pack("<L", 1)), "Bad CRC-32", id="smaller than it is"),
    pytest.param(patched(patched(STORED, CENTRAL, 20, LONG), CENTRAL, 24, LONG), "cannot be unpacked: ", id="longer than the file"),
    pytest.param(patched(ONE, CENTRAL, 42, struct.pack("<L", 1 << 31)), "cannot be unpacked: ", id="beyond the end"),
    pytest.param(patched(ONE, END, 16, struct.pack("<L", 1 << 31)), "cannot be unpacked: ", id="a list beyond the end"),
    pytest.param(patched(ONE, CENTRAL, 46, b"other"), "differ", id="another name in the list"),
    pytest.param(patched(ONE, LOCAL, 0, b"XX"), "Bad magic number", id="no entry where the list says"),
    pytest.param(bad_zip64(ONE), "cannot be unpacked: ", id="a terabyte of a list"),
    pytest.param(ONE[:-30], "not a zip file", id="half of one"),
    pytest.param(b"", "not a zip file", id="nothing"),
    pytest.param(archive(*((f"{n}", bytes(1 << 20)) for n in range(9))), MORE, id="a bomb"),
    pytest.param(archive(*((f"{n}", "") for n in range(1001))), MORE, id="many files"),
    pytest.param(archive(*(("x/" * 60 + f"{n}/" * 30 + "y", "") for n in range(50))), MORE, id="many folders"),
    pytest.param(listing(300_000), MORE, id="a list of 300,000 entries"),
    pytest.param(listing(400_000), "has a list of entries of more than 16 MiB", id="a list that would fill the memory"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_is_refused(unpacked, tmp_path, data, words):
    started = time.monotonic()
    with pytest.raises(ArchiveRefused) as caught:
        unpacked(data)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert time.monotonic() - started < 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code.zip", "into"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice(unpacked):
    with pytest.raises(ArchiveRefused, match="file exists: 'a'"):
        unpacked(archive(("a", "1"), ("a", "2")))


def test_a_size_that_is_declared_costs_nothing(unpacked, tmp_path):
    data = patched(patched(ONE, CENTRAL, 24, b"\xfe\xff\xff\xff"), LOCAL, 22, b"\xfe\xff\xff\xff")
    assert unpacked(data) == ([], {"first.txt": b"fine"})


def test_files_that_overlap_count_each_for_itself(unpacked):
    """Newer versions of Python refuse them by themselves."""
    data = overlapping(9)
    assert len(data) < 3000
    with pytest.raises(ArchiveRefused, match=f"{MORE}|cannot be unpacked: Overlapped entries"):
        unpacked(data)


def test_an_archive_in_an_archive_stays_one(unpacked):
    inner = archive(("a", bytes(1 << 20)))
    assert unpacked(archive(("inner.zip", inner))) == ([], {"inner.zip": inner})


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a FIFO", "a folder"])
def test_what_is_no_file_is_not_waited_for(tmp_path, make):
    make(tmp_path / "code.zip")
    with pytest.raises(ArchiveRefused, match="it is not a file"):
        unpack(tmp_path / "code.zip", tmp_path, most=1, most_entries=1)


def test_whatever_becomes_of_an_archive_it_is_refused_or_unpacked_inside(unpacked, tmp_path):
    """Each byte of a small one changed to each of some others."""
    whole = archive(("a", "first"), ("b/c", "x" * 300))
    into = tmp_path / "into"
    into.mkdir()
    for at in range(len(whole)):
        for byte in (0, 1, 0x2E, 0x2F, 0x7F, 0x80, 0xFF):
            (tmp_path / "code.zip").write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
            folder = into / f"{at}-{byte}"
            folder.mkdir()
            with suppress(ArchiveRefused):
                unpack(tmp_path / "code.zip", folder, most=1000, most_entries=10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code.zip", "into"]


def test_the_list_is_read_by_as_much_as_the_bound_allows():
    bounded = archives._Bounded(io.BytesIO(bytes(100)))
    assert (bounded.read(10), bounded.tell(), len(bounded.read())) == (bytes(10), 10, 90)
