import os
import time
from pathlib import Path

import pytest

from edgeproxy.config.excerpt import show
from edgeproxy.errors import Problem


@pytest.fixture
def source(tmp_path: Path):
    path = tmp_path / "t.yaml"
    path.write_text("a: 1\n  TargetOrgin: site\n\tTab: x\n" + "x" * 300 + "Here" + "y" * 300 + "\n", "utf-8")
    return path


def test_a_problem_is_printed_inside_the_file(source):
    problem = Problem("no property TargetOrgin", source, 2, 3, "did you mean TargetOriginId?\nor PathPattern")
    assert show(problem, colour=False).splitlines() == [
        f"{source}:2:3: error: no property TargetOrgin",
        "  |",
        "2 |   TargetOrgin: site",
        "  |   ^^^^^^^^^^^^",
        "  = did you mean TargetOriginId?",
        "    or PathPattern",
    ]


def test_a_tab_does_not_move_the_caret(source):
    lines = show(Problem("m", source, 3, 2), colour=False).splitlines()
    assert lines[2:4] == ["3 |  Tab: x", "  |  ^^^^"]


def test_of_a_long_line_the_part_around_the_caret_is_shown(source):
    lines = show(Problem("m", source, 4, 301), colour=False).splitlines()
    assert max(map(len, lines[1:])) <= 126
    assert lines[2][lines[3].index("^") :].startswith("Here")


def test_a_place_without_column_has_no_caret(source):
    assert "^" not in show(Problem("m", source, 2), colour=False)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        pytest.param(Problem("m"), "error: m", id="no place"),
        pytest.param(Problem("m", hint="h"), "error: m (h)", id="no place, a hint"),
        pytest.param(Problem("m", Path("gone.yaml"), 3, 1, "h"), "gone.yaml:3:1: error: m (h)", id="a file that is gone"),
        pytest.param(Problem("m", Path("gone.yaml")), "gone.yaml: error: m", id="a file without line"),
    ],
)
def test_without_a_line_to_show_it_is_one_line(problem, text):
    assert show(problem, colour=False) == text


def test_a_path_below_the_working_directory_is_shown_short(source, monkeypatch):
    monkeypatch.chdir(source.parent)
    assert show(Problem("m", source, 1, 1), colour=False).startswith("t.yaml:1:1: ")


def test_what_a_file_says_does_not_steer_the_terminal():
    assert show(Problem("a\x1b[2Jb", hint="c\x07"), colour=False) == "error: a [2Jb (c )"


def test_colour_only_when_asked(source):
    problem = Problem("m", source, 1, 1)
    assert "\x1b[" in show(problem, colour=True)
    assert "\x1b[" not in show(problem, colour=False)


@pytest.mark.parametrize(
    "line",
    [
        "  sign_as: {access_key_id: a, secret_access_key: hunter2/+=}",
        "    secret_acces_key: hunter2/+=",
        '{"secret_access_key": "hunter2/+="}',
        '{"secret_access_key":"hunter2/+="}',
        "  secret_access_key: 'hun ter2 hunter2'",
        "  {{resolve:secretsmanager:shop:SecretString:key}}: hunter2",
        '{distribution: t, resolve: {"secretsmanager:shop/origin:SecretString:key": hunter2, "ssm-secure:/k": "x hunter2"}}',
        '{"distribution": "t.yaml", "parameters": {"Pw": "hunter2", "Typo": "x"}}',
        '{"distribution":"t.yaml","parameters":{"A":[1,"hunter2"],"B":{"C":"hunter2"},"Pin":"}hunter2"},"default":"x"}',
        "{distribution: t, parameters: {Pw: hunter2}, origins: {a: ./b}}",
        "{distribution: t, parameters: [hunter2, {Pw: hunter2}]}",
        "lambda_edge: {environment: {A-B: hunter2}}",
        "  app: {url: 'http://a.test', sign_as: {access_key_id: hunter2}}",
        "  app: http://me:hunter2@127.0.0.1:3000",
    ],
)
def test_a_secret_in_the_line_is_not_shown(tmp_path, line):
    path = tmp_path / "edgeproxy.yaml"
    path.write_text(line + "\n")
    shown = show(Problem("wrong", path, 1, 5), colour=False)
    assert "hunter2" not in shown
    assert "****" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("parameters: {ApiKey: hunter2, Stage: 'x y'}", "parameters: {ApiKey: *******, Stage: *****}", id="flow"),
        pytest.param("parameters:\n  A: 1\n  ApiKey: hunter2 2", "  ApiKey: *********", id="block"),
        pytest.param("parameters:\n  ApiKey: >\n    hunter2", "    *******", id="a text of lines of its own"),
        pytest.param('resolve:\n  "ssm:/a": hunter2', '  "ssm:/a": *******', id="resolve"),
        pytest.param("lambda_edge:\n  environment:\n    A: hunter2", "    A: *******", id="variables of handlers"),
        pytest.param("parameters:\n  ApiKey: ${env:API_KEY}", "  ApiKey: ${env:API_KEY}", id="a variable is no secret"),
        pytest.param(
            "{distribution: t, parameters: {A: b}, c: d}", "{distribution: t, parameters: {A: *}, c: d}", id="one of three"
        ),
        pytest.param('{"parameters":{"Pin":1234},"a":5}', '{"parameters":{"Pin":****},"a":5}', id="JSON without spaces"),
        pytest.param("lambda_edge: {environment: {\n  A-B: hunter2}}", "  A-B: *******}}", id="opened on the line before"),
        pytest.param('{"a": "b", "parameters": {\n  "Pw": "hunter2"}}', '  "Pw": *********}}', id="beside a first name"),
        pytest.param("parameters:\n  A: hunter2\norigins:\n  a: ./b", "  a: ./b", id="another section"),
        pytest.param("Parameters:\n  Stage: {Type: String}", "  Stage: {Type: String}", id="a template's parameters"),
        pytest.param(
            "  - !Join ['', ['{{resolve:secretsmanager:', 'shop']]",
            "  - !Join ['', ['{{resolve:secretsmanager:', 'shop']]",
            id="a reference itself",
        ),
    ],
)
def test_values_of_the_settings_that_may_be_secret_are_not_shown(tmp_path, text, shown):
    path = tmp_path / "edgeproxy.yaml"
    path.write_text(text + "\n")
    lines = show(Problem("wrong", path, len(text.splitlines()), 1), colour=False).splitlines()
    assert lines[2].partition("| ")[2] == shown


def test_a_path_does_not_steer_the_terminal(tmp_path):
    path = tmp_path / "\x1b]0;x\x07\u202e\udcff.yaml"
    path.write_text("a: b")
    text = show(Problem("m", path, 1, 1), colour=False)
    assert "\\u001b]0;x\\u0007\\u202e\\udcff.yaml:1:1: error: m" in text
    assert all(char.isprintable() or char == "\n" for char in text)


def test_long_lines_and_messages_are_shown_in_part_and_soon(source):
    source.write_text("x: {" + "secret" * 600_000 + "}, token_secret: hunter2, here: 1")
    column = source.read_text().index("here") + 1
    started = time.monotonic()
    text = show(Problem("m" * 5000, source, 1, column, "h" * 5000), colour=False)
    assert time.monotonic() - started < 2
    assert len(text) < 2500
    assert "token_secret: *******, here: 1" in text


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"parameters": ' * 200_000, id="mappings that open"),
        pytest.param('parameters: {"' + '\\"' * 1_000_000, id="quotes that do not close"),
        pytest.param("parameters: {" + " " * 2_000_000, id="spaces"),
        pytest.param("parameters: {" + "[" * 2_000_000, id="lists that open"),
        pytest.param("parameters: {a:" + " :" * 1_000_000, id="colons"),
    ],
)
def test_a_hostile_line_is_shown_soon(tmp_path, line):
    path = tmp_path / "t.yaml"
    path.write_text(line)
    started = time.monotonic()
    show(Problem("m", path, 1, len(line) // 2), colour=False)
    show(Problem("m", path, 1, len(line)), colour=False)
    assert time.monotonic() - started < 4


def test_a_place_in_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.yaml")
    assert show(Problem("m", tmp_path / "t.yaml", 1, 1), colour=False).endswith("t.yaml:1:1: error: m")
