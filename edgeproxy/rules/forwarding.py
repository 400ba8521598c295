"""The request as CloudFront sends it to the origin: `build` before the origin-request functions, `dispatch` after them.

What the cache policy or the origin request policy takes is sent; with policies, other headers only where AWS's table says so;
with legacy ForwardedValues every header that the table does not name is sent as well.
AWS pages: RequestAndResponseBehaviorCustomOrigin, controlling-origin-requests, add-origin-custom-headers.
Chosen: headers that `Connection` names pass unless they are hop-by-hop by themselves (one of them may be in the key);
CloudFront-* headers of the viewer never pass; `allExcept` adds none; X-Forwarded-For and Via are joined by `, `.
"""

from collections.abc import Callable
from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, ForwardedValues, Origin, Selection
from edgeproxy.rules import cache_key, viewer_headers, websocket
from edgeproxy.rules.cache_key import KeyRecipe, Names

USER_AGENT = "Amazon CloudFront"
FORWARDED, REMOVED, BY_METHOD = "forwarded", "removed", "by method"

NOT_CONFIGURED = {
    "accept": REMOVED,
    "accept-charset": REMOVED,
    "accept-encoding": REMOVED,
    "accept-language": REMOVED,
    "authorization": BY_METHOD,
    "cache-control": FORWARDED,
    "content-length": FORWARDED,
    "content-md5": FORWARDED,
    "content-type": FORWARDED,
    "date": FORWARDED,
    "from": FORWARDED,
    "if-match": FORWARDED,
    "if-modified-since": FORWARDED,
    "if-none-match": FORWARDED,
    "if-range": FORWARDED,
    "if-unmodified-since": FORWARDED,
    "max-forwards": FORWARDED,
    "origin": FORWARDED,
    "pragma": FORWARDED,
    "range": FORWARDED,
    "referer": REMOVED,
    "request-range": FORWARDED,
    "user-agent": REMOVED,
    "via": FORWARDED,
    "warning": FORWARDED,
    "x-forwarded-for": FORWARDED,
    "x-http-method-override": REMOVED,
}
"""AWS's table of request headers: what happens when no policy names the header."""

NEVER_FORWARDED = frozenset({
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "x-amz-cf-id", "x-forwarded-proto", "x-real-ip",
})  # fmt: skip
NEVER_FORWARDED_PREFIXES = ("cloudfront-", "x-edge-")
WRITTEN_HERE = frozenset({"cookie", "host", "via", "x-forwarded-for"})


class Forwarding(NamedTuple):
    """A behavior's compiled settings for origin requests."""

    recipe: KeyRecipe
    configured: frozenset[str]
    """Lower-case headers named by a policy."""
    others: bool
    """Do viewer headers that are not named pass too, but for `excluded`? Else the table decides."""
    excluded: frozenset[str]
    legacy: bool
    query: tuple[Names, Names]
    cookies: tuple[Names, Names]
    viewer_headers: viewer_headers.Listed
    """The CloudFront-* headers that a policy names."""


def compile(behavior: CacheBehavior) -> Forwarding:  # noqa: A001
    """What the cache policy and the origin request policy take together, or legacy settings."""
    recipe, policy = cache_key.compile(behavior), behavior.cache_policy
    if isinstance(policy, ForwardedValues):
        every = Names(inverted=policy.query_string)
        configured = _lower(policy.headers)
        own = viewer_headers.listed(configured)
        cookies = (recipe.cookies, Names())
        return Forwarding(recipe, configured, "*" in configured, frozenset(), True, (every, every), cookies, own)
    also = behavior.origin_request_policy
    asked = also.headers if also else Selection()
    in_key = _lower(policy.headers.names) if policy.headers.behavior == "whitelist" else frozenset()
    excepted = asked.behavior == "allExcept"
    configured = in_key if excepted else in_key | _lower(asked.names)
    return Forwarding(
        recipe=recipe,
        configured=configured,
        others=excepted or asked.behavior in ("allViewer", "allViewerAndWhitelistCloudFront"),
        excluded=_lower(asked.names) - {"content-length"} if excepted else frozenset(),
        legacy=False,
        query=(recipe.query, cache_key.names(also.query_strings) if also else Names()),
        cookies=(recipe.cookies, cache_key.names(also.cookies) if also else Names()),
        viewer_headers=viewer_headers.listed(configured),
    )


def _lower(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def build(forwarding: Forwarding, request: Request, origin: Origin, *, via: str, request_id: str) -> Request:
    """The origin request of a viewer request; `via` is CloudFront's whole element of that field.

    The path is still without the origin path, the scheme still the viewer's.
    """
    own = request.host if _passes(forwarding, "host", request.method) else origin.domain_name
    host = origin.host_header or own
    headers = [
        ("Host", host),
        *_viewer_headers(forwarding, request),
        *_own_headers(forwarding, request),
        ("X-Forwarded-For", _appended(forwarding, request, "x-forwarded-for", request.client_ip)),
        ("Via", _appended(forwarding, request, "via", via)),
        ("X-Amz-Cf-Id", request_id),
    ]
    return request._replace(host=host, query=_query(forwarding, request.query), headers=Headers(headers))


def _query(forwarding: Forwarding, query: str | None) -> str | None:
    if any(names.everything for names in forwarding.query):
        return query
    return cache_key.filter_query(query, _either(forwarding.query))


def _either(pair: tuple[Names, Names]) -> Callable[[str], bool]:
    # Allowed by one policy beats excluded by the other.
    first, second = pair
    return lambda name: first.take(name) or second.take(name)


def _viewer_headers(forwarding: Forwarding, request: Request) -> list[tuple[str, str]]:
    recipe, dropped = forwarding.recipe, NEVER_FORWARDED | WRITTEN_HERE
    if recipe.gzip or recipe.brotli or request.http_version == "1.0":
        dropped |= {"accept-encoding"}
    passing: dict[str, bool] = {}
    for name in request.headers.names():
        excluded = name in dropped or name.startswith(NEVER_FORWARDED_PREFIXES)
        needed = request.websocket and name in websocket.NEEDED
        passing[name] = not excluded and (needed or _passes(forwarding, name, request.method))
    return [item for item in request.headers.items if passing[item[0].lower()]]


def _passes(forwarding: Forwarding, name: str, method: str) -> bool:
    """Does the viewer's header of this lower-case name go on to the origin?"""
    if name in forwarding.configured:
        return True
    if forwarding.others:
        return name not in forwarding.excluded
    treatment = NOT_CONFIGURED.get(name)
    if treatment == BY_METHOD:
        # GET and HEAD: removed. OPTIONS: removed only if OPTIONS is cached. DELETE, PATCH, POST, PUT: kept.
        return method not in forwarding.recipe.methods
    return treatment == FORWARDED or (treatment is None and forwarding.legacy and name != "host")


def _own_headers(forwarding: Forwarding, request: Request) -> list[tuple[str, str]]:
    """Headers that CloudFront words itself: cookies, Accept-Encoding, User-Agent, CloudFront-*."""
    own = []
    if (cookies := cache_key.filter_cookies(request.headers, _either(forwarding.cookies))) is not None:
        own.append(("Cookie", cookies))
    if (coding := cache_key.accept_encoding(forwarding.recipe, request)) is not None:
        own.append(("Accept-Encoding", coding))
    if not _passes(forwarding, "user-agent", request.method):
        own.append(("User-Agent", USER_AGENT))
    return own + viewer_headers.lines(forwarding.viewer_headers, request)


def _appended(forwarding: Forwarding, request: Request, name: str, element: str) -> str:
    received = request.headers.joined(name) if _passes(forwarding, name, request.method) else None
    return f"{received}, {element}" if received else element


def dispatch(request: Request, origin: Origin) -> Request:
    """The last step: origin path in front, origin custom headers in place of any of their name."""
    # "WebSocket connections need a custom origin": a bucket is asked the GET that the handshake is.
    if request.websocket and origin.s3:
        request = request._replace(websocket=False)
    if not origin.custom_headers:
        return request._replace(path=origin.origin_path + request.path) if origin.origin_path else request
    headers = request.headers.without(*(name.lower() for name, _ in origin.custom_headers)).adding(*origin.custom_headers)
    return request._replace(path=origin.origin_path + request.path, headers=headers)
