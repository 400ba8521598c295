"""How an invocation failed, in Lambda's own words (runtime-api, "Task timed out", Runtime.ExitError)."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from edgeproxy.runtimes.lambda_edge.bootstrap import IN_LAMBDA
from edgeproxy.runtimes.lambda_edge.output import printable

MAX_PAYLOAD = 6291556
"""Bytes that a response may have."""
TRACE_LINES = 60
SUFFIXES = ("", ".js", ".json", ".mjs", ".cjs")
"""Of a file that Node.js may look for."""
MESSAGE = 2000
"""Characters of an error message that are shown."""

# What Go, in which Lambda is written, calls the signals.
SIGNALS: dict[int, str] = {
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGILL: "illegal instruction",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}

_PLACE = re.compile(r'File "(?P<python>[^"]+)",? [Ll]ine (?P<line>\d+)|(?P<url>file://)?(?P<node>/[^:]+):(?P<number>\d+)')

_MISSING = re.compile(
    r"Cannot find (?:module|package) '(?P<wanted>[^'\n]+)'(?:(?: imported from |\nRequire stack:\n- )(?P<by>.+))?"
    r"|No module named '(?P<module>\w+)"
)
_LAMBDAS_OWN = re.compile(r"(?:Runtime|Function)\.[A-Z][A-Za-z]*")


class Failure(NamedTuple):
    """An error as the runtime posted it: type, message and the lines of its trace."""

    error_type: str
    message: str
    trace: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Lines for the log: the error, then its trace."""
        head = f"{self.error_type}: {self.message}"
        yield f"[ERROR] {head}"
        yield from self.trace[1:] if self.trace and head.startswith(self.trace[0]) else self.trace

    def cause(self, task_root: Path, folder: Path) -> str:
        """The error in one line for a terminal, with the place in the user's code where it arose.

        `folder`: the user's own of the function, which is not its task root where that is a copy.
        """
        message = self.message if len(self.message) <= MESSAGE else f"{self.message[:MESSAGE]}…"
        words = in_folder(" ".join(f"{self.error_type}: {message}".split()), task_root, folder)
        text = printable(words.encode("utf-8", "replace"))
        place = self._place(task_root)
        text = f"{text} ({place})" if place else text
        hint = self._hint(task_root, folder)
        return f"{text}; {hint}" if hint else text

    def _hint(self, task_root: Path, folder: Path) -> str:
        missing = _MISSING.search(in_folder(self.message, task_root, folder))
        wanted, by, module = missing.group("wanted", "by", "module") if missing else (None, None, None)
        hint = _not_deployed(wanted, by or "", folder) if wanted else how_to_bring(module or "")
        return hint or (_how_to_install(folder) if self.error_type == "Runtime.ImportModuleError" else "")

    def _place(self, task_root: Path) -> str:
        places = [place for line in self.trace if (place := _within(line, task_root))]
        if not places:
            return ""
        # Python's traces end with the innermost frame, Node's begin with it.
        return places[-1] if any('File "' in line for line in self.trace) else places[0]


def in_folder(text: str, task_root: Path, folder: Path) -> str:
    """A text in which the places of a copy are those of the folder that it was made of, whose path ends the copy's."""
    return text.replace(str(task_root).removesuffix(str(folder)), "")


def how_to_bring(package: str) -> str:
    """What to do for a package that Lambda's Python has; empty for any other."""
    return f"Lambda brings {package}; here: pip install {package}" if package in IN_LAMBDA else ""


def _not_deployed(wanted: str, by: str, folder: Path) -> str:
    if wanted.startswith((".", "/")):
        path = os.path.normpath(folder / Path(by).parent / wanted)
        outside = [] if Path(path).is_relative_to(folder) else [f"{path}{suffix}" for suffix in SUFFIXES]
    else:
        outside = [str(parent / "node_modules" / wanted) for parent in folder.parents]
    there = next(filter(os.path.exists, outside), None)
    return f"{there} lies outside the function's folder and is not deployed with it" if there else ""


def _how_to_install(task_root: Path) -> str:
    if (task_root / "requirements.txt").is_file():
        return f"is it installed? pip install -r {task_root / 'requirements.txt'} -t {task_root}"
    if (task_root / "package.json").is_file() and not (task_root / "node_modules").is_dir():
        return f"is it installed? npm install --prefix {task_root}"
    return ""


def _within(line: str, task_root: Path) -> str:
    match = _PLACE.search(line)
    if match is None:
        return ""
    path = Path(match["python"] or (unquote(match["node"]) if match["url"] else match["node"]))
    if not path.is_relative_to(task_root) or "node_modules" in path.parts:
        return ""
    return f"{path.relative_to(task_root)}:{match['line'] or match['number']}"


def parse(body: bytes, header: str) -> Failure:
    """Reads what a runtime posted to `…/error`, whatever it is; `header` is its Lambda-Runtime-Function-Error-Type."""
    try:
        posted: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        posted = None
    if not isinstance(posted, dict):
        return Failure(header or "Runtime.Unknown", "")
    trace = posted.get("stackTrace") or posted.get("trace")
    lines = [line for item in trace if isinstance(item, str) for line in item.splitlines()] if isinstance(trace, list) else []
    error_type, message = posted.get("errorType"), posted.get("errorMessage")
    return Failure(
        error_type if isinstance(error_type, str) and error_type else header or "Runtime.Unknown",
        message if isinstance(message, str) else "",
        tuple(lines[:TRACE_LINES]),
    )


def reported_type(error_type: str) -> str:
    """The error type as Lambda's own log lines name it: what is not one of Lambda's is unknown to it."""
    if _LAMBDAS_OWN.fullmatch(error_type):
        return error_type
    return "Function.Unknown" if error_type.startswith("Function.") else "Runtime.Unknown"


def timed_out(request_id: str, seconds: float) -> str:
    """The line of an invocation that ran past the function's timeout."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{stamp}.{int(now % 1 * 1000):03d}Z {request_id} Task timed out after {seconds:.2f} seconds"


def exited(request_id: str, code: int) -> str:
    """The line of a process that ended without an answer; `code` as in subprocess: negative for a signal."""
    return f"Runtime.ExitError: RequestId: {request_id} Error: Runtime exited {_reason(code)}"


def _reason(code: int) -> str:
    if code == 0:
        return "without providing a reason"
    if code > 0:
        return f"with error: exit status {code}"
    return f"with error: signal: {SIGNALS.get(-code, -code)}"


def too_large(size: int) -> str:
    """The line of a response over MAX_PAYLOAD."""
    return (
        f"Function.ResponseSizeTooLarge: Response payload size ({size} bytes) "
        f"exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
    )
