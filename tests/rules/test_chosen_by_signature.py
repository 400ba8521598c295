import json

import pytest
from kit import PythonFunction, respond
from kit_chosen import ask, site, touched
from kit_signed import PEM, signed

from edgeproxy.model import GeoRestriction, PublicKey

SAME = PythonFunction("code", lambda event: json.dumps(json.loads(event)["request"]))


def signing(code=None, **parts):
    key = {"trusted_keys": (PublicKey("K1", PEM),), "distribution_parts": {"aliases": ("d.test",)}}
    run = {} if code is None else {"code": [code], "functions": {"viewer-request": code}}
    house = site(respond(), **run, **key, **parts)
    house.clock.time = 1000.0
    return house


GOOD = signed("https://d.test/x", 2000)
SIGNATURES = [
    pytest.param(None, f"/x?{GOOD}", "d.test", ["signature-forms"], id="signed by an ECDSA key"),
    pytest.param(SAME, f"/x?{GOOD}", "d.test", ["signature-hidden", "signature-forms"], id="a function behind the check"),
    pytest.param(SAME, "/x", "d.test", ["signature-place"], id="a function that did not run"),
    pytest.param(None, "/x", "d.test", [], id="unsigned"),
    pytest.param(None, "/x?Key-Pair-Id=K2", "d.test", ["signature-forms"], id="a key id alone"),
    pytest.param(None, "/x?Expires=1&Signature=a&Key-Pair-Id=K2&Hash-Algorithm=MD5", "d.test", ["signature-forms"], id="MD5"),
    pytest.param(None, "/x?Expires=1&Policy=a&Signature=a&Key-Pair-Id=K2", "d.test", ["signature-forms"], id="both policies"),
    pytest.param(None, "/x?Expires=1&Signature=a&Key-Pair-Id=K2", "d.test", [], id="an unknown key"),
    pytest.param(
        None, "/x?Expires=1700000000000&Signature=a&Key-Pair-Id=K2", "d.test", ["signed-policy-details"], id="milliseconds"
    ),
    pytest.param(None, "/x?Expires=1&Expires=2&Signature=a&Key-Pair-Id=K2", "d.test", ["signature-order"], id="a repeated one"),
    pytest.param(
        None,
        f"/x?{signed('https://d.test/x', 1000)}",
        "d.test",
        ["signature-forms", "signature-very-second"],
        id="in the very second of its end",
    ),
    pytest.param(None, f"/x?{signed('https://d.test/x', 999)}", "d.test", ["signature-forms"], id="a second too late"),
    pytest.param(None, f"/x?{GOOD}", "localhost", ["signature-forms", "signature-host"], id="a local name"),
]


@pytest.mark.parametrize(("code", "target", "host", "ids"), SIGNATURES)
async def test_signatures(code, target, host, ids):
    assert await touched(signing(code), ask(target, host=host)) == ids


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        pytest.param(ask("/x", method="OPTIONS", host="d.test"), [], id="a plain OPTIONS"),
        pytest.param(ask("/x?Key-Pair-Id=K2", method="OPTIONS", host="d.test"), ["options-signed"], id="in the query"),
        pytest.param(
            ask("/x", ("Cookie", "a=1; CloudFront-Expires=1"), method="OPTIONS", host="d.test"),
            ["options-signed"],
            id="cookies",
        ),
    ],
)
async def test_options_is_never_asked_for_a_signature_but_loses_it(asked, ids):
    assert await touched(signing(), asked) == ids


async def test_an_options_of_a_behavior_without_keys_keeps_what_looks_like_a_signature():
    assert await touched(site(respond()), ask("/x?Key-Pair-Id=K2", method="OPTIONS")) == []


async def test_a_refusal_for_the_country_is_not_about_the_signature():
    geo = {"distribution_parts": {"aliases": ("d.test",), "geo": GeoRestriction("blacklist", ("DE",))}}
    house = site(respond(), code=[SAME], functions={"viewer-request": SAME}, trusted_keys=(PublicKey("K1", PEM),), **geo)
    asked = ask("/x?Key-Pair-Id=K1", host="d.test", viewer={"country": "DE"})
    assert "signature-place" not in await touched(house, asked)
