from pathlib import Path

import pytest

from edgeproxy.config.dynamic_references import Stored
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
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /shop/host, AllowedValues: [/shop/host]}
  StoredList: {Type: "AWS::SSM::Parameter::Value<CommaDelimitedList>", Default: /shop/hosts}
  StoredToo: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /shop/hosts}
  StoredNowhere: {Type: "AWS::SSM::Parameter::Value<String>"}
  Name: {Type: "AWS::SSM::Parameter::Name", Default: /shop/host}
  Secret: {Type: String, NoEcho: true, AllowedValues: [a]}
""",
    Path("t.yaml"),
)


def value(name: str, **given: str):
    parameters = Parameters(TEMPLATE, given)
    parameters.stored = Stored({"ssm:/shop/hosts": "a.test, b.test"})
    found = parameters.value(name, Node(None)).value
    return [each.value for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        pytest.param("Stage", {}, "dev", id="the default"),
        pytest.param("Stage", {"Stage": "prod"}, "prod", id="a given value wins"),
        pytest.param("Port", {}, "3000", id="a number is text"),
        pytest.param("Names", {}, ["a", "b"], id="a comma delimited list"),
        pytest.param("StoredList", {}, ["a.test", "b.test"], id="a list in SSM, by the name that is the default"),
        pytest.param("StoredToo", {}, ["a.test", "b.test"], id="the same in its other spelling"),
        pytest.param("Stored", {"Stored": "api.test"}, "api.test", id="what is given for one in SSM is its value"),
        pytest.param("Name", {}, "/shop/host", id="the name of one in SSM is meant itself"),
        pytest.param("AWS::Region", {}, "us-east-1", id="a pseudo parameter"),
        pytest.param("AWS::Region", {"AWS::Region": "eu-west-1"}, "eu-west-1", id="a pseudo parameter that is given"),
        pytest.param("AWS::NotificationARNs", {}, [], id="the pseudo parameter that is a list"),
    ],
)
def test_values(name, given, expected):
    assert value(name, **given) == expected


CONSTRAINTS = [
    pytest.param("{Type: Number}", "abc", "a number", id="no number"),
    pytest.param("{Type: Number}", "-1.5e3", "", id="a number"),
    pytest.param("{Type: Number, MinValue: 1}", "0", "at least 1", id="too small a number"),
    pytest.param("{Type: Number, MaxValue: '10'}", "10.5", "at most 10", id="too large a number"),
    pytest.param("{Type: Number, MinValue: 1, MaxValue: 10}", "10", "", id="a number that may just be"),
    pytest.param("{Type: List<Number>, MinValue: 1}", "2, 0", "at least 1", id="one of some numbers"),
    pytest.param("{Type: List<Number>}", "1,x", "numbers, with commas between them", id="a list with a word"),
    pytest.param("{Type: String, MinLength: 2}", "a", "at least 2 characters", id="too short a text"),
    pytest.param("{Type: String, MaxLength: 2}", "abc", "at most 2 characters", id="too long a text"),
    pytest.param(
        "{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a, c", "a, b", id="a list with a value that is not allowed"
    ),
    pytest.param("{Type: CommaDelimitedList, AllowedValues: [a, b]}", "b, a", "", id="a list of values that are"),
    pytest.param("{Type: String, MinLength: x}", "a", "", id="a limit that is none"),
]


@pytest.mark.parametrize(("declared", "given", "allowed"), CONSTRAINTS)
def test_a_value_is_as_its_declaration_wants_it(declared, given, allowed):
    parameters = Parameters(read_yaml(f"Parameters:\n  P: {declared}\n", Path("t.yaml")), {"P": given})
    try:
        parameters.value("P", Node(None))
    except ConfigError as error:
        (problem,) = error.problems
        assert (problem.message, problem.hint) == (f'parameter P is "{given}"', f"allowed: {allowed}")
    else:
        assert allowed == ""


@pytest.mark.parametrize(
    ("name", "given", "message", "hint"),
    [
        pytest.param("Needed", {}, "parameter Needed has no value", "--param Needed=VALUE", id="neither given nor default"),
        pytest.param("Needed", {}, "has no value", "parameters: {Needed: VALUE}", id="the settings' line"),
        pytest.param("Stored", {}, "the name of one in SSM, /shop/host", 'resolve: {"ssm:/shop/host": VALUE}', id="in SSM"),
        pytest.param("Stored", {}, "parameter Stored has no value", "--param Stored=VALUE", id="in SSM, for the command line"),
        pytest.param("StoredNowhere", {}, "has no value", "parameters: {StoredNowhere: VALUE}", id="in SSM, without a name"),
        pytest.param("Secret", {"Secret": "hunter2"}, "parameter Secret has a value that is not allowed", "a", id="NoEcho"),
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
    check_names(["Stge", "Stage"], [Parameters(TEMPLATE, {})], {}, problems)
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


def test_what_the_stack_around_a_nested_one_hands_down_comes_before_all_else():
    found = Parameters(TEMPLATE, {"Needed": "mine"})
    found.handed = {"Needed": lambda: "theirs", "Stage": lambda: "prod"}
    assert found.value("Needed", Node(None)).value == "theirs"
    assert found.value("Stage", Node(None)).value == "prod"


def test_one_whose_problem_is_noted_is_not_asked_for_again():
    with pytest.raises(ConfigError) as caught:
        Parameters(TEMPLATE, {"Needed": None}).value("Needed", Node(None))
    assert caught.value.problems == ()


def test_what_the_stack_around_hands_down_for_one_in_ssm_is_its_name():
    found = Parameters(TEMPLATE, {"Stored": "mine"})
    found.stored = Stored({"ssm:/their/host": "theirs.test"})
    found.handed = {"Stored": lambda: "/their/host"}
    assert found.value("Stored", Node(None)).value == "theirs.test"
