import json
from pathlib import Path

import pytest

from edgeproxy.config import load
from edgeproxy.model import Directory

SERVICE, ARN = {"Service": "cloudfront.amazonaws.com"}, {"Fn::GetAtt": ["Site", "Arn"]}
OBJECTS = {"Fn::Join": ["", [ARN, "/*"]]}
OLD_USER = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::cloudfront:user/CloudFront Origin Access Identity ${Identity}"}}
CONTROL = {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {"OriginAccessControlConfig": {
    "Name": "c", "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4",
}}}  # fmt: skip


def allowing(**parts):
    statement = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:ListBucket", "Resource": ARN, **parts}
    return {"Bucket": {"Ref": "Site"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def listed(folder: Path, policy, *, by="control", place: object = "./public") -> bool | None:
    (folder / "public").mkdir()
    origin = {"Id": "site", "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]}, "S3OriginConfig": {}}
    if by == "control":
        origin["OriginAccessControlId"] = {"Fn::GetAtt": ["Control", "Id"]}
    elif by == "identity":
        origin["S3OriginConfig"] = {"OriginAccessIdentity": {"Fn::Sub": "origin-access-identity/cloudfront/${Identity}"}}
    behavior = {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "ForwardedValues": {"QueryString": False}}
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behavior}
    resources = {
        "Site": {"Type": "AWS::S3::Bucket"},
        "Other": {"Type": "AWS::S3::Bucket"},
        "Control": CONTROL,
        "Identity": {"Type": "AWS::CloudFront::CloudFrontOriginAccessIdentity"},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy, "Condition": "Always"},
        "Web": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}},
    }
    condition = {"Always": {"Fn::Equals": ["a", "a"]}}
    (folder / "template.json").write_text(json.dumps({"Conditions": condition, "Resources": resources}))
    (folder / "edgeproxy.yaml").write_text(f"distribution: template.json\norigins: {{site: {json.dumps(place)}}}\n")
    (distribution,) = load(folder).distributions
    found = distribution.origins["site"].place
    assert isinstance(found, Directory)
    return found.list


POLICIES = [
    pytest.param(allowing(), "control", True, id="the service principal"),
    pytest.param(allowing(Principal="*"), "control", True, id="everyone"),
    pytest.param(allowing(Principal={"AWS": "*"}), "nobody", True, id="everyone, of an origin that is asked without a signature"),
    pytest.param(allowing(), "nobody", None, id="the service principal, of an origin that is asked without a signature"),
    pytest.param(allowing(Principal=OLD_USER), "identity", True, id="an origin access identity"),
    pytest.param(
        allowing(Principal={"CanonicalUser": {"Fn::GetAtt": ["Identity", "S3CanonicalUserId"]}}),
        "identity",
        True,
        id="an origin access identity by its canonical user",
    ),
    pytest.param(allowing(Principal=OLD_USER), "control", None, id="an identity, of an origin with an access control"),
    pytest.param(allowing(Principal={"Service": "logging.s3.amazonaws.com"}), "control", None, id="another service"),
    pytest.param(allowing(Action=["s3:GetObject*", "s3:List*"], Resource=[ARN, OBJECTS]), "control", True, id="wildcards and lists"),
    pytest.param(allowing(Action="*", Resource="*"), "control", True, id="everything"),
    pytest.param(allowing(Action="S3:LISTBUCKE?"), "control", True, id="an action in capitals"),
    pytest.param(allowing(Resource="arn:aws:s3:::" + "*i" * 500), "control", None, id="a resource of very many stars"),
    pytest.param(allowing(Action="s3:GetObject", Resource=OBJECTS), "control", None, id="objects alone"),
    pytest.param(allowing(Resource=OBJECTS), "control", None, id="a list of objects, which are no bucket"),
    pytest.param(allowing(Effect="Deny"), "control", None, id="a Deny"),
    pytest.param({**allowing(), "Bucket": {"Ref": "Other"}}, "control", None, id="another bucket's policy"),
    pytest.param(allowing(Resource={"Fn::Cidr": []}), "control", None, id="a policy that cannot be read"),
    pytest.param({"Bucket": {"Ref": "Site"}}, "control", None, id="no document"),
    pytest.param({"Bucket": {"Ref": "Site"}, "PolicyDocument": {"Statement": "all"}}, "control", None, id="no statements"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "by", "expected"), POLICIES)
def test_who_may_list_a_bucket(tmp_path: Path, policy, by: str, expected):
    assert listed(tmp_path, policy, by=by) is expected


@pytest.mark.parametrize("said", [True, False])
def test_what_the_settings_say_wins(tmp_path: Path, said: bool):
    assert listed(tmp_path, allowing(), place={"path": "./public", "list": said}) is said
