import io
import stat
import zipfile

import pytest
from kit_aws import CODE_HOST, Aws, Broken, archive, sha256

from edgeproxy.pulling import lambda_code
from edgeproxy.pulling.account import PullError

URL = f"https://{CODE_HOST}/snapshots/edge?X-Amz-Signature=x"
CODE = archive(index__py="def handler(event, context): ...\n")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"http://{CODE_HOST}/a", id="no TLS"),
        pytest.param("https://example.com/a", id="another host"),
        pytest.param("https://amazonaws.com.example.com/a", id="a host that begins like AWS"),
        pytest.param("https://evilamazonaws.com/a", id="a host that ends nearly like AWS"),
        pytest.param(f"https://{CODE_HOST}:8443/a", id="another port"),
        pytest.param(f"https://{CODE_HOST}:x/a", id="no port at all"),
        pytest.param(f"https://a:b@{CODE_HOST}/a", id="credentials in the URL"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("", id="nothing, as of a container image"),
    ],
)
def test_code_is_not_fetched_over(tmp_path, url):
    aws = Aws({}, {url: CODE})
    with pytest.raises(PullError, match="only https to"):
        lambda_code.fetch(aws.account, url, "", tmp_path / "code")


def test_code_is_fetched_and_compared_with_its_hash(tmp_path):
    aws = Aws({}, {URL: CODE})
    lambda_code.fetch(aws.account, URL, sha256(CODE), tmp_path / "code")
    assert (tmp_path / "code").read_bytes() == CODE
    with pytest.raises(PullError, match=r"its SHA-256 is another$"):
        lambda_code.fetch(aws.account, URL, sha256(b"other"), tmp_path / "code")


def test_a_refusal_shows_the_host_and_not_the_signed_address(tmp_path):
    with pytest.raises(PullError) as caught:
        lambda_code.fetch(Aws({}).account, URL, "", tmp_path / "code")
    assert str(caught.value) == f"the code cannot be fetched: {CODE_HOST} answers 403"


def test_no_more_is_read_than_lambda_at_the_edge_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_code, "MAX_ARCHIVE", 1 << 20)

    class Endless:
        read_bytes = 0

        def read(self, size):
            self.read_bytes += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(PullError, match=r"^the code is larger than 1 MiB$"):
        lambda_code.copy(endless, tmp_path / "code")
    assert endless.read_bytes <= (1 << 20) + (1 << 16)


def test_a_connection_that_breaks_is_a_line(tmp_path):
    with pytest.raises(PullError, match=r"^the code could not be fetched to its end: ConnectionResetError$"):
        lambda_code.copy(Broken(ConnectionResetError()), tmp_path / "code")


def unpacked(tmp_path, data):
    (tmp_path / "code").write_bytes(data)
    (tmp_path / "into").mkdir()
    return lambda_code.unpack(tmp_path / "code", tmp_path / "into")


def entries(*pairs):
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as opened:
        for name, data in pairs:
            opened.writestr(name, data)
    return found.getvalue()


def test_files_and_folders_are_unpacked(tmp_path):
    data = entries(("index.py", "a"), ("lib/", ""), ("lib/b.py", "b"), ("deep/er/c.py", "c"), ("empty/", ""))
    assert unpacked(tmp_path, data) == []
    found = {str(path.relative_to(tmp_path / "into")) for path in (tmp_path / "into").rglob("*")}
    assert found == {"index.py", "lib", "lib/b.py", "deep", "deep/er", "deep/er/c.py", "empty"}
    assert (tmp_path / "into" / "deep" / "er" / "c.py").read_text() == "c"


@pytest.mark.parametrize("name", ["../out.py", "a/../../out.py", "/tmp/out.py", "//out.py", "..", "a\\..\\out.py", "C:/out.py"])
def test_nothing_gets_out_of_the_folder(tmp_path, name):
    with pytest.raises(PullError, match=r"^the code holds .*, a path that leads out of it$"):
        unpacked(tmp_path, entries((name, "x")))
    assert list((tmp_path / "into").iterdir()) == []


def test_links_are_left_out_and_named(tmp_path):
    link = zipfile.ZipInfo("lib/passwd")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert unpacked(tmp_path, entries((link, "/etc/passwd"), ("index.py", "a"))) == ["lib/passwd"]
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["index.py"]


def test_what_an_archive_says_of_its_size_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_code, "MAX_UNPACKED", 1 << 20)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a", b"0" * 600_000)
        opened.writestr("b", b"0" * 600_000)
    with pytest.raises(PullError, match=r"^the code holds more than 20000 entries or 1 MiB unpacked$"):
        unpacked(tmp_path, bomb.getvalue())


def test_the_number_of_files_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_code, "MAX_FILES", 2)
    with pytest.raises(PullError, match=r"^the code holds more than 2 entries or 250 MiB unpacked$"):
        unpacked(tmp_path, entries(("a", ""), ("b", ""), ("c", "")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"no zip", "^the code cannot be unpacked: ", id="no archive"),
        pytest.param(CODE[:40] + b"\xff" * 8 + CODE[48:], "^the code cannot be unpacked: ", id="a broken one"),
        pytest.param((("a", "1"), ("a", "2")), "cannot be unpacked: file exists", id="one name twice"),
        pytest.param((("a", "1"), ("a/b", "2")), "cannot be unpacked: ", id="a file that is a folder as well"),
        pytest.param((("x" * 300, "1"),), "cannot be unpacked: file name too long", id="a name that no file can have"),
    ],
)
def test_what_cannot_be_unpacked_is_a_line(tmp_path, data, words):
    with pytest.raises(PullError, match=words):
        unpacked(tmp_path, data if isinstance(data, bytes) else entries(*data))
