"""One execution environment: a scratch directory, a Runtime API address and a process; one request at a time.

AWS page: lambda-runtime-environment. Between two requests its process group is stopped, so that timers and background work
wait, as in Lambda's freeze. Chosen: open connections stay open meanwhile, and a frozen handler's clock goes on.
"""

import asyncio
import secrets
import signal
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge import failure, logs, memory, task_root
from edgeproxy.runtimes.lambda_edge.guard import remove_scratch
from edgeproxy.runtimes.lambda_edge.guarded import Guarded
from edgeproxy.runtimes.lambda_edge.interpreters import NoInterpreter, command
from edgeproxy.runtimes.lambda_edge.process import Process
from edgeproxy.runtimes.lambda_edge.runtime_api import Answered, Failed, Invocation, Ready, RuntimeApi, Step, TooLarge
from edgeproxy.runtimes.lambda_edge.variables import invoked_arn, log_group, variables

INIT_LIMIT = 10.0
"""Seconds until the runtime must have asked for its first event."""


class Shared(NamedTuple):
    """What all environments have in common; `variables` are those of the settings, `init_limit` in seconds."""

    logs: logs.Logs
    guarded: Guarded
    variables: Mapping[str, str | None] = {}
    init_limit: float = INIT_LIMIT


class Exited(NamedTuple):
    """The process is gone; the code as in subprocess."""

    code: int


class Run(NamedTuple):
    """One invocation: the payload, and milliseconds of init (0 when warm) and handler."""

    payload: bytes
    init: float
    handler: float
    request_id: str


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


class Environment:
    """Starts with its first run. After a run, `free_within` says whether it can take another; in the end `stop` it."""

    def __init__(self, function: LambdaFunction, shared: Shared) -> None:
        self._function = function
        self._shared = shared
        self._stream_name = logs.stream_name(function.version, secrets.token_hex(16))
        self._log = shared.logs.stream(function, log_group(function), self._stream_name)
        self._steps: asyncio.Queue[Step | Exited] = asyncio.Queue()
        self._api = RuntimeApi(self._steps.put_nowait, self._end)
        self._process: Process | None = None
        self._places: tuple[Path, Path] | None = None
        """Scratch directory and task root."""
        self._deadline = 0.0
        self._peak = 0
        """Most bytes of memory that its process has had, as far as is known."""
        self._killed = False

    @property
    def alive(self) -> bool:
        """Whether its process still runs, as far as is known."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """Of its process; 0 before the first run."""
        return self._process.pid if self._process else 0

    async def run(self, event: bytes, limit: float | None = None) -> Run:
        """One invocation, with init when it is the first; `limit`: seconds, if they are fewer than the function's timeout.

        Raises LambdaError (execution).
        """
        request_id = str(uuid.uuid4())
        timeout = min(self._function.timeout, limit or self._function.timeout)
        init, spent = (0.0, 0.0) if self._process else await self._init(request_id)
        if self._process is not None:
            self._process.thaw()
        started = time.monotonic() - spent
        self._deadline = started + timeout
        deadline_ms = int((time.time() + timeout - spent) * 1000)
        self._log.platform(logs.start(request_id, self._function.version))
        self._api.offer(Invocation(request_id, event, deadline_ms, invoked_arn(self._function), _trace_id()))
        step = await self._step(timeout - spent)
        milliseconds = (time.monotonic() - started) * 1000
        try:
            payload = self._payload(self._judged(step), request_id, timeout)
        except LambdaError as error:
            self._report(request_id, milliseconds, init, error)
            raise
        self._report(request_id, milliseconds, init)
        return Run(payload, init, milliseconds, request_id)

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

    def freeze(self) -> None:
        """Stops the process until its next run."""
        if self._process is not None:
            self._process.freeze()

    @property
    def _root(self) -> Path:
        return self._places[1] if self._places else Path()

    @property
    def _folder(self) -> Path:
        """The task root as the user knows it, whose copy the other may be."""
        return task_root.folder(self._function) or self._root

    def kill(self) -> None:
        """Ends the process now, or as soon as it has started; a run that waits for it fails."""
        self._killed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """Kills what is left and removes every trace but its log. Not to be called during a run."""
        await self._stop_process()
        self._log.close()
        if self._places is not None:
            await asyncio.to_thread(remove_scratch, self._places[0])

    async def _stop_process(self) -> None:
        if self._process is not None:
            await self._process.stop()
            await asyncio.to_thread(self._shared.guarded.remove, self._process.pid)
        await self._api.close()

    # --- init ---

    async def _init(self, request_id: str) -> tuple[float, float]:
        """Milliseconds of init, and the seconds of them that count against the function's timeout."""
        started = time.monotonic()
        try:
            await self._attempt(request_id, self._shared.init_limit, "init")
        except LambdaError:
            if self._killed or self._process is None:
                raise
            # "Lambda retries initialization at the time of the first invocation, with the function's configured timeout."
            await self._begin_anew()
            again = time.monotonic()
            await self._attempt(request_id, self._function.timeout, "invoke")
            return (time.monotonic() - started) * 1000, time.monotonic() - again
        return (time.monotonic() - started) * 1000, 0.0

    async def _begin_anew(self) -> None:
        await self._stop_process()
        self._steps = asyncio.Queue()
        self._api = RuntimeApi(self._steps.put_nowait, self._end)
        self._process = None

    async def _attempt(self, request_id: str, seconds: float, phase: str) -> None:
        started = time.monotonic()
        self._log.platform(logs.init_start(self._function.runtime))
        try:
            await self._start()
        except (NoInterpreter, OSError, ValueError) as error:
            raise LambdaError.execution(f"cannot start: {error}") from error
        step = await self._step(seconds)
        if isinstance(step, Ready):
            return
        error_type = failure.reported_type(step.failure.error_type) if isinstance(step, Failed) else "Runtime.ExitError"
        status = "timeout" if step is None else "error"
        line = logs.init_report((time.monotonic() - started) * 1000, phase, status, "" if step is None else error_type)
        self._log.platform(line)
        if step is None:
            raise LambdaError.execution(line.expandtabs(1))
        self._payload(step, request_id, seconds)

    async def _start(self) -> None:
        if self._places is None:
            self._places = await asyncio.to_thread(task_root.make, self._function)
        scratch, root = self._places
        await self._api.start()
        words = await asyncio.to_thread(self._command)
        environment = variables(
            self._function, root, scratch / "tmp", self._api.address, self._stream_name, self._shared.variables
        )
        self._process = await Process.start(words, environment, root, self._printed, self._exited)
        # Unlike its group, a variable is not left behind by a child that goes its own way.
        marker = f"AWS_LAMBDA_LOG_STREAM_NAME={self._stream_name}"
        await asyncio.to_thread(self._shared.guarded.add, self._process.pid, marker, scratch)
        if self._killed:
            self._process.kill()

    def _command(self) -> list[str]:
        words, note = command(self._function.runtime)
        if note:
            self._shared.logs.say_once(f"{self._function.name}: {note}")
        return words

    def _printed(self, line: str) -> None:
        self._log.line(failure.in_folder(line, self._root, self._folder))

    def _exited(self, code: int) -> None:
        self._steps.put_nowait(Exited(code))

    # --- steps ---

    async def _step(self, seconds: float) -> Step | Exited | None:
        """The next step, None when it does not come in time: then the process group is killed at once."""
        watch = memory.Watch(self.pid, self._function.memory * memory.MB, self._end)
        try:
            async with asyncio.timeout(seconds):
                return await self._steps.get()
        except TimeoutError:
            self._end()
            return None
        finally:
            watch.stop()

    def _judged(self, step: Step | Exited | None) -> Step | Exited | None:
        """The step, or the end that Lambda would have put to a process that needed more memory than it has."""
        self._peak = memory.peak(self.pid) or self._peak
        if isinstance(step, Answered | Failed | TooLarge) and self._peak > self._function.memory * memory.MB:
            self._end()
            return Exited(-signal.SIGKILL)
        return step

    def _payload(self, step: Step | Exited | None, request_id: str, timeout: float) -> bytes:
        match step:
            case Answered(payload):
                return payload
            case Failed(failed):
                raise LambdaError.execution(failed.cause(self._root, self._folder))
            case TooLarge(size):
                raise LambdaError.execution(failure.too_large(size))
            case Exited(code):
                raise LambdaError.execution(failure.exited(request_id, code))
            case _:
                raise LambdaError.execution(failure.timed_out(request_id, timeout))

    def _report(self, request_id: str, milliseconds: float, init: float, error: LambdaError | None = None) -> None:
        """Writes what Lambda writes at the end of an invocation, behind all that the handler has printed."""
        if not self._log.platform_wanted and error is None:
            return
        if self._process is not None:
            self._process.read_output()
        status = ""
        if error is not None and "Task timed out" in error.cause:
            self._log.line(error.cause)
            status = "timeout"
        elif error is not None and error.cause.startswith("Runtime.ExitError: "):
            self._log.line(error.cause.removeprefix("Runtime.ExitError: "))
            status = "error\tError Type: Runtime.ExitError"
        self._log.platform(logs.end(request_id))
        used = self._peak // memory.MB
        self._log.platform(logs.report(request_id, milliseconds, self._function.memory, used, init, status))
