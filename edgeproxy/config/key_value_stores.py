"""Key value stores: AWS::CloudFront::KeyValueStore, and the local files that the settings name for them.

Pages: "Create a key value store" (imported from S3 once, or empty), AWS::CloudFront::KeyValueStore of the CloudFormation guide.
Chosen: a function of which only the ARN is known reads the only store that the settings name, if they name just one.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from edgeproxy.config import identities, limits
from edgeproxy.config.assets import Assets
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.config.section import Section
from edgeproxy.errors import Missing
from edgeproxy.model import KeyValueStore


class GivenStore(NamedTuple):
    """What the settings give for one store; `node` is where its name stands."""

    path: Path | None
    keep: Path | None
    node: Node


_NOTHING: Mapping[str, GivenStore] = MappingProxyType({})


class LocalStores:
    """The settings' `key_value_stores`, by logical id, store name or id; and every store that a load has met."""

    def __init__(self, given: Mapping[str, GivenStore] = _NOTHING) -> None:
        self.stores: dict[str, KeyValueStore] = {}
        self.sources: dict[Path, None] = {}
        """Files that stores are read from."""
        self.declared: dict[str, dict[str, str]] = {}
        """Pairs that a configuration itself puts into a store, by its ARN; what the settings give comes before them."""
        self._given = given
        self._known: set[str] = set()
        self._used: dict[str, str] = {}

    def meet(self, names: Iterable[str], name: str, arn: str) -> KeyValueStore | None:
        """A store called `name` with what is given for the first of the names; None when nothing is."""
        found = None
        for each in names:
            self._known.add(each)
            if found is None and each in self._given:
                self._used[each] = name
                found = self.add(KeyValueStore(name, arn, self._given[each].path, self._given[each].keep))
        return found

    def add(self, store: KeyValueStore) -> KeyValueStore:
        """Makes a store known."""
        if store.path is not None:
            self.sources[store.path] = None
        self.stores[store.name] = store
        return store

    def only(self) -> str | None:
        """The name of the only store that the settings give; None when they give none or several."""
        if len(self._given) != 1:
            return None
        given = next(iter(self._given))
        if given not in self._used:
            self.meet((given,), given, _arn(given))
        return self._used[given]

    def check_names(self, problems: Problems) -> None:
        """Notes every given name that no store has."""
        for name, given in self._given.items():
            if name not in self._used:
                hint = did_you_mean(name, self._known)
                problems.add(given.node.problem(f"no key value store is named {name}", hint))


def read_store(
    section: Section,
    logical_id: str,
    arn: str,
    local: LocalStores,
    assets: Assets | None = None,
    paths: Sequence[str] = (),
) -> KeyValueStore:
    """Reads the Properties of an AWS::CloudFront::KeyValueStore; `paths`: its construct paths."""
    section.required("Name")
    name, problems = section.text("Name", logical_id), section.reading.problems
    if not limits.FUNCTION_NAME.fullmatch(name):
        section.value_problem("Name", f'"{name}" is not a key value store\'s name', "1 to 64 letters, digits, - and _")
    if name in local.stores:
        section.value_problem("Name", f"EntityAlreadyExists: another key value store is named {name}")
    limits.check("characters of a comment", len(section.text("Comment")), section.at("Comment"), problems)
    source = section.section("ImportSource", "ImportSource")
    if source is not None:
        source.required("SourceType", "SourceArn")
        source.choice("SourceType", ("S3",))
    store = local.meet((logical_id, name, arn.rpartition("/")[2], *paths), name, arn)
    if store is None and source is not None and assets is not None:
        with problems.gathering():
            # arn:aws:s3:::BUCKET/KEY
            path = assets.file(source.text("SourceArn").partition("/")[2])
            store = None if path is None else local.add(KeyValueStore(name, arn, path))
    if store is None and section.has("ImportSource"):
        problems.add(section.at_key("ImportSource").lack(f"the pairs of {name} are in S3, not on this machine", missing(name)))
    return store or local.add(KeyValueStore(name, arn, pairs=tuple(local.declared.get(arn, {}).items())))


def missing(name: str) -> Missing:
    """What the settings lack that gives a store its file."""
    return Missing("key_value_stores", name, "path/to/pairs.json")


def _arn(name: str) -> str:
    return f"arn:aws:cloudfront::{identities.ACCOUNT}:key-value-store/{identities.uuid(name)}"
