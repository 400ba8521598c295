"""What a distribution's configuration compiles to: per behavior, each rule's value; the pipeline reads only this."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import md5
from typing import NamedTuple

from edgeproxy.hooks import Hook
from edgeproxy.model import (
    CacheBehavior,
    Configuration,
    Distribution,
    Function,
    LambdaAssociation,
    LambdaEdgeSettings,
    LambdaFunction,
    Origin,
    ServerTiming,
    Settings,
    ViewerSettings,
)
from edgeproxy.ports import EdgeFunction, Handler
from edgeproxy.rules import (
    answer_headers,
    cache_key,
    compression,
    dev_server,
    error_pages,
    forwarding,
    freshness,
    geo,
    hosts,
    mapped_back,
    origin_choice,
    paths,
    response_headers,
    server_timing,
    signatures,
)


@dataclass(frozen=True, slots=True)
class LambdaPlan:
    """A Lambda@Edge association with its handler."""

    handler: Handler
    include_body: bool
    budget: float | None = None
    """Milliseconds."""
    limit: float | None = None
    """Seconds, when the budget is the deadline."""


@dataclass(frozen=True, slots=True)
class BehaviorPlan:
    """One behavior, compiled."""

    behavior: CacheBehavior
    origin: Origin
    choice: origin_choice.Choice
    """The origin, or the two of the origin group."""
    key: cache_key.KeyRecipe
    ttls: freshness.Ttls
    forwarding: forwarding.Forwarding
    kept: answer_headers.Kept
    response_headers: response_headers.Compiled | None
    server_timing: ServerTiming | None
    functions: dict[Hook, EdgeFunction]
    lambdas: dict[Hook, LambdaPlan]
    keys: signatures.Keys | None
    compression: compression.Compiled | None
    uncached: str
    """Why nothing of it is stored, where the key says so."""
    repeats: bool
    """Is nothing but the age of a stored object to be asked before the same request gets it again?"""


@dataclass(frozen=True, slots=True)
class DistributionPlan:
    """One distribution, compiled; the default behavior is the last of `behaviors`."""

    distribution: Distribution
    patterns: paths.Patterns
    behaviors: tuple[BehaviorPlan, ...]
    error_pages: error_pages.Substitutions
    via: str
    """The host part of its Via element."""
    cache_prefix: str
    geo: geo.Geo | None
    mapped_back: mapped_back.Names | None
    """What of its answers leads back to a local viewer; None: nothing is mapped."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a request needs to know of the configuration; a request takes one and keeps it."""

    distributions: tuple[DistributionPlan, ...]
    choose: Callable[[str], hosts.Choice | None]
    nobody: Callable[[str], str]
    """Why a Host header chooses none."""
    settings: Settings


Functions = Callable[[Function], EdgeFunction]
Handlers = Callable[[LambdaFunction], Handler]


def compile(  # noqa: A001
    configuration: Configuration, functions: Functions, handlers: Handlers, listen: tuple[str, ...] = ()
) -> Snapshot:
    """Compiles every distribution; `functions` and `handlers` give the running code, `listen` the listener's own names."""
    settings = configuration.settings
    names = hosts.compile(configuration.distributions, settings.default, settings.viewer.host, listen)
    compiled = _Compiling(functions, handlers, settings.lambda_edge, settings.viewer)
    plans = tuple(compiled.distribution(distribution) for distribution in configuration.distributions)
    # Host headers repeat: the bounded memory of a process's few names makes the choice a dictionary lookup.
    choose = lru_cache(maxsize=256)(partial(hosts.choose, names))
    return Snapshot(plans, choose, partial(hosts.nobody, names), settings)


class _Compiling(NamedTuple):
    """What every behavior is compiled with."""

    functions: Functions
    handlers: Handlers
    settings: LambdaEdgeSettings
    viewer: ViewerSettings

    def distribution(self, distribution: Distribution) -> DistributionPlan:
        return DistributionPlan(
            distribution,
            paths.compile(tuple(behavior.path_pattern for behavior in distribution.cache_behaviors)),
            tuple(self.behavior(distribution, behavior) for behavior in distribution.behaviors),
            error_pages.compile(distribution.custom_error_responses),
            f"{md5(distribution.id.encode(), usedforsecurity=False).hexdigest()}.cloudfront.net (CloudFront)",
            f"{distribution.name}\n",
            geo.compile(distribution.geo),
            mapped_back.compile(distribution, self.viewer.host) if self.viewer.map_back else None,
        )

    def behavior(self, distribution: Distribution, behavior: CacheBehavior) -> BehaviorPlan:
        origin = distribution.origins[behavior.target_origin_id]
        dev = dev_server.found(distribution, behavior)
        if dev is not None:
            behavior = dev_server.in_front(behavior)
        key, keys = cache_key.compile(behavior), signatures.compile(behavior.trusted_keys)
        headers = response_headers.compile(behavior.response_headers_policy)
        timing = server_timing.compile(behavior.response_headers_policy)
        return BehaviorPlan(
            behavior,
            origin,
            origin_choice.declared(distribution, behavior),
            key,
            freshness.compile(behavior.cache_policy, distribution.custom_error_responses, s3=origin.s3),
            forwarding.compile(behavior) if dev is None else dev_server.forwards(behavior),
            answer_headers.compile(behavior, s3=origin.s3, cookies_forwarded=key.cookies_forwarded),
            headers,
            timing,
            {hook: self.functions(function) for hook, function in behavior.functions.items()},
            {hook: self.association(hook, association) for hook, association in behavior.lambdas.items()},
            keys,
            compression.compile(behavior, key),
            "caching is disabled" if dev is None else dev_server.reason(dev),
            _repeats(behavior, headers, timing, keys),
        )

    def association(self, hook: Hook, association: LambdaAssociation) -> LambdaPlan:
        budgets = self.settings.budget
        budget = budgets.get(association.function.name, budgets.get(hook.value))
        limit = budget / 1000 if budget is not None and self.settings.enforce else None
        return LambdaPlan(self.handlers(association.function), association.include_body, budget, limit)


def _repeats(
    behavior: CacheBehavior,
    headers: response_headers.Compiled | None,
    timing: ServerTiming | None,
    keys: signatures.Keys | None,
) -> bool:
    """No code at the viewer's hooks, no signature that expires, no field that tells of the moment."""
    code = behavior.functions.keys() | behavior.lambdas.keys()
    dated = timing is not None or (headers is not None and headers.dated)
    return keys is None and not dated and code.isdisjoint((Hook.VIEWER_REQUEST, Hook.VIEWER_RESPONSE))
