"""A secret of a request, wherever it stands and whatever becomes of the request, is never on the terminal."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "s3cr3tZq9xyz"
PEM = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SIGNED = f"Expires=4102444800&Signature={SECRET}&Key-Pair-Id=KNONE"


def get(target="/page", *lines, method="GET", host="localhost"):
    return ("\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines]) + "\r\n\r\n").encode()


REQUESTS = [
    pytest.param(get(f"/page?a=1&access_token={SECRET}"), id="a parameter"),
    pytest.param(get(f"/page?a=1&%74oken={SECRET}"), id="a parameter with an escaped name"),
    pytest.param(get(f"/missing?password={SECRET}"), id="a parameter of a missing page"),
    pytest.param(get("/page", f"Authorization: Bearer {SECRET}"), id="Authorization"),
    pytest.param(get("/page", f"Cookie: a={SECRET}; session={SECRET}"), id="a cookie"),
    pytest.param(get("/page", f"X-Api-Key: {SECRET}"), id="an API key"),
    pytest.param(get("/page", f"Referer: https://me:{SECRET}@x.test/?token={SECRET}"), id="a Referer"),
    pytest.param(get(f"/signed/page?{SIGNED}"), id="a signed URL with an unknown key"),
    pytest.param(get(f"/signed/page?token={SECRET}&{SIGNED.replace('KNONE', 'KONE')}"), id="a signature that does not match"),
    pytest.param(get(f"/signed/page?Policy={SECRET}&Signature={SECRET}&Key-Pair-Id=KONE"), id="a policy that is none"),
    pytest.param(
        get("/signed/page", f"Cookie: CloudFront-Signature={SECRET}; CloudFront-Key-Pair-Id=KONE"), id="a signed cookie"
    ),
    pytest.param(get(f"http://localhost/page?token={SECRET}"), id="absolute-form"),
    pytest.param(get(f"http://me:{SECRET}@localhost/page"), id="absolute-form with a password"),
    pytest.param(get(f"me:{SECRET}@localhost:80", method="CONNECT"), id="CONNECT with a password"),
    pytest.param(get(f"/page#id_token={SECRET}"), id="a fragment"),
    pytest.param(get(host=f"me:{SECRET}@localhost"), id="a Host with a password"),
    pytest.param(get("/page", f"Authorization: Bearer {SECRET}\x01"), id="Authorization that cannot be read"),
    pytest.param(get("/page", f"Authorization : Bearer {SECRET}"), id="Authorization that is no header"),
    pytest.param(get("/page", f"Cookie: a={SECRET}{'a' * 40_000}"), id="too large a cookie"),
    pytest.param(get(f"/page?token={SECRET}{'a' * 9_000}"), id="too long a URL"),
    pytest.param(get(f"/page?token={SECRET}", method="BREW"), id="an unknown method"),
    pytest.param(get(f"/page?token={SECRET}", method="DELETE"), id="a method that is not allowed"),
    pytest.param(f"Authorization: Bearer {SECRET}\r\n\r\n".encode(), id="no request line"),
    pytest.param(get(f"/rewritten?token={SECRET}"), id="what a function made of it"),
    pytest.param(get("/thrown", f"Authorization: Bearer {SECRET}"), id="a function that fails"),
    pytest.param(get(f"/down?token={SECRET}", f"Authorization: Bearer {SECRET}"), id="an origin that is down"),
]
CODE = """
function handler(event) {
    var request = event.request;
    if (request.uri === '/thrown') { throw new Error('no'); }
    request.querystring = 'a b&token=' + request.querystring.token.value;
    return request;
}
"""


@pytest.fixture
def place(project, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    arn = {"Fn::GetAtt": ["Code", "FunctionARN"]}
    code = {"Name": "code", "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"}, "FunctionCode": CODE}
    associated = {"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": arn}]}
    key = {
        "Type": "AWS::CloudFront::PublicKey",
        "Properties": {"PublicKeyConfig": {"CallerReference": "k", "Name": "k", "EncodedKey": PEM.decode()}},
    }
    group = {"Type": "AWS::CloudFront::KeyGroup", "Properties": {"KeyGroupConfig": {"Name": "g", "Items": [{"Ref": "Key"}]}}}
    down = {
        "Id": "down",
        "DomainName": "down.test",
        "ConnectionAttempts": 1,
        "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"},
    }
    return project(
        resources={
            "Code": {"Type": "AWS::CloudFront::Function", "Properties": {**code, "AutoPublish": True}},
            "Key": key,
            "Group": group,
        },
        origins=[down],
        behaviors=[
            {"PathPattern": "/signed/*", "TrustedKeyGroups": [{"Ref": "Group"}]},
            {"PathPattern": "/rewritten", **associated},
            {"PathPattern": "/thrown", **associated},
            {"PathPattern": "/down", "TargetOriginId": "down"},
        ],
    )


@pytest.mark.parametrize("data", REQUESTS)
async def test_no_secret_is_told(running, place, data, caplog, capfd):
    async with running(place, origins={"down": "http://127.0.0.1:1"}) as proxy:
        key_id = proxy.proxy.configuration.distributions[0].cache_behaviors[0].trusted_keys[0].id
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(data.replace(b"KONE", key_id.encode()))
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await proxy.get("/page")
    assert "GET /page" in proxy.terminal
    assert SECRET not in proxy.terminal + caplog.text + "".join(capfd.readouterr())
