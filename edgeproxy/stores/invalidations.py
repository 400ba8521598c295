"""Invalidations as the admin side asks for them: of which distributions, and how many objects each path removed.

Chosen: where none of several distributions is named, the paths go for each of them; an object counts at every path that
names it; a path is complete when the answer comes, and nothing limits how many may be asked for.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from edgeproxy.model import Distribution
from edgeproxy.ports import DeskRefused
from edgeproxy.rules import invalidation
from edgeproxy.spelling import nearest
from edgeproxy.stores.cache import MemoryCache


class Invalidations:
    """`ports.CacheDesk` over a cache; `distributions` gives those that are served at present."""

    def __init__(self, cache: MemoryCache, distributions: Callable[[], Sequence[Distribution]]) -> None:
        self._cache = cache
        self._distributions = distributions

    async def invalidate(self, paths: Sequence[str], distribution: str | None = None) -> dict[str, int]:
        if reason := invalidation.refusal(paths):
            raise DeskRefused("ValidationException", reason)
        named = invalidation.compile(paths)
        owner = None if distribution is None else self._find(distribution).name
        removed: Counter[str] = Counter()

        def matches(key: str) -> bool:
            name, target, _ = key.split("\n", 2)
            return owner in (None, name) and invalidation.names(named, target)

        def count(key: str) -> None:
            removed.update(invalidation.naming(named, key.split("\n", 2)[1]))

        await self._cache.invalidate(matches, count)
        return {path: removed[path] for path in paths}

    def _find(self, wanted: str) -> Distribution:
        """By name, id, domain name or alias, in any case."""
        known = {name.lower(): each for each in self._distributions() for name in _names(each)}
        if found := known.get(wanted.lower()):
            return found
        near = nearest(wanted, known)
        did_you_mean = f"; did you mean {near}?" if near else ""
        raise DeskRefused("ResourceNotFoundException", f"there is no distribution {wanted}{did_you_mean}")


def _names(distribution: Distribution) -> tuple[str, ...]:
    return (*distribution.aliases, distribution.domain_name, distribution.id, distribution.name)
