import pytest

from edgeproxy.terminal import safe, safe_lines


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


def test_lines_stay_lines():
    assert safe_lines("a\x1bb\nc\r\n") == "a\\u001bb\nc\\u000d\n"
