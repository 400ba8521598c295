import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules import edge_event

UTF8 = "héllo".encode().decode("latin-1")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("abc", "abc", id="ASCII"),
        pytest.param(UTF8, "héllo", id="bytes that are UTF-8"),
        pytest.param("h\xe9llo", "héllo", id="bytes that are not"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_text_as_the_code_sees_it(text, seen):
    assert edge_event.shown(text) == seen


def test_changed_text_goes_out_as_utf8_and_unchanged_text_as_it_came():
    assert edge_event.wire("héllo") == UTF8
    assert edge_event.wire("héllo", ["x", "h\xe9llo"]) == "h\xe9llo"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_the_code_writes_reads_the_same(text):
    assert edge_event.shown(edge_event.wire(text)) == text


@given(st.text(st.characters(max_codepoint=255)))
def test_what_was_received_goes_back_as_its_bytes(text):
    assert edge_event.wire(edge_event.shown(text), [text]) == text


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        pytest.param("/", True, id="the root"),
        pytest.param("/a/%20..//b;c=1", True, id="escapes, dots, doubled slashes"),
        pytest.param(UTF8.replace("h", "/"), True, id="UTF-8 bytes"),
        pytest.param("a", False, id="CFF-13 no slash"),
        pytest.param("", False, id="nothing"),
        pytest.param("/a b", False, id="a space"),
        pytest.param("/a\r\nX: y", False, id="a line break"),
        pytest.param("/a\n", False, id="a line break at the end"),
        pytest.param("/a?b", False, id="a question mark"),
        pytest.param("/a#b", False, id="a fragment"),
        pytest.param("/a\x7f", False, id="DEL"),
    ],
)
def test_is_uri(uri, good):
    assert edge_event.is_uri(uri) is good


@pytest.mark.parametrize(
    ("query", "good"),
    [
        pytest.param("b=2&a=1", True, id="parameters"),
        pytest.param("a=?/%20+", True, id="question marks, slashes, escapes"),
        pytest.param("", True, id="nothing"),
        pytest.param("a b", False, id="CFF-12 a space"),
        pytest.param("a#b", False, id="CFF-12 a fragment"),
        pytest.param("a\nb", False, id="a control character"),
    ],
)
def test_is_query(query, good):
    assert edge_event.is_query(query) is good


@pytest.mark.parametrize(
    ("uri", "query", "good"),
    [
        pytest.param("/" * 8191, None, True, id="8,191 characters"),
        pytest.param("/" * 8192, None, False, id="8,192 characters"),
        pytest.param("/" * 8000, "a" * 191, True, id="8,191 characters with the query string"),
        pytest.param("/" * 8000, "a" * 192, False, id="CFF-14 8,192 characters with the query string"),
    ],
)
def test_fits(uri, query, good):
    assert edge_event.fits(uri, query) is good
