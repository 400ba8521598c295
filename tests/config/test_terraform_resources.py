from pathlib import Path

import kit_terraform as tf
import pytest
from kit_terraform import behavior, distribution, origin, resource, state

from edgeproxy.config.code import LocalCode
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.terraform import _collect
from edgeproxy.config.terraform_resources import Resources
from edgeproxy.errors import ConfigError

SITE = "aws_cloudfront_distribution.site"


def resources(*entries):
    document, reading = plain(state(*entries)), Reading(Problems())
    found = list(_collect(document, reading.problems))
    made = Resources(document, found, LocalCode({}, Path()), reading, "")
    return made, {each.address: each for each in found}, reading


def config(**parts):
    made, found, reading = resources(resource(SITE, distribution(**parts)))
    return made.distribution(found[SITE], reading)


def test_an_origin_of_no_kind_is_a_bucket():
    (found,) = config(origin=[origin()]).value["Origins"].value
    assert found.value["S3OriginConfig"].value["OriginAccessIdentity"].value == ""


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({"default_ttl": 60}, [None, None, None], id="no TTL is sent beside a cache policy"),
        pytest.param({"cache_policy_id": "", "forwarded_values": [{"query_string": False}], "default_ttl": None, "max_ttl": 5},
                     [0, 0, 5], id="0 is sent for one that is not given"),
    ],
)  # fmt: skip
def test_the_ttls_of_a_behavior(parts, expected):
    found = config(default_cache_behavior=[behavior(**parts)]).value["DefaultCacheBehavior"].value
    values = [found.get(name) for name in ("MinTTL", "DefaultTTL", "MaxTTL")]
    assert [None if each is None else each.value for each in values] == expected


def test_names_of_what_origins_are_taken_from():
    made, _, _ = resources(
        resource("aws_s3_bucket.files", {"bucket": "b", "bucket_regional_domain_name": "b.s3.eu-west-1.amazonaws.com"}),
        resource("aws_apigatewayv2_api.api", {"api_endpoint": "https://x1.execute-api.eu-west-1.amazonaws.com"}),
        resource("aws_lb.app", {"dns_name": "app-1.elb.amazonaws.com"}),
    )
    names = ("b", "b.s3.eu-west-1.amazonaws.com", "x1.execute-api.eu-west-1.amazonaws.com", "app-1.elb.amazonaws.com", "other")
    found = [made.scope.references.source(name) for name in names]
    assert found == ["aws_s3_bucket.files", "aws_s3_bucket.files", "aws_apigatewayv2_api.api", "aws_lb.app", None]


def test_a_data_source_of_what_the_file_makes_is_not_read_twice():
    store = {"arn": "arn", "name": "pairs"}
    made, _, _ = resources(
        resource("data.aws_cloudfront_key_value_store.pairs", store), resource("aws_cloudfront_key_value_store.pairs", store)
    )
    assert list(made.scope.references.resources) == ["aws_cloudfront_key_value_store.pairs"]


def test_two_values_for_one_key_of_a_store():
    key = {"key": "a", "value": "1", "key_value_store_arn": "arn"}
    made, _, reading = resources(
        resource("aws_cloudfrontkeyvaluestore_key.one", key), resource("aws_cloudfrontkeyvaluestore_key.two", key)
    )
    made.read_pairs(LocalStores())
    with pytest.raises(ConfigError, match=r"aws_cloudfrontkeyvaluestore_key.two: the store has two values for a"):
        reading.problems.raise_any()


def test_a_reserved_concurrency_of_minus_one_is_none():
    association = {"event_type": "origin-request", "lambda_arn": f"arn:aws:lambda:us-east-1:{tf.ACCOUNT}:function:edge:1"}
    made, _, _ = resources(
        resource("aws_lambda_function.edge", tf.LAMBDA),
        resource(SITE, distribution(default_cache_behavior=[behavior(lambda_function_association=[association])])),
    )
    found = made.scope.references.resources["aws_lambda_function.edge"].properties.value
    assert "ReservedConcurrentExecutions" not in found
    assert found["FunctionName"].value == "edge"
