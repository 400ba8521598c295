from pathlib import Path

import pytest

from edgeproxy.config.environment import filled, resolve
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("HOST", "api.test")
    monkeypatch.setenv("PORT", "3000")
    monkeypatch.setenv("LOOKS", "${env:HOST}")
    monkeypatch.setenv("EMPTY", "")
    for name in ("GONE", "GONE_TOO"):
        monkeypatch.delenv(name, raising=False)


def node(value):
    return Node(value, Path("edgeproxy.yaml"), 3, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("http://${env:HOST}:${env:PORT}/x", "http://api.test:3000/x", id="several in one text"),
        pytest.param("$${env:HOST}", "${env:HOST}", id="escaped"),
        pytest.param("$$${env:HOST}", "$${env:HOST}", id="escaped after a dollar sign"),
        pytest.param("${env:LOOKS}", "${env:HOST}", id="a value is not read again"),
        pytest.param("${HOST} $env:HOST ${ENV:HOST} {env:HOST}", "${HOST} $env:HOST ${ENV:HOST} {env:HOST}", id="no mention"),
        pytest.param(3000, "3000", id="a number"),
    ],
)
def test_a_mention_is_replaced(text, value):
    found = filled(node(text))
    assert (found.value, found.line, found.column) == (value, 3, 5)


@pytest.mark.parametrize("text", ["${env:GONE}", "${env:EMPTY} x"])
def test_a_variable_that_is_not_set_or_empty_is_named_with_the_way_to_set_it(text):
    name = text[6:].partition("}")[0]
    with pytest.raises(ConfigError) as caught:
        filled(node(text))
    (problem,) = caught.value.problems
    assert problem.message == f"the environment variable {name} is not set"
    assert (problem.hint, problem.line) == (f"set it:  export {name}=VALUE", 3)


def test_each_of_a_text_is_named():
    with pytest.raises(ConfigError) as caught:
        filled(node("${env:GONE}-${env:GONE_TOO}-${env:HOST}-${env:a-b}"))
    assert [problem.message for problem in caught.value.problems] == [
        "the environment variable GONE is not set",
        "the environment variable GONE_TOO is not set",
        "'a-b' is not the name of an environment variable",
    ]


def test_what_is_supposed_is_set_but_never_before_what_is():
    assert filled(node("${env:GONE} ${env:HOST}"), {"GONE", "HOST"}).value == "VALUE api.test"


def test_what_is_no_text_stays():
    value = node({"a": node("${env:HOST}")})
    assert resolve(value) is value
    assert resolve(node("${env:HOST}")).value == "api.test"
