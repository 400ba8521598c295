from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules.bucket_encoding import canonical_path, canonical_query


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        pytest.param("/a/b-_.~9", "/a/b-_.~9", id="unreserved characters stay"),
        pytest.param("/%61%2f%2F", "/a//", id="escapes are decoded, a slash too"),
        pytest.param("/a+b!*'(", "/a%2Bb%21%2A%27%28", id="all else is encoded"),
        pytest.param("/%c3%a4", "/%C3%A4", id="in capitals"),
        pytest.param("/%zz", "/%25zz", id="what is no escape"),
    ],
)
def test_a_path(path, canonical):
    assert canonical_path(path) == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        pytest.param("b=1&a=2", "b=1&a=2", id="the order stays"),
        pytest.param("a=1+2", "a=1%202", id="a plus is a space"),
        pytest.param("a=b=c", "a=b%3Dc", id="an equals sign in a value"),
        pytest.param("&a&&b=&", "a&b=", id="empty parameters go, empty values stay"),
    ],
)
def test_a_query(query, canonical):
    assert canonical_query(query) == canonical


@given(st.binary())
def test_a_path_means_the_same_in_s3s_encoding(path: bytes):
    text = path.decode("latin-1")
    assert unquote_to_bytes(canonical_path(text)) == unquote_to_bytes(path)
    assert canonical_path(canonical_path(text)) == canonical_path(text)


@given(st.text(st.characters(max_codepoint=255)))
def test_a_query_in_s3s_encoding_stays_as_it_is(query: str):
    assert canonical_query(canonical_query(query)) == canonical_query(query)
