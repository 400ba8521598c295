"""A DistributionConfig as `aws cloudfront get-distribution-config` and `get-distribution` print it, or bare."""

from typing import NamedTuple

from edgeproxy.config.distribution import Declared, read_distribution
from edgeproxy.config.library import Library
from edgeproxy.config.local import Local
from edgeproxy.config.nodes import Node, entries, text
from edgeproxy.config.section import Reading, Section


class Printed(NamedTuple):
    """The config, and what is printed beside it ("" when it is not)."""

    config: Node
    id: str = ""
    domain_name: str = ""


def unwrap(node: Node) -> Printed | None:
    """The DistributionConfig in a document; None when it is something else."""
    fields = entries(node)
    if "DistributionConfig" in fields:
        return Printed(fields["DistributionConfig"], text(fields.get("Id")), text(fields.get("DomainName")))
    if "Distribution" in fields:
        return unwrap(fields["Distribution"])
    return Printed(node) if "Origins" in fields and "DefaultCacheBehavior" in fields else None


def read_printed(
    printed: Printed,
    name: str,
    local: Local,
    reading: Reading,
) -> Declared:
    """The distribution of a printed config; `name` is what it is called here."""
    section = Section("DistributionConfig", printed.config, reading)
    library = Library(reading, local)
    return read_distribution(section, name, library, own_id=printed.id, domain_name=printed.domain_name)
