from pathlib import Path

import pytest

from edgeproxy.config.given_values import GivenValues, read
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.errors import Missing


def nodes(**texts):
    return {name: Node(text, Path("edgeproxy.yaml"), 1, 1) for name, text in texts.items()}


def given(parameters=None, imports=None, resolve=None, cli=None, supposed=frozenset()):
    problems = Problems()
    settings = nodes(**(parameters or {})), nodes(**(imports or {})), nodes(**(resolve or {}))
    found = read(settings, cli or {}, supposed, problems)
    return found, [problem.message for problem in (problems.error() or ValueError).problems] if problems else []


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("SET", "s")
    monkeypatch.delenv("GONE", raising=False)


def test_each_section_is_filled_from_the_environment():
    found, problems = given({"A": "${env:SET}"}, {"b": "x${env:SET}"}, {"ssm:/c": "${env:SET}y"})
    assert found == GivenValues({"A": "s"}, {"b": "xs"}, {"ssm:/c": "sy"})
    assert problems == []


def test_a_variable_that_is_missing_is_asked_for_once_and_leaves_no_value():
    found, problems = given({"A": "${env:GONE}", "B": "b"}, {"c": "${env:GONE}"}, {"ssm:/d": "-${env:GONE}"})
    assert found == GivenValues({"A": None, "B": "b"}, {"c": None}, {"ssm:/d": None})
    assert problems == ["the environment variable GONE is not set"]


def test_what_the_command_line_gives_needs_no_variable():
    found, problems = given({"A": "${env:GONE}"}, cli={"A": "${env:SET}"})
    assert (found.parameters, problems) == ({"A": "${env:SET}"}, [])


def test_what_is_supposed_stands_in_and_is_told_apart():
    supposed = {
        Missing("parameters", "A", '"ü"'),
        Missing("environment", "GONE", "VALUE"),
        Missing("resolve", "ssm:/x", "VALUE"),
    }
    found, problems = given({"B": "${env:GONE}"}, supposed=supposed)
    assert found == GivenValues({"A": '"ü"', "B": "VALUE"}, {}, {"ssm:/x": "VALUE"}, frozenset({"A", "GONE", "ssm:/x"}))
    assert problems == []
