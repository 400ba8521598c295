"""Problems as they are found: gathered, never one at a time, and printed in the order of the files."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError, Problem
from edgeproxy.model import Distribution
from edgeproxy.spelling import nearest

MAX_STEPS = 50
"""How deep references may be nested."""
MAX_PROBLEMS = 200
"""Problems of one load that are told."""
FEW = 12
"""Names that are all told where one of them is needed."""


class TooMany(Exception):
    """There are more than MAX_PROBLEMS: reading on would tell nobody anything."""

    def __init__(self, problems: "Problems") -> None:
        super().__init__()
        self.problems = problems


_MORE = Problem(f"there are more than {MAX_PROBLEMS} problems: the others are not told")


class Problems:
    """Every problem of one load, each once; what is missing is asked for once, where it was missed first."""

    def __init__(self) -> None:
        self._found: dict[Problem | tuple[str, str], Problem] = {}

    def add(self, *problems: Problem) -> None:
        """Notes problems; one that is known already is not noted again. Raises TooMany."""
        for problem in problems:
            self._found.setdefault(problem.missing[:2] if problem.missing else problem, problem)
        if len(self._found) > MAX_PROBLEMS:
            self._found = {**dict(islice(self._found.items(), MAX_PROBLEMS)), _MORE: _MORE}
            raise TooMany(self)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Notes the problems of a ConfigError raised inside, and goes on after the block."""
        try:
            yield
        except ConfigError as error:
            self.add(*error.problems)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_any(self, readable: tuple[Distribution, ...] = ()) -> None:
        """Raises ConfigError with all of them, file by file, from the top; nothing when there are none."""
        error = self.error(readable)
        if error is not None:
            raise error

    def error(self, readable: tuple[Distribution, ...] = ()) -> ConfigError | None:
        """That error; None when there are no problems."""
        if not self._found:
            return None
        files: dict[Path | None, int] = {}
        for problem in self._found.values():
            files.setdefault(problem.path, len(files))
        found = sorted(self._found.values(), key=lambda problem: (files[problem.path], problem.line, problem.column))
        error = ConfigError(*found)
        error.readable = readable
        return error


class Untold(Problems):
    """Problems of a reading that is only tried: whether there are any, never too many."""

    def add(self, *problems: Problem) -> None:
        """Keeps the first."""
        if not self:
            super().add(*problems[:1])


class Circle:
    """Names that are being worked out, so that one that needs itself is found."""

    def __init__(self) -> None:
        self._open: list[str] = []

    @contextmanager
    def step(self, name: str, node: Node) -> Iterator[None]:
        """Works out `name` inside the block. Raises ConfigError at `node` when that is under way already, or goes too deep."""
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise ConfigError(node.problem(f"circular reference: {circle}"))
        if len(self._open) >= MAX_STEPS:
            raise ConfigError(node.problem(f"references are nested deeper than {MAX_STEPS}"))
        self._open.append(name)
        try:
            yield
        finally:
            self._open.pop()


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The hint "did you mean X?" when a name is near, else what is allowed when that is a short list, else nothing."""
    known = dict.fromkeys(names)
    if near := nearest(name, known):
        return f"did you mean {near}?"
    return f"allowed: {', '.join(sorted(known))}" if 0 < len(known) <= FEW else ""
