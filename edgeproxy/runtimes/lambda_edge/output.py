"""What a handler prints, cut into log lines; bounded in memory, time and number of lines.

Chosen: 8,192 bytes a line and 1,000 lines a second and stream; what is beyond is dropped and counted.
"""

import time
from collections.abc import Callable

LINE = 8192
LINES = 1000
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 13)}


def printable(data: bytes) -> str:
    """One line as text: at most LINE bytes, UTF-8, control characters escaped (a terminal reads it).

    A carriage return stays: Lambda's runtimes write it for a new line within one message.
    """
    text = data[:LINE].rstrip(b"\r").decode("utf-8", "replace").translate(_ESCAPES)
    return f"{text}…" if len(data) > LINE else text


class Output:
    """One stream of a process: takes bytes as they come, gives lines to `log`."""

    def __init__(self, log: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._monotonic = monotonic
        self._rest = b""
        self._cutting = False
        self._second = 0.0
        self._left = LINES
        self._dropped = 0

    def feed(self, data: bytes) -> None:
        """Takes the next bytes; a line goes to the log when its end is seen."""
        self._new_second()
        if not self._left:
            self._count(data)
            return
        *lines, rest = (self._rest + data).split(b"\n")
        if lines and self._cutting:
            del lines[0]
            self._cutting = False
        self._write(lines)
        self._keep(rest)

    def end(self) -> None:
        """Writes what is left when the stream has ended."""
        if self._rest and not self._cutting:
            self._write([self._rest])
        self._rest = b""
        self._report()

    def _new_second(self) -> None:
        now = self._monotonic()
        if now - self._second >= 1:
            self._second = now
            self._report()
            self._left = LINES

    def _report(self) -> None:
        if self._dropped:
            self._log(f"… {self._dropped} more lines not shown (more than {LINES} in a second)")
            self._dropped = 0

    def _count(self, data: bytes) -> None:
        # Past the allowance lines are only counted: splitting a flood would cost the proxy more than the handler.
        _, newline, rest = data.rpartition(b"\n")
        self._dropped += data.count(b"\n")
        self._cutting, self._rest = not newline, b""
        if newline:
            self._keep(rest)

    def _write(self, lines: list[bytes]) -> None:
        for line in lines[: self._left]:
            self._log(printable(line))
        self._dropped += max(0, len(lines) - self._left)
        self._left = max(0, self._left - len(lines))

    def _keep(self, rest: bytes) -> None:
        if self._cutting:
            return
        if len(rest) > LINE:
            self._write([rest])
            self._cutting, rest = True, b""
        self._rest = rest
