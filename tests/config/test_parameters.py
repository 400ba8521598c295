from pathlib import Path

import pytest

from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import Parameters, as_text, check_names
from edgeproxy.config.problems import Problems
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

TEMPLATE = read_yaml(
    """
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Port: {Type: Number, Default: 3000}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Needed: {Type: String}
""",
    Path("t.yaml"),
)


def value(name: str, **given: str):
    found = Parameters(TEMPLATE, given).value(name, Node(None)).value
    return [each.value for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        pytest.param("Stage", {}, "dev", id="the default"),
        pytest.param("Stage", {"Stage": "prod"}, "prod", id="a given value wins"),
        pytest.param("Port", {}, "3000", id="a number is text"),
        pytest.param("Names", {}, ["a", "b"], id="a comma delimited list"),
        pytest.param("AWS::Region", {}, "us-east-1", id="a pseudo parameter"),
        pytest.param("AWS::Region", {"AWS::Region": "eu-west-1"}, "eu-west-1", id="a pseudo parameter that is given"),
        pytest.param("AWS::NotificationARNs", {}, [], id="the pseudo parameter that is a list"),
    ],
)
def test_values(name, given, expected):
    assert value(name, **given) == expected


@pytest.mark.parametrize(
    ("name", "given", "message", "hint"),
    [
        pytest.param(
            "Needed",
            {},
            "parameter Needed has no value",
            "--param Needed=VALUE, or in edgeproxy.yaml:  parameters: {Needed: VALUE}",
            id="neither given nor default",
        ),
        pytest.param("Stage", {"Stage": "test"}, 'parameter Stage is "test"', "dev, prod", id="not an allowed value"),
    ],
)
def test_problems_point_at_the_declaration(name, given, message, hint):
    with pytest.raises(ConfigError) as caught:
        value(name, **given)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.line > 0


def test_a_given_parameter_that_no_template_has_is_a_problem():
    problems = Problems()
    check_names({"Stge": "x", "Stage": "y"}, [Parameters(TEMPLATE, {})], {}, problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert [(p.message, p.hint) for p in caught.value.problems] == [("no template has a parameter Stge", "did you mean Stage?")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "true", id="true"),
        pytest.param(80, "80", id="a number"),
        pytest.param("x", "x", id="text"),
    ],
)
def test_scalars_as_text(value, text):
    assert as_text(Node(value)) == text


@pytest.mark.parametrize("value", [pytest.param(v, id=str(v)) for v in (None, [], {})])
def test_other_values_are_not_text(value):
    with pytest.raises(ConfigError, match="text is needed"):
        as_text(Node(value))


def test_what_the_stack_around_a_nested_one_gives_comes_after_the_users_and_before_the_default():
    found = Parameters(TEMPLATE, {"Needed": "mine"})
    found.handed = {"Needed": lambda: "theirs", "Stage": lambda: "prod"}
    assert found.value("Needed", Node(None)).value == "mine"
    assert found.value("Stage", Node(None)).value == "prod"
