"""The user's files as trees in which every value knows its file, line and column; read with bounds on size and depth."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeproxy.errors import ConfigError, Problem

MAX_BYTES = 4 << 20
"""Of one template, DistributionConfig or settings file; CloudFormation itself takes 1 MB."""
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
    size: int = 1
    """Values below and including this one."""
    height: int = 0
    """Levels below this one."""

    def problem(self, message: str, hint: str = "") -> Problem:
        """A problem with this value."""
        return Problem(message, self.path, self.line, self.column, hint)

    def key_problem(self, key: str, message: str, hint: str = "") -> Problem:
        """A problem with a key of this dict."""
        line, column = (self.keys or {}).get(key, (self.line, self.column))
        return Problem(message, self.path, line, column, hint)

    def become(self, value: Any) -> "Node":
        """Another value in the same place."""
        return Node(value, self.path, self.line, self.column, block=self.block)


def plain(value: Any) -> Node:
    """A tree without places, of values that no user wrote."""
    if isinstance(value, dict):
        return Node({key: plain(child) for key, child in value.items()})
    if isinstance(value, list):
        return Node([plain(child) for child in value])
    return Node(value)


def local_path(base: Path, text: str, node: Node) -> Path:
    """The absolute path that a file means by `text`, relative to `base`. Raises ConfigError when nothing can be there."""
    try:
        path = Path(os.path.normpath((base / Path(text).expanduser()).absolute()))
        path.lstat()
    except FileNotFoundError:
        raise ConfigError(node.problem(f"there is no file or directory {path}")) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(node.problem(f"not a path: {text[:80]}")) from error
    return path


def read(path: Path, mentioned: Node | None = None) -> Node:
    """Reads a YAML or JSON file. Raises ConfigError; `mentioned` is where another file names this one."""
    text = read_text(path, mentioned)
    # Each reader is imported when its format turns up: PyYAML alone costs 15 ms of a start.
    if path.suffix.lower() == ".json" or (text.lstrip()[:1] == "{" and path.suffix.lower() not in (".yaml", ".yml")):
        from edgeproxy.config.json_nodes import read_json

        return read_json(text, path)
    from edgeproxy.config.yaml_nodes import read_yaml

    return read_yaml(text, path)


def read_text(path: Path, mentioned: Node | None = None) -> str:
    """The text of a UTF-8 file of at most MAX_BYTES. Raises ConfigError."""
    place = mentioned or Node(None)
    try:
        if not path.is_file():
            raise ConfigError(place.problem(f"{path} is a directory" if path.is_dir() else f"there is no file {path}"))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(place.problem(f"{path} cannot be read: {error.strerror}")) from error
    if len(data) > MAX_BYTES:
        raise ConfigError(Problem(f"the file is larger than {MAX_BYTES >> 20} MiB", path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(Problem("the file is not UTF-8", path, line, 1)) from error
