"""A DistributionConfig as `aws cloudfront get-distribution-config` and `get-distribution` print it, or bare."""

from typing import NamedTuple

from edgeproxy.config.code import LocalCode
from edgeproxy.config.distribution import Declared, read_distribution
from edgeproxy.config.key_groups import LocalKeys
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import Node
from edgeproxy.config.section import Reading, Section


class Printed(NamedTuple):
    """The config, and what is printed beside it ("" when it is not)."""

    config: Node
    id: str = ""
    domain_name: str = ""


def unwrap(node: Node) -> Printed | None:
    """The DistributionConfig in a document; None when it is something else."""
    entries: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
    if "DistributionConfig" in entries:
        return Printed(entries["DistributionConfig"], _text(entries, "Id"), _text(entries, "DomainName"))
    if "Distribution" in entries:
        return unwrap(entries["Distribution"])
    return Printed(node) if "Origins" in entries and "DefaultCacheBehavior" in entries else None


def _text(entries: dict[str, Node], name: str) -> str:
    return entries[name].value if name in entries and isinstance(entries[name].value, str) else ""


def read_printed(
    printed: Printed,
    name: str,
    code: LocalCode,
    reading: Reading,
    stores: LocalStores,
    keys: LocalKeys,
) -> Declared:
    """The distribution of a printed config; `name` is what it is called here."""
    section = Section("DistributionConfig", printed.config, reading)
    library = Library(reading, code, stores, keys)
    return read_distribution(section, name, library, own_id=printed.id, domain_name=printed.domain_name)
