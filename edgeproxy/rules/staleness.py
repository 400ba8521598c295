"""What an expired object is still good for: revalidating it, and serving it while that goes on or while the origin fails.

AWS pages: Expiration, RequestAndResponseBehaviorCustomOrigin, custom-error-pages-expiration; RFC 5861, RFC 9111 section 3.2.
Chosen: with Min TTL 0, `no-store`, `private` and `Vary: *` are asked for anew without conditions, and no directive allows
them, or `no-cache`, to be served while they are revalidated; must-revalidate and proxy-revalidate mean nothing here; an
answer that failed over or that origin-response made counts as it is; a handler's own 5xx at origin-request is no failure.
"""

from typing import NamedTuple

from edgeproxy.messages import Headers
from edgeproxy.rules import cache_control, compression
from edgeproxy.rules.freshness import ERROR_CACHING_MIN_TTL, Ttls, varies_by_everything

CONDITIONS = ("if-match", "if-modified-since", "if-none-match", "if-unmodified-since")
PARTIAL = (*CONDITIONS, "if-range", "range", "request-range")
"""What may bring back less than the object."""
KEPT_BY_304 = frozenset({
    "connection", "content-encoding", "content-length", "content-range", "content-type", "keep-alive", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
"""Fields that belong to the stored body, or to the connection, and not to a 304."""


class Until(NamedTuple):
    """How long an expired object may be served, in Unix seconds: while it is revalidated, and while the origin fails."""

    revalidating: float
    failing: float


def until(ttls: Ttls, headers: Headers, stored: float, expires: float) -> Until:
    """The limits of an object with these headers, stored and expired at these times (Unix seconds)."""
    control = cache_control.parse(headers)
    # "… for up to the specified seconds or the maximum TTL": past Max TTL there is no stale object, whatever they say.
    oldest = stored + ttls.maximum
    refetched = ttls.minimum <= 0 and (control.forbids is not None or varies_by_everything(headers))
    revalidating, failing = control.stale_while_revalidate, control.stale_if_error
    return Until(
        expires if revalidating is None or refetched else min(expires + revalidating, oldest),
        oldest if failing is None else min(expires + failing, oldest),
    )


def left_alone(ttls: Ttls, status: int) -> float:
    """Seconds for which a failing origin is not asked again while there is a stale object."""
    return ttls.errors.get(status, ERROR_CACHING_MIN_TTL)


class Revalidation(NamedTuple):
    """Fields for the request that revalidates an expired object; none: it is asked for anew, and `anew` says why."""

    conditions: tuple[tuple[str, str], ...] = ()
    anew: str = ""


def revalidation(ttls: Ttls, headers: Headers, cookies_forwarded: bool) -> Revalidation:
    """How the origin is asked for an expired object with these headers."""
    if cookies_forwarded:
        # CloudFront makes no conditional request to the origin when cookies are forwarded.
        return Revalidation(anew="no conditional request where cookies are forwarded")
    if ttls.minimum <= 0 and (reason := _asked_anew(headers)):
        return Revalidation(anew=f"no conditional request for {reason}")
    pairs = (("If-None-Match", headers.get("etag")), ("If-Modified-Since", headers.get("last-modified")))
    conditions = tuple((name, value) for name, value in pairs if value)
    return Revalidation(conditions, "" if conditions else "it has neither ETag nor Last-Modified to revalidate it by")


def _asked_anew(headers: Headers) -> str | None:
    control = cache_control.parse(headers)
    if control.no_store or control.private:
        return control.forbids
    return "Vary: *" if varies_by_everything(headers) else None


def refreshed(stored: Headers, fresh: Headers) -> Headers:
    """Headers of a stored object after a 304 with the headers `fresh` (RFC 9111 section 3.2)."""
    kept = KEPT_BY_304 | ({"etag"} if _same_but_weak(stored.get("etag"), fresh.get("etag")) else set())
    new = [item for item in fresh.items if item[0].lower() not in kept]
    replaced = {name.lower() for name, _ in new}
    headers = Headers([*(item for item in stored.items if item[0].lower() not in replaced), *new])
    # The origin knows nothing of what CloudFront compressed.
    return compression.varying(headers) if compression.varies(stored) else headers


def _same_but_weak(stored: str | None, fresh: str | None) -> bool:
    """Is the stored ETag the weak form of the fresh one, as it is on an object that CloudFront compressed?"""
    return stored is not None and fresh is not None and stored == f"W/{fresh}"
