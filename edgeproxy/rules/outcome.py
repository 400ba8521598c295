"""What the cache did for a request, why, and what it will do for the next one like it: the facts of an exchange in words.

One place for the words that Server-Timing and `edgeproxy explain` share. AWS pages: cache-hit-ratio, Expiration.
Chosen: the names; CloudFront tells no more than X-Cache and x-edge-result-type.
"""

from typing import NamedTuple

from edgeproxy.exchange import Exchange, FunctionRun, Lookup
from edgeproxy.ports import Entry
from edgeproxy.rules.freshness import Verdict

CUSTOM_ERROR_RESPONSE = "custom error response"
_SPANS = ((172_800, 86_400, "days"), (7200, 3600, "h"), (120, 60, "min"))
"""From so many seconds on, in units of so many."""


class Outcome(NamedTuple):
    """`hit`, `refresh`, `stale`, `miss`, `collapsed`, `uncached`, `answered` (before the cache) or `error`; and why."""

    name: str
    why: str


class Left(NamedTuple):
    """For how many seconds an object is still fresh, and what decided so."""

    seconds: float
    why: str


def facts(exchange: Exchange) -> dict[str, object]:
    """The last of each fact about the request itself: what is noted later is about the custom error page."""
    found: dict[str, object] = {}
    for name, value in exchange.facts:
        if name == CUSTOM_ERROR_RESPONSE:
            break
        found[name] = value
    # A hit is noted as it is, by reference: it is the one that must not take time.
    match found.pop("hit", None):
        case (Entry() as entry, float(now)):
            found["lookup"] = Lookup("fresh", now, entry.stored, entry.expires, entry.why)
            if entry.compression is not None:
                found.update([entry.compression])
    return found


def tell(exchange: Exchange) -> Outcome:
    """What the cache did for it."""
    found = facts(exchange)
    match found:
        case {"stale": stale}:
            return Outcome("stale", str(stale))
        case {"revalidated": revalidated, "lookup": Lookup() as lookup}:
            return Outcome("refresh", f"{_expired(lookup)}; {revalidated}")
        case {"collapsed": collapsed}:
            return Outcome("collapsed", str(collapsed))
        case {"lookup": Lookup() as lookup}:
            return _looked_up(lookup, "key" in found, str(found.get("asked anew", "")))
        case {"error": error}:
            return Outcome("error", str(error))
        case _:
            return Outcome("answered", _who_answered(found))


def _looked_up(lookup: Lookup, has_key: bool, anew: str) -> Outcome:
    if not has_key:
        return Outcome("uncached", lookup.outcome)
    if not lookup.stored:
        return Outcome("miss", "nothing was stored under this key")
    if lookup.outcome == "fresh":
        return Outcome("hit", f"stored {span(lookup.now - lookup.stored)} ago")
    _, comma, how = lookup.outcome.partition(", ")
    if comma:
        return Outcome("stale", f"{_expired(lookup)}, {how}")
    return Outcome("miss", _expired(lookup) + (f"; {anew}" if anew else ""))


def _expired(lookup: Lookup) -> str:
    reason = f" ({lookup.why})" if lookup.why else ""
    if lookup.expires <= lookup.stored:
        return f"the stored object had expired at once{reason}"
    return f"the stored object expired {span(lookup.now - lookup.expires)} ago{reason}"


def _who_answered(found: dict[str, object]) -> str:
    run = found.get("function")
    return f"{run.name} answered at {run.hook}" if isinstance(run, FunctionRun) else "a redirect of the viewer protocol policy"


def left(exchange: Exchange) -> Left | None:
    """For how long the object is fresh now; None when nothing is stored."""
    match facts(exchange):
        case {"not stored": _} | {"stale": _}:
            return None
        case {"ttl": Verdict() as verdict}:
            return Left(verdict.ttl, verdict.why) if verdict.store else None
        case {"lookup": Lookup(now=now, stored=stored, expires=expires, why=why)} if stored:
            return Left(max(0.0, expires - now), why)
        case _:
            return None


def why_not_stored(exchange: Exchange) -> str | None:
    """Why the origin's answer was not stored; None when it was, or when none was there to store."""
    match facts(exchange):
        case {"not stored": reason}:
            return str(reason)
        case {"ttl": Verdict(store=False, why=why)}:
            return why
        case _:
            return None


def next_time(exchange: Exchange) -> str:
    """What the next request with the same key gets."""
    outcome, reason, fresh = tell(exchange), why_not_stored(exchange), left(exchange)
    if outcome.name in ("answered", "error"):
        return "the same again: neither the cache nor the origin is asked"
    if outcome.name == "uncached":
        return "the origin is asked again, every time"
    if reason is not None:
        return f"the origin is asked again: this answer is not stored ({reason})"
    if fresh is not None and fresh.seconds > 0:
        what = "the same Error from the cache" if exchange.x_cache == "Error" else "Hit"
        return f"{what}, for {span(fresh.seconds)}" + (f" ({fresh.why})" if fresh.why else "")
    return _next_without_fresh(exchange, outcome, fresh)


def _next_without_fresh(exchange: Exchange, outcome: Outcome, fresh: Left | None) -> str:
    if outcome.name == "stale":
        return "the stale object again, until the origin has answered"
    if outcome.name == "collapsed":
        return "Hit, for as long as that answer may be stored"
    if fresh is not None:
        return f"the origin is asked again: the object is stored, but expires at once ({fresh.why})"
    return "the origin is asked again" + (": only a GET fills the cache" if exchange.method == "HEAD" else "")


def span(seconds: float) -> str:
    """`52 s`, `5 min`, `3 h`, `365 days`: to the nearest, seconds rounded down."""
    seconds = max(0.0, seconds)
    for least, unit, name in _SPANS:
        if seconds >= least:
            return f"{round(seconds / unit)} {name}"
    return f"{int(seconds)} s" if seconds >= 1 or seconds == 0 else "less than 1 s"
