"""One fetch per key: requests for a key that is being fetched wait for it and share its answer.

A fetch belongs to this store, not to the viewer who caused it: it goes on when that viewer leaves.
AWS page: RequestAndResponseBehaviorCustomOrigin, "Simultaneous requests for the same object".
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from edgeproxy.ports import Shared

Answer = TypeVar("Answer", bound=Shared)


class Collapsing(Generic[Answer]):
    """`ports.Collapse`: the fetches under way, by key."""

    def __init__(self) -> None:
        self._heads: dict[str, asyncio.Future[Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def fetch(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """The answer, and whether this call caused the fetch. Raises what `ask` raises."""
        head = self._heads.get(key)
        if head is not None:
            answer = await asyncio.shield(head)
            if answer.shareable:
                return answer, False
        # "CloudFront sends the waiting requests to the origin individually" when the answer may not be shared.
        return await asyncio.shield(self._start(key, ask)), True

    def refresh(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> None:
        """Starts a fetch that nobody waits for, unless one for the key is under way."""
        if key not in self._heads:
            self._start(key, ask)

    def _start(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> "asyncio.Future[Answer]":
        loop = asyncio.get_running_loop()
        head: asyncio.Future[Answer] = loop.create_future()
        self._heads.setdefault(key, head)
        task = loop.create_task(self._run(key, head, ask))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return head

    async def _run(self, key: str, head: "asyncio.Future[Answer]", ask: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = await ask()
            head.set_result(answer)
            await answer.fill()
        except Exception as error:
            if head.done():
                raise
            head.set_exception(error)
            head.exception()  # every viewer may have left: then nobody else looks at it
        finally:
            head.cancel()
            if self._heads.get(key) is head:
                del self._heads[key]

    async def close(self) -> None:
        """Ends every fetch under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
