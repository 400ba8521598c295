"""Texts as a YAML file takes them."""

import re

_PLAIN = re.compile(r"(?:\./)?[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def quoted(name: str) -> str:
    """A text as YAML takes it, on one line."""
    if _PLAIN.fullmatch(name) and name.lower() not in _WORDS:
        return name
    return '"' + "".join(map(_escaped, name)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    # Escapes of JSON are not all YAML's: beyond U+FFFF it has its own.
    return character if character.isascii() and character.isprintable() else f"\\U{ord(character):08x}"
