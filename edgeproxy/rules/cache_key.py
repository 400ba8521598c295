"""What tells one stored object from another: path, and whatever the cache policy takes of query, headers and cookies.

Everything in the key is also sent to the origin; what only the origin request policy takes is not in the key. GET and HEAD
share an object, OPTIONS has its own. Scheme, viewer address and the viewer's Host stay out unless a policy names them.
AWS pages: understanding-the-cache-key, cache-key-understand-cache-policy, cache-key-compressed-objects.
Chosen: query names are compared undecoded, filtered lists keep the viewer's order; `/x?` and `/x` differ where all query
strings count; repeated header lines are one list; absent and empty headers differ; behaviors do not partition the key;
a CloudFront-* header that the viewer sent never counts.
"""

from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from re import Pattern
from re import compile as regex
from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, CachePolicy, ForwardedValues, Selection
from edgeproxy.rules.viewer_headers import HEADERS

Maker = Callable[[Request], str | None]
"""The value of a header that CloudFront states itself."""


class Names(NamedTuple):
    """A compiled Selection: the names listed, or, when `inverted`, all but those."""

    listed: frozenset[str] = frozenset()
    inverted: bool = False
    wildcards: Pattern[str] | None = None

    def take(self, name: str) -> bool:
        """Is this (case-sensitive) name selected?"""
        if self.wildcards is not None:
            return self.wildcards.match(name) is not None
        return (name in self.listed) != self.inverted

    @property
    def nothing(self) -> bool:
        """Can no name at all be selected?"""
        return not (self.listed or self.inverted or self.wildcards)

    @property
    def everything(self) -> bool:
        """Is every name selected?"""
        return self.inverted and not self.listed


def names(selection: Selection, *, wildcards: bool = False) -> Names:
    """Compiles `none`, `whitelist`, `allExcept` or `all`; `wildcards`: `*` and `?` in names are patterns (legacy cookies)."""
    match selection.behavior:
        case "whitelist" if wildcards and any("*" in name or "?" in name for name in selection.names):
            # translate() writes atomic groups: matching time stays bounded. `[` is literal here.
            alternatives = (translate(name.replace("[", "[[]")) for name in selection.names)
            return Names(wildcards=regex("|".join(alternatives)))
        case "whitelist":
            return Names(frozenset(selection.names))
        case "allExcept":
            return Names(frozenset(selection.names), inverted=True)
        case "all":
            return Names(inverted=True)
        case _:
            return Names()


def filter_query(query: str | None, take: Callable[[str], bool]) -> str | None:
    """The parameters whose names are taken, in arrival order; None when none is left."""
    if query is None:
        return None
    # Only `&` separates; `;` is part of a value.
    kept = [part for part in query.split("&") if take(part.partition("=")[0])]
    return "&".join(kept) if kept else None


def filter_cookies(headers: Headers, take: Callable[[str], bool]) -> str | None:
    """The cookies whose names are taken, sorted by name, as one Cookie value; None when none is left.

    A cookie must be `name=value`; names that begin with `$` are dropped.
    """
    pairs: list[tuple[str, str]] = []
    for line in headers.get_all("cookie"):
        for cookie in line.split(";"):
            name, equals, value = cookie.strip(" \t").partition("=")
            if equals and not name.startswith("$") and take(name):
                pairs.append((name, value))
    pairs.sort(key=lambda pair: pair[0])
    return "; ".join(f"{name}={value}" for name, value in pairs) if pairs else None


class KeyRecipe(NamedTuple):
    """A behavior's compiled cache key."""

    cacheable: bool
    """False when nothing is ever stored: all TTLs are 0, or legacy headers `*`."""
    cookies_forwarded: bool
    """Does any policy of the behavior send cookies to the origin?"""
    methods: frozenset[str]
    query: Names
    cookies: Names
    headers: tuple[tuple[str, Maker | None], ...]
    """Lower-case names, sorted, each with its value's maker when CloudFront states it."""
    gzip: bool
    brotli: bool


def compile(behavior: CacheBehavior) -> KeyRecipe:  # noqa: A001
    """The recipe of a behavior's cache policy or legacy ForwardedValues."""
    policy, request_policy = behavior.cache_policy, behavior.origin_request_policy
    legacy = isinstance(policy, ForwardedValues)
    headers = policy.headers if isinstance(policy, ForwardedValues) else _listed(policy.headers)
    # Legacy settings know gzip alone, and leave the header as it is where they forward all headers.
    gzip, brotli = ("*" not in headers, False) if isinstance(policy, ForwardedValues) else (policy.gzip, policy.brotli)
    also_sent = request_policy is not None and request_policy.cookies.behavior != "none"
    return KeyRecipe(
        cacheable="*" not in headers and any((policy.min_ttl, policy.default_ttl, policy.max_ttl)),
        cookies_forwarded=policy.cookies.behavior != "none" or also_sent,
        methods=frozenset(behavior.cached_methods) | {"GET", "HEAD"},
        query=names(_query_in_key(policy)),
        cookies=names(policy.cookies, wildcards=legacy),
        headers=_headers_in_key(headers, normalised=gzip or brotli),
        gzip=gzip,
        brotli=brotli,
    )


def _listed(headers: Selection) -> tuple[str, ...]:
    return headers.names if headers.behavior == "whitelist" else ()


def _query_in_key(policy: CachePolicy | ForwardedValues) -> Selection:
    if isinstance(policy, CachePolicy):
        return policy.query_strings
    if policy.query_string and policy.query_string_cache_keys:
        return Selection("whitelist", policy.query_string_cache_keys)
    return Selection("all" if policy.query_string else "none")


def _headers_in_key(headers: tuple[str, ...], *, normalised: bool) -> tuple[tuple[str, Maker | None], ...]:
    lower = {name.lower() for name in headers} - {"*"}
    if normalised:
        lower.discard("accept-encoding")
    return tuple((name, _maker(name)) for name in sorted(lower))


def _maker(name: str) -> Maker | None:
    if name == "host":
        return lambda request: request.host
    own = HEADERS.get(name)
    return None if own is None else own.value


def header(request: Request, name: str, generate: Maker | None) -> str | None:
    """The value that counts for a configured (lower-case) header: CloudFront's own, else the viewer's."""
    if generate is not None:
        return generate(request)
    return None if name.startswith("cloudfront-") else request.headers.joined(name)


def key(recipe: KeyRecipe, request: Request) -> str:
    """One line each: target (so that a path prefix finds it), method, then every present part of the policy as `name: value`.

    Meant for the methods of `recipe.methods`. No value can imitate a line break: see `quoted`.
    """
    path = quoted(request.path)
    if "?" in path:
        path = path.replace("?", "\\?")
    method = "GET" if request.method == "HEAD" else request.method
    query = request.query
    if query is not None and not recipe.query.everything:
        query = None if recipe.query.nothing else filter_query(query, recipe.query.take)
    text = f"{path}\n{quoted(method)}" if query is None else f"{path}?{quoted(query)}\n{quoted(method)}"
    if (coding := accept_encoding(recipe, request)) is not None and coding != "identity":
        text = f"{text}\naccept-encoding: {coding}"
    for name, generate in recipe.headers:
        if (value := header(request, name, generate)) is not None:
            text = f"{text}\n{name}: {quoted(value)}"
    if not recipe.cookies.nothing and (cookies := filter_cookies(request.headers, recipe.cookies.take)) is not None:
        text = f"{text}\ncookie: {quoted(cookies)}"
    return text


def quoted(text: str) -> str:
    """`text` as it stands in a key: `\\` and line breaks escaped, anything else as received."""
    if "\n" not in text and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def accept_encoding(recipe: KeyRecipe, request: Request) -> str | None:
    """The normalised Accept-Encoding: `br,gzip`, `gzip`, `br`; `identity` goes to the origin only, not into the key.

    None when the viewer sent none or speaks HTTP/1.0, or when the policy leaves the header as ordinary as any other.
    """
    if not (recipe.gzip or recipe.brotli) or request.http_version == "1.0":
        return None
    if (value := request.headers.joined("accept-encoding")) is None:
        return None
    gzip, brotli = _codings(value)
    if recipe.brotli and brotli:
        return "br,gzip" if recipe.gzip and gzip else "br"
    return "gzip" if recipe.gzip and gzip else "identity"


@lru_cache(maxsize=64)
def _codings(value: str) -> tuple[bool, bool]:
    """Does an Accept-Encoding accept gzip, and br? Chosen: q=0 does not accept."""
    accepted = set()
    for item in value.lower().split(","):
        coding, *parameters = (part.strip(" \t") for part in item.split(";"))
        if not any(_is_zero(parameter) for parameter in parameters):
            accepted.add(coding)
    return "gzip" in accepted, "br" in accepted


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip(" \t") == "q" and value.strip(" \t") in ("0", "0.", "0.0", "0.00", "0.000")
