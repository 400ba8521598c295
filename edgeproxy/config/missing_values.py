"""What the settings file has no line for, asked for all at once: every value in one run, and one block that names them all."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress

from edgeproxy.config.given_values import SECTIONS
from edgeproxy.config.problems import Problems, TooMany
from edgeproxy.errors import ConfigError, Missing, Problem
from edgeproxy.model import Configuration

ROUNDS = 20
"""How often a project is read again: each time further on, by what a text or a condition lacked the time before."""
IN_ORDER = ("parameters", "imports", "resolve", "origins", "functions", "key_value_stores", "key_groups")


def with_all_others(error: ConfigError, again: Callable[[AbstractSet[Missing]], Configuration]) -> ConfigError:
    """The error, and the values that turn out to be missing when those it asks for are there; `again` supposes that."""
    problems = Problems()
    with suppress(TooMany):
        problems.add(*error.problems)
        supposed = _values(error.problems)
        for _ in range(ROUNDS if supposed else 0):
            try:
                again(supposed)
            except ConfigError as later:
                more = _values(later.problems) - supposed
                problems.add(*(problem for problem in later.problems if problem.missing in more))
                supposed |= more
                if more:
                    continue
            break
    return problems.error(error.readable) or error


def _values(problems: Iterable[Problem]) -> frozenset[Missing]:
    return frozenset(each.missing for each in problems if each.missing is not None and each.missing.section in SECTIONS)


def lines(problems: Iterable[Problem]) -> str:
    """The sections of a settings file with all that is missing, as YAML; empty when that is less than two lines."""
    sections: dict[str, dict[str, str]] = {section: {} for section in IN_ORDER}
    for problem in problems:
        if problem.missing is not None and problem.missing.section in sections:
            sections[problem.missing.section][problem.missing.name] = problem.missing.pair
    if sum(map(len, sections.values())) < 2:
        return ""
    return "".join(
        f"{section}:\n" + "".join(f"  {pair}\n" for pair in pairs.values()) for section, pairs in sections.items() if pairs
    )
