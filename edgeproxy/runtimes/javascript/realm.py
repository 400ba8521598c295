"""One JavaScript context with the user's code in it: bounded in time, memory and stack, and whatever it does stays inside.

Text goes in and text comes out: Python callables and a time limit cannot be combined in one context, and strings end at
NUL and break at lone surrogates on the engine's border, so both ways are JSON.
"""

import json
import re
import time
from pathlib import Path

import _quickjs

_STOP = '"use strict";throw 0;'
INDENT = len(_STOP)
"""Columns by which `compiles` moves the first line to the right."""
STACK = 256 << 10
"""Bytes of C stack that a run may use."""

_PARTS = ("builtins.js", "time.js", "guards.js", "boot.js")
_PRELUDE = "\n".join(
    [
        '(function () { "use strict";',
        *(Path(__file__).with_name("prelude").joinpath(part).read_text("utf-8") for part in _PARTS),
        "})()",
    ]
)
_LINES = _PRELUDE.count("\n") + 1
"""The user's code stands below this line: the engine has one file name for all, so lines tell whose a frame is."""

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


class Realm:
    """A context, for any number of runs one after another. `body` is a program that defines `handler`.

    `frozen`: its built-ins cannot be written to, so that no run leaves anything in them; else it is good for one run.
    Raises DoesNotCompile.
    """

    def __init__(self, body: str, frozen: bool, time_limit: float, memory_limit: int) -> None:
        self.runs = 0
        self._time_limit = time_limit
        self._context = _quickjs.Context()
        self._context.set_max_stack_size(STACK)
        boot = self._context.eval(_PRELUDE)
        try:
            factory = self._context.eval("\n" * _LINES + f'(function (__host) {{"use strict";{body}\nreturn handler;}})')
        except _quickjs.JSException as error:
            raise DoesNotCompile(str(error)) from None
        self._run = boot(factory, frozen)
        self._context.set_memory_limit(self._context.memory()["malloc_size"] + memory_limit)
        self._context.set_time_limit(time_limit)

    def run(self, event: str, now: float) -> str:
        """One call of handler: `{"v": value}`, a report `[output, logs, error, stack]`, or `?`: a promise was never settled.

        Raises OutOfTime, OutOfMemory; after either the realm must not be used again.
        """
        self.runs += 1
        if not event.isascii():
            event = json.dumps(json.loads(event))
        end = time.process_time() + self._time_limit
        try:
            answer = self._run(event, float(int(now * 1000)))
            unsettled = answer == "?"
            while self._context.execute_pending_job():
                if time.process_time() > end:
                    raise OutOfTime
            if unsettled:
                answer = self._run()
        except _quickjs.JSException as error:
            raise (OutOfTime() if "interrupted" in str(error) else OutOfMemory()) from None
        if answer is None or answer[0] == "0":
            raise OutOfMemory(", or threw null" if answer == "0null" else "")
        if answer[0] == "1":
            raise OutOfTime
        return _well_formed(answer)


def line_of(stack: str) -> int:
    """The line of the user's code that a stack names first, 0 when it names none."""
    for frame in _FRAME.finditer(stack):
        line = int(frame[1]) - _LINES
        if line > 0:
            return line
    return 0


def _well_formed(answer: str) -> str:
    # Strings are UTF-8 in CloudFront's engine: half a surrogate pair becomes U+FFFD there.
    if "\\ud" not in answer:
        return answer
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[0].startswith("\\ud") else escape[0], answer)
