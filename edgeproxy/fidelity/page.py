"""docs/fidelity.md, made of the table."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from edgeproxy.fidelity.row import Row

INTRODUCTION = """\
# Fidelity

What edgeproxy does and how that stands to what Amazon's pages say of CloudFront, point by point. Each point is one of three:

* **honoured** ({honoured}): as AWS documents it, on the page of AWS's guide that stands in parentheses;
* **chosen** ({chosen}): AWS is silent, or its pages disagree. What happens here is a choice of ours;
* **not emulated** ({not_emulated}): CloudFront does it, edgeproxy does not. What you see instead is said.

"Here" is always what happens in edgeproxy; "Switch" is the setting that changes it; "Where" names the file of `edgeproxy/`
that decides it. Properties stand with the points that they set off: `edgeproxy check` shows those that your template sets, with
file and line. `edgeproxy explain` names the choices that one answer rests on, by the ids that stand beside "chosen".
`edgeproxy serve --strict-fidelity` names each when a request first rests on it, counts them in the end, and ends with exit code
1 when there was any. Neither tells of a choice that no single answer shows, or that nearly every answer does.
"""
MADE_ANEW = "python -m edgeproxy.fidelity > docs/fidelity.md"
HEAD = "| Point | | Here | Switch | Where |\n|---|---|---|---|---|"


def render(rows: Sequence[Row]) -> str:
    """The page, with its last line end."""
    counts = Counter(row.status for row in rows)
    introduction = INTRODUCTION.format(
        honoured=counts["honoured"], chosen=counts["chosen"], not_emulated=counts["not emulated"]
    )
    note = f"\n<!-- Made of edgeproxy/fidelity/: {MADE_ANEW} -->\n"
    parts = [_heading(name, list(each)) for name, each in groupby(rows, key=lambda row: row.section.partition(": ")[0])]
    return introduction + note + "".join(parts)


def _heading(name: str, rows: list[Row]) -> str:
    return "\n".join([f"\n## {name}\n", HEAD, *map(_line, rows), ""])


def _line(row: Row) -> str:
    names = ", ".join(f"`{name}`" for name in row.properties())
    point = f"{row.question}: {names}" if names else row.question
    status = f"chosen `{row.id}`" if row.status == "chosen" else row.status
    where = ", ".join(f"`{module}`" for module in row.where.split(", "))
    return f"| {point} | {status} | {row.here} | {row.switch or '—'} | {where} |"
