"""A Lambda function URL: the event that it makes of an HTTP request, the HTTP response that it makes of the handler's result.

Payload format 2.0, invoke mode BUFFERED. AWS pages: urls-invocation, http-api-develop-integrations-lambda, API_Invoke.
Chosen, as seen on AWS: rawPath stays percent-encoded; Cookie stays among the headers too; a form is base64; a returned string
is sent without quotes, other JSON without spaces; `"418"` is a status. Chosen besides: the tables below; text that is not UTF-8
is base64; null counts as left out; a result that breaks the format is 502; 204 and 304 have no body and no default type.
Not emulated: AWS_IAM, CORS of the URL, RESPONSE_STREAM, the headers x-amzn-*; the source address is the viewer's.
"""

import re
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from edgeproxy.hooks import MB
from edgeproxy.messages import Bytes, Headers, Request, Response
from edgeproxy.rules.edge_event import shown, wire
from edgeproxy.rules.edge_headers import FRAMING, control_character, is_token

BODY_SIZE = 6 * MB
"""Bytes that a request's body may have, counted as received; a larger one is answered with 413."""

TEXT_TYPES = frozenset({"application/javascript", "application/json", "application/xml"})
"""Beside text/*: the content types whose bodies a handler is shown as text."""

ADDED = {"x-forwarded-port": "443", "x-forwarded-proto": "https"}
"""Headers that the URL writes itself: it is only ever asked by HTTPS."""

FIELDS: dict[str, tuple[str, Any]] = {
    "headers": ("object", {}), "cookies": ("array", []), "body": ("string", ""), "isBase64Encoded": ("boolean", False),
}  # fmt: skip
"""Fields of a result beside statusCode: type, and what counts when one is left out."""

FAILURES = {
    403: ("AccessDeniedException", '{"Message":"Forbidden"}'),
    413: ("RequestTooLargeException", f'{{"message":"Request must be smaller than {BODY_SIZE} bytes"}}'),
    429: ("TooManyRequestsException", '{"message":"Rate Exceeded."}'),
    502: ("", "Internal Server Error"),
}
"""By status: x-amzn-ErrorType (none when empty) and body of what the URL answers itself."""

DEFAULT = "$default"
BODILESS = (204, 304)

_STRING_OR_SPACE = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")|[ \t\r\n]+')


class Endpoint(NamedTuple):
    """A function URL: its host (`abc123.lambda-url.us-east-1.on.aws`), and the account that events name."""

    domain_name: str
    account: str = "anonymous"


class Malformed(ValueError):
    """A handler's result that the URL cannot make a response of; the text says why."""


def event(endpoint: Endpoint, request: Request, body: bytes, request_id: str, now: float) -> bytes:
    """The event as JSON, with the body that was read from `request`; `now` in Unix seconds."""
    headers, query = request.headers, shown(request.query or "")
    cookies, parameters = _cookies(headers), _parameters(query)
    value: dict[str, Any] = {
        "version": "2.0",
        "routeKey": DEFAULT,
        "rawPath": shown(request.path),
        "rawQueryString": query,
        "headers": {name: _joined(name, values) for name, values in headers.by_name().items()} | ADDED,
        "requestContext": _context(endpoint, request, request_id, now),
        **_shown_body(headers.get("content-type") or "", body),
    }
    if cookies:
        value["cookies"] = cookies
    if parameters:
        value["queryStringParameters"] = parameters
    return orjson.dumps(value)


def _joined(name: str, values: list[str]) -> str:
    # A repeated header becomes one with commas (payload format 2.0); cookies are parted by semicolons (RFC 6265 section 4.2).
    return ("; " if name == "cookie" else ",").join(map(shown, values))


def _cookies(headers: Headers) -> list[str]:
    parts = (part.strip() for value in headers.get_all("cookie") for part in shown(value).split(";"))
    return [part for part in parts if part]


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _context(endpoint: Endpoint, request: Request, request_id: str, now: float) -> dict[str, Any]:
    url_id = endpoint.domain_name.partition(".")[0]
    return {
        "accountId": endpoint.account,
        "apiId": url_id,
        "domainName": endpoint.domain_name,
        "domainPrefix": url_id,
        "http": {
            "method": request.method,
            "path": shown(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": request.client_ip,
            "userAgent": shown(request.headers.get("user-agent") or ""),
        },
        "requestId": request_id,
        "routeKey": DEFAULT,
        "stage": DEFAULT,
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": round(now * 1000),
    }


def _shown_body(content_type: str, body: bytes) -> dict[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip().lower()
    # urls-invocation: a body is base64 when its content type is binary, without a list of those that are.
    if media_type in TEXT_TYPES or media_type.startswith("text/"):
        with suppress(UnicodeDecodeError):
            return {"body": body.decode(), "isBase64Encoded": False}
    return {"body": b64encode(body).decode(), "isBase64Encoded": True}


def response(payload: bytes) -> Response:
    """The HTTP response for what a handler returned; 502 where `parse` finds no response in it."""
    try:
        return parse(payload)
    except Malformed:
        return failed(502)


def failed(status: int) -> Response:
    """What the URL answers itself: 413 to too large a body, 429 when throttled, 502 when the function failed."""
    error_type, body = FAILURES[status]
    return _answer(status, [("x-amzn-ErrorType", error_type)] if error_type else [], body.encode())


def parse(payload: bytes) -> Response:
    """The HTTP response for what a handler returned. Raises Malformed."""
    try:
        result = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the handler returned {payload[:60]!r}: {error}") from error
    # urls-invocation: valid JSON without a statusCode is itself the body of a 200 of type application/json.
    if not isinstance(result, dict) or "statusCode" not in result:
        return _answer(200, [], result.encode() if isinstance(result, str) else _STRING_OR_SPACE.sub(rb"\1", payload))
    lines = [_line(name, value) for name, value in _field(result, "headers").items()]
    cookies = [_line("Set-Cookie", cookie) for cookie in _field(result, "cookies")]
    return _answer(_status(result["statusCode"]), lines + cookies, _content(result))


def _field(result: dict[str, Any], name: str) -> Any:
    (kind, absent), value = FIELDS[name], result.get(name)
    if value is not None and not isinstance(value, type(absent)):
        raise Malformed(f"{name} is {value!r:.80}, not of type {kind}")
    return absent if value is None else value


def _status(status: Any) -> int:
    number = int(status) if isinstance(status, str) and len(status) == 3 and status.isascii() and status.isdigit() else status
    if type(number) is not int or not 200 <= number <= 599:
        raise Malformed(f"statusCode is {status!r:.80}, not a number from 200 to 599")
    return number


def _line(name: str, value: Any) -> tuple[str, str]:
    if not isinstance(value, str | int | float):
        raise Malformed(f"the header {name!r:.80} is {value!r:.80}, not a string, number or boolean")
    text = wire(value) if isinstance(value, str) else orjson.dumps(value).decode()
    if not is_token(name) or control_character(text) is not None:
        raise Malformed(f"the header {name!r:.80} cannot be sent: {value!r:.80}")
    return name, text


def _content(result: dict[str, Any]) -> bytes:
    body: str = _field(result, "body")
    if not _field(result, "isBase64Encoded"):
        return body.encode()
    try:
        return b64decode(body, validate=True)
    except ValueError as error:
        raise Malformed(f"the body is not base64: {error}") from error


def _answer(status: int, lines: list[tuple[str, str]], content: bytes) -> Response:
    headers = Headers(lines).without(*FRAMING)
    # RFC 9110 sections 8.6 and 15.4.5: a 204 has no length, and what a 304 says of content would be said of the stored object.
    if status in BODILESS:
        return Response(status, headers)
    if "content-type" not in headers:
        headers = headers.adding(("Content-Type", "application/json"))
    return Response(status, headers.adding(("Content-Length", str(len(content)))), Bytes(content))
