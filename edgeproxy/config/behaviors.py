"""Cache behaviors of a distribution."""

from collections.abc import Mapping

from edgeproxy.config import limits, not_honoured
from edgeproxy.config.associations import check_mixture, read_functions, read_lambdas
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import entries
from edgeproxy.config.parameters import as_text
from edgeproxy.config.policies import forwarded_values
from edgeproxy.config.problems import did_you_mean
from edgeproxy.config.section import Section
from edgeproxy.model import (
    CacheBehavior,
    CachePolicy,
    ForwardedValues,
    OriginGroup,
    OriginRequestPolicy,
    PublicKey,
    ResponseHeadersPolicy,
)

GET_HEAD = ("GET", "HEAD")
ALLOWED_METHODS = (GET_HEAD, ("GET", "HEAD", "OPTIONS"), ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"))
"""The only legal values of AllowedMethods."""
CACHED_METHODS = ALLOWED_METHODS[:2]
"""The only legal values of CachedMethods."""
VIEWER_PROTOCOL_POLICIES = ("allow-all", "https-only", "redirect-to-https")


def read_behavior(section: Section, targets: Mapping[str, OriginGroup | None], library: Library) -> CacheBehavior:
    """Reads a (Default)CacheBehavior; `targets` has the ids of origins (None) and of origin groups."""
    section.required("TargetOriginId", "ViewerProtocolPolicy")
    allowed, cached = _methods(section)
    functions, lambdas = read_functions(section, library), read_lambdas(section, library)
    check_mixture(section, functions, lambdas)
    cache_policy, origin_request_policy = _policies(section, library)
    target, group = _target(section, targets)
    return CacheBehavior(
        path_pattern=_pattern(section),
        target_origin_id=target,
        origin_group=group,
        cache_policy=cache_policy,
        viewer_protocol_policy=section.choice("ViewerProtocolPolicy", VIEWER_PROTOCOL_POLICIES, "allow-all"),
        allowed_methods=allowed,
        cached_methods=cached,
        origin_request_policy=origin_request_policy,
        response_headers_policy=_response_headers_policy(section, library),
        functions=functions,
        lambdas=lambdas,
        trusted_keys=_trusted_keys(section, library),
        compress=section.flag("Compress"),
    )


def _trusted_keys(section: Section, library: Library) -> tuple[PublicKey, ...] | None:
    """None when unsigned requests are served; nobody is, when the keys of a group are a problem."""
    signers = [name for name in ("TrustedKeyGroups", "TrustedSigners") if _asks(section, name)]
    if not signers:
        return None
    groups = section.items("TrustedKeyGroups")
    limits.check("trusted key groups of a behavior", len(groups), section.at("TrustedKeyGroups"), section.reading.problems)
    found: list[PublicKey] = []
    for node in (node for name in signers for node in section.items(name)):
        with section.reading.problems.gathering():
            found += library.key_group(as_text(node), node)
    return tuple(found)


def _asks(section: Section, name: str) -> bool:
    node = section.get(name)
    return node is not None and not_honoured.is_set(node, section.reading.resolve)


def _pattern(section: Section) -> str:
    if section.kind == "DefaultCacheBehavior":
        return "*"
    section.required("PathPattern")
    pattern = section.text("PathPattern")
    limits.check("characters of a path pattern", len(pattern), section.at("PathPattern"), section.reading.problems)
    if section.has("PathPattern") and not limits.PATH_PATTERN.fullmatch(pattern):
        hint = "allowed: A-Z a-z 0-9 _ - . * $ / ~ \" ' @ : + & ?"
        section.value_problem("PathPattern", f"{pattern} is not a path pattern", hint)
    return pattern


def _target(section: Section, targets: Mapping[str, OriginGroup | None]) -> tuple[str, OriginGroup | None]:
    target = section.text("TargetOriginId")
    if target and target not in targets:
        message = f"there is no origin or origin group {target}"
        section.value_problem("TargetOriginId", message, did_you_mean(target, targets))
    group = targets.get(target)
    return (group.members[0] if group.members else "", group) if group is not None else (target, None)


def _methods(section: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    allowed = _set_of_methods(section, "AllowedMethods", ALLOWED_METHODS)
    holder = section
    node = section.get("AllowedMethods")
    # The API puts CachedMethods inside AllowedMethods, CloudFormation beside it.
    if node is not None and "CachedMethods" in entries(node):
        holder = Section("AllowedMethods", node, section.reading)
    cached = _set_of_methods(holder, "CachedMethods", CACHED_METHODS)
    if not set(cached) <= set(allowed):
        holder.value_problem("CachedMethods", "CachedMethods has OPTIONS, AllowedMethods has not")
    return allowed, cached


def _set_of_methods(section: Section, name: str, legal: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    methods = section.texts(name)
    if not section.has(name):
        return GET_HEAD
    for each in legal:
        if set(each) == set(methods):
            return each
    hint = "allowed: " + " | ".join(", ".join(each) for each in legal)
    section.value_problem(name, f"{name} is {', '.join(methods)}", hint)
    return GET_HEAD


def _policies(section: Section, library: Library) -> tuple[CachePolicy | ForwardedValues, OriginRequestPolicy | None]:
    policy_id = section.text("CachePolicyId")
    if policy_id:
        _refuse_legacy(section)
        return _cache_policy(section, policy_id, library), _origin_request_policy(section, library)
    if not section.has("ForwardedValues") and not section.has("CachePolicyId"):
        section.problem("a behavior needs CachePolicyId (or the legacy ForwardedValues)")
    # "A behavior may have a cache policy without an origin request policy; the other way round is rejected."
    if section.text("OriginRequestPolicyId"):
        section.value_problem("OriginRequestPolicyId", "OriginRequestPolicyId needs CachePolicyId beside it")
    return forwarded_values(section), None


def _refuse_legacy(section: Section) -> None:
    """ForwardedValues and the TTLs of a behavior are "legacy, exclusive with CachePolicyId"; a TTL of 0 says nothing."""
    if section.has("ForwardedValues"):
        section.key_problem("ForwardedValues", "ForwardedValues and CachePolicyId exclude each other")
    for name in ("MinTTL", "DefaultTTL", "MaxTTL"):
        if section.has(name) and section.number(name):
            section.key_problem(name, f"{name} and CachePolicyId exclude each other", "put it into the cache policy")


def _cache_policy(section: Section, policy_id: str, library: Library) -> CachePolicy:
    with section.reading.problems.gathering():
        return library.cache_policy(policy_id, section.at("CachePolicyId"))
    return CachePolicy(policy_id)


def _origin_request_policy(section: Section, library: Library) -> OriginRequestPolicy | None:
    policy_id = section.text("OriginRequestPolicyId")
    with section.reading.problems.gathering():
        if policy_id:
            return library.origin_request_policy(policy_id, section.at("OriginRequestPolicyId"))
    return None


def _response_headers_policy(section: Section, library: Library) -> ResponseHeadersPolicy | None:
    policy_id = section.text("ResponseHeadersPolicyId")
    with section.reading.problems.gathering():
        if policy_id:
            return library.response_headers_policy(policy_id, section.at("ResponseHeadersPolicyId"))
    return None
