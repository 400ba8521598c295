"""Key value stores: read from their files, changed at run time; every change makes a new snapshot.

Errors are those of the data plane (service cloudfront-keyvaluestore): "deleting a missing key succeeds".
Chosen: a changed file replaces the whole store; at the start, of the file and what was kept at run time, the one that was
written last is the store; a change is kept before it is made, or not made at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

from edgeproxy.errors import ConfigError, Problem
from edgeproxy.model import KeyValueStore
from edgeproxy.ports import Clock, DeskRefused, StoreFigures
from edgeproxy.spelling import nearest
from edgeproxy.stores import key_value_file
from edgeproxy.stores.key_value_file import MAX_STORE, pair_size

NOT_FOUND, QUOTA = "ResourceNotFoundException", "ServiceQuotaExceededException"
INVALID, INTERNAL = "ValidationException", "InternalServerException"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`ports.KeyValues`: what a store held at one moment. Times in Unix seconds, size in bytes."""

    created: float
    updated: float
    pairs: Mapping[str, str]
    size: int

    def get(self, key: str) -> str | None:
        return self.pairs.get(key)

    def __len__(self) -> int:
        return len(self.pairs)


class Content:
    """What one look at a store's file found: pairs (None: the same as before) and what they are known by."""

    __slots__ = ("digest", "pairs")

    def __init__(self, store: KeyValueStore, known: bytes | None) -> None:
        path = _newest(store)
        data = repr(store.pairs).encode() if path is None else key_value_file.load(path)
        self.digest = sha256(data).digest()
        self.pairs: dict[str, str] | None = None
        if self.digest != known:
            self.pairs = _declared(store) if path is None else key_value_file.parse(data, path)


def _newest(store: KeyValueStore) -> Path | None:
    """The file that is the store: its own, or what was kept of it when that is younger. Raises ConfigError."""
    kept, path = store.keep, store.path
    if kept is None or not kept.exists():
        return path
    try:
        return kept if path is None or kept.stat().st_mtime_ns >= path.stat().st_mtime_ns else path
    except OSError as error:
        raise ConfigError(Problem(f"the file cannot be read: {error.strerror}", path)) from error


def _declared(store: KeyValueStore) -> dict[str, str]:
    """The pairs that its configuration gives a store. Raises ConfigError with every one that CloudFront would not take."""
    refused = [reason for pair in store.pairs if (reason := key_value_file.refusal(*pair))]
    if sum(len(key.encode()) + len(value.encode()) for key, value in store.pairs) > MAX_STORE and not refused:
        refused = [f"its pairs are more than {MAX_STORE >> 20} MB"]
    if refused:
        raise ConfigError(*(Problem(f"key value store {store.name}: {reason}") for reason in refused))
    return dict(store.pairs)


def check(store: KeyValueStore) -> list[Problem]:
    """Every problem in the file of a store."""
    try:
        Content(store, None)
    except ConfigError as error:
        return list(error.problems)
    return []


def snapshot(pairs: Mapping[str, str], created: float, updated: float) -> Snapshot:
    """A snapshot of these pairs; they must not change any more."""
    return Snapshot(created, updated, pairs, sum(pair_size(key, value) for key, value in pairs.items()))


class KeyValueStores:
    """`ports.KeyValueDesk`, and the present snapshot of each store for those who run functions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stores: dict[str, KeyValueStore] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._versions: dict[str, int] = {}
        self._next_version = count(1)
        self._digests: dict[str, bytes] = {}
        """Of the file content that each store was read from or kept in."""

    def snapshot(self, name: str) -> Snapshot | None:
        """The store as it is now; None when there is none of the name."""
        return self._snapshots.get(name)

    @property
    def paths(self) -> frozenset[Path]:
        """The files that stores are read from, without symbolic links."""
        return frozenset(store.path.resolve() for store in self._stores.values() if store.path is not None)

    # --- files ---

    def read(self, stores: Sequence[KeyValueStore]) -> dict[KeyValueStore, Content]:
        """What the files of these stores hold, for `take`; changes nothing. Raises ConfigError with every problem found."""
        found: dict[KeyValueStore, Content] = {}
        problems: list[Problem] = []
        for store in stores:
            known = self._digests.get(store.name) if self._stores.get(store.name) == store else None
            try:
                found[store] = Content(store, known)
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise ConfigError(*problems)
        return found

    def take(self, found: Mapping[KeyValueStore, Content]) -> list[str]:
        """These are the stores now; returns the names of those that changed. Run-time changes live on where no file changed."""
        self._stores = {store.name: store for store in found}
        for name in self._snapshots.keys() - self._stores.keys():
            del self._snapshots[name], self._digests[name]
        return [store.name for store, content in found.items() if self._replace(store.name, content)]

    def _replace(self, name: str, content: Content) -> bool:
        if content.pairs is None:
            return False
        now, before = self._clock.now(), self._snapshots.get(name)
        self._set(name, snapshot(content.pairs, before.created if before else now, now))
        self._digests[name] = content.digest
        return True

    def _set(self, name: str, present: Snapshot) -> None:
        self._snapshots[name] = present
        self._versions[name] = next(self._next_version)

    # --- the desk ---

    def stores(self) -> list[StoreFigures]:
        return [self._figures(name) for name in sorted(self._snapshots)]

    def pairs(self, store: str) -> Mapping[str, str]:
        return self._existing(store).pairs

    def get(self, store: str, key: str) -> str:
        present = self._existing(store)
        value = present.get(key)
        if value is None:
            raise DeskRefused(NOT_FOUND, f"{store} has no key {key}{_did_you_mean(key, present.pairs)}")
        return value

    def etag(self, store: str) -> str:
        self._existing(store)
        return f"KV{self._versions[store]}"

    def put(self, store: str, key: str, value: str, if_match: str | None = None) -> StoreFigures:
        present = self._matching(store, if_match)
        if reason := key_value_file.refusal(key, value):
            raise DeskRefused(INVALID, reason)
        return self._change(store, {**present.pairs, key: value}, present.size - _size(present, key) + pair_size(key, value))

    def delete(self, store: str, key: str, if_match: str | None = None) -> StoreFigures:
        present = self._matching(store, if_match)
        if key not in present.pairs:
            return self._figures(store)
        pairs = dict(present.pairs)
        del pairs[key]
        return self._change(store, pairs, present.size - _size(present, key))

    def _change(self, name: str, pairs: dict[str, str], size: int) -> StoreFigures:
        if size > MAX_STORE:
            message = f"{name} would hold {size:,} bytes, more than the {MAX_STORE >> 20} MB that a store may hold"
            raise DeskRefused(QUOTA, message)
        self._keep(name, pairs)
        self._set(name, Snapshot(self._snapshots[name].created, self._clock.now(), pairs, size))
        return self._figures(name)

    def _keep(self, name: str, pairs: dict[str, str]) -> None:
        keep = self._stores[name].keep
        if keep is None:
            return
        data = key_value_file.render(pairs)
        if len(data) > MAX_STORE:
            raise DeskRefused(QUOTA, f"{keep} would be larger than the {MAX_STORE >> 20} MB that a store's file may be")
        try:
            key_value_file.write(keep, data)
        except OSError as error:
            raise DeskRefused(INTERNAL, f"not changed: {keep} cannot be written: {error.strerror}") from error
        self._digests[name] = sha256(data).digest()

    def _figures(self, name: str) -> StoreFigures:
        present = self._snapshots[name]
        return StoreFigures(name, len(present), present.size)

    def _matching(self, name: str, if_match: str | None) -> Snapshot:
        # The ETag covers the whole store: writers of different keys conflict.
        present = self._existing(name)
        if if_match not in (None, self.etag(name)):
            raise DeskRefused(INVALID, "Pre-Condition failed during update of Key-Value-Store")
        return present

    def _existing(self, name: str) -> Snapshot:
        found = self._snapshots.get(name)
        if found is None:
            raise DeskRefused(NOT_FOUND, f"there is no key value store {name}{_did_you_mean(name, self._snapshots)}")
        return found


def _size(present: Snapshot, key: str) -> int:
    value = present.get(key)
    return 0 if value is None else pair_size(key, value)


def _did_you_mean(name: str, names: Mapping[str, object]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near}?" if near else ""
