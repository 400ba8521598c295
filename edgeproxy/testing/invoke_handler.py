"""One Lambda@Edge handler on one event, without a server: a cold invocation, then warm ones, and what CloudFront would say.

What the handler returns is judged by the rules that bind it on the way of a request. The first invocation that fails or is
refused is the one shown, and a failure ends the run; else it is the first. Nothing is left of it, neither process nor file.

`--json`, times in milliseconds:
  Payload        what the handler returned; text when it is no JSON, null when it failed
  FunctionError  null, or {errorType (null when Lambda names none), errorMessage, place: "file:line" or null}
  Verdict        "passed", or the sentence of CloudFront's error page
  Status, Cause  of that page: null and null, or 502 or 503 and what is wrong
  Invocation     which one this tells of: 1 is the cold one
  Answered       it made a response at a request trigger: the origin is not asked
  Changed        one line a change
  Note           empty, or which interpreter stands in for the declared one
  Logs           what the handler printed, all invocations together
  Cold, Warm     {init, handler}, null when it failed; [{init, handler}, …], init is 0 unless the process was started anew
"""

import asyncio
import contextlib
import json
import re
import signal
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from edgeproxy import edge
from edgeproxy.errors import LambdaError
from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.ports import Handler
from edgeproxy.rules import lambda_event
from edgeproxy.testing import diff, handler_event, handler_message
from edgeproxy.testing.handler_event import HandlerEvent

TIMES = 2
"""Invocations, unless told otherwise: a cold one and a warm one."""
_PLACED = re.compile(r"(?P<error>.*) \((?P<place>[^()]+:[0-9]+)\)", re.DOTALL)
_TYPED = re.compile(r"(?P<type>[A-Za-z_][\w.]*):(?: (?P<message>.*))?", re.DOTALL)


class Run(NamedTuple):
    """One invocation: what came back (None when it failed), milliseconds, and what was printed meanwhile."""

    payload: bytes | None
    init: float
    handler: float
    logs: tuple[str, ...]


class Verdict(NamedTuple):
    """What CloudFront makes of one invocation (`number`, from 1): `error` is None when it takes the result."""

    number: int
    error: LambdaError | None
    answered: bool = False
    changed: tuple[str, ...] = ()


class HandlerInvocation(NamedTuple):
    """All invocations, the first one cold, and the verdict."""

    runs: tuple[Run, ...]
    verdict: Verdict
    note: str = ""
    """Which interpreter stands in for the declared one."""

    @property
    def shown(self) -> Run:
        """The invocation that the verdict is about."""
        return self.runs[self.verdict.number - 1]

    def json(self) -> str:
        """As the docstring of the module says."""
        error, failed = self.verdict.error, self.shown.payload is None
        times = [
            None if run.payload is None else {"init": round(run.init, 3), "handler": round(run.handler, 3)} for run in self.runs
        ]
        result = {
            "Payload": _payload(self.shown.payload),
            "FunctionError": _function_error(error.cause) if error and failed else None,
            "Verdict": error.sentence if error else "passed",
            "Status": error.status if error else None,
            "Cause": error.cause if error else None,
            "Invocation": self.verdict.number,
            "Answered": self.verdict.answered,
            "Changed": self.verdict.changed,
            "Note": self.note,
            "Logs": [line for run in self.runs for line in run.logs],
            "Cold": times[0],
            "Warm": [each for each in times[1:] if each],
        }
        return json.dumps(result, indent=4)


def invoke(function: LambdaFunction, event: Path, times: int = TIMES) -> HandlerInvocation:
    """Invokes the handler so many times, one after the other, on the event of a file. Raises ConfigError for the file.

    To be called outside an event loop. SIGTERM ends it as Ctrl-C does, by asyncio.CancelledError.
    """
    return asyncio.run(_invoke(function, handler_event.read(event), times))


async def _invoke(function: LambdaFunction, event: HandlerEvent, times: int) -> HandlerInvocation:
    task = asyncio.current_task()
    # Only the main thread can be told of signals.
    with contextlib.suppress(RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: task and task.cancel())
    said: list[str] = []
    # One environment: what comes next waits for it, however long it takes to come back.
    environments = edge.load_handlers(LambdaEdgeSettings(environments=1), lambda line: said.append(line))
    try:
        runs, error = await _run(environments.alone(function), event, times, said)
    finally:
        await environments.close()
    runs, note = _without_note(runs, function)
    return HandlerInvocation(runs, _first_wrong(runs, error, event), note)


def _without_note(runs: tuple[Run, ...], function: LambdaFunction) -> tuple[tuple[Run, ...], str]:
    """The runs, and the line said before the first process starts when it is not of the declared version."""
    first, prefix = runs[0], f"declares {function.runtime}, runs on "
    if not first.logs or not first.logs[0].startswith(prefix):
        return runs, ""
    note = f"no {function.runtime} on this machine, it runs on {first.logs[0].removeprefix(prefix)}"
    return (first._replace(logs=first.logs[1:]), *runs[1:]), note


async def _run(
    handler: Handler, event: HandlerEvent, times: int, said: list[str]
) -> tuple[tuple[Run, ...], LambdaError | None]:
    runs: list[Run] = []
    failure = None
    while len(runs) < times and failure is None:
        payload: bytes | None = None
        init = milliseconds = 0.0
        try:
            result = await handler.invoke(event.event.payload)
            payload, init, milliseconds = result.payload, result.init, result.handler
        except LambdaError as error:
            failure = error
        runs.append(Run(payload, init, milliseconds, tuple(line.removeprefix(f"{handler.name}: ") for line in said)))
        said.clear()
    return tuple(runs), failure


def _first_wrong(runs: tuple[Run, ...], failure: LambdaError | None, event: HandlerEvent) -> Verdict:
    verdicts = [
        Verdict(number, failure) if run.payload is None else judge(event, run.payload, number)
        for number, run in enumerate(runs, 1)
    ]
    return next((verdict for verdict in verdicts if verdict.error), verdicts[0])


def judge(event: HandlerEvent, payload: bytes, number: int = 1) -> Verdict:
    """What CloudFront makes of what a handler returned for the event."""
    error = _refusal(event, payload)
    try:
        returned = orjson.loads(payload)
    except orjson.JSONDecodeError:
        returned = None
    if not isinstance(returned, dict):
        return Verdict(number, error)
    answered = event.response is None and "status" in returned
    sent = event.event.sent
    before = {} if answered else handler_message.plain(sent)
    after = handler_message.plain(returned, None if answered else sent)
    return Verdict(number, error, answered, tuple(diff.lines(before, after)))


def _refusal(event: HandlerEvent, payload: bytes) -> LambdaError | None:
    try:
        if event.response is not None:
            lambda_event.apply_response(event.hook, payload, event.event, event.response)
        else:
            lambda_event.apply_request(event.hook, payload, event.event, event.request, origin=event.origin)
    except LambdaError as error:
        return error
    return None


def _payload(payload: bytes | None) -> Any:
    if payload is None:
        return None
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "replace")


def _function_error(cause: str) -> dict[str, str | None]:
    placed = _PLACED.fullmatch(cause)
    text, place = (placed["error"], placed["place"]) if placed else (cause, None)
    typed = _TYPED.fullmatch(text)
    kind, message = (typed["type"], typed["message"] or "") if typed else (None, text)
    return {"errorType": kind, "errorMessage": message, "place": place}
