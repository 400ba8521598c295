import pytest

from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.not_honoured import TABLE, instead, is_set
from edgeproxy.errors import ConfigError, Problem
from edgeproxy.fidelity import BY_ID


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("false", False, id="false"),
        pytest.param(False, False, id="false from JSON"),
        pytest.param("", False, id="the API's empty text"),
        pytest.param(None, False, id="null"),
        pytest.param("arn:…", True, id="a text"),
        pytest.param("http1.1", False, id="the only HTTP version that there is here"),
        pytest.param("http2", True, id="an HTTP version that is not spoken"),
        pytest.param([], False, id="an empty list"),
        pytest.param(["self"], True, id="a list"),
        pytest.param({"Enabled": False, "Quantity": 0}, False, id="signers that are not enabled"),
        pytest.param({"Enabled": True, "Quantity": 1, "Items": ["a"]}, True, id="signers"),
        pytest.param({"Quantity": 0}, False, id="a counted list of none"),
        pytest.param({"RestrictionType": "none"}, False, id="no geo restriction"),
        pytest.param({"RestrictionType": "none", "Quantity": 0}, False, id="no geo restriction in the API's words"),
        pytest.param({"RestrictionType": "blacklist", "Locations": ["DE"]}, True, id="a geo restriction"),
        pytest.param({"Bucket": "logs.s3.amazonaws.com"}, True, id="CloudFormation's logging"),
        pytest.param({"Enabled": False, "Bucket": ""}, False, id="the API's logging that is off"),
        pytest.param({"Mode": "required"}, True, id="client certificates"),
    ],
)
def test_whether_a_property_asks_for_anything(value, expected):
    assert is_set(plain(value), lambda node: node) is expected


def test_the_table_has_the_words_of_the_fidelity_table():
    assert TABLE["DistributionConfig"]["WebACLId"] == BY_ID["waf"].here
    assert TABLE["CacheBehavior"]["GrpcConfig"] == TABLE["DefaultCacheBehavior"]["GrpcConfig"] == BY_ID["grpc"].here
    assert instead("OriginGroup.SelectionCriteria") == BY_ID["media-quality"].here


def test_what_counts_only_beside_something_else_is_not_reported_by_itself():
    assert "OriginGroup" not in TABLE
    assert "OriginAccessControlId" not in TABLE["Origin"]


def test_what_cannot_be_resolved_counts_as_set():
    def refuse(node: Node) -> Node | None:
        raise ConfigError(Problem("x"))

    assert is_set(plain("x"), refuse)
