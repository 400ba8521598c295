"""A clock that is moved: TTLs, Age, signatures and the dates that functions see, all follow."""

import json
import time
from base64 import b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
NOW = "function handler(event) { return { statusCode: 200, statusDescription: 'OK', body: String(Date.now()) }; }"
RESOURCES = {
    "Now": {
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": "now",
            "AutoPublish": True,
            "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": NOW,
        },
    },
    "Key": {
        "Type": "AWS::CloudFront::PublicKey",
        "Properties": {"PublicKeyConfig": {"Name": "key", "CallerReference": "1", "EncodedKey": PEM}},
    },
    "Keys": {
        "Type": "AWS::CloudFront::KeyGroup",
        "Properties": {"KeyGroupConfig": {"Name": "keys", "Items": [{"Ref": "Key"}]}},
    },
}
AT_VIEWER_REQUEST = [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Now", "FunctionARN"]}}]
HOUR = 3600


def signed(path, host, key_id, expires):
    policy = {"Statement": [{"Resource": f"https://{host}{path}", "Condition": {"DateLessThan": {"AWS:EpochTime": expires}}}]}
    text = json.dumps(policy, separators=(",", ":"))
    signature = b64encode(KEY.sign(text.encode(), ec.ECDSA(hashes.SHA1()))).decode().translate(str.maketrans("+=/", "-_~"))
    return f"{path}?Expires={expires}&Signature={signature}&Key-Pair-Id={key_id}"


async def test_everything_follows_the_clock(running, project):
    behaviors = [
        {"PathPattern": "/now", "FunctionAssociations": AT_VIEWER_REQUEST},
        {"PathPattern": "/other", "TrustedKeyGroups": [{"Ref": "Keys"}]},
    ]
    async with running(project(resources=RESOURCES, behaviors=behaviors)) as proxy:
        distribution = proxy.proxy.configuration.distributions[0]
        (key,) = distribution.cache_behaviors[1].trusted_keys
        target = signed("/other", distribution.domain_name, key.id, int(time.time()) + HOUR)
        await proxy.get("/page")
        assert (await proxy.get(target)).status == 200
        proxy.proxy.clock.offset += 2 * HOUR
        seen = await proxy.get("/page")
        assert (seen.x_cache, int(seen["Age"]) // HOUR) == ("Hit", 2)
        assert (await proxy.get(target)).status == 403
        assert 0 <= int((await proxy.get("/now")).body) / 1000 - time.time() - 2 * HOUR + 60 < 120
        proxy.proxy.clock.offset += 24 * HOUR
        assert (await proxy.get("/page")).x_cache == "RefreshHit"
