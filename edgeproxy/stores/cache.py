"""Stored responses in memory: least recently used go first, bounded by bytes.

Never a TTL cache: an expired entry is what a conditional request revalidates, so freshness is judged at lookup.
"""

import asyncio

from cachetools import LRUCache

from edgeproxy.ports import Entry

SLICE = 256
"""Entries evicted in one go, about a millisecond."""


class MemoryCache:
    """`ports.Cache` of `size` bytes; an entry is charged for its key, its headers and its body."""

    def __init__(self, size: int) -> None:
        self._entries: LRUCache[str, Entry] = LRUCache(size, getsizeof=lambda entry: entry.size)
        self._reserved = 0

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    async def put(self, key: str, entry: Entry) -> None:
        self._entries.pop(key, None)
        if entry.size <= self._entries.maxsize:
            await self._make_room(entry.size)
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

    def drop(self, prefix: str) -> int:
        doomed = [key for key in self._entries if key.startswith(prefix)]
        for key in doomed:
            del self._entries[key]
        return len(doomed)

    @property
    def bytes(self) -> int:
        """Bytes charged at present, for entries and for bodies that are being recorded."""
        return int(self._entries.currsize) + self._reserved

    def __len__(self) -> int:
        return len(self._entries)
