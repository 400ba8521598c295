import asyncio
import json
import re
import ssl
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from kit_proxy import Running

from edgeproxy.cli import main
from edgeproxy.edge import Https

KEYS = {"KRSA1": rsa.generate_private_key(65537, 2048), "KEC1": ec.generate_private_key(ec.SECP256R1())}
STRANGER = ec.generate_private_key(ec.SECP256R1())
TEMPLATE = """
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.shop.test]
        DefaultRootObject: index.html
        Origins: [{Id: files, DomainName: files.s3.eu-central-1.amazonaws.com, S3OriginConfig: {}}]
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
          TrustedKeyGroups: [group]
        CacheBehaviors:
          - PathPattern: /secure/*
            TargetOriginId: files
            ViewerProtocolPolicy: redirect-to-https
            CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
            TrustedKeyGroups: [group]
"""
SETTINGS = """
distribution: template.yaml
origins: {files: ./public}
key_groups: {group: {KRSA1: KRSA1.pub, KEC1: KEC1.pub}}
"""


def private(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A distribution that serves signed requests only, in the current folder; its private keys beside it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CAROOT", raising=False)
    folder = tmp_path / "project"
    for name in ("private", "secure"):
        (folder / "public" / name).mkdir(parents=True)
        for page in ("a", "b"):
            (folder / "public" / name / page).write_text(f"{name} {page}")
    (folder / "public" / "index.html").write_text("home")
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "edgeproxy.yaml").write_text(SETTINGS)
    for name, key in [*KEYS.items(), ("stranger", STRANGER)]:
        (folder / f"{name}.pem").write_bytes(private(key))
        (folder / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    monkeypatch.chdir(folder)
    return folder


def run(*arguments, key="KRSA1.pem", given=None):
    keys = ["--key", str(key)] if key else []
    return CliRunner().invoke(main, ["sign", *map(str, arguments), *keys], input=given)


def signed(*arguments, **parts):
    result = run(*arguments, **parts)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


async def status(url, *, cookies=(), tls=None):
    """What the one who follows the printed URL gets, by a client that knows nothing of it."""

    def ask():
        headers = {"Cookie": "; ".join(cookies)} if cookies else {}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=15, context=tls) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, (re.search("<Code>(.*)</Code>", error.read().decode()) or [None, None])[1]

    return await asyncio.to_thread(ask)


# --- answered by a proxy that runs ---

GOOD = [
    pytest.param([], "KRSA1.pem", id="a canned policy, RSA"),
    pytest.param([], "KEC1.pem", id="a canned policy, ECDSA"),
    pytest.param(["--hash", "SHA256"], "KRSA1.pem", id="SHA-256"),
    pytest.param(["--expires", "1d"], "KRSA1.pem", id="for a day"),
    pytest.param(["--expires", "2999999999"], "KEC1.pem", id="until Unix seconds"),
    pytest.param(["--expires", "2099-01-31T12:00:00Z"], "KEC1.pem", id="until a moment"),
    pytest.param(["--ip", "127.0.0.1"], "KEC1.pem", id="a custom policy for this address"),
    pytest.param(["--from", "-1h", "--expires", "1h", "--ip", "127.0.0.0/8"], "KRSA1.pem", id="a custom policy with all of it"),
    pytest.param(["--key-id", "KRSA1"], "KRSA1.pem", id="a key id that is given"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "key"), GOOD)
async def test_the_printed_url_is_answered(project, options, key):
    async with Running(project) as proxy:
        base = f"http://localhost:{proxy.port}"
        (url,) = signed(f"{base}/private/a?x=1", *options, key=key)
        assert url.startswith(f"{base}/private/a?x=1&")
        assert await status(url) == (200, "private a")
        assert await status(url.replace("/private/a", "/private/b")) == (403, "AccessDenied")
        assert await status(url.replace("x=1", "x=2")) == (403, "AccessDenied")


@pytest.mark.parametrize(("options", "key"), GOOD)
async def test_the_printed_cookies_are_accepted(project, options, key):
    async with Running(project) as proxy:
        base = f"http://localhost:{proxy.port}/private"
        cookies = signed(f"{base}/a", "--cookies", *options, key=key)
        assert await status(f"{base}/a", cookies=cookies) == (200, "private a")
        assert await status(f"{base}/b", cookies=cookies) == (403, "AccessDenied")


async def test_cookies_for_a_folder(project):
    async with Running(project) as proxy:
        base = f"http://127.0.0.1:{proxy.port}"
        cookies = signed(f"{base}/private/*", "--cookies")
        assert [cookie.partition("=")[0] for cookie in cookies] == [
            "CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id",
        ]  # fmt: skip
        assert [await status(f"{base}/private/{page}", cookies=cookies) for page in "ab"] == [
            (200, "private a"),
            (200, "private b"),
        ]
        assert await status(f"{base}/secure/a", cookies=cookies) == (403, "AccessDenied")


REFUSED = [
    pytest.param(["--expires", "-1s"], id="CF-49 expired"),
    pytest.param(["--expires", "2001-01-01"], id="expired long ago"),
    pytest.param(["--from", "1h", "--expires", "2h"], id="not yet valid"),
    pytest.param(["--ip", "192.0.2.0/24"], id="from elsewhere"),
    pytest.param(["--key-id", "KEC1"], id="another key's id"),
]


@pytest.mark.parametrize("options", REFUSED)
async def test_what_the_policy_does_not_grant_is_refused(project, options):
    async with Running(project) as proxy:
        (url,) = signed(f"http://localhost:{proxy.port}/private/a", *options)
        assert await status(url) == (403, "AccessDenied")


async def test_cf_49_unsigned_is_refused(project):
    async with Running(project) as proxy:
        assert await status(f"http://localhost:{proxy.port}/private/a") == (403, "MissingKey")


async def test_the_default_root_object_is_what_a_signature_for_the_root_covers(project):
    async with Running(project) as proxy:
        (url,) = signed(f"http://localhost:{proxy.port}/")
        assert await status(url) == (200, "home")


@pytest.mark.parametrize("viewer", ["host: cdn.shop.test", "scheme: http"])
async def test_the_viewers_host_and_scheme_are_those_of_the_settings(project, viewer):
    (project / "edgeproxy.yaml").write_text(f"{SETTINGS}viewer: {{{viewer}}}\n")
    async with Running(project) as proxy:
        (url,) = signed(f"http://localhost:{proxy.port}/private/a")
        assert await status(url) == (200, "private a")


async def test_behind_an_https_listener(project, tmp_path):
    async with Running(project, https=Https(0)) as proxy:
        tls = ssl.create_default_context(cafile=tmp_path / "data" / "edgeproxy" / "localhost.pem")
        (url,) = signed(f"https://localhost:{proxy.proxy.https_port}/private/a")
        assert await status(url, tls=tls) == (200, "private a")
        (url,) = signed(f"http://localhost:{proxy.port}/secure/a")
        assert await status(url, tls=tls) == (200, "secure a"), "redirected, with what signs it"


@pytest.mark.parametrize("given", [True, False])
async def test_a_policy_of_ones_own(project, given):
    text = json.dumps({"Statement": [{"Resource": "https://www.shop.test/private/*", "Condition": {"DateLessThan": {"AWS:EpochTime": 2999999999}}}]})  # fmt: skip
    (project / "policy.json").write_text(text + "\n")
    async with Running(project) as proxy:
        base = f"http://localhost:{proxy.port}"
        options = ["--policy", "-" if given else "policy.json"]
        (url,) = signed(f"{base}/private/b", *options, given=text if given else None)
        assert await status(url) == (200, "private b")
        result = run(f"{base}/secure/a", *options, given=text if given else None)
        assert "will be refused: the signature is for https://www.shop.test/private/*" in result.stderr
        assert await status(result.stdout.strip()) == (403, "AccessDenied")


# --- what is signed, and what is said ---


def test_by_the_distributions_own_name_the_url_is_signed_as_it_stands():
    result = run("https://WWW.shop.test:8443/a#top", "--expires", "2000000000", key="KEC1.pem")
    assert re.fullmatch(
        r"https://WWW\.shop\.test:8443/a\?Expires=2000000000&Signature=[\w~-]+&Key-Pair-Id=KEC1\n", result.stdout, re.ASCII
    )
    assert result.stderr == ""


def test_behind_a_local_name_it_is_said_what_is_signed():
    said = run("http://localhost:8080/private/a").stderr
    assert said == "signed for https://www.shop.test/private/a, which the proxy sees behind localhost\n"


def test_without_a_project_a_key_id_is_enough(tmp_path, monkeypatch):
    key = tmp_path / "project" / "KEC1.pem"
    monkeypatch.chdir(tmp_path)
    assert run("https://www.shop.test/a", "--key-id", "K1", key=key).stderr == ""
    assert "no project here says which host" in run("http://localhost/a", "--key-id", "K1", key=key).stderr
    assert run("https://www.shop.test/a", "--config", "project", key=key).stdout.endswith("Key-Pair-Id=KEC1\n")
    result = run("https://www.shop.test/a", key=key)
    assert (result.exit_code, "say --key-id" in result.output) == (2, True)


def test_what_is_not_ascii_is_encoded_as_a_browser_does():
    (url,) = signed("https://www.shop.test/ü b?q=é")
    assert urlsplit(url).path == "/%C3%BC%20b"
    assert urlsplit(url).query.startswith("q=%C3%A9&Expires=")


def test_a_project_with_problems_still_has_its_keys(project):
    (project / "edgeproxy.yaml").write_text(SETTINGS.replace("origins: {files: ./public}", ""))
    result = run("https://www.shop.test/a")
    assert result.stdout.endswith("Key-Pair-Id=KRSA1\n")
    assert "the project has problems" in result.stderr


def test_several_distributions_need_a_name(project):
    blog = TEMPLATE.replace("  Site:", "  Blog:").replace("www.shop.test", "blog.shop.test")
    (project / "template.yaml").write_text(TEMPLATE + blog.partition("Resources:\n")[2])
    result = run("http://localhost/a")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1, "Error: localhost is none of several distributions: site.localhost, blog.localhost",
    )  # fmt: skip
    assert "signed for https://blog.shop.test/a," in run("http://blog.localhost/a").stderr


def test_cookies_come_with_a_line_for_curl():
    result = run("https://www.shop.test/a?b=c", "--cookies")
    header = "; ".join(result.stdout.splitlines())
    assert result.stderr == f"curl -H 'Cookie: {header}' 'https://www.shop.test/a?b=c'\n"


@pytest.mark.parametrize(
    ("arguments", "key", "code", "says"),
    [
        pytest.param(["/a"], "KRSA1.pem", 2, "'/a' is a path: the host is signed too", id="a path"),
        pytest.param(["x"], "KRSA1.pem", 2, "'x' is neither a URL", id="no URL"),
        pytest.param(["https://me@a.test/"], "KRSA1.pem", 2, "'me@a.test' is no host", id="a user in the URL"),
        pytest.param(["https://ü.test/"], "KRSA1.pem", 2, "'ü.test' is no host", id="a host that is not ASCII"),
        pytest.param(["https://a.test/?Policy=x"], "KRSA1.pem", 1, "a parameter Policy of its own", id="a name that is taken"),
        pytest.param(["https://a.test/"], None, 2, "Missing option '--key'", id="no key"),
        pytest.param(["https://a.test/"], "gone.pem", 2, "'gone.pem': No such file", id="a key that is not there"),
        pytest.param(["https://a.test/"], "KRSA1.pub", 1, "KRSA1.pub: it is not a private key", id="a public key"),
        pytest.param(["https://a.test/"], "stranger.pem", 1, "their ids: KRSA1, KEC1", id="a key that nobody trusts"),
        pytest.param(["https://a.test/", "--expires", "noon"], "KRSA1.pem", 2, "'noon' is not a moment", id="no moment"),
        pytest.param(["https://a.test/", "--expires", "1700000000000"], "KRSA1.pem", 2, "not milliseconds", id="milliseconds"),
        pytest.param(["https://a.test/", "--ip", "::1"], "KRSA1.pem", 1, "'::1' is no IPv4 address", id="IPv6"),
        pytest.param(["https://a.test/", "--hash", "MD5"], "KRSA1.pem", 2, "'MD5' is not one of", id="another hash"),
        pytest.param(["https://a.test/", "--policy", "KEC1.pub"], "KRSA1.pem", 1, "the policy is malformed", id="no policy"),
        pytest.param(["https://a.test/", "--policy", "KEC1.pub", "--ip", "1.2.3.4"], "KRSA1.pem", 2, "give --policy alone", id="two policies"),
        pytest.param(["https://a.test/", "--config", "gone"], "KRSA1.pem", 1, "gone", id="a project that is not there"),
    ],
)  # fmt: skip
def test_what_cannot_be_signed_is_said_in_a_line(arguments, key, code, says):
    result = run(*arguments, key=key)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("options", [[], ["--cookies"], ["--key-id", "KEC1"], ["--ip", "::1"]])
def test_nothing_of_the_private_key_is_printed(project, options):
    printed = run("http://localhost/a", *options).output
    assert [line for line in (project / "KRSA1.pem").read_text().splitlines() if line in printed] == []


def test_help_has_examples():
    output = CliRunner().invoke(main, ["sign", "--help"]).output
    assert "edgeproxy sign http://localhost:8080/private/a --key private.pem" in output
    assert "edgeproxy sign" in CliRunner().invoke(main, ["--help"]).output
