import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.errors import ConfigError
from edgeproxy.stores import key_value_file
from edgeproxy.stores.key_value_file import MAX_PROBLEMS, MAX_STORE


def item(key, value="v"):
    return json.dumps({"key": key, "value": value}, ensure_ascii=False)


def lines(*items):
    return '{"data": [\n' + ",\n".join(items) + "\n]}"


def test_a_file_is_read(tmp_path):
    path = tmp_path / "pairs.json"
    path.write_text('\ufeff{"data": [{"key": "/old", "value": "/new"}, {"value": "", "key": "é"}]}', "utf-8")
    assert key_value_file.parse(key_value_file.load(path), path) == {"/old": "/new", "é": ""}


WRONG = [
    pytest.param('{"data": [', "not JSON", 1, id="no JSON"),
    pytest.param('{"data":\n [}', "not JSON", 2, id="no JSON in a later line"),
    pytest.param("[]", "not the file of a key value store", 1, id="a list"),
    pytest.param('{"data": {}}', "not the file of a key value store", 1, id="data that is no list"),
    pytest.param('{"data": [], "more": 1}', "not the file of a key value store", 1, id="another property beside data"),
    pytest.param(lines(item("a"), item("b"), item("a")), "the key a stands here twice", 4, id="a key that is there twice"),
    pytest.param(lines(item("a"), "5"), "an item has a key and a value", 3, id="an item that is no mapping"),
    pytest.param(lines('{"key": "a"}'), "an item has a key and a value", 2, id="an item without value"),
    pytest.param(lines('{"key": "a", "value": 1}'), "an item has a key and a value", 2, id="a value that is a number"),
    pytest.param(lines('{"key": "a", "value": "", "x": 1}'), "an item has a key and a value", 2, id="one property too many"),
    pytest.param(lines(item("")), "a key must not be empty", 2, id="an empty key"),
    pytest.param(lines(item("a"), "", item("k" * 513)).replace(",\n,", "\n,"), "at most 512 bytes", 4, id="a key of 513 bytes"),
    pytest.param(lines(item("é" * 257)), "at most 512 bytes, this one 514", 2, id="a key counted in bytes"),
    pytest.param(lines(item("a", "v" * 1025)), "at most 1,024 bytes, that of a 1,025", 2, id="a value of 1,025 bytes"),
    pytest.param(
        lines(item('"data": [ \\"data\\": [') + "," + item('"data": ['), "5"), "an item has", 3, id="a key like the frame"
    ),
]


@pytest.mark.parametrize(("text", "message", "line"), WRONG)
def test_each_problem_has_its_line(tmp_path, text, message, line):
    with pytest.raises(ConfigError) as caught:
        key_value_file.parse(text.encode(), tmp_path)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.path, problem.line) == (tmp_path, line)


def test_every_problem_is_told_at_once_but_not_without_end(tmp_path):
    with pytest.raises(ConfigError) as caught:
        key_value_file.parse(lines(*["1"] * 1000).encode(), tmp_path)
    assert [problem.line for problem in caught.value.problems] == list(range(2, MAX_PROBLEMS + 2))


def test_a_lone_surrogate_is_not_text(tmp_path):
    with pytest.raises(ConfigError):
        key_value_file.parse(b'{"data": [{"key": "\\ud800", "value": ""}]}', tmp_path)
    assert key_value_file.refusal("\ud800", "") == "keys and values must be text that UTF-8 can hold"


def test_the_largest_pair_is_taken():
    assert key_value_file.refusal("k" * 512, "v" * 1024) is None


def test_a_file_of_more_than_5_mb_is_refused_unread(tmp_path):
    path = tmp_path / "pairs.json"
    with path.open("wb") as file:
        file.truncate(MAX_STORE + 1)
    with pytest.raises(ConfigError, match="larger than 5 MB"):
        key_value_file.load(path)


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        key_value_file.load(tmp_path / "gone.json")


def test_a_written_file_replaces_what_a_link_points_at(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    key_value_file.write(tmp_path / "link.json", b"new")
    assert (tmp_path / "real.json").read_bytes() == b"new"
    assert (tmp_path / "link.json").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "real.json"]


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), max_size=8))
def test_what_is_written_is_read_again(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "pairs.json"
    key_value_file.write(path, key_value_file.render(pairs))
    assert key_value_file.parse(key_value_file.load(path), path) == pairs
    assert key_value_file.pair_size("é", "ab") == 4


def test_a_written_file_has_a_line_for_each_pair_whatever_the_pairs_hold():
    pairs = {'},{"key":': '"},{"key":"', "a": "},{"}
    assert key_value_file.render(pairs).count(b"\n") == len(pairs)
    assert key_value_file.parse(key_value_file.render(pairs), None) == pairs
