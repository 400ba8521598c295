"""Signing URLs and cookies, the other way round of `signatures`: the policy's text, its parameters, and where they stand.

AWS pages: private-content-creating-signed-url-canned-policy, private-content-creating-signed-url-custom-policy,
private-content-setting-signed-cookie-canned-policy and -custom-policy.
Chosen: an ECDSA signature is DER; Hash-Algorithm is written only where it is not SHA1, which is CloudFront's default.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from edgeproxy.rules import signatures, signed_policies

Sign = Callable[[bytes, str], bytes]
"""Text, hash (of signatures.HASHES) -> signature."""
Parameters = Sequence[tuple[str, str]]


class InvalidPrivateKey(Exception):
    """No private key that can sign for CloudFront; the text says why, and nothing of the key."""


class CannotBeSigned(Exception):
    """Why a URL cannot be signed."""


def signer(pem: bytes) -> Sign:
    """What one private key signs with: RSA, or ECDSA on P-256, in PEM. Raises InvalidPrivateKey."""
    # Some 40 ms that other commands do not pay.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    algorithms = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError:
        raise InvalidPrivateKey("it is encrypted; `openssl pkey -in KEY -out PLAIN` writes it without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidPrivateKey("it is not a private key in PEM (-----BEGIN PRIVATE KEY-----)") from None
    if isinstance(key, rsa.RSAPrivateKey):
        by_rsa = key
        return lambda text, algorithm: by_rsa.sign(text, padding.PKCS1v15(), algorithms[algorithm])
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        by_ec = key
        return lambda text, algorithm: by_ec.sign(text, ec.ECDSA(algorithms[algorithm]))
    raise InvalidPrivateKey("it is neither an RSA key nor an ECDSA key on P-256")


def belongs(sign: Sign, public_pem: str) -> bool:
    """Is this the public key of the private one?"""
    text = b"edgeproxy"
    return signatures.verifier(public_pem)(sign(text, "SHA256"), text, "SHA256")


def resource(scheme: str, host: str, target: str) -> str:
    """The URL that is signed: the viewer's, without an empty query."""
    path, _, query = target.partition("?")
    return f"{scheme}://{host}{path}{f'?{query}' if query else ''}"


def policy(url: str, before: int, after: int | None = None, addresses: str | None = None) -> bytes:
    """The text of a custom policy; times in Unix seconds, `addresses` an IPv4 address or CIDR. Raises CannotBeSigned."""
    condition: dict[str, object] = {"DateLessThan": {"AWS:EpochTime": before}}
    if after is not None:
        condition["DateGreaterThan"] = {"AWS:EpochTime": after}
    if addresses is not None:
        condition["IpAddress"] = {"AWS:SourceIp": _range(addresses)}
    # "Remove all white space before you sign."
    return json.dumps({"Statement": [{"Resource": url, "Condition": condition}]}, separators=(",", ":")).encode()


def _range(addresses: str) -> str:
    try:
        IPv4Network(addresses, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        # "IPv6 addresses are not supported."
        raise CannotBeSigned(f"{addresses!r} is no IPv4 address or range such as 203.0.113.0/24") from None
    return addresses if "/" in addresses else f"{addresses}/32"


def canned(sign: Sign, url: str, expires: int, key_id: str, algorithm: str = "SHA1") -> Parameters:
    """The parameters of a canned policy; `expires` in Unix seconds. Raises signed_policies.MalformedPolicy."""
    text, _ = signed_policies.canned(url, str(expires))
    return (("Expires", str(expires)), *_signed(sign, text, key_id, algorithm))


def custom(sign: Sign, text: bytes, key_id: str, algorithm: str = "SHA1") -> Parameters:
    """The parameters of a custom policy: its text is signed as it stands. Raises signed_policies.MalformedPolicy."""
    signed_policies.custom(text)
    return (("Policy", encoded(text)), *_signed(sign, text, key_id, algorithm))


def _signed(sign: Sign, text: bytes, key_id: str, algorithm: str) -> Parameters:
    named = () if algorithm == "SHA1" else (("Hash-Algorithm", algorithm),)
    return (("Signature", encoded(sign(text, algorithm))), ("Key-Pair-Id", key_id), *named)


def encoded(data: bytes) -> str:
    """CloudFront's base64: - _ ~ for + = /."""
    return b64encode(data).decode().translate(_BASE64)


_BASE64 = str.maketrans("+=/", "-_~")


def signed_target(target: str, parameters: Parameters) -> str:
    """Path and query with the parameters behind the URL's own ones. Raises CannotBeSigned."""
    path, mark, own = target.partition("?")
    # "Your own parameters may not have these names."
    taken = [name for name in (pair.partition("=")[0] for pair in own.split("&")) if name in signatures.PARAMETERS]
    if taken:
        raise CannotBeSigned(f"the URL has a parameter {taken[0]} of its own: CloudFront keeps that name for signatures")
    query = "&".join(f"{name}={value}" for name, value in parameters)
    return f"{path}?{own}&{query}" if mark and own else f"{path}?{query}"


def cookies(parameters: Parameters) -> list[str]:
    """The cookies that say the same, as name=value."""
    return [f"{signatures.COOKIE_PREFIX}{name}={value}" for name, value in parameters]
