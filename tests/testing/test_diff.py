import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.testing import diff

TWO = {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}

CASES = [
    pytest.param({"uri": "/a"}, {"uri": "/a"}, [], id="nothing changed"),
    pytest.param({"uri": "/a"}, {"uri": "/a.html"}, ['uri: "/a" -> "/a.html"'], id="a rewritten URI"),
    pytest.param({"method": "GET"}, {}, ['method: - "GET"'], id="a method that is missing"),
    pytest.param({"headers": {}}, {"headers": {"x-a": {"value": "1"}}}, ['headers.x-a: + "1"'], id="an added header"),
    pytest.param({"headers": {"x": {"value": "1"}}}, {"headers": {}}, ['headers.x: - "1"'], id="a deleted header"),
    pytest.param({"headers": {"x": {"value": "1"}}}, {}, ['headers.x: - "1"'], id="headers left out are empty"),
    pytest.param({}, {"headers": {"x": {"value": "1"}}}, ['headers.x: + "1"'], id="a response made from nothing"),
    pytest.param(
        {"querystring": {"x": TWO}},
        {"querystring": {"x": {**TWO, "value": "n"}}},
        ['querystring.x: ["1", "2"] -> ["n", "2"]'],
        id="CFF-9 a changed value stands for the first of two",
    ),
    pytest.param(
        {"headers": {"x": TWO}},
        {"headers": {"x": {"value": "q", "multiValue": [{"value": "1"}, {"value": "z"}]}}},
        ['headers.x: ["1", "2"] -> ["1", "z"]'],
        id="CFF-10 a changed multiValue wins",
    ),
    pytest.param(
        {"querystring": {"a": {"value": "1"}}},
        {"querystring": "b=2&a=1"},
        ['querystring: {"a": {"value": "1"}} -> "b=2&a=1"'],
        id="CFF-11 a query string in its value form",
    ),
    pytest.param(
        {"cookies": {}},
        {"cookies": {"s": {"value": "1", "attributes": "Path=/; Secure"}}},
        ['cookies.s: + "1; Path=/; Secure"'],
        id="CFF-22 a cookie with its attributes",
    ),
    pytest.param({"statusCode": 200}, {"statusCode": 302}, ["statusCode: 200 -> 302"], id="CFF-29 another status"),
    pytest.param({"statusCode": 200}, {"statusCode": 200, "body": "x"}, ['body: + "x"'], id="CFF-30 a replaced body"),
    pytest.param({"headers": {}}, {"headers": {"x": "plain"}}, ['headers.x: + "plain"'], id="a string in place of a record"),
    pytest.param({"headers": {}}, {"headers": {"x": None}}, ["headers.x: + null"], id="null in place of a record"),
    pytest.param({"headers": {}}, {"headers": {"x": {}}}, ["headers.x: + null"], id="a record without a value"),
    pytest.param({"headers": {}}, {"headers": 3}, ["headers: {} -> 3"], id="a number in place of the headers"),
    pytest.param({"headers": {}}, {"headers": {"x": {"value": "a", "multiValue": [3]}}}, ["headers.x: + [3]"], id="no entries"),
    pytest.param({"uri": "/a"}, {"uri": "/\x1b[31m\x9b\ud800"}, ['uri: "/a" -> "/\\u001b[31m\\u009b\\ud800"'], id="escapes"),
    pytest.param(
        {"headers": {}}, {"headers": {"a\nb": {"value": ""}}}, ['headers.a\\u000ab: + ""'], id="a name with a newline"
    ),
]


@pytest.mark.parametrize(("before", "after", "lines"), CASES)
def test_each_change_is_one_line(before, after, lines):
    assert diff.lines(before, after) == lines


def test_a_long_value_is_cut():
    (line,) = diff.lines({"uri": "/"}, {"uri": "/" + "x" * 100_000})
    assert len(line) < 2 * diff.WIDTH
    assert line.endswith("… (100,003 characters)")


TEXT = st.text(max_size=4)
JSON = st.recursive(st.none() | st.integers() | TEXT, lambda inner: st.dictionaries(TEXT, inner, max_size=2), max_leaves=3)
RECORD = st.fixed_dictionaries(
    {}, optional={"value": JSON, "attributes": JSON, "multiValue": JSON | st.lists(JSON, max_size=2)}
)
MESSAGE = st.dictionaries(st.sampled_from(diff.FIELDS), JSON | st.dictionaries(TEXT, RECORD | JSON, max_size=2), max_size=4)


@given(MESSAGE, MESSAGE)
def test_whatever_a_function_returns_is_shown_on_one_printable_line_a_change(before, after):
    assert all(line.isprintable() for line in diff.lines(before, after))


@given(MESSAGE)
def test_what_is_equal_has_no_difference(message):
    assert diff.lines(message, json.loads(json.dumps(message))) == []
