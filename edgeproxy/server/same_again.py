"""The fast lane: a request that is byte for byte one of this connection's earlier ones gets the same stored object again.

Where no code runs at the viewer's hooks and nothing depends on the time of day, an answer from the cache differs from the one
before it in its id and its age alone, as long as the object is stored and fresh. Whatever else could change it (a reload, a
switch, what is given of viewers, an invalidation, another object under the key) is compared; then the passage decides anew.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from edgeproxy.exchange import Exchange
from edgeproxy.messages import Bytes, Headers
from edgeproxy.pipeline import Passage
from edgeproxy.plan import Snapshot
from edgeproxy.ports import Entry
from edgeproxy.rules import freshness
from edgeproxy.served import REQUEST_IDS, Again, Switches

if TYPE_CHECKING:
    from edgeproxy.server.viewer_server import ViewerServer

MOST = 16
"""Answers that a connection remembers: heads, no bodies."""
LARGEST = 4096
"""Bytes of a request that is remembered."""


class Known(NamedTuple):
    """An answer of the past, and what it came of."""

    snapshot: Snapshot
    switches: Switches
    given: Mapping[str, str | None]
    tls: str | None
    key: str
    stored: Headers
    """Of the object that it was."""
    before: bytes
    """Its head up to the id."""
    after: bytes
    """Its head behind the age."""
    target: str
    facts: tuple[tuple[str, object], ...]

    def head(self, entry: Entry, now: float) -> bytes:
        """The head that it has at `now` (Unix seconds), with an id of its own."""
        changing = f"{next(REQUEST_IDS)}\r\nAge: {freshness.age(entry.stored, now)}"
        return b"".join((self.before, changing.encode("ascii"), self.after))

    def exchange(self, started: float, entry: Entry, now: float) -> Exchange:
        """The record of the request that gets it again; `started` in monotonic seconds."""
        exchange = Exchange("GET", self.target, started)
        exchange.facts = [*self.facts, ("hit", (entry, now))]
        exchange.status, exchange.x_cache = 200, "Hit"
        return exchange


class SameAgain:
    """The answers that one connection's viewer had, by the bytes of their requests."""

    __slots__ = ("_known", "_passed_over")

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}
        self._passed_over = 0

    def takes_more(self) -> bool:
        """Is the next answer to be remembered? When there is no room, one in MOST takes the place of the oldest."""
        if len(self._known) < MOST:
            return True
        self._passed_over = (self._passed_over + 1) % MOST
        return self._passed_over == 0

    def find(self, data: bytes, server: "ViewerServer", tls: str | None, now: float) -> tuple[Known, Entry, Bytes] | None:
        """What the request `data` gets again: the answer, the stored object and its body; None: nobody knows yet."""
        known = self._known.get(data)
        if known is None:
            return None
        if known.snapshot is server.snapshot and known.given is server.viewer.given and known.switches is server.switches:
            entry = server.ports.cache.get(known.key)
            if entry is not None and entry.response.headers is known.stored and now < entry.expires and known.tls is tls:
                body = entry.response.body
                return (known, entry, body) if isinstance(body, Bytes) else None
        del self._known[data]
        return None

    def learn(
        self, data: bytes, server: "ViewerServer", tls: str | None, again: Again, head: bytes, exchange: Exchange
    ) -> None:
        """Remembers the answer to the request `data`, unless it is large, or its id and age stand elsewhere than usual."""
        changing = f"{again.request_id}\r\nAge: {again.age}".encode("ascii")
        before, found, after = head.partition(changing)
        if server.passage is not Passage or not found or len(data) > LARGEST:
            return
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        facts = tuple(fact for fact in exchange.facts if fact[0] != "hit")
        came_of = server.snapshot, server.switches, server.viewer.given, tls, again.key, again.stored
        self._known[data] = Known(*came_of, before, after, exchange.target, facts)
