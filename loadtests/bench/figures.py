"""What is measured, against what it ought to be, and the table of it."""

import operator
from collections.abc import Sequence
from typing import NamedTuple

from loadtests import table

HEADER = ("figure", "measured", "target", "min … max", "", "in absolute numbers")
MB = 1_000_000
_COMPARE = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


class Target(NamedTuple):
    """What a figure is held to, e.g. `>= 0.70 x`."""

    comparison: str
    value: float
    unit: str

    def met(self, value: float) -> bool:
        """Does the value reach it?"""
        return bool(_COMPARE[self.comparison](value, self.value))


class Figure(NamedTuple):
    """One figure: its value of each round, and the value that is held to the target (their median or their worst)."""

    name: str
    target: Target
    value: float
    rounds: Sequence[float]
    absolute: str

    @property
    def met(self) -> bool:
        """Is its target reached?"""
        return self.target.met(self.value)


def render(figures: Sequence[Figure]) -> str:
    """The table, one line a figure."""
    return table.render("<>>><<", HEADER, [_row(figure) for figure in figures])


def _row(figure: Figure) -> list[str]:
    target, digits = figure.target, 1 if figure.target.unit == "MB" else 2
    return [
        figure.name,
        f"{figure.value:.{digits}f} {target.unit}",
        f"{target.comparison} {target.value:.{digits}f} {target.unit}",
        f"{min(figure.rounds):.{digits}f} … {max(figure.rounds):.{digits}f}",
        "ok" if figure.met else "MISSED",
        figure.absolute,
    ]
