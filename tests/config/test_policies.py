import pytest

from edgeproxy.config.nodes import plain
from edgeproxy.config.policies import cache_policy, forwarded_values, origin_request_policy
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import CachePolicy, ForwardedValues, Selection
from edgeproxy.rules.viewer_headers import ONLY_FORWARDED, TABLE

NONE = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def policy(ttls: dict, **key: object) -> dict:
    inner = {"EnableAcceptEncodingGzip": False, **NONE, **key}
    return {"Name": "P", "MinTTL": 0, **ttls, "ParametersInCacheKeyAndForwardedToOrigin": inner}


def read(kind: str, reader, value: dict):
    section = Section(kind, plain(value), Reading(Problems()))
    found = reader(section)
    section.reading.problems.raise_any()
    return found


def test_a_cache_policy_in_cloudformations_spelling():
    value = policy(
        {"MinTTL": 1, "DefaultTTL": "60", "MaxTTL": 3600.5},
        EnableAcceptEncodingGzip="true",
        EnableAcceptEncodingBrotli=True,
        HeadersConfig={"HeaderBehavior": "whitelist", "Headers": ["X-A", "X-B"]},
        CookiesConfig={"CookieBehavior": "allExcept", "Cookies": ["c"]},
        QueryStringsConfig={"QueryStringBehavior": "all"},
    )
    assert read("CachePolicyConfig", cache_policy, value) == CachePolicy(
        name="P",
        min_ttl=1,
        default_ttl=60,
        max_ttl=3600.5,
        headers=Selection("whitelist", ("X-A", "X-B")),
        cookies=Selection("allExcept", ("c",)),
        query_strings=Selection("all"),
        gzip=True,
        brotli=True,
    )


def test_a_cache_policy_in_the_apis_spelling():
    value = policy({}, HeadersConfig={"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["X-A"]}})
    assert read("CachePolicyConfig", cache_policy, value).headers == Selection("whitelist", ("X-A",))


@pytest.mark.parametrize(
    ("ttls", "expected"),
    [
        pytest.param({}, (0, 86400, 31536000), id="AWS's defaults"),
        pytest.param({"MinTTL": 100000}, (100000, 100000, 31536000), id="the default is not below the minimum"),
        pytest.param({"MaxTTL": 60}, (0, 60, 60), id="nor above a maximum that is given"),
        pytest.param({"MinTTL": 40000000}, (40000000, 40000000, 40000000), id="nor is the maximum"),
    ],
)
def test_default_ttls(ttls, expected):
    found = read("CachePolicyConfig", cache_policy, policy(ttls))
    assert (found.min_ttl, found.default_ttl, found.max_ttl) == expected


def header(name: str) -> dict:
    return policy({}, HeadersConfig={"HeaderBehavior": "whitelist", "Headers": [name]})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(policy({"MinTTL": 10, "MaxTTL": 5, "DefaultTTL": 10}), "MinTTL <= DefaultTTL", id="TTLs out of order"),
        pytest.param(header("Cookie"), "Cookie cannot be in a cache key", id="a header that has a setting of its own"),
        pytest.param(header("x-edge-Location"), "x-edge-Location cannot be", id="a header of CloudFront's own"),
        pytest.param(
            header("CloudFront-Viewer-Address"), "CloudFront-Viewer-Address cannot", id="a header for forwarding only"
        ),
        pytest.param(header("cloudfront-viewer-cert-pem"), "cloudfront-viewer-cert-pem cannot", id="a viewer's certificate"),
        pytest.param(header("CloudFront-Viewer-Contry"), "CloudFront has no header CloudFront-Viewer-Contry", id="a slip"),
        pytest.param(
            policy({}, HeadersConfig={"HeaderBehavior": "allViewer"}), 'HeaderBehavior is "allViewer"', id="all headers"
        ),
        pytest.param(
            policy({}, HeadersConfig={"HeaderBehavior": "whitelist"}), "whitelist needs Headers", id="a whitelist of nothing"
        ),
        pytest.param(
            policy({}, CookiesConfig={"CookieBehavior": "whitelist", "Cookies": [str(n) for n in range(11)]}),
            "11 cookies of a cache policy",
            id="more cookies than the quota",
        ),
        pytest.param({"Name": "P"}, "needs MinTTL", id="no MinTTL"),
    ],
)
def test_what_cloudfront_refuses_in_a_cache_policy(value, message):
    with pytest.raises(ConfigError, match=message):
        read("CachePolicyConfig", cache_policy, value)


@pytest.mark.parametrize("behavior", ["none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept"])
def test_an_origin_request_policy_has_five_header_behaviors(behavior):
    value = {"Name": "O", **NONE, "HeadersConfig": {"HeaderBehavior": behavior, "Headers": ["Host"]}}
    names = ("Host",) if behavior not in ("none", "allViewer") else ()
    assert read("OriginRequestPolicyConfig", origin_request_policy, value).headers == Selection(behavior, names)


@pytest.mark.parametrize("behavior", ["whitelist", "allViewerAndWhitelistCloudFront", "allExcept"])
def test_a_slip_in_an_origin_request_policy(behavior):
    headers = {"HeaderBehavior": behavior, "Headers": ["CloudFront-Viewer-Address", "CloudFront-Is-Mobil-Viewer"]}
    with pytest.raises(ConfigError, match="CloudFront has no header CloudFront-Is-Mobil-Viewer") as caught:
        read("OriginRequestPolicyConfig", origin_request_policy, {"Name": "O", **NONE, "HeadersConfig": headers})
    assert [problem.hint for problem in caught.value.problems] == ["did you mean CloudFront-Is-Mobile-Viewer?"]


@pytest.mark.parametrize("name", [header.name for header in TABLE])
def test_every_header_of_cloudfronts_own_may_be_forwarded_and_most_may_be_in_a_key(name):
    headers = {"HeaderBehavior": "whitelist", "Headers": [name.lower()]}
    value = {"Name": "O", **NONE, "HeadersConfig": headers}
    assert read("OriginRequestPolicyConfig", origin_request_policy, value).headers.names == (name.lower(),)
    if name.lower() not in ONLY_FORWARDED:
        assert read("CachePolicyConfig", cache_policy, header(name)).headers.names == (name,)


def test_forwarded_values_in_both_spellings():
    cloudformation = {
        "ForwardedValues": {
            "QueryString": True,
            "QueryStringCacheKeys": ["q"],
            "Headers": ["Host"],
            "Cookies": {"Forward": "whitelist", "WhitelistedNames": ["s*"]},
        },
        "MinTTL": 5,
    }
    api = {
        "ForwardedValues": {
            "QueryString": True,
            "QueryStringCacheKeys": {"Quantity": 1, "Items": ["q"]},
            "Headers": {"Quantity": 1, "Items": ["Host"]},
            "Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["s*"]}},
        },
        "MinTTL": 5,
        "DefaultTTL": 86400,
        "MaxTTL": 31536000,
    }
    expected = ForwardedValues(True, ("q",), Selection("whitelist", ("s*",)), ("Host",), 5, 86400, 31536000)
    assert read("CacheBehavior", forwarded_values, cloudformation) == expected
    assert read("CacheBehavior", forwarded_values, api) == expected


def test_all_headers_need_a_minimum_ttl_of_0():
    value = {"ForwardedValues": {"QueryString": False, "Headers": ["*"]}, "MinTTL": 1}
    with pytest.raises(ConfigError, match="MinTTL must be 0"):
        read("CacheBehavior", forwarded_values, value)


def legacy(cookies=(), keys=(), headers=()):
    forwarded = {
        "Headers": list(headers),
        "QueryString": True,
        "QueryStringCacheKeys": list(keys),
        "Cookies": {"Forward": "whitelist", "WhitelistedNames": list(cookies)},
    }
    return {"ForwardedValues": forwarded, "MinTTL": 0}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(legacy(headers=["TE"]), "TE cannot be in a cache key", id="a header that is never in the key"),
        pytest.param(legacy(headers=["X-Edge-A"]), "X-Edge-A cannot be in a cache key", id="a header of CloudFront's own"),
        pytest.param(legacy(headers=["CloudFront-Viewer-TLS"]), "cannot be in a cache key", id="a header for policies only"),
        pytest.param(legacy(headers=["CloudFront-Viewer-Country2"]), "CloudFront has no header", id="a slip"),
        pytest.param(legacy(cookies=map(str, range(11))), "11 cookies of ForwardedValues", id="more cookies than the quota"),
        pytest.param(
            legacy(cookies=["a" * 255, "b" * 256]), "513 characters .* of all cookies", id="cookie names of 511 characters"
        ),
        pytest.param(legacy(keys=map(str, range(11))), "11 query strings of ForwardedValues", id="more query strings"),
        pytest.param(legacy(keys=["a" * 129]), "129 characters of a query string", id="a query string of 129 characters"),
        pytest.param(
            legacy(keys=[letter * 103 for letter in "abcde"]), "515 characters of all query strings", id="515 characters in all"
        ),
    ],
)
def test_what_cloudfront_refuses_in_forwarded_values(value, message):
    with pytest.raises(ConfigError, match=message):
        read("CacheBehavior", forwarded_values, value)


def test_as_much_as_forwarded_values_may_have():
    value = legacy(cookies=["a" * 255, "b" * 255], keys=[letter * 128 for letter in "abcd"])
    assert len(read("CacheBehavior", forwarded_values, value).query_string_cache_keys) == 4
