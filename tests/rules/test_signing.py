import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request
from edgeproxy.model import PublicKey
from edgeproxy.rules import signatures, signing
from edgeproxy.rules.signatures import Denied, Signed
from edgeproxy.rules.signed_policies import MalformedPolicy

case = pytest.param
RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())


def private(key, form=serialization.PrivateFormat.PKCS8, encryption=None):
    return key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption())


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


SIGN = {"KRSA": signing.signer(private(RSA)), "KEC": signing.signer(private(EC))}
KEYS = signatures.compile((PublicKey("KRSA", public(RSA)), PublicKey("KEC", public(EC))))
NOW, LATER = 1_000.0, 2_000


def asked(target, cookies=(), host="a.example", client_ip="192.0.2.1"):
    path, mark, query = target.partition("?")
    headers = Headers([("Host", host), *([("Cookie", "; ".join(cookies))] if cookies else [])])
    return Request("GET", "https", host, path, query if mark else None, headers, client_ip=client_ip)


def url(target):
    return signing.resource("https", "a.example", target)


# --- the inverse of signatures ---

PATHS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?*"), max_size=20).map("/".__add__)
PARAMETERS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#&*"), max_size=12).filter(
    lambda pair: pair.partition("=")[0] not in signatures.PARAMETERS
)
TARGETS = st.one_of(PATHS, st.builds(lambda path, pairs: f"{path}?{'&'.join(pairs)}", PATHS, st.lists(PARAMETERS, max_size=4)))
KEY_IDS, HASHES = st.sampled_from(sorted(SIGN)), st.sampled_from(signatures.HASHES)


def canned(target, key_id, algorithm="SHA1", expires=LATER):
    return signing.canned(SIGN[key_id], url(target), expires, key_id, algorithm)


@settings(deadline=None)
@given(TARGETS, KEY_IDS, HASHES)
def test_every_url_that_is_signed_is_accepted_and_its_own_parameters_are_left(target, key_id, algorithm):
    signed = signing.signed_target(target, canned(target, key_id, algorithm))
    verdict = signatures.judge(KEYS, asked(signed), NOW)
    assert isinstance(verdict, Signed), verdict
    assert verdict.request.target == target.removesuffix("?") or verdict.request.target == target


@settings(deadline=None)
@given(TARGETS, KEY_IDS, HASHES)
def test_every_custom_policy_that_is_signed_is_accepted(target, key_id, algorithm):
    text = signing.policy(url(target), LATER, 500, "192.0.2.0/24")
    signed = signing.signed_target(target, signing.custom(SIGN[key_id], text, key_id, algorithm))
    assert isinstance(signatures.judge(KEYS, asked(signed), NOW), Signed)


@settings(deadline=None)
@given(TARGETS, KEY_IDS, HASHES, st.booleans())
def test_every_cookie_that_is_signed_is_accepted(target, key_id, algorithm, is_custom):
    text = signing.policy(url(target), LATER)
    sign = SIGN[key_id]
    parameters = signing.custom(sign, text, key_id, algorithm) if is_custom else canned(target, key_id, algorithm)
    assert isinstance(signatures.judge(KEYS, asked(target, signing.cookies(parameters)), NOW), Signed)


SIGNED = {
    "canned": signing.signed_target("/a/b?x=1&y=2", canned("/a/b?x=1&y=2", "KRSA", "SHA256")),
    "custom": signing.signed_target(
        "/a/b?x=1&y=2", signing.custom(SIGN["KEC"], signing.policy(url("/a/b?x=1&y=2"), LATER), "KEC")
    ),
}


def meaning(target):
    """What a signed URL says, base64 read: its last character may have bits that count for nothing."""
    path, _, query = target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    return path, [
        (name, signatures._decoded(value) or value if name in ("Signature", "Policy") else value) for name, _, value in pairs
    ]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(SIGNED)), st.data(), st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"))
def test_no_changed_byte_is_accepted(which, data, character):
    signed = SIGNED[which]
    position = data.draw(st.integers(1, len(signed) - 1))
    changed = signed[:position] + character + signed[position + 1 :]
    assume(meaning(changed) != meaning(signed))
    verdict = signatures.judge(KEYS, asked(changed), NOW)
    assert isinstance(verdict, Denied), changed


def test_another_host_time_or_address_is_denied():
    text = signing.policy(url("/a"), LATER, 500, "192.0.2.1")
    signed = signing.signed_target("/a", signing.custom(SIGN["KEC"], text, "KEC"))
    assert isinstance(signatures.judge(KEYS, asked(signed), NOW), Signed)
    for request, now in (
        (asked(signed, host="b.example"), NOW),
        (asked(signed, client_ip="192.0.2.2"), NOW),
        (asked(signed), 2_000),
        (asked(signed), 500),
    ):
        assert isinstance(signatures.judge(KEYS, request, now), Denied)


# --- texts ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        case(signing.policy("https://a.example/b", 2000), '{"Statement":[{"Resource":"https://a.example/b","Condition":{"DateLessThan":{"AWS:EpochTime":2000}}}]}', id="until when"),
        case(signing.policy("*", 2000, 1000, "192.0.2.1"), '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":2000},"DateGreaterThan":{"AWS:EpochTime":1000},"IpAddress":{"AWS:SourceIp":"192.0.2.1/32"}}}]}', id="from when and from where"),
        case(signing.policy("*", 1, None, "192.0.2.0/24"), '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}}}]}', id="a range"),
    ],
)  # fmt: skip
def test_the_text_of_a_custom_policy(text, expected):
    assert text.decode() == expected
    assert json.loads(text)


@pytest.mark.parametrize("addresses", ["::1", "2001:db8::/32", "192.0.2.1/33", "here", "", "192.0.2.0/24/8"])
def test_addresses_that_cloudfront_does_not_take(addresses):
    with pytest.raises(signing.CannotBeSigned, match="is no IPv4 address or range"):
        signing.policy("*", 1, None, addresses)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        case("/a", "/a?P=1&Q=2", id="no query"),
        case("/a?", "/a?P=1&Q=2", id="an empty query"),
        case("/a?x=1&y", "/a?x=1&y&P=1&Q=2", id="behind a query of one's own"),
        case("/a?expires=1", "/a?expires=1&P=1&Q=2", id="names are case-sensitive"),
    ],
)
def test_where_the_parameters_stand(target, expected):
    assert signing.signed_target(target, (("P", "1"), ("Q", "2"))) == expected


@pytest.mark.parametrize("name", signatures.PARAMETERS)
def test_a_parameter_of_ones_own_may_not_have_their_names(name):
    with pytest.raises(signing.CannotBeSigned, match=f"a parameter {name} of its own"):
        signing.signed_target(f"/a?b&{name}=1", ())


def test_names_of_parameters_and_cookies():
    parameters = canned("/a", "KEC", "SHA256")
    assert [name for name, _ in parameters] == ["Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
    assert [name for name, _ in canned("/a", "KEC")] == ["Expires", "Signature", "Key-Pair-Id"]
    assert [name for name, _ in signing.custom(SIGN["KEC"], signing.policy("*", 1), "KEC")] == [
        "Policy",
        "Signature",
        "Key-Pair-Id",
    ]
    assert [cookie.partition("=")[0] for cookie in signing.cookies(parameters)] == [
        "CloudFront-Expires", "CloudFront-Signature", "CloudFront-Key-Pair-Id", "CloudFront-Hash-Algorithm",
    ]  # fmt: skip


def test_base64_as_cloudfront_has_it():
    assert signing.encoded(b"\xfb\xef\xbe\xff\xff\xff\xfa") == "----~~~~-g__"


def test_a_policy_that_cloudfront_would_not_take_is_not_signed():
    with pytest.raises(MalformedPolicy):
        signing.custom(SIGN["KEC"], b'{"Statement": []}', "KEC")


# --- keys ---


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("key", [RSA, EC])
def test_a_key_in_either_form_belongs_to_its_public_key_alone(key, form):
    sign = signing.signer(private(key, form))
    assert [signing.belongs(sign, public(other)) for other in (RSA, EC)] == [key is RSA, key is EC]


@pytest.mark.parametrize(
    ("pem", "says"),
    [
        case(b"", "not a private key", id="nothing"),
        case(public(RSA).encode(), "not a private key", id="a public key"),
        case(private(RSA, encryption=serialization.BestAvailableEncryption(b"x")), "is encrypted", id="an encrypted key"),
        case(private(ec.generate_private_key(ec.SECP384R1())), "neither an RSA key nor", id="another curve"),
        case(private(ed25519.Ed25519PrivateKey.generate()), "neither an RSA key nor", id="another kind"),
    ],
)
def test_keys_that_cannot_sign(pem, says):
    with pytest.raises(signing.InvalidPrivateKey, match=says) as caught:
        signing.signer(pem)
    assert all(line not in str(caught.value) for line in pem.decode().splitlines()[1:-1])
