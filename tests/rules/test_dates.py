import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules.dates import http_date, parse_date


def test_a_date_is_written_as_imf_fixdate():
    assert http_date(784111777.9) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", id="IMF-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", id="the RFC 850 form"),
        pytest.param("Sun Nov  6 08:49:37 1994", id="the asctime form, GMT though it names no zone"),
    ],
)
def test_all_three_forms_are_read(text):
    assert parse_date(text) == 784111777


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"])
def test_what_is_no_date_is_none(text):
    assert parse_date(text) is None


@given(st.integers(0, 4_000_000_000))
def test_reading_undoes_writing(second):
    assert parse_date(http_date(second)) == second


@given(st.text(max_size=60))
def test_no_text_raises(text):
    assert parse_date(text) is None or isinstance(parse_date(text), float)
