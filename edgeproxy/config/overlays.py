"""The settings' `functions`: where code is, as text, or a mapping with the files that only a deployment puts beside it.

`{code: ./handler, overlay: {config.json: {pool: us-east-1_x}, VERSION: "1"}}`: text as it is, anything else as JSON. The
function's folder is never written to: handlers that have an overlay run in a copy (`runtimes/lambda_edge/task_root.py`).
"""

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.section import Section
from edgeproxy.errors import ConfigError

OUT_OF_REACH = frozenset({"node_modules", ".git", ".venv", "__pycache__"})
"""Folders that a copy of the code does not hold as its own."""
NAME_SIZE = 200
"""Characters of a file's path."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")

Overlay = tuple[tuple[str, str], ...]
"""Files by path, relative and with `/`, and their text; sorted."""


class GivenCode(NamedTuple):
    """What is said of functions, by name."""

    code: Mapping[str, Node]
    overlays: Mapping[str, Overlay]


def read_functions(settings: Section) -> GivenCode:
    """Reads it; what cannot be is noted as a problem."""
    code: dict[str, Node] = {}
    overlays: dict[str, Overlay] = {}
    for name, node in settings.mapping("functions").items():
        with settings.reading.problems.gathering():
            if not isinstance(node.value, dict):
                code[name] = node.become(as_text(node))
                continue
            section = Section("function", node, settings.reading)
            if not section.has("code") and not section.has("overlay"):
                section.problem(f"{name} has neither code nor an overlay")
            if section.has("code"):
                code[name] = section.at("code").become(section.text("code"))
            overlays[name] = tuple(sorted((file, _text(each)) for file, each in _files(section).items()))
    return GivenCode(code, overlays)


def _files(section: Section) -> Mapping[str, Node]:
    files = section.mapping("overlay")
    node = section.at("overlay")
    for name in files:
        if not _is_inside(name):
            message = f"{name!r:.80} is no file of a function"
            raise ConfigError(node.key_problem(name, message, "a relative path inside of it, such as config.json"))
        for other in files:
            if PurePosixPath(other) in PurePosixPath(name).parents or (
                other != name and PurePosixPath(other) == PurePosixPath(name)
            ):
                raise ConfigError(node.key_problem(name, f"{name} and {other} cannot both be files"))
    return files


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    whole = bool(path.parts) and not path.is_absolute() and len(name) <= NAME_SIZE and not name.endswith("/")
    return whole and not ({"..", *OUT_OF_REACH} & set(path.parts)) and not any(mark in name for mark in "\\\0\r\n")


def _text(node: Node) -> str:
    if isinstance(node.value, str):
        return node.value
    return json.dumps(_value(node), ensure_ascii=False, indent=2) + "\n"


def _value(node: Node) -> Any:
    """As JSON means it: what stands in YAML without quotes may be a number or a truth value."""
    value = node.value
    if isinstance(value, dict):
        return {key: _value(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_value(child) for child in value]
    if node.bare and isinstance(value, str):
        if _NUMBER.fullmatch(value):
            number = json.loads(value)
            return number if isfinite(number) else value
        return {"true": True, "false": False}.get(value, value)
    return value


class Overlays:
    """The overlays that are given, and which of them a handler has taken."""

    def __init__(self, given: Mapping[str, Overlay]) -> None:
        self._given = given
        self._taken: set[str] = set()

    def of(self, names: Iterable[str]) -> Overlay:
        """Those for the first of the names that has any; empty where none has."""
        name = next((name for name in names if name in self._given), None)
        if name is None:
            return ()
        self._taken.add(name)
        return self._given[name]

    def untaken(self) -> list[str]:
        """Names of overlays that no handler has."""
        return [name for name in self._given if name not in self._taken]
