"""The environments of one function: at most so many, one request each; the rest wait their turn, first come first served.

Chosen: more requests than environments wait (throttling is off); an idle environment is stopped after ten minutes (AWS
publishes no figure); of several idle ones the last used goes first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.ports import HandlerResult
from edgeproxy.runtimes.lambda_edge.environment import Environment

STOPPING = "edgeproxy is stopping"
SOON = 0.05
"""Seconds in which an environment is expected back after its answer."""


class Limits(NamedTuple):
    """Environments per function; seconds that an idle one is kept; seconds that an init may take."""

    environments: int
    idle: float
    init: float


class Waiting(NamedTuple):
    """An event that waits for an environment, since when (monotonic seconds), and where the answer goes."""

    event: bytes
    since: float
    answer: asyncio.Future[HandlerResult]


class Pool:
    """A `ports.Handler`. Whoever calls may be cancelled: the invocation goes on, as on CloudFront."""

    def __init__(
        self,
        function: LambdaFunction,
        limits: Limits,
        named: Mapping[str, str],
        log: Callable[[str], None],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self.name = function.name
        self._function = function
        self._limits = limits
        self._named = named
        self._log = log
        self._waiting: deque[Waiting] = deque()
        self._idle: dict[Environment, asyncio.TimerHandle] = {}
        self._busy: set[Environment] = set()
        self._serving = 0
        """Tasks that serve, each with one environment."""
        self._coming = 0
        """Those of them that are about to look who waits."""
        self._tasks = tasks
        """Held by the owner of all pools; a pool's work goes on when nobody holds the pool."""
        self._draining = False
        self._closed = False

    async def invoke(self, event: bytes) -> HandlerResult:
        """One invocation. Raises LambdaError (execution)."""
        if self._closed:
            raise LambdaError.execution(STOPPING)
        answer: asyncio.Future[HandlerResult] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(event, time.monotonic(), answer))
        self._dispatch()
        return await answer

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
            retire = asyncio.get_running_loop().call_later(self._limits.idle, self._retire, environment)
            self._idle[environment] = retire
        else:
            await environment.stop()

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
        try:
            payload, init, handler = await environment.run(waiting.event)
        except Exception as error:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)
        else:
            if not waiting.answer.done():
                waiting.answer.set_result(HandlerResult(payload, queue, init, handler))

    def _take(self) -> Environment:
        while self._idle:
            environment, retire = self._idle.popitem()
            retire.cancel()
            if environment.alive:
                return environment
            self._spawn(environment.stop())
        return Environment(self._function, self._named, self._log, self._limits.init)

    def _retire(self, environment: Environment) -> None:
        self._idle.pop(environment).cancel()
        self._spawn(environment.stop())
