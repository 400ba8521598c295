"""Origins and origin groups of a distribution."""

import re
from collections.abc import Mapping
from dataclasses import replace

from edgeproxy.config import limits
from edgeproxy.config.bucket_policies import may_list
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.library import Library
from edgeproxy.config.places import Candidate
from edgeproxy.config.problems import did_you_mean
from edgeproxy.config.section import Section
from edgeproxy.config.websites import read_website
from edgeproxy.model import Origin, OriginGroup
from edgeproxy.rules.edge_event import wire
from edgeproxy.rules.edge_headers import control_character, is_token
from edgeproxy.rules.lambda_origin import DENIED, DENIED_PREFIXES, SSL_PROTOCOLS
from edgeproxy.rules.origin_parameters import FAILOVER_CODES

NEVER_CUSTOM = DENIED | {"proxy-authenticate"}
"""Headers that cannot be custom headers of an origin; also every name that begins with x-amz- or x-edge-."""
PROTOCOL_POLICIES = ("http-only", "match-viewer", "https-only")
KINDS_OF_ORIGIN = ("CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig")
_BUCKET = re.compile(r"(.+?)\.s3[.-].*amazonaws\.com(?:\.cn)?")


def read_origin(section: Section, library: Library, scope: Scope | None) -> Candidate:
    """Reads an Origin; its place is settled later. `scope` knows what else a domain name's resource is called."""
    section.required("Id", "DomainName")
    kinds = [kind for kind in KINDS_OF_ORIGIN if section.has(kind)]
    if len(kinds) != 1:
        section.problem(f"origin {section.text('Id')} needs exactly one of {', '.join(KINDS_OF_ORIGIN)}")
    domain, bucket = section.text("DomainName"), "S3OriginConfig" in kinds
    if "/" in domain or ":" in domain:
        section.value_problem("DomainName", f"{domain} is not a domain name", "neither scheme, port nor path belong here")
    origin = _origin(section, kinds[0] if kinds else "S3OriginConfig", domain, bucket)
    match = _BUCKET.fullmatch(domain)
    # A bucket's name, or the id of an API: what a template's resource is referred to by.
    label = match[1] if match else domain.split(".")[0]
    if scope:
        origin = replace(origin, resource=scope.made_up(domain) or scope.made_up(label))
    called = scope.other_names(domain) if scope else ()
    names = [origin.id, domain, *called, *((label,) if match else ()), *(scope.other_names(label) if scope else ())]
    access_control = section.text("OriginAccessControlId")
    if access_control:
        origin = replace(origin, origin_access_control=True, signing=library.signing(access_control))
    # "The response completion timeout must be equal to or greater than the response timeout."
    if (completion := origin.response_completion_timeout) is not None and completion < origin.read_timeout:
        message = f"ResponseCompletionTimeout is {completion}, less than OriginReadTimeout, {origin.read_timeout}"
        section.value_problem("ResponseCompletionTimeout", message)
    node = section.get("DomainName") or section.node
    function_url = None
    with section.reading.problems.gathering():
        function_url = library.function_url(called, domain, node)
    website = None if bucket else read_website(domain, library.templates, section.reading)
    listed = bucket and may_list(origin, label, library.templates)
    return Candidate(origin, tuple(dict.fromkeys(name for name in names if name)), node, function_url, website, listed)


def _origin(section: Section, kind: str, domain: str, bucket: bool) -> Origin:
    completion = section.number("ResponseCompletionTimeout") if section.has("ResponseCompletionTimeout") else None
    origin = Origin(
        id=section.text("Id"),
        domain_name=domain,
        s3=bucket,
        origin_path=_path(section),
        custom_headers=_custom_headers(section),
        connection_attempts=int(section.number("ConnectionAttempts", 3)),
        connection_timeout=section.number("ConnectionTimeout", 10),
        response_completion_timeout=completion,
        origin_shield=_shield(section),
    )
    config = section.section(kind, kind)
    if config is None:
        return origin
    if kind == "CustomOriginConfig":
        origin = _with_protocols(origin, config)
    identity = bool(config.text("OriginAccessIdentity"))
    return replace(
        origin,
        read_timeout=config.number("OriginReadTimeout", 30),
        keepalive_timeout=config.number("OriginKeepaliveTimeout", 5),
        origin_access_identity=identity,
        signing="always" if identity else "never",
    )


def _shield(section: Section) -> str | None:
    """The region of its Origin Shield, None when it has none."""
    shield = section.section("OriginShield", "OriginShield")
    if shield is None or not shield.flag("Enabled"):
        return None
    shield.required("OriginShieldRegion")
    return shield.text("OriginShieldRegion")


def _with_protocols(origin: Origin, config: Section) -> Origin:
    config.required("OriginProtocolPolicy")
    # CloudFormation writes OriginSSLProtocols, the API OriginSslProtocols.
    spelling = "OriginSSLProtocols" if config.has("OriginSSLProtocols") else "OriginSslProtocols"
    protocols = config.texts(spelling)
    for protocol in protocols:
        if protocol not in SSL_PROTOCOLS:
            config.value_problem(spelling, f"{protocol} is not a protocol", f"allowed: {', '.join(SSL_PROTOCOLS)}")
    for name in ("HTTPPort", "HTTPSPort"):
        port = config.number(name, 80)
        if port not in (80, 443) and port < 1024:
            config.value_problem(name, f"{name} is {port}", "allowed: 80, 443, 1024 to 65535")
    return replace(
        origin,
        protocol_policy=config.choice("OriginProtocolPolicy", PROTOCOL_POLICIES, "match-viewer"),
        http_port=int(config.number("HTTPPort", 80)),
        https_port=int(config.number("HTTPSPort", 443)),
        ssl_protocols=protocols or origin.ssl_protocols,
    )


def _path(section: Section) -> str:
    path = section.text("OriginPath")
    # "OriginPath begins with /, has no trailing /"; what no URL's path can have would end it on the request line.
    if path and not limits.ORIGIN_PATH.fullmatch(path):
        hint = "it begins with / and does not end in /, without spaces, ? and #; write other characters percent-encoded"
        section.value_problem("OriginPath", f"OriginPath is {path!r:.80}", hint)
    return path


def _custom_headers(section: Section) -> tuple[tuple[str, str], ...]:
    # CloudFormation writes OriginCustomHeaders, the API CustomHeaders.
    spelling = "OriginCustomHeaders" if section.has("OriginCustomHeaders") else "CustomHeaders"
    headers, problems = [], section.reading.problems
    for item in section.sections(spelling, "OriginCustomHeader"):
        item.required("HeaderName", "HeaderValue")
        name, value = item.text("HeaderName"), item.text("HeaderValue")
        lower = name.lower()
        forbidden = lower in NEVER_CUSTOM or lower.startswith(DENIED_PREFIXES)
        if item.has("HeaderName") and (forbidden or not is_token(name)):
            item.value_problem("HeaderName", f"{name} cannot be a custom header of an origin")
        if control_character(value) is not None:
            item.value_problem("HeaderValue", f"the value of {name} has a control character (a line break?)")
        limits.check("characters of a custom header's name", len(name), item.node, problems)
        limits.check("characters of a custom header's value", len(value), item.node, problems)
        headers.append((name, wire(value)))
    limits.check("custom headers of an origin", len(headers), section.at(spelling), problems)
    characters = sum(len(name) + len(value) for name, value in headers)
    limits.check("characters of all custom headers of an origin", characters, section.at(spelling), problems)
    return tuple(headers)


def read_groups(config: Section, origins: Mapping[str, Origin]) -> dict[str, OriginGroup]:
    """Origin groups by id; one with a problem may lack members."""
    groups: dict[str, OriginGroup] = {}
    sections = config.sections("OriginGroups", "OriginGroup")
    limits.check("origin groups per distribution", len(sections), config.at("OriginGroups"), config.reading.problems)
    for section in sections:
        section.required("Id", "FailoverCriteria", "Members")
        name = section.text("Id")
        if name in origins or name in groups:
            section.value_problem("Id", f"{name} names another origin or origin group already")
        members = [member.text("OriginId") for member in section.sections("Members", "OriginGroupMember")]
        if len(members) != 2:
            section.value_problem("Members", f"origin group {name} has {len(members)} members, it must have two")
        for member in members:
            if member not in origins:
                section.value_problem("Members", f"there is no origin {member}", did_you_mean(member, origins))
        groups[name] = OriginGroup(tuple(members), _failover_codes(section))
        if section.text("SelectionCriteria", "default") != "default":
            node = section.at_key("SelectionCriteria")
            section.reading.leave_out("OriginGroup.SelectionCriteria", node)
    return groups


def _failover_codes(group: Section) -> frozenset[int]:
    """The statuses after which the second member is asked: at least one."""
    criteria = group.section("FailoverCriteria", "FailoverCriteria")
    if criteria is None:
        return frozenset()
    criteria.required("StatusCodes")
    codes = criteria.texts("StatusCodes")
    if criteria.has("StatusCodes") and not criteria.failed("StatusCodes") and not codes:
        criteria.value_problem("StatusCodes", "StatusCodes is empty: nothing would fail over")
    allowed = [str(each) for each in sorted(FAILOVER_CODES)]
    for code in codes:
        if code not in allowed:
            group.value_problem("FailoverCriteria", f"{code} cannot fail over", f"allowed: {', '.join(allowed)}")
    return frozenset(int(code) for code in codes if code in allowed)
