from pathlib import Path

import pytest

from edgeproxy.config import documents
from edgeproxy.config.documents import read
from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.json", '{"a": [1]}', id="a .json file is JSON"),
        pytest.param("a.template", ' {"a": [1]}', id="a file that begins with a brace is JSON"),
        pytest.param("a.yaml", "a: [1]", id="YAML"),
        pytest.param("a.yml", "\ufeff{a: [1]}", id="a byte order mark is skipped, flow style in a .yml file is YAML"),
    ],
)
def test_each_format_is_told_by_name_and_first_character(tmp_path: Path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    root = read(tmp_path / name)
    assert str(root.value["a"].value[0].value) == "1"
    assert root.value["a"].path == tmp_path / name


def test_a_missing_file_is_a_problem_where_it_is_mentioned(tmp_path: Path):
    mentioned = Node("x", tmp_path / "edgeproxy.yaml", 3, 7)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "x", mentioned)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.column) == (tmp_path / "edgeproxy.yaml", 3, 7)
    assert "there is no file" in problem.message


def test_a_directory_is_not_read(tmp_path: Path):
    with pytest.raises(ConfigError, match="is a directory"):
        read(tmp_path)


def test_a_file_larger_than_the_bound_is_refused(tmp_path: Path):
    (tmp_path / "a.yaml").write_bytes(b"#" * (documents.MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than 4 MiB"):
        read(tmp_path / "a.yaml")


def test_bytes_that_are_not_utf8_are_found_by_line(tmp_path: Path):
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "a.yaml")
    assert (caught.value.problems[0].message, caught.value.problems[0].line) == ("the file is not UTF-8", 2)


@pytest.mark.parametrize("text", ["x" * 5000, "a\0b", "~nobody-has-this-name/x", "\ud800"])
def test_what_is_not_a_path_is_a_problem(tmp_path: Path, text):
    with pytest.raises(ConfigError, match="not a path"):
        documents.local_path(tmp_path, text, Node(None))
    with pytest.raises(ConfigError, match="not a path"):
        documents.new_path(tmp_path, text, Node(None))


def test_what_need_not_be_there_has_a_folder_that_must(tmp_path: Path):
    (tmp_path / "a").touch()
    assert documents.new_path(tmp_path, "b", Node(None)) == tmp_path / "b"
    assert documents.new_path(tmp_path, "a", Node(None)) == tmp_path / "a"
    for text, message in (("sub/b", "there is no file or directory"), ("a/b", "not a path")):
        with pytest.raises(ConfigError, match=message):
            documents.new_path(tmp_path, text, Node(None))


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path: Path):
    (tmp_path / "a").touch()
    assert documents.local_path(tmp_path / "sub", "../a", Node(None)) == tmp_path / "a"


def test_what_terraform_prints_is_made_smaller_by_a_command(tmp_path: Path):
    path = tmp_path / "state.json"
    path.write_text('{"format_version":"1.0","values":"' + "x" * documents.MAX_BYTES + '"}')
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert caught.value.problems[0].hint.startswith("keep what a distribution needs:  terraform show -json FILE | jq")
