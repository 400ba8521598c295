from pathlib import Path

import pytest

from edgeproxy.config.dynamic_references import Stored, names, spelled
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

ARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop-a1b2c3"
SSM_ARN = "arn:aws:ssm:us-east-1:111122223333:parameter/shop"


def node(text):
    return Node(text, Path("t.yaml"), 7, 9)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("ssm:/shop/host", ["ssm:/shop/host"], id="a parameter"),
        pytest.param("ssm:/shop/host:3", ["ssm:/shop/host:3", "ssm:/shop/host"], id="with a version"),
        pytest.param("ssm-secure:key:12", ["ssm-secure:key:12", "ssm-secure:key"], id="a secure one"),
        pytest.param(f"ssm:{SSM_ARN}:3", [f"ssm:{SSM_ARN}:3", f"ssm:{SSM_ARN}"], id="a parameter's ARN"),
        pytest.param(
            "secretsmanager:shop/origin:SecretString:key",
            ["secretsmanager:shop/origin:SecretString:key"],
            id="a key of a secret",
        ),
        pytest.param(
            "secretsmanager:shop:SecretString:key:AWSCURRENT:",
            ["secretsmanager:shop:SecretString:key:AWSCURRENT", "secretsmanager:shop:SecretString:key"],
            id="a stage",
        ),
        pytest.param(
            "secretsmanager:shop:SecretString:key::EXAMPLE1-90ab",
            ["secretsmanager:shop:SecretString:key::EXAMPLE1-90ab", "secretsmanager:shop:SecretString:key"],
            id="a version of a secret",
        ),
        pytest.param(
            "secretsmanager:shop:SecretString:key::", ["secretsmanager:shop:SecretString:key"], id="as the CDK writes it"
        ),
        pytest.param(
            "secretsmanager:shop:SecretString:::",
            ["secretsmanager:shop:SecretString", "secretsmanager:shop"],
            id="the whole secret, as the CDK writes it",
        ),
        pytest.param("secretsmanager:shop", ["secretsmanager:shop", "secretsmanager:shop:SecretString"], id="the whole secret"),
        pytest.param(f"secretsmanager:{ARN}:SecretString:k", [f"secretsmanager:{ARN}:SecretString:k"], id="a secret's ARN"),
        pytest.param("vault:/x", [], id="another service"),
        pytest.param("ssm:", [], id="no name"),
        pytest.param("secretsmanager:a:SecretBinary:k", [], id="not the string"),
    ],
)
def test_the_names_of_a_reference(reference, expected):
    found = names(reference)
    assert found[:1] == expected[:1]
    assert set(found) == set(expected)


@pytest.mark.parametrize(
    "key", ["ssm:/shop/host", "{{resolve:ssm:/shop/host}}", " {{resolve:ssm:/shop/host}} ", "ssm:/shop/host:"]
)
def test_a_name_may_be_copied_with_its_braces(key):
    assert spelled(key) == "ssm:/shop/host"


GIVEN = {"ssm:/a": "A", "ssm:/a:2": "A2", "secretsmanager:s:SecretString:k": "S", "secretsmanager:w": "{{resolve:ssm:/a}}"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("x", "x", id="no reference"),
        pytest.param("{{resolve:ssm:/a}}", "A", id="the whole text"),
        pytest.param("https://{{resolve:ssm:/a:1}}/{{resolve:secretsmanager:s:SecretString:k::}}", "https://A/S", id="several"),
        pytest.param("{{resolve:ssm:/a:2}}", "A2", id="a version that is given wins"),
        pytest.param("{{resolve:secretsmanager:w:SecretString}}", "{{resolve:ssm:/a}}", id="a value is not read again"),
        pytest.param("{{other:ssm:/a}} {{ resolve:ssm:/a }}", "{{other:ssm:/a}} {{ resolve:ssm:/a }}", id="other braces"),
    ],
)
def test_references_are_replaced(text, value):
    assert Stored(GIVEN).filled(node(text)).value == value


def test_each_one_without_a_value_is_named_without_its_version():
    with pytest.raises(ConfigError) as caught:
        Stored(GIVEN).filled(node("{{resolve:ssm:/b:3}}{{resolve:ssm:/a}}{{resolve:secretsmanager:t:SecretString:k::}}"))
    assert [(problem.message, problem.hint.splitlines()[0], problem.line) for problem in caught.value.problems] == [
        ("{{resolve:ssm:/b}}: no value is given for it", 'add to edgeproxy.yaml:  resolve: {"ssm:/b": VALUE}', 7),
        (
            "{{resolve:secretsmanager:t:SecretString:k}}: no value is given for it",
            'add to edgeproxy.yaml:  resolve: {"secretsmanager:t:SecretString:k": VALUE}',
            7,
        ),
    ]


def test_a_name_that_is_near_is_told_but_none_that_is_only_supposed():
    with pytest.raises(ConfigError) as caught:
        Stored({"ssm:/shop/host": "x"}).value("ssm:/shop/hots", node(""))
    assert "did you mean ssm:/shop/host?" in caught.value.problems[0].hint
    with pytest.raises(ConfigError) as caught:
        Stored({"ssm:/shop/host": "x"}, supposed={"ssm:/shop/host"}).value("ssm:/shop/hots", node(""))
    assert "did you" not in caught.value.problems[0].hint


def test_what_is_no_reference_is_a_problem_with_the_forms():
    with pytest.raises(ConfigError, match="is no dynamic reference") as caught:
        Stored({}).filled(node("{{resolve:vault:/x}}"))
    assert "secretsmanager:SECRET" in caught.value.problems[0].hint


def test_a_value_whose_problem_is_noted_is_not_asked_for_again():
    with pytest.raises(ConfigError) as caught:
        Stored({"ssm:/a": None}).filled(node("{{resolve:ssm:/a}}"))
    assert caught.value.problems == ()


def test_what_another_stack_puts_into_ssm_is_its_value_but_the_users_wins():
    stacks = {"/a": "theirs", "/b": "theirs"}
    found = Stored(GIVEN, lambda name, node: stacks.get(name))
    assert [found.value(f"ssm:/{name}", node("")) for name in "ab"] == ["A", "theirs"]
    with pytest.raises(ConfigError):
        found.value("ssm-secure:/b", node(""))
