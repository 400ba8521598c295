"""Signed URLs and signed cookies: is this request signed, by a key of the behavior, for this URL, now, from here?

AWS pages: private-content-signed-urls, private-content-signed-cookies, private-content-trusted-signers. OPTIONS is never asked.
Chosen: an ECDSA signature is DER; a `Policy` goes before an `Expires`; parameters and cookies of the signature are taken out
before functions, cache key and origin; a key id without a signature or a policy is AccessDenied; a parameter given twice
counts with its first value; `Hash-Algorithm` is SHA1 or SHA256, else AccessDenied.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import PublicKey
from edgeproxy.rules import signed_policies

PARAMETERS = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
COOKIE_PREFIX = "CloudFront-"
ERRORS: Mapping[str, str] = {
    "MissingKey": "Missing Key-Pair-Id query parameter or cookie value",
    "InvalidKey": "Unknown Key",
    "AccessDenied": "Access denied",
    "MalformedPolicy": "Malformed Policy",
    "MalformedSignature": "Could not unencode Signature",
}
"""Code -> message of the XML that the viewer gets."""
HASHES = ("SHA1", "SHA256")

Verify = Callable[[bytes, bytes, str], bool]
"""Signature, signed text, hash -> is it this key's?"""
Keys = Mapping[str, Verify]
"""By key id."""


class Signed(NamedTuple):
    """The request without what signed it."""

    request: Request


class Denied(NamedTuple):
    """403 with the XML of `code` (of ERRORS); `cause` is for the terminal."""

    code: str
    cause: str


class InvalidKeyText(Exception):
    """No public key that CloudFront takes; the text says why."""


def verifier(pem: str) -> Verify:
    """The check of one public key: RSA, or ECDSA on P-256, in PEM. Raises InvalidKeyText."""
    # Some 40 ms that a configuration without signatures does not pay.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    algorithms = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKeyText("it is not a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if not isinstance(key, rsa.RSAPublicKey) and not is_p256:
        raise InvalidKeyText("it is neither an RSA key nor an ECDSA key on P-256")

    def verify(signature: bytes, text: bytes, algorithm: str) -> bool:
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, text, padding.PKCS1v15(), algorithms[algorithm])
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, text, ec.ECDSA(algorithms[algorithm]))
        except InvalidSignature:
            return False
        return True

    return verify


def compile(keys: tuple[PublicKey, ...] | None) -> Keys | None:  # noqa: A001
    """The keys of a behavior; None when it serves unsigned requests. Raises InvalidKeyText."""
    return None if keys is None else {key.id: verifier(key.pem) for key in keys}


def judge(keys: Keys, request: Request, now: float) -> Signed | Denied:
    """Checks in CloudFront's order: key id, policy, signature, conditions. `now` in Unix seconds."""
    given, rest = _given(request)
    if not given.get("Key-Pair-Id"):
        return Denied("MissingKey", "the request is not signed: it has no Key-Pair-Id")
    verify = keys.get(given["Key-Pair-Id"])
    if verify is None:
        known = ", ".join(keys) or "none"
        return Denied("InvalidKey", f"{given['Key-Pair-Id']!r:.80} is no key of this behavior; its keys: {known}")
    url = f"{rest.scheme}://{rest.host}{rest.path}{f'?{rest.query}' if rest.query else ''}"
    try:
        policy = _policy(given, url)
    except signed_policies.MalformedPolicy as error:
        return Denied("MalformedPolicy", str(error))
    if policy is None or "Signature" not in given:
        return Denied("AccessDenied", "the signature is not whole: it needs Signature, and Policy or Expires")
    signature = _decoded(given["Signature"])
    if signature is None:
        return Denied("MalformedSignature", "Signature is not base64 with - _ ~ for + = /")
    algorithm = given.get("Hash-Algorithm", "SHA1")
    if algorithm not in HASHES:
        return Denied("AccessDenied", f"Hash-Algorithm is {algorithm!r:.40}; allowed: {', '.join(HASHES)}")
    text, granted = policy
    if not verify(signature, text, algorithm):
        expected = text.decode("latin-1")
        return Denied("AccessDenied", f"the signature does not match; what must be signed ({algorithm}): {expected}")
    denied = granted.denies(url, request.client_ip, now)
    return Signed(rest) if denied is None else Denied("AccessDenied", denied)


def unsigned(request: Request) -> Request:
    """The request without parameters and cookies of a signature."""
    return _given(request)[1]


def _given(request: Request) -> tuple[dict[str, str], Request]:
    """What signs the request, by parameter; and the request without it."""
    in_query, query = _split(request.query.split("&") if request.query else [], "")
    cookies = [part.strip() for line in request.headers.get_all("cookie") for part in line.split(";")]
    in_cookies, others = _split([cookie for cookie in cookies if cookie], COOKIE_PREFIX)
    headers = _with_cookies(request.headers, others) if in_cookies else request.headers
    rest = request._replace(query="&".join(query) or None if in_query else request.query, headers=headers)
    # "If any of them is in the query, the cookies are ignored."
    return in_query or in_cookies, rest


def _split(pairs: list[str], prefix: str) -> tuple[dict[str, str], list[str]]:
    """The values of the parameters (or cookies) of a signature, and all other pairs."""
    found: dict[str, str] = {}
    others = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        parameter = name.removeprefix(prefix)
        if name.startswith(prefix) and parameter in PARAMETERS:
            found.setdefault(parameter, value)
        else:
            others.append(pair)
    return found, others


def _with_cookies(headers: Headers, cookies: list[str]) -> Headers:
    return headers.setting("Cookie", "; ".join(cookies)) if cookies else headers.without("cookie")


def _policy(given: Mapping[str, str], url: str) -> tuple[bytes, signed_policies.Policy] | None:
    if "Policy" in given:
        text = _decoded(given["Policy"])
        if text is None:
            raise signed_policies.MalformedPolicy("Policy is not base64 with - _ ~ for + = /")
        return text, signed_policies.custom(text)
    return signed_policies.canned(url, given["Expires"]) if "Expires" in given else None


def _decoded(text: str) -> bytes | None:
    """CloudFront's base64: - _ ~ for + = /."""
    try:
        return b64decode(text.translate(_BASE64), validate=True)
    except ValueError:
        return None


_BASE64 = str.maketrans("-_~", "+=/")
