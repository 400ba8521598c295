"""Which origin is asked when a CloudFront Function chose one: the assigned origin changed, another one, or a group of two.

The choice is no part of the cache key: viewers of one key share what the first of them was given.
AWS pages: helper-functions-origin-modification, high_availability_origin_failover.
Chosen: an unknown id is a validation failure; a domain name of no declared origin is a bucket's when it reads like one; a
connection lost before an answer counts as 502; a request with a body, which cannot be sent twice, does not fail over; a choice
beside a generated response is not looked at. Not emulated: what `Choice.not_honoured` names, VPC origins, mTLS.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from edgeproxy.errors import OriginError
from edgeproxy.messages import Request
from edgeproxy.model import CacheBehavior, Distribution, Origin, Place, Url
from edgeproxy.rules.edge_event import is_uri
from edgeproxy.rules.lambda_origin import DOMAIN_SIZE, PATH_SIZE
from edgeproxy.rules.origin_parameters import GROUP, MEMBER, OVERRIDES, UPDATE, check, custom_headers, invalid

NOT_CONNECTED = frozenset({"OriginDnsError", "OriginConnectError"})
"""OriginError.detail of an origin to which there was never a connection."""

NO_LOCAL_EFFECT = frozenset({"mTLSConfig", "originAccessControlConfig", "originShield"})

_BUCKET = re.compile(r".+\.s3[.-](?!website)([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?")
_UNESCAPED = re.compile(r"[\x21-\x7e]+")


class Choice(NamedTuple):
    """The origins in the order in which they are asked, and the status codes after which the second is."""

    origins: tuple[Origin, ...]
    failover: frozenset[int] = frozenset()
    not_honoured: tuple[str, ...] = ()
    """Fields that were checked and have no effect here."""


def declared(distribution: Distribution, behavior: CacheBehavior) -> Choice:
    """What the behavior itself names: an origin, or an origin group."""
    group = behavior.origin_group
    members = (behavior.target_origin_id,) if group is None else group.members
    codes = frozenset[int]() if group is None else group.status_codes
    return Choice(tuple(distribution.origins[member] for member in members), codes)


def choose(text: str, distribution: Distribution, assigned: Choice, request: Request) -> Choice:
    """What the function's last call chose; `request` is the viewer's as it came in. Raises FunctionError (validation).

    `text` is JSON, `{"call": name, "arguments": [...]}`; `assigned` is what the behavior names.
    """
    match _call(text):
        case "updateRequestOrigin", [parameters, *_]:
            given = check("updateRequestOrigin", parameters, UPDATE)
            # "If you update an origin that is part of an origin group, only the primary origin is updated."
            primary, *others = assigned.origins
            updated = _updated(given, distribution, primary, request)
            return Choice((updated, *others), assigned.failover, _without_effect(given, updated))
        case "selectRequestOriginById", [origin_id, *rest]:
            given = check("selectRequestOriginById", rest[0] if rest and rest[0] is not None else {}, OVERRIDES)
            return Choice((_selected(origin_id, given, distribution),), not_honoured=_without_effect(given))
        case "createRequestOriginGroup", [parameters, *_]:
            return _group(check("createRequestOriginGroup", parameters, GROUP), distribution)
        case call, _:
            raise invalid(f"{call} cannot be called like this")


def _call(text: str) -> tuple[str, list[Any]]:
    try:
        made = orjson.loads(text)
        return made["call"], made["arguments"]
    except (ValueError, KeyError, TypeError) as error:
        raise invalid(f"the arguments that choose an origin cannot be read: {error}") from error


# --- updateRequestOrigin ---


def _updated(given: Mapping[str, Any], distribution: Distribution, assigned: Origin, request: Request) -> Origin:
    """The assigned origin with the given fields; those left out stay as they are."""
    target = _moved(given["domainName"], distribution, assigned) if "domainName" in given else assigned
    target = _with_overrides(_with_access_control(target, given), given)
    if "originPath" in given:
        target = replace(target, origin_path=_path(given["originPath"], s3=target.s3))
    # "An empty object resets any header configured on the assigned origin."
    if "customHeaders" in given:
        target = replace(target, custom_headers=custom_headers(given["customHeaders"], request.headers))
    if "connectionAttempts" in given:
        target = replace(target, connection_attempts=given["connectionAttempts"])
    target = _with_timeouts(target, given.get("timeouts", {}))
    return _with_connection(target, given["customOriginConfig"], given) if "customOriginConfig" in given else target


def _moved(domain: str, distribution: Distribution, assigned: Origin) -> Origin:
    """The assigned origin under another domain name: it lives where a declared origin of that name does."""
    known = (assigned, *distribution.origins.values())
    declared = next((origin for origin in known if origin.domain_name.lower() == domain.lower()), None)
    s3 = declared.s3 if declared is not None else _BUCKET.fullmatch(domain.lower()) is not None
    if s3 and (len(domain) > DOMAIN_SIZE["s3"] or domain != domain.lower()):
        raise invalid(f"domainName is {domain!r}; a bucket's has at most 128 characters, all lower case")
    return replace(
        assigned,
        domain_name=domain,
        s3=s3,
        # The Host header: "If this isn't provided, the value from the domainName parameter is used."
        host_header=domain,
        origin_access_identity=s3 and assigned.origin_access_identity,
        signing=assigned.signing if s3 else "never",
        place=declared.place if declared is not None else None,
        resource=declared.resource if declared is not None else "",
    )


def _with_access_control(target: Origin, given: Mapping[str, Any]) -> Origin:
    control = given.get("originAccessControlConfig")
    if control is None:
        return target
    unless_controlled = "always" if target.origin_access_identity else "never"
    signing = control["signingBehavior"] if control["enabled"] else unless_controlled
    return replace(target, origin_access_control=control["enabled"], signing=signing)


def _with_overrides(target: Origin, given: Mapping[str, Any]) -> Origin:
    names = given.get("allowedCertificateNames", target.certificate_names)
    target = replace(target, sni=given.get("sni", target.sni), certificate_names=tuple(names))
    if "hostHeader" not in given:
        return target
    # A bucket is asked by its own name; what is signed for an origin access control is signed for it.
    if target.s3 or target.origin_access_control:
        why = "is a bucket" if target.s3 else "has an origin access control"
        raise invalid(f"hostHeader is given, and origin {target.id} ({target.domain_name}) {why}")
    return replace(target, host_header=given["hostHeader"])


def _path(path: str, *, s3: bool) -> str:
    # "Should start with a slash (/) but should not end with one"; only a custom origin's "must be URL encoded".
    text = quote(path, safe="/%!$&'()*+,;=:@~") if s3 else path
    well_formed = is_uri(text) and not text.endswith("/") and _UNESCAPED.fullmatch(text)
    if text and (not well_formed or (not s3 and len(text) > PATH_SIZE)):
        raise invalid(f"originPath is {path!r:.80}: it starts but does not end with /, URL-encoded, at most 255 characters")
    return text


def _with_timeouts(target: Origin, given: Mapping[str, int]) -> Origin:
    if not given:
        return target
    read = given.get("readTimeout", target.read_timeout)
    completion = given.get("responseCompletionTimeout", target.response_completion_timeout)
    # "The value must be equal to or greater than the value for readTimeout."
    if completion is not None and completion < read:
        raise invalid(f"timeouts: responseCompletionTimeout is {completion:g}, less than the readTimeout {read:g}")
    return replace(
        target,
        read_timeout=read,
        response_completion_timeout=completion,
        connection_timeout=given.get("connectionTimeout", target.connection_timeout),
        # "S3 origin configurations will ignore this setting."
        keepalive_timeout=target.keepalive_timeout if target.s3 else given.get("keepAliveTimeout", target.keepalive_timeout),
    )


def _with_connection(target: Origin, config: Mapping[str, Any], given: Mapping[str, Any]) -> Origin:
    if "ipAddressType" in config and "domainName" not in given:
        raise invalid("customOriginConfig: ipAddressType may only stand beside a domainName")
    if target.s3:
        return target
    protocol, port = config["protocol"], config["port"]
    return replace(
        target,
        protocol_policy=f"{protocol}-only",
        http_port=port if protocol == "http" else target.http_port,
        https_port=port if protocol == "https" else target.https_port,
        ssl_protocols=tuple(config["sslProtocols"]),
        ip_address_type=config.get("ipAddressType", target.ip_address_type),
        place=_reached_by(target, protocol, port),
    )


def _reached_by(target: Origin, protocol: str, port: int) -> Place | None:
    place = target.place
    # A stand-in stays where it is; an origin asked under its own name is asked as the function says.
    if isinstance(place, Url) and place.host.lower() == target.domain_name.lower():
        return replace(place, scheme=protocol, port=port)
    return place


# --- selectRequestOriginById, createRequestOriginGroup ---


def _selected(origin_id: Any, overrides: Mapping[str, Any], distribution: Distribution) -> Origin:
    origin = distribution.origins.get(origin_id) if isinstance(origin_id, str) else None
    if origin is None:
        raise invalid(f"there is no origin {origin_id!r:.80}; the distribution has {', '.join(distribution.origins)}")
    return _with_overrides(origin, overrides)


def _group(given: Mapping[str, Any], distribution: Distribution) -> Choice:
    members = [_member(member) for member in given["originIds"]]
    unheeded = {name: None for _, overrides in members for name in _without_effect(overrides)}
    if given.get("selectionCriteria", "default") != "default":
        unheeded["selectionCriteria"] = None
    origins = tuple(_selected(origin_id, overrides, distribution) for origin_id, overrides in members)
    return Choice(origins, frozenset(given["failoverCriteria"]["statusCodes"]), tuple(unheeded))


def _member(member: Any) -> tuple[str, dict[str, Any]]:
    # "originIds": strings, or objects of originId and originOverrides.
    form = check("originIds", {"originId": member} if isinstance(member, str) else member, MEMBER)
    return form["originId"], form.get("originOverrides", {})


def _without_effect(given: Mapping[str, Any], target: Origin | None = None) -> tuple[str, ...]:
    names = [*given, *given.get("customOriginConfig", ())]
    unheeded = NO_LOCAL_EFFECT - {"originAccessControlConfig"} if target is not None and _signs(target) else NO_LOCAL_EFFECT
    return tuple(name for name in names if name in unheeded and not _switched_off(given.get(name)))


def _signs(target: Origin) -> bool:
    """Do the settings say as whom requests to this bucket are signed?"""
    return target.s3 and isinstance(target.place, Url) and target.place.sign_as is not None


def _switched_off(value: Any) -> bool:
    return isinstance(value, dict) and value["enabled"] is False


# --- failover ---


def may_fail_over(request: Request, cached_methods: tuple[str, ...]) -> bool:
    """Is the second origin of a group asked at all for this request?"""
    # "CloudFront fails over only when the HTTP method of the viewer request is GET, HEAD, or OPTIONS."
    cached = request.method in ("GET", "HEAD") or (request.method == "OPTIONS" and "OPTIONS" in cached_methods)
    return cached and request.body.length == 0


def failover_code(error: OriginError) -> int:
    """The status code that must be among a group's for an origin that gave no answer."""
    # "When CloudFront fails to connect to the primary origin" 503 counts, when the response times out 504.
    return 503 if error.detail in NOT_CONNECTED else error.status
