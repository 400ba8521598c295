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
