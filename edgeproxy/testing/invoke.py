"""One CloudFront Function on one event, without a server: what `aws cloudfront test-function` does, and what it leaves out.

AWS page: test-function. TestFunction checks that the code runs; header rules, origin rewrites and status codes are checked
only at run time, so `Invocation.refused` tells what CloudFront would say there.
Chosen: what is neither a request nor a response fails with the sentence of the 502. A failed run has no FunctionOutput and
the utilization 0, one that was stopped for its time 100.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import orjson

from edgeproxy import edge
from edgeproxy.errors import ConfigError, FunctionError, Problem
from edgeproxy.hooks import Hook
from edgeproxy.messages import Response
from edgeproxy.model import Function
from edgeproxy.ports import EdgeFunction, FunctionResult, Given, KeyValues
from edgeproxy.rules import function_event
from edgeproxy.testing import diff, event_file, origin_check
from edgeproxy.testing.event_object import REQUEST, RESPONSE, EventObject, known

RUNTIMES = ("cloudfront-js-2.0", "cloudfront-js-1.0")
MOST_READ = 1 << 20
"""Bytes that are read of a function's file; far fewer are too many for CloudFront."""


class TestResult(NamedTuple):
    """TestFunction's answer."""

    output: str
    """`{"request": {...}}` or `{"response": {...}}` as JSON text."""
    utilization: str
    """0 to 100."""
    logs: tuple[str, ...]
    error: str

    def json(self) -> str:
        """As the AWS CLI prints it."""
        result = {
            "FunctionOutput": self.output,
            "ComputeUtilization": self.utilization,
            "FunctionExecutionLogs": self.logs,
            "FunctionErrorMessage": self.error,
        }
        return json.dumps(result, indent=4)


class Invocation(NamedTuple):
    """One run: the result, and what TestFunction does not tell."""

    result: TestResult
    cause: str = ""
    """Why it failed, with the place in the code."""
    answered: bool = False
    """It made a response at viewer-request."""
    changed: tuple[str, ...] = ()
    refused: FunctionError | None = None
    """What CloudFront would refuse at run time."""
    origin: str | None = None
    log_data: str | None = None


def invoke(function: Path, event: Path, runtime: str, key_values: Path | None, now: float) -> Invocation:
    """Runs the function of a file on the event of a file, at `now` (Unix seconds). Raises ConfigError for the files."""
    wanted = event_file.read(event)
    declared = Function(function.stem, runtime, _code(function), function)
    store = None if key_values is None else edge.load_key_values(key_values, now)
    return run(edge.load_function(declared), wanted, now, store, function)


def _code(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_READ).decode()
    except OSError as error:
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", path)) from None
    except UnicodeDecodeError:
        raise ConfigError(Problem("not UTF-8 text", path)) from None


def run(function: EdgeFunction, event: EventObject, now: float, store: KeyValues | None, path: Path) -> Invocation:
    """Runs a loaded function; `path` is where its code stands."""
    given = Given(event.raw_query(), store, event.hook is Hook.VIEWER_REQUEST)
    try:
        ran = function.run(json.dumps(event.event), now, given)
    except FunctionError as error:
        utilization = "100" if error.detail == "FunctionThrottledError" else "0"
        return _failed(error, utilization, error.logs, _without_place(error.cause, path))
    return _returned(ran, event)


def _returned(ran: FunctionResult, event: EventObject) -> Invocation:
    utilization = str(min(ran.utilization, 100))
    refused = _refused(ran, event)
    try:
        returned = orjson.loads(ran.output)
    except orjson.JSONDecodeError:
        returned = None
    if not isinstance(returned, dict):
        assert refused is not None, "what is no object is always refused"
        return _failed(refused, utilization, ran.logs, "")
    answered = event.hook is Hook.VIEWER_REQUEST and "statusCode" in returned
    is_response = answered or event.hook is Hook.VIEWER_RESPONSE
    kind, properties = ("response", RESPONSE) if is_response else ("request", REQUEST)
    after = known(returned, properties)
    output = json.dumps({kind: after}, ensure_ascii=False, separators=(",", ":"))
    changed = diff.lines({} if answered else event.sent, after)
    result = TestResult(output, utilization, ran.logs, "")
    return Invocation(result, "", answered, tuple(changed), refused, ran.origin, ran.log_data)


def _failed(error: FunctionError, utilization: str, logs: tuple[str, ...], message: str) -> Invocation:
    text = f"{FunctionError.SENTENCE} {message}" if message else error.sentence
    return Invocation(TestResult("", utilization, logs, text), error.cause)


def _without_place(cause: str, path: Path) -> str:
    """The error as CloudFront words it, which names the line of a syntax error alone."""
    return re.sub(rf" \({re.escape(str(path))}:\d+\)$", "", cause)


def _refused(ran: FunctionResult, event: EventObject) -> FunctionError | None:
    sent = function_event.Event("", event.sent, lambda: event.sent)
    try:
        if event.hook is Hook.VIEWER_RESPONSE:
            function_event.apply_to_response(ran.output, sent, event.response())
            return None
        request = event.request()
        changed = function_event.apply_to_request(ran.output, sent, request)
    except FunctionError as error:
        return error
    if ran.origin is None or isinstance(changed, Response):
        return None
    return origin_check.refusal(ran.origin, request)
