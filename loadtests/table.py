"""A table as text: columns as wide as their widest cell."""

from collections.abc import Sequence


def render(align: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines without a newline at the end. `align` holds `<` (left) or `>` (right) for each column, as in format()."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(align))]
    return "\n".join(_line(line, align, widths) for line in lines)


def _line(cells: Sequence[str], align: str, widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(cells, align, widths, strict=True)).rstrip()
