"""One answered request as it is judged afterwards: the facts of its exchange, what was asked and answered, by which behavior.

Made only for those who ask which choices of ours an answer rests on: points on which AWS is silent, or its pages disagree.
Nothing here is made on the way of a request.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from edgeproxy.exchange import Exchange, FunctionRun, Lookup, Said
from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, Distribution, Origin
from edgeproxy.rules import access, cache_key, forwarding, hosts, outcome, paths
from edgeproxy.rules.cache_control import CacheControl, parse
from edgeproxy.rules.cache_key import KeyRecipe
from edgeproxy.rules.forwarding import Forwarding
from edgeproxy.rules.freshness import Verdict


class Witness(NamedTuple):
    """What an exchange does not hold, noted as `witness` where somebody asks."""

    request: Request
    """As the viewer sent it."""
    headers: Headers
    """All of the answer's."""
    distribution: Distribution | None
    behavior: CacheBehavior | None
    length: int | None = 0
    """Bytes of the answer's body; None: not known when its head was written."""


NOBODY = Witness(Request("", "", "", "", None, Headers()), Headers(), None, None)
"""Of a request that was refused while it was read."""


class Seen:
    """A closed exchange and its witness, with the questions that several choices ask."""

    def __init__(self, exchange: Exchange, witness: Witness = NOBODY) -> None:
        self.exchange = exchange
        self.request, self.headers, self.distribution, self.behavior, self.length = witness
        self.status = exchange.status
        self.x_cache = exchange.x_cache

    @cached_property
    def facts(self) -> Mapping[str, object]:
        """The last of each fact about the request itself."""
        return outcome.facts(self.exchange)

    def text(self, name: str) -> str:
        """A fact in words, empty when it was not noted."""
        return str(self.facts.get(name, ""))

    @cached_property
    def lookup(self) -> Lookup | None:
        """What the cache had."""
        found = self.facts.get("lookup")
        return found if isinstance(found, Lookup) else None

    @cached_property
    def said(self) -> Said | None:
        """What the origin answered to this request."""
        found = self.facts.get("said")
        return found if isinstance(found, Said) else None

    @cached_property
    def verdict(self) -> Verdict | None:
        """For how long the origin's answer may be stored."""
        found = self.facts.get("ttl")
        return found if isinstance(found, Verdict) else None

    @cached_property
    def runs(self) -> tuple[FunctionRun, ...]:
        """Every run of the user's code."""
        return tuple(run for run in self.exchange.all("function") if isinstance(run, FunctionRun))

    def began(self, hook: Hook) -> bool:
        """Did code run there, to its end or not?"""
        return any(run.hook == hook.value for run in self.runs)

    def ran(self, hook: Hook) -> bool:
        """Did code run there to its end?"""
        return any(run.hook == hook.value and run.error is None for run in self.runs)

    def has_code(self, hook: Hook) -> bool:
        """Has the behavior a function or handler there?"""
        return self.behavior is not None and (hook in self.behavior.functions or hook in self.behavior.lambdas)

    @property
    def asked(self) -> bool:
        """Was an origin asked?"""
        return "origin" in self.facts

    @property
    def expired(self) -> bool:
        """Was there an object that had expired, and was the origin asked because of it?"""
        return self.lookup is not None and self.lookup.outcome == "expired"

    @cached_property
    def stale(self) -> bool:
        """Was it answered with an object past its time?"""
        return "stale" in self.facts or (self.lookup is not None and self.lookup.outcome.startswith("expired, "))

    @cached_property
    def stored(self) -> bool:
        """Was it answered with a stored object, or with one that is being stored for another viewer?"""
        fresh = self.lookup is not None and self.lookup.outcome == "fresh"
        return fresh or self.stale or "revalidated" in self.facts or "collapsed" in self.facts

    @property
    def own_page(self) -> bool:
        """Is it an error page of CloudFront's own?"""
        return self.status >= 400 and "error" in self.facts and self.said is None

    @cached_property
    def passed(self) -> bool:
        """Did viewer protocol policy and allowed methods let it pass?"""
        return self.behavior is not None and isinstance(access.judge(self.behavior, self.request), access.Passed)

    @cached_property
    def local(self) -> bool:
        """Was it sent to a name that only this machine has?"""
        if self.distribution is None:
            return False
        choice = hosts.choose(hosts.compile((self.distribution,), None, None), self.request.host)
        return choice is None or choice.local is not None

    @cached_property
    def recipe(self) -> KeyRecipe | None:
        """The cache key of its behavior, where it had one."""
        return cache_key.compile(self.behavior) if self.behavior is not None and "key" in self.facts else None

    @cached_property
    def forwarding(self) -> Forwarding | None:
        """What its behavior sends to origins."""
        return None if self.behavior is None else forwarding.compile(self.behavior)

    @cached_property
    def forwarded(self) -> Request:
        """The request as policies alone send it on, whatever edge code and a WebSocket's handshake add."""
        if self.distribution is None or self.behavior is None or self.forwarding is None:
            return self.request
        origin = self.distribution.origins[self.behavior.target_origin_id]
        return forwarding.build(self.forwarding, self.request._replace(websocket=False), origin, via="", request_id="")

    @property
    def asked_origin(self) -> Origin | None:
        """The origin that was asked last, as declared."""
        return None if self.distribution is None else self.distribution.origins.get(self.text("origin"))

    @property
    def origin_headers(self) -> Headers:
        """The origin's own headers where it was asked; else the answer's, which are mostly the same."""
        return self.headers if self.said is None else self.said.headers

    @cached_property
    def control(self) -> CacheControl:
        """The origin's Cache-Control."""
        return parse(self.origin_headers)

    def asks(self, *names: str) -> bool:
        """Has the request one of these (lower-case) headers?"""
        return any(name in self.request.headers for name in names)

    @cached_property
    def replaced(self) -> tuple[int, str] | None:
        """The status that a custom error response stands for, and the path of its page."""
        match str(self.exchange.get(outcome.CUSTOM_ERROR_RESPONSE) or "").split(" "):
            case [status, "->", path, *_]:
                return int(status), path
        return None

    @property
    def page_behavior(self) -> CacheBehavior | None:
        """The behavior of the custom error page's path, where there is a page."""
        if self.replaced is None or self.distribution is None:
            return None
        patterns = tuple(each.path_pattern for each in self.distribution.cache_behaviors)
        index = paths.match(paths.compile(patterns), self.replaced[1])
        return self.distribution.behaviors[-1 if index is None else index]

    def page_for(self, status: int) -> bool:
        """Names the distribution a page for answers of this status?"""
        pages = () if self.distribution is None else self.distribution.custom_error_responses
        return any(item.error_code == status and item.response_page_path is not None for item in pages)
