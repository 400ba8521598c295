"""Which kind of code a file holds, a CloudFront Function or a Lambda@Edge handler, and how a handler is declared by its file.

A `.py`, `.mjs` or `.cjs` file is a handler; a `.js` file is one when a handler is named, the runtime is Lambda's or the event
is a handler's (`Records[0].cf`). Chosen, as for code that only the settings name: python3.13 and nodejs22.x, `lambda_handler`
where a Python file has one, else `handler`; the task root is the file's folder, or higher when the handler's name says so.
"""

import re
import symtable
import warnings
from collections.abc import Iterable
from importlib.util import decode_source
from pathlib import Path

from edgeproxy import edge
from edgeproxy.errors import ConfigError, Problem
from edgeproxy.model import LambdaFunction
from edgeproxy.testing import handler_event, invoke

RUNTIMES = (*invoke.RUNTIMES, *edge.LAMBDA_RUNTIMES)
PYTHON, NODE = "python3.13", "nodejs22.x"
HANDLERS = (".py", ".mjs", ".cjs")
NODE_ORDER = ("", ".js", ".mjs", ".cjs")
"""Lambda takes the first that there is."""
TIMEOUT, MEMORY = 30, 128
"""Seconds: the most that Lambda@Edge allows; MB: Lambda's default."""
FUNCTION, HANDLER = "a CloudFront Function", "a Lambda@Edge handler ({})"
OF_FUNCTIONS = ("--kvs", "--now")
OF_HANDLERS = ("--timeout", "--memory", "--times")


class Misused(Exception):
    """Options that do not fit the code or each other."""


def why_handler(path: Path, event: Path, runtime: str | None, handler: str | None) -> str:
    """What makes the code a Lambda@Edge handler; empty when it is a CloudFront Function."""
    if path.suffix in HANDLERS:
        return f"a {path.suffix} file"
    if handler is not None:
        return "--handler is given"
    if runtime is not None:
        return "" if runtime in invoke.RUNTIMES else f"--runtime is {runtime}"
    return "the event has Records[0].cf" if path.suffix == ".js" and handler_event.is_one(event) else ""


def check(path: Path, why: str, runtime: str | None, given: Iterable[str]) -> None:
    """`why`: as from `why_handler`; `given`: the options. Raises Misused for one that is not for this kind of code."""
    wrong = next((option for option in given if option in (OF_FUNCTIONS if why else OF_HANDLERS)), None)
    if wrong is not None:
        for_whom, what = ("CloudFront Functions", HANDLER.format(why)) if why else ("Lambda@Edge handlers", FUNCTION)
        raise Misused(f"{wrong} is for {for_whom}: {path.name} is {what}")
    if why and runtime is not None and not runtime.startswith(_language(path)):
        raise Misused(f"--runtime {runtime} does not run {path.name}, {HANDLER.format(why)}")


def declare(path: Path, runtime: str | None, handler: str | None, timeout: float | None, memory: int | None) -> LambdaFunction:
    """The handler in a file. Raises ConfigError when it cannot be read, Misused when the handler named is not in it."""
    source = _source(path)
    python = path.suffix == ".py"
    if not python and path.suffix not in NODE_ORDER:
        raise Misused(f"{path.name} is neither Python nor JavaScript")
    earlier = [path.with_suffix(suffix) for suffix in NODE_ORDER[: 0 if python else NODE_ORDER.index(path.suffix)]]
    if other := next((each for each in earlier if each.is_file()), None):
        raise ConfigError(Problem(f"Lambda takes {other.name} beside it for the handler's file", path))
    name = f"{path.stem}.{_usual_name(source) if python else 'handler'}" if handler is None else handler
    return LambdaFunction(
        path.stem,
        runtime or (PYTHON if python else NODE),
        name,
        _task_root(path, name),
        timeout=timeout or TIMEOUT,
        memory=memory or MEMORY,
    )


def _language(path: Path) -> str:
    return "python" if path.suffix == ".py" else "nodejs"


def _source(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", path)) from None


def _usual_name(source: bytes) -> str:
    try:
        with warnings.catch_warnings(action="ignore"):
            symbols = symtable.symtable(decode_source(source), "handler", "exec").get_symbols()
    except (SyntaxError, ValueError, RecursionError):
        return "handler"
    defined = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    return "lambda_handler" if "lambda_handler" in defined else "handler"


def _task_root(path: Path, handler: str) -> Path:
    """The folder in which Lambda would find the file by the name of the handler."""
    # Python: `package.module.function` or `package/module.function`; Node.js: `folder/file.export.export`.
    folders, slash, last = handler.rpartition("/")
    module = last.rpartition(".")[0].replace(".", "/") if path.suffix == ".py" else last.partition(".")[0]
    parts = [part for part in re.split("/", folders + slash + module) if part not in ("", ".")]
    whole = path.resolve().with_suffix("")
    if not parts or list(whole.parts[-len(parts) :]) != parts:
        raise Misused(f"--handler {handler} is not in {path.name}: such as {path.stem}.handler")
    return whole.parents[len(parts) - 1]
