"""What happened to one request: facts with the time they were noted, append-only; nothing in the pipeline reads it back."""

from typing import NamedTuple, TypeVar

from edgeproxy.messages import Headers

Fact = TypeVar("Fact")


class Parts(NamedTuple):
    """Where the milliseconds of an invocation went: waiting for an environment, its init, the handler."""

    queue: float
    init: float
    handler: float


class Refused(NamedTuple):
    """A handler's result that failed validation, noted as `refused`; `cause` as CloudFront's log words it."""

    distribution_id: str
    request_id: str
    arn: str
    invocation_id: str
    cause: str


class Lookup(NamedTuple):
    """What the cache had, noted as `lookup` (a fresh entry as `hit`); times in Unix seconds, 0 where nothing was stored."""

    outcome: str
    """`fresh`, `expired`, `nothing stored`, `not cached`, …: a reason in words."""
    now: float
    stored: float = 0.0
    expires: float = 0.0
    why: str = ""
    """Where the stored object's time came from."""


class Tunnelled(NamedTuple):
    """What passed through a WebSocket, noted as `websocket` when it has closed: bytes from the viewer, bytes to it."""

    received: int
    sent: int
    end: str
    """Who or what ended it."""


class Said(NamedTuple):
    """What went to an origin and what came back, noted as `said`: before origin-response, before CloudFront's own changes."""

    sent: Headers
    status: int
    headers: Headers


class FunctionRun(NamedTuple):
    """One run of the user's code, noted as `function`."""

    hook: str
    name: str
    tier: str
    """`function` (CloudFront Function) or `lambda` (Lambda@Edge)."""
    milliseconds: float
    error: str | None = None
    utilization: int | None = None
    """Compute utilization of a CloudFront Function, in percent."""
    parts: Parts | None = None
    """Of a Lambda@Edge function; what is left of the milliseconds is overhead."""
    budget: float | None = None
    """The milliseconds that it should stay within."""

    @property
    def charged(self) -> float:
        """The milliseconds that count for the budget: all but a cold start's init."""
        return self.milliseconds - (self.parts.init if self.parts else 0)

    @property
    def over_budget(self) -> bool:
        """Did it take longer than its budget?"""
        return self.budget is not None and self.charged > self.budget


class Exchange:
    """Facts by reference to immutable values, never bodies. The server closes it after the last byte."""

    __slots__ = ("aborted", "closed", "facts", "method", "milliseconds", "sent", "started", "status", "target", "x_cache")

    def __init__(self, method: str, target: str, started: float) -> None:
        self.method = method
        self.target = target
        self.started = started
        """Monotonic seconds."""
        self.facts: list[tuple[str, object]] = []
        self.status = 0
        self.x_cache = ""
        self.sent = 0
        """Bytes of head and body written to the viewer."""
        self.aborted = False
        """Did it end before its end? By whom is noted as `cut`; without that the viewer left."""
        self.milliseconds = 0.0
        self.closed = False

    def note(self, name: str, value: Fact) -> Fact:
        """Appends a fact and returns its value."""
        self.facts.append((name, value))
        return value

    def all(self, name: str) -> list[object]:
        """Every value noted under a name, in order."""
        return [value for noted, value in self.facts if noted == name]

    def get(self, name: str) -> object:
        """The last value noted under a name, None when there is none."""
        for noted, value in reversed(self.facts):
            if noted == name:
                return value
        return None

    def close(self, now: float) -> None:
        """Ends the record after the last byte; `now` in monotonic seconds."""
        self.milliseconds = (now - self.started) * 1000
        self.closed = True
