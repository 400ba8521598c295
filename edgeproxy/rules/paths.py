"""Which behavior a path belongs to, and the default root object.

A pattern is compared with the path alone, case-sensitively, whole; `*` is any run of characters, `/` included, `?` is one.
For matching only, the path is normalised (RFC 3986 sections 6.2.2.2 and 6.2.2.3, doubled slashes merged); what is cached
and sent on is the path as received.
AWS pages: DownloadDistValuesCacheBehavior, DefaultRootObject.
Chosen (AWS is silent): `%61` counts as `a` in matching, `%2F` stays; slashes are merged before dot segments go.
"""

import re
from typing import NamedTuple

from edgeproxy.rules import wildcards

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_SLASHES = re.compile("//+")


class Patterns(NamedTuple):
    """Compiled path patterns, in order of precedence, without the default behavior's `*`."""

    regexes: tuple[re.Pattern[str], ...]


def compile(patterns: tuple[str, ...]) -> Patterns:  # noqa: A001
    """Compiles path patterns; a leading `/` is optional in each."""
    return Patterns(tuple(_regex(pattern) for pattern in patterns))


def _regex(pattern: str) -> re.Pattern[str]:
    # "the leading / in the path pattern is optional"; a pattern that begins with `*` may stand for the slash itself.
    if not pattern.startswith(("/", "*")):
        pattern = "/" + pattern
    return re.compile(wildcards.expression(pattern), re.DOTALL)


def match(patterns: Patterns, path: str) -> int | None:
    """Index of the first pattern that fits the path as received; None is the default behavior."""
    if not patterns.regexes:
        return None
    path = normalise(path)
    for index, regex in enumerate(patterns.regexes):
        if regex.fullmatch(path):
            return index
    return None


def normalise(path: str) -> str:
    """The path as patterns see it: unreserved escapes decoded, slashes merged, dot segments removed."""
    if "%" in path:
        path = _ESCAPE.sub(_decode_unreserved, path)
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return without_dot_segments(path) if "/." in path else path


def _decode_unreserved(escape: re.Match[str]) -> str:
    char = chr(int(escape[1], 16))
    return char if char in UNRESERVED else escape[0]


def without_dot_segments(path: str) -> str:
    """The path with `.` and `..` worked off (RFC 3986 section 5.2.4), empty segments counted."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    # "/a/b/.." names the folder "/a/": RFC 3986 section 5.2.4 leaves its slash.
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def with_root_object(path: str, default_root_object: str) -> str:
    """The path with the default root object in place; only for exactly `/`."""
    return "/" + default_root_object if path == "/" and default_root_object else path
