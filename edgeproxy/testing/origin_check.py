"""A function's choice of origin, checked without a distribution: fields, types and limits, but no declared origin.

The assigned origin is a custom one without custom headers, and every id that the function names exists.
"""

from typing import Any

import orjson

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Request
from edgeproxy.model import CacheBehavior, CachePolicy, Distribution, Origin
from edgeproxy.rules import origin_choice

ASSIGNED = Origin("assigned", "origin.example")


def refusal(text: str, request: Request) -> FunctionError | None:
    """What CloudFront would say at run time of this call (`FunctionResult.origin`), None when it would take it."""
    try:
        origin_choice.choose(text, _distribution(text), origin_choice.Choice((ASSIGNED,)), request)
    except FunctionError as error:
        return error
    return None


def _distribution(text: str) -> Distribution:
    origins = {name: Origin(name, ASSIGNED.domain_name) for name in _names(orjson.loads(text))}
    return Distribution("", "", "", origins, CacheBehavior("*", ASSIGNED.id, CachePolicy("")))


def _names(call: dict[str, Any]) -> list[str]:
    named = call["arguments"][:1]
    if named and isinstance(named[0], dict):
        members = named[0].get("originIds")
        named = members if isinstance(members, list) else []
    ids = [member.get("originId") if isinstance(member, dict) else member for member in named]
    return [name for name in ids if isinstance(name, str)]
