import pytest
from kit_terraform import block, refers

from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.terraform_references import Configuration
from edgeproxy.config.terraform_shapes import Block, Link, Shape
from edgeproxy.config.terraform_translation import Translation, is_set
from edgeproxy.config.terraform_values import Found
from edgeproxy.errors import ConfigError

POLICY = Found("aws_cloudfront_cache_policy.p", "", "aws_cloudfront_cache_policy", "p", "", False, plain({}))
SHAPE = Shape({
    "name": "Name",
    "count": "Count",
    "policy_id": Link("PolicyId", "aws_cloudfront_cache_policy", "id"),
    "groups": Link("TrustedKeyGroups", "aws_cloudfront_cache_policy", "id"),
    "one": Block("One", Shape({"a": "A"}, {"B": 7}, ignored=frozenset({"computed"}))),
    "many": Block("Many", Shape({"a": "A"}), many=True),
}, {"Size": 1}, zero=frozenset({"count"}))  # fmt: skip


def translate(values, unknown=None, expressions=None, others=(POLICY,), forgiven=""):
    found = Found("t.x", "", "t", "x", "", False, plain(values), None if unknown is None else plain(unknown))
    document = plain({"configuration": {"root_module": {"resources": [block("t.x", expressions or {})]}}})
    reading, met = Reading(Problems()), {}
    translation = Translation(found, Configuration(document, others), others, reading, met.__setitem__)
    properties = translation.properties(SHAPE, forgiven)
    reading.problems.raise_any()
    return _bare(properties), [each.property for each in reading.not_honoured], met


def _bare(node):
    if isinstance(node.value, dict):
        return {name: _bare(child) for name, child in node.value.items()}
    return [_bare(child) for child in node.value] if isinstance(node.value, list) else node.value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"name": "n", "count": 3}, {"Name": "n", "Count": 3}, id="attributes"),
        pytest.param({"name": "", "one": [], "many": None, "groups": []}, {}, id="what the provider prints for nothing"),
        pytest.param({"count": 0}, {}, id="a zero that says nothing"),
        pytest.param({"one": [{"a": 0}]}, {"One": {"A": 0, "B": 7}}, id="a block is a list of one; a zero that says something"),
        pytest.param({"one": {"a": 1}}, {"One": {"A": 1, "B": 7}}, id="a block as newer parts of the provider print it"),
        pytest.param({"one": [None]}, {}, id="a block that is null"),
        pytest.param({"many": [{"a": 1}, {"a": 2}]}, {"Many": [{"A": 1}, {"A": 2}]}, id="blocks"),
        pytest.param({"policy_id": "known"}, {"PolicyId": "known"}, id="an id that is known"),
        pytest.param({"tomorrow": 1}, {}, id="an attribute of the resource that is not in the table"),
    ],
)
def test_attributes_become_properties(values, expected):
    assert translate(values)[:2] == ({**expected, "Size": 1}, [])


def test_what_a_block_has_that_is_not_known_is_told_of():
    values = {"one": [{"a": 1, "computed": 1, "tomorrow": 1, "unset": ""}]}
    assert translate(values)[1] == ["t.tomorrow"]


def test_an_unknown_id_is_that_of_what_it_refers_to():
    properties, _, met = translate({}, {"policy_id": True}, {"policy_id": refers(f"{POLICY.address}.id")})
    (made_up,) = met
    assert properties["PolicyId"] == made_up
    assert met[made_up] is POLICY


def test_without_changes_what_is_missing_and_refers_to_something_is_unknown():
    assert "PolicyId" in translate({}, None, {"policy_id": refers(f"{POLICY.address}.id")})[0]
    assert "PolicyId" not in translate({}, None, {})[0]


def test_ids_in_a_list_known_and_unknown():
    expressions = {"groups": refers(f"{POLICY.address}.id")}
    found = translate({"groups": ["known", None]}, {"groups": [False, True]}, expressions)[0]
    assert found["TrustedKeyGroups"][0] == "known"
    assert len(found["TrustedKeyGroups"]) == 2


@pytest.mark.parametrize(
    ("values", "unknown", "expressions", "message"),
    [
        pytest.param({}, {"name": True}, {"name": refers("local.x")}, "name is known only after apply", id="a text"),
        pytest.param({}, {"many": True}, {}, "many is known only after apply", id="blocks"),
        pytest.param({}, {"groups": True}, {"groups": refers("var.x")}, "groups is known only after apply", id="a list"),
        pytest.param({"one": 1}, None, None, "one must be a list of blocks", id="a number where a block is"),
        pytest.param({"many": [[]]}, None, None, "many must be a list of blocks", id="a list where a block is"),
    ],
)
def test_what_cannot_be_translated(values, unknown, expressions, message):
    with pytest.raises(ConfigError, match=message):
        translate(values, unknown, expressions, others=())


def test_what_may_be_unknown():
    assert translate({}, {"name": True}, {"name": refers("local.x")}, forgiven="name")[0] == {"Size": 1}


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("", False), ([], False), ({}, False), (0, True), (False, True)]
)
def test_what_is_set(value, expected):
    assert is_set(plain(value)) is expected
