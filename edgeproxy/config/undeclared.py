"""Distributions that no file declares: `--origin URL` alone, and a directory of static files."""

from dataclasses import replace

from edgeproxy.config.behaviors import ALLOWED_METHODS
from edgeproxy.config.distribution import Declared
from edgeproxy.config.identities import distribution_domain, distribution_id
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import Node
from edgeproxy.config.places import Candidate
from edgeproxy.config.section import Reading
from edgeproxy.model import CacheBehavior, CustomErrorResponse, Directory, Distribution, Origin, Selection, Url

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGIN_CACHE_CONTROL_QUERY_STRINGS = "4cc15a8a-d715-48a4-82b8-cc0b614638fe"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
NAME = "local"


def application(place: Url, library: Library, reading: Reading) -> Declared:
    """A server of the user's: its own Cache-Control decides, everything is forwarded, all methods are allowed.

    Authorization is part of the key here: the managed policy alone would give one user's answer to another.
    """
    policy = library.cache_policy(ORIGIN_CACHE_CONTROL_QUERY_STRINGS, Node(None))
    headers = Selection("whitelist", (*policy.headers.names, "Authorization"))
    origin = Origin(
        id="server",
        domain_name=place.host,
        protocol_policy="https-only" if place.scheme == "https" else "http-only",
        http_port=place.port if place.scheme == "http" else 80,
        https_port=place.port if place.scheme == "https" else 443,
        place=place,
    )
    behavior = CacheBehavior(
        path_pattern="*",
        target_origin_id=origin.id,
        cache_policy=replace(policy, headers=headers),
        allowed_methods=ALLOWED_METHODS[2],
        origin_request_policy=library.origin_request_policy(ALL_VIEWER, Node(None)),
        compress=True,
    )
    # Someone who restarts a server or adds a page wants to see it at once.
    errors = tuple(CustomErrorResponse(status, error_caching_min_ttl=0) for status in (404, 414, 500, 501, 502, 503, 504))
    return _declared(origin, behavior, "", reading, errors)


def site(place: Directory, library: Library, reading: Reading) -> Declared:
    """A directory of files, as a bucket behind CachingOptimized."""
    origin = Origin(id="site", domain_name="site.s3.us-east-1.amazonaws.com", s3=True, place=place)
    behavior = CacheBehavior(
        path_pattern="*",
        target_origin_id=origin.id,
        cache_policy=library.cache_policy(CACHING_OPTIMIZED, Node(None)),
        allowed_methods=ALLOWED_METHODS[1],
        compress=True,
    )
    return _declared(origin, behavior, "index.html", reading)


def _declared(
    origin: Origin,
    behavior: CacheBehavior,
    root_object: str,
    reading: Reading,
    errors: tuple[CustomErrorResponse, ...] = (),
) -> Declared:
    distribution = Distribution(
        name=NAME,
        id=distribution_id(NAME),
        domain_name=distribution_domain(NAME),
        origins={origin.id: origin},
        default_cache_behavior=behavior,
        default_root_object=root_object,
        custom_error_responses=errors,
        declared=False,
    )
    candidate = Candidate(origin, (origin.id, origin.domain_name), Node(None))
    return Declared(distribution, [candidate], Node(None), reading)
