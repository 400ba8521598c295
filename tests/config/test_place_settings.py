from pathlib import Path

import pytest
import trustme

from edgeproxy.config import place_settings
from edgeproxy.config.place_settings import read_place
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError
from edgeproxy.model import Directory, SignAs, Tls, Url


@pytest.fixture
def read(tmp_path: Path):
    (tmp_path / "public").mkdir()
    certificate = trustme.CA().cert_pem.bytes().decode()
    (tmp_path / "ca.pem").write_text(f"# Café's own\n{certificate}\n", "utf-8")
    (tmp_path / "broken.pem").write_text(certificate.replace("A", "B"))
    (tmp_path / "nonsense.pem").write_text("nonsense")
    (tmp_path / "empty.pem").touch()

    def reading(text):
        made = Reading(Problems())
        with made.problems.gathering():
            found = read_place(read_yaml(text, tmp_path / "edgeproxy.yaml"), tmp_path, made)
        made.problems.raise_any()
        return found, made

    return reading


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("KEY", "k")
    monkeypatch.delenv("GONE", raising=False)


SERVER = Url("http", "127.0.0.1", 9000, "/site")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("http://127.0.0.1:9000/site", SERVER, id="a URL"),
        pytest.param("{url: http://127.0.0.1:9000/site}", SERVER, id="a URL in a mapping"),
        pytest.param(
            "{url: http://127.0.0.1:9000/site, sign_as: dev}",
            Url("http", "127.0.0.1", 9000, "/site", SignAs("dev")),
            id="signed as a profile",
        ),
        pytest.param(
            "{url: http://h, region: eu-west-1, sign_as: {access_key_id: 123, secret_access_key: s}}",
            Url("http", "h", 80, "", SignAs(None, "123", "s", "eu-west-1")),
            id="signed with a pair of keys, for a region",
        ),
        pytest.param("{url: https://h, tls: {verify: false}}", Url("https", "h", 443, tls=Tls(False)), id="any certificate"),
        pytest.param(
            "{url: http://h/own, path: /v1}", Url("http", "h", 80, "/own", origin_path="/v1"), id="an origin path of its own"
        ),
        pytest.param("'http://${env:HOST}:9000/site'", SERVER, id="a variable in a URL"),
        pytest.param("{url: 'http://${env:HOST}:9000/site'}", SERVER, id="a variable in a URL in a mapping"),
        pytest.param(
            "{url: http://h, sign_as: {access_key_id: '${env:KEY}', secret_access_key: '${env:HOST}-$${env:X}'}}",
            Url("http", "h", 80, "", SignAs(None, "k", "127.0.0.1-${env:X}")),
            id="variables in a pair of keys",
        ),
        pytest.param("{url: http://h, path: ''}", Url("http", "h", 80, origin_path=""), id="no origin path"),
        pytest.param(
            "{url: http://h, host: 'localhost:5173'}", Url("http", "h", 80, host_header="localhost:5173"), id="a host to see"
        ),
        pytest.param(
            "{url: http://h, host: '[::1]:5173'}", Url("http", "h", 80, host_header="[::1]:5173"), id="an address to see"
        ),
        pytest.param("{url: http://h, dev: true}", Url("http", "h", 80, dev=True), id="a dev server"),
        pytest.param("{url: http://h, dev: false}", Url("http", "h", 80), id="none"),
        pytest.param("{url: https://h, tls: {verify: true}}", Url("https", "h", 443), id="a verified one"),
    ],
)
def test_places(read, text, place):
    assert read(text)[0] == place


def test_a_directory_and_what_a_missing_key_is(read, tmp_path):
    assert read("{path: public, list: true}")[0] == Directory(tmp_path / "public", True)
    assert read("./public")[0] == Directory(tmp_path / "public")


def test_an_authority_is_read_and_watched(read, tmp_path):
    place, reading = read("{url: https://h, tls: {ca: ca.pem}}")
    assert place.tls == Tls(ca="\n".join((tmp_path / "ca.pem").read_text("utf-8").strip().split("\n")[1:]))
    assert list(reading.sources) == [tmp_path / "ca.pem"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{list: true}", "has a url, the path of a directory, or a function", id="neither path nor URL"),
        pytest.param("{url: public}", "url must begin with http", id="a URL that is none"),
        pytest.param("{url: ./public, path: /v1}", "url must begin with http", id="a directory for a URL, beside a path"),
        pytest.param("{url: http://h, path: v1}", "path is 'v1'", id="an origin path without its slash"),
        pytest.param("{url: http://h, path: /}", "path is '/'", id="an origin path that ends in a slash"),
        pytest.param("{url: http://h, path: '/a b'}", "path is '/a b'", id="an origin path that breaks the request line"),
        pytest.param("{url: http://h, path: ./public}", "path is './public'", id="a directory beside a URL"),
        pytest.param("{url: http://h, host: 'http://h'}", "host is 'http://h'", id="a URL for a host"),
        pytest.param('{url: http://h, host: "a\\r\\nX: 1"}', r"host is 'a\\r\\nX: 1'", id="a host that breaks the head"),
        pytest.param("{url: http://h, host: ''}", "host is ''", id="no host at all"),
        pytest.param("{url: http://h, host: h, sign_as: dev}", "host and sign_as", id="signed for another host"),
        pytest.param("{url: http://h, dev: true, sign_as: dev}", "dev and sign_as", id="a signed dev server"),
        pytest.param("{url: http://h, dev: yes please}", 'dev is "yes please"', id="a dev server, perhaps"),
        pytest.param("{path: public, dev: true}", "dev belongs to a url", id="a directory that is a dev server"),
        pytest.param("{path: public, host: h}", "host belongs to a url", id="a directory with a host"),
        pytest.param("{url: http://h, list: true}", "list belongs to a directory", id="a server that lists"),
        pytest.param("{path: public, sign_as: dev}", "sign_as belongs to a url", id="a directory that is signed for"),
        pytest.param("{path: public, tls: {verify: false}}", "tls belongs to a url", id="a directory with TLS"),
        pytest.param("{url: http://h, region: x}", "region without sign_as", id="a region for nothing"),
        pytest.param("{url: http://h, sign_as: [a]}", "text is needed here, not a list", id="as a list"),
        pytest.param("{url: http://h, sign_as: {access_key_id: a}}", "sign_as needs secret_access_key", id="half a pair"),
        pytest.param("{url: http://h, sign_as: {secret: a}}", "sign_as has no property secret", id="a misspelt key"),
        pytest.param(
            "{url: http://h, tls: {verify: false}}", "tls belongs to a url that begins with https", id="no TLS at all"
        ),
        pytest.param("{url: https://h, tls: {verify: maybe}}", 'verify is "maybe"', id="neither true nor false"),
        pytest.param("{url: https://h, tls: {ca: ca.pem, verify: false}}", "ca and verify: false", id="both"),
        pytest.param("{url: https://h, tls: {ca: gone.pem}}", "there is no file", id="an authority that is gone"),
        pytest.param("{url: https://h, tls: {ca: public}}", "is a directory", id="an authority that is a directory"),
        pytest.param("{url: https://h, tls: {ca: nonsense.pem}}", "holds no certificate of an authority", id="nonsense"),
        pytest.param("{url: https://h, tls: {ca: broken.pem}}", "holds no certificate of an authority", id="a broken one"),
        pytest.param("{url: https://h, tls: {ca: empty.pem}}", "holds no certificate of an authority", id="an empty file"),
    ],
)
def test_what_is_no_place(read, text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_without_the_library_that_signs_the_line_says_what_to_install(read, monkeypatch):
    monkeypatch.setattr(place_settings, "SIGNER", "no_such_library")
    assert read("{url: http://127.0.0.1:9000/site}")[0] == SERVER
    with pytest.raises(ConfigError) as caught:
        read("{url: http://h, sign_as: dev}")
    (problem,) = caught.value.problems
    assert problem.message == "requests are signed with no_such_library, which is not installed"
    assert (problem.line, problem.column, problem.hint) == (1, 17, "pip install 'edgeproxy[aws]'")


@pytest.mark.parametrize(
    "text",
    [
        "'${env:GONE}'",
        "{url: 'http://${env:GONE}'}",
        "{path: '${env:GONE}'}",
        "{url: http://h, host: '${env:GONE}'}",
        "{url: http://h, path: '/${env:GONE}'}",
        "{url: http://h, sign_as: '${env:GONE}'}",
        "{url: http://h, sign_as: {access_key_id: a, secret_access_key: '${env:GONE}'}}",
        "{function: '${env:GONE}'}",
    ],
)
def test_a_variable_that_is_not_set_is_all_that_is_said(read, text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert [problem.message for problem in caught.value.problems] == ["the environment variable GONE is not set"]


def test_a_function_stands_in_by_its_name(read):
    found, _ = read("{function: Tenants}")
    assert (found.name, found.node.line) == ("Tenants", 1)


@pytest.mark.parametrize("more", ["url: http://h", "path: public", "dev: true"])
def test_a_function_is_a_place_by_itself(read, more):
    with pytest.raises(ConfigError, match=f"function and {more.split(':')[0]}: an origin has one place"):
        read(f"{{function: Tenants, {more}}}")


def test_a_password_in_a_url_is_not_repeated(read):
    with pytest.raises(ConfigError) as caught:
        read("'http://me:hunter2@h'")
    assert "http://***@h is not an origin's URL" in caught.value.problems[0].message
