from pathlib import Path

import pytest

from edgeproxy.terminal import near, safe, safe_lines, some


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Straße 東京 😀", "Straße 東京 😀", id="what people write"),
        pytest.param("\x1b[2J\x07\r\n", "\\u001b[2J\\u0007\\u000d\\u000a", id="what steers a terminal"),
        pytest.param("\x9b2J", "\\u009b2J", id="the same in one character"),
        pytest.param("a\u202eb\u2066c", "a\\u202eb\\u2066c", id="what turns a line around"),
        pytest.param("\ud800", "\\ud800", id="what cannot be written"),
    ],
)
def test_what_is_printed_of_a_text(text, shown):
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        pytest.param(3, "a, b, c", id="as many as there are"),
        pytest.param(2, "a, b and 1 more", id="fewer"),
    ],
)
def test_the_first_of_some_names(most, expected):
    assert some(["a", "b", "c"], most) == expected


def test_lines_stay_lines():
    assert safe_lines("a\x1bb\nc\r\n") == "a\\u001bb\nc\\u000d\n"


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        pytest.param("/home/shop/cdk.out/x", "cdk.out/x", id="below"),
        pytest.param("/home/shop", ".", id="the current folder itself"),
        pytest.param("/home/shop2", "/home/shop2", id="a folder whose name begins like it"),
        pytest.param("/home", "/home", id="above"),
        pytest.param("a/b", "a/b", id="as it was typed"),
    ],
)
def test_a_path_as_it_is_typed_from_the_current_folder(monkeypatch, path, typed):
    monkeypatch.setattr(Path, "cwd", lambda: Path("/home/shop"))
    assert str(near(Path(path))) == typed
