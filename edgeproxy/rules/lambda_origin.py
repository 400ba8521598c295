"""The origin object (exactly one of `custom` and `s3`) of origin-facing Lambda@Edge events, and what a handler made of it.

AWS pages: lambda-event-structure (origin), add-origin-custom-headers (the deny list).
Chosen: `origin` left out stays as it was; `domainName`, `port`, `protocol` and `authMethod` have no default, other fields have
CloudFront's; timeouts are 1 to 120 s; of custom headers only changed ones are checked; an origin that keeps its kind and
domain name keeps its local place, and is still signed for its access control. Not emulated: `region` beyond its form, the value
of an origin access identity.
"""

import re
from dataclasses import replace
from typing import Any, TypeGuard

from edgeproxy.errors import LambdaError
from edgeproxy.messages import Headers
from edgeproxy.model import Origin
from edgeproxy.rules import lambda_headers
from edgeproxy.rules.edge_event import is_uri, shown, wire
from edgeproxy.rules.edge_headers import control_character, is_disallowed, is_token

PREFIX = "The Lambda function returned an invalid origin configuration: "
BAD_HEADERS = PREFIX + "One or more HeaderName or HeaderValue values are invalid."

DENIED = frozenset({
    "cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since", "if-none-match",
    "if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authorization", "proxy-connection", "range",
    "request-range", "te", "trailer", "transfer-encoding", "upgrade", "via", "x-real-ip",
})  # fmt: skip
DENIED_PREFIXES = ("x-amz-", "x-edge-")
NAME_SIZE, VALUE_SIZE = 256, 1783
"""Characters of a custom header."""
DOMAIN_SIZE = {"custom": 253, "s3": 128}
PATH_SIZE = 255
SSL_PROTOCOLS = ("TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3")
AUTH_METHODS = ("none", "origin-access-identity")
TIMEOUTS = range(1, 121)

_DOMAIN = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_S3_REGION = re.compile(r"[.-]s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com")


def is_domain_name(value: Any) -> TypeGuard[str]:
    """Is it a DNS name: a string of at most 253 characters, no colon, no IP address?"""
    # A last label that is a number makes an IP address.
    return (
        isinstance(value, str)
        and len(value) <= DOMAIN_SIZE["custom"]
        and _DOMAIN.fullmatch(value) is not None
        and not _NUMBER.fullmatch(value.rstrip(".").rpartition(".")[2])
    )


def origin_object(origin: Origin, scheme: str) -> dict[str, Any]:
    """`{"custom": …}` or `{"s3": …}` as a handler is shown it; `scheme` is the request's, for match-viewer."""
    headers = lambda_headers.headers_object(Headers(origin.custom_headers))
    shared: dict[str, Any] = {
        "customHeaders": headers,
        "domainName": origin.domain_name,
        "path": shown(origin.origin_path),
        "readTimeout": _number(origin.read_timeout),
    }
    if origin.response_completion_timeout is not None:
        shared["responseCompletionTimeout"] = _number(origin.response_completion_timeout)
    if origin.s3:
        return {"s3": {**shared, "authMethod": AUTH_METHODS[origin.origin_access_identity], "region": region_of(origin)}}
    https = origin.protocol_policy == "https-only" or (origin.protocol_policy == "match-viewer" and scheme == "https")
    custom = {
        "keepaliveTimeout": _number(origin.keepalive_timeout),
        "port": origin.https_port if https else origin.http_port,
        "protocol": "https" if https else "http",
        "sslProtocols": list(origin.ssl_protocols),
    }
    return {"custom": {**shared, **custom}}


def _number(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else seconds


def region_of(origin: Origin) -> str:
    """The region in a bucket's domain name, us-east-1 where it names none."""
    found = _S3_REGION.search(origin.domain_name)
    return found[1] if found else "us-east-1"


def apply(origin: Origin, sent: dict[str, Any], returned: Any, headers: Headers) -> Origin | None:
    """The origin that a handler made of `origin`, None when it left it as it was.

    `sent` is the object it was shown, `headers` the request's as it returned them. Raises LambdaError (validation).
    """
    if returned == sent:
        return None
    # The object holds exactly one of custom and s3.
    if not isinstance(returned, dict) or len(kinds := [kind for kind in DOMAIN_SIZE if kind in returned]) != 1:
        raise _invalid("The origin must have exactly one of custom and s3.", f"request.origin is {returned!r:.80}")
    kind = kinds[0]
    form = returned[kind]
    if not isinstance(form, dict):
        raise _invalid("The origin must be an object.", f"request.origin.{kind} is {form!r:.80}")
    before: dict[str, Any] = next(iter(sent.values()))
    changed = _shared(origin, kind, form, before, headers)
    return _s3(changed, origin, form) if kind == "s3" else _custom(changed, form, before)


def _shared(origin: Origin, kind: str, form: dict[str, Any], before: dict[str, Any], headers: Headers) -> Origin:
    domain, s3 = _domain(kind, form.get("domainName")), kind == "s3"
    same = (domain, s3) == (origin.domain_name, origin.s3)
    read_timeout = _timeout(form, before, "readTimeout", 30)
    completion = form.get("responseCompletionTimeout", 0)
    # 0, or leaving it out, unsets it; else it is at least the read timeout.
    if type(completion) not in (int, float) or (completion != 0 and completion < read_timeout):
        raise _invalid("The responseCompletionTimeout is invalid.", f"it is {completion!r:.80}, readTimeout is {read_timeout}")
    return replace(
        origin,
        domain_name=domain,
        s3=s3,
        origin_path=_path(form.get("path", "")),
        custom_headers=_custom_headers(origin, before["customHeaders"], form.get("customHeaders", {}), headers),
        read_timeout=read_timeout,
        response_completion_timeout=completion or None,
        origin_access_identity=False,
        # An access control cannot be said in the event: it stays with the origin that it was given to.
        signing=origin.signing if same and origin.origin_access_control else "never",
        place=origin.place if same else None,
        resource=origin.resource if same else "",
    )


def _s3(changed: Origin, origin: Origin, form: dict[str, Any]) -> Origin:
    method = _one_of(form, "authMethod", AUTH_METHODS)
    identity = method == "origin-access-identity"
    # The region is required when, and only when, authMethod is origin-access-identity.
    region = form.get("region", "")
    if not isinstance(region, str) or (identity and not region):
        raise _invalid("The region is invalid.", f"request.origin.s3.region is {region!r:.80}")
    # An identity is kept from one bucket to another; a custom origin has none to keep.
    if identity and not origin.origin_access_identity:
        raise _invalid(
            "The authMethod is invalid.", f"origin {origin.id!r} has no origin access identity: set authMethod to none"
        )
    return replace(changed, origin_access_identity=identity, signing="always" if identity else changed.signing)


def _custom(changed: Origin, form: dict[str, Any], before: dict[str, Any]) -> Origin:
    protocol, port = _one_of(form, "protocol", ("http", "https")), form.get("port")
    if type(port) is not int or not (port in (80, 443) or 1024 <= port <= 65535):
        raise _invalid("The port is invalid.", f"the port is {port!r:.80}, not 80, 443 or 1024 to 65535")
    protocols = form.get("sslProtocols", ["TLSv1.2"])
    if not isinstance(protocols, list) or not protocols or any(name not in SSL_PROTOCOLS for name in protocols):
        raise _invalid("The sslProtocols are invalid.", f"sslProtocols is {protocols!r:.80}, not some of {SSL_PROTOCOLS}")
    return replace(
        changed,
        protocol_policy=f"{protocol}-only",
        http_port=port if protocol == "http" else changed.http_port,
        https_port=port if protocol == "https" else changed.https_port,
        ssl_protocols=tuple(protocols),
        keepalive_timeout=_timeout(form, before, "keepaliveTimeout", 5),
    )


def _one_of(form: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = form.get(name)
    if value not in allowed:
        raise _invalid(f"The {name} is invalid.", f"{name} is {value!r:.80}, not one of {', '.join(allowed)}")
    return str(value)


def _timeout(form: dict[str, Any], before: dict[str, Any], name: str, default: int) -> float:
    value: float = form.get(name, default)
    # What the distribution was given may stay, whatever its size.
    if value != before.get(name) and (type(value) is not int or value not in TIMEOUTS):
        raise _invalid(f"The {name} is invalid.", f"{name} is {value!r:.80}, not 1 to 120 seconds")
    return value


def _domain(kind: str, domain: Any) -> str:
    # A DNS name: no colon, no IP address (a last label that is a number makes one); a bucket's is all lower case.
    if not is_domain_name(domain) or len(domain) > DOMAIN_SIZE[kind] or (kind == "s3" and domain != domain.lower()):
        raise _invalid("The domainName is invalid.", f"request.origin.{kind}.domainName is {domain!r:.80}")
    return domain


def _path(path: Any) -> str:
    # The path begins with a slash and does not end with one; empty is none.
    text = wire(path) if isinstance(path, str) else "/"
    if text and (len(text) > PATH_SIZE or text.endswith("/") or not is_uri(text)):
        raise _invalid("The path is invalid.", f"the origin's path is {path!r:.80}: it begins with / and does not end with it")
    return text


def _custom_headers(origin: Origin, sent: dict[str, Any], returned: Any, headers: Headers) -> tuple[tuple[str, str], ...]:
    if returned == sent:
        return origin.custom_headers
    try:
        given, before = lambda_headers.lines(returned), lambda_headers.lines(sent)
    except LambdaError as error:
        raise LambdaError.validation(BAD_HEADERS, error.cause) from error
    received = Headers(origin.custom_headers)
    items = [(key, wire(value, received.get_all(name))) for name, lines in given.items() for key, value in lines]
    for name, value in items:
        fault = _header_fault(name.lower(), value, headers) if given[name.lower()] != before.get(name.lower()) else ""
        if fault:
            raise LambdaError.validation(BAD_HEADERS, f"custom header {name!r:.80} {fault}")
    return tuple(items)


def _header_fault(name: str, value: str, headers: Headers) -> str:
    if is_disallowed(name) or name in DENIED or name.startswith(DENIED_PREFIXES):
        return "is one that CloudFront can't add to origin requests"
    if name in headers:
        return "is also in request.headers"
    if not is_token(name) or control_character(value) is not None or len(name) > NAME_SIZE or len(value) > VALUE_SIZE:
        return "has a name or a value that cannot be sent"
    return ""


def _invalid(what: str, cause: str) -> LambdaError:
    return LambdaError.validation(PREFIX + what, cause)
