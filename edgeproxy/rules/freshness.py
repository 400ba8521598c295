"""How long a response may be served from the cache.

`s-maxage` decides before `max-age`, before `Expires`; the TTLs of the behavior clamp it; nothing of them: Default TTL. There is
no heuristic freshness. Errors live for Error Caching Minimum TTL. The viewer's own Cache-Control never bypasses the cache.
AWS pages: Expiration, HTTPStatusCodes, custom-error-pages-expiration, RequestAndResponseBehaviorCustomOrigin.
What has expired at once is stored all the same: `staleness` says what it is good for.
Chosen: an invalid Expires has expired; every 2xx but 206 and 3xx but 304 is kept alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

from edgeproxy.messages import Headers
from edgeproxy.model import CachePolicy, CustomErrorResponse, ForwardedValues
from edgeproxy.rules import cache_control
from edgeproxy.rules.cache_control import CacheControl
from edgeproxy.rules.cache_key import KeyRecipe
from edgeproxy.rules.dates import parse_date

ERROR_CACHING_MIN_TTL = 10.0
"""Seconds, for codes that CustomErrorResponses does not name."""
# Chosen: codes in neither list (401, 410, 429, …) are not cached, nor are bare 400, 403, 405, 412, 415.
ERRORS_CACHED = frozenset({404, 414, 500, 501, 502, 503, 504})
ERRORS_CACHED_WITH_AGE = frozenset({400, 403, 405, 412, 415})
"""Only when the origin sends max-age or s-maxage."""
ERRORS_OBEYING_NO_STORE = frozenset({404, 410, 414, 501})
NEVER_STORED = frozenset({206, 304, 416})
NEEDS_CACHE_CONTROL = frozenset({307, 308})


class Ttls(NamedTuple):
    """A behavior's compiled TTLs, in seconds."""

    minimum: float
    default: float
    maximum: float
    errors: dict[int, float]
    """ErrorCachingMinTTL by status."""
    cacheable: bool


class Verdict(NamedTuple):
    """May the response be stored, for how many seconds is it fresh, and why."""

    store: bool
    ttl: float
    why: str

    @property
    def for_waiters(self) -> bool:
        """May requests that waited for this answer share it? Else each goes to the origin by itself."""
        return self.store and self.ttl > 0


def compile(  # noqa: A001
    cache_policy: CachePolicy | ForwardedValues, custom_error_responses: Sequence[CustomErrorResponse], *, s3: bool = False
) -> Ttls:
    """The TTLs of a cache policy or of legacy settings, and of the distribution's errors; `s3`: of a bucket's behavior."""
    minimum, default, maximum = cache_policy.min_ttl, cache_policy.default_ttl, cache_policy.max_ttl
    forwards_all = isinstance(cache_policy, ForwardedValues) and "*" in cache_policy.headers
    # A bucket's errors are cached for one second at least.
    errors = {item.error_code: max(item.error_caching_min_ttl, 1 if s3 else 0) for item in custom_error_responses}
    return Ttls(minimum, default, maximum, errors, any((minimum, default, maximum)) and not forwards_all)


def judge(ttls: Ttls, status: int, headers: Headers, now: float) -> Verdict:
    """Decides on an answer from the origin; `now` in Unix seconds, only for Expires."""
    if not ttls.cacheable:
        return Verdict(False, 0, "caching is disabled")
    if status in NEVER_STORED or not 200 <= status <= 599:
        return Verdict(False, 0, f"{status} is never cached")
    control = cache_control.parse(headers)
    if status >= 400:
        return _judge_error(ttls, status, control, headers, now)
    if status in NEEDS_CACHE_CONTROL and not control.present:
        return Verdict(False, 0, f"{status} without Cache-Control")
    if control.forbids is not None:
        return _judge_forbidden(ttls, control.forbids)
    if ttls.minimum <= 0 and varies_by_everything(headers):
        return Verdict(True, 0, "Vary: *")
    stated = _stated(control, headers, now)
    return _clamp(ttls, *stated) if stated else _clamp(ttls, ttls.default, f"Default TTL {_text(ttls.default)}")


def _judge_forbidden(ttls: Ttls, directive: str) -> Verdict:
    # A Min TTL above 0 holds even for an answer that says no-cache, no-store or private.
    if ttls.minimum > 0:
        return Verdict(True, min(ttls.minimum, ttls.maximum), f"{directive}, overruled by Min TTL {_text(ttls.minimum)}")
    return Verdict(True, 0, directive)


def varies_by_everything(headers: Headers) -> bool:
    """Do these headers say `Vary: *`?"""
    vary = headers.joined("vary")
    return vary is not None and "*" in map(str.strip, vary.split(","))


def _judge_error(ttls: Ttls, status: int, control: CacheControl, headers: Headers, now: float) -> Verdict:
    if status in ERRORS_CACHED_WITH_AGE:
        if control.max_age is None and control.s_maxage is None:
            return Verdict(False, 0, f"{status} without max-age or s-maxage")
    elif status not in ERRORS_CACHED:
        return Verdict(False, 0, f"{status} is not cached")
    if status in ERRORS_OBEYING_NO_STORE and control.forbids is not None:
        return Verdict(False, 0, f"{status} with {control.forbids}")
    least = ttls.errors.get(status, ERROR_CACHING_MIN_TTL)
    ttl, why = least, f"Error Caching Minimum TTL {_text(least)}"
    if (stated := _stated(control, headers, now)) and stated[0] > least:
        ttl, why = stated
    if ttl > ttls.maximum:
        ttl, why = ttls.maximum, f"{why}, capped by Max TTL {_text(ttls.maximum)}"
    return Verdict(ttl > 0, ttl, why)


def _stated(control: CacheControl, headers: Headers, now: float) -> tuple[float, str] | None:
    """Seconds that the origin asks for, and the words it used."""
    if control.s_maxage is not None:
        return control.s_maxage, f"s-maxage={control.s_maxage}"
    if control.max_age is not None:
        return control.max_age, f"max-age={control.max_age}"
    if (expires := headers.get("expires")) is None:
        return None
    date = parse_date(expires)
    if date is None:
        return 0, "invalid Expires"
    return max(0.0, date - now), f"Expires in {_text(int(date - now))} s" if date > now else "Expires in the past"


def _clamp(ttls: Ttls, ttl: float, why: str) -> Verdict:
    if ttl > ttls.maximum:
        return Verdict(True, ttls.maximum, f"{why}, capped by Max TTL {_text(ttls.maximum)}")
    if ttl < ttls.minimum:
        return Verdict(True, ttls.minimum, f"{why}, raised to Min TTL {_text(ttls.minimum)}")
    return Verdict(True, ttl, why)


def _text(seconds: float) -> str:
    return str(int(seconds)) if seconds == int(seconds) else str(seconds)


def storable(headers: Headers) -> Headers:
    """What of a response is stored: all but the fields that `no-cache="…"` names."""
    # With `no-cache="Set-Cookie"` the object is cached, its Set-Cookie is not.
    fields = cache_control.parse(headers).no_cache_fields
    return Headers(item for item in headers.items if item[0].lower() not in fields) if fields else headers


def age(stored: float, now: float) -> int:
    """Whole seconds since the object was stored or validated; both times in Unix seconds."""
    return max(0, int(now - stored))


def collapsible(recipe: KeyRecipe) -> bool:
    """May requests for a key wait while the first one is at the origin? Afterwards `Verdict.for_waiters` decides."""
    # Not supported when cookies are forwarded, and not for CachingDisabled.
    return recipe.cacheable and not recipe.cookies_forwarded
