"""Cache policies and origin request policies, the user's and the managed ones, by one reader.

Chosen: a selection `none` with names is taken as none; a DefaultTTL that is not given is never above a MaxTTL that is.
"""

from collections.abc import Mapping, Sequence

from edgeproxy.config import limits
from edgeproxy.config.problems import did_you_mean
from edgeproxy.config.section import Section
from edgeproxy.model import CachePolicy, ForwardedValues, OriginRequestPolicy, Selection
from edgeproxy.rules.viewer_headers import HEADERS, ONLY_FORWARDED

NEVER_IN_KEY = frozenset({
    "connection", "content-length", "cookie", "cache-control", "max-forwards", "pragma", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "request-range", "te", "trailer", "transfer-encoding", "upgrade",
    "x-amz-cf-id", "x-forwarded-proto", "x-real-ip",
})  # fmt: skip
"""Headers that cannot be in a cache key; also every name that begins with x-edge-."""

_KEYED: Mapping[str, Sequence[str]] = {
    "headers": ("none", "whitelist"),
    "cookies": ("none", "whitelist", "allExcept", "all"),
    "query strings": ("none", "whitelist", "allExcept", "all"),
}
_FORWARDED: Mapping[str, Sequence[str]] = {
    **_KEYED,
    "headers": ("none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept"),
}
_SPELLINGS: Mapping[str, tuple[str, str, str]] = {
    "headers": ("HeadersConfig", "HeaderBehavior", "Headers"),
    "cookies": ("CookiesConfig", "CookieBehavior", "Cookies"),
    "query strings": ("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
}
_NAMED = ("whitelist", "allExcept", "allViewerAndWhitelistCloudFront")
DAY, YEAR = 86400, 31536000


def cache_policy(section: Section, *, managed: bool = False) -> CachePolicy:
    """Reads a CachePolicyConfig; managed policies are free of the quotas."""
    section.required("Name", "MinTTL", "ParametersInCacheKeyAndForwardedToOrigin")
    min_ttl, default_ttl, max_ttl = _ttls(section)
    inner = section.section("ParametersInCacheKeyAndForwardedToOrigin", "ParametersInCacheKeyAndForwardedToOrigin")
    if inner is None:
        return CachePolicy(section.text("Name"))
    inner.required("EnableAcceptEncodingGzip", "HeadersConfig", "CookiesConfig", "QueryStringsConfig")
    selected = {what: _selection(inner, what, behaviors) for what, behaviors in _KEYED.items()}
    _check_key(inner, "HeadersConfig", selected["headers"].names)
    if not managed:
        _check_quotas(section, "a cache policy", selected)
    return CachePolicy(
        name=section.text("Name"),
        min_ttl=min_ttl,
        default_ttl=default_ttl,
        max_ttl=max_ttl,
        headers=selected["headers"],
        cookies=selected["cookies"],
        query_strings=selected["query strings"],
        gzip=inner.flag("EnableAcceptEncodingGzip"),
        brotli=inner.flag("EnableAcceptEncodingBrotli"),
    )


def origin_request_policy(section: Section, *, managed: bool = False) -> OriginRequestPolicy:
    """Reads an OriginRequestPolicyConfig; managed policies are free of the quotas."""
    section.required("Name", "HeadersConfig", "CookiesConfig", "QueryStringsConfig")
    selected = {what: _selection(section, what, behaviors) for what, behaviors in _FORWARDED.items()}
    _check_cloudfronts_own(section, "HeadersConfig", selected["headers"].names)
    if not managed:
        _check_quotas(section, "an origin request policy", selected)
    return OriginRequestPolicy(section.text("Name"), selected["headers"], selected["cookies"], selected["query strings"])


def forwarded_values(behavior: Section) -> ForwardedValues:
    """Reads a behavior's legacy ForwardedValues and TTLs."""
    min_ttl, default_ttl, max_ttl = _ttls(behavior)
    section = behavior.section("ForwardedValues", "ForwardedValues")
    if section is None:
        return ForwardedValues(min_ttl=min_ttl, default_ttl=default_ttl, max_ttl=max_ttl)
    section.required("QueryString")
    headers, keys = section.texts("Headers"), section.texts("QueryStringCacheKeys")
    _check_key(section, "Headers", headers)
    cookies = _legacy_cookies(section)
    # "Headers ["*"] forwards all headers and caches nothing (MinTTL must be 0)".
    if headers == ("*",) and min_ttl:
        behavior.value_problem("MinTTL", 'MinTTL must be 0 when all headers ("*") are forwarded')
    amounts = {"headers": len(headers), "cookies": len(cookies.names), "query strings": len(keys)}
    amounts |= {
        # "The total number of characters in all cookie names: 512 minus the number of cookies".
        "characters (and one more for each) of all cookies": sum(len(name) + 1 for name in cookies.names),
        "characters of a query string": max(map(len, keys), default=0),
        "characters of all query strings": sum(map(len, keys)),
    }
    for what, amount in amounts.items():
        limits.check(f"{what} of ForwardedValues", amount, section.node, section.reading.problems)
    return ForwardedValues(section.flag("QueryString"), keys, cookies, headers, min_ttl, default_ttl, max_ttl)


def _legacy_cookies(section: Section) -> Selection:
    cookies = section.section("Cookies", "Cookies")
    if cookies is None:
        return Selection()
    cookies.required("Forward")
    return Selection(cookies.choice("Forward", ("none", "whitelist", "all"), "none"), cookies.texts("WhitelistedNames"))


def _ttls(section: Section) -> tuple[float, float, float]:
    """Min, default and max TTL: "if MinTTL is more than 86400, the default of DefaultTTL is MinTTL", and so on for MaxTTL."""
    min_ttl = section.number("MinTTL", 0)
    default_ttl = section.number("DefaultTTL", max(DAY, min_ttl))
    max_ttl = section.number("MaxTTL", max(YEAR, default_ttl))
    if not section.has("DefaultTTL"):
        default_ttl = max(min_ttl, min(default_ttl, max_ttl))
    if not min_ttl <= default_ttl <= max_ttl:
        section.problem(f"MinTTL <= DefaultTTL <= MaxTTL does not hold: {min_ttl}, {default_ttl}, {max_ttl}")
    return min_ttl, default_ttl, max_ttl


def _selection(section: Section, what: str, behaviors: Sequence[str]) -> Selection:
    config, behavior_name, list_name = _SPELLINGS[what]
    inner = section.section(config, config)
    if inner is None:
        return Selection()
    inner.required(behavior_name)
    behavior = inner.choice(behavior_name, behaviors, "none")
    names = inner.texts(list_name)
    if behavior in _NAMED and not names:
        inner.problem(f"{behavior_name} {behavior} needs {list_name}")
    return Selection(behavior, names if behavior in _NAMED else ())


def _check_key(section: Section, place: str, names: Sequence[str]) -> None:
    """Notes headers that no cache key can have, and slips, at the property `place`."""
    for name in names:
        lower = name.lower()
        if lower in NEVER_IN_KEY | ONLY_FORWARDED or lower.startswith("x-edge-"):
            hint = "an origin request policy may forward it" if lower in ONLY_FORWARDED else ""
            section.value_problem(place, f"{name} cannot be in a cache key", hint)
    _check_cloudfronts_own(section, place, names)


def _check_cloudfronts_own(section: Section, place: str, names: Sequence[str]) -> None:
    for name in names:
        if name.lower().startswith("cloudfront-") and name.lower() not in HEADERS:
            known = [header.name for header in HEADERS.values()]
            section.value_problem(place, f"CloudFront has no header {name}", did_you_mean(name, known))


def _check_quotas(section: Section, policy: str, selected: Mapping[str, Selection]) -> None:
    problems, characters = section.reading.problems, 0
    for what, selection in selected.items():
        limits.check(f"{what} of {policy}", len(selection.names), section.node, problems)
        characters += sum(map(len, selection.names))
    limits.check("characters of all names of a policy", characters, section.node, problems)
