"""What works as it is declared, on CloudFront too, and still lets through or shares what was not meant to be.

A custom error response for 403 takes the place of CloudFront's own refusals, before any function has seen the request.
Authorization that an origin request policy forwards, but that is not in the cache key, keeps no two viewers apart.
A viewer's Host that is forwarded to a bucket, a function URL or an API names none of them.
AWS pages: GeneratingCustomErrorResponses, DownloadDistValuesCacheBehavior, add-origin-custom-headers,
RequestAndResponseBehaviorS3Origin, using-managed-origin-request-policies (AllViewerExceptHostHeader).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from edgeproxy.hooks import Hook
from edgeproxy.model import CacheBehavior, Distribution, Origin
from edgeproxy.rules import cache_key, error_pages, forwarding

_OF_AWS = re.compile(r"\.(lambda-url|execute-api)\.[a-z0-9-]+\.(?:on\.aws|amazonaws\.com)")
EVERY_METHOD = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"})


class Caution(NamedTuple):
    """Properties that go ill together, and what happens."""

    property: str
    what: str


def of(distribution: Distribution) -> tuple[Caution, ...]:
    """What a distribution had better be warned of."""
    return (
        *_pages_past_the_guards(distribution),
        *_shared_answers(distribution.behaviors),
        *_foreign_hosts(distribution),
    )


def _pages_past_the_guards(distribution: Distribution) -> list[Caution]:
    page = error_pages.substitute(error_pages.compile(distribution.custom_error_responses), 403)
    if page is None or page.status >= 300:
        return []
    guarded = [each for each in distribution.behaviors if _guards(each) and not EVERY_METHOD.issubset(each.allowed_methods)]
    if not guarded:
        return []
    guards = ", ".join(dict.fromkeys(guard for behavior in guarded for guard in _guards(behavior)))
    what = f"answered with {page.path} as {page.status}, unseen by {guards}"
    return [Caution("CustomErrorResponses", f"a method that is not among AllowedMethods of {_patterns(guarded)} is {what}")]


def _guards(behavior: CacheBehavior) -> list[str]:
    """What judges a request before it is answered, in words."""
    function, handler = behavior.functions.get(Hook.VIEWER_REQUEST), behavior.lambdas.get(Hook.VIEWER_REQUEST)
    code = function or (handler and handler.function)
    return [*([code.name] if code else []), *(["the check of signatures"] if behavior.trusted_keys is not None else [])]


def _shared_answers(behaviors: Iterable[CacheBehavior]) -> list[Caution]:
    by_policy: dict[str, list[CacheBehavior]] = {}
    for behavior in behaviors:
        policy = behavior.origin_request_policy
        if policy is not None and cache_key.compile(behavior).cacheable and _only_forwarded(behavior, "authorization"):
            by_policy.setdefault(policy.name, []).append(behavior)
    return [
        Caution(
            "OriginRequestPolicyId",
            f"{name} forwards Authorization, which is not in the cache key of {_patterns(sharing)}: "
            "what is stored for one viewer is served to every other",
        )
        for name, sharing in by_policy.items()
    ]


def _foreign_hosts(distribution: Distribution) -> list[Caution]:
    found: dict[str, list[CacheBehavior]] = {}
    for behavior in distribution.behaviors:
        if _is_forwarded(behavior, "host"):
            for kind in dict.fromkeys(_known_by_host(distribution.origins[name]) for name in _targets(behavior)):
                found.setdefault(kind, []).append(behavior)
    return [
        Caution(
            "HeaderBehavior",
            f"the viewer's Host is forwarded to {kind} of {_patterns(behaviors)}, which answers 403 to a Host not its own",
        )
        for kind, behaviors in found.items()
        if kind
    ]


def _known_by_host(origin: Origin) -> str:
    """What an origin is that AWS tells from others by the Host it is sent; empty: a server that may take any."""
    if origin.s3:
        # In AWS's table of request headers Host may be forwarded to custom origins alone.
        return "the bucket"
    match = _OF_AWS.search(origin.domain_name)
    return "" if match is None else "the function URL" if match[1] == "lambda-url" else "the API"


def _targets(behavior: CacheBehavior) -> tuple[str, ...]:
    return behavior.origin_group.members if behavior.origin_group else (behavior.target_origin_id,)


def _only_forwarded(behavior: CacheBehavior, name: str) -> bool:
    """Does a viewer's header of this lower-case name reach the origin without being in the cache key?"""
    in_key = any(each == name for each, _ in forwarding.compile(behavior).recipe.headers)
    return not in_key and _is_forwarded(behavior, name)


def _is_forwarded(behavior: CacheBehavior, name: str) -> bool:
    """Does a policy let a viewer's header of this lower-case name reach the origin?"""
    passing = forwarding.compile(behavior).passing((name,), True, False, False)
    return passing.host if name == "host" else name in passing.headers


def _patterns(behaviors: Iterable[CacheBehavior]) -> str:
    return ", ".join(behavior.path_pattern for behavior in behaviors)
