"""What may be printed of texts that others wrote: nothing in them steers the terminal or turns the line around."""


def safe(text: str) -> str:
    """The text with every character escaped that could steer a terminal or cannot be written."""
    return text if text.isprintable() else "".join(map(_printable, text))


def safe_lines(text: str) -> str:
    """The same of several lines."""
    return "\n".join(map(safe, text.split("\n")))


def _printable(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
