"""One fetch per key: requests for a key that is being fetched wait for it and share its answer.

A fetch belongs to this store, not to the viewer who caused it: it goes on when that viewer leaves.
AWS page: RequestAndResponseBehaviorCustomOrigin, "Simultaneous requests for the same object".
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from edgeproxy.ports import Shared, leave_the_loop

Answer = TypeVar("Answer", bound=Shared)


class Fetch(Generic[Answer]):
    """One fetch under way: its answer, once it is there, and those who wait for it, first the one who caused it."""

    __slots__ = ("answer", "refresh", "task", "waiting")

    def __init__(self, *, refresh: bool = False) -> None:
        self.answer: Answer | None = None
        self.refresh = refresh
        """Was it started for the cache?"""
        self.task: asyncio.Task[None] | None = None
        self.waiting: list[asyncio.Future[Answer]] = []

    def is_left(self, answer: Answer) -> bool:
        """Have all left who can have the answer?"""
        if self.refresh or (self.waiting and not self.waiting[0].done()):
            return False
        return not answer.shareable or all(waiter.done() for waiter in self.waiting)

    async def wait(self) -> Answer:
        """The answer; leaves the loop. Raises what the fetch raises. A viewer who leaves takes nothing from the others."""
        if self.answer is not None:
            return self.answer
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.append(waiter)
        try:
            await leave_the_loop()
            return await waiter
        finally:
            waiter.cancel()


class Collapsing(Generic[Answer]):
    """`ports.Collapse`: the fetches under way, by key."""

    def __init__(self) -> None:
        self._fetches: dict[str, Fetch[Answer]] = {}
        self._under_way: set[Fetch[Answer]] = set()
        """All of them: for one key there may be several whose answers are not shared."""

    async def fetch(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """The answer, and whether this call caused the fetch. Raises what `ask` raises."""
        under_way = self._fetches.get(key)
        if under_way is not None:
            answer = await under_way.wait()
            if answer.shareable:
                return answer, False
        # "CloudFront sends the waiting requests to the origin individually" when the answer may not be shared.
        return await self._start(key, ask).wait(), True

    def refresh(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> None:
        """Starts a fetch that nobody waits for, unless one for the key is under way."""
        if key not in self._fetches:
            self._start(key, ask, refresh=True)

    def _start(self, key: str, ask: Callable[[], Awaitable[Answer]], *, refresh: bool = False) -> Fetch[Answer]:
        fetch: Fetch[Answer] = Fetch(refresh=refresh)
        self._fetches.setdefault(key, fetch)
        self._under_way.add(fetch)
        fetch.task = asyncio.get_running_loop().create_task(self._run(key, fetch, ask))
        return fetch

    async def _run(self, key: str, fetch: Fetch[Answer], ask: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = fetch.answer = await ask()
            left = fetch.is_left(answer)
            for waiter in fetch.waiting:
                if not waiter.done():
                    waiter.set_result(answer)
            if not (left or fetch.refresh or answer.taken):
                # Whoever was told has it a turn later, unless the viewer left in this very moment.
                await asyncio.sleep(0)
                left = not answer.taken
            if left:
                await answer.leave()
            await answer.fill()
        except Exception as error:
            if fetch.answer is not None:
                raise
            for waiter in fetch.waiting:
                if not waiter.done():
                    waiter.set_exception(error)
        finally:
            for waiter in fetch.waiting:
                waiter.cancel()
            self._under_way.discard(fetch)
            if self._fetches.get(key) is fetch:
                del self._fetches[key]

    async def close(self) -> None:
        """Ends every fetch under way."""
        tasks = [fetch.task for fetch in self._under_way if fetch.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
