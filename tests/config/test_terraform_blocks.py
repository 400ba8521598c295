import pytest
from kit_terraform import constant, refers

from edgeproxy.config.nodes import plain
from edgeproxy.config.terraform_blocks import pair

APP = {"id": constant("app"), "custom": [{"port": constant(80)}]}
SITE = {"id": constant("site"), "domain": refers("b.c")}
LOCAL = {"id": refers("local.a"), "domain": refers("b.c")}
OTHER = {"id": refers("local.b"), "domain": refers("d.e")}


@pytest.mark.parametrize(
    ("values", "blocks", "ordered", "expected"),
    [
        pytest.param([{"id": "site"}, {"id": "app", "custom": [{"port": 80}]}], [APP, SITE], False, [1, 0],
                     id="by what is constant"),
        pytest.param([{"id": "a"}, {"id": "app", "custom": [{"port": 80}]}], [APP, LOCAL], False, [1, 0],
                     id="by the blocks inside"),
        pytest.param([{"id": "a"}, {"id": "b"}], [LOCAL, OTHER], False, [None, None], id="not by chance"),
        pytest.param([{"id": "a"}, {"id": "b"}], [LOCAL, OTHER], True, [0, 1], id="a list is in order"),
        pytest.param([{"id": "a"}], [LOCAL], False, [0], id="the only one"),
        pytest.param([{"id": "a"}, {"id": "b"}], [], False, [None, None], id="dynamic blocks are not printed"),
        pytest.param([{"id": "site"}, {"id": "new"}], [SITE], False, [0, None], id="one of them is dynamic"),
        pytest.param([{"id": "site", "codes": [2, 1]}, {"id": "site", "codes": [3]}],
                     [{**SITE, "codes": constant([3])}, {**SITE, "codes": constant([1, 2])}], False, [1, 0],
                     id="a set's order says nothing"),
        pytest.param([], [SITE], False, [], id="nothing"),
    ],
)  # fmt: skip
def test_the_block_that_a_value_was_written_as(values, blocks, ordered, expected):
    expressions = plain(blocks)
    found = pair([plain(value) for value in values], expressions, ordered=ordered)
    assert [None if each is None else expressions.value.index(each) for each in found] == expected


def test_blocks_that_nobody_may_have_so_many_of_are_not_compared():
    values = [plain({"id": f"o{number}"}) for number in range(251)]
    blocks = plain([{"id": constant(f"o{number}")} for number in reversed(range(251))])
    assert pair(values, blocks, ordered=False) == [None] * 251
    assert pair(values, blocks, ordered=True) == blocks.value
