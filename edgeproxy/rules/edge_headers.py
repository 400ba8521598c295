"""Which header fields edge code may see, add and change; the same lists bind both tiers.

AWS pages: edge-function-restrictions-all, lambda-at-edge-function-restrictions; the read-only lists stand in `hooks.RIGHTS`.
Chosen: a name that is no token, a value with a control character and a second Host line are refused, with sentences of our
own where AWS quotes none. The page never repeats what the function returned, the terminal does.
Not emulated: header names that are not ASCII.
"""

import re
from collections.abc import Iterable, Mapping

from edgeproxy.errors import EdgeError, FunctionError, LambdaError
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.messages import Headers

DISALLOWED = frozenset({
    "client-cert", "client-cert-chain", "cloudfront-viewer-cert-pem", "connection", "expect", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer", "upgrade", "x-accel-buffering",
    "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth", "x-amzn-cf-billing", "x-amzn-cf-id",
    "x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile", "x-amzn-header-count", "x-amzn-header-order",
    "x-amzn-lambda-integration-tag", "x-amzn-requestid", "x-cache", "x-forwarded-proto", "x-real-ip",
})  # fmt: skip
DISALLOWED_PREFIXES = ("x-amz-cf-", "x-edge-")
FRAMING = ("content-length", "transfer-encoding")
"""What CloudFront writes itself for the body that it sends."""

FUNCTION_DISALLOWED = "The CloudFront function tried to add a disallowed header."
FUNCTION_READ_ONLY = "The CloudFront function tried to add, delete, or change a read-only header."
FUNCTION_ILLEGAL = "The CloudFront function returned an invalid value: headers must have valid names and values."
LAMBDA_PREFIX = "The Lambda function result failed validation: "
LOG_PREFIX = "Lambda function result failed validation, "
"""How CloudFront's own log begins the same; what follows names the header."""
LAMBDA_DISALLOWED = LAMBDA_PREFIX + "The function tried to add a blacklisted header."
LAMBDA_READ_ONLY = LAMBDA_PREFIX + "The function tried to add, delete, or change a read-only header."
LAMBDA_ILLEGAL = LAMBDA_PREFIX + "The function returned an invalid header."

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def is_disallowed(name: str) -> bool:
    """Is the (lower-case) name hidden from edge code and not for it to add?"""
    return name in DISALLOWED or name.startswith(DISALLOWED_PREFIXES)


def visible(headers: Headers) -> Headers:
    """The fields that edge code may see; the same object when that is all of them."""
    hidden = [name for name in headers.names() if is_disallowed(name)]
    return headers.without(*hidden) if hidden else headers


def wire_name(lower: str) -> str:
    """The name as CloudFront writes it on HTTP/1.1: `x-my-header` becomes `X-My-Header`."""
    return "-".join(word[:1].upper() + word[1:] for word in lower.split("-"))


def replaced(headers: Headers, changed: Mapping[str, list[tuple[str, str]]]) -> Headers:
    """A copy with each changed (lower-case) name's lines where it first stood, else at the end; no lines delete it."""
    rest = dict(changed)
    items: list[tuple[str, str]] = []
    for item in headers.items:
        name = item[0].lower()
        if name in changed:
            items += rest.pop(name, ())
        else:
            items.append(item)
    for lines in rest.values():
        items += lines
    return Headers(items)


def is_token(name: str) -> bool:
    """Is it a field name (RFC 9110 section 5.1)?"""
    return _TOKEN.fullmatch(name) is not None


def control_character(value: str) -> str | None:
    """The first character that no field value may hold (RFC 9110 section 5.5; a tab may stand), None when there is none."""
    found = _CONTROL.search(value)
    return found.group() if found else None


def check(hook: Hook, tier: str, before: Headers, after: Headers, changed: Iterable[str]) -> None:
    """Raises FunctionError or LambdaError (validation) when the code of `tier` may not make of `before` what `after` is.

    `tier` is `function` or `lambda`; `changed` are the (lower-case) names that the code added, deleted or gave other values.
    A generated response is held against the empty Headers.
    """
    rights = RIGHTS[hook]
    read_only = rights.lambda_read_only if tier == "lambda" else rights.function_read_only
    for name in changed:
        if is_disallowed(name) or _is_late_country(hook, tier, name, before):
            raise _disallowed(tier, name)
        if name in read_only and _trimmed(before, name) != _trimmed(after, name):
            raise _read_only(tier, name, before, after)
        if name in after and not is_token(name):
            raise _illegal(tier, name, "the name is no token")
        values = after.get_all(name)
        # RFC 9112 section 3.2: a request with more than one Host line is refused by whoever gets it.
        if name == "host" and len(values) > 1:
            raise _illegal(tier, name, "there may be only one line")
        for value in values:
            character = control_character(value)
            if character is not None:
                raise _illegal(tier, name, f"invalid character : '%{ord(character):02X}' in header value")


def _is_late_country(hook: Hook, tier: str, name: str, before: Headers) -> bool:
    # CloudFront adds CloudFront-Viewer-Country after viewer-request: a Lambda function that adds it there is refused.
    return name == "cloudfront-viewer-country" and hook is Hook.VIEWER_REQUEST and tier == "lambda" and name not in before


def _trimmed(headers: Headers, name: str) -> list[str]:
    return sorted(value.strip() for value in headers.get_all(name))


def _disallowed(tier: str, name: str) -> EdgeError:
    if tier == "function":
        return FunctionError.validation(FUNCTION_DISALLOWED, f"the function tried to add the disallowed header {name!r}")
    cause = f"the function tried to add a blacklisted header in headers, headerName : {name}."
    return LambdaError.validation(LAMBDA_DISALLOWED, LOG_PREFIX + cause)


def _read_only(tier: str, name: str, before: Headers, after: Headers) -> EdgeError:
    what = "add" if name not in before else "change" if name in after else "delete"
    if tier == "function":
        return FunctionError.validation(FUNCTION_READ_ONLY, f"the function tried to {what} the read-only header {name!r}")
    cause = f"the function tried to {what} read-only header, headerName : {wire_name(name)}."
    return LambdaError.validation(LAMBDA_READ_ONLY, LOG_PREFIX + cause)


def _illegal(tier: str, name: str, what: str) -> EdgeError:
    if tier == "function":
        return FunctionError.validation(FUNCTION_ILLEGAL, f"the header {name!r} cannot be sent: {what}")
    cause = f"the function returned an invalid header, {what}, headerName : {wire_name(name)}."
    return LambdaError.validation(LAMBDA_ILLEGAL, "Lambda function result validation failed, " + cause)
