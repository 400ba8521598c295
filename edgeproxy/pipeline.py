"""THE WAY of a request: CloudFront's steps in CloudFront's order, each a method of `Passage`. Read this first.

A cache hit runs from the first step to the last without waiting; `fetch.py` goes on where the origin must be asked.
AWS: "Charting the life of an Amazon CloudFront request", lambda-cloudfront-trigger-events.
"""

from functools import partial
from typing import assert_never

from edgeproxy.edge_code import EdgeCode
from edgeproxy.errors import EdgeError, OriginError, RequestRefused, SignatureRefused
from edgeproxy.exchange import Exchange, Lookup
from edgeproxy.fetch import Fetch, Ports
from edgeproxy.fetched import Fetched
from edgeproxy.hooks import Hook
from edgeproxy.messages import EMPTY, Bytes, Duplex, Request, Response
from edgeproxy.plan import BehaviorPlan, DistributionPlan, Snapshot
from edgeproxy.ports import Entry, leave_the_loop
from edgeproxy.rules import (
    access,
    answer_headers,
    cache_key,
    error_pages,
    freshness,
    geo,
    local_timing,
    paths,
    response_headers,
    server_timing,
    signatures,
    staleness,
    viewer_headers,
)
from edgeproxy.rules.origin_choice import Choice
from edgeproxy.served import (
    AS_DECLARED,
    NO_DISTRIBUTION_VIA,
    POP,
    REQUEST_IDS,
    Answer,
    Served,
    Switches,
    judged_by_conditions,
    redirect,
    with_custom_page,
    with_server_timing,
)


class Passage:
    """One request on its way through one distribution."""

    __slots__ = (
        "asked", "choice", "distribution", "exchange", "local", "plan", "ports", "request", "request_id", "snapshot",
        "switches",
    )  # fmt: skip

    def __init__(
        self, snapshot: Snapshot, ports: Ports, exchange: Exchange, request: Request, switches: Switches = AS_DECLARED
    ) -> None:
        self.snapshot = snapshot
        self.ports = ports
        self.exchange = exchange
        self.request = self.asked = request
        self.switches = switches
        self.request_id = next(REQUEST_IDS)
        self.local: str | None = None
        """The name of this machine that the viewer came by: where a redirect stays."""
        self.distribution: DistributionPlan | None = None
        self.plan: BehaviorPlan | None = None
        self.choice: Choice | None = None
        """The origin that a function chose: of no concern to the cache, only to a miss."""

    async def run(self) -> Answer:
        """Takes every step. Never raises for the viewer's, the origin's or the user's code's faults."""
        served = await self._until_served()
        if isinstance(served.response.body, Duplex):
            return self._finish(served)  # AWS says of no later step that it concerns a 101
        try:
            served = await self._custom_error_response(served)
            if (judged := judged_by_conditions(self.request, served)) is not served:
                # A range that no stored object can satisfy has its page too.
                served = await self._custom_error_response(judged)
            served = self._response_headers_policy(served)
            served = await self._viewer_response(served)
            return self._finish(served)
        except BaseException:
            # Whoever leaves meanwhile is not waited for by those who read the same body.
            await served.response.body.close()
            raise

    async def _until_served(self) -> Served:
        try:
            self._choose_distribution()
            self._choose_behavior()
            served = self._judge_access()
            if served is None:
                self._judge_geo()
                self._judge_signature()
                self._default_root_object("before")
                served = await self._viewer_request()
            self._default_root_object("after")
            return served or await self._lookup()
        except EdgeError as error:
            return self._error_page(error)

    # --- choosing ---

    def _choose_distribution(self) -> None:
        choice = self.snapshot.choose(self.request.host)
        if choice is None:
            raise RequestRefused(403, access.BAD_REQUEST, self.snapshot.nobody(self.request.host))
        plan = self.snapshot.distributions[choice.distribution]
        if not plan.distribution.enabled:
            raise RequestRefused(403, access.BAD_REQUEST, f"distribution {plan.distribution.name} has Enabled: false")
        self.distribution, self.local = plan, choice.local
        if choice.viewer_host != self.request.host:
            self.request = self.request.for_host(choice.viewer_host)

    def _default_root_object(self, turn: str) -> None:
        if self.request.path == "/":
            self.request = self.request._replace(path=self._rooted(turn))

    def _rooted(self, turn: str) -> str:
        """`before` behavior match and functions, or `after` viewer-request: AWS is silent, the settings choose."""
        if self.snapshot.settings.default_root_object != turn:
            return self.request.path
        return paths.with_root_object(self.request.path, self._distribution.distribution.default_root_object)

    def _choose_behavior(self) -> None:
        distribution = self._distribution
        # A redirect leads to the path as received, and a signature is of it: it is only matched yet.
        path = self.request.path
        index = paths.match(distribution.patterns, self._rooted("before") if path == "/" else path)
        self.plan = distribution.behaviors[-1 if index is None else index]
        self.exchange.note("behavior", self.plan.behavior.path_pattern)

    # --- before the cache ---

    def _judge_access(self) -> Served | None:
        verdict = access.judge(self._plan.behavior, self.request, self.local, self.switches.https_port)
        match verdict:
            case access.Passed():
                return None
            case access.Redirected(status, location):
                return redirect(status, location, self.ports.clock.now())
            case access.Refused(sentence, cause, detail):
                raise RequestRefused(403, sentence, cause, detail)
            case _:
                assert_never(verdict)

    def _judge_geo(self) -> None:
        restriction, country = self._distribution.geo, self.request.viewer.given.get(viewer_headers.COUNTRY)
        if restriction is not None and (cause := geo.judge(restriction, country)):
            raise RequestRefused(403, geo.SENTENCE, cause, geo.DETAIL)

    def _judge_signature(self) -> None:
        keys = self._plan.keys
        if keys is None:
            return
        # "OPTIONS requests are forwarded without verifying a signature."
        if self.request.method == "OPTIONS":
            self.request = signatures.unsigned(self.request)
            return
        verdict = signatures.judge(keys, self.request, self.ports.clock.now())
        match verdict:
            case signatures.Signed(request):
                self.request = request
            case signatures.Denied(code, cause):
                raise SignatureRefused(code, signatures.ERRORS[code], cause)
            case _:
                assert_never(verdict)

    async def _viewer_request(self) -> Served | None:
        plan = self._plan
        if Hook.VIEWER_REQUEST in plan.functions:
            result, self.choice = self._edge.viewer_request_function(self.request, self.ports.clock.now())
        elif Hook.VIEWER_REQUEST in plan.lambdas:
            await leave_the_loop()
            result = await self._edge.viewer_request(self.request)
        else:
            return None
        if isinstance(result, Request):
            self.request = result
            return None
        x_cache = "FunctionGeneratedResponse" if plan.functions else "LambdaGeneratedResponse"
        response = result._replace(headers=answer_headers.generated(result.headers, self.ports.clock.now()))
        return Served(response, x_cache, generated=True, replaceable=False)

    # --- the cache and the origin ---

    async def _lookup(self) -> Served:
        plan, method, now = self._plan, self.request.method, self.ports.clock.now()
        if reason := self._not_cached():
            self.exchange.note("lookup", Lookup(reason, now))
            await leave_the_loop()
            return self._fetched(await self._fetch().unstored())
        key = self._distribution.cache_prefix + cache_key.key(plan.key, self.request)
        self.exchange.note("key", key)
        entry = self.ports.cache.get(key)
        if entry is not None:
            if now < entry.expires:
                return self._hit(key, entry, now)
            if (served := self._expired(key, entry, now)) is not None:
                return served
        else:
            self.exchange.note("lookup", Lookup("nothing stored", now))
        if method == "HEAD":
            await leave_the_loop()
            return self._fetched(await self._fetch().head(key, entry))
        # What is asked for after an invalidation does not wait for what was asked for before it.
        together = f"{key}\n{self.ports.cache.invalidations if freshness.collapsible(plan.key) else self.request_id}"
        fetched, first = await self.ports.collapse.fetch(together, partial(self._fetch().stored, key, entry))
        return self._fetched(fetched, shared=not first)

    def _not_cached(self) -> str | None:
        """Why the cache has no part in this request, None when it has."""
        plan, method = self._plan, self.request.method
        if not self.switches.cache:
            return "the cache is switched off"
        if not plan.key.cacheable:
            return plan.uncached
        if self.request.websocket:
            return "a WebSocket is not cached"
        if method in ("GET", "HEAD"):
            return None
        if method != "OPTIONS" or "OPTIONS" not in plan.behavior.cached_methods:
            return f"{method} is not cached"
        # No key tells two bodies apart: what one viewer's body brought about is not for the others.
        return None if self.request.body.length == 0 else "OPTIONS with a body is not cached"

    def _hit(self, key: str, entry: Entry, now: float) -> Served:
        self.exchange.note("hit", (entry, now))
        response, age = entry.response, freshness.age(entry.stored, now)
        x_cache = "Error" if response.status >= 400 else "Hit"
        stored = response if self._plan.repeats else None
        return Served(response, x_cache, age, entry.origin_status, replaceable=not entry.generated, key=key, stored=stored)

    def _stale(self, entry: Entry, outcome: str, now: float, x_cache: str, age: int | None) -> Served:
        self.exchange.note("lookup", Lookup(outcome, now, entry.stored, entry.expires, entry.why))
        return Served(entry.response, x_cache, age, entry.origin_status, replaceable=not entry.generated)

    def _expired(self, key: str, entry: Entry, now: float) -> Served | None:
        """The expired object where it may be served at once: its origin is failing, or it is revalidated meanwhile."""
        if now < entry.retry:
            outcome = f"expired, the origin failed and is asked again in {entry.retry - now:.0f} s"
            return self._stale(entry, outcome, now, "RefreshHit", None)
        if entry.response.status < 400:
            until = staleness.until(self._plan.ttls, entry.response.headers, entry.stored, entry.expires)
            if now < until.revalidating:
                self._revalidate(key, entry)
                outcome = "expired, served stale while it is revalidated"
                return self._stale(entry, outcome, now, "Hit", freshness.age(entry.stored, now))
        self.exchange.note("lookup", Lookup("expired", now, entry.stored, entry.expires, entry.why))
        return None

    def _revalidate(self, key: str, entry: Entry) -> None:
        headers = self.request.headers.without(*staleness.PARTIAL)
        exchange = Exchange(self.request.method, self.request.target, self.ports.clock.monotonic())
        inner = Passage(self.snapshot, self.ports, exchange, self.request._replace(method="GET", headers=headers))
        inner.distribution, inner.plan, inner.choice = self.distribution, self.plan, self.choice
        self.ports.collapse.refresh(f"{key}\n{self.ports.cache.invalidations}", partial(inner._in_background, key, entry))

    async def _in_background(self, key: str, entry: Entry) -> Fetched:
        exchange = self.exchange
        exchange.note("background", "stale-while-revalidate")
        try:
            fetched = await self._fetch().stored(key, entry)
            exchange.status, exchange.x_cache = fetched.status, fetched.x_cache
            await fetched.pass_by()
            return fetched
        finally:
            exchange.close(self.ports.clock.monotonic())
            self.ports.background.accept(exchange)

    def _fetched(self, fetched: Fetched, *, shared: bool = False) -> Served:
        x_cache, response, age = fetched.x_cache, fetched.answer(shared=shared), None
        if shared:
            self.exchange.note("collapsed", "waited for another viewer's request")
            if fetched.x_cache != "RefreshHit":
                x_cache, age = "Hit" if response.status < 400 else "Error", 0
        settled = not (shared or fetched.from_cache or x_cache == "RefreshHit")
        return Served(response, x_cache, age, fetched.origin_status, replaceable=not fetched.generated, settled=settled)

    def _fetch(self) -> Fetch:
        return Fetch(
            self.snapshot, self._distribution, self._plan, self.request, self.request_id, self.exchange, self.ports,
            self.choice, self.asked,
        )  # fmt: skip

    # --- after the cache ---

    async def _custom_error_response(self, served: Served) -> Served:
        status = served.response.status
        if status < 400 or not served.replaceable or self.distribution is None:
            return served
        page = error_pages.substitute(self.distribution.error_pages, status)
        if page is None:
            return served
        await leave_the_loop()
        await served.response.body.close()
        self.exchange.note("custom error response", f"{status} -> {page.path} as {page.status}")
        headers = self.request.headers.without(*staleness.PARTIAL)
        viewer = viewer_headers.of_error_page(self.request)
        path = self.request._replace(
            method="GET", path=page.path, query=None, headers=headers, body=EMPTY, websocket=False, viewer=viewer
        )
        return with_custom_page(served, await self._error_response_page(path), page.status)

    async def _error_response_page(self, request: Request) -> Served:
        """The page through the first behavior that matches it, viewer-request left out."""
        inner = Passage(self.snapshot, self.ports, self.exchange, request, self.switches)
        inner.distribution, inner.request_id = self.distribution, self.request_id
        try:
            inner._choose_behavior()
            return await inner._lookup()
        except EdgeError as error:
            return self._error_page(error)

    def _response_headers_policy(self, served: Served) -> Served:
        if self.plan is None or self.plan.response_headers is None:
            return served
        served = self._completed(served)
        now = self.ports.clock.now()
        headers = response_headers.apply(self.plan.response_headers, self.request, served.response.headers, now)
        return served._replace(response=served.response._replace(headers=headers))

    async def _viewer_response(self, served: Served) -> Served:
        if served.generated or served.origin_status >= 400 or served.response.status >= 400:
            return served
        plan = self._plan
        if Hook.VIEWER_RESPONSE not in plan.functions and Hook.VIEWER_RESPONSE not in plan.lambdas:
            return served
        served = self._completed(served)
        try:
            if Hook.VIEWER_RESPONSE in plan.functions:
                response = self._edge.viewer_response_function(self.request, served.response, self.ports.clock.now())
            else:
                await leave_the_loop()
                response = await self._edge.viewer_response(self.request, served.response)
        except EdgeError as error:
            await leave_the_loop()
            await served.response.body.close()
            return self._response_headers_policy(self._error_page(error))
        return served._replace(response=response)

    # --- the answer ---

    def _added(self, served: Served) -> tuple[tuple[str, str], ...]:
        via = self.distribution.via if self.distribution is not None else NO_DISTRIBUTION_VIA
        return answer_headers.added(served.x_cache, via, POP, self.request_id, served.age)

    def _completed(self, served: Served) -> Served:
        """With CloudFront's own headers among the others, for the steps that see or change them."""
        if served.complete:
            return served
        response = served.response
        headers = response.headers.adding(*self._added(served))
        return served._replace(response=response._replace(headers=headers), complete=True)

    def _finish(self, served: Served) -> Answer:
        added = () if served.complete else self._added(served)
        timing = None if self.plan is None else self.plan.server_timing
        if timing is not None and server_timing.is_due(timing, self.request, self.ports.chance()):
            milliseconds = (self.ports.clock.monotonic() - self.exchange.started) * 1000
            served, timing_field = with_server_timing(served, self.exchange, self.request_id, milliseconds)
            added = (*added, timing_field)
        if self.switches.timing:
            added = (*added, ("Server-Timing", local_timing.value(self.exchange)))
        response, again = served.response, None if self.switches.timing else served.again(self.request_id)
        return Answer(
            response.status, response.reason, response.headers, added, response.body, served.x_cache, served.closes, again
        )

    def _error_page(self, error: EdgeError) -> Served:
        self.exchange.note("error", error.cause)
        self.exchange.note("detailed result type", error.detail)
        if isinstance(error, SignatureRefused):
            page, content_type = error_pages.signature_refused(error.code, error.sentence), "text/xml"
        else:
            page, content_type = error_pages.page(error.status, error.sentence, self.request_id), "text/html"
        response = Response(error.status, error_pages.headers(self.ports.clock.now(), content_type), Bytes(page))
        replaceable = isinstance(error, (RequestRefused, OriginError))
        return Served(response, error.x_cache, generated=True, replaceable=replaceable)

    @property
    def _distribution(self) -> DistributionPlan:
        assert self.distribution is not None, "a step that needs the distribution ran before it was chosen"
        return self.distribution

    @property
    def _plan(self) -> BehaviorPlan:
        assert self.plan is not None, "a step that needs the behavior ran before it was chosen"
        return self.plan

    @property
    def _edge(self) -> EdgeCode:
        return EdgeCode(self._distribution, self._plan, self.request_id, self.exchange, self.ports.key_values)
