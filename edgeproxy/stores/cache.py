"""Stored responses in memory: least recently used go first, bounded by bytes.

Never a TTL cache: an expired entry is what a conditional request revalidates, so freshness is judged at lookup.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from cachetools import LRUCache

from edgeproxy.ports import Entry

SLICE = 256
"""Entries evicted or looked at in one go, about a millisecond."""
REMEMBERED = 1_000
"""Invalidations that an entry is compared with before it is stored."""

Matches = Callable[[str], bool]


class MemoryCache:
    """`ports.Cache` of `size` bytes; an entry is charged for its key, its headers and its body."""

    def __init__(self, size: int) -> None:
        self._entries: LRUCache[str, Entry] = LRUCache(size, getsizeof=lambda entry: entry.size)
        self._reserved = 0
        self.invalidations = 0
        self._latest: deque[Matches] = deque(maxlen=REMEMBERED)
        self._sweeping: dict[int, Matches] = {}
        """Invalidations whose entries are not all gone yet, by their number."""

    def get(self, key: str) -> Entry | None:
        entry = self._entries.get(key)
        if self._sweeping and entry is not None and self._about_to_go(key, entry):
            return None
        return entry

    async def put(self, key: str, entry: Entry) -> None:
        """Does not store what the origin was asked for before an invalidation of the key."""
        if self._asked_too_early(key, entry):
            return
        self._entries.pop(key, None)
        if entry.size <= self._entries.maxsize:
            await self._make_room(entry.size)
            # Making room may have let an invalidation in.
            if not self._asked_too_early(key, entry):
                self._entries[key] = entry

    async def reserve(self, size: int) -> bool:
        if self._reserved + size > self._entries.maxsize:
            return False
        self._reserved += size
        await self._make_room(0)
        return True

    def release(self, size: int) -> None:
        self._reserved -= size

    async def _make_room(self, size: int) -> None:
        # One large entry may push out many thousand small ones: other requests get their turn in between.
        evicted = 0
        while self._entries and self._entries.currsize + self._reserved + size > self._entries.maxsize:
            self._entries.popitem()
            evicted += 1
            if evicted % SLICE == 0:
                await asyncio.sleep(0)

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
        count = 0
        for position, key in enumerate(list(self._entries), 1):
            if matches(key) and key in self._entries and self._entries[key].invalidations < number:
                del self._entries[key]
                count += 1
                if gone is not None:
                    gone(key)
            if position % SLICE == 0:
                await asyncio.sleep(0)
        return count

    def _about_to_go(self, key: str, entry: Entry) -> bool:
        return any(entry.invalidations < number and matches(key) for number, matches in self._sweeping.items())

    def _asked_too_early(self, key: str, entry: Entry) -> bool:
        missed = self.invalidations - entry.invalidations
        if missed > len(self._latest):
            return True
        return any(matches(key) for matches in islice(reversed(self._latest), missed))

    @property
    def bytes(self) -> int:
        """Bytes charged at present, for entries and for bodies that are being recorded."""
        return int(self._entries.currsize) + self._reserved

    def __len__(self) -> int:
        return len(self._entries)
