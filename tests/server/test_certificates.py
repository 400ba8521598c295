import ssl
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from kit import distribution

from edgeproxy.errors import ConfigError
from edgeproxy.server import certificates, leaf
from edgeproxy.server.certificates import Own

NOW = time.time()
TODAY = datetime.fromtimestamp(NOW, UTC)
SHOP = distribution(name="Shop", aliases=("www.shop.test", "*.Shop.test"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("CAROOT", raising=False)
    return tmp_path


def own(folder, made, key=None):
    (folder / "cert.pem").write_bytes(made.certificate_pem)
    (folder / "key.pem").write_bytes(made.key_pem if key is None else key)
    return Own(folder / "cert.pem", folder / "key.pem")


def met(context, name, *, trusted):
    """The names of the certificate that a client meets who trusts this file; handshakes in memory."""
    client = ssl.create_default_context(cafile=trusted)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    viewer = client.wrap_bio(to_client, to_server, server_hostname=name)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (viewer, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert viewer.version() in ("TLSv1.2", "TLSv1.3")
    return {value for _, value in viewer.getpeercert()["subjectAltName"]}


def test_your_own_goes_before_all_others(home):
    chosen = certificates.choose(own(home, leaf.make(["a.test", "b.test"], TODAY)), (SHOP,), NOW)
    until = (TODAY + timedelta(days=824)).strftime("%Y-%m-%d")
    assert chosen.said == f"HTTPS certificate: {home}/cert.pem, a.test, b.test, valid until {until}"
    assert met(chosen.context, "b.test", trusted=home / "cert.pem") == {"a.test", "b.test"}
    assert not (home / "edgeproxy").exists()


def encrypted(key):
    encryption = serialization.BestAvailableEncryption(b"secret")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


MADE = leaf.make(["a.test"], TODAY)


@pytest.mark.parametrize(
    ("made", "key", "says"),
    [
        pytest.param(MADE, b"x", "key.pem: it is not a private key in PEM", id="no key"),
        pytest.param(MADE, encrypted(MADE.key), "key.pem: the private key is encrypted", id="an encrypted key"),
        pytest.param(MADE, leaf.make(["b"], TODAY).key_pem, "key.pem: the private key is not that of", id="another's key"),
        pytest.param(leaf.make(["a"], TODAY - timedelta(days=900)), None, "the certificate expired on", id="expired"),
    ],
)
def test_what_is_wrong_with_your_own_is_said_in_a_line(home, made, key, says):
    with pytest.raises(ConfigError) as caught:
        certificates.choose(own(home, made, key), (SHOP,), NOW)
    (problem,) = caught.value.problems
    assert says in problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize("content", [None, b"x"])
def test_a_certificate_that_is_none_or_is_not_there(home, content):
    files = own(home, MADE)
    files.certificate.unlink() if content is None else files.certificate.write_bytes(content)
    with pytest.raises(ConfigError, match=r"cert\.pem: (No such file|it is not a certificate)"):
        certificates.choose(files, (SHOP,), NOW)


def mkcert(folder, **parts):
    """A CA as mkcert lays it down: RSA there, ECDSA here."""
    folder.mkdir()
    ca = trustme.CA(**parts)
    ca.cert_pem.write_to_path(folder / "rootCA.pem")
    ca.private_key_pem.write_to_path(folder / "rootCA-key.pem")
    return folder / "rootCA.pem"


NAMES = {"localhost", "*.localhost", "shop.localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}


@pytest.mark.parametrize("name", ["www.shop.test", "any.shop.test", "shop.localhost", "localhost", "127.0.0.1", "::1"])
def test_mkcerts_ca_signs_one_for_the_aliases_too(home, name):
    root = mkcert(home / "mkcert")
    chosen = certificates.choose(None, (SHOP,), NOW)
    assert chosen.said == f"HTTPS certificate: made now, signed by mkcert's CA in {home}/mkcert"
    assert met(chosen.context, name, trusted=root) == {*NAMES, "www.shop.test", "*.shop.test"}
    assert not (home / "edgeproxy").exists()


def test_mkcerts_ca_is_where_caroot_says(home, monkeypatch):
    root = mkcert(home / "elsewhere")
    monkeypatch.setenv("CAROOT", str(home / "elsewhere"))
    chosen = certificates.choose(None, (SHOP,), NOW)
    assert "localhost" in met(chosen.context, "localhost", trusted=root)


def test_a_ca_without_its_key_is_as_none(home):
    mkcert(home / "mkcert")
    (home / "mkcert" / "rootCA-key.pem").unlink()
    assert "made for localhost" in certificates.choose(None, (SHOP,), NOW).said


def test_a_ca_that_has_expired_is_not_taken_and_that_is_said(home):
    root, old = mkcert(home / "mkcert"), leaf.make(["ca"], TODAY - timedelta(days=900))
    root.write_bytes(old.certificate_pem)
    root.with_name("rootCA-key.pem").write_bytes(old.key_pem)
    said = certificates.choose(None, (SHOP,), NOW).said
    assert f"(mkcert's CA in {home}/mkcert cannot be used: the certificate expired on 20" in said


@pytest.mark.parametrize("name", ["localhost", "shop.localhost", "127.0.0.1", "::1"])
def test_else_one_is_made_and_kept_for_this_machine_alone(home, name):
    chosen = certificates.choose(None, (SHOP,), NOW)
    path = home / "edgeproxy" / "localhost.pem"
    assert chosen.said == f"HTTPS certificate: made for localhost, in no trust store; curl --cacert {path}"
    assert met(chosen.context, name, trusted=path) == NAMES


def test_one_that_takes_the_place_of_another_says_so():
    said = certificates.choose(None, (SHOP,), NOW).said
    assert certificates.choose(None, (SHOP,), NOW).said == said
    again = certificates.choose(None, (replace(SHOP, name="other"),), NOW).said
    assert again == f"{said} (a new one: trust it anew, restart proxies that show the one before)"


@pytest.mark.parametrize("name", ["www.shop.test", "localhost.evil.test"])
def test_that_one_is_good_for_no_other_name(home, name):
    chosen = certificates.choose(None, (SHOP,), NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        met(chosen.context, name, trusted=home / "edgeproxy" / "localhost.pem")


def test_a_folder_with_a_space_can_be_copied_from_the_line(home, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "my data"))
    assert certificates.choose(None, (), NOW).said.endswith(f"curl --cacert '{home}/my data/edgeproxy/localhost.pem'")


def test_a_folder_that_is_refused_is_a_problem_in_a_line(home):
    (home / "edgeproxy").mkdir()
    (home / "edgeproxy").chmod(0o755)
    with pytest.raises(ConfigError, match=r"no certificate could be made for HTTPS: .* closed to others") as caught:
        certificates.choose(None, (), NOW)
    assert "--cert FILE --key FILE" in caught.value.problems[0].hint


def test_names_that_are_no_labels_and_aliases_that_are_not_ascii_are_left_out(home):
    root = mkcert(home / "mkcert")
    odd = distribution(name="my site_1", aliases=("münchen.test",))
    assert met(certificates.choose(None, (odd,), NOW).context, "localhost", trusted=root) == NAMES - {"shop.localhost"}


def test_tls_1_2_is_the_oldest():
    context = certificates.choose(None, (), NOW).context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_command_line_starts_without_cryptography():
    code = "import sys, edgeproxy.cli; print([name for name in sys.modules if name.startswith('cryptography')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
