"""The owner of every execution environment: pools by a hash of code and configuration, shared by snapshots."""

import asyncio
import weakref
from collections.abc import Callable, Iterable

from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.ports import Handler
from edgeproxy.runtimes.lambda_edge.environment import INIT_LIMIT, Shared
from edgeproxy.runtimes.lambda_edge.guarded import Guarded
from edgeproxy.runtimes.lambda_edge.identity import identity
from edgeproxy.runtimes.lambda_edge.logs import Logs
from edgeproxy.runtimes.lambda_edge.pool import Limits, Pool
from edgeproxy.runtimes.lambda_edge.variables import of_settings

IDLE = 600.0
"""Seconds after which an idle environment is stopped."""


class Environments:
    """Hands out handlers and owns their processes; `say` gets each line that handlers print, after `name: `."""

    def __init__(
        self, settings: LambdaEdgeSettings, say: Callable[[str], None], *, idle: float = IDLE, init_limit: float = INIT_LIMIT
    ) -> None:
        self._limits = Limits(settings.environments, idle, settings.throttle)
        logs = Logs(say, settings.logs, platform=settings.platform_logs)
        self._guarded = Guarded()
        self._shared = Shared(logs, self._guarded, of_settings(settings), init_limit)
        self._pools: dict[str, Pool] = {}
        self._keys: dict[LambdaFunction, str] = {}
        self._made: weakref.WeakSet[Pool] = weakref.WeakSet()
        """Every pool that somebody can still invoke: a request in flight may hold one that was drained."""
        self._tasks: set[asyncio.Task[None]] = set()

    def handler(self, function: LambdaFunction) -> Handler:
        """The handler of a function as its files stand now; reads them. Nothing starts before the first invocation."""
        key = self._keys[function] = identity(function)
        if key not in self._pools:
            self._pools[key] = Pool(function, self._limits, self._shared, self._tasks)
            self._made.add(self._pools[key])
        return self._pools[key]

    def alone(self, function: LambdaFunction) -> Handler:
        """A handler that shares nothing with others, so that its files need not be read; they may be many."""
        pool = Pool(function, self._limits, self._shared, self._tasks)
        self._made.add(pool)
        return pool

    def keep(self, functions: Iterable[LambdaFunction]) -> None:
        """Drains the environments of every function but these, as `handler` last saw them. Call it in the loop."""
        used = {function: self._keys[function] for function in functions if function in self._keys}
        self._keys = used
        for key in self._pools.keys() - used.values():
            self._pools.pop(key).drain()

    async def close(self) -> None:
        """Kills every process and waits until all are gone; whoever invokes a handler after that gets an error."""
        for pool in list(self._made):
            pool.close()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.to_thread(self._guarded.close)
