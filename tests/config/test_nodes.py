from pathlib import Path

from edgeproxy.config.nodes import Node, entries, items, plain, text
from edgeproxy.errors import Missing


def test_problems_point_at_values_and_keys():
    node = Node({"a": Node(1)}, Path("f"), 1, 1, keys={"a": (2, 3)})
    assert node.problem("m", "h")[1:4] == (Path("f"), 1, 1)
    assert node.key_problem("a", "m")[2:4] == (2, 3)
    assert node.key_problem("missing", "m")[2:4] == (1, 1)


def test_what_is_missing_says_the_line_to_add():
    missing = Missing("imports", "shop:Api", "VALUE")
    problem = Node("x", Path("f"), 3, 4).lack("m", missing)
    assert problem == ("m", Path("f"), 3, 4, 'add to edgeproxy.yaml:  imports: {"shop:Api": VALUE}', missing)
    assert Node("x").lack("m", missing, "another way").hint == "another way"


def test_another_value_in_the_same_place():
    node = Node("a", Path("f"), 4, 2, block=True).become("b")
    assert (node.value, node.line, node.column, node.block) == ("b", 4, 2, True)


def test_plain_values_become_nodes_all_the_way():
    assert plain({"a": [True, None]}).value["a"].value[0].value is True


def test_every_problem_says_whose_value_it_is():
    node = Node({"a": Node(1)}, Path("f"), 1, 1, keys={"a": (2, 3)}, owner="aws_s3_bucket.b")
    assert node.problem("m").message == "aws_s3_bucket.b: m"
    assert node.key_problem("a", "m").message == "aws_s3_bucket.b: m"
    assert node.become(2).problem("m").message == "aws_s3_bucket.b: m"
    assert node.key("a").problem("m").message == "aws_s3_bucket.b: m"


def test_paths_in_a_file_start_from_its_folder():
    assert Node(None, Path("/p/t.yaml")).folder == Path("/p")
    assert (Node(None, Path("t.yaml")).folder, Node(None).folder) == (Path.cwd(), Path.cwd())


def test_what_is_of_another_kind_has_no_entries_items_and_text():
    tree = plain({"a": {"b": {"c": "d"}}, "list": ["x"], "n": 1})
    assert text(entries(tree, "a", "b").get("c")) == "d"
    assert [text(each) for each in items(entries(tree).get("list"))] == ["x"]
    for other in (None, Node(1), Node(None)):
        assert (entries(other), entries(other, "a"), items(other), text(other)) == ({}, {}, [], "")
    assert (entries(tree, "list"), entries(tree, "none", "b"), items(tree), text(tree)) == ({}, {}, [], "")
