"""A row of the fidelity table: one point, what happens here, and how that stands to what AWS says."""

from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["honoured", "chosen", "not emulated"]
"""As AWS documents it; AWS is silent or its pages disagree; left out, with what is seen instead."""


@dataclass(frozen=True, slots=True)
class Row:
    """One point; `question` is what is asked of CloudFront, `here` what happens instead or all the same."""

    id: str
    """Short, unique, stable."""
    section: str
    """`Heading: title`."""
    status: Status
    question: str
    here: str
    where: str
    """The files of `edgeproxy/` that decide it, joined by `, `."""
    switch: str = ""
    """The setting that changes it, where there is one."""
    property: str = ""
    """What sets it off in a template or settings file: `Kind.Property`, several joined by `, `."""
    quiet: bool = False
    """So common, and so seldom of consequence, that one plain line at the start is enough."""

    def properties(self) -> tuple[str, ...]:
        """`property`, one by one."""
        return tuple(self.property.split(", ")) if self.property else ()


def honoured(id_: str, question: str, here: str, where: str) -> Row:
    """What works as AWS documents it; `here` names AWS's page."""
    return Row(id_, "", "honoured", question, here, where)


def chosen(id_: str, question: str, here: str, where: str, switch: str = "") -> Row:
    """What AWS does not say, or says in two ways."""
    return Row(id_, "", "chosen", question, here, where, switch)


def not_emulated(
    id_: str,
    question: str,
    here: str,
    where: str,
    switch: str = "",
    property: str = "",  # noqa: A002
    *,
    quiet: bool = False,
) -> Row:
    """What CloudFront does and this version does not."""
    return Row(id_, "", "not emulated", question, here, where, switch, property, quiet)


def section(title: str, *rows: Row) -> tuple[Row, ...]:
    """The rows of one section, `Heading: title`."""
    return tuple(replace(row, section=title) for row in rows)
