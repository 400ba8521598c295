"""A cache key, read: its parts, which setting took each of them, and what keeps two keys apart.

It reads what `cache_key.key` wrote, with the distribution's name in front; every key can be read, nothing of it is lost.
AWS pages: understanding-the-cache-key, cache-key-understand-cache-policy, cache-hit-ratio, QueryStringParameters.
Chosen: the advice; CloudFront shows no keys.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from edgeproxy.hooks import Hook
from edgeproxy.model import CacheBehavior, CachePolicy, ForwardedValues
from edgeproxy.rules.viewer_headers import HEADERS

_TARGET = re.compile(r"((?:\\.|[^?\\])*)(?:\?(.*))?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")


class Part(NamedTuple):
    """One part of a key. `value` is None for a query parameter without `=`."""

    kind: str
    """`distribution`, `path`, `query`, `method`, `accept-encoding`, `header` or `cookie`."""
    name: str
    """Of a query parameter, a header or a cookie; else empty."""
    value: str | None
    source: str
    """The setting that made it part of the key, in words."""

    @property
    def label(self) -> str:
        """`path`, `query page`, `header accept-language`."""
        return f"{self.kind} {self.name}" if self.kind in ("query", "header", "cookie") else self.kind


class Difference(NamedTuple):
    """What keeps two keys apart: a part, its value in each (None: not there), and what would make them one."""

    part: str
    one: str | None
    other: str | None
    advice: str


# --- reading ---


def read(key: str, behavior: CacheBehavior) -> tuple[Part, ...]:
    """The parts of a key that a request of this behavior had, in the order in which they stand."""
    distribution, target, method, *lines = key.split("\n")
    found = _TARGET.fullmatch(target)
    path, query = found.groups() if found else (target, None)
    return (
        Part("distribution", "", distribution, "each distribution has a cache of its own"),
        Part("path", "", _plain(path), _path_source(behavior)),
        *_query(query, behavior),
        Part("method", "", _plain(method), "GET and HEAD share an object, OPTIONS has its own"),
        *(part for line in lines for part in _line(line, behavior)),
    )


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], text)


def _query(query: str | None, behavior: CacheBehavior) -> list[Part]:
    if query is None:
        return []
    pairs = [parameter.partition("=") for parameter in query.split("&")]
    source = _query_source(behavior)
    return [Part("query", _plain(name), _plain(value) if equals else None, source) for name, equals, value in pairs]


def _line(line: str, behavior: CacheBehavior) -> list[Part]:
    name, _, value = line.partition(": ")
    if name == "cookie":
        pairs = [_plain(cookie).partition("=") for cookie in value.split("; ")]
        return [Part("cookie", cookie, content, _cookie_source(behavior)) for cookie, _, content in pairs]
    if name == "accept-encoding" and (source := _coding_source(behavior)):
        return [Part("accept-encoding", "", _plain(value), source)]
    return [Part("header", name, _plain(value), _header_source(name, behavior))]


# --- what each came from ---


def policy_name(behavior: CacheBehavior) -> str:
    """`cache policy NAME`, or `ForwardedValues` for a behavior with legacy settings."""
    policy = behavior.cache_policy
    return f"cache policy {policy.name}" if isinstance(policy, CachePolicy) else "ForwardedValues"


def _path_source(behavior: CacheBehavior) -> str:
    function, handler = behavior.functions.get(Hook.VIEWER_REQUEST), behavior.lambdas.get(Hook.VIEWER_REQUEST)
    if function is None and handler is None:
        return "the URL's path"
    name = function.name if function is not None else handler.function.name if handler is not None else ""
    return f"the URL's path, as {name} at viewer-request left it"


def _query_source(behavior: CacheBehavior) -> str:
    policy = behavior.cache_policy
    if isinstance(policy, ForwardedValues):
        return f"ForwardedValues: {'QueryStringCacheKeys' if policy.query_string_cache_keys else 'QueryString true'}"
    return f"{policy_name(behavior)}: query strings {policy.query_strings.behavior}"


def _header_source(name: str, behavior: CacheBehavior) -> str:
    own = HEADERS.get(name)
    return f"{policy_name(behavior)}: headers" + (f", from {own.source}" if own is not None else "")


def _cookie_source(behavior: CacheBehavior) -> str:
    return f"{policy_name(behavior)}: cookies {behavior.cache_policy.cookies.behavior}"


def _coding_source(behavior: CacheBehavior) -> str:
    """Empty where Accept-Encoding is a header like any other."""
    policy = behavior.cache_policy
    if isinstance(policy, ForwardedValues):
        return "ForwardedValues: Accept-Encoding is normalised"
    flags = (("EnableAcceptEncodingGzip", policy.gzip), ("EnableAcceptEncodingBrotli", policy.brotli))
    named = " and ".join(name for name, on in flags if on)
    return f"{policy_name(behavior)}: {named}" if named else ""


# --- what keeps two keys apart ---

SORT = "sort the parameters in a viewer-request function"
IF_THE_SAME = "if the answer does not depend on it"


def differences(one: tuple[Part, ...], other: tuple[Part, ...]) -> list[Difference]:
    """Everything that keeps two keys apart, in the order of the key; empty when they are one key."""
    found = []
    for label in dict.fromkeys(part.label for part in (*one, *other)):
        ours, theirs = _with(label, one), _with(label, other)
        if [part.value for part in ours] != [part.value for part in theirs]:
            found.append(Difference(label, _shown(ours), _shown(theirs), _advice((ours or theirs)[0], ours, theirs)))
    return found or _order(one, other)


def _with(label: str, parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if part.label == label]


def _shown(parts: list[Part]) -> str | None:
    return ", ".join("(no value)" if part.value is None else part.value for part in parts) if parts else None


def _order(one: tuple[Part, ...], other: tuple[Part, ...]) -> list[Difference]:
    ours, theirs = _names(one), _names(other)
    if ours == theirs:
        return []
    # "The order of the parameters counts: two URLs with the same ones in another order are two objects."
    advice = f"the order of the parameters counts, a=1&b=2 is not b=2&a=1: {SORT}"
    return [Difference("order of the query strings", ours, theirs, advice)]


def _names(parts: tuple[Part, ...]) -> str:
    return ", ".join(part.name for part in parts if part.kind == "query")


def _advice(part: Part, ours: list[Part], theirs: list[Part]) -> str:
    match part.kind:
        case "distribution":
            return "two distributions never share an object"
        case "path":
            return _path_advice(ours[0].value or "", theirs[0].value or "")
        case "method":
            return "OPTIONS never shares an object with GET and HEAD"
        case "accept-encoding":
            return "the viewers accept other codings, and each compressed form is an object of its own: rarely worth a change"
        case _ if _only_empty(ours, theirs):
            return f"`{part.name}` and `{part.name}=` are not the same: write one of the two, or {_leave_out(part)}"
        case _:
            return f"{_leave_out(part)} {IF_THE_SAME}"


def _only_empty(ours: list[Part], theirs: list[Part]) -> bool:
    """Do the two differ in nothing but an `=` without a value?"""
    return bool(ours and theirs) and [part.value or "" for part in ours] == [part.value or "" for part in theirs]


def _leave_out(part: Part) -> str:
    policy, _, setting = part.source.partition(": ")
    if part.kind == "header":
        return f"take `{part.name}` out of the headers of {policy} (an origin request policy can still send it to the origin)"
    what = "query strings" if part.kind == "query" else "cookies"
    if setting.endswith(("whitelist", "QueryStringCacheKeys")):
        return f"take `{part.name}` off the list of {what} of {policy}"
    return f"leave `{part.name}` out of the {what} of {policy} ({_instead(part, policy, setting)})"


def _instead(part: Part, policy: str, setting: str) -> str:
    if policy == "ForwardedValues":
        return "list those that count in QueryStringCacheKeys" if part.kind == "query" else "whitelist those that count"
    return "add it to those of allExcept" if setting.endswith("allExcept") else f"allExcept {part.name} instead of all"


def _path_advice(one: str, other: str) -> str:
    if one.lower() == other.lower():
        return "upper and lower case count in a path: link to one spelling, or lower-case the URI in a viewer-request function"
    if one.rstrip("/") == other.rstrip("/"):
        return "a slash at the end counts: redirect one to the other, or rewrite the URI in a viewer-request function"
    if unquote(one) == unquote(other):
        return "a path counts as it is sent, not decoded: link to one spelling, or decode the URI in a viewer-request function"
    return "two paths are two objects, unless a viewer-request function rewrites one to the other"
