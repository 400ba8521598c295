"""The invocations of a handler as a person reads them: what was printed, times, what changed, and what CloudFront says."""

from statistics import median

from edgeproxy.terminal import safe
from edgeproxy.testing.invoke_handler import HandlerInvocation, Run

LOGGED = 2
"""So many invocations have their log lines shown, beside the one that the verdict is about."""

AGAIN = "log: … and the same again: an init that fails is tried twice"


def render(invocation: HandlerInvocation) -> str:
    """Several lines without a final newline, safe for a terminal."""
    lines = [f"note: {safe(invocation.note)}"] if invocation.note else []
    runs, unseen = invocation.runs, 0
    for number, run in enumerate(runs, 1):
        if number <= LOGGED or number == invocation.verdict.number:
            lines += _logs(run)
        else:
            unseen += len(run.logs)
        if run.payload is not None and (number == 1 or len(runs) <= LOGGED):
            lines.append(_time(run, cold=number == 1))
    if unseen:
        lines.append(f"log: … {unseen} more in other invocations, see --json")
    if len(runs) > LOGGED:
        lines += _warm(runs[1:])
    return "\n".join([*lines, *_changes(invocation), *_verdict(invocation)])


def _logs(run: Run) -> list[str]:
    # Python's runtime indents with no-break spaces.
    lines = [f"log: {safe(line.replace(chr(0xA0), ' ').expandtabs(1))}" for line in run.logs]
    half = len(lines) // 2
    if run.payload is None and half and lines == lines[:half] * 2:
        return [*lines[:half], AGAIN]
    return lines


def _time(run: Run, *, cold: bool) -> str:
    # A process that ended after its answer makes the next invocation a cold one.
    if run.init:
        return f"{'cold' if cold else 'cold again'}: init {run.init:.1f} ms, handler {run.handler:.1f} ms"
    return f"warm: handler {run.handler:.1f} ms"


def _warm(runs: tuple[Run, ...]) -> list[str]:
    done = [run for run in runs if run.payload is not None]
    if not done:
        return []
    times, anew = [run.handler for run in done], sum(1 for run in done if run.init)
    count = f"{len(done)} invocation{'' if len(done) == 1 else 's'}{f', {anew} of them cold again' if anew else ''}"
    return [f"warm: handler p50 {median(times):.1f} ms, max {max(times):.1f} ms ({count})"]


def _changes(invocation: HandlerInvocation) -> list[str]:
    verdict = invocation.verdict
    if verdict.changed:
        head = "answered, the origin is not asked:" if verdict.answered else "changed:"
        return [head, *(f"  {line}" for line in verdict.changed)]
    return [] if verdict.error else ["unchanged"]


def _verdict(invocation: HandlerInvocation) -> list[str]:
    error, number = invocation.verdict.error, invocation.verdict.number
    if error is None:
        return ["passed"]
    what = "failed" if invocation.shown.payload is None else "refused"
    which = f" at invocation {number}" if number > 1 else ""
    return [f"{what}{which}: {safe(error.cause)}", f"CloudFront answers {error.status}:", f"  {error.sentence}"]
