"""A server's certificate and its private key: read, judged, and made (ECDSA P-256, no CA, for TLS servers alone).

Moments have a time zone. Nothing here touches a file.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=825)
"""Apple's systems take no certificate that is valid for longer."""
CLOCK_SKEW = timedelta(days=1)
NAME = "edgeproxy on this machine"
ServerKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_USAGE = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


class Unusable(Exception):
    """Why a certificate or key cannot be used; the text says it."""


class Leaf(NamedTuple):
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ServerKey

    @property
    def names(self) -> frozenset[str]:
        """The names and addresses that it is for."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (x509.ExtensionNotFound, ValueError):
            return frozenset()
        addresses = found.get_values_for_type(x509.IPAddress)
        return frozenset([*found.get_values_for_type(x509.DNSName), *map(str, addresses)])

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as a file holds it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as a file holds it."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def read_certificate(pem: bytes) -> x509.Certificate:
    """The first certificate of a file. Raises Unusable."""
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        raise Unusable("it is not a certificate in PEM (-----BEGIN CERTIFICATE-----)") from None


def read_key(pem: bytes) -> ServerKey:
    """The private key of a file. Raises Unusable."""
    try:
        key: PrivateKeyTypes = serialization.load_pem_private_key(pem, None)
    except TypeError:
        raise Unusable("the private key is encrypted; `openssl pkey -in KEY -out PLAIN` writes it without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable("it is not a private key in PEM (-----BEGIN PRIVATE KEY-----)") from None
    if not isinstance(key, ServerKey):
        raise Unusable("it is neither an RSA nor an ECDSA key")
    return key


def judge(leaf: Leaf, now: datetime) -> None:
    """Raises Unusable when the two do not belong together, or the certificate is not valid at `now`."""
    if _public(leaf.certificate.public_key()) != _public(leaf.key.public_key()):
        raise Unusable("the private key is not that of the certificate")
    if now >= leaf.certificate.not_valid_after_utc:
        raise Unusable(f"the certificate expired on {leaf.certificate.not_valid_after_utc:%Y-%m-%d}")
    if now < leaf.certificate.not_valid_before_utc:
        raise Unusable(f"the certificate is not valid before {leaf.certificate.not_valid_before_utc:%Y-%m-%d}")


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def make(names: Sequence[str], now: datetime, issuer: Leaf | None = None) -> Leaf:
    """A new one for these names and addresses, signed by `issuer` (a CA), else by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    begins = now.astimezone(UTC) - CLOCK_SKEW
    ends = begins + LIFETIME
    signer = key if issuer is None else issuer.key
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends if issuer is None else min(ends, issuer.certificate.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return Leaf(certificate, key)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
