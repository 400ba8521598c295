import asyncio

import pytest
from kit import House, Origins, behavior, chunks_of, distribution, policy, respond

from edgeproxy.messages import BodyBroken, Headers, Response, Stream


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


async def test_no_cache_set_cookie_reaches_the_first_viewer_alone():
    from edgeproxy.model import Selection

    cache = policy(cookies=Selection("all"))
    headers = (("Cache-Control", 'no-cache="Set-Cookie", max-age=60'), ("Set-Cookie", "s=1"))
    house = House(distribution(default=behavior(cache=cache)), origins=Origins(x=respond(200, b"a", *headers)))
    assert (await house.get("/x"))["Set-Cookie"] == "s=1"
    await settled()
    again = await house.get("/x")
    assert (again.x_cache, again["Set-Cookie"]) == ("Hit", None)


async def test_a_body_that_is_being_recorded_is_charged_to_the_cache():
    gate = asyncio.Event()

    async def slow():
        yield b"x" * 400
        await gate.wait()
        yield b"x" * 400

    def origin(request):
        return Response(200, Headers([("Content-Length", "800")]), Stream(slow(), 800))

    house = House(origins=Origins(x=origin, y=origin, z=respond(200, b"z")), cache_size=3000)
    await house.get("/z")
    first = await house.passage("GET", "/x").run()
    second = await house.passage("GET", "/y").run()
    assert house.ports.cache.bytes >= 1600
    third = await house.passage("GET", "/x?other").run()
    assert third.x_cache == "Hit", "it joins the fetch under way"
    large = House(origins=Origins(x=origin), cache_size=700)
    assert (await large.passage("GET", "/x").run()).x_cache == "Miss"
    assert "bodies that are still arriving" in large.exchange.get("not stored")
    gate.set()
    for answer in (first, second, third):
        assert len(b"".join([chunk async for chunk in answer.body.chunks()])) == 800
    await settled()
    assert house.ports.cache.bytes <= 3000


async def test_a_body_of_unknown_length_is_charged_as_it_grows_and_streams_when_there_is_no_room():
    small = House(origins=Origins(x=respond(200, b"x" * 300_000, stream=True)), cache_size=200_000)
    for _ in range(2):
        answer = await small.get("/x")
        assert (answer.x_cache, len(answer.body)) == ("Miss", 300_000)
    await settled()
    assert small.ports.cache.bytes == 0
    large = House(origins=Origins(x=respond(200, b"x" * 300_000, stream=True)), cache_size=2_000_000)
    await large.get("/x")
    await settled()
    assert 300_000 < large.ports.cache.bytes < 310_000
