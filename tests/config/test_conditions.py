from pathlib import Path

import pytest

from edgeproxy.config.conditions import Conditions
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

DECLARED = read_yaml(
    """
Yes: !Equals [a, a]
No: !Equals [a, b]
Not: !Not [!Condition Yes]
And: !And [!Condition Yes, !Condition No]
Or: !Or [!Condition Yes, !Condition No]
Nested: !Or [!And [!Condition Yes, !Not [!Condition No]], !Condition No]
Circle: !Not [!Condition Round]
Round: !Not [!Condition Circle]
OneAnd: !And [!Condition Yes]
Odd: !Join [a, b]
Empty: yes
Missing: !Not [!Condition Nowhere]
""",
    Path("t.yaml"),
)
HERE = Node(None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Yes", True), ("No", False), ("Not", False), ("And", False), ("Or", True), ("Nested", True)],
)
def test_values(name, value):
    assert Conditions(DECLARED, as_text).value(name, HERE) is value


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("Circle", "circular reference: Circle -> Round -> Circle", id="a circle"),
        pytest.param("OneAnd", "Fn::And takes a list of 2 to 10 values", id="too few values"),
        pytest.param("Odd", "Fn::Join is not a condition", id="another function"),
        pytest.param("Empty", "a condition is needed here", id="not a function"),
        pytest.param("Missing", "there is no condition Nowhere", id="a name that is not declared"),
    ],
)
def test_problems(name, message):
    with pytest.raises(ConfigError, match=message):
        Conditions(DECLARED, as_text).value(name, HERE)
