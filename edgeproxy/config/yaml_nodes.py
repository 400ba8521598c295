"""YAML as nodes: scalars keep their text, short intrinsic tags take their long form, aliases are bounded.

Dates, sexagesimals, octals, yes/no and on/off are plain text: what a property is, its reader decides.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from edgeproxy.config.nodes import MAX_DEPTH, MAX_VALUES, Node
from edgeproxy.errors import ConfigError, Problem

_NAMES = (
    "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join",
    "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform",
)  # fmt: skip
TAGS = {"!Ref": "Ref", "!Condition": "Condition", **{f"!{name}": f"Fn::{name}" for name in _NAMES}}
"""Short forms of intrinsic functions and the keys of their long forms."""
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_STANDARD = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})


def read_yaml(text: str, path: Path) -> Node:
    """Reads one YAML document. Raises ConfigError with the place where it went wrong."""
    try:
        return _Builder(path).build(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        # The scanner reads ahead of the builder: newer ones stop at a depth of their own before ours is seen.
        too_deep = "maximum nesting depth" in str(error.problem)
        said = error.problem or error.context
        if mark and mark.line < text.count("\n") + 1 and text.split("\n")[mark.line][mark.column : mark.column + 1] == "\t":
            said = "a tab: lines are indented by spaces"
        message = _TOO_DEEP if too_deep else f"not YAML: {said}"
        raise ConfigError(Problem(message, path, line, column)) from error
    except yaml.YAMLError as error:
        raise ConfigError(Problem(f"not YAML: {str(error).splitlines()[0]}", path)) from error


class _Open(NamedTuple):
    """A collection that is still filling up; `key` holds the key that waits for its value."""

    node: Node
    tag: str | None
    anchor: str | None
    key: list[str]


class _Builder:
    """Turns parser events into nodes without recursion."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._count = 0

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._start(event, kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = self._open.pop()
                self._place(done.node, done.tag, done.anchor)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent and self._root is not None:
                raise self._wrong(event, "a second YAML document begins here; only one is read")
        return self._root or Node(None, self._path, 1, 1)

    def _wrong(self, event: Any, message: str) -> ConfigError:
        return ConfigError(Problem(message, self._path, event.start_mark.line + 1, event.start_mark.column + 1))

    def _node(self, event: Any, value: Any) -> Node:
        mark = event.start_mark
        return Node(value, self._path, mark.line + 1, mark.column + 1)

    def _start(self, event: Any, mapping: bool) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._wrong(event, _TOO_DEEP)
        node = self._node(event, {} if mapping else [])
        if mapping:
            node.keys = {}
        self._key_must_be_text(event)
        self._open.append(_Open(node, self._tag(event), event.anchor, []))

    def _scalar(self, event: Any) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.node.keys is not None and not top.key:
            self._key(event, top)
            return
        tag = self._tag(event)
        null = tag is None and event.implicit[0] and event.value in _NULL
        node = self._node(event, None if null else event.value)
        node.block, node.bare = event.style in ("|", ">"), bool(event.implicit[0])
        self._place(node, tag, event.anchor)

    def _key(self, event: Any, top: _Open) -> None:
        assert top.node.keys is not None
        if event.value in top.node.keys:
            raise self._wrong(event, f"{event.value} stands here twice (first in line {top.node.keys[event.value][0]})")
        top.node.keys[event.value] = (event.start_mark.line + 1, event.start_mark.column + 1)
        top.key.append(event.value)

    def _key_must_be_text(self, event: Any) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.node.keys is not None and not top.key:
            raise self._wrong(event, "a key must be text")

    def _alias(self, event: Any) -> None:
        self._key_must_be_text(event)
        node = self._anchors.get(event.anchor)
        if node is None:
            raise self._wrong(event, f"*{event.anchor} refers to nothing that is complete here")
        self._add(node, event.anchor)

    def _tag(self, event: Any) -> str | None:
        tag: str | None = event.tag
        if tag is None or tag == "!" or tag.startswith(_STANDARD):
            return None
        if tag not in TAGS:
            raise self._wrong(event, f"{tag} is not an intrinsic function")
        return tag

    def _place(self, node: Node, tag: str | None, anchor: str | None) -> None:
        if tag is not None:
            node = _long_form(node, tag)
        if anchor is not None:
            self._anchors[anchor] = node
        self._add(node, "")

    def _add(self, node: Node, alias: str) -> None:
        self._count += node.size if alias else 1
        if self._count > MAX_VALUES:
            problem = (
                f"more than {MAX_VALUES} values, counting *{alias} each time" if alias else f"more than {MAX_VALUES} values"
            )
            raise ConfigError(Problem(problem, self._path, node.line, node.column))
        if len(self._open) + node.height > MAX_DEPTH:
            raise ConfigError(Problem(_TOO_DEEP, self._path, node.line, node.column))
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.node.size += node.size
        parent.node.height = max(parent.node.height, node.height + 1)
        if parent.node.keys is None:
            parent.node.value.append(node)
        else:
            parent.node.value[parent.key.pop()] = node


def _long_form(node: Node, tag: str) -> Node:
    if tag == "!GetAtt" and isinstance(node.value, str):
        # "!GetAtt logicalName.attributeName": only the first dot divides.
        node = node.become([node.become(part) for part in node.value.split(".", 1)])
        node.height = 1
    wrapped = Node({TAGS[tag]: node}, node.path, node.line, node.column)
    wrapped.keys = {TAGS[tag]: (node.line, node.column)}
    wrapped.size, wrapped.height = node.size + 1, node.height + 1
    return wrapped
