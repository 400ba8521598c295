import kit_terraform as tf
import pytest
from kit_terraform import block, refers

from edgeproxy.config.nodes import plain
from edgeproxy.config.terraform_references import MAX_REFERENCES, Configuration, references, steps_of
from edgeproxy.config.terraform_values import Found


def found(address, module="", key="", is_data=False):
    kind, name = address.split("[")[0].split(".")[:2]
    return Found(f"{module}.{address}".strip("."), module, kind, name, key, is_data, plain({}))


def targets(expression, *others, asking=None, root=None):
    configuration = Configuration(plain({"configuration": {"root_module": root or {}}}), others)
    result = configuration.targets(plain(expression), asking or found("asking.it"))
    return [(each.found.address, each.attribute) for each in result]


A, B = found('t.a["x"]', key="x"), found('t.a["y"]', key="y")
INSIDE = found("t.a", module='module.m["k.1"].module.n[0]')


def test_what_is_implied_by_a_longer_reference_is_left_out():
    expression = refers("t.a.id", "t.a", "module.m.out", "module.m", "var.b[0]", "var.b")
    assert references(plain(expression)) == ["t.a.id", "module.m.out", "var.b[0]"]


def test_a_name_that_begins_another_is_not_implied_by_it():
    assert references(plain(refers("t.main2.id", "t.main2", "t.main.id", "t.main"))) == ["t.main2.id", "t.main.id"]
    assert references(plain(refers("t.main2.id", "t.main2", "t.main"))) == ["t.main2.id", "t.main"]


def test_module_calls_in_an_address():
    assert steps_of('module.m["k.1"].module.n[0]') == (("m", '"k.1"'), ("n", "0"))


@pytest.mark.parametrize(
    ("expression", "asking", "expected"),
    [
        pytest.param(refers('t.a["y"].id', 't.a["y"]', "t.a"), None, [('t.a["y"]', "id")], id="by its key"),
        pytest.param(refers("t.a", "each.key"), found("asking.it", key="x"), [('t.a["x"]', "")], id="by the same key"),
        pytest.param(refers("t.a"), None, [('t.a["x"]', ""), ('t.a["y"]', "")], id="all of them"),
        pytest.param(refers("local.a", "each.value", "path.module", "t.b.id"), None, [], id="none of them"),
        pytest.param(refers("data.t.a.id"), None, [], id="a data source of the same name"),
        pytest.param({}, None, [], id="no references"),
        pytest.param({"references": "t.a"}, None, [], id="references that are no list"),
    ],
)
def test_the_resources_that_are_referred_to(expression, asking, expected):
    assert targets(expression, A, B, asking=asking) == expected


def test_outputs_within_outputs():
    inner = {"outputs": {"id": {"expression": refers("t.a.id", "t.a")}}}
    outer = {"outputs": {"id": {"expression": refers("module.n[0].id", "module.n")}}, "module_calls": {"n": {"module": inner}}}
    root = {"module_calls": {"m": {"module": outer}}}
    assert targets(refers('module.m["k.1"].id'), INSIDE, root=root) == [(INSIDE.address, "id")]
    assert targets(refers('module.m["other"].id'), INSIDE, root=root) == []


def test_a_variable_of_the_root_leads_nowhere():
    assert targets(refers("var.a"), A) == []


def test_what_goes_round_in_circles_ends():
    module = {"outputs": {"a": {"expression": refers("var.b")}}}
    root = {"module_calls": {"m": {"module": module, "expressions": {"b": refers("module.m.a")}}}}
    assert targets(refers("module.m.a"), A, root=root) == []


def test_more_references_than_anyone_writes():
    many = refers(*(f"t.x{number}" for number in range(2 * MAX_REFERENCES)), "t.a")
    assert targets(many, found("t.a")) == []


def test_the_expressions_of_a_block_in_a_module():
    root = {"module_calls": {"m": {"module": {"resources": [block("data.t.a", {"of": "data"}), block("t.a", {"of": "it"})]}}}}
    configuration = Configuration(plain({"configuration": {"root_module": root}}), [])
    assert configuration.expressions(found("t.a", module="module.m[3]")).value["of"].value == "it"
    assert configuration.expressions(found("t.a")) is None


def test_a_state_has_no_configuration():
    assert Configuration(plain(tf.state()), []).expressions(A) is None
