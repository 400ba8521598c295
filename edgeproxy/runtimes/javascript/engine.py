"""CloudFront Functions: loads the user's JavaScript, and runs it inside this process.

Restrictions on CloudFront Functions: no network, no files, no clock, 2 MB of memory, nothing left from run to run.
Chosen: a run is stopped after 10 ms of the process's CPU time (AWS publishes no figure); its error is FunctionThrottledError.
Chosen: memory is 2 MB over what the engine itself needs; a returned value has at most 1,048,576 characters of JSON.
Chosen: console.log joins its arguments with a space and writes an object as `[object Object]`; a log ends at 10,240 characters.
Chosen: utilization is the wall time of the run as a percentage of 1 ms (AWS publishes no figure). A hash that Python computes
costs the function nothing: the run that is reported and charged is the last one, which had all its answers in hand.
Chosen: the edge location is LOC, 127.0.0.1, us-east-1; the id given to `cf.kvs` is not looked at; a missing key rejects with
`Error: Key "k" was not found in the key value store`, `cf.kvs()` without an association throws; what Buffer, TextDecoder and
querystring leave open is as in Node.js; in runtime 1.0 a byte string is known by its text, and is none after a concatenation.
Not emulated: `cf.distributionTenant`, `cf.cwt`, `cf.mtls`; each throws when it is touched.
"""

import json
import time
from random import getrandbits

import orjson

from edgeproxy.errors import FunctionError, Problem
from edgeproxy.fidelity import BY_PROPERTY
from edgeproxy.model import Function, NotHonoured
from edgeproxy.ports import NOTHING_GIVEN, FunctionResult, Given
from edgeproxy.runtimes.javascript import complaints, hashes, realm, syntax

TIME_LIMIT = 0.010
"""Seconds of CPU; all runs of one request together have as much again."""
BUDGET = 0.001
"""Seconds of wall time that are a utilization of 100."""
MEMORY_LIMIT = 2 << 20

_PARTS = {'{"q":"records"}': "records", '{"q":"request"}': "request"}


class JavaScriptFunction:
    """A function, loaded. It keeps one context, made at its first run and anew after a run that broke it."""

    __slots__ = (
        "_budget",
        "_function",
        "_hashes",
        "_memory_limit",
        "_parts",
        "_realm",
        "_script",
        "_time_limit",
        "broken",
        "name",
    )

    def __init__(self, function: Function, *, time_limit: float, memory_limit: int, budget: float) -> None:
        self.name = function.name
        self._script = syntax.read(function.code, function.runtime)
        self.broken = _problem(function, self._script)
        """Why every run fails; None when the code compiles and defines `handler`."""
        self._function = function
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._budget = budget
        self._hashes = False
        self._parts: tuple[str, ...] = ()
        """The parts of the event that a run has read: later runs get them at once."""
        self._realm: realm.Realm | None = None

    def run(self, event: str, now: float, given: Given = NOTHING_GIVEN) -> FunctionResult:
        """Calls `handler`. `output` is the returned value as JSON, empty for undefined (also a function or a symbol).

        A returned promise is awaited. Raises FunctionError: execution, throttled.
        """
        if self.broken is not None:
            path, line = self.broken.path, self.broken.line
            raise FunctionError.execution(f"{self.broken.message} ({path}:{line})" if path and line else self.broken.message)
        call = self._with_parts(realm.Call(event, now, given, getrandbits(32)))
        answer, seconds = self._run(call)
        if answer.startswith('{"q":'):
            answer, seconds = self._answered(call, answer)
        milliseconds, utilization = seconds * 1000, int(seconds / self._budget * 100)
        if answer[0] == "{":
            return FunctionResult(answer[5:-1], (), milliseconds, utilization)  # without {"v": and its brace
        return self._report(answer, milliseconds, utilization)

    def _with_parts(self, call: realm.Call) -> realm.Call:
        if not self._parts or call.given.part is None:
            return call
        for name in self._parts:
            part = call.given.part(name)
            call = call._replace(records=part) if name == "records" else call._replace(request=part)
        return call

    def _answered(self, call: realm.Call, question: str) -> tuple[str, float]:
        """Runs the call again with each answer, until it has no more questions."""
        known: list[tuple[str, str]] = []
        answer, seconds = question, 0.0
        end = time.process_time() + self._time_limit
        while answer.startswith('{"q":'):
            if time.process_time() > end:
                raise self._throttled()
            if answer in _PARTS:
                self._parts = (*self._parts, _PARTS[answer])
                call = self._with_parts(call)
            elif len(known) == hashes.MOST_QUESTIONS:
                call = call._replace(may_ask=False)
            else:
                known.append((answer, hashes.answer(answer)))
                call = call._replace(answers=json.dumps(known))
            answer, seconds = self._run(call)
        return answer, seconds

    def _run(self, call: realm.Call) -> tuple[str, float]:
        """What one run answered, and the seconds of wall time that it took."""
        if not call.may_ask and not self._hashes:
            self._hashes, self._realm = True, None
        place = self._realm or self._new_realm()
        started = time.perf_counter()
        try:
            return place.run(call), time.perf_counter() - started
        except realm.OutOfTime:
            self._realm = None
            raise self._throttled() from None
        except realm.OutOfMemory as error:
            self._realm = None
            if place.runs > 1:
                # What earlier runs left to the garbage collector must not count against this one.
                return self._run(call)
            needs = f"the function needs more than {self._memory_limit / (1 << 20):g} MB"
            raise FunctionError.execution(f"MemoryError: {needs}{error}") from None

    def _throttled(self) -> FunctionError:
        return FunctionError.throttled(f"the function ran for more than {self._time_limit * 1000:g} ms")

    def _new_realm(self) -> realm.Realm:
        tampers = self._script.tampers
        limits = (self._time_limit, self._memory_limit)
        try:
            runtime = self._function.runtime.removeprefix("cloudfront-js-")
            made = realm.Realm(self._script.body, not tampers, *limits, runtime, self._hashes)
        except realm.DoesNotCompile as error:
            raise FunctionError.execution(str(error).partition("\n")[0]) from None
        self._realm = None if tampers else made
        return made

    def _report(self, answer: str, milliseconds: float, utilization: int) -> FunctionResult:
        if answer == "?":
            raise FunctionError.execution("Error: the promise that handler returned was never settled")
        output, logs, error, stack, origin, log_data = orjson.loads(answer)
        if error is None:
            output, origin = realm.well_formed(output), origin and realm.well_formed(origin)
            return FunctionResult(output[len('{"v":') : -1], tuple(logs), milliseconds, utilization, origin, log_data)
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


def load(
    function: Function, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT, budget: float = BUDGET
) -> JavaScriptFunction:
    """Loads any code; runs none of it. Seconds of CPU and bytes per run; `budget`: seconds that are a utilization of 100."""
    return JavaScriptFunction(function, time_limit=time_limit, memory_limit=memory_limit, budget=budget)


def check(function: Function) -> Problem | None:
    """What is wrong with the code, told without running it; None when it would load."""
    return _problem(function, syntax.read(function.code, function.runtime))


def not_emulated(function: Function) -> list[NotHonoured]:
    """What the code uses of CloudFront that edgeproxy lacks: each throws when it is touched."""
    return [
        NotHonoured(f"cf.{name} of {function.name}", BY_PROPERTY[f"cf.{name}"].here, function.path, function.file_line(line))
        for name, line in syntax.not_emulated(function.code)
    ]


def _problem(function: Function, script: syntax.Script) -> Problem | None:
    if "\0" in function.code:
        line = function.code[: function.code.index("\0")].count("\n") + 1
        return Problem(f'SyntaxError: Unexpected token "\\0" in {line}', function.path, function.file_line(line))
    try:
        realm.compiles(script.program)
    except realm.DoesNotCompile as error:
        wrong = complaints.of_syntax(str(error), script.program, realm.INDENT)
        # CloudFront stops at what comes first, be it no JavaScript at all or JavaScript that it lacks.
        if script.complaint is None or not 0 < script.complaint.line <= wrong.line:
            return Problem(
                wrong.message, function.path, function.file_line(wrong.line), 0 if function.on_one_line else wrong.column
            )
    if script.complaint is None:
        return None
    message, line, hint = script.complaint
    return Problem(message, function.path, line and function.file_line(line), 0, hint)
