from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from edgeproxy.server import leaf
from edgeproxy.server.leaf import Leaf, Unusable

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MADE = leaf.make(["localhost", "127.0.0.1", "::1"], NOW)


def extension(kind, made=MADE):
    return made.certificate.extensions.get_extension_for_class(kind)


def test_a_made_one_is_for_its_names_and_no_ca():
    assert MADE.names == {"localhost", "127.0.0.1", "::1"}
    addresses = extension(x509.SubjectAlternativeName).value.get_values_for_type(x509.IPAddress)
    assert addresses == [ip_address("127.0.0.1"), ip_address("::1")]
    basic = extension(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca) == (True, False)
    usage = extension(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign, usage.crl_sign) == (True, False, False)
    assert [usage.dotted_string for usage in extension(x509.ExtendedKeyUsage).value] == ["1.3.6.1.5.5.7.3.1"]
    assert isinstance(MADE.key.curve, ec.SECP256R1)


def test_it_is_valid_for_825_days_from_a_day_ago():
    begins, ends = MADE.certificate.not_valid_before_utc, MADE.certificate.not_valid_after_utc
    assert (begins, ends) == (NOW - timedelta(days=1), NOW + timedelta(days=824))


def test_one_that_a_ca_signs_is_never_valid_for_longer_than_the_ca():
    ca = leaf.make(["ca"], NOW - timedelta(days=800))
    made = leaf.make(["a.test"], NOW, ca)
    assert made.certificate.not_valid_after_utc == ca.certificate.not_valid_after_utc
    made.certificate.verify_directly_issued_by(ca.certificate)


def test_two_are_never_the_same():
    other = leaf.make(["localhost"], NOW)
    assert other.certificate.serial_number != MADE.certificate.serial_number
    assert other.key_pem != MADE.key_pem


def test_what_is_written_is_read_again():
    again = Leaf(leaf.read_certificate(MADE.certificate_pem), leaf.read_key(MADE.key_pem))
    leaf.judge(again, NOW)
    assert again.certificate == MADE.certificate


def private(key, password=None):
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    ("read", "pem", "says"),
    [
        pytest.param(leaf.read_certificate, b"", "not a certificate in PEM", id="an empty certificate"),
        pytest.param(leaf.read_certificate, MADE.key_pem, "not a certificate in PEM", id="a key as certificate"),
        pytest.param(leaf.read_certificate, b"\x30\x82", "not a certificate in PEM", id="a certificate in DER"),
        pytest.param(leaf.read_key, b"", "not a private key in PEM", id="an empty key"),
        pytest.param(leaf.read_key, MADE.certificate_pem, "not a private key in PEM", id="a certificate as key"),
        pytest.param(leaf.read_key, private(MADE.key, b"secret"), "is encrypted", id="an encrypted key"),
        pytest.param(leaf.read_key, private(ed25519.Ed25519PrivateKey.generate()), "neither an RSA nor", id="another kind"),
    ],
)
def test_what_cannot_be_read(read, pem, says):
    with pytest.raises(Unusable, match=says):
        read(pem)


@pytest.mark.parametrize(
    ("key", "now", "says"),
    [
        pytest.param(leaf.make(["b"], NOW).key, NOW, "not that of the certificate", id="another's key"),
        pytest.param(MADE.key, NOW + timedelta(days=824), "expired on 2028-09-02", id="expired"),
        pytest.param(MADE.key, NOW - timedelta(days=2), "not valid before 2026-05-31", id="not yet valid"),
    ],
)
def test_what_is_not_fit_to_be_shown(key, now, says):
    with pytest.raises(Unusable, match=says):
        leaf.judge(Leaf(MADE.certificate, key), now)
