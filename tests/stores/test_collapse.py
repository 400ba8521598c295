import asyncio

import pytest

from edgeproxy.stores.collapse import Collapsing


class Fetched:
    def __init__(self, name, *, shareable=True):
        self.name = name
        self.shareable = shareable
        self.taken = True
        self.filled = asyncio.Event()
        self.left = False

    async def leave(self):
        assert not self.filled.is_set()
        self.left = True

    async def fill(self):
        await self.filled.wait()


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_cf_57_viewers_of_one_key_share_one_fetch():
    """CF-57"""
    collapse, asked, gate = Collapsing(), [], asyncio.Event()

    async def ask():
        asked.append(1)
        await gate.wait()
        return Fetched("a")

    viewers = [asyncio.ensure_future(collapse.fetch("k", ask)) for _ in range(10)]
    await turns()
    gate.set()
    answers = await asyncio.gather(*viewers)
    assert len(asked) == 1
    assert [first for _, first in answers] == [True] + [False] * 9
    await collapse.close()


async def test_another_key_is_another_fetch():
    collapse = Collapsing()
    fetched = {name: Fetched(name) for name in "ab"}
    for name in "ab":
        answer, first = await collapse.fetch(name, lambda name=name: done(fetched[name]))
        assert (answer.name, first) == (name, True)
    await collapse.close()


async def done(value):
    return value


async def test_an_answer_that_may_not_be_shared_sends_the_waiters_one_by_one():
    collapse, gate, number = Collapsing(), asyncio.Event(), iter(range(10))

    async def ask():
        mine = next(number)
        await gate.wait()
        return Fetched(mine, shareable=False)

    viewers = [asyncio.ensure_future(collapse.fetch("k", ask)) for _ in range(3)]
    await turns()
    gate.set()
    assert sorted([answer.name for answer, _ in await asyncio.gather(*viewers)]) == [0, 1, 2]
    await collapse.close()


async def test_a_fetch_goes_on_when_the_viewer_who_caused_it_leaves():
    collapse, gate, fetched = Collapsing(), asyncio.Event(), Fetched("a")

    async def ask():
        await gate.wait()
        return fetched

    first = asyncio.ensure_future(collapse.fetch("k", ask))
    await turns()
    second = asyncio.ensure_future(collapse.fetch("k", ask))
    await turns()
    first.cancel()
    gate.set()
    assert (await second)[0] is fetched
    await collapse.close()


LEAVING = [
    pytest.param([0], 1, True, True, id="the only one"),
    pytest.param([], 1, True, False, id="nobody"),
    pytest.param([0], 2, True, False, id="the one who caused it, but another can have the answer"),
    pytest.param([0, 1], 2, True, True, id="both"),
    pytest.param([0], 2, False, True, id="the one who caused it, and it is not for another"),
    pytest.param([1], 2, False, False, id="another"),
]


@pytest.mark.parametrize(("leaving", "viewers", "shareable", "left"), LEAVING)
async def test_an_answer_is_told_when_nobody_is_there_who_can_have_it(leaving, viewers, shareable, left):
    collapse, gate, fetched = Collapsing(), asyncio.Event(), []

    async def ask():
        fetched.append(Fetched(len(fetched), shareable=shareable))
        await gate.wait()
        return fetched[-1] if len(fetched) == 1 else Fetched("another's own")

    waiting = [asyncio.ensure_future(collapse.fetch("k", ask)) for _ in range(viewers)]
    await turns()
    for number in leaving:
        waiting[number].cancel()
    await turns()
    gate.set()
    await turns()
    assert fetched[0].left is left
    await collapse.close()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(("others", "left"), [(0, True), (1, False)], ids=["alone", "beside another, who takes it"])
async def test_a_viewer_who_leaves_in_the_moment_of_the_answer_does_not_have_it(others, left):
    collapse, gate, fetched = Collapsing(), asyncio.Event(), Fetched("a")
    fetched.taken = False

    async def ask():
        await gate.wait()
        # The one who caused it leaves when the answer is there and before it has it.
        asyncio.get_running_loop().call_soon(viewers[0].cancel)
        return fetched

    async def take():
        await collapse.fetch("k", ask)
        fetched.taken = True

    viewers = [asyncio.ensure_future(take()) for _ in range(1 + others)]
    await turns()
    gate.set()
    await turns()
    assert fetched.left is left
    await collapse.close()
    await asyncio.gather(*viewers, return_exceptions=True)


async def test_a_refresh_is_for_the_cache_whoever_joins_it_and_leaves():
    collapse, gate, fetched = Collapsing(), asyncio.Event(), Fetched("a")

    async def ask():
        await gate.wait()
        return fetched

    collapse.refresh("k", ask)
    await turns()
    viewer = asyncio.ensure_future(collapse.fetch("k", ask))
    await turns()
    viewer.cancel()
    gate.set()
    await turns()
    assert not fetched.left
    await collapse.close()


async def test_while_the_body_fills_later_viewers_join_and_afterwards_they_fetch_anew():
    collapse, fetched = Collapsing(), Fetched("a")
    await collapse.fetch("k", lambda: done(fetched))
    assert await collapse.fetch("k", lambda: done(Fetched("b"))) == (fetched, False)
    fetched.filled.set()
    await turns()
    assert (await collapse.fetch("k", lambda: done(Fetched("c"))))[0].name == "c"
    await collapse.close()


async def test_a_failure_reaches_everyone_who_waits_and_is_not_kept():
    collapse, gate = Collapsing(), asyncio.Event()

    async def fail():
        await gate.wait()
        raise ValueError("origin down")

    viewers = [asyncio.ensure_future(collapse.fetch("k", fail)) for _ in range(2)]
    await turns()
    gate.set()
    for viewer in viewers:
        with pytest.raises(ValueError, match="origin down"):
            await viewer
    assert (await collapse.fetch("k", lambda: done(Fetched("a"))))[0].name == "a"
    await collapse.close()


async def test_a_refresh_is_one_fetch_however_often_it_is_asked_for():
    collapse, asked = Collapsing(), []

    async def ask():
        asked.append(1)
        return Fetched("a")

    for _ in range(3):
        collapse.refresh("k", ask)
    await turns()
    assert len(asked) == 1
    await collapse.close()
