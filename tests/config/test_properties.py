import pytest
from botocore.session import Session

from edgeproxy.config import not_honoured
from edgeproxy.config.properties import PROPERTIES


def test_what_is_not_honoured_is_known():
    for kind, properties in not_honoured.TABLE.items():
        assert properties.keys() <= PROPERTIES[kind], kind


def test_a_cache_behavior_is_the_default_one_with_a_pattern():
    assert PROPERTIES["CacheBehavior"] - PROPERTIES["DefaultCacheBehavior"] == {"PathPattern"}


def test_both_spellings_are_known():
    assert {"IPV6Enabled", "IsIPV6Enabled"} <= PROPERTIES["DistributionConfig"]
    assert {"OriginCustomHeaders", "CustomHeaders"} <= PROPERTIES["Origin"]
    assert {"OriginSSLProtocols", "OriginSslProtocols"} <= PROPERTIES["CustomOriginConfig"]


def shapes(shape, seen):
    """The structures of the API's model in and below one of them, by name."""
    if shape.type_name == "list":
        shapes(shape.member, seen)
    elif shape.type_name == "structure" and shape.name not in seen:
        seen[shape.name] = set(shape.members)
        for member in shape.members.values():
            shapes(member, seen)
    return seen


@pytest.mark.parametrize(
    "name",
    [
        "DistributionConfig", "CachePolicyConfig", "OriginRequestPolicyConfig", "ResponseHeadersPolicyConfig", "FunctionConfig",
        "OriginAccessControlConfig", "KeyGroupConfig", "PublicKeyConfig",
    ],
)  # fmt: skip
def test_what_the_api_prints_is_known(name):
    found = shapes(Session().get_service_model("cloudfront").shape_for(name), {})
    unknown = {kind: names - PROPERTIES[kind] for kind, names in found.items() if kind in PROPERTIES}
    assert name in unknown
    assert {kind: names for kind, names in unknown.items() if names} == {}
