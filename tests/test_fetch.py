import asyncio

import pytest
from kit import House, Origins, behavior, chunks_of, distribution, policy, respond

from edgeproxy.messages import BodyBroken, Headers, Response, Stream
from edgeproxy.model import Origin


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_entry_is_charged_for_key_headers_and_body():
    house = House(origins=Origins(x=respond(200, b"x" * 5000)))
    await house.get("/x")
    entry = house.ports.cache.get(house.exchange.get("key"))
    assert 5000 < entry.size < 5000 + 2000


async def test_what_broke_off_is_not_stored():
    async def broken():
        yield b"part"
        raise BodyBroken("the origin closed")

    house = House(origins=Origins(x=lambda request: Response(200, Headers(), Stream(broken(), None))))
    answer = await house.passage("GET", "/x").run()
    with pytest.raises(BodyBroken, match="the origin closed"):
        [chunk async for chunk in answer.body.chunks()]
    await settled()
    assert house.ports.cache.get(house.exchange.get("key")) is None


async def test_the_body_of_the_origin_is_let_go_of_whatever_happens():
    closed = []

    class Source:
        async def close(self):
            closed.append(True)

    house = House(origins=Origins(x=lambda request: Response(200, Headers(), Stream(chunks_of(b"abc"), None, Source()))))
    await house.get("/x")
    await settled()
    assert closed == [True]


async def test_the_origin_is_asked_with_conditions_only_for_a_stale_success():
    origins = Origins(x=respond(404, b"gone", ("ETag", '"e"')))
    house = House(origins=origins)
    await house.get("/x")
    house.clock.time += 11
    await house.get("/x")
    assert [request.headers.get("if-none-match") for _, request in origins.asked] == [None, None]


async def test_no_cache_set_cookie_reaches_the_first_viewer_alone():
    from edgeproxy.model import Selection

    cache = policy(cookies=Selection("all"))
    headers = (("Cache-Control", 'no-cache="Set-Cookie", max-age=60'), ("Set-Cookie", "s=1"))
    house = House(distribution(default=behavior(cache=cache)), origins=Origins(x=respond(200, b"a", *headers)))
    assert (await house.get("/x"))["Set-Cookie"] == "s=1"
    await settled()
    again = await house.get("/x")
    assert (again.x_cache, again["Set-Cookie"]) == ("Hit", None)


async def test_origin_path_and_custom_headers_are_put_on_last():
    origin = Origin(
        "app",
        "app.test",
        origin_path="/prod",
        custom_headers=(("X-Secret", "s"),),
        place=House().snapshot.distributions[0].distribution.origins["app"].place,
    )
    house = House(distribution(origins={"app": origin}))
    await house.get("/x")
    assert house.origins.paths == ["/prod/x"]
    assert house.origins.asked[0][1].headers.get("x-secret") == "s"


async def test_cf_33_what_the_origin_is_sent_without_a_request_policy():
    house = House()
    await house.get("/x", ("User-Agent", "curl"), ("Cookie", "a=1"), ("Accept-Language", "de"), ("Referer", "r"))
    headers = house.origins.asked[0][1].headers
    assert headers.get("user-agent") == "Amazon CloudFront"
    assert headers.get("host") == "app.test"
    assert headers.get("x-forwarded-for") == "198.51.100.7"
    assert headers.get("via").endswith(".cloudfront.net (CloudFront)")
    assert not {"cookie", "accept-language", "referer"} & set(headers.names())
