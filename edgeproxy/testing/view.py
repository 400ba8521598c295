"""An invocation as a person reads it: logs, utilization, what changed, and what CloudFront would refuse at run time."""

import json
from typing import Any

import orjson

from edgeproxy.errors import Problem
from edgeproxy.terminal import safe
from edgeproxy.testing.invoke import Invocation

NEAR_THE_LIMIT, LIKELY_THROTTLED = 51, 71
"""Percent of compute utilization (AWS page: test-function)."""


def render(invocation: Invocation) -> str:
    """Several lines without a final newline, safe for a terminal."""
    result = invocation.result
    lines = [f"log: {safe(line)}" for line in result.logs]
    if result.error:
        return "\n".join([*lines, f"failed: {safe(invocation.cause)}"])
    lines.append(f"compute utilization: {result.utilization} ({_comfort(int(result.utilization))})")
    lines += _changes(invocation)
    if invocation.origin is not None:
        lines.append(f"origin: {_call(invocation.origin)}")
    if invocation.log_data is not None:
        lines.append(f"log data: {safe(invocation.log_data)}")
    if invocation.refused is not None:
        refused = invocation.refused
        lines.append(f"TestFunction lets this pass; at run time CloudFront answers {refused.status}:")
        lines += [f"  {refused.sentence}", f"  {safe(refused.cause)}"]
    return "\n".join(lines)


def _comfort(utilization: int) -> str:
    if utilization < NEAR_THE_LIMIT:
        return "comfortable"
    return "near the limit" if utilization < LIKELY_THROTTLED else "likely to be throttled"


def _changes(invocation: Invocation) -> list[str]:
    if not invocation.changed:
        return ["unchanged"]
    head = "answered, the origin is not asked:" if invocation.answered else "changed:"
    return [head, *(f"  {line}" for line in invocation.changed)]


def _call(origin: str) -> str:
    call: dict[str, Any] = orjson.loads(origin)
    arguments = ", ".join(json.dumps(argument, ensure_ascii=False) for argument in call["arguments"])
    return safe(f"{call['call']}({arguments})")


def one_line(problem: Problem) -> str:
    """A file that cannot be used, with the place in it."""
    places = [str(problem.path) if problem.path else "", *(str(number) for number in (problem.line, problem.column) if number)]
    text = f"{':'.join(places)}: {problem.message}" if problem.path else problem.message
    return safe(f"error: {text}" + (f" ({problem.hint})" if problem.hint else ""))
