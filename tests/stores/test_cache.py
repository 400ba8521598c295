import asyncio
import time
from functools import partial

import pytest

from edgeproxy.messages import Bytes, Headers, Response
from edgeproxy.ports import Entry
from edgeproxy.stores import cache as cache_module
from edgeproxy.stores.cache import MemoryCache


def entry(size, invalidations=0):
    return Entry(Response(200, Headers(), Bytes(b"x")), 0.0, 10.0, 200, size, invalidations=invalidations)


async def filled(count, size=10):
    """A cache of `count` entries, 0 to count - 1, in one part: the order in which they go is known."""
    cache = MemoryCache(count * size, parts=1)
    for number in range(count):
        await cache.put(str(number), entry(size))
    return cache


def steps(coroutine):
    """Drives a coroutine from yield to yield; the last step is what it returned."""
    while True:
        try:
            yield coroutine.send(None)
        except StopIteration as end:
            return (yield end.value)


def even(key):
    return int(key) % 2 == 0


async def test_it_is_bounded_by_bytes_and_the_least_recently_used_go_first():
    cache = MemoryCache(100, parts=1)
    for name in "abc":
        await cache.put(name, entry(30))
    assert cache.get("a") is not None
    await cache.put("d", entry(30))
    assert cache.get("b") is None
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]
    assert cache.bytes == 90


async def test_a_fuller_part_gives_way_and_what_was_used_just_now_stays_in_it():
    cache = MemoryCache(1000)
    names = [str(number) for number in range(100)]
    for name in names:
        await cache.put(name, entry(10))
    await cache.put("hot", entry(10))
    for number in range(1000):
        await cache.put(f"cold {number}", entry(10))
        assert cache.get("hot") is not None
    assert (len(cache), cache.bytes) == (100, 1000)
    await cache.put("large", entry(1000))
    assert (len(cache), cache.bytes) == (1, 1000)


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
    cache = MemoryCache(100, parts=1)
    for name in "abc":
        await cache.put(name, entry(30))
    assert await cache.reserve(50)
    assert [name for name in "abc" if cache.get(name)] == ["c"]
    assert not await cache.reserve(60), "no more than there is"
    cache.release(50)
    assert cache.bytes == 30


async def test_an_invalidation_removes_what_matches_and_says_how_many():
    cache = await filled(1000)
    gone = []
    assert await cache.invalidate(even, gone.append) == 500
    assert sorted(gone, key=int) == [str(number) for number in range(0, 1000, 2)]
    assert (cache.invalidations, len(cache), cache.bytes) == (1, 500, 5000)
    assert [cache.get("0"), cache.get("1") is not None] == [None, True]
    assert await cache.invalidate(even) == 0


async def test_from_the_call_on_nothing_that_matches_is_served():
    cache = await filled(1000)
    sweep = cache.invalidate(even)
    sweep.send(None)
    assert len(cache) > 500, "it has only begun"
    assert not any(cache.get(str(number)) for number in range(0, 1000, 2))
    assert all(cache.get(str(number)) for number in range(1, 1000, 2))
    assert list(steps(sweep))[-1] == 500


async def test_an_invalidation_reaches_every_part():
    cache = MemoryCache(10_000)
    for number in range(1000):
        await cache.put(str(number), entry(10))
    assert await cache.invalidate(even) == 500
    assert [number for number in range(1000) if cache.get(str(number))] == list(range(1, 1000, 2))
    assert cache.bytes == 5000


async def test_what_the_origin_was_asked_for_since_is_served_and_stays():
    cache = await filled(1000)
    sweep = asyncio.ensure_future(cache.invalidate(even))
    await asyncio.sleep(0)
    await cache.put("998", entry(10, cache.invalidations))
    assert cache.get("998") is not None
    assert await sweep == 499, "that one had been replaced"
    assert cache.get("998") is not None
    assert cache.bytes == 5010


async def test_what_the_origin_was_asked_for_before_is_not_stored():
    cache = MemoryCache(100)
    await cache.invalidate(even)
    await cache.put("2", entry(10, 0))
    await cache.put("3", entry(10, 0))
    assert [cache.get("2"), cache.get("3") is not None] == [None, True]
    await cache.put("2", entry(10, 1))
    await cache.put("2", entry(20, 0))
    assert cache.get("2").size == 10, "nor does it take the younger one away"


async def test_an_invalidation_that_comes_while_room_is_made_counts():
    cache = await filled(1000)
    putting = asyncio.ensure_future(cache.put("-2", entry(9_990)))
    await asyncio.sleep(0)
    assert len(cache) > 100, "it is still making room"
    await cache.invalidate(lambda key: key == "-2")
    await putting
    assert cache.get("-2") is None
    assert cache.bytes == len(cache) * 10


async def test_several_invalidations_at_once():
    cache = await filled(1500)
    counts = [asyncio.ensure_future(cache.invalidate(partial(divides, number))) for number in (2, 3, 5)]
    await asyncio.sleep(0)
    left = [number for number in range(1500) if number % 2 and number % 3 and number % 5]
    assert [number for number in range(1500) if cache.get(str(number))] == left
    assert sum(await asyncio.gather(*counts)) == 1500 - len(left)
    assert (len(cache), cache.bytes, cache.invalidations) == (len(left), len(left) * 10, 3)
    await cache.put("5", entry(10, 2))
    await cache.put("2", entry(10, 2))
    assert [cache.get("5"), cache.get("2") is not None] == [None, True], "the third came after it was asked for"


def divides(divisor, key):
    return int(key) % divisor == 0


async def test_when_a_sweep_is_done_its_pattern_is_looked_at_no_more():
    cache, looked = await filled(10), []
    await cache.invalidate(looked.append)
    assert len(looked) == 10
    cache.get("1")
    assert len(looked) == 10


async def test_a_cancelled_sweep_brings_nothing_back():
    cache = await filled(1000)
    sweep = asyncio.ensure_future(cache.invalidate(even))
    await asyncio.sleep(0)
    sweep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweep
    assert not any(cache.get(str(number)) for number in range(0, 1000, 2))


async def test_what_was_asked_for_longer_ago_than_is_remembered_is_not_stored():
    cache = MemoryCache(100)
    for _ in range(cache_module.REMEMBERED + 1):
        await cache.invalidate(even)
    await cache.put("1", entry(10, 0))
    assert cache.get("1") is None, "the oldest may have named it"
    await cache.put("1", entry(10, 1))
    assert cache.get("1") is not None


async def test_a_sweep_over_many_entries_stops_the_loop_only_for_moments():
    cache = await filled(50_000)
    took, before = [], time.thread_time()
    for last in steps(cache.invalidate(lambda key: True)):  # noqa: B007
        took.append(time.thread_time() - before)
        before = time.thread_time()
    assert (last, len(cache), cache.bytes) == (50_000, 0, 0)
    assert len(took) == 50_000 // cache_module.SLICE + 1
    assert max(took) < 0.05, "seconds of this thread alone, whatever else the machine does"


async def test_sweeping_leaves_the_order_of_use_alone():
    cache = MemoryCache(30, parts=1)
    for name in "abc":
        await cache.put(name, entry(10))
    cache.get("a")
    await cache.invalidate(lambda key: False)
    await cache.put("d", entry(10))
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]
