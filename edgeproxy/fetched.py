"""What the origin's side gave, and how it is recorded while it goes to the viewer, and stored."""

import asyncio
from typing import NamedTuple

from edgeproxy.messages import Body, BodyBroken, Bytes, Headers, Response
from edgeproxy.ports import Cache, Entry
from edgeproxy.recording import Recording
from edgeproxy.rules import freshness

ENTRY_OVERHEAD, LINE_OVERHEAD = 1100, 380
"""Bytes that an entry, and each header line of it, takes beside the text of its key and headers and its body, as measured."""
NOTE_OVERHEAD = 140
"""Bytes that the words about compressing it take."""
FIRST_CHARGE = 64 << 10
"""Bytes charged at first to a recording of unknown length; doubled as it grows."""


def charged(key: str, headers: Headers, length: int) -> int:
    """Bytes of memory that an object of `length` bytes takes in the cache."""
    lines = headers.items
    text = sum([len(name) + len(value) for name, value in lines])
    return len(key) + ENTRY_OVERHEAD + text + LINE_OVERHEAD * len(lines) + length


class Asked(NamedTuple):
    """An answer after origin-response, the status that the origin sent, and whether a handler at origin-request made it."""

    response: Response
    origin_status: int
    generated: bool = False
    made_here: bool = False
    """Did edge code make its body?"""


class Recorded(NamedTuple):
    """A body that is being stored: from the origin's stream into a recording, then into the cache."""

    key: str
    source: Response
    verdict: freshness.Verdict
    at: float
    invalidations: int
    """How many there had been when the origin was asked."""
    recording: Recording | None = None
    """None: all of it was there at once."""
    charge: int = 0
    """Bytes of the cache that are kept for the recording until it is stored."""
    compression: tuple[str, str] | None = None


class Fetched:
    """What the origin's side gave: the answer, how X-Cache names it, and what is still to be stored."""

    def __init__(
        self, asked: Asked, x_cache: str, cache: Cache, recorded: Recorded | None = None, *, from_cache: bool = False
    ) -> None:
        self._response = asked.response
        self.x_cache = x_cache
        self.origin_status = asked.origin_status
        self.generated = asked.generated
        self.from_cache = from_cache
        """Is it a stored object, refreshed or stale?"""
        self._cache = cache
        self._recorded = recorded
        self._left = False
        self.taken = isinstance(asked.response.body, Bytes)
        """Has a viewer its body, or is there nothing to let go of?"""

    @property
    def shareable(self) -> bool:
        """May other viewers of the same key be answered with it?"""
        recorded = self._recorded
        if recorded is None:
            return self.from_cache
        return recorded.verdict.for_waiters and not (recorded.recording is not None and recorded.recording.overflown)

    @property
    def status(self) -> int:
        """What viewers get for a status."""
        return self._response.status

    def answer(self, *, shared: bool) -> Response:
        """The answer for one viewer, with a body of its own; `shared`: without what was meant for the one who caused it."""
        self.taken = True
        recording = None if self._recorded is None else self._recorded.recording
        response = self._response if recording is None else self._response._replace(body=recording.reader())
        return self._for_others(response.body) if shared else response

    def _for_others(self, body: Body) -> Response:
        status, headers, _, reason, _ = self._response
        return Response(status, freshness.storable(headers), body, reason)

    async def leave(self) -> None:
        """Nobody reads it: what is stored for others goes on, up to the largest object; anything else ends."""
        self._left = True
        await self.pass_by()

    async def pass_by(self) -> None:
        """It is for the cache alone, unless somebody joins."""
        if self._recorded is not None and self._recorded.recording is not None:
            self._recorded.recording.leave()
        else:
            await self._response.body.close()

    async def fill(self) -> None:
        """Reads the origin at its own speed into the recording, then stores it when it is whole and not too large."""
        recorded = self._recorded
        if recorded is None:
            return
        if recorded.recording is None:
            assert isinstance(recorded.source.body, Bytes), "what is not recorded is all there"
            await self._store(recorded, recorded.source.body)
        else:
            await self._record(recorded, recorded.recording)

    async def _record(self, recorded: Recorded, recording: Recording) -> None:
        charge, source = recorded.charge, recorded.source.body
        # What is stored only to be revalidated is not worth an endless stream that its viewer has left.
        filling = None if recorded.verdict.for_waiters else asyncio.current_task()
        recording.when_abandoned = None if filling is None else filling.cancel
        try:
            if self._left and filling is not None:
                raise BodyBroken("its viewer has left")
            async for chunk in source.chunks():
                if recording.size + len(chunk) > charge and not recording.overflown:
                    charge += await self._charge_more(recording, max(charge, len(chunk)))
                await recording.feed(chunk)
        except BodyBroken as error:
            return recording.finish(error)
        except BaseException as error:
            recording.finish(error)
            raise
        finally:
            recording.when_abandoned = None
            self._cache.release(charge)
            await source.close()
        recording.finish()
        if not recording.overflown:
            await self._store(recorded, Bytes(recording.content()))
        return None

    async def _charge_more(self, recording: Recording, size: int) -> int:
        if await self._cache.reserve(size):
            return size
        recording.limit = 0  # no room to remember all of it: it streams from here on
        return 0

    async def _store(self, recorded: Recorded, body: Bytes) -> None:
        response, verdict = self._for_others(body), recorded.verdict
        size = charged(recorded.key, response.headers, body.length) + (NOTE_OVERHEAD if recorded.compression else 0)
        entry = Entry(
            response, recorded.at, recorded.at + verdict.ttl, self.origin_status, size, self.generated, verdict.why,
            invalidations=recorded.invalidations, compression=recorded.compression,
        )  # fmt: skip
        await self._cache.put(recorded.key, entry)
