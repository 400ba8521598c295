import os
import stat

import pytest

from edgeproxy.inspector import token
from edgeproxy.inspector.token import Token


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "edgeproxy"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_user_can_read_it_and_it_goes_when_it_is_removed(runtime):
    made = Token(8081)
    assert made.path == runtime / "8081"
    assert (mode(runtime), mode(made.path)) == (0o700, 0o600)
    assert len(made.text) >= 40
    assert (token.ports(), token.read(8081), token.read(8082)) == ([8081], made.text, None)
    made.remove()
    assert (token.ports(), token.read(8081), list(runtime.iterdir())) == ([], None, [])


def test_each_token_is_another():
    first, second = Token(1), Token(2)
    assert first.text != second.text
    assert token.ports() == [1, 2]
    first.remove()
    second.remove()


def test_what_a_killed_proxy_left_counts_as_nothing_and_is_taken_over(runtime):
    made = Token(8081)
    text = made.text
    made.remove()
    (runtime / "8081").write_text(text + "and more")
    (runtime / "8081").chmod(0o644)
    assert (token.ports(), token.read(8081)) == ([], None)
    again = Token(8081)
    assert token.read(8081) == again.text != text
    assert mode(again.path) == 0o600
    again.remove()


def test_a_link_in_its_place_is_not_followed(runtime, tmp_path):
    token.folder()
    (runtime / "8081").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="8081"):
        Token(8081)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_open_to_others_is_refused(runtime):
    runtime.mkdir()
    runtime.chmod(0o750)
    with pytest.raises(PermissionError, match="closed to others"):
        Token(8081)


def test_a_link_in_place_of_the_folder_is_refused(runtime, tmp_path):
    (tmp_path / "other").mkdir(mode=0o700)
    runtime.symlink_to(tmp_path / "other")
    with pytest.raises(PermissionError):
        token.read(8081)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(runtime):
    runtime.mkdir(mode=0o700)
    os.chown(runtime, 65534, 65534)
    with pytest.raises(PermissionError):
        token.read(8081)


def test_without_a_runtime_directory_it_lies_in_the_temporary_one(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert token.folder() == tmp_path / f"edgeproxy-{os.getuid()}"
    assert mode(token.folder()) == 0o700
