import pytest

from edgeproxy.messages import Headers
from edgeproxy.model import CachePolicy, CustomErrorResponse
from edgeproxy.rules import freshness, staleness
from edgeproxy.rules.staleness import Until

STORED, EXPIRES = 1000, 1060


def ttls(*policy, errors=()):
    return freshness.compile(CachePolicy("P", *(policy or (0, 60, 600))), errors)


def cc(text):
    return ("Cache-Control", text)


def until(text, policy=(0, 60, 600), *headers):
    return staleness.until(ttls(*policy), Headers([cc(text), *headers]), STORED, EXPIRES)


NOT_MEANWHILE, WHOLE_MAX_TTL = EXPIRES, STORED + 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("max-age=60", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="CF-44 while the origin fails, up to Max TTL"),
        pytest.param("max-age=60, stale-if-error=0", Until(NOT_MEANWHILE, EXPIRES), id="CF-45 never with stale-if-error=0"),
        pytest.param("stale-if-error=90", Until(NOT_MEANWHILE, EXPIRES + 90), id="stale-if-error counts from expiry"),
        pytest.param("stale-if-error=5000", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="but never past Max TTL"),
        pytest.param("stale-if-error=x", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="a malformed one is none"),
        pytest.param("stale-while-revalidate=30", Until(EXPIRES + 30, WHOLE_MAX_TTL), id="stale-while-revalidate too"),
        pytest.param("stale-while-revalidate=5000", Until(WHOLE_MAX_TTL, WHOLE_MAX_TTL), id="never past Max TTL either"),
        pytest.param("must-revalidate", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="must-revalidate means nothing"),
        pytest.param("no-store", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="no-store while the origin fails"),
        pytest.param(
            "private, stale-while-revalidate=30", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="private is not served meanwhile"
        ),
        pytest.param("no-cache, stale-while-revalidate=30", Until(NOT_MEANWHILE, WHOLE_MAX_TTL), id="nor is no-cache"),
    ],
)
def test_how_long_an_expired_object_may_be_served(text, expected):
    assert until(text) == expected


def test_a_min_ttl_overrules_what_forbids_the_cache():
    assert until("no-cache, stale-while-revalidate=30", (1, 60, 600)).revalidating == EXPIRES + 30


def test_an_object_that_varies_by_everything_is_not_served_meanwhile():
    assert until("stale-while-revalidate=30", (0, 60, 600), ("Vary", "*")).revalidating == EXPIRES


def test_a_failing_origin_is_left_alone_for_error_caching_min_ttl():
    compiled = ttls(errors=[CustomErrorResponse(503, error_caching_min_ttl=3)])
    assert [staleness.left_alone(compiled, status) for status in (503, 502)] == [3, 10]


def conditions(headers, *policy, cookies_forwarded=False):
    return staleness.revalidation(ttls(*policy), headers, cookies_forwarded).conditions


VALIDATORS = Headers([("ETag", '"a"'), ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Date", "x")])


def test_cf_24_a_stale_object_is_asked_for_by_its_validators():
    """CF-24"""
    assert conditions(VALIDATORS) == (
        ("If-None-Match", '"a"'),
        ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
    )


def test_cf_25_not_when_cookies_are_forwarded():
    """CF-25"""
    assert conditions(VALIDATORS, cookies_forwarded=True) == ()


def test_nor_without_validators():
    assert conditions(Headers([("Date", "x")])) == ()


def test_a_304_refreshes_all_but_what_belongs_to_the_body():
    stored = Headers(
        [("Date", "old"), ("Content-Type", "text/css"), ("Content-Length", "5"), ("Cache-Control", "max-age=1"), ("X", "1")]
    )
    fresh = Headers(
        [("date", "new"), ("Content-Type", "text/html"), ("Content-Length", "0"), ("Cache-Control", "max-age=2"), ("Y", "1")]
    )
    assert staleness.refreshed(stored, fresh) == Headers([
        ("Content-Type", "text/css"), ("Content-Length", "5"), ("X", "1"), ("date", "new"), ("Cache-Control", "max-age=2"), ("Y", "1"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "fresh", "after"),
    [
        pytest.param('"a"', '"b"', '"b"', id="the new ETag"),
        pytest.param('W/"a"', '"a"', 'W/"a"', id="the weak one of a compressed object stays weak"),
    ],
)
def test_the_etag_of_a_refreshed_object(stored, fresh, after):
    assert staleness.refreshed(Headers([("ETag", stored)]), Headers([("ETag", fresh)])).get_all("etag") == [after]


@pytest.mark.parametrize(
    ("stored", "fresh", "after"),
    [
        pytest.param("Accept-Encoding", "Origin", ["Origin, Accept-Encoding"], id="it still varies by coding"),
        pytest.param("Accept-Encoding", None, ["Accept-Encoding"], id="though the 304 has no Vary"),
        pytest.param("Cookie", "Origin", ["Origin"], id="another Vary is replaced"),
        pytest.param(None, None, [], id="none"),
    ],
)
def test_the_vary_of_a_refreshed_object(stored, fresh, after):
    before, new = (Headers([("Vary", vary)] if vary else []) for vary in (stored, fresh))
    assert staleness.refreshed(before, new).get_all("vary") == after


@pytest.mark.parametrize(
    ("line", "minimum", "conditional"),
    [
        pytest.param(cc("no-store"), 0, False, id="no-store is asked for anew"),
        pytest.param(cc("private"), 0, False, id="so is private"),
        pytest.param(("Vary", "*"), 0, False, id="so is Vary: *"),
        pytest.param(cc("no-cache"), 0, True, id="no-cache is revalidated"),
        pytest.param(cc("max-age=0"), 0, True, id="so is max-age=0"),
        pytest.param(cc("no-store"), 1, True, id="with a Min TTL so is no-store"),
        pytest.param(("Vary", "*"), 1, True, id="and Vary: *"),
    ],
)
def test_what_is_revalidated_and_what_is_asked_for_anew(line, minimum, conditional):
    assert bool(conditions(Headers([("ETag", '"a"'), line]), minimum, 60, 600)) is conditional


@pytest.mark.parametrize(
    ("headers", "cookies_forwarded", "reason"),
    [
        pytest.param(VALIDATORS, True, "no conditional request where cookies are forwarded", id="CF-25 cookies"),
        pytest.param(Headers([cc("no-store"), *VALIDATORS]), False, "no conditional request for no-store", id="no-store"),
        pytest.param(Headers([("Vary", "*"), *VALIDATORS]), False, "no conditional request for Vary: *", id="Vary: *"),
        pytest.param(Headers(), False, "it has neither ETag nor Last-Modified to revalidate it by", id="no validator"),
        pytest.param(VALIDATORS, False, "", id="revalidated"),
    ],
)
def test_why_an_object_is_asked_for_anew(headers, cookies_forwarded, reason):
    assert staleness.revalidation(ttls(), headers, cookies_forwarded).anew == reason
