"""One readable line a request: method, path, status, X-Cache, milliseconds, and the functions that ran.

Control characters of a hostile path never reach the terminal, nor do signatures, tokens and passwords of a target, or of a
cause that names one. Colours mean the status class and vanish in a pipe.
"""

import asyncio
from typing import TextIO

from edgeproxy.exchange import Exchange, FunctionRun, Tunnelled
from edgeproxy.rules import masking

COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}
SAID_ONCE = 1000
"""Targets for which the reason of not being stored is said, once each."""
TOGETHER_SECONDS = 0.005
"""How long a line waits for others: a write costs as much as a tenth of a request."""
WORTH_A_WORD = 1
"""Milliseconds of a cold start, or of waiting for an environment, that are shown."""
_UNSAFE = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)]}


def render(exchange: Exchange, *, colour: bool) -> str:
    """The line, without its end."""
    status = f"\x1b[{COLOURS.get(exchange.status // 100, '0')}m{exchange.status}\x1b[0m" if colour else exchange.status
    line = f"{exchange.method} {shown(_target(exchange.target))} {status} {exchange.x_cache} {exchange.milliseconds:.1f} ms"
    below = []
    for name, value in exchange.facts:
        if name == "function" and isinstance(value, FunctionRun):
            line += _run(value)
        elif name == "websocket" and isinstance(value, Tunnelled):
            line += f"  (WebSocket: {value.received:,} bytes from the viewer, {value.sent:,} to it; {value.end})"
        elif name == "background":
            line += f"  (in the background: {value})"
        elif name == "console.log" and isinstance(value, tuple):
            below.append(f"{value[0]}: {value[1]}")
        elif name in ("error", "failover", "stale"):
            below.append(masking.words(str(value)))
    if exchange.aborted:
        line += f"  ({exchange.get('cut') or 'viewer left'})"
    return "\n  ".join([line, *map(shown, below)]) if below else line


def _target(target: str) -> str:
    if target.startswith("/"):
        return masking.target(target) if "?" in target or "#" in target else target
    # Refused, but told: a whole URL, or what CONNECT would be connected to, either with a password.
    return masking.target(target) if "://" in target else masking.target(f"://{target}")[3:]


def _run(run: FunctionRun) -> str:
    utilization = "" if run.utilization is None else f" {run.utilization}%"
    return f"  {run.hook} {run.name} {run.milliseconds:.2f} ms{utilization}{_latency(run)}"


def _latency(run: FunctionRun) -> str:
    """What of a handler's time was not the handler's, where it is worth a word, and whether it was over its budget."""
    words = []
    if run.parts is not None:
        shown = (("init", run.parts.init), ("queue", run.parts.queue))
        words = [f"{name} {milliseconds:.0f} ms" for name, milliseconds in shown if milliseconds >= WORTH_A_WORD]
    if run.over_budget:
        words.append(f"OVER its budget of {run.budget:g} ms")
    return f" ({', '.join(words)})" if words else ""


def shown(text: str) -> str:
    """The text as a terminal may be given it: control characters escaped."""
    return text if text.isprintable() else text.translate(_UNSAFE)


class RequestLines:
    """`ports.Sink` that writes the lines of some milliseconds in one go."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._colour = out.isatty()
        self._lines: list[str] = []
        self._said: set[object] = set()

    def accept(self, exchange: Exchange) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self.flush)
        self._lines.append(render(exchange, colour=self._colour))
        reason = exchange.get("not stored")
        if reason is not None and (exchange.target, reason) not in self._said and len(self._said) < SAID_ONCE:
            self._said.add((exchange.target, reason))
            self._lines.append(f"  not stored: {reason}")

    def flush(self) -> None:
        """Writes what is still to be written."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        try:
            self._out.write("\n".join(lines) + "\n")
            self._out.flush()
        except OSError:
            return  # nobody reads on: a closed pipe must not end the proxy
