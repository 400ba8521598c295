"""Where log lines go: the terminal, and a folder laid out as CloudWatch Logs is, `GROUP/STREAM.log`.

AWS pages: lambda-cloudwatchlogs, monitoring-functions-logs. The terminal leaves out Lambda's columns of time and request
id, and names the function instead; the folder has every line as CloudWatch would have it, the platform's own included.
Chosen: a new line within a message stands as a carriage return in the folder, as Lambda's runtimes write it.
"""

import re
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import TextIO

from edgeproxy.model import LambdaFunction

_NODE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z\t\S+\t(?P<level>[A-Z]+)\t(?P<text>.*)", re.DOTALL)
_PYTHON = re.compile(r"(?P<level>\[[A-Z]+\])\t\d{4}-\d\d-\d\dT[\d:.]+Z\t\S*\t(?P<text>.*)", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.$\[\]-]")


class Logs:
    """Opens a stream for each environment. `say` gets lines for the terminal, `platform`: START, END and REPORT too."""

    def __init__(self, say: Callable[[str], None], folder: Path | None = None, *, platform: bool = False) -> None:
        self._say = say
        self._folder = folder
        self._platform = platform
        self._said: set[str] = set()

    def say_once(self, line: str) -> None:
        """A line for the terminal that is worth saying only once."""
        if line not in self._said:
            self._said.add(line)
            self._say(line)

    def stream(self, function: LambdaFunction, group: str, name: str) -> "Stream":
        """The stream of one environment; its file is made with its first line."""
        path = None
        if self._folder is not None:
            parts = [_UNSAFE.sub("_", part) for part in f"{group}/{name}.log".split("/") if part.strip(".")]
            path = self._folder.joinpath(*parts)
        return Stream(function.name, self._say, path, platform=self._platform)


class Stream:
    """The lines of one environment; `platform_wanted`: somebody reads Lambda's own."""

    def __init__(self, name: str, say: Callable[[str], None], path: Path | None, *, platform: bool) -> None:
        self._name = name
        self._say = say
        self._path = path
        self._platform = platform
        self.platform_wanted = platform or path is not None
        self._file: TextIO | None = None

    def line(self, text: str) -> None:
        """A line of the handler's or its runtime's."""
        self._write(text)
        for part in _for_terminal(text).split("\r"):
            self._say(f"{self._name}: {part}")

    def platform(self, text: str) -> None:
        """A line of Lambda's own."""
        self._write(text)
        if self._platform:
            self._say(f"{self._name}: {text.expandtabs(1)}")

    def close(self) -> None:
        """No more lines come."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, text: str) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("a", encoding="utf-8", errors="replace", buffering=1)
            self._file.write(f"{text}\n")
        except OSError as error:
            self._say(f"{self._name}: {self._path} cannot be written ({error.strerror}): the log goes to the terminal only")
            self._path = None


def _for_terminal(text: str) -> str:
    if match := _NODE.fullmatch(text):
        return match["text"] if match["level"] == "INFO" else f"{match['level']} {match['text']}"
    if match := _PYTHON.fullmatch(text):
        return f"{match['level']} {match['text']}"
    return text


def init_start(runtime: str) -> str:
    """Lambda's line before a cold start."""
    return f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: none"


def init_report(milliseconds: float, phase: str, status: str, error_type: str = "") -> str:
    """Lambda's line after an init that failed; `phase` is init or invoke, `status` error or timeout."""
    error = f"\tError Type: {error_type}" if error_type else ""
    return f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: {phase}\tStatus: {status}{error}"


def start(request_id: str, version: str) -> str:
    """Lambda's line before an invocation."""
    return f"START RequestId: {request_id} Version: {version}"


def end(request_id: str) -> str:
    """Lambda's line after an invocation."""
    return f"END RequestId: {request_id}"


def report(request_id: str, milliseconds: float, memory: int, used: int, init: float, status: str = "") -> str:
    """Lambda's account of an invocation; `memory` and `used` in MB, `init` in milliseconds, 0 for none.

    `status` is what went wrong: `timeout`, or `error\\tError Type: …`.
    """
    line = (
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\tBilled Duration: {ceil(milliseconds + init)} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: {used} MB\t"
    )
    line += f"Init Duration: {init:.2f} ms\t" if init else ""
    return line + (f"Status: {status}" if status else "")


def stream_name(version: str, unique: str) -> str:
    """CloudWatch's name for the stream of an environment that starts now; `unique` is 32 hexadecimal digits."""
    return f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{version}]{unique}"
