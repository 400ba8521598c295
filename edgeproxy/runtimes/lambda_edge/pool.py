"""The environments of one function: at most so many, one request each; the rest wait their turn, first come first served.

Chosen: an idle environment is stopped after ten minutes (AWS publishes no figure); of several idle ones the last used goes
first; requests wait unless the settings say `throttle: true` or the function has a reserved concurrency.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any, NamedTuple

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.ports import HandlerResult
from edgeproxy.runtimes.lambda_edge.environment import Environment, Shared
from edgeproxy.runtimes.lambda_edge.variables import invoked_arn

STOPPING = "edgeproxy is stopping"
SOON = 0.05
"""Seconds in which an environment is expected back after its answer."""


class Limits(NamedTuple):
    """Environments per function; seconds that an idle one is kept; are those who would have to wait refused?"""

    environments: int
    idle: float
    throttle: bool = False

    def of(self, function: LambdaFunction) -> "Limits":
        """A function's own: its reserved concurrency goes before the settings."""
        reserved = function.reserved_concurrency
        return self if reserved is None else self._replace(environments=reserved, throttle=True)


class Waiting(NamedTuple):
    """An event that waits for an environment, since when (monotonic seconds), its time limit, and where the answer goes."""

    event: bytes
    since: float
    limit: float | None
    answer: asyncio.Future[HandlerResult]


class Pool:
    """A `ports.Handler`. Whoever calls may be cancelled: the invocation goes on, as on CloudFront."""

    def __init__(self, function: LambdaFunction, limits: Limits, shared: Shared, tasks: set[asyncio.Task[None]]) -> None:
        self.name = function.name
        self._function = function
        self._arn = invoked_arn(function)
        self._limits = limits.of(function)
        self._shared = shared
        self._waiting: deque[Waiting] = deque()
        self._idle: dict[Environment, asyncio.TimerHandle] = {}
        self._busy: set[Environment] = set()
        self._serving = 0
        """Tasks that serve, each with one environment."""
        self._running = 0
        """Invocations that have no answer yet."""
        self._coming = 0
        """Those of them that are about to look who waits."""
        self._tasks = tasks
        """Held by the owner of all pools; a pool's work goes on when nobody holds the pool."""
        self._draining = False
        self._closed = False

    async def invoke(self, event: bytes, limit: float | None = None) -> HandlerResult:
        """One invocation of at most `limit` seconds. Raises LambdaError (execution, throttled)."""
        if self._closed:
            raise LambdaError.execution(STOPPING)
        if self._limits.throttle and self._active >= self._limits.environments:
            raise LambdaError.throttled(f"{self.name} has {self._limits.environments} environments, and all are busy")
        answer: asyncio.Future[HandlerResult] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(event, time.monotonic(), limit, answer))
        self._dispatch()
        return await answer

    @property
    def _active(self) -> int:
        """Requests that are served or wait."""
        return len(self._waiting) + self._running

    def drain(self) -> None:
        """Stops the idle environments, and the others once they have served those who wait."""
        self._draining = True
        for environment in list(self._idle):
            self._retire(environment)

    def close(self) -> None:
        """Stops everything: those who wait and those who are served get an error."""
        self._closed = True
        while self._waiting:
            answer = self._waiting.popleft().answer
            if not answer.done():
                answer.set_exception(LambdaError.execution(STOPPING))
        for environment in self._busy:
            environment.kill()
        self.drain()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _dispatch(self) -> None:
        while len(self._waiting) > self._coming and self._serving < self._limits.environments:
            self._serving += 1
            self._coming += 1
            self._spawn(self._serve())

    async def _serve(self) -> None:
        try:
            while (waiting := self._next()) is not None:
                await self._serve_one(waiting)
                self._coming += 1
        finally:
            self._serving -= 1

    def _next(self) -> Waiting | None:
        self._coming -= 1
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                return waiting
        return None

    async def _serve_one(self, waiting: Waiting) -> None:
        environment = self._take()
        self._busy.add(environment)
        await self._run(environment, waiting)
        reusable = await self._free(environment)
        self._busy.discard(environment)
        if reusable and not self._draining:
            loop = asyncio.get_running_loop()
            self._idle[environment] = loop.call_later(self._limits.idle, self._retire, environment)
            # Not at once: whoever waits takes it in this very turn of the loop.
            loop.call_soon(self._freeze, environment)
        else:
            await environment.stop()

    def _freeze(self, environment: Environment) -> None:
        if environment in self._idle:
            environment.freeze()

    async def _free(self, environment: Environment) -> bool:
        # A runtime asks for its next event within a millisecond: a request that comes meanwhile waits for it rather than
        # for a cold start. When the runtime is still busy after SOON, the request gets an environment of its own.
        self._coming += 1
        free = await environment.free_within(SOON)
        self._coming -= 1
        if free is None:
            self._dispatch()
            free = await environment.free_in_time()
        return free

    async def _run(self, environment: Environment, waiting: Waiting) -> None:
        queue = (time.monotonic() - waiting.since) * 1000
        self._running += 1
        try:
            payload, init, handler, request_id = await environment.run(waiting.event, waiting.limit)
        except Exception as error:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)
        else:
            if not waiting.answer.done():
                waiting.answer.set_result(HandlerResult(payload, queue, init, handler, self._arn, request_id))
        finally:
            self._running -= 1

    def _take(self) -> Environment:
        while self._idle:
            environment, retire = self._idle.popitem()
            retire.cancel()
            if environment.alive:
                return environment
            self._spawn(environment.stop())
        return Environment(self._function, self._shared)

    def _retire(self, environment: Environment) -> None:
        self._idle.pop(environment).cancel()
        self._spawn(environment.stop())
