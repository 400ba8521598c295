"""Expired objects on their way through the pipeline: revalidated, served stale, or replaced by an error."""

import asyncio

import pytest
from kit import House, Origins, behavior, distribution, policy, respond

from edgeproxy.errors import OriginError
from edgeproxy.messages import Headers, Response, Stream
from edgeproxy.model import CacheSettings, CustomErrorResponse, Selection, Settings
from edgeproxy.rules import outcome

UNREACHABLE = OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError")
OLD = (b"old", ("Cache-Control", "max-age=1"), ("ETag", '"a"'))


def house_of(*answers, cache=None, errors=(), settings=None, **parts):
    """`/x` gives these answers one after the other, the last one for ever."""
    left = list(answers)

    def next_answer(request):
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer(request) if callable(answer) else answer

    origins = Origins(x=next_answer)
    site = distribution(default=behavior(cache=cache or policy(0, 1, 600), **parts), custom_error_responses=errors)
    return House(site, origins=origins, settings=settings)


async def settled(house):
    for _ in range(30):
        await asyncio.sleep(0)
    return len(house.origins.asked)


def said(seen):
    return seen.status, seen.body, seen.x_cache, seen["Age"]


STALE = (200, b"old", "RefreshHit", None)


@pytest.mark.parametrize("failure", [pytest.param(respond(503, b"no"), id="503"), pytest.param(UNREACHABLE, id="unreachable")])
async def test_cf_44_a_failing_origin_is_covered_for_and_left_alone_for_error_caching_min_ttl(failure):
    """CF-44"""
    house = house_of(respond(200, *OLD), failure)
    await house.get("/x")
    for seconds, asked in ((2, 2), (1, 2), (8.9, 2), (0.2, 3)):
        house.clock.time += seconds
        assert said(await house.get("/x")) == STALE
        assert len(house.origins.asked) == asked
    assert (await house.send("HEAD", "/x")).x_cache == "RefreshHit"


async def test_cf_45_not_with_stale_if_error_0():
    """CF-45"""
    house = house_of(respond(200, b"old", ("Cache-Control", "max-age=1, stale-if-error=0")), respond(503, b"no"))
    await house.get("/x")
    house.clock.time += 2
    seen = await house.get("/x")
    assert (seen.status, seen.body, seen.x_cache) == (503, b"no", "Error")


async def test_cf_46_a_404_takes_the_place_of_the_object():
    """CF-46"""
    house = house_of(respond(200, *OLD), respond(404, b"gone"), respond(503, b"no"))
    await house.get("/x")
    house.clock.time += 2
    assert (await house.get("/x")).status == 404
    house.clock.time += 11
    assert (await house.get("/x")).status == 503


async def test_a_stale_object_goes_before_a_custom_error_page():
    errors = [CustomErrorResponse(503, "/page", 200, error_caching_min_ttl=5)]
    house = house_of(respond(200, *OLD), respond(503, b"no"), errors=errors)
    await house.get("/x")
    house.clock.time += 2
    assert said(await house.get("/x")) == STALE
    house.clock.time += 4.9
    await house.get("/x")
    assert house.origins.paths == ["/x", "/x"]
    house.clock.time += 0.2
    await house.get("/x")
    assert house.origins.paths == ["/x"] * 3


async def test_past_max_ttl_there_is_no_stale_object():
    house = house_of(respond(200, *OLD), respond(503, b"no"), cache=policy(0, 1, 100))
    await house.get("/x")
    house.clock.time += 99
    assert said(await house.get("/x")) == STALE
    house.clock.time += 2
    assert (await house.get("/x")).status == 503


async def test_private_and_no_store_objects_are_kept_for_when_the_origin_fails():
    answer = respond(200, b"old", ("Cache-Control", "private"), ("ETag", '"a"'))
    house = house_of(answer, answer, UNREACHABLE)
    assert [(await house.get("/x")).x_cache for _ in range(2)] == ["Miss", "Miss"]
    assert [request.headers.get("if-none-match") for _, request in house.origins.asked] == [None, None]
    assert said(await house.get("/x")) == STALE


async def test_a_head_that_fails_leaves_the_origin_alone_too():
    house = house_of(respond(200, *OLD), respond(503, b"no"))
    await house.get("/x")
    house.clock.time += 2
    assert [(await house.send(method, "/x")).x_cache for method in ("HEAD", "GET")] == ["RefreshHit"] * 2
    assert len(house.origins.asked) == 2


async def test_vary_by_everything_reaches_the_origin_each_time():
    house = house_of(respond(200, b"old", ("Vary", "*"), ("ETag", '"a"')), cache=policy(0, 60, 600))
    assert [(await house.get("/x")).x_cache for _ in range(2)] == ["Miss", "Miss"]
    assert "if-none-match" not in house.origins.asked[1][1].headers


async def test_an_origin_that_recovers_is_noticed():
    house = house_of(respond(200, *OLD), respond(503, b"no"), respond(200, b"new"))
    await house.get("/x")
    house.clock.time += 2
    await house.get("/x")
    house.clock.time += 10
    assert (await house.get("/x")).body == b"new"


async def test_many_viewers_of_a_failing_origin_share_one_stale_answer():
    house = house_of(respond(200, *OLD), respond(503, b"no"))
    await house.get("/x")
    house.clock.time += 2
    answers = await asyncio.gather(*(house.get("/x") for _ in range(10)))
    assert [said(seen) for seen in answers] == [STALE] * 10
    assert len(house.origins.asked) == 2


async def test_stale_while_revalidate_answers_at_once_and_asks_the_origin_behind_it():
    old = respond(200, b"old", ("Cache-Control", "max-age=1, stale-while-revalidate=30"))
    house = house_of(old, respond(200, b"new", ("Cache-Control", "max-age=60")))
    await house.get("/x")
    house.clock.time += 5
    assert said(await house.get("/x", ("If-None-Match", '"v"'), ("Range", "bytes=0-0"))) == (206, b"o", "Hit", "5")
    assert await settled(house) == 2
    asked = house.origins.asked[1][1].headers
    assert ("range" in asked, "if-none-match" in asked) == (False, False)
    assert said(await house.get("/x")) == (200, b"new", "Hit", "0")


async def test_stale_while_revalidate_asks_once_for_many_viewers():
    old = respond(200, b"old", ("Cache-Control", "max-age=1, stale-while-revalidate=30"))
    house = house_of(old, respond(200, b"new"))
    await house.get("/x")
    house.clock.time += 5
    assert {(await house.get("/x")).body for _ in range(10)} <= {b"old", b"new"}
    assert await settled(house) == 2


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="endless"),
        pytest.param((("Content-Length", "100000"),), id="said to be too large"),
        pytest.param((("Cache-Control", "no-cache"),), id="endless, and for revalidation alone"),
    ],
)
async def test_a_refresh_in_the_background_ends_at_what_is_too_large(headers):
    closed = []

    class Source:
        async def close(self):
            closed.append(True)

    async def endless():
        while True:
            yield b"x" * 1000

    length = 100_000 if "Content-Length" in dict(headers) else None
    old = respond(200, b"old", ("Cache-Control", "max-age=1, stale-while-revalidate=30"))
    house = house_of(
        old,
        lambda request: Response(200, Headers(headers), Stream(endless(), length, Source())),
        settings=Settings(cache=CacheSettings(max_object=5000)),
    )
    await house.get("/x")
    house.clock.time += 5
    assert (await house.get("/x")).body == b"old"
    await settled(house)
    assert closed
    assert not house.collapse._under_way


async def test_a_refresh_in_the_background_that_fails_leaves_the_origin_alone():
    old = respond(200, b"old", ("Cache-Control", "max-age=1, stale-while-revalidate=30"))
    house = house_of(old, UNREACHABLE)
    await house.get("/x")
    house.clock.time += 5
    await house.get("/x")
    assert await settled(house) == 2
    assert said(await house.get("/x")) == STALE
    assert await settled(house) == 2


async def test_the_stored_validators_take_the_place_of_the_viewers_own():
    house = house_of(respond(200, *OLD), respond(304, b"", ("Cache-Control", "max-age=9")))
    await house.get("/x")
    house.clock.time += 2
    seen = await house.get("/x", ("If-None-Match", '"b"'), ("If-Modified-Since", "x"))
    assert said(seen) == (200, b"old", "RefreshHit", None)
    asked = house.origins.asked[1][1].headers
    assert (asked.get_all("if-none-match"), "if-modified-since" in asked) == (['"a"'], False)


async def test_conditions_on_a_cold_key_are_for_the_origin_and_its_304_is_not_stored():
    def origin(request):
        return respond(304, b"") if "if-none-match" in request.headers else respond(200, b"new")

    house = house_of(origin)
    house.origins.answers["/x"] = origin
    assert said(await house.get("/x", ("If-None-Match", '"b"'))) == (304, b"", "Miss", None)
    assert said(await house.get("/x")) == (200, b"new", "Miss", None)


async def test_a_412_to_a_viewers_own_condition_is_not_for_others():
    failed = respond(412, b"no", ("Cache-Control", "max-age=60"))
    house = house_of(failed, respond(200, b"new"))
    assert (await house.get("/x", ("If-Match", '"b"'))).status == 412
    assert (await house.get("/x")).status == 200


async def test_cf_55_set_cookie_is_replayed_to_everyone_with_the_same_key_where_cookies_are_forwarded():
    """CF-55"""
    answer = respond(200, b"hello", ("Set-Cookie", "session=1"), ("Cache-Control", "max-age=60"))
    house = house_of(answer, cache=policy(0, 60, 600, cookies=Selection("all")))
    seen = [await house.get("/x") for _ in range(2)]
    assert [(each.x_cache, each["Set-Cookie"]) for each in seen] == [("Miss", "session=1"), ("Hit", "session=1")]


async def test_an_unreachable_origin_is_remembered_like_its_own_errors():
    house = house_of(UNREACHABLE, respond(200, b"up"))
    first, second = await house.get("/x"), await house.get("/x")
    assert (first.status, first.x_cache, first["Age"]) == (502, "Error", None)
    assert (second.status, second.x_cache, second["Age"], second.body) == (502, "Error", "0", first.body)
    house.clock.time += 11
    assert (await house.get("/x")).body == b"up"


async def test_a_field_that_is_not_to_be_stored_is_not_stored_with_a_304_either():
    control, tag = ("Cache-Control", 'max-age=5, no-cache="X-Token"'), ("ETag", '"e"')
    house = house_of(
        respond(200, b"page", control, tag, ("X-Token", "1")),
        respond(304, b"", control, tag, ("X-Token", "2")),
        cache=policy(0, 1, 60),
    )
    seen = []
    for _ in range(2):
        seen += [await house.get("/x"), await house.get("/x")]
        house.clock.time += 6
    assert [(each.x_cache, each["X-Token"]) for each in seen] == [
        ("Miss", "1"),
        ("Hit", None),
        ("RefreshHit", "2"),
        ("Hit", None),
    ]


async def test_why_it_was_asked_for_anew_is_told():
    house = house_of(respond(200, *OLD), respond(200, b"new"), cache=policy(0, 1, 600, cookies=Selection("all")))
    await house.get("/x")
    house.clock.time += 3
    await house.get("/x")
    assert outcome.tell(house.exchange) == (
        "miss",
        "the stored object expired 2 s ago (max-age=1); no conditional request where cookies are forwarded",
    )


async def test_the_origin_is_left_alone_no_longer_than_the_object_may_be_stale():
    house = house_of(respond(200, *OLD), respond(503, b"no"), cache=policy(0, 1, 5))
    await house.get("/x")
    house.clock.time += 2
    assert said(await house.get("/x")) == STALE
    house.clock.time += 4
    assert (await house.get("/x")).status == 503


async def test_a_viewer_who_comes_before_the_fetch_has_begun_shares_it():
    house = House(origins=Origins(x=respond(200, b"new")))
    first = house.passage("GET", "/x").run()
    first.send(None)
    assert (await house.get("/x")).x_cache == "Hit"
    with pytest.raises(StopIteration) as ended:
        first.send(None)
    assert (ended.value.value.x_cache, len(house.origins.asked)) == ("Miss", 1)


async def test_the_fetch_of_a_viewer_who_left_before_it_had_begun_goes_on():
    house = House(origins=Origins(x=respond(200, b"new")))
    first = house.passage("GET", "/x").run()
    first.send(None)
    first.close()
    await settled(house)
    assert ((await house.get("/x")).x_cache, len(house.origins.asked)) == ("Hit", 1)
