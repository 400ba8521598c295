"""Builds everything from one configuration: start, stop, reload. The only file that knows all rooms."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from edgeproxy import plan
from edgeproxy.clock import SystemClock
from edgeproxy.config import archives
from edgeproxy.config.limits import LIMITS, code_size
from edgeproxy.errors import ConfigError, Problem, system_words
from edgeproxy.fetch import Ports
from edgeproxy.fetched import Fetched
from edgeproxy.given_viewer import GivenViewer
from edgeproxy.inspector import admin
from edgeproxy.inspector.cache_pages import CachePages
from edgeproxy.inspector.clock_pages import ClockPages
from edgeproxy.inspector.explain_pages import ExplainPages
from edgeproxy.inspector.key_value_pages import KeyValuePages
from edgeproxy.inspector.viewer_pages import ViewerPages
from edgeproxy.model import (
    Configuration,
    Distribution,
    Function,
    KeyValueStore,
    LambdaEdgeSettings,
    LambdaFunction,
    Place,
)
from edgeproxy.origins import Places
from edgeproxy.ports import EdgeFunction, Handler, KeyValues, Sink
from edgeproxy.project import Source, functions_of, lambdas_of, show
from edgeproxy.rules import hosts
from edgeproxy.runtimes.javascript import engine
from edgeproxy.runtimes.lambda_edge import interpreters
from edgeproxy.runtimes.lambda_edge.environments import Environments
from edgeproxy.served import AS_DECLARED, Switches
from edgeproxy.server.listener import Listener, allow_files, listen
from edgeproxy.server.viewer_server import ViewerServer
from edgeproxy.stores import key_value_file, key_values
from edgeproxy.stores.cache import MemoryCache
from edgeproxy.stores.collapse import Collapsing
from edgeproxy.stores.invalidations import Invalidations
from edgeproxy.telemetry import Sinks
from edgeproxy.telemetry.budgets import Budgets
from edgeproxy.telemetry.lambda_edge_log import LambdaEdgeLog
from edgeproxy.telemetry.request_line import RequestLines
from edgeproxy.telemetry.strict import Strict
from edgeproxy.terminal import safe_lines, some
from edgeproxy.watch import Watch

log = logging.getLogger("edgeproxy")

LAMBDA_RUNTIMES = interpreters.RUNTIMES
"""The runtimes of Lambda@Edge handlers."""
CHANGED_SHOWN = 4
GOES_ON = "the last good version goes on"
GRACE_SECONDS = 5.0
"""What is in flight gets so long when the proxy stops."""


@dataclass(frozen=True, slots=True)
class Https:
    """The HTTPS listener: its port (0: a free one), and a certificate of one's own in two PEM files, both or none."""

    port: int
    certificate: Path | None = None
    private_key: Path | None = None


def load_function(function: Function) -> EdgeFunction:
    """One CloudFront Function without a distribution. Raises ConfigError when its code is larger than CloudFront takes."""
    size, most = code_size(function.code), LIMITS["bytes of a function's code"]
    if size > most:
        raise ConfigError(Problem(f"FunctionSizeLimitExceeded: {size:,} bytes of code, {most:,} are allowed", function.path))
    return engine.load(function)


def is_output(path: Path) -> bool:
    """Is it the file that our own output is written to?"""
    try:
        found = path.stat()
        return any(os.path.samestat(found, os.fstat(number)) for number in (1, 2))
    except OSError:
        return False


def load_handlers(settings: LambdaEdgeSettings, say: Callable[[str], None]) -> Environments:
    """Lambda@Edge handlers without a distribution; they run in the event loop and are to be closed."""
    return Environments(settings, say)


def load_key_values(path: Path, now: float) -> KeyValues:
    """A key value store without a distribution, made at `now` (Unix seconds). Raises ConfigError with every problem found."""
    return key_values.snapshot(key_value_file.parse(key_value_file.load(path), path), now, now)


class Edge:
    """A running proxy. `say` gets lines for the terminal, `requests` one line a request."""

    def __init__(
        self,
        source: Source,
        configuration: Configuration,
        requests: TextIO,
        say: Callable[[str], None],
        switches: Switches = AS_DECLARED,
    ) -> None:
        settings = configuration.settings
        self.source = source
        self.configuration = configuration
        self.switches = switches
        self.clock = SystemClock()
        self._viewer = GivenViewer(dict(settings.viewer.given))
        self._say: Callable[[str], None] = lambda text: say(safe_lines(text))
        self._cache = MemoryCache(settings.cache.size)
        self._collapse: Collapsing[Fetched] = Collapsing()
        self._environments = Environments(settings.lambda_edge, say)
        self._handlers: dict[LambdaFunction, Handler] = {}
        self._origins = Places(lambda function: self._handlers[function], self.clock.now)
        self._functions: dict[Function, engine.JavaScriptFunction] = {}
        self._budget = engine.BUDGET
        self._key_values = key_values.KeyValueStores(self.clock)
        self._admin: admin.Admin | None = None
        self._budgets = Budgets()
        self.request_lines = RequestLines(requests)
        sinks: list[Sink] = [self.request_lines, self._budgets]
        if settings.lambda_edge.logs is not None:
            sinks.append(LambdaEdgeLog(settings.lambda_edge.logs, self._say))
        self._strict = Strict(self._say) if switches.strict else None
        if self._strict is not None:
            sinks.append(self._strict)
        self._sink = Sinks(*sinks)
        self._listener: Listener | None = None
        self.https_port: int | None = None
        """The port really bound by the HTTPS listener; None when there is none."""
        self._listen: tuple[str, ...] = ()
        self._waiting = False
        """Was it said that the files are being written, as while `sam build` is at work?"""
        self._watch: Watch | None = None
        self._following: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int, admin_port: int | None = None, https: Https | None = None) -> int:
        """Listens and returns the port really bound; `admin_port`: that of the admin listener, None: there is none.

        `https`: None: there is no HTTPS listener, and plain HTTP plays it.

        Raises OSError when the viewers' address cannot be had, ConfigError.
        """
        allow_files()
        self._listen = (host,)
        self._key_values.take(self._key_values.read(self.configuration.key_value_stores))
        ports = Ports(self.clock, self._cache, self._collapse, self._origins, self._key_values.snapshot, self._sink)
        scheme = self.configuration.settings.viewer.scheme if https is None else "http"
        server = ViewerServer(self._compile(self.configuration), ports, self._sink, scheme, self.switches)
        server.viewer = self._viewer
        self._listener = await listen(server, host, port)
        server.address = hosts.address(host, self._listener.port)
        if https is not None:
            await self._listen_https(self._listener, https)
        if admin_port is not None:
            invalidations = Invalidations(self._cache, lambda: self.configuration.distributions)
            pages = (
                CachePages(invalidations), ClockPages(self.clock), ViewerPages(self._viewer), KeyValuePages(self._key_values),
                ExplainPages(server),
            )  # fmt: skip
            self._admin = await admin.listen([route for page in pages for route in page.routes()], admin_port)
        self._watch = Watch(self.configuration.sources)
        self._following = asyncio.get_running_loop().create_task(self._follow(self._watch))
        return self._listener.port

    async def _listen_https(self, listener: Listener, https: Https) -> None:
        # Its cryptography takes some 40 ms to load, which a proxy without HTTPS does not pay.
        from edgeproxy.server import certificates

        viewer, own = self.configuration.settings.viewer, None
        certificate, key = https.certificate or viewer.certificate, https.private_key or viewer.private_key
        if certificate is not None and key is not None:
            own = certificates.Own(certificate, key)
        chosen = await asyncio.to_thread(certificates.choose, own, self.configuration.distributions, time.time())
        try:
            self.https_port = await listener.add_tls(chosen.context, https.port)
        except OSError as error:
            message = f"the HTTPS listener cannot start on {self._listen[0]}:{https.port}: {system_words(error)}"
            raise ConfigError(Problem(message, hint="try another --https-port, or 0 for a free one")) from error
        listener.server.switches = listener.server.switches._replace(https_port=self.https_port)
        self._say(chosen.said)

    @property
    def admin_port(self) -> int | None:
        """The port really bound by the admin listener; None when there is none."""
        return None if self._admin is None else self._admin.port

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Finishes what is in flight within `grace` seconds, then stops every process and connection."""
        if self._watch is not None and self._following is not None:
            self._watch.close()
            await self._following
        if self._admin is not None:
            await self._admin.close()
        if self._listener is not None:
            await self._listener.close(grace)
        await self._collapse.close()
        await self._environments.close()
        await self._origins.close()
        self.request_lines.flush()
        for line in [*self._budgets.lines(), *([] if self._strict is None else self._strict.lines())]:
            self._say(line)

    @property
    def unfaithful(self) -> bool:
        """With the switch `strict`: did a request rely on a choice of ours, or is a property not honoured?"""
        return self._strict is not None and self._strict.failed

    # --- reload ---

    def _compile(self, configuration: Configuration) -> plan.Snapshot:
        budget = configuration.settings.cloudfront_functions.budget / 1000
        if budget != self._budget:
            self._budget, self._functions = budget, {}
        functions = {
            function: self._functions.get(function) or self._load(function)
            for function in functions_of(configuration.distributions)
        }
        lambdas = lambdas_of(configuration.distributions)
        handlers = {function: self._environments.handler(function) for function in lambdas}
        snapshot = plan.compile(configuration, functions.__getitem__, handlers.__getitem__, self._listen)
        if self._strict is not None:
            for distribution in configuration.distributions:
                self._strict.declared(distribution.not_honoured)
        # A fetch under way may still look for a function of the snapshot before.
        self._functions, self._handlers = functions, self._handlers | handlers
        self._environments.keep(lambdas)
        return snapshot

    def _load(self, function: Function) -> engine.JavaScriptFunction:
        loaded = engine.load(function, budget=self._budget)
        if loaded.broken is not None:
            self._say(show(loaded.broken, colour=False))
            self._say(f"function {function.name} answers with CloudFront's 503 page until it is mended")
        return loaded

    async def _follow(self, watch: Watch) -> None:
        async for seen in watch.changes():
            # What is written here in answer to a change must not be one: `edgeproxy serve > out` beside the code.
            changed = {path for path in seen if not is_output(path)}
            try:
                if changed:
                    await self.reload(changed)
            except Exception:
                log.exception("internal error while taking over %s", changed)
            watch.follow(self.configuration.sources)

    async def reload(self, changed: set[Path]) -> None:
        """Takes a new configuration over; a broken template or settings file keeps the last good one and says so."""
        names = some(sorted({path.name for path in changed}), CHANGED_SHOWN)
        try:
            if changed <= self._key_values.paths:
                self._take_stores(self._key_values.read(self.configuration.key_value_stores))
            else:
                before = self._take_over()
                self._say(f"reloaded: {names}{await self._drop_changed(before, changed)}")
                for remark in self.configuration.remarks:
                    if remark not in before.remarks:
                        self._say(remark)
            self._waiting = False
        except ConfigError as error:
            if self._waiting and error.passing:
                return
            self._waiting = error.passing
            if error.passing:
                self._say("; ".join([*(f"{each.message} ({each.hint})" for each in error.problems), GOES_ON]))
                return
            for problem in error.problems:
                self._say(show(problem, colour=False))
            self._say(f"{names}: not taken over, {GOES_ON}")

    def _take_over(self) -> Configuration:
        """Loads the source anew and puts it into service; returns the configuration before. Raises ConfigError."""
        assert self._listener is not None, "reload before start"
        configuration = self.source.load(self.configuration.built)
        if self.configuration.distributions[0].declared and not configuration.distributions[0].declared:
            # A folder whose configuration is being written anew must not be served as a bucket meanwhile.
            raise ConfigError(Problem(f"{self.source.target} holds no configuration any more"))
        stores = self._key_values.read(configuration.key_value_stores)
        self._listener.server.snapshot = self._compile(configuration)
        self._viewer.declare(dict(configuration.settings.viewer.given))
        self._take_stores(stores)
        before, self.configuration = self.configuration, configuration
        archives.let_go()
        return before

    def _take_stores(self, found: Mapping[KeyValueStore, key_values.Content]) -> None:
        # CloudFront's cache does not know of a store's changes either: nothing is dropped.
        for name in self._key_values.take(found):
            self._say(f"key value store {name} read anew")

    async def _drop_changed(self, before: Configuration, changed: set[Path]) -> str:
        if self.configuration.settings.cache.on_reload == "keep":
            return ""
        known = {distribution.name: distribution for distribution in before.distributions}
        # Names that only code chooses are no part of a distribution: any may have stored what came from there, or its lack.
        if _chosen_places(self.configuration) != _chosen_places(before):
            known = {}
        stale = [
            distribution.name
            for distribution in self.configuration.distributions
            if known.get(distribution.name) != distribution or _has_code_in(distribution, changed)
        ]
        dropped: Counter[str] = Counter()
        if stale:
            # All at once: no distribution is served from what it was while another one is being dropped.
            await self._cache.invalidate(lambda key: _owner(key) in stale, lambda key: dropped.update([_owner(key)]))
        return "".join(f"; {name}: {dropped[name]} cached object{'' if dropped[name] == 1 else 's'} dropped" for name in stale)


def _owner(key: str) -> str:
    """The name of the distribution that a cache key belongs to."""
    return key.partition("\n")[0]


def _chosen_places(configuration: Configuration) -> tuple[Mapping[str, Place], tuple[str, ...]]:
    """Where code may send requests beside the declared origins."""
    return configuration.settings.places, configuration.settings.allow_origins


def _has_code_in(distribution: Distribution, changed: set[Path]) -> bool:
    roots = [each.task_root.resolve() for each in lambdas_of([distribution]) if each.task_root is not None]
    return any(path.is_relative_to(root) for root in roots for path in changed)
