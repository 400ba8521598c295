import kit_local
import pytest

from edgeproxy.config.behaviors import read_behavior
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import ForwardedValues, OriginGroup

POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6"
MINIMAL = {"PathPattern": "/a*", "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": POLICY}
LEGACY = {"QueryString": False, "Cookies": {"Forward": "none"}}
ALL = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


def read(kind: str = "CacheBehavior", without: tuple[str, ...] = (), **properties: object):
    value = {name: each for name, each in {**MINIMAL, **properties}.items() if name not in without}
    reading = Reading(Problems())
    library = Library(reading, kit_local.given())
    found = read_behavior(
        Section(kind, plain(value), reading), {"o": None, "group": OriginGroup(("o", "p"), frozenset({503}))}, library
    )
    reading.problems.raise_any()
    return found


def test_the_least_that_a_behavior_needs():
    found = read()
    assert (found.path_pattern, found.target_origin_id, found.viewer_protocol_policy) == ("/a*", "o", "allow-all")
    assert found.allowed_methods == found.cached_methods == ("GET", "HEAD")


@pytest.mark.parametrize(
    ("properties", "compress"),
    [
        pytest.param({}, False, id="not unless it says so"),
        pytest.param({"Compress": True}, True, id="true"),
        pytest.param({"Compress": "true"}, True, id="as text"),
        pytest.param({"Compress": False}, False, id="false"),
    ],
)
def test_whether_it_compresses(properties, compress):
    assert read(**properties).compress is compress


def test_compress_is_true_or_false():
    with pytest.raises(ConfigError, match='Compress is "yes"'):
        read(Compress="yes")


def test_the_default_behavior_has_the_pattern_of_everything():
    assert read("DefaultCacheBehavior", without=("PathPattern",)).path_pattern == "*"


def test_a_group_stands_for_its_first_member():
    assert read(TargetOriginId="group").target_origin_id == "o"


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"AllowedMethods": ALL, "CachedMethods": ["OPTIONS", "HEAD", "GET"]}, id="CloudFormation's spelling"),
        pytest.param(
            {"AllowedMethods": {"Quantity": 7, "Items": ALL, "CachedMethods": {"Quantity": 3, "Items": ALL[:3]}}},
            id="the API's spelling",
        ),
    ],
)
def test_methods(properties):
    found = read(**properties)
    assert (found.allowed_methods, found.cached_methods) == (tuple(ALL), ("GET", "HEAD", "OPTIONS"))


def test_legacy_forwarded_values():
    found = read(without=("CachePolicyId",), ForwardedValues=LEGACY, MinTTL=5)
    assert found.cache_policy == ForwardedValues(min_ttl=5)


def test_policies_by_id():
    found = read(
        OriginRequestPolicyId="216adef6-5c7f-47e4-b989-5492eafa07d3",
        ResponseHeadersPolicyId="67f7725c-6f97-4210-82d7-5512b31e9d03",
    )
    assert found.origin_request_policy is not None
    assert found.origin_request_policy.headers.behavior == "allViewer"
    assert found.response_headers_policy is not None
    assert found.response_headers_policy.name == "Managed-SecurityHeadersPolicy"


@pytest.mark.parametrize(
    ("without", "properties", "message"),
    [
        pytest.param(("TargetOriginId",), {}, "CacheBehavior needs TargetOriginId", id="no target"),
        pytest.param((), {"TargetOriginId": "p"}, "there is no origin or origin group p", id="an unknown target"),
        pytest.param((), {"ViewerProtocolPolicy": "https"}, 'ViewerProtocolPolicy is "https"', id="a protocol policy"),
        pytest.param(("PathPattern",), {}, "CacheBehavior needs PathPattern", id="no pattern"),
        pytest.param((), {"PathPattern": "/a b"}, "/a b is not a path pattern", id="a character of a pattern"),
        pytest.param((), {"PathPattern": "a" * 256}, "256 characters of a path pattern", id="a pattern that is too long"),
        pytest.param((), {"AllowedMethods": ["GET"]}, "AllowedMethods is GET", id="methods that are not a legal set"),
        pytest.param((), {"AllowedMethods": ["GET", "HEAD", "POST"]}, "AllowedMethods is", id="another set"),
        pytest.param((), {"CachedMethods": ["GET", "HEAD", "OPTIONS"]}, "CachedMethods has OPTIONS", id="cached, not allowed"),
        pytest.param(("CachePolicyId",), {}, "a behavior needs CachePolicyId", id="neither policy nor legacy settings"),
        pytest.param((), {"ForwardedValues": LEGACY}, "ForwardedValues and CachePolicyId exclude", id="both"),
        pytest.param((), {"DefaultTTL": 5}, "DefaultTTL and CachePolicyId exclude", id="a TTL beside a policy"),
        pytest.param(
            ("CachePolicyId",),
            {"ForwardedValues": LEGACY, "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"},
            "OriginRequestPolicyId needs CachePolicyId",
            id="an origin request policy without cache policy",
        ),
        pytest.param((), {"CachePolicyId": "x"}, "there is no policy x", id="an unknown policy"),
        pytest.param((), {"ResponseHeadersPolicyId": "x"}, "there is no policy x", id="an unknown response headers policy"),
    ],
)
def test_what_cloudfront_refuses(without, properties, message):
    with pytest.raises(ConfigError, match=message):
        read(without=without, **properties)


def test_a_policy_of_an_account_is_to_be_fetched():
    with pytest.raises(ConfigError) as caught:
        read(CachePolicyId="0a1b2c3d-1111-4222-8333-444455556666")
    assert "edgeproxy pull fetches those of an account" in caught.value.problems[0].hint
