"""A value of a user's file, with its place: what every reader gives and every problem points at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeproxy.errors import Missing, Problem

MAX_VALUES = 200_000
"""Values in one file, aliases counted each time they are used."""
MAX_DEPTH = 100


@dataclass(slots=True, eq=False)
class Node:
    """A value and its place. `value` is text, a number, a bool, None, a dict of nodes or a list of nodes.

    Text of YAML scalars stays as written (`1.10`, `012`, `on`); whoever reads it says what it should be.
    """

    value: Any
    path: Path | None = None
    line: int = 0
    column: int = 0
    keys: dict[str, tuple[int, int]] | None = None
    """Line and column of each key of a dict."""
    block: bool = False
    """A YAML block scalar: its text begins on the line after `line`."""
    bare: bool = False
    """A YAML scalar without quotes: its text may be meant as a number or a truth value."""
    size: int = 1
    """Values below and including this one."""
    height: int = 0
    """Levels below this one."""
    owner: str = ""
    """What the value belongs to, where its line does not say it: stands before every problem with it."""

    @property
    def folder(self) -> Path:
        """Where the paths in its file start from."""
        return self.path.absolute().parent if self.path else Path.cwd()

    def problem(self, message: str, hint: str = "") -> Problem:
        """A problem with this value."""
        return Problem(self._said(message), self.path, self.line, self.column, hint)

    def lack(self, message: str, missing: Missing, hint: str = "") -> Problem:
        """A problem with this value that a line of the settings file solves; without a hint it is that line."""
        return self.problem(message, hint or missing.line())._replace(missing=missing)

    def key_problem(self, key: str, message: str, hint: str = "") -> Problem:
        """A problem with a key of this dict."""
        return self.key(key).problem(message, hint)

    def _said(self, message: str) -> str:
        return f"{self.owner}: {message}" if self.owner else message

    def key(self, name: str) -> "Node":
        """Where a key of this dict stands."""
        line, column = (self.keys or {}).get(name, (self.line, self.column))
        child = self.value.get(name) if isinstance(self.value, dict) else None
        return Node(None, self.path, line, column, owner=(child.owner if isinstance(child, Node) else "") or self.owner)

    def become(self, value: Any) -> "Node":
        """Another value in the same place."""
        return Node(value, self.path, self.line, self.column, block=self.block, owner=self.owner)


def plain(value: Any) -> Node:
    """A tree without places, of values that no user wrote."""
    if isinstance(value, dict):
        return Node({key: plain(child) for key, child in value.items()})
    if isinstance(value, list):
        return Node([plain(child) for child in value])
    return Node(value)


def entries(node: Node | None, *inside: str) -> dict[str, Node]:
    """A mapping's entries, or those of the mapping inside of it by these names; none of anything else."""
    found: dict[str, Node] = node.value if node is not None and isinstance(node.value, dict) else {}
    return entries(found.get(inside[0]), *inside[1:]) if inside else found


def items(node: Node | None) -> list[Node]:
    """A list's items; none of anything else."""
    return node.value if node is not None and isinstance(node.value, list) else []


def text(node: Node | None) -> str:
    """A text; "" for anything else."""
    return node.value if node is not None and isinstance(node.value, str) else ""
