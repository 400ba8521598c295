"""Which stored objects an invalidation names.

A path names the one object of exactly that path and query string, in all its variants by header, cookie, encoding and method;
a `*` as its last character any rest. The error responses of that URL go too.
AWS pages: Invalidation, invalidation-specifying-objects. Not emulated: invalidation by tag, quotas, CallerReference.
Chosen: a path is compared as the viewer sent it, `%61` is not `a`; a `?` that a function wrote into a path counts as the
beginning of a query string; of RFC 1738's unsafe characters only those that no viewer can send are refused.
"""

import re
from collections.abc import Sequence
from string import printable
from typing import NamedTuple
from urllib.parse import quote

from edgeproxy.rules.cache_key import filter_query
from edgeproxy.rules.signatures import PARAMETERS

MAX_LENGTH = 4_000
"""Characters of a path."""
_SENDABLE = "".join(char for char in printable if not char.isspace())
_REFUSED_TILDE = re.compile("~|%7e", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")


class Named(NamedTuple):
    """Compiled paths: those that name one object, and what stands before the final `*` of the others."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]


def refusal(paths: Sequence[str]) -> str | None:
    """Why CloudFront would not take these paths, in a line; None when it would."""
    if not paths:
        return "name at least one path, such as /index.html or /*"
    return next(filter(None, map(_refusal, paths)), None)


def _refusal(path: str) -> str | None:
    if path.startswith("#"):
        return f"{path[:80]!r} names a tag; edgeproxy does not emulate invalidation by tag"
    if not path.startswith("/"):
        return f"{path[:80]!r} does not begin with a slash; a path stands without scheme and host, such as /index.html"
    if len(path) > MAX_LENGTH:
        return f"{path[:80]!r}… has {len(path):,} characters, {MAX_LENGTH:,} are allowed"
    # "If the path includes non-ASCII or unsafe characters as defined in RFC 1738, URL-encode those characters."
    if (encoded := quote(path, safe=_SENDABLE, errors="replace")) != path:
        return f"{path[:80]!r} has to be percent-encoded, as the viewer sends it: {encoded}"
    if _REFUSED_TILDE.search(path):
        return f"{path:.80} holds a ~, which no invalidation may, encoded neither; a * before it takes the object along"
    return None


def compile(paths: Sequence[str]) -> Named:  # noqa: A001
    """Compiles paths that are not refused."""
    # "The * must be the last character in the path", anywhere else it is a character like any other.
    wildcards = dict.fromkeys(path[:-1] for path in paths if path.endswith("*"))
    return Named(frozenset(path for path in paths if not path.endswith("*")), tuple(wildcards))


def names(named: Named, target: str) -> bool:
    """Is the object among them? `target` is its path and query as they stand in a cache key."""
    target = _unquoted(target)
    return target in named.exact or target.startswith(named.prefixes)


def naming(named: Named, target: str) -> list[str]:
    """Every one of the paths that names the object."""
    target = _unquoted(target)
    exact = [target] if target in named.exact else []
    return exact + [f"{prefix}*" for prefix in named.prefixes if target.startswith(prefix)]


def _unquoted(target: str) -> str:
    """As it was before `cache_key` escaped `\\`, line breaks and a path's `?`."""
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], target) if "\\" in target else target


def hint(path: str) -> str:
    """What may have been meant, for a path that named nothing."""
    stem, _, query = path.removesuffix("*").partition("?")
    if path == "/":
        return "the default root object is stored under its own path, such as /index.html"
    if "*" in path[:-1]:
        return "a * is a wildcard only as the last character"
    # "specify only the portion of the URL before the parameters" of a signature.
    if (unsigned := filter_query(query, lambda name: name not in PARAMETERS)) != query and "Key-Pair-Id=" in query:
        return f"the parameters of a signature are no part of it: {stem}{f'?{unsigned}' if unsigned else ''}"
    if query:
        return f"only the parameters that the cache policy takes count, in the viewer's order; {stem}* takes every query string"
    if path.endswith("*"):
        return "case counts, and what a function rewrote is stored under the rewritten path"
    return f"case counts, and with a query string it is another object; {path}* takes them all"
