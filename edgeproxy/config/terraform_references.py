"""What an unknown value of a plan refers to: its expression's references, through variables and outputs of modules.

Page: "JSON Output Format" (internals). A plan does not print locals, `dynamic` blocks and what an expression does with its
references. Chosen: where they lead to no resource of the type that is needed, and only one of the type is still to be made,
it is that one.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from edgeproxy.config.nodes import Node, entries, items, text
from edgeproxy.config.terraform_values import Found

MAX_REFERENCES = 1000
"""References that are followed for one value."""
_KEY = r"(?:\[(\"(?:[^\"\\]|\\.)*\"|[0-9]+)\])?"
_STEP = re.compile(rf"module\.([^.\[\]]+){_KEY}\.?")
_RESOURCE = re.compile(rf"(data\.)?([a-z][a-z0-9_]*)\.([A-Za-z_][\w-]*){_KEY}(?:\.([a-z0-9_]+))?")
_VARIABLE = re.compile(r"var\.([A-Za-z_][\w-]*)")
_OUTPUT = re.compile(rf"module\.([^.\[\]]+){_KEY}\.([A-Za-z_][\w-]*)")
_NO_RESOURCE = frozenset({"count", "each", "local", "path", "self", "terraform", "var", "module"})

Steps = tuple[tuple[str, str], ...]
"""Module calls from the root: name and key, "" when the call has none or it is not known."""


class Target(NamedTuple):
    """A resource, and the attribute of it that was referred to ("" when the whole of it was)."""

    found: Found
    attribute: str


def steps_of(module: str) -> Steps:
    """The module calls in a module's address."""
    return tuple((match[1], match[2] or "") for match in _STEP.finditer(module))


def references(expression: Node | None) -> list[str]:
    """What an expression refers to, without what is only implied by a longer reference before it."""
    found: list[str] = []
    for each in items(entries(expression).get("references")):
        if text(each) and not (found and _implies(found[-1], text(each))):
            found.append(text(each))
    return found


def _implies(longer: str, reference: str) -> bool:
    return longer == reference or longer.startswith((f"{reference}.", f"{reference}["))


class Configuration:
    """A plan's `configuration` and the resources that it makes."""

    def __init__(self, plan: Node, found: Iterable[Found]) -> None:
        self._root = entries(plan, "configuration").get("root_module")
        self._blocks: dict[tuple[str, ...], dict[tuple[str, str, bool], Node | None]] = {}
        self._found: dict[tuple[str, str, bool], list[Found]] = {}
        for each in found:
            self._found.setdefault((each.type, each.name, each.is_data), []).append(each)

    def expressions(self, found: Found) -> Node | None:
        """The expressions of a resource's block; None when the plan has none."""
        calls = tuple(name for name, _ in steps_of(found.module))
        if calls not in self._blocks:
            self._blocks[calls] = _blocks(self._module(steps_of(found.module)))
        return self._blocks[calls].get((found.type, found.name, found.is_data))

    def _module(self, steps: Steps) -> Node | None:
        node = self._root
        for name, _ in steps:
            node = entries(node, "module_calls", name).get("module")
        return node

    def targets(self, expression: Node | None, asking: Found) -> list[Target]:
        """The resources that an expression of a resource refers to, each once."""
        found: dict[tuple[str, str], Target] = {}
        waiting: list[tuple[str, Steps]] = [(each, steps_of(asking.module)) for each in references(expression)]
        seen: set[tuple[str, Steps]] = set()
        while waiting and len(seen) < MAX_REFERENCES:
            reference, steps = waiting.pop(0)
            if (reference, steps) in seen:
                continue
            seen.add((reference, steps))
            for target in self._resources(reference, steps, asking):
                found.setdefault((target.found.address, target.attribute), target)
            expression, steps = self._behind(reference, steps)
            waiting += [(each, steps) for each in references(expression)]
        return list(found.values())

    def _behind(self, reference: str, steps: Steps) -> tuple[Node | None, Steps]:
        """The expression that gives a variable its value, or an output, and the module in which it stands."""
        if (variable := _VARIABLE.match(reference)) and steps:
            call = entries(self._module(steps[:-1]), "module_calls").get(steps[-1][0])
            return entries(call, "expressions").get(variable[1]), steps[:-1]
        if output := _OUTPUT.match(reference):
            inside = (*steps, (output[1], output[2] or ""))
            return entries(self._module(inside), "outputs", output[3]).get("expression"), inside
        return None, steps

    def _resources(self, reference: str, steps: Steps, asking: Found) -> list[Target]:
        match = _RESOURCE.match(reference)
        if match is None or match[2] in _NO_RESOURCE:
            return []
        known = self._found.get((match[2], match[3], bool(match[1])), [])
        here = [each for each in known if _within(steps_of(each.module), steps)]
        if match[4]:
            here = [each for each in here if each.key == match[4].strip('"')]
        # Blocks that are repeated by the same keys refer to each other by them.
        same = [each for each in here if each.key == asking.key]
        return [Target(each, match[5] or "") for each in (same if len(here) > 1 and same else here)]


def _blocks(module: Node | None) -> dict[tuple[str, str, bool], Node | None]:
    """The expressions of each resource's block in a module, by type, name and whether it is a data source."""
    found: dict[tuple[str, str, bool], Node | None] = {}
    for each in items(entries(module).get("resources")):
        block = entries(each)
        is_data = text(block.get("mode")) == "data"
        found.setdefault((text(block.get("type")), text(block.get("name")), is_data), block.get("expressions"))
    return found


def _within(module: Steps, steps: Steps) -> bool:
    """Are these the same module calls, as far as their keys are known?"""
    return len(module) == len(steps) and all(
        name == asked and (key == wanted or not wanted) for (name, key), (asked, wanted) in zip(module, steps, strict=True)
    )
