import kit_local
import pytest

from edgeproxy.config.code import LocalCode
from edgeproxy.config.key_groups import GivenKeys, LocalKeys
from edgeproxy.config.key_value_stores import GivenStore, LocalStores
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.problems import Problems


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"code": True}, ["no function is named Rewrite"], id="code"),
        pytest.param({"stores": LocalStores({"Routes": GivenStore(None, None, Node(None))})}, ["Routes"], id="a store"),
        pytest.param({"keys": LocalKeys({"Group": GivenKeys({}, Node(None))})}, ["Group"], id="a key group"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_names_that_nothing_has_are_problems(tmp_path, given, named):
    if given.get("code"):
        given = {"code": LocalCode(plain({"Rewrite": "r.js"}).value, tmp_path)}
    problems = Problems()
    kit_local.given(**given).check_names(problems)
    error = problems.error()
    found = [] if error is None else [problem.message for problem in error.problems]
    assert len(found) == len(named)
    assert all(word in message for word, message in zip(named, found, strict=True))
