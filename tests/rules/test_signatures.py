import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request
from edgeproxy.model import PublicKey
from edgeproxy.rules import signatures
from edgeproxy.rules.signatures import Denied, InvalidKeyText, Signed

case = pytest.param
RSA, OTHER, EC = (
    rsa.generate_private_key(65537, 2048),
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
)
NOW, LATER = 1_000.0, "2000"
CANNED = '{{"Statement":[{{"Resource":"{}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{}}}}}}}]}}'


def pem(private):
    return (
        private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    )


KEYS = signatures.compile((PublicKey("KRSA", pem(RSA)), PublicKey("KEC", pem(EC))))


def encoded(data):
    return b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))


def sign(text, private=RSA, algorithm=None):
    data, hashed = text.encode("latin-1"), algorithm or hashes.SHA1()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return encoded(private.sign(data, ec.ECDSA(hashed)))
    return encoded(private.sign(data, padding.PKCS1v15(), hashed))


def request(query=None, cookies=(), method="GET", path="/b"):
    headers = Headers([("Host", "a.example"), *(("Cookie", line) for line in cookies)])
    return Request(method, "https", "a.example", path, query, headers, client_ip="192.0.2.1")


def canned(url="https://a.example/b", expires=LATER, private=RSA, key="KRSA", algorithm=None):
    return f"Expires={expires}&Signature={sign(CANNED.format(url, expires), private, algorithm)}&Key-Pair-Id={key}"


def custom(policy, private=RSA, key="KRSA", algorithm=None, indent=None):
    text = json.dumps(policy, indent=indent)
    return f"Policy={encoded(text.encode())}&Signature={sign(text, private, algorithm)}&Key-Pair-Id={key}"


def grant(resource="*", **conditions):
    return {"Statement": [{"Resource": resource, "Condition": {"DateLessThan": {"AWS:EpochTime": 2000}, **conditions}}]}


@pytest.mark.parametrize(
    ("query", "left"),
    [
        case(canned(), None, id="a canned policy"),
        case(f"x=1&{canned('https://a.example/b?x=1&y')}&y", "x=1&y", id="beside a query of one's own"),
        case(canned(private=EC, key="KEC"), None, id="ECDSA"),
        case(canned(algorithm=hashes.SHA256()) + "&Hash-Algorithm=SHA256", None, id="SHA-256"),
        case(canned() + "&Hash-Algorithm=SHA1", None, id="SHA-1 by name"),
        case("&".join(reversed(canned().split("&"))), None, id="in another order"),
        case("a&" + canned("https://a.example/b?a&b&c").replace("&", "&b&", 1) + "&c", "a&b&c", id="anywhere among one's own"),
        case(
            canned(private=EC, key="KEC", algorithm=hashes.SHA256()) + "&Hash-Algorithm=SHA256", None, id="ECDSA with SHA-256"
        ),
        case(custom(grant(), algorithm=hashes.SHA256()) + "&Hash-Algorithm=SHA256", None, id="a custom policy with SHA-256"),
        case(custom(grant(), EC, "KEC"), None, id="a custom policy with ECDSA"),
        case(custom(grant(), indent=2), None, id="a custom policy with white space"),
        case(
            custom(grant(IpAddress={"AWS:SourceIp": "192.0.2.0/24"}, DateGreaterThan={"AWS:EpochTime": 999})),
            None,
            id="with all conditions",
        ),
        case(custom(grant()), None, id="a custom policy"),
        case(custom(grant("https://a.example/*")) + "&z", "z", id="a custom policy with a wildcard"),
        case(custom({"Statement": [{"Condition": {"DateLessThan": {"AWS:EpochTime": 2000}}}]}), None, id="of every resource"),
    ],
)
def test_signed_urls_pass_without_their_parameters(query, left):
    verdict = signatures.judge(KEYS, request(query), NOW)
    assert isinstance(verdict, Signed), verdict
    assert verdict.request == request(left)


def cookies(query):
    return "; ".join(f"CloudFront-{pair}" for pair in query.split("&"))


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        case([cookies(canned())], [], id="a canned policy"),
        case([f"a=1; {cookies(custom(grant()))}; b=2"], ["a=1; b=2"], id="among other cookies"),
        case(["a=1", cookies(canned())], ["a=1"], id="on two lines"),
        case([cookies(canned(algorithm=hashes.SHA256())) + "; CloudFront-Hash-Algorithm=SHA256"], [], id="SHA-256"),
        case([cookies(canned(private=EC, key="KEC")), "cloudfront-policy=x"], ["cloudfront-policy=x"], id="names keep case"),
    ],
)
def test_signed_cookies_pass_and_are_taken_out(lines, left):
    verdict = signatures.judge(KEYS, request(cookies=lines), NOW)
    assert isinstance(verdict, Signed), verdict
    assert verdict.request.headers.get_all("cookie") == left


@pytest.mark.parametrize(
    ("query", "left"),
    [
        case("Expires=1&a=1&Policy=x&Signature=b&b&Key-Pair-Id=K1&Hash-Algorithm=SHA1", "a=1&b", id="anywhere in the query"),
        case("Expires=1", None, id="and nothing else"),
        case("expires=1&a", "expires=1&a", id="names in lower case are one's own"),
        case(None, None, id="no query"),
        case("", "", id="an empty query"),
    ],
)
def test_what_signs_can_be_taken_out_unread(query, left):
    assert signatures.unsigned(request(query, ["a=1; CloudFront-Policy=x"])) == request(left, ["a=1"])


def test_parameters_in_the_query_go_before_cookies():
    signed = request("Key-Pair-Id=KRSA", [cookies(canned())])
    assert signatures.judge(KEYS, signed, NOW).code == "AccessDenied"


@pytest.mark.parametrize("parameter", ["Expires=2000", "Policy=x", "Signature=x", "Key-Pair-Id=KRSA", "Hash-Algorithm=SHA1"])
def test_any_one_of_them_in_the_query_makes_the_cookies_count_for_nothing(parameter):
    assert isinstance(signatures.judge(KEYS, request(parameter, [cookies(canned())]), NOW), Denied)


DENIED = [
    case(None, "MissingKey", "not signed", id="CFF-45 CF-49 unsigned"),
    case("a=1", "MissingKey", "not signed", id="a query of one's own"),
    case("Expires=2000&Signature=AA__", "MissingKey", "no Key-Pair-Id", id="no key id"),
    case("key-pair-id=KRSA", "MissingKey", "not signed", id="names in lower case"),
    case(canned(key="KNONE"), "InvalidKey", "its keys: KRSA, KEC", id="an unknown key"),
    case(canned(expires="900"), "AccessDenied", "expired at 900", id="CF-49 expired"),
    case(canned(expires="1700000000000"), "MalformedPolicy", "not Unix seconds", id="milliseconds"),
    case(canned("https://a.example/c"), "AccessDenied", 'must be signed (SHA1): {"Statement"', id="another path"),
    case(canned("http://a.example/b"), "AccessDenied", "does not match", id="another scheme"),
    case(canned("https://b.example/b"), "AccessDenied", "does not match", id="another host"),
    case(canned() + "&x=1", "AccessDenied", "does not match", id="an added parameter"),
    case(canned(private=OTHER), "AccessDenied", "does not match", id="another's key"),
    case(canned(key="KEC"), "AccessDenied", "does not match", id="the key of another kind"),
    case(canned(algorithm=hashes.SHA256()), "AccessDenied", "(SHA1)", id="SHA-256 that is not said"),
    case(canned() + "&Hash-Algorithm=MD5", "AccessDenied", "allowed: SHA1, SHA256", id="an unknown hash"),
    case("Expires=2000&Signature=***&Key-Pair-Id=KRSA", "MalformedSignature", "not base64", id="a signature that is not base64"),
    case("Expires=2000&Key-Pair-Id=KRSA", "AccessDenied", "not whole", id="no signature"),
    case("Signature=AA__&Key-Pair-Id=KRSA", "AccessDenied", "not whole", id="no policy"),
    case("Policy=***&Signature=AA__&Key-Pair-Id=KRSA", "MalformedPolicy", "not base64", id="a policy that is not base64"),
    case("Policy=AA__&Signature=AA__&Key-Pair-Id=KRSA", "MalformedPolicy", "malformed", id="a policy that is not JSON"),
    case(custom(grant("https://a.example/c")), "AccessDenied", "is for https://a.example/c", id="a policy for another resource"),
    case(custom(grant(IpAddress={"AWS:SourceIp": "198.51.100.0/24"})), "AccessDenied", "192.0.2.1 is not in", id="from elsewhere"),
    case(custom(grant(DateGreaterThan={"AWS:EpochTime": 1500})), "AccessDenied", "valid after 1500", id="too early"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code", "cause"), DENIED)
def test_what_is_denied(query, code, cause):
    verdict = signatures.judge(KEYS, request(query), NOW)
    assert isinstance(verdict, Denied)
    assert (verdict.code, cause in verdict.cause) == (code, True), verdict
    assert verdict.code in signatures.ERRORS


@given(st.text(st.characters(max_codepoint=255), max_size=60), st.text(st.characters(max_codepoint=255), max_size=60))
def test_nothing_that_is_not_signed_passes_and_nothing_breaks(query, line):
    assert isinstance(signatures.judge(KEYS, request(query, [line]), NOW), Denied)
    assert isinstance(signatures.judge(KEYS, request(f"Key-Pair-Id=KRSA&{query}", [line]), NOW), Denied)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='#?&"\\'), max_size=20))
def test_what_the_canned_policy_signs_passes(path):
    asked = request(canned(f"https://a.example/{path}"), path=f"/{path}")
    assert isinstance(signatures.judge(KEYS, asked, NOW), Signed)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        case("", "not a public key", id="nothing"),
        case(RSA.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(), "not a public key", id="a private key"),
        case(pem(ec.generate_private_key(ec.SECP384R1())), "neither an RSA key nor", id="another curve"),
    ],
)  # fmt: skip
def test_keys_that_cloudfront_does_not_take(text, says):
    with pytest.raises(InvalidKeyText, match=says):
        signatures.verifier(text)


def test_a_behavior_without_keys_serves_everyone_and_one_with_none_nobody():
    assert signatures.compile(None) is None
    assert signatures.judge(signatures.compile(()), request(canned()), NOW).code == "InvalidKey"
