import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeproxy.config import load
from edgeproxy.errors import ConfigError

PEM = (
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SETTINGS = "distribution: template.json\norigins: {o: 'http://127.0.0.1:1'}\n"
KEY = {"Type": "AWS::CloudFront::PublicKey",
       "Properties": {"PublicKeyConfig": {"CallerReference": "r", "Name": "k", "EncodedKey": PEM}}}  # fmt: skip


def group(*items):
    return {"Type": "AWS::CloudFront::KeyGroup", "Properties": {"KeyGroupConfig": {"Name": "g", "Items": list(items)}}}


def keys(folder, trusted, settings="", **resources):
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": POLICY, **trusted}
    origin = {"Id": "o", "DomainName": "o.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behavior}
    site = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    (folder / "template.json").write_text(json.dumps({"Resources": {"Site": site, **resources}}, indent=1))
    (folder / "key.pem").write_text(PEM)
    (folder / "edgeproxy.yaml").write_text(SETTINGS + settings)
    found = load(folder)
    return found.distributions[0].default_cache_behavior.trusted_keys, found


def test_a_template_holds_its_keys(tmp_path):
    found, _ = keys(tmp_path, {"TrustedKeyGroups": [{"Ref": "Readers"}]}, Readers=group({"Ref": "Key"}), Key=KEY)
    (key,) = found
    assert key.pem.strip() == PEM.strip()
    assert (key.id[0], len(key.id)) == ("K", 14)


def test_the_settings_add_to_the_keys_of_a_template(tmp_path):
    trusted = {"TrustedKeyGroups": [{"Ref": "Readers"}]}
    settings = "key_groups: {Readers: {K2OWN: key.pem}}\n"
    found, configuration = keys(tmp_path, trusted, settings, Readers=group({"Ref": "Key"}), Key=KEY)
    assert [key.id for key in found][1:] == ["K2OWN"]
    assert tmp_path / "key.pem" in configuration.sources


@pytest.mark.parametrize(
    ("trusted", "name"),
    [
        pytest.param({"TrustedKeyGroups": ["g-1"]}, "g-1", id="a group by id"),
        pytest.param(
            {"TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["g-1"]}}, "g-1", id="as the API prints it"
        ),
        pytest.param({"TrustedSigners": ["self"]}, "self", id="a signer"),
    ],
)
def test_keys_of_a_group_that_only_its_id_tells(tmp_path, trusted, name):
    found, _ = keys(tmp_path, trusted, f"key_groups: {{{name}: {{K1: key.pem}}}}\n")
    assert [key.id for key in found] == ["K1"]


def test_a_public_key_that_only_its_id_tells_comes_from_the_settings(tmp_path):
    trusted = {"TrustedKeyGroups": [{"Ref": "Readers"}]}
    found, _ = keys(tmp_path, trusted, "key_groups: {Readers: {K1: key.pem}}\n", Readers=group("K1"))
    assert [key.id for key in found] == ["K1"]


@pytest.mark.parametrize(
    "trusted",
    [
        pytest.param({}, id="nothing is said"),
        pytest.param({"TrustedKeyGroups": []}, id="no group"),
        pytest.param({"TrustedKeyGroups": {"Enabled": False, "Quantity": 0}}, id="not enabled"),
    ],
)
def test_unsigned_requests_are_served(tmp_path, trusted):
    assert keys(tmp_path, trusted)[0] is None


WRONG = {**KEY, "Properties": {"PublicKeyConfig": {"CallerReference": "r", "Name": "k", "EncodedKey": "x"}}}
GIVEN = {"TrustedKeyGroups": [{"Ref": "Readers"}]}


@pytest.mark.parametrize(
    ("trusted", "settings", "resources", "message"),
    [
        pytest.param({"TrustedKeyGroups": ["g-1"]}, "", {}, "the public keys of g-1 are not on this machine", id="no keys"),
        pytest.param(GIVEN, "", {"Readers": group("K1")}, "the public key K1 is not on this machine", id="no key"),
        pytest.param(GIVEN, "", {"Readers": group({"Ref": "Key"}), "Key": WRONG}, "InvalidPublicKey: K.*not a public key", id="no PEM"),
        pytest.param(GIVEN, "", {"Readers": group(*["K1"] * 6)}, "6 public keys of a key group", id="more keys than the quota"),
        pytest.param({"TrustedKeyGroups": ["g"] * 5}, "key_groups: {g: {K1: key.pem}}\n", {}, "5 trusted key groups", id="more groups"),
        pytest.param({"TrustedKeyGroups": ["g"]}, "key_groups: {g: {K1: none.pem}}\n", {}, "none.pem", id="no file"),
        pytest.param({"TrustedKeyGroups": ["g"]}, "key_groups: {g: {K1: edgeproxy.yaml}}\n", {}, "InvalidPublicKey: K1", id="another file"),
        pytest.param({"TrustedKeyGroups": ["g"]}, "key_groups: {g: key.pem}\n", {}, "must be a mapping of key ids to files", id="no key id"),
        pytest.param({}, "key_groups: {g: {K1: key.pem}}\n", {}, "no trusted key group or signer is named g", id="a name for nobody"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path, trusted, settings, resources, message):
    with pytest.raises(ConfigError, match=message):
        keys(tmp_path, trusted, settings, **resources)


def test_a_missing_group_is_told_with_the_line_to_add(tmp_path):
    with pytest.raises(ConfigError) as caught:
        keys(tmp_path, {"TrustedKeyGroups": ["g-1"]})
    assert caught.value.problems[0].hint == "add to edgeproxy.yaml:  key_groups: {g-1: {KEY-ID: path/to/public_key.pem}}"
