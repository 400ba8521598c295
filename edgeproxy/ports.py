"""What the pipeline may ask for; `edge.py` plugs the rooms in."""

import types
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from edgeproxy.exchange import Exchange
from edgeproxy.messages import Request, Response
from edgeproxy.model import Origin, Place, Url


@types.coroutine
def leave_the_loop() -> Generator[None, None, None]:
    """A bare yield before the first thing that may wait: the listener hands the half-run coroutine to a task here."""
    yield


class Clock(Protocol):
    """Time that tests and the admin side can move (`now`), and time that nobody can (`monotonic`)."""

    def now(self) -> float:
        """Unix seconds, real time plus an offset."""

    def monotonic(self) -> float:
        """Seconds that only grow."""


class KeyValues(Protocol):
    """One snapshot of a key value store: what a run sees, whatever changes meanwhile."""

    @property
    def created(self) -> float:
        """Unix seconds."""

    @property
    def updated(self) -> float:
        """Unix seconds."""

    def get(self, key: str) -> str | None:
        """The value, None when there is none."""

    def __len__(self) -> int:
        """How many keys."""


def no_key_values(name: str) -> KeyValues | None:
    """The stores of a proxy that has none."""
    return None


class StoreFigures(NamedTuple):
    """A key value store as a list shows it; bytes of keys and values together."""

    name: str
    keys: int
    size: int


class DeskRefused(Exception):
    """What a desk refuses; `kind` is the data plane's own error: ResourceNotFoundException, ServiceQuotaExceededException, …"""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class CacheDesk(Protocol):
    """The cache as the admin side sees and changes it. Every call raises DeskRefused."""

    async def invalidate(self, paths: Sequence[str], distribution: str | None = None) -> dict[str, int]:
        """Forgets what the paths name, as an invalidation of CloudFront does; how many objects each path removed."""


class ClockDesk(Protocol):
    """The clock as the admin side sees and moves it."""

    offset: float
    """Seconds added to real time."""

    def now(self) -> float:
        """Unix seconds, real time plus the offset."""


class ViewerDesk(Protocol):
    """What is given of viewers, as the admin side sees and changes it; values by their names in `rules.viewer_values`."""

    given: Mapping[str, str | None]
    """As requests carry it (`messages.Viewer`); another mapping after each change, never a changed one."""
    declared: Mapping[str, str]
    """The settings'."""
    changes: Mapping[str, str]
    """What was set over them; "" takes a value away."""

    def with_changes(self, changes: Mapping[str, str]) -> Mapping[str, str | None]:
        """What is `given` with these values besides, for one request."""

    def change(self, changes: Mapping[str, str]) -> None:
        """Sets more of them."""

    def reset(self) -> None:
        """Back to the settings."""


class KeyValueDesk(Protocol):
    """The key value stores as the admin side sees and changes them. Every call raises DeskRefused."""

    def stores(self) -> list[StoreFigures]:
        """Every store, by name."""

    def pairs(self, store: str) -> Mapping[str, str]:
        """Every key of a store with its value."""

    def get(self, store: str, key: str) -> str:
        """The value of a key."""

    def etag(self, store: str) -> str:
        """Another one after each change of the store."""

    def put(self, store: str, key: str, value: str, if_match: str | None = None) -> StoreFigures:
        """Sets a key; returns the store as it then is. `if_match`: the ETag that the store must have."""

    def delete(self, store: str, key: str, if_match: str | None = None) -> StoreFigures:
        """Removes a key, one that is not there too; returns the store as it then is."""


class Given(NamedTuple):
    """What a function may ask for beside its event: the query string unparsed, and the store it is associated with."""

    raw_query: str | None = None
    key_values: KeyValues | None = None
    viewer_request: bool = True
    """False at viewer-response: no origin may be chosen there, and the edge location is empty."""
    part: Callable[[str], str] | None = None
    """A part of the event that stands apart from it, by name: see `function_event.Event`."""


class FunctionResult(NamedTuple):
    """What one run of a CloudFront Function gave: the returned value as JSON text, its log lines, its milliseconds."""

    output: str
    logs: tuple[str, ...]
    milliseconds: float
    utilization: int = 0
    """Compute utilization, 0 to 100 percent of the time budget (more when it was exceeded)."""
    origin: str | None = None
    """The last call that chose an origin, as JSON text: `{"call": "updateRequestOrigin", "arguments": [...]}`."""
    log_data: str | None = None
    """The last string given to logCustomData."""


NOTHING_GIVEN = Given()


class EdgeFunction(Protocol):
    """A CloudFront Function, loaded; synchronous, no network."""

    name: str

    def run(self, event: str, now: float, given: Given = NOTHING_GIVEN) -> FunctionResult:
        """Calls `handler` with the event (JSON text) at `now` (Unix seconds). Raises FunctionError (execution, throttled)."""


class HandlerResult(NamedTuple):
    """What one invocation of a handler gave: the payload it answered with, its parts in milliseconds, and who gave it."""

    payload: bytes
    queue: float
    init: float
    handler: float
    arn: str = ""
    invocation_id: str = ""
    """The context's aws_request_id."""


class Handler(Protocol):
    """A Lambda@Edge function behind its pool of execution environments."""

    name: str

    async def invoke(self, event: bytes, limit: float | None = None) -> HandlerResult:
        """Invokes the handler with the event (JSON), for at most `limit` seconds. Raises LambdaError (execution, throttled)."""


class Origins(Protocol):
    """Whatever stands behind the distribution: HTTP servers and directories."""

    async def fetch(self, origin: Origin, place: Place, request: Request) -> Response:
        """Asks `origin` where it lives here (`place`); the body may still be arriving. Raises OriginError."""

    async def resolve(self, origin: Origin, place: Url) -> None:
        """Looks the name of a server up. Raises OriginError when there is none."""


class Entry(NamedTuple):
    """A stored response: what was stored, from when, fresh until when (Unix seconds), and the status the origin sent."""

    response: Response
    stored: float
    expires: float
    origin_status: int
    size: int
    """Bytes charged to the cache."""
    generated: bool = False
    """Made by a handler at origin-request: no custom error response takes its place."""
    why: str = ""
    """Where the time it is fresh came from."""
    retry: float = 0.0
    """The origin failed: until then it is served stale and the origin left alone."""
    invalidations: int = 0
    """How many there had been when the origin was asked."""
    compression: tuple[str, str] | None = None
    """What an exchange noted about compressing it."""


class Cache(Protocol):
    """Stored responses by key, bounded by bytes."""

    def get(self, key: str) -> Entry | None:
        """The entry, stale ones included."""

    async def put(self, key: str, entry: Entry) -> None:
        """Stores or replaces; an entry larger than the cache allows is not stored."""

    async def reserve(self, size: int) -> bool:
        """Charges bytes for a body that is being recorded; False when too many are, then it must not be."""

    def release(self, size: int) -> None:
        """Gives back what was reserved."""

    @property
    def invalidations(self) -> int:
        """How many there have been; one more, and what was asked for before may no longer be stored."""

    async def invalidate(self, matches: Callable[[str], bool]) -> int:
        """Forgets every key that matches, from this call on; returns how many there were once all are gone."""


class Shared(Protocol):
    """What one fetch gives to every viewer of a key."""

    @property
    def shareable(self) -> bool:
        """May other viewers of the same key be answered with it?"""

    @property
    def taken(self) -> bool:
        """Has a viewer its body, or is there nothing to let go of?"""

    async def leave(self) -> None:
        """Nobody waits for it any more: it is of use to those who come later, or of none. Before `fill`."""

    async def fill(self) -> None:
        """Runs until the body is complete and stored; never raises for the origin's faults."""


Answer = TypeVar("Answer", bound=Shared)


class Collapse(Protocol[Answer]):
    """One fetch per key; a fetch belongs to this store and goes on when its viewer leaves."""

    async def fetch(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """The answer, and whether this call caused the fetch. Raises what `ask` raises."""

    def refresh(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> None:
        """Starts a fetch that nobody waits for, unless one for the key is under way."""


class Sink(Protocol):
    """Where closed exchanges go."""

    def accept(self, exchange: Exchange) -> None:
        """Takes one closed exchange; never raises, never waits."""
