import pytest

from edgeproxy.messages import Headers
from edgeproxy.origins.s3_conditions import Part, failed_precondition, not_modified, part_asked

ETAG = "5d41402abc4b2a76b9719d911017c592"
MODIFIED = 1_700_000_000
AT = "Tue, 14 Nov 2023 22:13:20 GMT"
BEFORE = "Tue, 14 Nov 2023 22:13:19 GMT"
AFTER = "Tue, 14 Nov 2023 22:13:21 GMT"

FAILED = [
    pytest.param([], None, id="no condition"),
    pytest.param([("If-Match", f'"{ETAG}"')], None, id="If-Match that matches"),
    pytest.param([("If-Match", '"other"')], "If-Match", id="If-Match that does not"),
    pytest.param([("If-Match", f'"other", "{ETAG}"')], None, id="one of several"),
    pytest.param([("If-Match", "*")], None, id="any"),
    pytest.param([("If-Unmodified-Since", AT)], None, id="unmodified since then"),
    pytest.param([("If-Unmodified-Since", BEFORE)], "If-Unmodified-Since", id="modified since"),
    pytest.param([("If-Unmodified-Since", "soon")], None, id="a date that is none"),
    pytest.param([("If-Match", f'"{ETAG}"'), ("If-Unmodified-Since", BEFORE)], None, id="If-Match wins over the date"),
]


@pytest.mark.parametrize(("headers", "expected"), FAILED)
def test_failed_precondition(headers: list[tuple[str, str]], expected: str | None):
    assert failed_precondition(Headers(headers), ETAG, MODIFIED) == expected


NOT_MODIFIED = [
    pytest.param([], False, id="no condition"),
    pytest.param([("If-None-Match", f'"{ETAG}"')], True, id="the same"),
    pytest.param([("If-None-Match", f'W/"{ETAG}"')], True, id="the same, weak"),
    pytest.param([("If-None-Match", '"other"')], False, id="another"),
    pytest.param([("If-None-Match", "*")], True, id="any"),
    pytest.param([("If-Modified-Since", AT)], True, id="not modified since then"),
    pytest.param([("If-Modified-Since", AFTER)], True, id="nor since later"),
    pytest.param([("If-Modified-Since", BEFORE)], False, id="modified since"),
    pytest.param([("If-Modified-Since", "Tue, 99 Nov 99999 22:13:19 GMT")], False, id="a date that is none"),
    pytest.param([("If-Modified-Since", "Tuesday, 14-Nov-23 22:13:20 GMT")], True, id="the old form of a date"),
    pytest.param([("If-None-Match", '"other"'), ("If-Modified-Since", AFTER)], False, id="If-None-Match wins over the date"),
]


@pytest.mark.parametrize(("headers", "expected"), NOT_MODIFIED)
def test_not_modified(headers: list[tuple[str, str]], expected: bool):
    assert not_modified(Headers(headers), ETAG, MODIFIED) is expected


PARTS = [
    pytest.param("bytes=0-9", Part(0, 10), id="the first ten"),
    pytest.param("bytes=10-", Part(10, 100), id="from ten on"),
    pytest.param("bytes=-10", Part(90, 100), id="the last ten"),
    pytest.param("bytes=-1000", Part(0, 100), id="more than there is from the end"),
    pytest.param("bytes=90-1000", Part(90, 100), id="an end behind the end"),
    pytest.param("bytes=99-99", Part(99, 100), id="the last byte"),
    pytest.param("BYTES=0-0", Part(0, 1), id="the unit in upper case"),
    pytest.param("bytes=9-5", None, id="CF-48 an end before its start is ignored"),
    pytest.param("bytes=0-1,3-4", None, id="several ranges are ignored"),
    pytest.param("bytes=-", None, id="nothing asked"),
    pytest.param("bytes=a-b", None, id="no numbers"),
    pytest.param("items=0-1", None, id="another unit"),
    pytest.param("bytes=" + "9" * 5000 + "-", None, id="a number beyond reading"),
    pytest.param("bytes=\u0661-\u0662", None, id="digits of another script"),
]


@pytest.mark.parametrize(("text", "expected"), PARTS)
def test_part_asked(text: str, expected: Part | None):
    assert part_asked(Headers([("Range", text)]), 100, ETAG, MODIFIED) == expected


@pytest.mark.parametrize(
    ("text", "size"), [("bytes=100-", 100), ("bytes=200-300", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_cannot_be_satisfied_is_empty(text: str, size: int):
    part = part_asked(Headers([("Range", text)]), size, ETAG, MODIFIED)
    assert part is not None
    assert part.start >= part.stop


IF_RANGE = [
    pytest.param(f'"{ETAG}"', True, id="the same version"),
    pytest.param(f'W/"{ETAG}"', False, id="a weak tag never counts"),
    pytest.param('"other"', False, id="another version"),
    pytest.param(AT, True, id="the same date"),
    pytest.param(AFTER, False, id="another date"),
]


@pytest.mark.parametrize(("value", "holds"), IF_RANGE)
def test_if_range(value: str, holds: bool):
    headers = Headers([("Range", "bytes=0-9"), ("If-Range", value)])
    assert part_asked(headers, 100, ETAG, MODIFIED) == (Part(0, 10) if holds else None)


def test_no_range_is_the_whole():
    assert part_asked(Headers(), 100, ETAG, MODIFIED) is None
