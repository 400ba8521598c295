from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.config.nodes import MAX_DEPTH, MAX_VALUES, Node
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

HERE = Path("t.yaml")


def bare(node: Node):
    if isinstance(node.value, dict):
        return {key: bare(child) for key, child in node.value.items()}
    return [bare(child) for child in node.value] if isinstance(node.value, list) else node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("2012-10-17", "2012-10-17", id="a date is text"),
        pytest.param("12:30:45", "12:30:45", id="a sexagesimal is text"),
        pytest.param("on", "on", id="on is text"),
        pytest.param("NO", "NO", id="NO is text"),
        pytest.param("012345678901", "012345678901", id="an account id keeps its zero"),
        pytest.param("1.10", "1.10", id="a number keeps its text"),
        pytest.param("~", None, id="a tilde is null"),
        pytest.param("", None, id="nothing is null"),
        pytest.param("'null'", "null", id="a quoted null is text"),
        pytest.param("!!str null", "null", id="a null tagged as text is text"),
    ],
)
def test_scalars_keep_their_text(text, value):
    assert read_yaml(f"a: {text}", HERE).value["a"].value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("!Ref A", {"Ref": "A"}, id="Ref"),
        pytest.param("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}, id="GetAtt divides at the first dot"),
        pytest.param("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}, id="GetAtt of a list"),
        pytest.param("!Sub '${A}'", {"Fn::Sub": "${A}"}, id="Sub"),
        pytest.param("!Condition C", {"Condition": "C"}, id="Condition has no prefix"),
        pytest.param(
            "!Join ['-', [!Ref A, !Select [0, !Split [',', x]]]]",
            {"Fn::Join": ["-", [{"Ref": "A"}, {"Fn::Select": ["0", {"Fn::Split": [",", "x"]}]}]]},
            id="nested",
        ),
    ],
)
def test_short_tags_become_their_long_forms(text, value):
    assert bare(read_yaml(f"a: {text}", HERE).value["a"]) == value


def test_every_value_and_key_knows_its_place():
    root = read_yaml("a:\n  - x\n  - b: !Sub |\n      line\n", HERE)
    second = root.value["a"].value[1]
    assert (second.keys, second.line, second.column) == ({"b": (3, 5)}, 3, 5)
    text = second.value["b"].value["Fn::Sub"]
    assert (text.line, text.block, text.value) == (3, True, "line\n")


def test_an_alias_is_the_same_value():
    assert bare(read_yaml("a: &x [1, 2]\nb: *x\n", HERE)) == {"a": ["1", "2"], "b": ["1", "2"]}


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
CHAIN = f"a0: &a0 {'[' * 90}x{']' * 90}\na1: {'[' * 90}*a0{']' * 90}\n"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        pytest.param("x: 1\na: b: c", "not YAML: mapping values", 2, id="not YAML"),
        pytest.param("x:\n\ta: 1", "not YAML: a tab: lines are indented by spaces", 2, id="a tab"),
        pytest.param("a: 1\nb: 2\na: 3", "a stands here twice (first in line 1)", 3, id="a key twice"),
        pytest.param("a: !Reff x", "!Reff is not an intrinsic function", 1, id="an unknown tag"),
        pytest.param("a: *b", "b", 1, id="an alias without anchor"),
        pytest.param("a: &a [*a]", "*a refers to nothing that is complete here", 1, id="an alias inside its own anchor"),
        pytest.param("[a]: b", "a key must be text", 1, id="a list as key"),
        pytest.param("a: 1\n---\nb: 2", "a second YAML document", 2, id="two documents"),
        pytest.param("[" * (MAX_DEPTH + 1), "nested deeper", 1, id="too deep"),
        pytest.param(CHAIN, "nested deeper", 1, id="too deep through an alias"),
        pytest.param(BOMB, f"more than {MAX_VALUES} values", 5, id="a billion laughs"),
        pytest.param("a: \x00", "not YAML", 0, id="a NUL character"),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_its_line(text, message, line):
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, HERE)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.path, problem.line) == (HERE, line)


@given(
    st.recursive(
        st.text(st.characters(codec="ascii", exclude_categories=["C"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
        max_leaves=20,
    )
)
def test_what_pyyaml_writes_is_read_back(value):
    text = yaml.safe_dump({"root": value}, default_style='"')
    assert bare(read_yaml(text, HERE)) == {"root": value}
