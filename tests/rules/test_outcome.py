import pytest

from edgeproxy.exchange import Exchange, FunctionRun, Lookup
from edgeproxy.messages import Headers, Response
from edgeproxy.ports import Entry
from edgeproxy.rules import outcome
from edgeproxy.rules.freshness import Verdict

NOW = 1_000_000.0


def exchange(*facts, method="GET"):
    record = Exchange(method, "/", 0.0)
    for name, value in facts:
        record.note(name, value)
    return record


KEY = ("key", "Site\n/\nGET")
NOTHING = ("lookup", Lookup("nothing stored", NOW))


def found(words, age=10, left=50, why="max-age=60"):
    return ("lookup", Lookup(words, NOW, NOW - age, NOW + left, why))


def ttl(store, seconds, why):
    return ("ttl", Verdict(store, seconds, why))


REWRITE = ("function", FunctionRun("viewer-request", "Rewrite", "function", 0.1))
RETRY = "expired, the origin failed and is asked again in 9 s"

TOLD = [
    pytest.param(
        [KEY, found("fresh")], "hit", "stored 10 s ago", "Hit, for 50 s (max-age=60)", id="a fresh object"
    ),
    pytest.param(
        [KEY, NOTHING, ttl(True, 60, "Default TTL 60")], "miss", "nothing was stored under this key",
        "Hit, for 60 s (Default TTL 60)", id="nothing stored",
    ),
    pytest.param(
        [KEY, found("expired", 60, -3), ttl(True, 60, "max-age=60")], "miss", "the stored object expired 3 s ago (max-age=60)",
        "Hit, for 60 s (max-age=60)", id="an expired object that the origin sent anew",
    ),
    pytest.param(
        [KEY, found("expired", 5, -5, "no-cache"), ttl(True, 0, "no-cache")], "miss",
        "the stored object had expired at once (no-cache)",
        "the origin is asked again: the object is stored, but expires at once (no-cache)", id="an object that is never fresh",
    ),
    pytest.param(
        [KEY, found("expired", 60, -3), ttl(True, 60, "max-age=60"), ("revalidated", "the origin answered 304")], "refresh",
        "the stored object expired 3 s ago (max-age=60); the origin answered 304", "Hit, for 60 s (max-age=60)",
        id="an expired object that was still good",
    ),
    pytest.param(
        [KEY, found("expired", 60, -3), ("error", "refused"), ("stale", "the origin failed with 502")], "stale",
        "the origin failed with 502", "the stale object again, until the origin has answered", id="a stale object",
    ),
    pytest.param(
        [KEY, found(RETRY, 60, -3)], "stale",
        "the stored object expired 3 s ago (max-age=60), the origin failed and is asked again in 9 s",
        "the stale object again, until the origin has answered", id="a stale object while the origin is left alone",
    ),
    pytest.param(
        [KEY, NOTHING, ("collapsed", "waited for another viewer's request")], "collapsed", "waited for another viewer's request",
        "Hit, for as long as that answer may be stored", id="an answer that another viewer caused",
    ),
    pytest.param(
        [KEY, NOTHING, ttl(False, 0, "401 is not cached")], "miss", "nothing was stored under this key",
        "the origin is asked again: this answer is not stored (401 is not cached)", id="an answer that is not stored",
    ),
    pytest.param(
        [KEY, NOTHING, ttl(True, 60, "max-age=60"), ("not stored", "too large")], "miss", "nothing was stored under this key",
        "the origin is asked again: this answer is not stored (too large)", id="an answer too large to be stored",
    ),
    pytest.param(
        [("lookup", Lookup("POST is not cached", NOW))], "uncached", "POST is not cached",
        "the origin is asked again, every time", id="a POST",
    ),
    pytest.param(
        [REWRITE], "answered", "Rewrite answered at viewer-request", "the same again: neither the cache nor the origin is asked",
        id="a function's answer",
    ),
    pytest.param(
        [], "answered", "a redirect of the viewer protocol policy", "the same again: neither the cache nor the origin is asked",
        id="a redirect",
    ),
    pytest.param(
        [REWRITE, ("error", "Error: no (index.js:1)")], "error", "Error: no (index.js:1)",
        "the same again: neither the cache nor the origin is asked", id="a function that failed",
    ),
    pytest.param(
        [KEY, found("fresh"), (outcome.CUSTOM_ERROR_RESPONSE, "404 -> /404.html as 404"), KEY, NOTHING, ttl(True, 1, "page's")],
        "hit", "stored 10 s ago", "Hit, for 50 s (max-age=60)", id="what is noted of the error page does not count",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "name", "why", "then"), TOLD)
def test_what_the_cache_did_and_what_comes_next_in_words(facts, name, why, then):
    record = exchange(*facts)
    assert outcome.tell(record) == (name, why)
    assert outcome.next_time(record) == then


@pytest.mark.parametrize("noted", [("compressed", "br: text/html, 5,000 bytes"), ("not compressed", "it has no Content-Type")])
def test_a_hit_tells_how_it_was_stored(noted):
    entry = Entry(Response(200, Headers()), NOW - 10, NOW + 50, 200, 0, compression=noted)
    assert dict([noted]).items() <= outcome.facts(exchange(("hit", (entry, NOW)))).items()
    assert outcome.facts(exchange(("hit", (entry._replace(compression=None), NOW)))).keys() == {"lookup"}


def test_a_head_fills_no_cache():
    then = outcome.next_time(exchange(KEY, NOTHING, method="HEAD"))
    assert then == "the origin is asked again: only a GET fills the cache"


def test_a_stored_error_is_no_hit():
    record = exchange(KEY, NOTHING, ttl(True, 10, "Error Caching Minimum TTL 10"))
    record.x_cache = "Error"
    assert outcome.next_time(record) == "the same Error from the cache, for 10 s (Error Caching Minimum TTL 10)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"), (0, "0 s"), (0.4, "less than 1 s"), (119.9, "119 s"), (120, "2 min"), (299.9, "5 min"), (7199, "120 min"), (7200, "2 h"),
        (172_800, "2 days"), (31_536_000, "365 days"),
    ],
)  # fmt: skip
def test_spans_are_read_at_a_glance(seconds, words):
    assert outcome.span(seconds) == words
