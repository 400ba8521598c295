"""Stored responses in memory: least recently used go first, bounded by bytes.

Never a TTL cache: an expired entry is what a conditional request revalidates, so freshness is judged at lookup.
"""

from cachetools import LRUCache

from edgeproxy.ports import Entry


class MemoryCache:
    """`ports.Cache` of `size` bytes; an entry is charged for its key, its headers and its body."""

    def __init__(self, size: int) -> None:
        self._entries: LRUCache[str, Entry] = LRUCache(size, getsizeof=lambda entry: entry.size)

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def put(self, key: str, entry: Entry) -> None:
        if entry.size <= self._entries.maxsize:
            self._entries[key] = entry
        else:
            self._entries.pop(key, None)

    def drop(self, prefix: str) -> int:
        doomed = [key for key in self._entries if key.startswith(prefix)]
        for key in doomed:
            del self._entries[key]
        return len(doomed)

    @property
    def bytes(self) -> int:
        """Bytes charged at present."""
        return int(self._entries.currsize)

    def __len__(self) -> int:
        return len(self._entries)
