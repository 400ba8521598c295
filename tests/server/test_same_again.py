"""What is answered again is what the passage would have answered."""

import asyncio
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import ALL_METHODS, House, Origins, PythonFunction, behavior, distribution, policy, respond
from kit_listener import Proxy, get

from edgeproxy.model import CustomErrorResponse, PolicyHeader, PublicKey, ResponseHeadersPolicy, Selection, ServerTiming
from edgeproxy.pipeline import Passage
from edgeproxy.server import same_again
from edgeproxy.server.viewer_server import ViewerServer

CHANGING = re.compile(rb'(X-Amz-Cf-Id: |cdn-rid;desc=")[^\s"]+')
EVERYTHING = policy(
    default=60, maximum=600, query_strings=Selection("all"), headers=Selection("whitelist", ("CloudFront-Viewer-Country",))
)


class OwnPassage(Passage):
    """Takes every step: its answers are never remembered."""


class StepByStep(ViewerServer):
    @property
    def passage(self):
        return OwnPassage


def tell(event):
    event["request"]["headers"]["x-told"] = {"value": "1"}
    return json.dumps(event["request"])


def policies(**parts):
    return distribution(default=behavior(response_headers_policy=ResponseHeadersPolicy("test", **parts), cache=EVERYTHING))


FUNCTION = PythonFunction("tell", lambda text: tell(json.loads(text)))
SNAPSHOTS = [
    House(distribution(default=behavior(cache=EVERYTHING, allowed_methods=ALL_METHODS))),
    House(distribution(default=behavior(cache=EVERYTHING, functions={"viewer-request": FUNCTION})), code=(FUNCTION,)),
    House(policies(security=(PolicyHeader("X-Frame-Options", "DENY", True),))),
    House(policies(remove_headers=("Date", "X-Here"))),
    House(policies(custom_headers=(PolicyHeader("Age", "7", True),))),
    House(policies(server_timing=ServerTiming(True, 100))),
    House(distribution(
        default=behavior(cache=policy(0, 5, 5)),
        custom_error_responses=(CustomErrorResponse(404, "/a", 200),),
    )),
]  # fmt: skip
HEADERS = [(), ('If-None-Match: "1"',), ("Range: bytes=0-2",), ("Accept-Encoding: gzip",), ("Origin: http://x",)]
PATHS = ["/a", "/a?q=1", "/b", "/moved", "/none"]
requests = st.builds(lambda path, lines: get(path, *lines, close=False), st.sampled_from(PATHS), st.sampled_from(HEADERS))


@st.composite
def stories(draw):
    """Few requests, asked for again and again, and what happens meanwhile."""
    asked = st.sampled_from(draw(st.lists(requests, min_size=1, max_size=2)))
    again = st.tuples(st.just("ask three times"), asked)
    happening = st.one_of(
        st.tuples(st.just("ask in two parts"), st.tuples(asked, st.integers(1, 60))),
        st.tuples(st.just("ask two"), st.tuples(asked, asked)),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 61.0, 700.0])),
        st.tuples(st.just("invalidate"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("reload"), st.sampled_from(range(len(SNAPSHOTS)))),
        st.tuples(st.just("country"), st.sampled_from(["DE", "FR"])),
        st.tuples(st.just("change"), st.sampled_from([b"first", b"second text", b""])),
        st.tuples(st.just("cache"), st.booleans()),
    )
    return [step for _ in range(draw(st.integers(1, 8))) for step in (draw(again), draw(happening), draw(again))]


class Side:
    """One proxy and one connection of it."""

    def __init__(self, server_type):
        self.proxy = Proxy(origins=Origins(), server_type=server_type)
        self.change(b"first")

    async def __aenter__(self):
        await self.proxy.__aenter__()
        self.server = self.proxy.listener.server
        self.reload(0)
        self.reader, self.writer = await self.proxy.connect()
        return self

    async def __aexit__(self, *error):
        self.writer.close()
        await self.proxy.__aexit__(*error)

    def change(self, body):
        moved = respond(301, body, ("Location", "/a"))
        whole = respond(200, body, ("ETag", '"1"'), ("X-Here", "1"))
        self.proxy.house.origins.answers = {"/a": whole, "/b": respond(200, body * 9), "/moved": moved}

    def reload(self, number):
        self.server.snapshot = SNAPSHOTS[number].snapshot

    async def take(self, what, value):
        match what:
            case "ask three times":
                return [await self.ask(value) for _ in range(3)]
            case "ask in two parts":
                data, place = value
                self.writer.write(data[:place])
                await asyncio.sleep(0.001)
                return [await self.ask(data[place:])]
            case "ask two":
                self.writer.write(b"".join(value))
                return [await self.read(), await self.read()]
            case "wait":
                self.proxy.house.clock.time += value
            case "invalidate":
                await self.proxy.house.ports.cache.invalidate(lambda key: f"\n{value}" in key)
            case "reload":
                self.reload(value)
            case "country":
                self.server.viewer.change({"country": value})
            case "change":
                self.change(value)
            case "cache":
                self.server.switches = self.server.switches._replace(cache=value)
        return []

    async def ask(self, data):
        self.writer.write(data)
        return await self.read()

    async def read(self):
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            body = await self.reader.readexactly(int(length[1])) if length and not head.startswith(b"HTTP/1.1 304") else b""
        return CHANGING.sub(rb"\1", head), body

    def told(self):
        """What the sink was told, by all that is the same in both."""
        return [
            (
                each.method,
                each.target,
                each.status,
                each.x_cache,
                each.sent,
                each.aborted,
                sorted(name for name, _ in each.facts),
            )
            for each in self.proxy.sink.exchanges
        ]


async def both(taken):
    async with Side(ViewerServer) as fast, Side(StepByStep) as slow:
        for what, value in taken:
            assert await fast.take(what, value) == await slow.take(what, value), (what, value)
        assert fast.told() == slow.told()


@settings(deadline=None, max_examples=60)
@given(stories())
def test_answers_and_records_are_those_of_a_passage(taken):
    asyncio.run(both(taken))


def passages(monkeypatch):
    """Counts the passages from now on."""
    made = []
    run = Passage.run
    monkeypatch.setattr(Passage, "run", lambda passage: made.append(passage) or run(passage))
    return made


async def test_the_same_request_needs_a_passage_twice_and_then_no_more(monkeypatch):
    made = passages(monkeypatch)
    async with Side(ViewerServer) as side:
        seen = [await side.ask(get("/a", close=False)) for _ in range(5)]
        assert len(made) == 2
        assert seen[1:] == [seen[1]] * 4
        assert b"X-Cache: Hit from cloudfront\r\n" in seen[4][0]
        side.proxy.house.clock.time += 7
        assert b"Age: 7\r\n" in (await side.ask(get("/a", close=False)))[0]
        assert len(made) == 2
        side.proxy.house.clock.time += 60
        assert b"X-Cache: RefreshHit" in (await side.ask(get("/a", close=False)))[0] or len(made) == 3


async def test_ids_are_always_new(monkeypatch):
    async with Side(ViewerServer) as side:
        ids = set()
        for _ in range(6):
            side.writer.write(get("/a", close=False))
            head = await side.reader.readuntil(b"\r\n\r\n")
            await side.reader.readexactly(5)
            ids.add(re.search(rb"X-Amz-Cf-Id: (\S{56})\r\n", head)[1])
        assert len(ids) == 6


async def test_a_request_inside_another_is_none(monkeypatch):
    """What comes while a head is not at its end belongs to that head."""
    async with Side(ViewerServer) as side:
        for _ in range(3):
            await side.ask(get("/a", close=False))
        side.writer.write(b"GET /b HTTP/1.1\r\nHost: localhost\r\nX-Half: ")
        await asyncio.sleep(0.01)
        # Two Hosts then.
        assert (await side.ask(get("/a", close=False)))[0].startswith(b"HTTP/1.1 400 ")


async def test_memory_is_bounded_and_what_is_asked_often_finds_a_place(monkeypatch):
    async with Side(ViewerServer) as side:
        for number in range(3 * same_again.MOST):
            for _ in range(2):
                await side.ask(get(f"/a?n={number}", close=False))
        (connection,) = side.server.connections
        assert len(connection._same_again._known) == same_again.MOST
        for _ in range(same_again.MOST + 1):
            await side.ask(get("/b", close=False))
        made = passages(monkeypatch)
        await side.ask(get("/b", close=False))
        assert made == []


async def test_a_large_request_is_not_remembered():
    async with Side(ViewerServer) as side:
        for _ in range(3):
            await side.ask(get("/a", f"X-Large: {'x' * same_again.LARGEST}", close=False))
        (connection,) = side.server.connections
        assert connection._same_again._known == {}


async def test_no_object_is_kept_by_a_connection_that_had_it():
    async with Side(ViewerServer) as side:
        for _ in range(3):
            await side.ask(get("/a", close=False))
        (connection,) = side.server.connections
        (known,) = connection._same_again._known.values()
        kept = [value for value in known if hasattr(value, "body") or hasattr(value, "response")]
        assert kept == []
        await side.proxy.house.ports.cache.invalidate(lambda key: True)
        side.change(b"second")
        assert (await side.ask(get("/a", close=False)))[1] == b"second"


KEYS = (PublicKey("K1", ""),)


@pytest.mark.parametrize(
    ("parts", "repeats"),
    [
        pytest.param({}, True, id="nothing but a cache"),
        pytest.param({"functions": {"viewer-request": FUNCTION}}, False, id="a function at viewer-request"),
        pytest.param({"functions": {"viewer-response": FUNCTION}}, False, id="a function at viewer-response"),
        pytest.param({"lambdas": {"viewer-request": FUNCTION}}, False, id="a handler at viewer-request"),
        pytest.param({"lambdas": {"viewer-response": FUNCTION}}, False, id="a handler at viewer-response"),
        pytest.param({"lambdas": {"origin-request": FUNCTION, "origin-response": FUNCTION}}, True, id="handlers at the origin"),
        pytest.param({"trusted_keys": ()}, False, id="signatures that no key fits"),
        pytest.param({"response_headers_policy": ResponseHeadersPolicy("p", remove_headers=("DATE",))}, False, id="a new Date"),
        pytest.param({"response_headers_policy": ResponseHeadersPolicy("p", cors=None)}, True, id="a policy"),
        pytest.param(
            {"response_headers_policy": ResponseHeadersPolicy("p", server_timing=ServerTiming(True, 1))},
            False,
            id="Server-Timing",
        ),
    ],
)
def test_which_behaviors_repeat_themselves(parts, repeats):
    house = House(distribution(default=behavior(**parts)), code=(FUNCTION,))
    assert house.snapshot.distributions[0].behaviors[-1].repeats == repeats
