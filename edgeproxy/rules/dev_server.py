"""A behavior in front of a dev server (`dev: true` on its origin's place): nothing is stored or compressed, everything is sent.

Nothing of the kind exists at CloudFront: its nearest is a behavior with CachingDisabled and AllViewer, and so it is compiled.
What the deployed behavior says of protocols, methods, signatures, error pages, response headers and edge code still holds.
Chosen: in a bucket's place it is asked for the browser's URI (OriginPath, root object and rewriting name the bucket's objects,
not `/@vite/client`); CloudFront-* headers that the deployed policies name are still added; handlers see the deployed Host; a
group is a dev server's when one of its members is; nothing of one that code chose at run time is ever stored.
"""

from dataclasses import replace

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, CachePolicy, Distribution, Origin, OriginRequestPolicy, Place, Selection, Url
from edgeproxy.rules import forwarding, paths
from edgeproxy.rules.forwarding import Forwarding

NAME = "dev: true"
SECONDS_TO_ANSWER = 3600.0
"""What a dev server may take for its first byte, and between two: it compiles, and its event streams may be quiet."""


def is_dev(place: Place | None) -> bool:
    """Is it a dev server?"""
    return isinstance(place, Url) and place.dev


def found(distribution: Distribution, behavior: CacheBehavior) -> Origin | None:
    """The dev server that the behavior leads to, None when it leads to none."""
    group = behavior.origin_group
    members = (behavior.target_origin_id,) if group is None else group.members
    return next((origin for each in members if is_dev((origin := distribution.origins[each]).place)), None)


def reason(origin: Origin) -> str:
    """Why the cache has no part in what leads to this origin."""
    return f"{origin.id} is a dev server ({NAME})"


def in_front(behavior: CacheBehavior) -> CacheBehavior:
    """The behavior as it stands in front of a dev server."""
    deployed = forwarding.compile(behavior)
    own = Selection("whitelist", tuple(header.lower for header in deployed.viewer_headers))
    sends_host = deployed.passing(("host",), False, False, False).host
    headers = Selection("allViewer") if sends_host else Selection("allExcept", ("Host",))
    everything = Selection("all")
    return replace(
        behavior,
        cache_policy=CachePolicy(NAME, 0, 0, 0, headers=own),
        origin_request_policy=OriginRequestPolicy(NAME, headers, everything, everything),
        compress=False,
    )


def forwards(behavior: CacheBehavior) -> Forwarding:
    """What a behavior that is `in_front` sends on: cookies, too, as the viewer sent them."""
    return forwarding.compile(behavior)._replace(cookies=cookies)


def cookies(headers: Headers) -> str | None:
    """The viewer's cookies in one line, in their order, the ill-formed too; None when it sent none."""
    lines = headers.get_all("cookie")
    return "; ".join(lines) if lines else None


def patient(origin: Origin) -> Origin:
    """The origin with a dev server's time for its answers."""
    return replace(origin, read_timeout=SECONDS_TO_ANSWER, response_completion_timeout=None)


def in_a_buckets_place(origin: Origin, place: Place | None) -> bool:
    """Does a dev server stand in for a bucket?"""
    return origin.s3 and is_dev(place)


def as_asked(request: Request, asked: Request, origin: Origin, place: Place, default_root_object: str) -> Request:
    """The origin request at the URI that the viewer `asked` for, as far as a dev server has it; other places': as it is."""
    if in_a_buckets_place(origin, place):
        return request._replace(path=asked.path, query=asked.query)
    if is_dev(place) and asked.path == "/" and request.path == paths.with_root_object("/", default_root_object):
        return request._replace(path="/")
    return request
