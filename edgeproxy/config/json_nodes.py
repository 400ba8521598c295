"""JSON as nodes; strict JSON, by the standard library's own scanner for everything but arrays and objects."""

import re
from bisect import bisect_right
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from edgeproxy.config.nodes import MAX_DEPTH, MAX_VALUES, Node
from edgeproxy.errors import ConfigError, Problem

_SPACE = re.compile(r"[ \t\n\r]*")
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_SCALAR = JSONDecoder(parse_constant=_refuse)


def read_json(text: str, path: Path) -> Node:
    """Reads one JSON document. Raises ConfigError with the place where it went wrong."""
    reader = _Reader(text, path)
    node = reader.value(0)
    if reader.position != len(text):
        raise reader.wrong("something follows the end of the document", reader.position)
    return node


class _Reader:
    """Reads values one after another; `position` is the next character that is not space."""

    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self._path = path
        self._lines = [match.end() for match in re.finditer("\n", text)]
        self._count = 0
        self.position = self._skip(0)

    def _skip(self, position: int) -> int:
        space = _SPACE.match(self._text, position)
        return space.end() if space else position

    def _mark(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._lines, position)
        return line + 1, position - (self._lines[line - 1] if line else 0) + 1

    def wrong(self, message: str, position: int) -> ConfigError:
        line, column = self._mark(position)
        return ConfigError(Problem(f"not JSON: {message}", self._path, line, column))

    def _take(self, char: str) -> bool:
        if not self._text.startswith(char, self.position):
            return False
        self.position = self._skip(self.position + 1)
        return True

    def value(self, depth: int) -> Node:
        start = self.position
        self._count += 1
        if self._count > MAX_VALUES or depth > MAX_DEPTH:
            raise self.wrong(f"more than {MAX_VALUES} values, or nested deeper than {MAX_DEPTH} levels", start)
        node = Node(None, self._path, *self._mark(start))
        if self._take("{"):
            self._object(node, depth)
        elif self._take("["):
            self._array(node, depth)
        else:
            node.value = self._scalar()
        return node

    def _scalar(self) -> Any:
        try:
            value, end = _SCALAR.raw_decode(self._text, self.position)
        except JSONDecodeError as error:
            raise self.wrong(error.msg, error.pos) from error
        except ValueError as error:
            raise self.wrong(str(error), self.position) from error
        if isinstance(value, str) and _HALF_PAIR.search(value):
            raise self.wrong("half a surrogate pair is no character", self.position)
        self.position = self._skip(end)
        return value

    def _object(self, node: Node, depth: int) -> None:
        node.value, node.keys = {}, {}
        while not (not node.value and self._take("}")):
            at = self.position
            if not self._text.startswith('"', at):
                raise self.wrong("a key in double quotes is missing", at)
            key = self._scalar()
            if key in node.value:
                raise self.wrong(f"{key} stands here twice (first in line {node.keys[key][0]})", at)
            if not self._take(":"):
                raise self.wrong("a colon is missing", self.position)
            node.keys[key] = self._mark(at)
            node.value[key] = self.value(depth + 1)
            if not self._more("}"):
                return

    def _array(self, node: Node, depth: int) -> None:
        node.value = []
        while not (not node.value and self._take("]")):
            node.value.append(self.value(depth + 1))
            if not self._more("]"):
                return

    def _more(self, end: str) -> bool:
        if self._take(","):
            return True
        if self._take(end):
            return False
        raise self.wrong(f"a comma or {end} is missing", self.position)
