"""One mapping of a user's file while it is read: typed access that notes problems and goes on.

Lists are read in both spellings: CloudFormation's plain list, and the API's {"Quantity": n, "Items": [...]}.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeproxy.config import not_honoured
from edgeproxy.config.limits import MAX_ITEMS, RANGES
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.errors import ConfigError
from edgeproxy.model import NotHonoured


@dataclass(slots=True)
class Reading:
    """How values of one file are resolved, and what is found on the way."""

    problems: Problems
    resolve: Callable[[Node], Node | None] = field(default=lambda node: node)
    not_honoured: list[NotHonoured] = field(default_factory=list)
    sources: dict[Path, None] = field(default_factory=dict)
    """Files whose change means a reload."""

    def leave_out(self, property_: str, node: Node) -> None:
        """Notes something that CloudFront honours and this version does not; it has a row in the fidelity table."""
        self.not_honoured.append(NotHonoured(property_, not_honoured.instead(property_), node.path, node.line))


class Section:
    """A mapping of a kind that stands in PROPERTIES; unknown keys are problems, a value that cannot be resolved is one too."""

    def __init__(self, kind: str, node: Node, reading: Reading) -> None:
        self.kind = kind
        self.node = node
        self.reading = reading
        self._raw: dict[str, Node] = {}
        self._resolved: dict[str, Node | None] = {}
        self._failed: set[str] = set()
        if not isinstance(node.value, dict):
            self.problem(f"{kind} must be a mapping")
            return
        self._raw = node.value
        for name in node.value:
            if name.startswith("Fn::"):
                self.key_problem(name, f"{name} is not resolved here, beside other properties")
            elif name not in PROPERTIES[kind]:
                self.key_problem(name, f"{kind} has no property {name}", did_you_mean(name, PROPERTIES[kind]))
        for name in not_honoured.TABLE.get(kind, {}):
            if name in self._raw and not_honoured.is_set(self._raw[name], reading.resolve):
                reading.leave_out(f"{kind}.{name}", self.at_key(name))

    def problem(self, message: str, hint: str = "") -> None:
        """Notes a problem with the mapping as a whole."""
        self.reading.problems.add(self.node.problem(message, hint))

    def key_problem(self, name: str, message: str, hint: str = "") -> None:
        """Notes a problem with a key; with the whole mapping when the key is missing."""
        self.reading.problems.add(self.node.key_problem(name, message, hint))

    def value_problem(self, name: str, message: str, hint: str = "") -> None:
        """Notes a problem with a property's value."""
        self.reading.problems.add(self.at(name).problem(message, hint))

    def at(self, name: str) -> Node:
        """Where a property's value stands; the mapping itself when it is missing."""
        return self._raw.get(name, self.node)

    def at_key(self, name: str) -> Node:
        """Where a property's name stands."""
        return self.node.key(name)

    def has(self, name: str) -> bool:
        """Is the property given? Null and AWS::NoValue are not; a value that cannot be resolved is."""
        return self.get(name) is not None or name in self._failed

    def failed(self, *names: str) -> bool:
        """Is one of the properties given, and a problem?"""
        return any(self.has(name) and name in self._failed for name in names)

    def get(self, name: str) -> Node | None:
        """The resolved value; None when it is missing, null, AWS::NoValue or a problem."""
        if name not in self._raw:
            return None
        if name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        return self._resolved[name]

    def _resolve(self, name: str) -> Node | None:
        try:
            node = self.reading.resolve(self._raw[name])
        except ConfigError as error:
            self.reading.problems.add(*error.problems)
            self._failed.add(name)
            return None
        return None if node is None or node.value is None else node

    def required(self, *names: str) -> None:
        """Notes each of the properties that is missing."""
        for name in names:
            if not self.has(name):
                self.problem(f"{self.kind} needs {name}")

    def text(self, name: str, default: str = "") -> str:
        """A text; a number or bool is taken as CloudFormation writes it."""
        node = self.get(name)
        if node is None:
            return default
        try:
            return as_text(node)
        except ConfigError:
            self.value_problem(name, f"{name} must be text")
            return default

    def choice(self, name: str, allowed: Sequence[str], default: str = "") -> str:
        """A text that is one of `allowed`."""
        text = self.text(name, default)
        if text in allowed or not self.has(name) or name in self._failed:
            return text
        self.value_problem(name, f'{name} is "{text}"', did_you_mean(text, allowed))
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false, as such or as text."""
        text = self.text(name, "true" if default else "false").lower()
        if text not in ("true", "false"):
            self.value_problem(name, f'{name} is "{text}"', "allowed: true, false")
        return text == "true"

    def number(self, name: str, default: float = 0) -> float:
        """A number within its row of RANGES."""
        node = self.get(name)
        if node is None:
            return default
        least, most = RANGES[name]
        try:
            value = float(as_text(node))
            if least <= value <= most:
                return int(value) if value.is_integer() else value
        except (ConfigError, ValueError):
            pass
        self.value_problem(name, f"{name} must be a number from {least} to {most}")
        return default

    def items(self, name: str) -> list[Node]:
        """A list's resolved items, in either spelling."""
        node = self.get(name)
        if node is None:
            return []
        if isinstance(node.value, dict) and node.value.keys() & {"Items", "Quantity"}:
            return self._counted(name, node)
        return self._list(name, node)

    def _counted(self, name: str, node: Node) -> list[Node]:
        found: list[Node] = []
        inner = node.value.get("Items")
        with self.reading.problems.gathering():
            resolved = None if inner is None else self.reading.resolve(inner)
            found = [] if resolved is None or resolved.value is None else self._list(name, resolved)
            quantity = node.value.get("Quantity")
            # "Quantity must equal the number of Items, else InconsistentQuantities".
            if quantity is not None and as_text(self.reading.resolve(quantity) or quantity) != str(len(found)):
                message = f"{name}: Quantity is not the number of Items, {len(found)} (InconsistentQuantities)"
                self.reading.problems.add(quantity.problem(message))
        return found

    def _list(self, name: str, node: Node) -> list[Node]:
        if not isinstance(node.value, list):
            self.reading.problems.add(node.problem(f"{name} must be a list"))
            return []
        if len(node.value) > MAX_ITEMS:
            hint = f"more than {MAX_ITEMS} are not read"
            self.reading.problems.add(node.problem(f"{name} has {len(node.value)} items", hint))
            return []
        found = []
        for item in node.value:
            with self.reading.problems.gathering():
                resolved = self.reading.resolve(item)
                if resolved is not None:
                    found.append(resolved)
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, in either spelling."""
        found = []
        for node in self.items(name):
            with self.reading.problems.gathering():
                found.append(as_text(node))
        return tuple(found)

    def mapping(self, name: str) -> dict[str, Node]:
        """A mapping of names that the user chose; empty when it is missing or a problem."""
        node = self.get(name)
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            self.value_problem(name, f"{name} must be a mapping")
            return {}
        return node.value

    def section(self, name: str, kind: str) -> "Section | None":
        """A mapping of another kind."""
        node = self.get(name)
        return None if node is None else Section(kind, node, self.reading)

    def sections(self, name: str, kind: str) -> "list[Section]":
        """A list of mappings of another kind."""
        return [Section(kind, node, self.reading) for node in self.items(name)]
