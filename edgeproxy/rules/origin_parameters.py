"""What a CloudFront Function may say of an origin: every field with its limits, as literal tables.

AWS pages: helper-functions-origin-modification, add-origin-custom-headers (the deny list), DownloadDistValuesOrigin (ports).
Chosen: a field that is not in the tables is refused, so is `null`; timeouts are whole seconds; an origin path may be empty;
a name of a custom header that is not lower case is refused; of `originAccessControlConfig` a `region` is let pass.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers
from edgeproxy.rules.edge_event import wire
from edgeproxy.rules.edge_headers import control_character, is_disallowed, is_token, wire_name
from edgeproxy.rules.lambda_origin import DENIED, DENIED_PREFIXES, NAME_SIZE, SSL_PROTOCOLS, VALUE_SIZE, is_domain_name

SENTENCE = "The CloudFront function returned an invalid value for origin rewrite."

CUSTOM_HEADERS = 30
CUSTOM_HEADERS_SIZE = 10_240
"""Characters of all names and values of an origin's custom headers."""
FAILOVER_CODES = frozenset({400, 403, 404, 416, 429, 500, 502, 503, 504})
CERTIFICATE_NAMES, CERTIFICATE_NAME_SIZE = 20, 64

NEVER, ALWAYS, WHEN_ENABLED = "never", "always", "when enabled"

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


class Field(NamedTuple):
    """One field: what is allowed in words and as a test, or the fields of the object that it holds."""

    allowed: str
    valid: Callable[[Any], bool] | None = None
    required: str = NEVER
    fields: "Mapping[str, Field] | None" = None


def invalid(cause: str) -> FunctionError:
    """The one answer to every violation: 502 with CloudFront's sentence; `cause` is for the terminal."""
    return FunctionError.validation(SENTENCE, cause)


def check(where: str, value: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The object, each of its fields as its row says. Raises FunctionError (validation)."""
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object, not {value!r:.80}")
    for name, field in fields.items():
        wanted = field.required == ALWAYS or (field.required == WHEN_ENABLED and value.get("enabled") is True)
        if wanted and name not in value:
            raise invalid(f"{where} has no {name}")
    for name, part in value.items():
        row = fields.get(name)
        if row is None:
            raise invalid(f"{where} has no field {name!r:.80}; it may have {', '.join(fields)}")
        if row.fields is not None:
            check(f"{where}: {name}", part, row.fields)
        elif row.valid is not None and not row.valid(part):
            raise invalid(f"{where}: {name} is {part!r:.80}, not {row.allowed}")
    return value


def custom_headers(given: Mapping[str, str], incoming: Headers) -> tuple[tuple[str, str], ...]:
    """The lines that the origin is sent; `incoming` are the viewer's headers. Raises FunctionError (validation)."""
    for name, value in given.items():
        fault = _header_fault(name, value, incoming)
        if fault:
            raise invalid(f"customHeaders: {name!r:.80} {fault}")
    size = sum(len(name) + len(value) for name, value in given.items())
    if len(given) > CUSTOM_HEADERS or size > CUSTOM_HEADERS_SIZE:
        raise invalid(
            f"customHeaders has {len(given)} headers of {size} characters; {CUSTOM_HEADERS} of {CUSTOM_HEADERS_SIZE} may"
        )
    return tuple((wire_name(name), wire(value)) for name, value in given.items())


def _header_fault(name: str, value: str, incoming: Headers) -> str:
    if not is_token(name) or name != name.lower() or len(name) > NAME_SIZE:
        return "is not a header name in lower case"
    # "You can't specify disallowed headers, or headers that CloudFront can't add to origin requests."
    if is_disallowed(name) or name in DENIED or name.startswith(DENIED_PREFIXES):
        return "is one that CloudFront can't add to origin requests"
    # "The header name can't be one that is in the incoming request."
    if name in incoming:
        return "is also in the request's headers"
    if control_character(wire(value)) is not None or len(value) > VALUE_SIZE:
        return "has a value that cannot be sent"
    return ""


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_port(value: Any) -> bool:
    return type(value) is int and (value in (80, 443) or 1024 <= value <= 65535)


def _is_region(value: Any) -> bool:
    return isinstance(value, str) and _REGION.fullmatch(value) is not None


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_name_list(value: Any) -> bool:
    names = value if isinstance(value, list) else [None]
    return len(names) <= CERTIFICATE_NAMES and all(
        isinstance(name, str) and 0 < len(name) <= CERTIFICATE_NAME_SIZE for name in names
    )


def _from(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in allowed


def _some_of(kind: type, allowed: frozenset[Any]) -> Callable[[Any], bool]:
    """A list of at least one of the allowed values, each of this very type."""
    return lambda value: (
        isinstance(value, list) and bool(value) and all(type(item) is kind and item in allowed for item in value)
    )


_NAME = "a DNS name of at most 253 characters (no IP address, no colon)"
_ENABLED = Field("true or false", _is_boolean, ALWAYS)

OVERRIDES = {
    "hostHeader": Field(_NAME, is_domain_name),
    "sni": Field(_NAME, is_domain_name),
    "allowedCertificateNames": Field("a list of at most 20 names of at most 64 characters", _is_name_list),
}
"""What selectRequestOriginById and createRequestOriginGroup may change of a declared origin."""

ORIGIN_SHIELD = {"enabled": _ENABLED, "region": Field("a region such as us-east-2", _is_region, WHEN_ENABLED)}

ORIGIN_ACCESS_CONTROL = {
    "enabled": _ENABLED,
    "signingBehavior": Field("always, never or no-override", _one_of("always", "never", "no-override"), WHEN_ENABLED),
    "signingProtocol": Field("sigv4", _one_of("sigv4"), WHEN_ENABLED),
    "originType": Field(
        "s3, mediapackagev2, mediastore or lambda", _one_of("s3", "mediapackagev2", "mediastore", "lambda"), WHEN_ENABLED
    ),
    "region": Field("a string", _is_string),
}

TIMEOUTS = {
    "readTimeout": Field("1 to 120 seconds", _from(1, 120)),
    "responseCompletionTimeout": Field("a whole number of seconds", _from(1, 2**31)),
    "keepAliveTimeout": Field("1 to 120 seconds", _from(1, 120)),
    "connectionTimeout": Field("1 to 10 seconds", _from(1, 10)),
}

CUSTOM_ORIGIN = {
    "port": Field("80, 443 or 1024 to 65535", _is_port, ALWAYS),
    "protocol": Field("http or https", _one_of("http", "https"), ALWAYS),
    "sslProtocols": Field(f"a list of some of {', '.join(SSL_PROTOCOLS)}", _some_of(str, frozenset(SSL_PROTOCOLS)), ALWAYS),
    "ipAddressType": Field("ipv4, ipv6 or dualstack", _one_of("ipv4", "ipv6", "dualstack")),
}

UPDATE = {
    "domainName": Field(_NAME, is_domain_name),
    "originPath": Field("a string", _is_string),
    "customHeaders": Field("an object of strings", _is_flat),
    "connectionAttempts": Field("1, 2 or 3", _from(1, 3)),
    "originShield": Field("an object", fields=ORIGIN_SHIELD),
    "originAccessControlConfig": Field("an object", fields=ORIGIN_ACCESS_CONTROL),
    "timeouts": Field("an object", fields=TIMEOUTS),
    "customOriginConfig": Field("an object", fields=CUSTOM_ORIGIN),
    "mTLSConfig": Field("inherit or off", _one_of("inherit", "off")),
    **OVERRIDES,
}
"""updateRequestOrigin."""

GROUP = {
    "originIds": Field("a list of two origins", _is_pair, ALWAYS),
    "failoverCriteria": Field(
        "an object",
        required=ALWAYS,
        fields={
            "statusCodes": Field(
                f"a list of some of {', '.join(map(str, sorted(FAILOVER_CODES)))}", _some_of(int, FAILOVER_CODES), ALWAYS
            ),
        },
    ),
    "selectionCriteria": Field("default or media-quality-score", _one_of("default", "media-quality-score")),
}
"""createRequestOriginGroup."""

MEMBER = {"originId": Field("an origin's id", _is_string, ALWAYS), "originOverrides": Field("an object", fields=OVERRIDES)}
"""An origin of a group, where it is not just an id."""
