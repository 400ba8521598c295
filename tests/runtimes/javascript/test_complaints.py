"""The engine's errors in CloudFront's words."""

import pytest

from edgeproxy.runtimes.javascript.complaints import of_run, of_syntax


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        pytest.param("SyntaxError: unexpected token in expression: ';'\n    at <input>:2:9\n", "a\n  return ;", ('Unexpected token ";" in 2', 2, 9),
                     id="a token"),
        pytest.param("SyntaxError: expecting ';'\n    at <input>:1:8\n", "abc foo", ('Unexpected token "foo" in 1', 1, 5), id="a word, on the first line"),
        pytest.param("SyntaxError: expecting '}'\n    at <input>:2:1\n", "{\n", ("Unexpected end of input in 2", 2, 1), id="the end"),
        pytest.param("SyntaxError: duplicate label\n    at <input>:3:4\n", "", ("duplicate label in 3", 3, 4), id="a text without a row"),
        pytest.param("SyntaxError: too deep\n", "", ("too deep in 1", 1, 1), id="no place"),
    ],
)  # fmt: skip
def test_syntax_errors(error, code, expected):
    message, line, column = of_syntax(error, code, 3)
    assert (message.removeprefix("SyntaxError: "), line, column) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param("ReferenceError: URL is not defined", 'ReferenceError: "URL" is not defined', id="a name"),
        pytest.param("TypeError: cannot read property 'a' of null", 'TypeError: cannot get property "a" of null', id="a property"),
        pytest.param("TypeError: cannot set property 'a' of undefined", 'TypeError: cannot set property "a" of undefined', id="a property set"),
        pytest.param("Error: mine", "Error: mine", id="the user's own"),
        pytest.param("Error: ReferenceError: x is not defined", "Error: ReferenceError: x is not defined", id="the user's own that quotes"),
    ],
)  # fmt: skip
def test_errors_of_a_run(error, expected):
    assert of_run(error) == expected
