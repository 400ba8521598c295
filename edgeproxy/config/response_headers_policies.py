"""Response headers policies, the user's and the managed ones, by one reader.

Chosen: the order of the security headers that are no more than a value.
"""

from edgeproxy.config import limits
from edgeproxy.config.section import Section
from edgeproxy.model import Cors, PolicyHeader, ResponseHeadersPolicy, ServerTiming, StrictTransportSecurity, XssProtection
from edgeproxy.rules import cors
from edgeproxy.rules.edge_event import wire
from edgeproxy.rules.edge_headers import control_character, is_token
from edgeproxy.rules.response_headers import is_removable

METHODS = (*cors.ALL_METHODS, "ALL")
REFERRER_POLICIES = (
    "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
)  # fmt: skip


def response_headers_policy(section: Section) -> ResponseHeadersPolicy:
    """Reads a ResponseHeadersPolicyConfig."""
    section.required("Name")
    security = section.section("SecurityHeadersConfig", "SecurityHeadersConfig")
    return ResponseHeadersPolicy(
        name=section.text("Name"),
        cors=_cors(section),
        security=_security(security) if security else (),
        xss_protection=_xss_protection(security) if security else None,
        strict_transport_security=_transport_security(security) if security else None,
        custom_headers=_custom_headers(section),
        remove_headers=_remove_headers(section),
        server_timing=_server_timing(section),
    )


def _cors(policy: Section) -> Cors | None:
    section = policy.section("CorsConfig", "CorsConfig")
    if section is None:
        return None
    section.required(
        "AccessControlAllowOrigins",
        "AccessControlAllowHeaders",
        "AccessControlAllowMethods",
        "AccessControlAllowCredentials",
        "OriginOverride",
    )
    methods = section.texts("AccessControlAllowMethods")
    for method in methods:
        if method not in METHODS:
            section.value_problem("AccessControlAllowMethods", f"{method} is not a method", f"allowed: {', '.join(METHODS)}")
    origins = section.texts("AccessControlAllowOrigins")
    for origin in origins:
        if not cors.is_origin(origin):
            hint = "`*`, or [scheme://]host[:port] with `*.` only at the left of the host"
            section.value_problem("AccessControlAllowOrigins", f"{origin} is no origin", hint)
    what = "characters of all Access-Control-Allow-Origin values"
    limits.check(what, sum(map(len, origins)), section.node, section.reading.problems)
    return Cors(
        allow_origins=origins,
        allow_headers=_names(section, "AccessControlAllowHeaders"),
        allow_methods=methods,
        allow_credentials=section.flag("AccessControlAllowCredentials"),
        origin_override=section.flag("OriginOverride"),
        expose_headers=_names(section, "AccessControlExposeHeaders"),
        max_age=int(section.number("AccessControlMaxAgeSec")) if section.has("AccessControlMaxAgeSec") else None,
    )


def _names(section: Section, source: str) -> tuple[str, ...]:
    names = section.texts(source)
    for name in names:
        if not is_token(name):
            section.value_problem(source, f"{name!r} is not a header's name")
    return names


def _security(security: Section) -> tuple[PolicyHeader, ...]:
    headers = []
    if frame := _part(security, "FrameOptions", "FrameOption"):
        value = frame.choice("FrameOption", ("DENY", "SAMEORIGIN"))
        headers.append(PolicyHeader("X-Frame-Options", value, frame.flag("Override")))
    if referrer := _part(security, "ReferrerPolicy", "ReferrerPolicy"):
        value = referrer.choice("ReferrerPolicy", REFERRER_POLICIES)
        headers.append(PolicyHeader("Referrer-Policy", value, referrer.flag("Override")))
    if content := _part(security, "ContentSecurityPolicy", "ContentSecurityPolicy"):
        value = content.text("ContentSecurityPolicy")
        limits.check("characters of a Content-Security-Policy", len(value), content.node, content.reading.problems)
        headers.append(_header(content, "ContentSecurityPolicy", "Content-Security-Policy", value))
    if options := _part(security, "ContentTypeOptions"):
        headers.append(PolicyHeader("X-Content-Type-Options", "nosniff", options.flag("Override")))
    return tuple(headers)


def _part(security: Section, name: str, *required: str) -> Section | None:
    section = security.section(name, name)
    if section is not None:
        section.required("Override", *required)
    return section


def _header(section: Section, source: str, name: str, value: str) -> PolicyHeader:
    return PolicyHeader(name, _value(section, source, name, value), section.flag("Override"))


def _value(section: Section, source: str, name: str, value: str) -> str:
    if control_character(value) is not None:
        section.value_problem(source, f"the value of {name} has a control character (a line break?)")
    return wire(value)


def _xss_protection(security: Section) -> XssProtection | None:
    section = _part(security, "XSSProtection", "Protection")
    if section is None:
        return None
    block, report = section.flag("ModeBlock"), _value(section, "ReportUri", "X-XSS-Protection", section.text("ReportUri"))
    # "You can't specify a ReportUri when ModeBlock is true."
    if block and report:
        section.value_problem("ReportUri", "ReportUri and ModeBlock exclude each other")
    return XssProtection(section.flag("Override"), section.flag("Protection"), block, report)


def _transport_security(security: Section) -> StrictTransportSecurity | None:
    section = _part(security, "StrictTransportSecurity", "AccessControlMaxAgeSec")
    if section is None:
        return None
    return StrictTransportSecurity(
        override=section.flag("Override"),
        max_age=int(section.number("AccessControlMaxAgeSec")),
        include_subdomains=section.flag("IncludeSubdomains"),
        preload=section.flag("Preload"),
    )


def _custom_headers(policy: Section) -> tuple[PolicyHeader, ...]:
    headers = []
    for section in policy.sections("CustomHeadersConfig", "CustomHeader"):
        section.required("Header", "Value", "Override")
        name = section.text("Header")
        # "A custom header whose name begins access-control- is refused: 400 Invalid custom header".
        if (name and not is_token(name)) or name.lower().startswith("access-control-"):
            section.value_problem("Header", f'"{name}" cannot be a custom header')
        headers.append(_header(section, "Value", name, section.text("Value")))
    limits.check(
        "custom headers of a response headers policy", len(headers), policy.at("CustomHeadersConfig"), policy.reading.problems
    )
    return tuple(headers)


def _remove_headers(policy: Section) -> tuple[str, ...]:
    names = []
    for section in policy.sections("RemoveHeadersConfig", "RemoveHeader"):
        section.required("Header")
        name = section.text("Header")
        if not is_removable(name.lower()):
            section.value_problem("Header", f"{name} cannot be removed")
        names.append(name)
    limits.check(
        "removed headers of a response headers policy", len(names), policy.at("RemoveHeadersConfig"), policy.reading.problems
    )
    return tuple(names)


def _server_timing(policy: Section) -> ServerTiming | None:
    section = policy.section("ServerTimingHeadersConfig", "ServerTimingHeadersConfig")
    if section is None:
        return None
    section.required("Enabled")
    rate = section.number("SamplingRate", 0)
    # "You can set the sampling rate to any number 0–100 with up to four decimal places."
    if round(rate, 4) != rate:
        section.value_problem("SamplingRate", "SamplingRate has more than four decimal places")
    return ServerTiming(section.flag("Enabled"), rate)
