"""One JavaScript context with the user's code in it: bounded in time, memory and stack, and whatever it does stays inside.

Text goes in and text comes out: Python callables and a time limit cannot be combined in one context, and strings end at
NUL and break at lone surrogates on the engine's border, so both ways are JSON.
"""

import json
import re
import time
from typing import NamedTuple

import _quickjs

from edgeproxy.ports import NOTHING_GIVEN, Given, KeyValues
from edgeproxy.rules.edge_event import ascii_json
from edgeproxy.runtimes.javascript.built_ins import LINES, prelude

_STOP = '"use strict";throw 0;'
INDENT = len(_STOP)
"""Columns by which `compiles` moves the first line to the right."""
STACK = 256 << 10
"""Bytes of C stack that a run may use."""

_FRAME = re.compile(r"<input>:(\d+)")
_ESCAPE = re.compile(r"\\(?:ud[89a-f][0-9a-f]{2}|.)")


class OutOfTime(Exception):
    """The run was stopped at its time limit."""


class OutOfMemory(Exception):
    """More memory was wanted than there is; the text is what else it may have been."""


class DoesNotCompile(Exception):
    """The engine's own text of a SyntaxError, with line and column."""


def compiles(program: str) -> None:
    """Parses a whole program without running any of it. Raises DoesNotCompile."""
    context = _quickjs.Context()
    context.set_memory_limit(32 << 20)
    context.set_time_limit(1.0)
    context.set_max_stack_size(STACK)
    # Stops before the first statement; a program that is whole by itself cannot end the function it is put into.
    try:
        context.eval(_STOP + program)
    except _quickjs.JSException as error:
        if not str(error).startswith("0\n"):
            raise DoesNotCompile(str(error)) from None


class Call(NamedTuple):
    """One request's call of handler, the same for each of its runs; `now` in Unix seconds."""

    event: str
    now: float
    given: Given = NOTHING_GIVEN
    seed: int = 0
    """Of Math.random, 32 bits."""
    answers: str | None = None
    """Hashes that are known: `[[question, hexadecimal digest], ...]`."""
    may_ask: bool = True
    """False: a hash that is not known is computed in JavaScript; for realms with hashes."""
    records: str | None = None
    request: str | None = None
    """What `given.part` gives; None when it has not been asked for."""


class Realm:
    """A context, for any number of runs one after another. `body` is a program that defines `handler`.

    `frozen`: its built-ins cannot be written to, so that no run leaves anything in them; else it is good for one run.
    Raises DoesNotCompile.
    """

    def __init__(
        self, body: str, frozen: bool, time_limit: float, memory_limit: int, runtime: str = "2.0", with_hashes: bool = False
    ) -> None:
        self.runs = 0
        self.with_hashes = with_hashes
        self._time_limit = time_limit
        self._context = _quickjs.Context()
        self._context.set_max_stack_size(STACK)
        boot = self._context.eval(prelude(runtime, with_hashes))
        try:
            factory = self._context.eval("\n" * LINES + f'(function (__host) {{"use strict";{body}\nreturn handler;}})')
        except _quickjs.JSException as error:
            raise DoesNotCompile(str(error)) from None
        self._run = boot(factory, frozen)
        self._context.set_memory_limit(self._context.memory()["malloc_size"] + memory_limit)
        self._context.set_time_limit(time_limit)

    def run(self, call: Call) -> str:
        """One run of handler: `{"v": value}`, a report `[output, logs, error, stack, origin, log data]`, or `?`: a promise
        was never settled, or `{"q": ...}`: a hash (see hashes.py) or a part of the event is wanted.

        Raises OutOfTime, OutOfMemory; after either the realm must not be used again.
        """
        self.runs += 1
        event, given = call.event, call.given
        if not event.isascii():
            event = json.dumps(json.loads(event))
        raw = None if given.raw_query is None else ascii_json(given.raw_query)
        try:
            answer = self._run(
                event, float(int(call.now * 1000)), call.seed, raw, given.key_values is not None, given.viewer_request,
                call.answers, call.may_ask, given.part is not None, call.records, call.request,
            )  # fmt: skip
            if self._context.execute_pending_job() or answer == "?":
                answer = self._after_jobs(answer, given.key_values)
        except _quickjs.JSException as error:
            raise (OutOfTime() if "interrupted" in str(error) else OutOfMemory()) from None
        if answer is None or answer[0] == "0":
            raise OutOfMemory(", or threw null" if answer == "0null" else "")
        if answer[0] == "1":
            raise OutOfTime
        # A question comes back as it was asked, to be recognised.
        return answer if answer.startswith('{"q":') else well_formed(answer)

    def _run_jobs(self, end: float) -> None:
        while self._context.execute_pending_job():
            if time.process_time() > end:
                raise OutOfTime

    def _after_jobs(self, answer: str | None, key_values: KeyValues | None) -> str | None:
        end = time.process_time() + self._time_limit
        self._run_jobs(end)
        if answer != "?":
            return answer
        answer = self._run()
        while answer is not None and key_values is not None and answer.startswith('{"k":'):
            self._run(_looked_up(answer, key_values))
            self._run_jobs(end)
            if time.process_time() > end:
                raise OutOfTime
            answer = self._run()
        return answer


def _looked_up(asks: str, key_values: KeyValues) -> str:
    return json.dumps([_value(operation, key, key_values) for operation, key in json.loads(asks)["k"]])


def _value(operation: str, key: str, key_values: KeyValues) -> object:
    if operation == "meta":
        return [key_values.created, key_values.updated, len(key_values)]
    value = key_values.get(key)
    return value is not None if operation == "exists" else value


def line_of(stack: str) -> int:
    """The line of the user's code that a stack names first, 0 when it names none."""
    for frame in _FRAME.finditer(stack):
        line = int(frame[1]) - LINES
        if line > 0:
            return line
    return 0


def well_formed(answer: str) -> str:
    """JSON text in which every half of a surrogate pair is U+FFFD."""
    # Strings are UTF-8 in CloudFront's engine: half a surrogate pair becomes U+FFFD there.
    if "\\ud" not in answer:
        return answer
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[0].startswith("\\ud") else escape[0], answer)
