import json
from pathlib import Path

import pytest

from edgeproxy.config.json_nodes import read_json
from edgeproxy.config.overlays import Overlays, read_functions
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError


def read(text, reader=read_yaml):
    reading = Reading(Problems())
    found = read_functions(Section("settings", reader(text, Path("edgeproxy.yaml")), reading))
    reading.problems.raise_any()
    return {name: node.value for name, node in found.code.items()}, dict(found.overlays)


def only(text):
    (((name, content),),) = read(f"functions: {{F: {{overlay: {text}}}}}")[1].values()
    return name, content


@pytest.mark.parametrize(
    ("text", "code", "overlays"),
    [
        pytest.param("F: ./f", {"F": "./f"}, {}, id="code alone, as text"),
        pytest.param("F: {code: ./f}", {"F": "./f"}, {"F": ()}, id="code alone, in a mapping"),
        pytest.param("F: {overlay: {VERSION: x}}", {}, {"F": (("VERSION", "x"),)}, id="an overlay of code that the template knows"),
        pytest.param(
            "F: {code: f, overlay: {b/c.txt: '1', a.txt: ''}}", {"F": "f"}, {"F": (("a.txt", ""), ("b/c.txt", "1"))}, id="both"
        ),
    ],
)  # fmt: skip
def test_code_and_overlays(text, code, overlays):
    assert read(f"functions:\n  {text}\n") == (code, overlays)


def test_what_is_no_text_becomes_json_as_yaml_means_it():
    text = '{c.json: {on: true, off: False, no: "true", port: 8080, half: 0.5, zip: "01067", date: 2026-01-01, old: 01067, none: null, list: [a, 1], big: 1e999}}'
    name, content = only(text)
    assert (name, json.loads(content)) == (
        "c.json",
        {
            "on": True, "off": "False", "no": "true", "port": 8080, "half": 0.5, "zip": "01067", "date": "2026-01-01",
            "old": "01067", "none": None, "list": ["a", 1], "big": "1e999",
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "content"),
    [
        pytest.param("{VERSION: 1.10}", "1.10", id="a scalar is text as it is written"),
        pytest.param('{a: "x\\n"}', "x\n", id="with its line end"),
        pytest.param("{a: []}", "[]\n", id="a list is JSON"),
        pytest.param("{a: null}", "null\n", id="nothing is JSON, too"),
    ],
)
def test_contents(text, content):
    assert only(text)[1] == content


def test_a_settings_file_in_json_says_what_is_a_number():
    text = '{"functions": {"F": {"overlay": {"a": {"n": 1, "t": "1", "b": true}}}}}'
    assert json.loads(read(text, read_json)[1]["F"][0][1]) == {"n": 1, "t": "1", "b": True}


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "a/../../x", "..", ".", "''", "a/", "node_modules/x.js", "a/node_modules/b", ".git/config", "'a\\b'",
     '"a\\0"', '"a\\nb"', "x" * 201],
)  # fmt: skip
def test_what_is_no_file_of_a_function(name):
    with pytest.raises(ConfigError, match="is no file of a function"):
        read(f"functions: {{F: {{overlay: {{{name}: x}}}}}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("F: {}", "F has neither code nor an overlay", id="nothing"),
        pytest.param("F: {cod: f, overlay: {}}", "function has no property cod", id="a slip"),
        pytest.param("F: {overlay: [a]}", "overlay must be a mapping", id="a list of files"),
        pytest.param("F: [a]", "text is needed here, not a list", id="a list"),
        pytest.param("F: {overlay: {a: x, a/b: y}}", "a/b and a cannot both be files", id="a file in a file"),
        pytest.param("F: {overlay: {a/b: x, ./a/b: y}}", "cannot both be files", id="one file twice"),
    ],
)
def test_problems(text, message):
    with pytest.raises(ConfigError, match=message):
        read(f"functions:\n  {text}\n")


def test_which_overlays_are_taken():
    overlays = Overlays({"Logical": (("a", "b"),), "other": ()})
    assert overlays.of(("name", "Logical")) == (("a", "b"),)
    assert overlays.of(("unknown",)) == ()
    assert overlays.untaken() == ["other"]
