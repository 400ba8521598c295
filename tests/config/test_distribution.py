import kit_local
import pytest

from edgeproxy.config.distribution import read_distribution
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import CustomErrorResponse, GeoRestriction

BEHAVIOR = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}
ORIGIN = {"Id": "o", "DomainName": "o.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
MINIMAL = {"Enabled": True, "Origins": [ORIGIN], "DefaultCacheBehavior": BEHAVIOR}


def read(without: tuple[str, ...] = (), own_id: str = "", domain_name: str = "", **properties: object):
    value = {name: each for name, each in {**MINIMAL, **properties}.items() if name not in without}
    reading = Reading(Problems())
    section = Section("DistributionConfig", plain(value), reading)
    found = read_distribution(
        section,
        "Site",
        Library(reading, kit_local.given()),
        own_id=own_id,
        domain_name=domain_name,
    )
    reading.problems.raise_any()
    return found


def test_the_least_that_a_distribution_needs():
    found = read().distribution
    assert (found.name, found.id, found.domain_name) == ("Site", "E8NNVGO45S2W8A", "d8nnvgo45s2w8a.cloudfront.net")
    assert (list(found.origins), found.aliases, found.enabled, found.cache_behaviors) == (["o"], (), True, ())


def test_its_own_id_and_domain_name_are_kept():
    found = read(own_id="E1", domain_name="d1.cloudfront.net").distribution
    assert (found.id, found.domain_name) == ("E1", "d1.cloudfront.net")


def test_behaviors_keep_their_order():
    found = read(CacheBehaviors=[{"PathPattern": each, **BEHAVIOR} for each in ("/b*", "/a*")]).distribution
    assert [each.path_pattern for each in found.cache_behaviors] == ["/b*", "/a*"]


def test_custom_error_responses():
    items = [
        {"ErrorCode": 404, "ResponseCode": "200", "ResponsePagePath": "/index.html", "ErrorCachingMinTTL": 0},
        {"ErrorCode": 500, "ErrorCachingMinTTL": 5},
        {"ErrorCode": 403, "ResponseCode": "", "ResponsePagePath": ""},
    ]
    assert read(CustomErrorResponses={"Quantity": 3, "Items": items}).distribution.custom_error_responses == (
        CustomErrorResponse(404, "/index.html", 200, 0),
        CustomErrorResponse(500, None, None, 5),
        CustomErrorResponse(403, None, None, 10),
    )


def test_its_geo_restriction():
    whitelist = {"GeoRestriction": {"RestrictionType": "whitelist", "Locations": ["DE"]}}
    assert read(Restrictions=whitelist).distribution.geo == GeoRestriction("whitelist", ("DE",))
    assert read().distribution.geo is None


def test_what_has_no_local_meaning_is_accepted_quietly():
    found = read(
        ViewerCertificate={"AcmCertificateArn": "arn", "SslSupportMethod": "sni-only"},
        PriceClass="PriceClass_100",
        HttpVersion="http1.1",
        IPV6Enabled=True,
        Comment="c",
        Staging=False,
        Restrictions={"GeoRestriction": {"RestrictionType": "none"}},
        WebACLId="",
        Logging={"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    )
    assert found.own.not_honoured == []


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"WebACLId": "arn:aws:wafv2:…"}, "DistributionConfig.WebACLId"),
        ({"Logging": {"Bucket": "b.s3.amazonaws.com"}}, "DistributionConfig.Logging"),
        ({"ContinuousDeploymentPolicyId": "x"}, "DistributionConfig.ContinuousDeploymentPolicyId"),
        ({"Staging": True}, "DistributionConfig.Staging"),
        ({"HttpVersion": "http2and3"}, "DistributionConfig.HttpVersion"),
        ({"ViewerMtlsConfig": {"Mode": "required"}}, "DistributionConfig.ViewerMtlsConfig"),
        ({"DefaultCacheBehavior": {**BEHAVIOR, "SmoothStreaming": True}}, "DefaultCacheBehavior.SmoothStreaming"),
        ({"DefaultCacheBehavior": {**BEHAVIOR, "GrpcConfig": {"Enabled": True}}}, "DefaultCacheBehavior.GrpcConfig"),
        ({"Origins": [{**ORIGIN, "OriginShield": {"Enabled": True, "OriginShieldRegion": "r"}}]}, "Origin.OriginShield"),
    ],
)  # fmt: skip
def test_what_is_not_honoured_is_reported(properties, name):
    (note,) = read(**properties).own.not_honoured
    assert note.property == name


@pytest.mark.parametrize(
    ("without", "properties", "message"),
    [
        pytest.param(("Enabled",), {}, "DistributionConfig needs Enabled", id="no Enabled"),
        pytest.param(("DefaultCacheBehavior",), {}, "needs DefaultCacheBehavior", id="no default behavior"),
        pytest.param(("Origins",), {}, "needs Origins", id="no origins"),
        pytest.param((), {"Origins": []}, "a distribution needs an origin", id="an empty list of origins"),
        pytest.param((), {"Origins": [ORIGIN, ORIGIN]}, "two origins are named o", id="an origin twice"),
        pytest.param((), {"Aliases": ["no domain"]}, "no domain is not a domain name", id="an alias"),
        pytest.param((), {"Aliases": ["a.*.test"]}, "is not a domain name", id="a wildcard inside an alias"),
        pytest.param((), {"DefaultRootObject": "*.html"}, "InvalidDefaultRootObject", id="a root object"),
        pytest.param((), {"Comment": "c" * 129}, "129 characters of a comment", id="a comment that is too long"),
        pytest.param(
            (),
            {"CacheBehaviors": [{"PathPattern": f"/{n}", **BEHAVIOR} for n in range(76)]},
            "76 cache behaviors per distribution",
            id="more behaviors than the quota",
        ),
        pytest.param((), {"CustomErrorResponses": [{"ErrorCode": 418}]}, "ErrorCode is 418", id="an error code"),
        pytest.param(
            (), {"CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200}]}, "go together", id="a code without page"
        ),
        pytest.param(
            (),
            {"CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200, "ResponsePagePath": "e.html"}]},
            "ResponsePagePath is e.html",
            id="a page without slash",
        ),
        pytest.param(
            (), {"CustomErrorResponses": [{"ErrorCode": 404}] * 2}, "two custom error responses for 404", id="an error twice"
        ),
    ],
)
def test_what_cloudfront_refuses(without, properties, message):
    with pytest.raises(ConfigError, match=message):
        read(without, **properties)
