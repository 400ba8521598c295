"""Requests, responses, their headers and bodies: immutable values, text in Latin-1 (one character per byte)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol


class Headers:
    """Header fields as received: names in their own case, order and repeats kept. Immutable."""

    __slots__ = ("_index", "_last_set", "items", "records", "wire")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.items: tuple[tuple[str, str], ...] = tuple(items)
        self._index: dict[str, list[str]] | None = None
        self._last_set: tuple[str, str, Headers] | None = None
        self.wire: tuple[str, str] | None = None
        """Lines as written (Content-Type, the rest), kept by the one who writes heads to the wire."""
        self.records: dict[str, dict[str, Any]] | None = None
        """What CloudFront Functions see of request headers, kept by the rule that says so; nobody changes it."""

    def by_name(self) -> Mapping[str, list[str]]:
        """All values in order, by lower-case name in order of first appearance."""
        index = self._index
        if index is None:
            index = {name.lower(): [value] for name, value in self.items}
            if len(index) < len(self.items):
                index = {}
                for name, value in self.items:
                    index.setdefault(name.lower(), []).append(value)
            self._index = index
        return index

    def get(self, name: str) -> str | None:
        """First value of the (lower-case) name."""
        values = self.by_name().get(name)
        return values[0] if values else None

    def get_all(self, name: str) -> list[str]:
        """Every value of the (lower-case) name, in order; empty when there is none."""
        return self.by_name().get(name, [])

    def joined(self, name: str) -> str | None:
        """All values of the (lower-case) name as one list field (RFC 9110 section 5.3)."""
        values = self.by_name().get(name)
        return ", ".join(values) if values else None

    def names(self) -> Iterable[str]:
        """Lower-case names, each once, in order of first appearance."""
        return self.by_name()

    def __contains__(self, name: str) -> bool:
        return name in self.by_name()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.items == other.items

    def __hash__(self) -> int:
        return hash(self.items)

    def __repr__(self) -> str:
        return f"Headers({list(self.items)!r})"

    def without(self, *names: str) -> "Headers":
        """Lacking the (lower-case) names: a copy, the same value where there are none."""
        return self.lacking(frozenset(names))

    def lacking(self, names: frozenset[str]) -> "Headers":
        """The same of a set of names."""
        index = self.by_name()
        gone = [name for name in index if name in names]
        if not gone:
            return self
        rest = Headers([item for item in self.items if item[0].lower() not in gone])
        rest._index = {name: values for name, values in index.items() if name not in gone}
        return rest

    def adding(self, *items: tuple[str, str]) -> "Headers":
        """A copy with the items at its end."""
        return Headers(self.items + items)

    def setting(self, name: str, value: str) -> "Headers":
        """A copy in which `name` has this one value, in the place where it first stood, else at the end."""
        # Every request of a viewer who calls us by a local name has its Host set to the same name again.
        last = self._last_set
        if last is not None and last[0] == name and last[1] == value:
            return last[2]
        lower = name.lower()
        first = next((place for place, item in enumerate(self.items) if item[0].lower() == lower), len(self.items))
        rest = [item for item in self.items[first:] if item[0].lower() != lower]
        changed = Headers([*self.items[:first], (name, value), *rest])
        self._last_set = name, value, changed
        return changed


class BodyBroken(Exception):
    """A body ended before its end: the peer closed, timed out or was given up."""


class Body(Protocol):
    """What carries content: `Bytes`, `Stream` or a recording's `Reader`; behind a 101 stands a `Duplex`."""

    @property
    def length(self) -> int | None:
        """Bytes in all, None when it is not known before the end."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Yields the content in order. Raises BodyBroken when it ends early."""

    async def close(self) -> None:
        """Lets go of what feeds the body; the rest is not wanted."""


class Bytes:
    """Content that is all there."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def length(self) -> int:
        return len(self.data)

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.data:
            yield self.data

    async def close(self) -> None:
        return


EMPTY = Bytes(b"")


class Stream:
    """Content that passes once, to one reader, at that reader's speed."""

    __slots__ = ("_close", "_source", "length")

    def __init__(self, source: AsyncIterator[bytes], length: int | None, closer: "Closer | None" = None) -> None:
        self._source = source
        self._close = closer
        self.length = length

    def chunks(self) -> AsyncIterator[bytes]:
        return self._source

    async def close(self) -> None:
        if self._close is not None:
            await self._close.close()


class Closer(Protocol):
    """Whatever feeds a Stream and can be told to stop."""

    async def close(self) -> None:
        """Lets go at once."""


class Duplex:
    """What stands behind a 101: the origin's connection itself, for whoever joins it to the viewer's. It has no content."""

    __slots__ = ("_release", "first", "transport")

    length = None

    def __init__(self, transport: asyncio.Transport | None, first: bytes, release: Callable[[], None]) -> None:
        """`release` closes the connection and gives up its place among the origin's."""
        self.transport = transport
        """None when the origin has closed it already."""
        self.first = first
        """What the origin sent right behind its 101."""
        self._release = release

    def chunks(self) -> AsyncIterator[bytes]:
        return EMPTY.chunks()

    async def close(self) -> None:
        self._release()


def cut(body: Body, first: int, last: int) -> Body:
    """The bytes `first` to `last` (both included) of a body."""
    if isinstance(body, Bytes):
        return Bytes(body.data[first : last + 1])
    return Stream(_between(body, first, last), last - first + 1, body)


async def _between(body: Body, first: int, last: int) -> AsyncIterator[bytes]:
    position = 0
    async for chunk in body.chunks():
        part = chunk[max(first - position, 0) : last + 1 - position]
        position += len(chunk)
        if part:
            yield part
        if position > last:
            return


class Viewer(NamedTuple):
    """Who asks: what CloudFront-* request headers tell of, made once for a connection's requests with the same headers."""

    given: Mapping[str, str | None]
    """Values by lower-case header name that nothing here can find out; None: there is no such header."""
    tls: str | None
    """Version, cipher and handshake as CloudFront-Viewer-TLS has them; None on plain HTTP."""
    headers: Headers
    """As received, whatever functions do."""


NOBODY = Viewer(MappingProxyType({}), None, Headers())
"""Of whom nothing is known."""


class Request(NamedTuple):
    """One request as a viewer sent it or as an origin gets it. `query` is None without `?`."""

    method: str
    scheme: str
    host: str
    path: str
    query: str | None
    headers: Headers
    body: Body = EMPTY
    http_version: str = "1.1"
    client_ip: str = "127.0.0.1"
    client_port: int = 0
    websocket: bool = False
    """Is it a WebSocket's handshake? Upgrade and Connection are then written anew for the origin."""
    viewer: Viewer = NOBODY

    def for_host(self, host: str) -> "Request":
        """The same request as a distribution sees it that is called `host`."""
        headers = self.headers.setting("Host", host)
        return Request(
            self.method, self.scheme, host, self.path, self.query, headers, self.body, self.http_version,
            self.client_ip, self.client_port, self.websocket, self.viewer,
        )  # fmt: skip

    @property
    def target(self) -> str:
        """Path and query as they stand on the request line."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


class Upstream(NamedTuple):
    """Milliseconds that an origin took: until its name was found, until it was connected to, until its answer began."""

    origin: str
    dns: float
    connect: float
    first_byte: float


class Response(NamedTuple):
    """One response; `reason` is the status text, empty for the usual one."""

    status: int
    headers: Headers
    body: Body = EMPTY
    reason: str = ""
    upstream: Upstream | None = None
    """Of an answer that its origin has just given."""
