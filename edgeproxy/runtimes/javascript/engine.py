"""CloudFront Functions: loads the user's JavaScript, and runs it inside this process.

Restrictions on CloudFront Functions: no network, no files, no clock, 2 MB of memory, nothing left from run to run.
Chosen: a run is stopped after 10 ms of the process's CPU time (AWS publishes no figure); its error is FunctionThrottledError.
Chosen: memory is 2 MB over what the engine itself needs; a returned value has at most 1,048,576 characters of JSON.
Chosen: console.log joins its arguments with a space and writes an object as `[object Object]`; a log ends at 10,240 characters.
Not emulated: the modules crypto, querystring, buffer and cloudfront; KeyValueStore; compute utilization.
"""

import time

import orjson

from edgeproxy.errors import FunctionError, Problem
from edgeproxy.model import Function
from edgeproxy.ports import FunctionResult
from edgeproxy.runtimes.javascript import complaints, realm, syntax

TIME_LIMIT = 0.010
"""Seconds of CPU."""
MEMORY_LIMIT = 2 << 20


class JavaScriptFunction:
    """A function, loaded. It keeps one context, made at its first run and anew after a run that broke it."""

    __slots__ = ("_function", "_memory_limit", "_realm", "_script", "_time_limit", "broken", "name")

    def __init__(self, function: Function, *, time_limit: float, memory_limit: int) -> None:
        self.name = function.name
        self._script = syntax.read(function.code)
        self.broken = _problem(function, self._script)
        """Why every run fails; None when the code compiles and defines `handler`."""
        self._function = function
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._realm: realm.Realm | None = None

    def run(self, event: str, now: float) -> FunctionResult:
        """Calls `handler`. `output` is the returned value as JSON, empty for undefined (also a function or a symbol).

        A returned promise is awaited. Raises FunctionError: execution, throttled.
        """
        started = time.perf_counter()
        if self.broken is not None:
            path, line = self.broken.path, self.broken.line
            raise FunctionError.execution(f"{self.broken.message} ({path}:{line})" if path and line else self.broken.message)
        answer = self._answer(event, now)
        output, logs = (answer, ()) if answer[0] == "{" else self._report(answer)
        return FunctionResult(output[len('{"v":') : -1], logs, (time.perf_counter() - started) * 1000)

    def _answer(self, event: str, now: float) -> str:
        place = self._realm or self._new_realm()
        try:
            return place.run(event, now)
        except realm.OutOfTime:
            self._realm = None
            raise FunctionError.throttled(f"the function ran for more than {self._time_limit * 1000:g} ms") from None
        except realm.OutOfMemory as error:
            self._realm = None
            if place.runs > 1:
                # What earlier runs left to the garbage collector must not count against this one.
                return self._answer(event, now)
            needs = f"the function needs more than {self._memory_limit / (1 << 20):g} MB"
            raise FunctionError.execution(f"MemoryError: {needs}{error}") from None

    def _new_realm(self) -> realm.Realm:
        tampers = self._script.tampers
        limits = (self._time_limit, self._memory_limit)
        try:
            made = realm.Realm(self._script.body, not tampers, *limits)
        except realm.DoesNotCompile as error:
            raise FunctionError.execution(str(error).partition("\n")[0]) from None
        self._realm = None if tampers else made
        return made

    def _report(self, answer: str) -> tuple[str, tuple[str, ...]]:
        if answer == "?":
            raise FunctionError.execution("Error: the promise that handler returned was never settled")
        output, logs, *failure = orjson.loads(answer)
        if not failure:
            return output, tuple(logs)
        error, stack = failure
        if error.startswith("InternalError"):
            self._realm = None
        raise FunctionError.execution(complaints.of_run(error) + self._at(realm.line_of(stack)), tuple(logs))

    def _at(self, line: int) -> str:
        function = self._function
        if not line:
            return ""
        place = "" if function.path is None else f"{function.path}:{function.file_line(line)}"
        return (
            f" ({place})"
            if place and not function.on_one_line
            else f" (line {line}{' of the code in ' + place if place else ''})"
        )


def load(function: Function, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> JavaScriptFunction:
    """Loads any code; runs none of it. Seconds of CPU and bytes per run."""
    return JavaScriptFunction(function, time_limit=time_limit, memory_limit=memory_limit)


def check(function: Function) -> Problem | None:
    """What is wrong with the code, told without running it; None when it would load."""
    return _problem(function, syntax.read(function.code))


def _problem(function: Function, script: syntax.Script) -> Problem | None:
    if "\0" in function.code:
        line = function.code[: function.code.index("\0")].count("\n") + 1
        return Problem(f'SyntaxError: Unexpected token "\\0" in {line}', function.path, function.file_line(line))
    try:
        realm.compiles(script.program)
    except realm.DoesNotCompile as error:
        wrong = complaints.of_syntax(str(error), script.program, realm.INDENT)
        return Problem(
            wrong.message, function.path, function.file_line(wrong.line), 0 if function.on_one_line else wrong.column
        )
    if script.complaint is None:
        return None
    message, line, hint = script.complaint
    return Problem(message, function.path, line and function.file_line(line), 0, hint)
