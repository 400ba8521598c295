import kit_local
import pytest

from edgeproxy.config.distribution_config import read_printed, unwrap
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading

EMPTY = {"Quantity": 0}
CONFIG = {
    "CallerReference": "c",
    "Aliases": {"Quantity": 1, "Items": ["www.example.com"]},
    "DefaultRootObject": "index.html",
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "app",
                "DomainName": "app.example.com",
                "OriginPath": "",
                "CustomHeaders": EMPTY,
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                    "OriginReadTimeout": 30,
                    "OriginKeepaliveTimeout": 5,
                },
                "ConnectionAttempts": 3,
                "ConnectionTimeout": 10,
                "OriginShield": {"Enabled": False},
                "OriginAccessControlId": "",
            }
        ],
    },
    "OriginGroups": EMPTY,
    "DefaultCacheBehavior": {
        "TargetOriginId": "app",
        "TrustedSigners": {"Enabled": False, **EMPTY},
        "TrustedKeyGroups": {"Enabled": False, **EMPTY},
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {
            "Quantity": 2,
            "Items": ["HEAD", "GET"],
            "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
        },
        "SmoothStreaming": False,
        "Compress": False,
        "LambdaFunctionAssociations": EMPTY,
        "FunctionAssociations": EMPTY,
        "FieldLevelEncryptionId": "",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "GrpcConfig": {"Enabled": False},
    },
    "CacheBehaviors": EMPTY,
    "CustomErrorResponses": EMPTY,
    "Comment": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "Enabled": True,
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", **EMPTY}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}


@pytest.mark.parametrize(
    ("document", "own_id", "domain"),
    [
        pytest.param({"ETag": "E", "DistributionConfig": CONFIG}, "", "", id="get-distribution-config"),
        pytest.param(CONFIG, "", "", id="the bare config"),
        pytest.param(
            {"ETag": "E", "Distribution": {"Id": "EABC", "DomainName": "dabc.cloudfront.net", "DistributionConfig": CONFIG}},
            "EABC",
            "dabc.cloudfront.net",
            id="get-distribution",
        ),
    ],
)
def test_each_way_in_which_it_is_printed(document, own_id, domain):
    printed = unwrap(plain(document))
    assert printed is not None
    reading = Reading(Problems())
    found = read_printed(printed, "site", kit_local.given(), reading).distribution
    reading.problems.raise_any()
    assert [note.property for note in reading.not_honoured] == ["DistributionConfig.HttpVersion"]
    assert (printed.id, printed.domain_name) == (own_id, domain)
    assert (found.aliases, found.default_root_object, list(found.origins)) == (("www.example.com",), "index.html", ["app"])


@pytest.mark.parametrize("document", [{"Resources": {}}, {"distribution": "t.yaml"}, {}, []])
def test_other_documents_are_not_one(document):
    assert unwrap(plain(document)) is None
