import asyncio

from edgeproxy.messages import Bytes, Headers, Response
from edgeproxy.ports import Entry
from edgeproxy.stores.cache import MemoryCache


def entry(size):
    return Entry(Response(200, Headers(), Bytes(b"x")), 0.0, 10.0, 200, size)


async def test_it_is_bounded_by_bytes_and_the_least_recently_used_go_first():
    cache = MemoryCache(100)
    for name in "abc":
        await cache.put(name, entry(30))
    assert cache.get("a") is not None
    await cache.put("d", entry(30))
    assert cache.get("b") is None
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]
    assert cache.bytes == 90


async def test_what_is_too_large_is_not_stored_and_takes_its_older_self_away():
    cache = MemoryCache(100)
    await cache.put("a", entry(30))
    await cache.put("a", entry(101))
    assert cache.get("a") is None
    assert len(cache) == 0


async def test_an_expired_entry_is_still_there_to_be_revalidated():
    cache = MemoryCache(100)
    await cache.put("a", entry(30)._replace(expires=-1.0))
    assert cache.get("a") is not None


async def test_a_prefix_drops_one_distribution():
    cache = MemoryCache(1000)
    for key in ("Shop\n/a", "Shop\n/b", "Blog\n/a"):
        await cache.put(key, entry(10))
    assert cache.drop("Shop\n") == 2
    assert cache.get("Blog\n/a") is not None


async def test_making_room_for_a_large_entry_lets_others_have_their_turn():
    cache = MemoryCache(10_000)
    for number in range(1000):
        await cache.put(str(number), entry(10))
    turns = []

    async def other():
        while cache.get("large") is None:
            turns.append(cache.bytes)
            await asyncio.sleep(0)

    watching = asyncio.ensure_future(other())
    await cache.put("large", entry(9_990))
    await watching
    assert len(turns) >= 3
    assert cache.bytes <= 10_000
    assert len(cache) == 2


async def test_reserved_bytes_push_entries_out_and_are_given_back():
    cache = MemoryCache(100)
    for name in "abc":
        await cache.put(name, entry(30))
    assert await cache.reserve(50)
    assert [name for name in "abc" if cache.get(name)] == ["c"]
    assert not await cache.reserve(60), "no more than there is"
    cache.release(50)
    assert cache.bytes == 30
