from pathlib import Path

import pytest

from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError


def section(text: str, kind: str = "Origin", resolve=None) -> Section:
    node = read_yaml(text, Path("t.yaml"))
    reading = Reading(Problems(), resolve) if resolve else Reading(Problems())
    return Section(kind, node, reading)


def messages(found: Section) -> list[str]:
    try:
        found.reading.problems.raise_any()
    except ConfigError as error:
        return [problem.message for problem in error.problems]
    return []


def refuse(node: Node) -> Node | None:
    """Resolves all but the text `bad`; `gone` is AWS::NoValue."""
    if node.value == "bad":
        raise ConfigError(node.problem("cannot be resolved"))
    return None if node.value == "gone" else node


def test_values_by_type():
    found = section("{Id: a, ConnectionAttempts: 2, OriginPath: 12}")
    assert (found.text("Id"), found.number("ConnectionAttempts"), found.text("OriginPath")) == ("a", 2, "12")
    assert (found.text("DomainName", "x"), found.number("ConnectionTimeout", 10)) == ("x", 10)
    assert not messages(found)


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        pytest.param("{Idd: a}", lambda s: None, "Origin has no property Idd", id="an unknown property"),
        pytest.param("[a]", lambda s: None, "Origin must be a mapping", id="not a mapping"),
        pytest.param("{}", lambda s: s.required("Id"), "Origin needs Id", id="a missing property"),
        pytest.param("{Id: ~}", lambda s: s.required("Id"), "Origin needs Id", id="a null property"),
        pytest.param("{Id: [a]}", lambda s: s.text("Id"), "Id must be text", id="a list where text is needed"),
        pytest.param("{ConnectionAttempts: 4}", lambda s: s.number("ConnectionAttempts"),
                     "ConnectionAttempts must be a number from 1 to 3", id="a number out of range"),
        pytest.param("{ConnectionAttempts: x}", lambda s: s.number("ConnectionAttempts"),
                     "ConnectionAttempts must be a number from 1 to 3", id="not a number"),
        pytest.param("{ConnectionAttempts: nan}", lambda s: s.number("ConnectionAttempts"),
                     "ConnectionAttempts must be a number from 1 to 3", id="not a number, in so many words"),
        pytest.param("{Id: yes}", lambda s: s.flag("Id"), 'Id is "yes"', id="neither true nor false"),
        pytest.param("{Id: c}", lambda s: s.choice("Id", ("a", "b")), 'Id is "c"', id="not one of the choices"),
        pytest.param("{Id: a}", lambda s: s.items("Id"), "Id must be a list", id="not a list"),
        pytest.param("{Id: {Quantity: 2, Items: [a]}}", lambda s: s.items("Id"),
                     "Id: Quantity is not the number of Items, 1 (InconsistentQuantities)", id="CloudFront's own count"),
        pytest.param("{Id: [[a]]}", lambda s: s.texts("Id"), "text is needed here, not a list", id="a list in a list of texts"),
    ],
)  # fmt: skip
def test_each_problem_is_noted_and_reading_goes_on(text, read, message):
    found = section(text)
    read(found)
    assert messages(found) == [message]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param("{Id: [a, b]}", ("a", "b"), id="CloudFormation's plain list"),
        pytest.param("{Id: {Quantity: 2, Items: [a, b]}}", ("a", "b"), id="the API's counted list"),
        pytest.param("{Id: {Quantity: 0}}", (), id="a counted list without items"),
        pytest.param("{Id: {Items: [a]}}", ("a",), id="items without count"),
        pytest.param("{Id: [a, gone, b]}", ("a", "b"), id="NoValue leaves an item out"),
        pytest.param("{}", (), id="no list"),
    ],
)
def test_lists_in_both_spellings(text, items):
    found = section(text, resolve=refuse)
    assert found.texts("Id") == items
    assert not messages(found)


def test_a_value_that_cannot_be_resolved_is_one_problem_and_not_a_missing_property():
    found = section("{Id: bad}", resolve=refuse)
    found.required("Id")
    assert found.choice("Id", ("a",)) == ""
    assert messages(found) == ["cannot be resolved"]


def test_no_value_is_as_if_the_property_were_not_there():
    found = section("{Id: gone}", resolve=refuse)
    assert not found.has("Id")


def test_an_unknown_property_points_at_its_key_and_suggests_one():
    found = section("Id: a\nDomanName: b\n")
    with pytest.raises(ConfigError) as caught:
        found.reading.problems.raise_any()
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.hint) == (2, 1, "did you mean DomainName?")


def test_a_property_that_is_not_honoured_is_reported_with_its_line():
    found = section("TargetOriginId: a\nSmoothStreaming: true\n", "CacheBehavior")
    (note,) = found.reading.not_honoured
    assert (note.property, note.path, note.line) == ("CacheBehavior.SmoothStreaming", Path("t.yaml"), 2)


def test_true_and_false_as_text():
    assert section("{Id: 'True'}").flag("Id")
    assert not section("{Id: false}").flag("Id", True)
    assert section("{}").flag("Id", True)
