import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.yaml_text import quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("ApiHost", "ApiHost", id="a name"),
        pytest.param("b.s3.us-east-1.amazonaws.com", "b.s3.us-east-1.amazonaws.com", id="a domain name"),
        pytest.param("./public", "./public", id="a path"),
        pytest.param("./", '"./"', id="no name in a path"),
        pytest.param("shop:ApiHost", '"shop:ApiHost"', id="a colon"),
        pytest.param("on", '"on"', id="a word of YAML's"),
        pytest.param("1e5", '"1e5"', id="a number"),
        pytest.param('a"b', '"a\\"b"', id="a quote"),
    ],
)
def test_only_what_needs_them_has_quotes(text, written):
    assert quoted(text) == written


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_is_read_as_itself_in_a_block_and_inline(text):
    assert yaml.safe_load(f"{quoted(text)}: {quoted(text)}") == {text: text}
    assert yaml.safe_load(f"{{{quoted(text)}: {quoted(text)}}}") == {text: text}
