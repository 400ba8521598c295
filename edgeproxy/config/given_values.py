"""Values that a project does not hold, as the user gives them: of parameters, of imports, of dynamic references."""

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import NamedTuple

from edgeproxy.config import dynamic_references, environment
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.errors import Missing

_NONE: Mapping[str, str | None] = MappingProxyType({})
SECTIONS = ("parameters", "imports", dynamic_references.SECTION, environment.SECTION)
"""Sections of `Missing` whose names stand for a value."""


class GivenValues(NamedTuple):
    """By name; None where there is a text whose problem is noted already."""

    parameters: Mapping[str, str | None] = _NONE
    imports: Mapping[str, str | None] = _NONE
    resolve: Mapping[str, str | None] = _NONE
    supposed: frozenset[str] = frozenset()
    """Names that the user has not given."""


def read(
    settings: tuple[Mapping[str, Node], Mapping[str, Node], Mapping[str, Node]],
    parameters: Mapping[str, str],
    supposed: Set[Missing],
    problems: Problems,
) -> GivenValues:
    """`settings`: parameters, imports and resolve as the settings file has them; `parameters` come from the command line.

    `supposed`: what is missing, and taken to have the value that stands there.
    """

    def texts(section: str, nodes: Mapping[str, Node]) -> dict[str, str | None]:
        found: dict[str, str | None] = {each.name: each.value for each in supposed if each.section == section}
        for name, node in nodes.items():
            if section == "parameters" and name in parameters:
                continue
            found[name] = None
            with problems.gathering():
                found[name] = environment.filled(node, variables).value
        return found

    variables = {each.name for each in supposed if each.section == environment.SECTION}
    in_settings = texts("parameters", settings[0])
    imports, references = texts("imports", settings[1]), texts("resolve", settings[2])
    return GivenValues({**in_settings, **parameters}, imports, references, frozenset(each.name for each in supposed))
