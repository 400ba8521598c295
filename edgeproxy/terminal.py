"""What the terminal shows: texts of others, in which nothing steers it or turns the line around, and paths, in short."""

from collections.abc import Sequence
from pathlib import Path


def safe(text: str) -> str:
    """The text with every character escaped that could steer a terminal or cannot be written."""
    return text if text.isprintable() else "".join(map(_printable, text))


def safe_lines(text: str) -> str:
    """The same of several lines."""
    return "\n".join(map(safe, text.split("\n")))


def some(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def near(path: Path) -> Path:
    """The path as it is typed from the current folder, when it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _printable(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
