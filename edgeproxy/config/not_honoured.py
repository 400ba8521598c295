"""What CloudFront honours and this version does not, as a user's files set it: from the fidelity table, word for word."""

from collections.abc import Callable, Mapping

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError
from edgeproxy.fidelity import BY_PROPERTY

_UNSET = ("", "none", "false", "0", "direct", "http1.1")


def instead(property_: str) -> str:
    """What happens instead of a property, `Kind.Property`, that has a row in the table."""
    return BY_PROPERTY[property_].here


def _table() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for property_, row in BY_PROPERTY.items():
        if "config/not_honoured.py" in row.where:
            kind, _, name = property_.partition(".")
            found.setdefault(kind, {})[name] = row.here
    return found


TABLE = _table()
"""Kind of mapping -> property -> what happens instead: of the rows that name this file, which `Section` reports by itself."""


def is_set(node: Node, resolve: Callable[[Node], Node | None]) -> bool:
    """Does the property ask for anything? `Enabled: false`, `Quantity: 0`, empty lists and `none` do not."""
    try:
        found = resolve(node)
    except ConfigError:
        return True
    if found is None or found.value is None:
        return False
    value = found.value
    if isinstance(value, list):
        return bool(value)
    if not isinstance(value, dict):
        return str(value).lower() not in _UNSET
    for decides in ("Enabled", "Quantity"):
        if decides in value:
            return is_set(value[decides], resolve)
    return any(is_set(child, resolve) for child in value.values())
