"""Where the code of functions is on this machine, and which files it consists of."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from edgeproxy.config.documents import local_path
from edgeproxy.config.nodes import Node
from edgeproxy.config.overlays import Overlay, Overlays
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.errors import ConfigError

NOT_WATCHED = frozenset({"node_modules", ".git", "__pycache__", ".venv", ".aws-sam"})
_NOWHERE: Mapping[str, Node] = MappingProxyType({})
_NO_OVERLAYS: Mapping[str, Overlay] = MappingProxyType({})
MAX_FILES = 2000
"""Files of one function that are watched for changes."""


class LocalCode:
    """The settings' `functions: {name: path}`, relative to the settings file; a name is a logical id or a function's name."""

    def __init__(
        self,
        given: Mapping[str, Node],
        base: Path,
        names: Mapping[str, Node] = _NOWHERE,
        overlays: Mapping[str, Overlay] = _NO_OVERLAYS,
    ) -> None:
        """`names`: where each name stands."""
        self._overlays = Overlays(overlays)
        self._given = given
        self._names = names
        self._base = base
        self._known: set[str] = set()
        self._used: set[str] = set()

    def find(self, names: Iterable[str]) -> tuple[Path, Node] | None:
        """The path given for the first of the names, and where it is given. Raises ConfigError when nothing is there."""
        for name in names:
            self._known.add(name)
            if name in self._given:
                self._used.add(name)
                node = self._given[name]
                return existing(self._base, node.value, node), node
        return None

    def overlay(self, names: Iterable[str]) -> Overlay:
        """The files that the settings lay over the code of a handler with one of the names."""
        return self._overlays.of(names)

    def check_names(self, problems: Problems) -> None:
        """Notes every name that no function has."""
        for name, node in self._given.items():
            if name not in self._used:
                place = self._names.get(name, node)
                problems.add(place.problem(f"no function is named {name}", did_you_mean(name, self._known)))
        for name in self._overlays.untaken():
            place = self._names.get(name, Node(None))
            if name in self._known:
                problems.add(place.problem(f"{name} is a CloudFront Function, which has no files", "overlay is for handlers"))
            elif name not in self._given:
                problems.add(place.problem(f"no function is named {name}", did_you_mean(name, self._known)))


def existing(base: Path, text: str, node: Node) -> Path:
    """The file or directory that `text` means. Raises ConfigError when nothing is there, or an archive."""
    path = local_path(base, text, node)
    if path.suffix == ".zip" and path.is_file():
        raise ConfigError(node.problem(f"{path.name} is an archive", "unpack it, and name the directory"))
    return path


def files(root: Path) -> Iterator[Path]:
    """The files below a directory that are watched: at most MAX_FILES, without what package managers put there."""
    left = MAX_FILES
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(folder for folder in folders if folder not in NOT_WATCHED)
        for name in sorted(names)[:left]:
            yield Path(directory, name)
        left -= len(names)
        if left <= 0:
            return
