import pytest

from edgeproxy.messages import Headers
from edgeproxy.model import CacheBehavior, CachePolicy, CustomErrorResponse, ForwardedValues, OriginRequestPolicy, Selection
from edgeproxy.rules import cache_key, freshness
from edgeproxy.rules.dates import http_date
from edgeproxy.rules.freshness import Verdict

NOW = 1_700_000_000
CACHING_OPTIMIZED = (1, 86400, 31536000)


def judge(ttls, *lines, status=200, errors=()):
    policy = CachePolicy("P", *ttls)
    return freshness.judge(freshness.compile(policy, errors), status, Headers(lines), NOW)


def cc(text):
    return ("Cache-Control", text)


def expires(seconds):
    return ("Expires", http_date(NOW + seconds))


@pytest.mark.parametrize(
    ("ttls", "lines", "verdict"),
    [
        pytest.param((0, 60, 600), (), Verdict(True, 60, "Default TTL 60"), id="CF-16 nothing stated: Default TTL"),
        pytest.param(
            (0, 60, 600),
            (cc("max-age=3600"),),
            Verdict(True, 600, "max-age=3600, capped by Max TTL 600"),
            id="CF-17 Max TTL caps",
        ),
        pytest.param(
            (300, 600, 900),
            (cc("max-age=5"),),
            Verdict(True, 300, "max-age=5, raised to Min TTL 300"),
            id="CF-18 Min TTL raises",
        ),
        pytest.param(
            (0, 600, 900), (cc("max-age=100, s-maxage=5"),), Verdict(True, 5, "s-maxage=5"), id="CF-19 s-maxage decides"
        ),
        pytest.param(
            CACHING_OPTIMIZED,
            (cc("no-store"),),
            Verdict(True, 1, "no-store, overruled by Min TTL 1"),
            id="CF-20 no-store lives for Min TTL 1",
        ),
        pytest.param(
            (0, 60, 600), (cc("private"),), Verdict(True, 0, "private"), id="CF-21 private with Min TTL 0 has expired at once"
        ),
        pytest.param(
            (0, 60, 600), (cc("no-store, max-age=9"),), Verdict(True, 0, "no-store"), id="no-store even beside max-age"
        ),
        pytest.param(
            (0, 60, 600), (cc("no-cache, max-age=9"),), Verdict(True, 0, "no-cache"), id="no-cache is kept and revalidated"
        ),
        pytest.param((0, 60, 600), (cc("max-age=0"),), Verdict(True, 0, "max-age=0"), id="max-age=0 is kept and revalidated"),
        pytest.param((0, 60, 600), (expires(-9),), Verdict(True, 0, "Expires in the past"), id="CF-22 Expires in the past"),
        pytest.param((0, 60, 600), (expires(57),), Verdict(True, 57, "Expires in 57 s"), id="Expires alone"),
        pytest.param(
            (0, 60, 600), (("Expires", "0"),), Verdict(True, 0, "invalid Expires"), id="an invalid Expires has expired"
        ),
        pytest.param((0, 60, 600), (cc("max-age=9"), expires(57)), Verdict(True, 9, "max-age=9"), id="max-age before Expires"),
        pytest.param((0, 60, 600), (cc("public"),), Verdict(True, 60, "Default TTL 60"), id="CF-23 public alone: Default TTL"),
        pytest.param(
            (0, 60, 600), (cc("max-age=x"),), Verdict(True, 60, "Default TTL 60"), id="a malformed max-age: Default TTL"
        ),
        pytest.param(
            (90, 60, 600), (), Verdict(True, 90, "Default TTL 60, raised to Min TTL 90"), id="Min TTL above Default TTL"
        ),
        pytest.param((0, 60, 600), (("Last-Modified", http_date(0)),), Verdict(True, 60, "Default TTL 60"), id="no heuristics"),
        pytest.param((0, 60, 600), (("Pragma", "no-cache"),), Verdict(True, 60, "Default TTL 60"), id="Pragma means nothing"),
        pytest.param((0, 60, 600), (("Vary", "Accept, *"),), Verdict(True, 0, "Vary: *"), id="Vary: * with Min TTL 0"),
        pytest.param((1, 60, 600), (("Vary", "*"),), Verdict(True, 60, "Default TTL 60"), id="Vary: * with Min TTL 1"),
        pytest.param(
            (0, 60, 600), (cc('no-cache="Set-Cookie"'),), Verdict(True, 60, "Default TTL 60"), id="no-cache for a field"
        ),
        pytest.param((0, 0, 0), (cc("max-age=9"),), Verdict(False, 0, "caching is disabled"), id="CachingDisabled"),
    ],
)
def test_the_ttl_of_a_200(ttls, lines, verdict):
    assert judge(ttls, *lines) == verdict


@pytest.mark.parametrize(
    ("status", "lines", "store", "ttl"),
    [
        pytest.param(302, (), True, 60, id="CF-62 a 302 is cached by TTL"),
        pytest.param(307, (), False, 0, id="CF-63 a 307 without Cache-Control is not cached"),
        pytest.param(307, (expires(30),), False, 0, id="Expires does not help a 307"),
        pytest.param(308, (cc("max-age=9"),), True, 9, id="a 308 with Cache-Control is cached"),
        pytest.param(304, (cc("max-age=9"),), False, 0, id="a 304 is never stored"),
        pytest.param(206, (cc("max-age=9"),), False, 0, id="a 206 is never stored"),
        pytest.param(416, (cc("max-age=9"),), False, 0, id="a 416 is never stored"),
        pytest.param(101, (), False, 0, id="a 101 is never stored"),
        pytest.param(999, (), False, 0, id="an invented status is never stored"),
        pytest.param(404, (), True, 10, id="CF-41 a 404 lives for 10 seconds"),
        pytest.param(404, (cc("no-store"),), False, 0, id="CF-43 a 404 with no-store is not cached"),
        pytest.param(503, (cc("no-store"),), True, 10, id="a 503 with no-store is cached all the same"),
        pytest.param(404, (cc("max-age=5"),), True, 10, id="Error Caching Minimum TTL is a minimum"),
        pytest.param(500, (cc("max-age=50"),), True, 50, id="an error's own max-age may be longer"),
        pytest.param(500, (expires(50),), True, 50, id="so may its Expires"),
        pytest.param(500, (cc("max-age=5000"),), True, 600, id="Max TTL caps errors"),
        pytest.param(403, (), False, 0, id="a bare 403 is not cached"),
        pytest.param(403, (expires(50),), False, 0, id="nor is one with Expires alone"),
        pytest.param(403, (cc("s-maxage=50"),), True, 50, id="a 403 with s-maxage is cached"),
        pytest.param(401, (cc("max-age=50"),), False, 0, id="a 401 is not cached"),
    ],
)
def test_other_statuses(status, lines, store, ttl):
    verdict = judge((0, 60, 600), *lines, status=status)
    assert (verdict.store, verdict.ttl) == (store, ttl)


def test_cf_42_an_error_caching_minimum_ttl_of_0_caches_no_error():
    """CF-42"""
    items = [CustomErrorResponse(404, error_caching_min_ttl=0), CustomErrorResponse(500, error_caching_min_ttl=30)]
    assert not judge((0, 60, 600), status=404, errors=items).store
    assert judge((0, 60, 600), status=500, errors=items) == Verdict(True, 30, "Error Caching Minimum TTL 30")


def test_a_bucket_s_errors_live_for_a_second_at_least():
    ttls = freshness.compile(CachePolicy("P", 0, 60, 600), [CustomErrorResponse(404, error_caching_min_ttl=0)], s3=True)
    assert freshness.judge(ttls, 404, Headers(), NOW) == Verdict(True, 1, "Error Caching Minimum TTL 1")


def test_a_capped_error_says_so():
    assert judge((0, 3, 3), status=404) == Verdict(True, 3, "Error Caching Minimum TTL 10, capped by Max TTL 3")


def test_errors_are_not_cached_with_caching_disabled():
    assert not judge((0, 0, 0), status=404).store


def test_legacy_settings_that_forward_all_headers_cache_nothing():
    assert not freshness.judge(freshness.compile(ForwardedValues(headers=("*",)), ()), 200, Headers(), NOW).store
    assert freshness.judge(freshness.compile(ForwardedValues(), ()), 200, Headers(), NOW).ttl == 86400


@pytest.mark.parametrize(
    ("stored", "now", "seconds"),
    [pytest.param(100.2, 109.9, 9, id="whole seconds"), pytest.param(109, 100, 0, id="a clock set back is no negative age")],
)
def test_age(stored, now, seconds):
    assert freshness.age(stored, now) == seconds


def test_fields_named_by_no_cache_are_not_stored():
    headers = Headers([cc('no-cache="set-cookie"'), ("Set-Cookie", "a=1"), ("X", "1")])
    assert freshness.storable(headers) == Headers([cc('no-cache="set-cookie"'), ("X", "1")])


def test_nothing_is_copied_when_all_is_stored():
    headers = Headers([cc("max-age=1")])
    assert freshness.storable(headers) is headers


@pytest.mark.parametrize(
    ("policy", "orp", "collapsible"),
    [
        pytest.param(CachePolicy("P"), None, True, id="CF-57 requests for one key wait for the first"),
        pytest.param(CachePolicy("CachingDisabled", 0, 0, 0), None, False, id="CF-57 not with CachingDisabled"),
        pytest.param(CachePolicy("P", cookies=Selection("all")), None, False, id="not when the key has cookies"),
        pytest.param(
            CachePolicy("P"), OriginRequestPolicy("O", cookies=Selection("all")), False, id="nor when cookies are sent on"
        ),
    ],
)
def test_collapsing(policy, orp, collapsible):
    recipe = cache_key.compile(CacheBehavior("*", "app", policy, origin_request_policy=orp))
    assert freshness.collapsible(recipe) is collapsible


@pytest.mark.parametrize(
    ("text", "shared"), [("no-cache", False), ("private", False), ("max-age=0", False), ("max-age=1", True)]
)
def test_waiters_share_only_what_is_fresh(text, shared):
    assert judge((0, 60, 600), cc(text)).for_waiters is shared
