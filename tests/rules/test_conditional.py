import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers, Request
from edgeproxy.rules import conditional
from edgeproxy.rules.conditional import NOT_MODIFIED, WHOLE, Part, Unsatisfiable

MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
STORED = Headers(
    [("ETag", '"a"'), ("Last-Modified", MODIFIED), ("Content-Type", "text/css"), ("Content-Length", "100"), ("X", "1")]
)


def evaluate(*lines, method="GET", status=200, headers=STORED, length=100):
    request = Request(method, "https", "h", "/", None, Headers(lines))
    return conditional.evaluate(request, status, headers, length)


def if_none_match(value):
    return ("If-None-Match", value)


def ranged(value):
    return ("Range", value)


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        pytest.param((), WHOLE, id="nothing asked"),
        pytest.param((if_none_match('"a"'),), NOT_MODIFIED, id="CF-26 the same ETag"),
        pytest.param((if_none_match('"x, y", W/"a"'),), NOT_MODIFIED, id="a list, compared weakly"),
        pytest.param((if_none_match("*"),), NOT_MODIFIED, id="any ETag"),
        pytest.param((if_none_match('"b"'),), WHOLE, id="another ETag"),
        pytest.param((if_none_match("a"),), WHOLE, id="no entity tag at all"),
        pytest.param((("If-Modified-Since", MODIFIED),), NOT_MODIFIED, id="not modified since"),
        pytest.param((("If-Modified-Since", BEFORE),), WHOLE, id="modified since"),
        pytest.param((("If-Modified-Since", "yesterday"),), WHOLE, id="since no date"),
        pytest.param((if_none_match('"b"'), ("If-Modified-Since", MODIFIED)), WHOLE, id="If-None-Match overrules the date"),
        pytest.param((if_none_match('"a"'), ranged("bytes=0-9")), NOT_MODIFIED, id="a 304 comes before a range"),
    ],
)
def test_conditions_on_a_stored_object(lines, decision):
    assert evaluate(*lines) == decision


@pytest.mark.parametrize(
    ("value", "decision"),
    [
        pytest.param("bytes=0-9", Part(0, 9, 100), id="CF-48 the first ten bytes"),
        pytest.param("bytes=9-5", WHOLE, id="CF-48 an invalid range is the whole object"),
        pytest.param("bytes=90-", Part(90, 99, 100), id="from a position on"),
        pytest.param("bytes=-10", Part(90, 99, 100), id="the last ten"),
        pytest.param("bytes=-1000", Part(0, 99, 100), id="more than there are"),
        pytest.param("Bytes = 5-1000", Part(5, 99, 100), id="an end past the end, and a unit in capitals"),
        pytest.param("bytes=100-", Unsatisfiable(100), id="a start past the end"),
        pytest.param("bytes=-0", Unsatisfiable(100), id="the last none"),
        pytest.param("bytes=0-" + "9" * 5000, Part(0, 99, 100), id="a number of 5000 digits"),
        pytest.param("bytes=0-1,5-6", WHOLE, id="several ranges are the whole object"),
        pytest.param("bytes=-", WHOLE, id="no number"),
        pytest.param("bytes=a-b", WHOLE, id="no numbers"),
        pytest.param("lines=0-1", WHOLE, id="another unit"),
        pytest.param("", WHOLE, id="an empty field"),
    ],
)
def test_ranges(value, decision):
    assert evaluate(ranged(value)) == decision


@pytest.mark.parametrize(
    ("validator", "decision"),
    [
        pytest.param('"a"', Part(0, 9, 100), id="the same ETag"),
        pytest.param('W/"a"', WHOLE, id="a weak tag never matches"),
        pytest.param('"b"', WHOLE, id="another ETag"),
        pytest.param(MODIFIED, Part(0, 9, 100), id="the very date"),
        pytest.param(BEFORE, WHOLE, id="another date"),
    ],
)
def test_if_range(validator, decision):
    assert evaluate(ranged("bytes=0-9"), ("If-Range", validator)) == decision


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"status": 404}, id="only a 200"),
        pytest.param({"method": "POST"}, id="only GET"),
        pytest.param({"method": "HEAD"}, id="not even HEAD"),
        pytest.param({"length": None}, id="only of a known length"),
    ],
)
def test_a_range_is_cut_only_out_of_a_whole_object(changed):
    assert evaluate(ranged("bytes=0-9"), **changed) == WHOLE


def test_a_head_may_be_not_modified():
    assert evaluate(if_none_match('"a"'), method="HEAD") == NOT_MODIFIED


@pytest.mark.parametrize(
    ("value", "decision"), [("bytes=0-", Unsatisfiable(0)), ("bytes=-5", WHOLE), ("bytes=-0", Unsatisfiable(0))]
)
def test_ranges_of_an_empty_object(value, decision):
    assert evaluate(ranged(value), length=0) == decision


def test_without_validators_nothing_is_known_to_be_unchanged():
    lines = (if_none_match('"a"'), ("If-Modified-Since", MODIFIED))
    assert [evaluate(line, headers=Headers()) for line in lines] == [WHOLE, WHOLE]


def test_an_unquoted_etag_matches_only_itself():
    headers = Headers([("ETag", "abc")])
    assert [evaluate(if_none_match(value), headers=headers) for value in ("abc", '"abc"')] == [NOT_MODIFIED, WHOLE]


@given(st.integers(0, 200), st.integers(0, 200), st.binary(max_size=100))
def test_a_part_is_what_slicing_gives(first, last, data):
    match evaluate(ranged(f"bytes={first}-{last}"), length=len(data)):
        case Part(start, end, total):
            assert (data[start : end + 1], total) == (data[first : last + 1], len(data))
        case Unsatisfiable(total):
            assert first >= total == len(data)
        case _:
            assert last < first


def test_the_headers_of_a_304_describe_no_body():
    assert conditional.not_modified_headers(STORED) == Headers([("ETag", '"a"'), ("Last-Modified", MODIFIED), ("X", "1")])


def test_the_headers_of_a_206():
    headers = conditional.part_headers(STORED, Part(10, 19, 100))
    assert headers.get_all("content-length") == ["10"]
    assert headers.get("content-range") == "bytes 10-19/100"
    assert headers.get("content-type") == "text/css"


def test_the_headers_of_a_416():
    stored = Headers([("Date", "d"), ("ETag", '"a"'), ("Cache-Control", "max-age=9"), ("Content-Length", "100")])
    expected = Headers([("Date", "d"), ("Content-Range", "bytes */100"), ("Content-Length", "0")])
    assert conditional.unsatisfiable_headers(stored, 100) == expected
