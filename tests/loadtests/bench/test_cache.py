"""The parts of the cache's benchmark, small; what is wrong is not measured."""

import asyncio

import pytest

from loadtests.bench import cache, viewer
from loadtests.bench.client import WrongAnswer
from loadtests.processes import running

FILL = {
    "entries": 100_000,
    "rss": 1.25 * cache.CACHE_SIZE,
    "seconds": 30,
    "small pause": 1.0,
    "small wall": 4.0,
    "small collection": 9.0,
    "small collecting": 2000.0,
    "large pause": 6.0,
    "large wall": 7.0,
    "large collection": 0.0,
    "large collecting": 0.0,
}


@pytest.fixture(scope="module")
def origin():
    with running("loadtests.bench.cache", "origin") as server:
        yield server.address


def test_entries_are_of_1_kb_with_eight_lines_and_differ():
    one, other = (cache.entry(number, cache.key(number)) for number in (1, 2))
    assert one.response.body.length == 1000
    assert len(one.response.headers) == 8
    assert one.response.headers != other.response.headers
    assert all(name is not same for (name, _), (same, _) in zip(one.response.headers, other.response.headers, strict=True))
    assert one.size == other.size > 1300


def test_keys_are_made_anew_each_time():
    assert cache.key(7) == cache.key(7)
    assert cache.key(7) is not cache.key(7)
    assert cache.key(7).endswith("/articles/2026/0000007/index.html\nGET\naccept-encoding: br,gzip")


async def test_hits_take_turns_between_few_and_many(monkeypatch):
    monkeypatch.setattr(cache, "FEW", 50)
    monkeypatch.setattr(cache, "MANY", 100)
    monkeypatch.setattr(cache, "TURNS", 2)
    monkeypatch.setattr(cache.gc, "freeze", lambda: None)
    sides = await cache.hits(3)
    assert [len(side) for side in sides] == [6, 6]
    assert all(0 < took < 10_000 for side in sides for took in side)


async def test_what_is_no_hit_is_not_measured(monkeypatch):
    async def put_away(store, number, prefix):
        await put(store, number, prefix=f"another {prefix}")

    put = cache.put
    monkeypatch.setattr(cache, "FEW", 5)
    monkeypatch.setattr(cache, "MANY", 10)
    monkeypatch.setattr(cache, "put", put_away)
    with pytest.raises(WrongAnswer, match="no hit"):
        await cache.hits(1)


def test_a_pause_is_what_a_put_keeps_the_loop_from():
    async def busy():
        sum(range(1_000_000))

    found = cache.watched(busy() for _ in range(1))
    assert 1 < found["pause"] < 1000
    assert found["wall"] > 1


async def test_the_large_entry_pushes_out_the_small_ones(monkeypatch):
    monkeypatch.setattr(cache, "PUTS", 300)
    monkeypatch.setattr(cache, "CACHE_SIZE", 500_000)
    monkeypatch.setattr(cache, "LARGE", 400_000)
    monkeypatch.setattr(cache.gc, "freeze", lambda: None)
    monkeypatch.setattr(cache.gc, "set_threshold", lambda *_: None)
    found = await cache.fill()
    assert set(found) == set(FILL)
    assert 10 < found["entries"] < 300


def test_of_fills_the_most_memory_and_the_pauses_of_the_calmer_one_count():
    grown, small, large = cache.filled([FILL, FILL | {"rss": 1.75 * cache.CACHE_SIZE, "small pause": 2.0}])
    assert (grown.value, grown.met) == (1.75, False)
    assert (small.value, small.met) == (1.0, True)
    assert (large.value, large.met) == (6.0, False)
    assert small.absolute == "4.0 ms by the clock; garbage collector 9.0 ms, 2,000 ms in all"


@pytest.mark.parametrize("path", cache.PATHS)
async def test_a_viewer_compares_every_byte(origin, path):
    whole = cache.content()
    other = whole[:-1] + bytes([whole[-1] ^ 1])
    before = int((await asyncio.to_thread(viewer.ask, origin, f"/asked{path}")).body)
    async with asyncio.TaskGroup() as viewers:
        good = viewers.create_task(cache.view(origin, path, whole))
        bad = viewers.create_task(seen(origin, path, other))
    assert good.result() is None
    assert "not what the origin sent" in bad.result()
    assert int((await asyncio.to_thread(viewer.ask, origin, f"/asked{path}")).body) == before + 2


async def seen(address, path, whole):
    with pytest.raises(WrongAnswer) as raised:
        await cache.view(address, path, whole)
    return str(raised.value)


async def test_an_answer_that_ends_early_is_not_measured():
    async def short(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + cache.content()[:1000])
        writer.close()

    async with await asyncio.start_server(short, "127.0.0.1", 0) as server:
        with pytest.raises(EOFError, match="at byte 1,000"):
            await cache.view(cache.Address(*server.sockets[0].getsockname()), "/length", cache.content())


def test_a_process_that_fails_is_not_measured():
    with pytest.raises(WrongAnswer, match=r"viewers 127[.]0[.]0[.]1 1 /length 1 ended with 1"):
        cache._said("viewers", "127.0.0.1", 1, "/length", 1)


def test_viewers_share_one_fetch_of_the_origin(monkeypatch):
    monkeypatch.setattr(cache, "VIEWERS", 20)
    monkeypatch.setattr(cache, "PATHS", {"/length": "viewers"})
    asked, grown = cache.collapse()
    assert asked.value == 1
    assert 0 < grown.value < 1000
