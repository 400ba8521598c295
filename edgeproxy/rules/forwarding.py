"""The request as CloudFront sends it to the origin: `build` before the origin-request functions, `dispatch` after them.

What the cache policy or the origin request policy takes is sent; with policies, other headers only where AWS's table says so;
with legacy ForwardedValues every header that the table does not name is sent as well.
AWS pages: RequestAndResponseBehaviorCustomOrigin, controlling-origin-requests, add-origin-custom-headers.
Chosen: headers that `Connection` names pass unless they are hop-by-hop by themselves (one of them may be in the key);
CloudFront-* headers of the viewer never pass; `allExcept` adds none; X-Forwarded-For and Via are joined by `, `.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, ForwardedValues, Origin, Place, Selection, Url
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


class Taken(NamedTuple):
    """What the policies of a behavior take of a request."""

    configured: frozenset[str]
    """Lower-case headers named by a policy."""
    others: bool
    """Do viewer headers that are not named pass too, but for `excluded`? Else the table decides."""
    excluded: frozenset[str]
    legacy: bool
    recipe: KeyRecipe

    def passes(self, name: str, cached: bool) -> bool:
        """Does the viewer's header of this lower-case name go on? `cached`: the method is one that the behavior caches."""
        if name in self.configured:
            return True
        if self.others:
            return name not in self.excluded
        treatment = NOT_CONFIGURED.get(name)
        if treatment == BY_METHOD:
            # GET and HEAD: removed. OPTIONS: removed only if OPTIONS is cached. DELETE, PATCH, POST, PUT: kept.
            return not cached
        return treatment == FORWARDED or (treatment is None and self.legacy and name != "host")


class Passing(NamedTuple):
    """Which headers of a request go on: as the viewer sent them, or as a part of what CloudFront writes."""

    headers: frozenset[str]
    """Lower-case names."""
    host: bool
    user_agent: bool
    forwarded_for: bool
    via: bool


class Forwarding(NamedTuple):
    """A behavior's compiled settings for origin requests."""

    recipe: KeyRecipe
    passing: Callable[[tuple[str, ...], bool, bool, bool], Passing]
    """By lower-case names; by whether the method is cached, the viewer speaks HTTP/1.0, and asks for a WebSocket."""
    query: Callable[[str | None], str | None]
    cookies: Callable[[Headers], str | None]
    viewer_headers: viewer_headers.Listed
    """The CloudFront-* headers that a policy names."""


def compile(behavior: CacheBehavior) -> Forwarding:  # noqa: A001
    """What the cache policy and the origin request policy take together, or legacy settings."""
    recipe, policy = cache_key.compile(behavior), behavior.cache_policy
    if isinstance(policy, ForwardedValues):
        configured = _lower(policy.headers)
        taken = Taken(configured, "*" in configured, frozenset(), True, recipe)
        return _compiled(taken, Names(inverted=policy.query_string), Names())
    also = behavior.origin_request_policy
    asked = also.headers if also else Selection()
    in_key = _lower(policy.headers.names) if policy.headers.behavior == "whitelist" else frozenset()
    excepted = asked.behavior == "allExcept"
    taken = Taken(
        configured=in_key if excepted else in_key | _lower(asked.names),
        others=excepted or asked.behavior in ("allViewer", "allViewerAndWhitelistCloudFront"),
        excluded=_lower(asked.names) - {"content-length"} if excepted else frozenset(),
        legacy=False,
        recipe=recipe,
    )
    nothing = Names()
    query, cookies = (cache_key.names(also.query_strings), cache_key.names(also.cookies)) if also else (nothing, nothing)
    return _compiled(taken, query, cookies)


def _compiled(taken: Taken, query: Names, cookies: Names) -> Forwarding:
    """`query`, `cookies`: names that are taken beside those in the key."""
    recipe = taken.recipe
    return Forwarding(
        recipe,
        # Viewers send the same names over and over.
        lru_cache(maxsize=256)(partial(_passing, taken)),
        _of_query(recipe.query, query),
        _of_cookies(recipe.cookies, cookies),
        viewer_headers.listed(taken.configured),
    )


def _lower(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _of_query(first: Names, second: Names) -> Callable[[str | None], str | None]:
    if first.everything or second.everything:
        return lambda query: query
    if first.nothing and second.nothing:
        return lambda query: None
    return lambda query: cache_key.filter_query(query, _either(first, second))


def _of_cookies(first: Names, second: Names) -> Callable[[Headers], str | None]:
    if first.nothing and second.nothing:
        return lambda headers: None
    return lambda headers: cache_key.filter_cookies(headers, _either(first, second))


def _either(first: Names, second: Names) -> Callable[[str], bool]:
    # Allowed by one policy beats excluded by the other.
    return lambda name: first.take(name) or second.take(name)


def _passing(taken: Taken, names: tuple[str, ...], cached: bool, http_1_0: bool, handshake: bool) -> Passing:
    dropped = NEVER_FORWARDED | WRITTEN_HERE
    if taken.recipe.gzip or taken.recipe.brotli or http_1_0:
        dropped |= {"accept-encoding"}
    headers = frozenset(
        name
        for name in names
        if name not in dropped
        and not name.startswith(NEVER_FORWARDED_PREFIXES)
        and ((handshake and name in websocket.NEEDED) or taken.passes(name, cached))
    )
    written = (taken.passes(name, cached) for name in ("host", "user-agent", "x-forwarded-for", "via"))
    return Passing(headers, *written)


def build(forwarding: Forwarding, request: Request, origin: Origin, *, via: str, request_id: str) -> Request:
    """The origin request of a viewer request; `via` is CloudFront's whole element of that field.

    The path is still without the origin path, the scheme still the viewer's.
    """
    names, cached = tuple(request.headers.by_name()), request.method in forwarding.recipe.methods
    passing = forwarding.passing(names, cached, request.http_version == "1.0", request.websocket)
    host = origin.host_header or (request.host if passing.host else origin.domain_name)
    headers = [("Host", host), *[item for item in request.headers.items if item[0].lower() in passing.headers]]
    if (cookies := forwarding.cookies(request.headers)) is not None:
        headers.append(("Cookie", cookies))
    if (coding := cache_key.accept_encoding(forwarding.recipe, request)) is not None:
        headers.append(("Accept-Encoding", coding))
    if not passing.user_agent:
        headers.append(("User-Agent", USER_AGENT))
    if forwarding.viewer_headers:
        headers += viewer_headers.lines(forwarding.viewer_headers, request)
    forwarded_for = request.headers.joined("x-forwarded-for") if passing.forwarded_for else None
    passed = request.headers.joined("via") if passing.via else None
    headers += (
        ("X-Forwarded-For", f"{forwarded_for}, {request.client_ip}" if forwarded_for else request.client_ip),
        ("Via", f"{passed}, {via}" if passed else via),
        ("X-Amz-Cf-Id", request_id),
    )
    return Request(
        request.method, request.scheme, host, request.path, forwarding.query(request.query), Headers(headers), request.body,
        request.http_version, request.client_ip, request.client_port, request.websocket, request.viewer,
    )  # fmt: skip


def dispatch(request: Request, origin: Origin, place: Place | None = None) -> Request:
    """The last step: origin path in front, origin custom headers in place of any of their name; `place`: who is asked."""
    server = place if isinstance(place, Url) else None
    # "WebSocket connections need a custom origin": a bucket is asked the GET that the handshake is.
    if request.websocket and origin.s3 and not (server is not None and server.dev):
        request = request._replace(websocket=False)
    path, headers = origin.origin_path, request.headers
    if server is not None:
        # The path of a bucket is a folder of it, and a dev server is none.
        deployed = "" if origin.s3 and server.dev else path
        path = deployed if server.origin_path is None else server.origin_path
        if (host := _host_for(server)) is not None:
            request, headers = request._replace(host=host), headers.setting("Host", host)
    if origin.custom_headers:
        headers = headers.without(*(name.lower() for name, _ in origin.custom_headers)).adding(*origin.custom_headers)
    elif not path and headers is request.headers:
        return request
    return request._replace(path=path + request.path, headers=headers)


def _host_for(server: Url) -> str | None:
    """The Host that the settings want it to see, None: whatever CloudFront sends."""
    # A dev server takes no other name than its own, lest a page of the web reach it by a name that leads here.
    return server.authority if server.host_header is None and server.dev else server.host_header
