"""Stored responses in memory, bounded by bytes: of one of the fuller of several parts the least recently used go first.

Parts, because a dictionary of many thousand entries that is copied as it grows would stop every request meanwhile.
Never a TTL cache: an expired entry is what a conditional request revalidates, so freshness is judged at lookup.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from cachetools import LRUCache

from edgeproxy.ports import Entry

SLICE = 64
"""Entries evicted or looked at in one go, less than a millisecond."""
PARTS = 32
REMEMBERED = 1_000
"""Invalidations that an entry is compared with before it is stored."""

Matches = Callable[[str], bool]
Part = LRUCache[str, Entry]


class MemoryCache:
    """`ports.Cache` of `size` bytes; an entry is charged for its key, its headers and its body."""

    def __init__(self, size: int, parts: int = PARTS) -> None:
        self._size = size
        self._parts = [Part(size, getsizeof=lambda entry: entry.size) for _ in range(parts)]
        self._stored = self._reserved = 0
        """Bytes."""
        self._turn = 0
        self.invalidations = 0
        self._latest: deque[Matches] = deque(maxlen=REMEMBERED)
        self._sweeping: dict[int, Matches] = {}
        """Invalidations whose entries are not all gone yet, by their number."""

    def get(self, key: str) -> Entry | None:
        try:
            entry = self._parts[hash(key) % len(self._parts)][key]
        except KeyError:
            return None
        return None if self._sweeping and self._about_to_go(key, entry) else entry

    def _part(self, key: str) -> Part:
        return self._parts[hash(key) % len(self._parts)]

    async def put(self, key: str, entry: Entry) -> None:
        """Does not store what the origin was asked for before an invalidation of the key."""
        if self._asked_too_early(key, entry):
            return
        part = self._part(key)
        if key in part:
            self._forget(key)
        if entry.size > self._size:
            return
        if self._stored + self._reserved + entry.size > self._size:
            await self._make_room(entry.size)
            # Making room may have let an invalidation in, or another entry of this key.
            if self._asked_too_early(key, entry):
                return
            self._forget(key)
        part[key] = entry
        self._stored += entry.size

    def _forget(self, key: str) -> None:
        entry = self._part(key).pop(key, None)
        if entry is not None:
            self._stored -= entry.size

    async def reserve(self, size: int) -> bool:
        if self._reserved + size > self._size:
            return False
        self._reserved += size
        await self._make_room(0)
        return True

    def release(self, size: int) -> None:
        self._reserved -= size

    async def _make_room(self, size: int) -> None:
        # One large entry may push out many thousand small ones: other requests get their turn in between.
        evicted = 0
        while self._stored and self._stored + self._reserved + size > self._size:
            _, entry = self._fuller_part().popitem()
            self._stored -= entry.size
            evicted += 1
            if evicted % SLICE == 0:
                await asyncio.sleep(0)

    def _fuller_part(self) -> Part:
        """The next part in turn that is at least as full as they are on average: not empty while anything is stored."""
        while True:
            self._turn = (self._turn + 1) % len(self._parts)
            part = self._parts[self._turn]
            if part.currsize * len(self._parts) >= self._stored:
                return part

    # --- invalidation ---

    async def invalidate(self, matches: Matches, gone: Callable[[str], object] | None = None) -> int:
        """`gone` is called with each key that went."""
        self.invalidations += 1
        number = self.invalidations
        self._latest.append(matches)
        self._sweeping[number] = matches
        count = await self._sweep(number, matches, gone)
        # A sweep that was cancelled stays in the list: what it named is not served all the same.
        del self._sweeping[number]
        return count

    async def _sweep(self, number: int, matches: Matches, gone: Callable[[str], object] | None) -> int:
        count = position = 0
        for part in self._parts:
            for key in list(part):
                if matches(key) and key in part and part[key].invalidations < number:
                    self._forget(key)
                    count += 1
                    if gone is not None:
                        gone(key)
                position += 1
                if position % SLICE == 0:
                    await asyncio.sleep(0)
        return count

    def _about_to_go(self, key: str, entry: Entry) -> bool:
        return any(entry.invalidations < number and matches(key) for number, matches in self._sweeping.items())

    def _asked_too_early(self, key: str, entry: Entry) -> bool:
        missed = self.invalidations - entry.invalidations
        if not missed:
            return False
        if missed > len(self._latest):
            return True
        return any(matches(key) for matches in islice(reversed(self._latest), missed))

    @property
    def bytes(self) -> int:
        """Bytes charged at present, for entries and for bodies that are being recorded."""
        return self._stored + self._reserved

    def __len__(self) -> int:
        return sum(map(len, self._parts))
