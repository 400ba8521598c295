"""The response headers policy: headers taken away, then CORS, security and custom headers put in (Server-Timing stands apart).

Applied to hits and misses alike, after the cache. A header both removed and added is there with the added value.
AWS pages: understanding-response-headers-policies, adding-response-headers, creating-response-headers-policies.
Chosen: Strict-Transport-Security is sent on plain HTTP too; headers that override stand first, Strict-Transport-Security and
X-XSS-Protection behind the other security headers.
"""

from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import PolicyHeader, ResponseHeadersPolicy, StrictTransportSecurity, XssProtection
from edgeproxy.rules import cors
from edgeproxy.rules.dates import http_date

NOT_REMOVABLE = frozenset({
    "connection", "content-encoding", "content-length", "expect", "host", "keep-alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "trailer", "transfer-encoding", "upgrade", "via", "warning",
    "x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth", "x-amzn-cf-billing",
    "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile", "x-amzn-header-count",
    "x-amzn-header-order", "x-amzn-lambda-integration-tag", "x-amzn-requestid", "x-forwarded-proto", "x-real-ip",
})  # fmt: skip
NOT_REMOVABLE_PREFIXES = ("x-amz-cf-", "x-edge-")


class Compiled(NamedTuple):
    """A policy: lower-case names that always go, headers that always come, headers that come where there is none."""

    dropped: frozenset[str]
    added: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, str, str], ...]
    """Lower-case name, name, value."""
    cors: cors.CompiledCors | None
    dated: bool
    """Is the origin's Date to be replaced by the present one?"""


def compile(policy: ResponseHeadersPolicy | None) -> Compiled | None:  # noqa: A001
    """Compiles a policy."""
    if policy is None:
        return None
    removed = {name.lower() for name in policy.remove_headers}
    headers = [*_security(policy), *policy.custom_headers]
    # Removing Server or Date yields CloudFront's own.
    owned = removed - {header.name.lower() for header in headers}
    if "server" in owned:
        headers.append(PolicyHeader("Server", "CloudFront", override=False))
    return Compiled(
        dropped=frozenset(removed | {header.name.lower() for header in headers if header.override}),
        added=tuple((header.name, header.value) for header in headers if header.override),
        defaults=tuple((header.name.lower(), header.name, header.value) for header in headers if not header.override),
        cors=None if policy.cors is None else cors.compile(policy.cors),
        dated="date" in owned,
    )


def is_removable(name: str) -> bool:
    """May a policy remove the (lower-case) header?"""
    return name not in NOT_REMOVABLE and not name.startswith(NOT_REMOVABLE_PREFIXES)


def _security(policy: ResponseHeadersPolicy) -> list[PolicyHeader]:
    headers = list(policy.security)
    if policy.strict_transport_security is not None:
        headers.append(_hsts(policy.strict_transport_security))
    if policy.xss_protection is not None:
        headers.append(_xss(policy.xss_protection))
    return headers


def _hsts(hsts: StrictTransportSecurity) -> PolicyHeader:
    value = f"max-age={hsts.max_age}"
    if hsts.include_subdomains:
        value += "; includeSubDomains"
    if hsts.preload:
        value += "; preload"
    return PolicyHeader("Strict-Transport-Security", value, hsts.override)


def _xss(xss: XssProtection) -> PolicyHeader:
    if not xss.protection:
        value = "0"
    elif xss.mode_block:
        value = "1; mode=block"
    else:
        value = f"1; report={xss.report_uri}" if xss.report_uri else "1"
    return PolicyHeader("X-XSS-Protection", value, xss.override)


def apply(compiled: Compiled, request: Request, headers: Headers, now: float) -> Headers:
    """The headers of a response with the policy applied, at `now` (Unix seconds); the same object when nothing changes."""
    present = set(headers.names())
    dropped = compiled.dropped & present
    present -= dropped
    granted: tuple[tuple[str, str], ...] = ()
    if compiled.cors is not None and (granted := cors.headers(compiled.cors, request, headers, present)):
        # Whoever overrides replaces header by header; who does not found none to replace.
        dropped |= {name.lower() for name, _ in granted} & present & cors.CORS_HEADERS
    defaults = tuple((name, value) for lower, name, value in compiled.defaults if lower not in present)
    more = granted + compiled.added + defaults
    if compiled.dated:
        more += (("Date", http_date(now)),)
    if not dropped:
        return Headers(headers.items + more) if more else headers
    return Headers((*(item for item in headers.items if item[0].lower() not in dropped), *more))
