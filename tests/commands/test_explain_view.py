import pytest

from edgeproxy.commands import explain_view

SHOP = "cache policy Shop"


def part(kind, name, value, source):
    return {"kind": kind, "name": name, "value": value, "source": source}


def key(*more, path="/p", identity="1"):
    method = part("method", "", "GET", "GET and HEAD share an object, OPTIONS has its own")
    return {
        "id": identity,
        "parts": [part("distribution", "", "Site", "-"), part("path", "", path, "the URL's path"), *more, method],
    }


PAGE = part("query", "page", "2", f"{SHOP}: query strings all")


def story(outcome, why, then, *, method="GET", target="/p?page=2", status=200, x_cache="Miss", **changes):
    return {
        "request": {"method": method, "host": "localhost", "target": target, "headers": []},
        "distribution": "Site",
        "behavior": {"path_pattern": "*", "cache_policy": SHOP, "target_origin_id": "app"},
        "key": key(PAGE),
        "cache": {"outcome": outcome, "why": why, "not_stored": None},
        "next": then,
        "origins": [],
        "upstream": [],
        "functions": [],
        "console": [],
        "failover": [],
        "error": [],
        "custom_error_response": [],
        "not_honoured": [],
        "compressed": None,
        "not_compressed": None,
        "chosen": [],
        "answer": {
            "status": status,
            "x_cache": x_cache,
            "headers": [["Content-Type", "text/html"]],
            "body_bytes": 1234,
            "body_whole": True,
            "milliseconds": 12.34,
        },
        **changes,
    }


def run(name="Rewrite", **changes):
    whole = {"hook": "viewer-request", "name": name, "milliseconds": 0.031, "utilization": 7, "parts": None, "budget": None}
    return {**whole, "over_budget": False, "error": None, **changes}


NOTHING = "nothing was stored under this key"
FOR_A_MINUTE = "Hit, for 60 s (max-age=60)"
MISS = story("miss", NOTHING, FOR_A_MINUTE, origins=["app"])
HIT = story("hit", "stored 8 s ago", "Hit, for 52 s (max-age=60)", x_cache="Hit")

TEXTS = [
    pytest.param(
        {**HIT, "functions": [run()], "console": [{"function": "Rewrite", "line": "hello"}]},
        """\
GET /p?page=2  200  Hit from cloudfront

why         served from the cache: stored 8 s ago
next        Hit, for 52 s (max-age=60)

behavior    * of Site, cache policy Shop
key         path        /p   the URL's path
            query page  2    cache policy Shop: query strings all
            method      GET  GET and HEAD share an object, OPTIONS has its own

functions   viewer-request  Rewrite  0.03 ms, 7% compute utilization
console     Rewrite: hello

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="a hit",
    ),
    pytest.param(
        {**HIT, "key": key(), "chosen": [{"id": "if-match", "question": "`If-Match` on a Hit", "here": "ignored", "switch": ""}]},
        """\
GET /p?page=2  200  Hit from cloudfront

why         served from the cache: stored 8 s ago
next        Hit, for 52 s (max-age=60)

behavior    * of Site, cache policy Shop
key         path    /p   the URL's path
            method  GET  GET and HEAD share an object, OPTIONS has its own

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html

AWS does not say:
  If-Match on a Hit: ignored  (fidelity: if-match)""",
        id="a hit that rests on a choice",
    ),
    pytest.param(
        MISS,
        """\
GET /p?page=2  200  Miss from cloudfront

why         the origin was asked: nothing was stored under this key
next        Hit, for 60 s (max-age=60)

behavior    * of Site, cache policy Shop
key         path        /p   the URL's path
            query page  2    cache policy Shop: query strings all
            method      GET  GET and HEAD share an object, OPTIONS has its own

origin      app

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="a miss",
    ),
    pytest.param(
        story(
            "refresh", "the stored object expired 3 s ago (max-age=60); the origin answered 304", FOR_A_MINUTE,
            x_cache="RefreshHit", origins=["app"], key=key(),
        ),
        """\
GET /p?page=2  200  RefreshHit from cloudfront

why         the origin was asked whether its answer had changed: the stored object expired 3 s ago (max-age=60); the origin answered 304
next        Hit, for 60 s (max-age=60)

behavior    * of Site, cache policy Shop
key         path    /p   the URL's path
            method  GET  GET and HEAD share an object, OPTIONS has its own

origin      app

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="a refresh",
    ),
    pytest.param(
        story(
            "stale", "the origin failed with 502", "the stale object again, until the origin has answered",
            x_cache="RefreshHit", origins=["app"], key=key(), error=["origin app: connection refused"],
        ),
        """\
GET /p?page=2  200  RefreshHit from cloudfront

why         served from the cache past its time: the origin failed with 502
next        the stale object again, until the origin has answered

behavior    * of Site, cache policy Shop
key         path    /p   the URL's path
            method  GET  GET and HEAD share an object, OPTIONS has its own

origin      app
error       origin app: connection refused

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="a stale answer",
    ),
    pytest.param(
        story(
            "miss", NOTHING, "the same Error from the cache, for 10 s (Error Caching Minimum TTL 10)", status=404,
            x_cache="Error", key=key(path="/gone"), target="/gone", origins=["app", "app"],
            custom_error_response=["404 -> /404.html as 404"],
        ),
        """\
GET /gone  404  Error from cloudfront

why         the origin was asked: nothing was stored under this key
next        the same Error from the cache, for 10 s (Error Caching Minimum TTL 10)

behavior    * of Site, cache policy Shop
key         path    /gone  the URL's path
            method  GET    GET and HEAD share an object, OPTIONS has its own

origin      app
error page  404 -> /404.html as 404

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="an error page",
    ),
    pytest.param(
        story(
            "uncached", "POST is not cached", "the origin is asked again, every time", method="POST", target="/cart", key=None,
            origins=["app"],
        ),
        """\
POST /cart  200  Miss from cloudfront

why         the cache had no part in it: POST is not cached
next        the origin is asked again, every time

behavior    * of Site, cache policy Shop
key         none

origin      app

answer      1,234 bytes in 12.3 ms
            Content-Type: text/html""",
        id="a POST",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"compressed": "br: text/html, 5,000 bytes"}, "compressed  br: text/html, 5,000 bytes", id="compressed"),
        pytest.param({"not_compressed": "it has no Content-Type"}, "compressed  no: it has no Content-Type", id="why not"),
    ],
)
def test_what_was_done_about_compression_stands_above_the_answer(changes, line):
    assert f"\n\n{line}\nanswer      1,234 bytes" in explain_view.render({**MISS, **changes}, colour=False)


@pytest.mark.parametrize(("told", "text"), TEXTS)
def test_a_story_in_plain_words(told, text):
    assert explain_view.render(told, colour=False) == text


TWO = [
    pytest.param(
        MISS,
        story("miss", NOTHING, FOR_A_MINUTE, target="/p?page=3", key=key({**PAGE, "value": "3"}, identity="2")),
        """\
1  GET /p?page=2  200  Miss from cloudfront
   the origin was asked: nothing was stored under this key
2  GET /p?page=3  200  Miss from cloudfront
   the origin was asked: nothing was stored under this key

Two objects: one part of their keys differs.

  query page
    first   2
    second  3
    leave `page` out of the query strings of cache policy Shop (allExcept page instead of all) if the answer does not depend on it""",
        id="one part differs",
    ),
    pytest.param(
        MISS,
        HIT,
        """\
1  GET /p?page=2  200  Miss from cloudfront
   the origin was asked: nothing was stored under this key
2  GET /p?page=2  200  Hit from cloudfront
   served from the cache: stored 8 s ago

One object: both have the same cache key.""",
        id="one object",
    ),
]


@pytest.mark.parametrize(("first", "second", "text"), TWO)
def test_two_stories_in_plain_words(first, second, text):
    assert explain_view.compare(first, second, colour=False) == text


APP = {"origin": "app", "dns": 0.0, "connect": 1.2, "first_byte": 12.4}
TIMES = [
    pytest.param(["app"], [APP], ["app: dns 0 ms, connected in 1 ms, first byte after 12 ms"], id="an answer"),
    pytest.param(["app"], [], ["app"], id="no answer"),
    pytest.param(
        ["app", "other"],
        [{**APP, "origin": "other", "dns": 3.0}],
        ["app", "other: dns 3 ms, connected in 1 ms, first byte after 12 ms"],
        id="an answer of the second origin alone",
    ),
    pytest.param(
        ["app", "app"],
        [APP, {**APP, "connect": 0.0}],
        [
            "app: dns 0 ms, connected in 1 ms, first byte after 12 ms",
            "app: first byte after 12 ms",
        ],
        id="the same origin twice",
    ),
]


@pytest.mark.parametrize(("origins", "upstream", "lines"), TIMES)
def test_an_origin_tells_how_long_it_took(origins, upstream, lines):
    text = explain_view.render({**MISS, "origins": origins, "upstream": upstream}, colour=False)
    shown = text.split("\norigin      ")[1].split("\n\n")[0].splitlines()
    assert [line.strip() for line in shown] == lines


def uncached(why="POST is not cached"):
    return story("uncached", why, "-", key=None)


def not_stored(why):
    return {**MISS, "cache": {**MISS["cache"], "not_stored": why}}


VERDICTS = [
    pytest.param(
        MISS, story("miss", NOTHING, "-", key=key(path="/q")), "Two objects: 2 parts of their keys differ.", id="two parts"
    ),
    pytest.param(MISS, MISS, "But the second was no Hit: nothing was stored under this key.", id="the second was no Hit"),
    pytest.param(
        not_stored("401 is not cached"), MISS, "But nothing is shared: the answer is not stored (401 is not cached).",
        id="the answer is not stored",
    ),
    pytest.param(
        MISS, uncached(), "Nothing to share: the second has no cache key (POST is not cached).", id="the second is not cached"
    ),
    pytest.param(uncached(), uncached(), "Nothing to share: neither has a cache key (POST is not cached).", id="neither is"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "line"), VERDICTS)
def test_the_verdict_over_two(first, second, line):
    assert line in explain_view.compare(first, second, colour=False).splitlines()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"error": "Error: no"}, "0.03 ms, 7% compute utilization  Error: no", id="an error"),
        pytest.param(
            {"utilization": None, "parts": {"queue": 1, "init": 20.04, "handler": 8}, "budget": 5.0, "over_budget": True},
            "0.03 ms (queue 1.0, init 20.0, handler 8.0), OVER its budget of 5 ms",
            id="a handler over its budget",
        ),
    ],
)
def test_functions_tell_their_time_and_their_error(changes, line):
    assert explain_view.render({**HIT, "functions": [run(**changes)]}, colour=False).count(line) == 1


def test_colours_vanish_in_a_pipe_and_change_no_word():
    for text in (
        lambda colour: explain_view.render(HIT, colour=colour),
        lambda colour: explain_view.compare(MISS, HIT, colour=colour),
    ):
        coloured = text(True)
        assert "\x1b[32m200\x1b[0m" in coloured
        for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[36m"):
            coloured = coloured.replace(code, "")
        assert coloured == text(False)


def test_a_hostile_value_steers_no_terminal_and_has_an_end():
    hostile = part("header", "x", "\x1b[2J" + "a" * 9000, "-")
    told = story("miss", "\x1b[2J", "-", target="/\x9b", key=key(hostile), error=["a\nb"])
    for text in (explain_view.render(told, colour=False), explain_view.compare(told, MISS, colour=False)):
        assert all(character.isprintable() or character == "\n" for character in text)
        assert max(map(len, text.splitlines())) < 400


def test_what_has_no_behavior_says_so():
    told = story("error", "the URL has 9,000 bytes", "-", behavior=None, distribution=None, key=None, status=414)
    assert "behavior    none was chosen\nkey         none" in explain_view.render(told, colour=False)
