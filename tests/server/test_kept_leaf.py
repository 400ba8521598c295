import fcntl
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeproxy.server import kept_leaf, leaf

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("localhost", "127.0.0.1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "edgeproxy"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(files):
    found = leaf.Leaf(leaf.read_certificate(files.certificate.read_bytes()), leaf.read_key(files.key.read_bytes()))
    leaf.judge(found, NOW)
    return found.names


def test_it_is_made_once_and_closed_to_others(folder):
    before = os.umask(0)
    try:
        files = kept_leaf.kept(NAMES, NOW)
    finally:
        os.umask(before)
    assert (mode(folder), mode(files.certificate), mode(files.key)) == (0o700, 0o600, 0o600)
    made = files.certificate.read_bytes(), files.key.read_bytes()
    assert kept_leaf.kept(NAMES, NOW + timedelta(days=800)) == files
    assert (files.certificate.read_bytes(), files.key.read_bytes()) == made
    assert sorted(path.name for path in folder.iterdir()) == ["localhost-key.pem", "localhost.pem"]


def test_it_is_renewed_with_another_key_some_days_before_it_expires():
    files = kept_leaf.kept(NAMES, NOW - timedelta(days=820))
    expiring = files.key.read_bytes()
    assert names(kept_leaf.kept(NAMES, NOW)) == set(NAMES)
    assert files.key.read_bytes() != expiring


def test_a_name_that_it_lacks_makes_a_new_one_for_the_old_names_too():
    assert not kept_leaf.kept(NAMES, NOW).instead
    renewed = kept_leaf.kept(("localhost", "shop.localhost"), NOW)
    assert names(renewed) == {*NAMES, "shop.localhost"}
    assert renewed.instead
    assert not kept_leaf.kept(NAMES, NOW).instead


def test_it_has_no_more_than_so_many_names():
    kept_leaf.kept([f"a{number}.localhost" for number in range(kept_leaf.MOST_NAMES)], NOW)
    found = names(kept_leaf.kept(("new.localhost",), NOW))
    assert (len(found), "new.localhost" in found) == (kept_leaf.MOST_NAMES, True)


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_is_broken_is_made_anew(which, content):
    path = getattr(kept_leaf.kept(NAMES, NOW), which)
    path.write_bytes(content) if content is not None else path.unlink()
    assert names(kept_leaf.kept(NAMES, NOW)) == set(NAMES)


def test_a_key_that_is_not_the_certificates_is_made_anew():
    files = kept_leaf.kept(NAMES, NOW)
    files.key.write_bytes(leaf.make(NAMES, NOW).key_pem)
    assert names(kept_leaf.kept(NAMES, NOW)) == set(NAMES)


@pytest.mark.parametrize("name", ["localhost.pem", "localhost-key.pem"])
def test_a_file_that_is_open_to_others_is_refused(folder, name):
    kept_leaf.kept(NAMES, NOW)
    (folder / name).chmod(0o640)
    with pytest.raises(PermissionError, match=f"{name} must be a file of your own"):
        kept_leaf.kept(NAMES, NOW)


def test_a_link_in_its_place_is_not_followed(folder, tmp_path):
    files = kept_leaf.kept(NAMES, NOW)
    files.key.rename(tmp_path / "elsewhere")
    files.key.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="localhost-key"):
        kept_leaf.kept(NAMES, NOW)


def test_a_pipe_in_its_place_is_refused_at_once(folder):
    files = kept_leaf.kept(NAMES, NOW)
    files.key.unlink()
    os.mkfifo(files.key, 0o600)
    with pytest.raises(PermissionError):
        kept_leaf.kept(NAMES, NOW)


def test_a_folder_that_is_open_to_others_is_refused(folder):
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(PermissionError, match="closed to others"):
        kept_leaf.kept(NAMES, NOW)
    assert list(folder.iterdir()) == []


def test_a_link_in_place_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "other").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "other")
    with pytest.raises(PermissionError):
        kept_leaf.kept(NAMES, NOW)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", [".", "localhost.pem", "localhost-key.pem"])
def test_what_is_another_users_is_refused(folder, name):
    kept_leaf.kept(NAMES, NOW)
    os.chown(folder / name, 65534, 65534)
    with pytest.raises(PermissionError):
        kept_leaf.kept(NAMES, NOW)


def test_of_proxies_that_start_at_once_one_makes_it_while_the_others_wait(folder):
    kept_leaf.kept(("localhost",), NOW)
    other = os.open(folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    found = []
    waiting = threading.Thread(target=lambda: found.append(names(kept_leaf.kept(NAMES, NOW))))
    waiting.start()
    waiting.join(0.2)
    assert (waiting.is_alive(), found) == (True, [])
    os.close(other)
    waiting.join(10)
    assert found == [set(NAMES)]


@pytest.mark.parametrize(
    ("given", "platform", "expected"),
    [
        pytest.param("/data", "linux", "/data", id="where XDG_DATA_HOME says"),
        pytest.param("data", "linux", "/home/me/.local/share", id="unless that is relative"),
        pytest.param("", "linux", "/home/me/.local/share", id="on Linux"),
        pytest.param("", "darwin", "/home/me/Library/Application Support", id="on macOS"),
    ],
)
def test_where_a_users_data_is(monkeypatch, given, platform, expected):
    monkeypatch.setenv("XDG_DATA_HOME", given)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("sys.platform", platform)
    assert kept_leaf.data_home() == Path(expected)
