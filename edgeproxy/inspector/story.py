"""The story of one request, told from its closed exchange: JSON with everything that decided over it, its secrets hidden."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from edgeproxy.exchange import Exchange, FunctionRun, Lookup
from edgeproxy.fidelity import BY_ID
from edgeproxy.messages import Request, Upstream
from edgeproxy.model import CacheBehavior
from edgeproxy.plan import BehaviorPlan, DistributionPlan
from edgeproxy.rules import chosen, key_parts, masking, outcome
from edgeproxy.rules.key_parts import Part
from edgeproxy.served import Answer, witness

Json = dict[str, Any]


class Told(NamedTuple):
    """What a story is made of: the request as it was asked, its exchange and answer, and what was chosen for it."""

    request: Request
    exchange: Exchange
    answer: Answer
    size: int
    """Bytes of the body that were read."""
    whole: bool
    """Was that all of it?"""
    distribution: DistributionPlan | None = None
    plan: BehaviorPlan | None = None


def tell(told: Told) -> Json:
    """The story; times in seconds, but those of origins and functions and those named so in milliseconds."""
    exchange = told.exchange
    known = masking.of_request(told.request.headers, told.request.query)
    return {
        "request": _request(told.request),
        "distribution": None if told.distribution is None else told.distribution.distribution.name,
        "behavior": None if told.plan is None else _behavior(told.plan.behavior),
        "key": _key(exchange, told.plan),
        "cache": _cache(exchange, known),
        "next": outcome.next_time(exchange),
        "origins": exchange.all("origin"),
        "upstream": [took._asdict() for took in exchange.all("upstream") if isinstance(took, Upstream)],
        "functions": [_function(run, known) for run in exchange.all("function") if isinstance(run, FunctionRun)],
        "console": _console(exchange, known),
        **_compression(exchange, known),
        **{name.replace(" ", "_"): [_words(text, known) for text in exchange.all(name)] for name in _TEXTS},
        "answer": _answer(told),
        "chosen": _chosen(told),
    }


_TEXTS = ("failover", outcome.CUSTOM_ERROR_RESPONSE, "error", "not honoured")
"""Facts in words, told as lists."""


def _request(request: Request) -> Json:
    return {
        "method": request.method,
        "host": request.host,
        "target": masking.target(request.target),
        "headers": _headers(request.headers.items),
    }


def _behavior(behavior: CacheBehavior) -> Json:
    return {
        "path_pattern": behavior.path_pattern,
        "cache_policy": key_parts.policy_name(behavior),
        "target_origin_id": behavior.target_origin_id,
    }


def _key(exchange: Exchange, plan: BehaviorPlan | None) -> Json | None:
    """The parts of the cache key, and an id by which two keys can be compared; None when there was none."""
    key = outcome.facts(exchange).get("key")
    if not isinstance(key, str) or plan is None:
        return None
    parts = key_parts.read(key, plan.behavior)
    secret = masking.secret_parameters(part.name for part in parts if part.kind == "query")
    return {"id": masking.fingerprint(key), "parts": [_masked(part, secret)._asdict() for part in parts]}


def _masked(part: Part, secret_parameters: frozenset[str]) -> Part:
    value = part.value
    if not value:
        return part
    if part.kind == "header":
        return part._replace(value=_readable(masking.header(part.name, value)))
    secret = part.kind == "cookie" or (part.kind == "query" and part.name in secret_parameters)
    return part._replace(value=masking.hidden(value) if secret else _readable(value))


def _cache(exchange: Exchange, known: tuple[str, ...]) -> Json:
    told, fresh, found = outcome.tell(exchange), outcome.left(exchange), outcome.facts(exchange)
    lookup = found.get("lookup")
    reason = outcome.why_not_stored(exchange)
    return {
        "outcome": told.name,
        "why": _words(told.why, known),
        "found": lookup.outcome if isinstance(lookup, Lookup) else None,
        "age": lookup.now - lookup.stored if isinstance(lookup, Lookup) and lookup.stored else None,
        "ttl_left": None if fresh is None else fresh.seconds,
        "ttl_from": None if fresh is None else fresh.why,
        "stored": "ttl" in found and reason is None,
        "not_stored": reason,
    }


def _compression(exchange: Exchange, known: tuple[str, ...]) -> Json:
    found = outcome.facts(exchange)
    told = {name.replace(" ", "_"): found.get(name) for name in ("compressed", "not compressed")}
    return {name: None if text is None else _words(text, known) for name, text in told.items()}


def _function(run: FunctionRun, known: tuple[str, ...]) -> Json:
    parts = None if run.parts is None else run.parts._asdict()
    error = None if run.error is None else _words(run.error, known)
    return {**run._asdict(), "parts": parts, "error": error, "over_budget": run.over_budget}


def _console(exchange: Exchange, known: tuple[str, ...]) -> list[Json]:
    lines = [value for value in exchange.all("console.log") if isinstance(value, tuple)]
    return [{"function": name, "line": _words(line, known)} for name, line in lines]


def _answer(told: Told) -> Json:
    answer = told.answer
    return {
        "status": answer.status,
        "x_cache": answer.x_cache,
        "headers": _headers((*answer.headers, *answer.added)),
        "body_bytes": told.size,
        "body_whole": told.whole,
        "milliseconds": told.exchange.milliseconds,
    }


def _chosen(told: Told) -> list[Json]:
    """The choices that the answer rests on: rows of the fidelity table."""
    ids = chosen.touched(told.exchange, witness(told.request, told.answer, told.distribution, told.plan))
    return [
        {"id": row.id, "question": row.question, "here": row.here, "switch": row.switch} for row in map(BY_ID.__getitem__, ids)
    ]


def _headers(items: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[name, _readable(value)] for name, value in masking.headers(items)]


def _words(text: object, known: tuple[str, ...]) -> str:
    return masking.words(str(text), known)


def _readable(text: str) -> str:
    """Latin-1 text, one character a byte, as the UTF-8 that it mostly is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
