"""The Cache-Control field of an origin's answer, read.

Names are case-insensitive, values may be quoted, repeated field lines are one list (RFC 9111 section 5.2).
Chosen: of a repeated directive the first valid one wins, a malformed age is ignored, a quoted age counts, an age is at most
100 years (AWS gives the range and is silent on the rest). `no-cache="name"` keeps the object cacheable but not those fields;
`private="name"` counts as plain `private`.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from edgeproxy.messages import Headers

CENTURY = 3_153_600_000
"""100 years in seconds."""
_DIRECTIVE = re.compile(r"""([!#$%&'*+.^_`|~\w-]++)(?:[ \t]*+=[ \t]*+("(?:[^"\\]|\\.)*+"|[^",]*+))?+""", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
_AGE = re.compile("[0-9]+", re.ASCII)


class CacheControl(NamedTuple):
    """What CloudFront reads of Cache-Control; ages in seconds."""

    max_age: int | None = None
    s_maxage: int | None = None
    no_store: bool = False
    no_cache: bool = False
    private: bool = False
    no_cache_fields: frozenset[str] = frozenset()
    """Lower-case names listed by `no-cache="…"`."""
    stale_while_revalidate: int | None = None
    stale_if_error: int | None = None
    present: bool = True
    """Was there any Cache-Control at all?"""

    @property
    def forbids(self) -> str | None:
        """The strongest directive against reuse: `no-store`, `private` or `no-cache`; None when there is none."""
        if self.no_store:
            return "no-store"
        return "private" if self.private else "no-cache" if self.no_cache else None


ABSENT = CacheControl(present=False)
AGES = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")


def parse(headers: Headers) -> CacheControl:
    """Cache-Control of these headers; never raises."""
    text = headers.joined("cache-control")
    if text is None:
        return ABSENT
    # Origins say the same few things over and over.
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> CacheControl:
    ages: dict[str, int] = {}
    plain: set[str] = set()
    fields: set[str] = set()
    for name, value in _DIRECTIVE.findall(text):
        lower, value = name.lower(), _unquoted(value.strip(" \t"))
        if lower in AGES:
            if lower not in ages and _AGE.fullmatch(value):
                ages[lower] = _seconds(value)
        elif lower == "no-cache" and value:
            fields.update(field.strip(" \t").lower() for field in value.split(","))
        else:
            plain.add(lower)
    return CacheControl(
        max_age=ages.get("max-age"),
        s_maxage=ages.get("s-maxage"),
        no_store="no-store" in plain,
        no_cache="no-cache" in plain,
        private="private" in plain,
        no_cache_fields=frozenset(fields),
        stale_while_revalidate=ages.get("stale-while-revalidate"),
        stale_if_error=ages.get("stale-if-error"),
    )


def is_doubtful(headers: Headers) -> bool:
    """Stands an age there twice, or in quotes, or as anything but digits?"""
    found = [(name.lower(), value.strip(" \t")) for name, value in _DIRECTIVE.findall(headers.joined("cache-control") or "")]
    ages = [(name, value) for name, value in found if name in AGES]
    return len({name for name, _ in ages}) < len(ages) or any(not _AGE.fullmatch(value) for _, value in ages)


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if len(value) > 1 and value[0] == value[-1] == '"' else value


def _seconds(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return CENTURY if len(digits) > 10 else min(int(digits), CENTURY)
