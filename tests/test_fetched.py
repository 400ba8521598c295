import asyncio

import pytest
from kit import House, Origins, behavior, chunks_of, distribution, policy, respond

from edgeproxy.messages import BodyBroken, Headers, Response, Stream
from edgeproxy.model import CacheSettings, Settings


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


class Gated(Origins):
    """Its answers come once the gate is open."""

    def __init__(self, **answers):
        super().__init__(**answers)
        self.gate = asyncio.Event()

    async def fetch(self, origin, place, request):
        answer = await super().fetch(origin, place, request)
        await self.gate.wait()
        return answer


class Source:
    """A body of so many chunks (None: endless) that tells when it is let go of."""

    def __init__(self, chunks, length=None):
        self._chunks = chunks
        self._length = length
        self.given = 0
        self.closed = False

    async def _run(self):
        while self._chunks is None or self.given < self._chunks:
            self.given += 1
            yield b"x" * 1000
            await asyncio.sleep(0)

    def respond(self, *headers):
        return lambda request: Response(200, Headers(headers), Stream(self._run(), self._length, self))

    async def close(self):
        self.closed = True


NO_CACHE = ("Cache-Control", "no-cache")
LEFT = [
    pytest.param(Source(None), [NO_CACHE], False, id="an endless stream that is not for others"),
    pytest.param(Source(3), [NO_CACHE], False, id="one that ends"),
    pytest.param(Source(None, 100 << 20), [("Content-Length", str(100 << 20))], False, id="what is too large to be stored"),
    pytest.param(Source(3), [], True, id="what is for others"),
    pytest.param(Source(3), [("Content-Length", "3000")], True, id="what is for others, of known length"),
]


@pytest.mark.parametrize(("source", "headers", "stored"), LEFT)
async def test_a_viewer_who_leaves_before_the_head_comes_ends_what_is_of_no_use_to_others(source, headers, stored):
    house = House(origins=Gated(x=source.respond(*headers)))
    viewer = asyncio.ensure_future(house.get("/x"))
    await settled()
    viewer.cancel()
    await settled()
    house.origins.gate.set()
    await settled()
    assert source.closed
    assert source.given == (3 if stored else 0)
    assert (house.ports.cache.get(house.exchange.get("key")) is not None) is stored
    assert (house.ports.cache.bytes > 0) is stored
    assert not house.collapse._under_way


async def test_what_the_one_who_caused_it_has_left_is_not_kept_for_those_who_may_not_have_it():
    source = Source(None)
    house = House(origins=Gated(x=source.respond(NO_CACHE)))
    first, second = (asyncio.ensure_future(house.passage("GET", "/x").run()) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    house.origins.answers["/x"] = respond(200, b"another", NO_CACHE)
    house.origins.gate.set()
    assert (await second).body.data == b"another"
    assert (source.closed, source.given) == (True, 0)


async def test_an_endless_answer_for_others_ends_at_the_largest_object_when_nobody_reads_it():
    source = Source(None)
    house = House(origins=Gated(x=source.respond()), settings=Settings(cache=CacheSettings(max_object=5000)))
    viewer = asyncio.ensure_future(house.get("/x"))
    await settled()
    viewer.cancel()
    house.origins.gate.set()
    await settled()
    assert source.closed
    assert source.given == 6
    assert house.ports.cache.bytes == 0


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
