import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.config.json_nodes import read_json
from edgeproxy.config.nodes import MAX_DEPTH, Node
from edgeproxy.errors import ConfigError

HERE = Path("t.json")


def bare(node: Node):
    if isinstance(node.value, dict):
        return {key: bare(child) for key, child in node.value.items()}
    return [bare(child) for child in node.value] if isinstance(node.value, list) else node.value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.sampled_from([None, 2]),
)
def test_it_reads_what_json_writes(value, indent):
    assert bare(read_json(json.dumps(value, indent=indent), HERE)) == value


def test_every_value_and_key_knows_its_place():
    root = read_json('{\n  "a": [\n    "x", {"b": 1}\n  ]\n}\n', HERE)
    assert root.keys == {"a": (2, 3)}
    inner = root.value["a"].value[1]
    assert (inner.line, inner.column, inner.value["b"].column) == (3, 10, 16)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        pytest.param("", "Expecting value", (1, 1), id="nothing"),
        pytest.param('{"a": 1,}', "a key in double quotes is missing", (1, 9), id="a comma too many in an object"),
        pytest.param("[1,]", "Expecting value", (1, 4), id="a comma too many in an array"),
        pytest.param('{"a" 1}', "a colon is missing", (1, 6), id="no colon"),
        pytest.param('{"a": 1\n"b": 2}', "a comma or } is missing", (2, 1), id="no comma"),
        pytest.param("[1 2]", "a comma or ] is missing", (1, 4), id="no comma in an array"),
        pytest.param('{"a": 1, "a": 2}', "a stands here twice (first in line 1)", (1, 10), id="a key twice"),
        pytest.param("[NaN]", "NaN is not JSON", (1, 2), id="NaN"),
        pytest.param('{"a": "x}', "Unterminated string", (1, 7), id="an open string"),
        pytest.param("{} x", "something follows", (1, 4), id="something after the end"),
        pytest.param("[" * (MAX_DEPTH + 2), "nested deeper", (1, MAX_DEPTH + 2), id="too deep"),
        pytest.param("1" * 5000, "not JSON", (1, 1), id="a number without end"),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_its_place(text, message, place):
    with pytest.raises(ConfigError) as caught:
        read_json(text, HERE)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.line, problem.column) == place
