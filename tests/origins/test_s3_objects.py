import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.origins.s3_objects import OpenObject, key_of, open_object

READERS = ThreadPoolExecutor(1)

KEYS = [
    pytest.param("/", "", id="the root"),
    pytest.param("/a/b.txt", "a/b.txt", id="a path"),
    pytest.param("//a", "/a", id="only one slash goes"),
    pytest.param("/a%20b%2Bc+d", "a b+c+d", id="escapes; a plus is a plus"),
    pytest.param("/caf%C3%A9", "caf\u00e9", id="UTF-8"),
    pytest.param("/caf\xc3\xa9", "caf\u00e9", id="raw UTF-8"),
    pytest.param("/caf%E9", None, id="not UTF-8"),
    pytest.param("/%252e", "%2e", id="decoded once"),
]


@pytest.mark.parametrize(("path", "expected"), KEYS)
def test_key_of(path: str, expected: str | None):
    assert key_of(path) == expected


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "site-private").mkdir()
    (tmp_path / "site-private" / "x.txt").write_text("secret")
    root = tmp_path / "site"
    (root / "dir").mkdir(parents=True)
    (root / "a.txt").write_text("content")
    (root / ".hidden").write_text("content")
    (root / "dir" / "b.txt").write_text("content")
    (root / "inside.txt").symlink_to("dir/b.txt")
    (root / "outside.txt").symlink_to("../secret.txt")
    (root / "sibling").symlink_to("../site-private")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "fifo")
    (root / "device").symlink_to("/dev/zero")
    return root


def content(root: Path, key: str) -> bytes | None:
    opened = open_object(root, key, READERS)
    if opened is None:
        return None
    try:
        return opened.whole()
    finally:
        opened.release()


@pytest.mark.parametrize("key", ["a.txt", ".hidden", "dir/b.txt", "inside.txt"])
def test_files_are_objects(bucket: Path, key: str):
    assert content(bucket, key) == b"content"


MISSING = [
    pytest.param("none.txt", id="no such file"),
    pytest.param("dir", id="a directory"),
    pytest.param("dir/", id="a directory with its slash"),
    pytest.param("a.txt/", id="a file with a slash"),
    pytest.param("a.txt/b", id="something below a file"),
    pytest.param("/a.txt", id="an absolute path"),
    pytest.param("./a.txt", id="a dot segment"),
    pytest.param("dir/../a.txt", id="a parent that stays inside"),
    pytest.param("../secret.txt", id="a parent"),
    pytest.param("dir/../../secret.txt", id="a parent further in"),
    pytest.param("dir//b.txt", id="an empty segment"),
    pytest.param("..\\secret.txt", id="a backslash"),
    pytest.param("a.txt\0", id="NUL"),
    pytest.param("outside.txt", id="a link to a file outside"),
    pytest.param("sibling/x.txt", id="a link to a directory whose name begins the same"),
    pytest.param("up/secret.txt", id="a link to the parent"),
    pytest.param("up/site/a.txt/", id="out and in again, with a slash"),
    pytest.param("loop", id="a link to itself"),
    pytest.param("dangling", id="a link to nothing"),
    pytest.param("fifo", id="a FIFO, without waiting for its writer"),
    pytest.param("device", id="a device"),
    pytest.param("x" * 300, id="a name too long"),
    pytest.param("/".join("x" * 2500), id="a path too long"),
]


@pytest.mark.parametrize("key", MISSING)
def test_no_such_object(bucket: Path, key: str):
    assert open_object(bucket, key, READERS) is None


def test_a_socket_is_no_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert open_object(tmp_path, "socket", READERS) is None


def test_a_directory_that_is_gone_holds_nothing(tmp_path: Path):
    assert open_object(tmp_path / "gone", "a", READERS) is None


def test_a_root_that_is_itself_a_link(bucket: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(bucket)
    assert content(tmp_path / "link", "a.txt") == b"content"


SEGMENTS = st.sampled_from(
    ["a.txt", "dir", "..", ".", "", "up", "site", "secret.txt", "sibling", "x.txt", "outside.txt", "\\", "~", "etc"]
)


@pytest.fixture(scope="module")
def shared_bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("shared")
    (top / "secret.txt").write_text("secret")
    (top / "site" / "dir").mkdir(parents=True)
    (top / "site" / "a.txt").write_text("content")
    (top / "site" / "up").symlink_to("..")
    (top / "site" / "outside.txt").symlink_to("../secret.txt")
    return top / "site"


@given(st.lists(SEGMENTS, min_size=1, max_size=6))
def test_no_key_leads_out(shared_bucket: Path, segments: list[str]):
    assert content(shared_bucket, "/".join(segments)) in (None, b"content")


def descriptor_is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


async def test_release_waits_for_the_read_that_is_under_way(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"content")
    started, go_on, seen = threading.Event(), threading.Event(), []

    def slow(fd: int) -> bytes:
        seen.append(fd)
        started.set()
        go_on.wait(5)
        return os.pread(fd, 7, 0)

    with ThreadPoolExecutor(1) as readers:
        opened = open_object(tmp_path, "a", readers)
        assert isinstance(opened, OpenObject)
        reading = asyncio.get_running_loop().create_task(opened.run(slow))
        await asyncio.sleep(0)
        started.wait(5)
        opened.release()
        opened.release()
        assert descriptor_is_open(seen[0])
        go_on.set()
        assert await reading == b"content"
    assert not descriptor_is_open(seen[0])
