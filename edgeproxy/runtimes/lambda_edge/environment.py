"""One execution environment: a scratch directory, a Runtime API address and a process; one request at a time.

AWS page: lambda-runtime-environment. Chosen: an init past its limit fails the invocation (Lambda would repeat it once
under the function's timeout). Not emulated: the freeze between invocations (timers run on), the memory limit.
"""

import asyncio
import secrets
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge import failure
from edgeproxy.runtimes.lambda_edge.interpreters import NoInterpreter, command
from edgeproxy.runtimes.lambda_edge.output import printable
from edgeproxy.runtimes.lambda_edge.process import Process
from edgeproxy.runtimes.lambda_edge.runtime_api import Answered, Failed, Invocation, Ready, RuntimeApi, Step, TooLarge
from edgeproxy.runtimes.lambda_edge.variables import invoked_arn, variables

INIT_LIMIT = 10.0
"""Seconds until the runtime must have asked for its first event."""
# "CloudFormation places it in a file named index" (AWS::Lambda::Function Code): index.js is CommonJS.
INLINE = {"python": "index.py", "nodejs": "index.js"}


class Exited(NamedTuple):
    """The process is gone; the code as in subprocess."""

    code: int


class Run(NamedTuple):
    """One invocation: the payload, and milliseconds of init (0 when warm) and handler."""

    payload: bytes
    init: float
    handler: float


def inline_name(runtime: str) -> str:
    """The file that inline code becomes."""
    return INLINE["nodejs" if runtime.startswith("nodejs") else "python"]


def _make_scratch(function: LambdaFunction) -> tuple[Path, Path]:
    """A scratch directory, and the task root: the function's own or the one made of its inline code."""
    scratch = Path(tempfile.mkdtemp(prefix="edgeproxy-lambda-")).resolve()
    (scratch / "tmp").mkdir()
    if function.inline is None and function.task_root is not None:
        return scratch, function.task_root.resolve()
    task_root = scratch / "task"
    task_root.mkdir()
    (task_root / inline_name(function.runtime)).write_text(function.inline or "", encoding="utf-8")
    return scratch, task_root


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


class Environment:
    """Starts with its first run. After a run, `free_within` says whether it can take another; in the end `stop` it."""

    def __init__(
        self, function: LambdaFunction, named: Mapping[str, str], log: Callable[[str], None], init_limit: float = INIT_LIMIT
    ) -> None:
        self._function = function
        self._named = named
        self._to = log
        self._init_limit = init_limit
        self._steps: asyncio.Queue[Step | Exited] = asyncio.Queue()
        self._api = RuntimeApi(self._steps.put_nowait)
        self._process: Process | None = None
        self._scratch: Path | None = None
        self._task_root = Path("/")
        self._deadline = 0.0
        self._killed = False

    @property
    def alive(self) -> bool:
        """Whether its process still runs, as far as is known."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """Of its process; 0 before the first run."""
        return self._process.pid if self._process else 0

    async def run(self, event: bytes) -> Run:
        """One invocation, with init when it is the first. Raises LambdaError (execution)."""
        request_id = str(uuid.uuid4())
        init = 0.0 if self._process else await self._init(request_id)
        started = time.monotonic()
        self._deadline = started + self._function.timeout
        deadline_ms = int((time.time() + self._function.timeout) * 1000)
        self._api.offer(Invocation(request_id, event, deadline_ms, invoked_arn(self._function), _trace_id()))
        payload = self._payload(await self._step(self._function.timeout), request_id)
        return Run(payload, init, (time.monotonic() - started) * 1000)

    async def free_within(self, seconds: float) -> bool | None:
        """After a run: True when the runtime asked for the next event, False when it is gone, None when neither came yet."""
        if not self.alive:
            return False
        try:
            async with asyncio.timeout(seconds):
                return isinstance(await self._steps.get(), Ready)
        except TimeoutError:
            return None

    async def free_in_time(self) -> bool:
        """The same by the deadline of the run; then the runtime is killed."""
        return isinstance(await self._step(max(0.0, self._deadline - time.monotonic())), Ready)

    def kill(self) -> None:
        """Ends the process now, or as soon as it has started; a run that waits for it fails."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """Kills what is left and removes every trace. Not to be called during a run."""
        if self._process is not None:
            await self._process.stop()
        await self._api.close()
        if self._scratch is not None:
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    async def _init(self, request_id: str) -> float:
        started = time.monotonic()
        try:
            await self._start()
        except (NoInterpreter, OSError, ValueError) as error:
            raise LambdaError.execution(f"cannot start: {error}") from error
        match await self._step(self._init_limit):
            case Ready():
                return (time.monotonic() - started) * 1000
            case Failed(failed):
                raise self._failed(failed)
            case Exited(code):
                raise LambdaError.execution(failure.exited(request_id, code))
            case _:
                raise LambdaError.execution(failure.init_timed_out(time.monotonic() - started))

    async def _start(self) -> None:
        scratch, self._task_root = await asyncio.to_thread(_make_scratch, self._function)
        self._scratch = scratch
        await self._api.start()
        words = await asyncio.to_thread(command, self._function.runtime)
        environment = variables(self._function, self._task_root, scratch / "tmp", self._api.address, self._named)
        self._process = await Process.start(words, environment, self._task_root, self._log, self._exited)
        if self._killed:
            self._process.kill()

    def _log(self, line: str) -> None:
        self._to(f"{self._function.name}: {line}")

    def _exited(self, code: int) -> None:
        self._steps.put_nowait(Exited(code))

    async def _step(self, seconds: float) -> Step | Exited | None:
        """The next step, None when it does not come in time: then the process group is killed at once."""
        try:
            async with asyncio.timeout(seconds):
                return await self._steps.get()
        except TimeoutError:
            self.kill()
            return None

    def _payload(self, step: Step | Exited | None, request_id: str) -> bytes:
        match step:
            case Answered(payload):
                return payload
            case Failed(failed):
                raise self._failed(failed)
            case TooLarge(size):
                raise LambdaError.execution(failure.too_large(size))
            case Exited(code):
                raise LambdaError.execution(failure.exited(request_id, code))
            case _:
                raise LambdaError.execution(failure.timed_out(request_id, self._function.timeout))

    def _failed(self, failed: failure.Failure) -> LambdaError:
        for text in failed.lines():
            for line in text.splitlines():
                self._log(printable(line.encode("utf-8", "replace")))
        return LambdaError.execution(failed.cause(self._task_root))
