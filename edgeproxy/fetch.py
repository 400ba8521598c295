"""The origin's side of the way: origin-request, the origin, origin-response, cacheability and TTL, store.

It belongs to the cache, not to the viewer who caused it: when that viewer leaves, a storable fetch goes on.
"""

from collections.abc import Callable
from random import random
from typing import NamedTuple

from edgeproxy import compressor
from edgeproxy.edge_code import EdgeCode
from edgeproxy.errors import OriginError
from edgeproxy.exchange import Exchange, Said
from edgeproxy.fetched import FIRST_CHARGE, Asked, Fetched, Recorded
from edgeproxy.hooks import Hook
from edgeproxy.messages import Bytes, Request, Response
from edgeproxy.model import Origin, Url
from edgeproxy.plan import BehaviorPlan, DistributionPlan, Snapshot
from edgeproxy.ports import Cache, Clock, Collapse, Entry, KeyValues, Origins, Sink, no_key_values
from edgeproxy.recording import Recording
from edgeproxy.rules import (
    answer_headers,
    cache_key,
    compression,
    destinations,
    dev_server,
    error_pages,
    forwarding,
    freshness,
    origin_choice,
    staleness,
)


class Nobody:
    """`ports.Sink` of a proxy that tells nobody."""

    def accept(self, exchange: Exchange) -> None:
        return


class Ports(NamedTuple):
    """The rooms that a request may ask."""

    clock: Clock
    cache: Cache
    collapse: Collapse[Fetched]
    origins: Origins
    key_values: Callable[[str], KeyValues | None] = no_key_values
    """The present snapshot of a key value store, by its name."""
    background: Sink = Nobody()
    """Where exchanges go that no viewer waits for."""
    chance: Callable[[], float] = random
    """A number from 0 to 1, another one at each call: whether an answer is one of a sample."""


class FailedOver(Exception):
    """The first origin of a group gave one of the group's failover codes; the text says what it gave."""


class Fetch:
    """One trip to the origin for one request of one behavior."""

    def __init__(
        self,
        snapshot: Snapshot,
        distribution: DistributionPlan,
        plan: BehaviorPlan,
        request: Request,
        request_id: str,
        exchange: Exchange,
        ports: Ports,
        choice: origin_choice.Choice | None = None,
        asked: Request | None = None,
    ) -> None:
        """`asked`: the request before the default root object and viewer-request."""
        self.snapshot = snapshot
        self.distribution = distribution
        self.plan = plan
        self.viewer_request = request
        self.asked = asked or request
        self.request_id = request_id
        self.exchange = exchange
        self.ports = ports
        self.choice = choice or plan.choice
        self.dev_server: str | None = None
        """Why nothing of the origin that was asked is stored, where it is a dev server."""

    @property
    def edge(self) -> EdgeCode:
        """Runs the behavior's handlers on the origin's side."""
        return EdgeCode(self.distribution, self.plan, self.request_id, self.exchange)

    async def unstored(self) -> Fetched:
        """Asks the origin for a request that the cache has no part in."""
        asked = await self._ask(())
        return Fetched(asked, _x_cache(asked), self.ports.cache)

    async def head(self, key: str, expired: Entry | None) -> Fetched:
        """Asks the origin for a HEAD, whose answer is not stored; an expired object stands in when that fails."""
        asked = await self._ask_or_fail(())
        if expired is not None and (until := self._may_be_stale(expired, asked)):
            return await self._stale(key, expired, asked, until)
        return Fetched(asked, _x_cache(asked), self.ports.cache)

    async def stored(self, key: str, expired: Entry | None) -> Fetched:
        """Asks the origin, conditionally when there is an expired entry, and arranges for storing what it says."""
        invalidations = self.ports.cache.invalidations
        how = staleness.Revalidation()
        # "After the error caching minimum TTL CloudFront forwards the request again", plainly.
        if expired is not None and expired.response.status < 400:
            how = staleness.revalidation(self.plan.ttls, expired.response.headers, self.plan.key.cookies_forwarded)
            self.exchange.note("asked anew", how.anew)
        asked = await self._ask_or_fail(how.conditions)
        if expired is not None:
            if asked.origin_status == 304 and how.conditions:
                return await self._refreshed(key, expired, asked.response, invalidations)
            if until := self._may_be_stale(expired, asked):
                return await self._stale(key, expired, asked, until)
        return await self._record(key, asked, invalidations)

    async def _ask_or_fail(self, conditions: tuple[tuple[str, str], ...]) -> Asked:
        """The origin's answer; CloudFront's own error page, an answer as any other, when there is none."""
        try:
            return await self._ask(conditions)
        except OriginError as error:
            self.exchange.note("error", error.cause)
            self.exchange.note("detailed result type", error.detail)
            page = Bytes(error_pages.page(error.status, error.sentence, self.request_id))
            return Asked(Response(error.status, error_pages.headers(self.ports.clock.now()), page), error.status)

    async def _record(self, key: str, asked: Asked, invalidations: int) -> Fetched:
        now, response = self.ports.clock.now(), asked.response
        verdict = self._judge(response, now)
        limit, body = self.snapshot.settings.cache.max_object, response.body
        size = min(FIRST_CHARGE, limit) if body.length is None else body.length
        stored = verdict.store and not self._failed_a_condition(asked) and self._fits(size, limit)
        stored = stored and (isinstance(body, Bytes) or await self._has_room(size))
        response, noted = asked.response, None
        if self.plan.compression is not None:
            response, noted = await self._compressed(self.plan.compression, asked, verdict.ttl if stored else None)
        if not stored:
            return Fetched(asked, _x_cache(asked), self.ports.cache)
        if response is not asked.response:
            asked = asked._replace(response=response)
        recorded = Recorded(key, response, verdict, now, invalidations, compression=noted)
        if isinstance(response.body, Bytes):
            return Fetched(asked, _x_cache(asked), self.ports.cache, recorded)
        # What is compressed takes hardly more than was charged for it: if it does, that is noticed as it fills up.
        recording = Recording(response.body.length, limit)
        recorded = recorded._replace(recording=recording, charge=size)
        return Fetched(asked, _x_cache(asked), self.ports.cache, recorded)

    def _judge(self, response: Response, now: float) -> freshness.Verdict:
        verdict = freshness.judge(self.plan.ttls, response.status, response.headers, now)
        if self.dev_server is not None:
            verdict = freshness.Verdict(False, 0, self.dev_server)
        return self.exchange.note("ttl", verdict)

    async def _compressed(
        self, compiled: compression.Compiled, asked: Asked, ttl: float | None
    ) -> tuple[Response, tuple[str, str] | None]:
        """The answer as it is stored for `ttl` seconds (None: it is not), and what was noted about it."""
        accepted = cache_key.accept_encoding(self.plan.key, self.viewer_request)
        response, judged = await compressor.compress(compiled, asked.response, accepted, ttl, made_here=asked.made_here)
        self.exchange.note(*judged.fact)
        return response, judged.fact

    def _failed_a_condition(self, asked: Asked) -> bool:
        """Is it a 412 to this viewer's own condition, which is nobody else's?"""
        return asked.response.status == 412 and any(name in self.viewer_request.headers for name in staleness.CONDITIONS)

    async def _refreshed(self, key: str, expired: Entry, fresh: Response, invalidations: int) -> Fetched:
        await fresh.body.close()
        now, headers = self.ports.clock.now(), staleness.refreshed(expired.response.headers, fresh.headers)
        response = expired.response._replace(headers=headers)
        verdict = self._judge(response, now)
        self.exchange.note("revalidated", "the origin answered 304: the stored object is good for another while")
        if expired.compression is not None:
            self.exchange.note(*expired.compression)
        if verdict.store:
            entry = expired._replace(
                response=response._replace(headers=freshness.storable(headers)),
                stored=now,
                expires=now + verdict.ttl,
                why=verdict.why,
                retry=0.0,
                invalidations=invalidations,
            )
            await self.ports.cache.put(key, entry)
        asked = Asked(response, expired.origin_status, expired.generated)
        return Fetched(asked, "RefreshHit", self.ports.cache, from_cache=verdict.for_waiters)

    def _may_be_stale(self, expired: Entry, asked: Asked) -> float:
        """Until when the expired object stands in for this answer (Unix seconds); 0: it does not."""
        status, stored = asked.response.status, expired.response
        if status < 500 or stored.status >= 400 or asked.generated:
            return 0
        until = staleness.until(self.plan.ttls, stored.headers, expired.stored, expired.expires).failing
        return until if self.ports.clock.now() < until else 0

    async def _stale(self, key: str, expired: Entry, failed: Asked, until: float) -> Fetched:
        await failed.response.body.close()
        status = failed.response.status
        pause = staleness.left_alone(self.plan.ttls, status)
        self.exchange.note("stale", f"the origin failed with {status}: the expired object stands in, for {pause:g} s unasked")
        await self.ports.cache.put(key, expired._replace(retry=min(self.ports.clock.now() + pause, until)))
        asked = Asked(expired.response, expired.origin_status, expired.generated)
        return Fetched(asked, "RefreshHit", self.ports.cache, from_cache=True)

    def _fits(self, size: int, limit: int) -> bool:
        if size > limit:
            self.exchange.note("not stored", f"{size} bytes are more than cache.max_object, {limit}")
        return size <= limit

    async def _has_room(self, charge: int) -> bool:
        if await self.ports.cache.reserve(charge):
            return True
        self.exchange.note("not stored", "the cache is full of bodies that are still arriving; a larger cache.size helps")
        return False

    async def _ask(self, conditions: tuple[tuple[str, str], ...]) -> Asked:
        """The answer of the origin; the second one's where the first of a group gave what fails over."""
        for field in self.choice.not_honoured:
            self.exchange.note("not honoured", f"the function's {field} for its origin has no effect here")
        first, *rest = self.choice.origins
        if rest and origin_choice.may_fail_over(self.viewer_request, self.plan.behavior.cached_methods):
            try:
                return await self._ask_one(first, conditions, self.choice.failover)
            except FailedOver as failed:
                self.exchange.note("failover", f"{first.id} gave {failed}, {rest[0].id} is asked")
                first = rest[0]
        return await self._ask_one(first, conditions)

    async def _ask_one(
        self, origin: Origin, conditions: tuple[tuple[str, str], ...], codes: frozenset[int] = frozenset()
    ) -> Asked:
        """Origin-request, the origin, origin-response. Raises FailedOver when the origin's own answer is one of `codes`."""
        plan = self.plan
        via = f"{self.viewer_request.http_version} {self.distribution.via}"
        request = forwarding.build(plan.forwarding, self.viewer_request, origin, via=via, request_id=self.request_id)
        if conditions:
            # The stored validators take the place of the viewer's own.
            request = request._replace(headers=request.headers.without(*staleness.CONDITIONS).adding(*conditions))
        if Hook.ORIGIN_REQUEST in plan.lambdas:
            await self._resolve(origin)
            changed, origin = await self.edge.origin_request(request, origin)
            if isinstance(changed, Response):
                made = changed._replace(headers=answer_headers.generated(changed.headers, self.ports.clock.now()))
                return Asked(self._cleaned(made, origin), changed.status, generated=True, made_here=True)
            request = changed
        response = sent = await self._send(request, origin, codes)
        if Hook.ORIGIN_RESPONSE in plan.lambdas and sent.status not in (101, 304):
            response = await self.edge.origin_response(request, sent, origin)
        return Asked(self._cleaned(response, origin), sent.status, made_here=response.body is not sent.body)

    def _cleaned(self, response: Response, origin: Origin) -> Response:
        kept = self.plan.kept
        if origin.s3 != self.plan.origin.s3:
            cookies_forwarded = self.plan.key.cookies_forwarded
            kept = answer_headers.compile(self.plan.behavior, s3=origin.s3, cookies_forwarded=cookies_forwarded)
        status, headers, body, reason, upstream = response
        return Response(status, answer_headers.clean(kept, headers, self.ports.clock.now()), body, reason, upstream)

    async def _resolve(self, origin: Origin) -> None:
        """The name of the configured origin is resolved before origin-request runs. Raises OriginError."""
        settings = self.snapshot.settings
        place = destinations.place(origin, self.viewer_request.scheme, settings.allow_origins, settings.places)
        if isinstance(place, Url):
            await self.ports.origins.resolve(origin, place)

    async def _send(self, request: Request, origin: Origin, codes: frozenset[int]) -> Response:
        settings = self.snapshot.settings
        place = destinations.place(origin, self.viewer_request.scheme, settings.allow_origins, settings.places)
        if isinstance(place, destinations.Nowhere):
            cause = f"{place.cause}; {place.hint}"
            # CloudFront has no such case: the page itself says what to do.
            raise OriginError(502, f"edgeproxy: {cause}", cause, "OriginDnsError")
        self.exchange.note("origin", origin.id)
        # Code may have chosen it, for a behavior that stores what other origins say.
        self.dev_server = dev_server.reason(origin) if dev_server.is_dev(place) else None
        root = self.distribution.distribution.default_root_object
        request = dev_server.as_asked(request, self.asked, origin, place, root)
        try:
            sent = forwarding.dispatch(request, origin, place)
            response = await self.ports.origins.fetch(origin, place, sent)
        except OriginError as error:
            if origin_choice.failover_code(error) in codes:
                raise FailedOver(error.detail) from error
            raise
        if response.upstream is not None:
            self.exchange.note("upstream", response.upstream)
        self.exchange.note("said", Said(sent.headers, response.status, response.headers))
        # AWS does not say whether origin-response comes first: the origin's own status decides.
        if response.status in codes:
            await response.body.close()
            raise FailedOver(str(response.status))
        return response


def _x_cache(asked: Asked) -> str:
    return "Error" if asked.response.status >= 400 else "Miss"
