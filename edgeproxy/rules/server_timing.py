"""CloudFront's Server-Timing header, which a response headers policy asks for: cache, edge location, the origin's times.

`SamplingRate` percent of a policy's answers have it, and every answer to a request with `Pragma: server-timing`.
AWS page: understanding-response-headers-policies (sampling rate, header from the origin, metrics, examples).
Chosen: the origin's own metrics stand at the end, on a miss alone; an answer that came neither from the cache nor from an
origin has no cdn-cache-* metric, one without an answer of the origin no cdn-upstream-*; a refresh has the metrics of a miss;
the Pragma counts as viewer-request left it; viewer-response does not see the header.
"""

from typing import NamedTuple

from edgeproxy.exchange import Exchange
from edgeproxy.messages import Headers, Request, Upstream
from edgeproxy.model import ResponseHeadersPolicy, ServerTiming

LAYER = "EDGE"
"""There is one cache layer."""
_OUTCOMES = {"Hit": "cdn-cache-hit", "RefreshHit": "cdn-cache-refresh", "Miss": "cdn-cache-miss"}
"""By X-Cache."""


class Told(NamedTuple):
    """An answer about to be sent, `milliseconds` after its request was read; `aged`: it came out of the cache with an Age."""

    x_cache: str
    aged: bool
    pop: str
    request_id: str
    milliseconds: float


def compile(policy: ResponseHeadersPolicy | None) -> ServerTiming | None:  # noqa: A001
    """The part of a policy that asks for the header, None when none does."""
    timing = None if policy is None else policy.server_timing
    return timing if timing is not None and timing.enabled else None


def is_due(timing: ServerTiming, request: Request, chance: float) -> bool:
    """Is the answer to `request` one that has the header? `chance`: a random number from 0 to 1, this request's own."""
    if chance * 100 < timing.sampling_rate:
        return True
    # "Even when the sampling rate is set to zero (0), CloudFront adds the Server-Timing header to the response if the request
    # contains the Pragma: server-timing header."
    pragma = request.headers.joined("pragma")
    return pragma is not None and any(part.strip().lower() == "server-timing" for part in pragma.split(","))


def value(told: Told, exchange: Exchange, headers: Headers) -> str:
    """The metrics in the order of AWS's examples; of `headers`, the answer's own, the Server-Timing that its origin sent."""
    outcome = _outcome(told, exchange)
    place = [f'cdn-pop;desc="{told.pop}"', f'cdn-rid;desc="{told.request_id}"']
    end = f"cdn-downstream-fbl;dur={told.milliseconds:.0f}"
    if outcome == "cdn-cache-hit":
        # "When there is a cache hit, … the value from the origin is not included."
        return ",".join([outcome, *place, f'cdn-hit-layer;desc="{LAYER}"', end])
    own = headers.joined("server-timing") if outcome == "cdn-cache-miss" else None
    upstream = exchange.get("upstream")
    metrics = [*_upstream(upstream)] if isinstance(upstream, Upstream) else []
    metrics += [outcome] if outcome else []
    return ",".join([*metrics, *place, end, *([own] if own else [])])


def _outcome(told: Told, exchange: Exchange) -> str | None:
    if told.x_cache in _OUTCOMES:
        return _OUTCOMES[told.x_cache]
    if exchange.get("origin") is not None:
        return "cdn-cache-miss"
    return "cdn-cache-hit" if told.aged else None


def _upstream(upstream: Upstream) -> tuple[str, ...]:
    return (
        f'cdn-upstream-layer;desc="{LAYER}"',
        f"cdn-upstream-dns;dur={upstream.dns:.0f}",
        f"cdn-upstream-connect;dur={upstream.connect:.0f}",
        f"cdn-upstream-fbl;dur={upstream.first_byte:.0f}",
    )
