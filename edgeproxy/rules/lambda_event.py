"""The event of a Lambda@Edge function, and what its result (in a request trigger with `status`: a response) changes.

AWS pages: lambda-event-structure, lambda-generating-http-responses, lambda-include-body-access.
Chosen: KB and MB are 1024 and 1024 x 1024; names, values and body count as returned (base64 not decoded); a changed `method`
is refused, a changed `clientIp` and unknown fields are ignored; a body is replaced only with IncludeBody, which shows one for
every method; at viewer-response another status, status text or a body is refused; 204 with a body is refused everywhere.
"""

from base64 import b64decode, b64encode
from typing import Any, NamedTuple

import orjson

from edgeproxy.errors import LambdaError
from edgeproxy.hooks import KB, MB, RIGHTS, Hook
from edgeproxy.messages import Body, Bytes, Headers, Request, Response
from edgeproxy.model import Origin
from edgeproxy.rules import lambda_headers, lambda_origin
from edgeproxy.rules.edge_event import PHRASES, URI_AND_QUERY, Context, fits, is_query, is_uri, shown, wire
from edgeproxy.rules.edge_headers import FRAMING, LAMBDA_PREFIX, control_character

JSON_PREFIX = "The Lambda function returned invalid JSON: "
NOT_JSON = JSON_PREFIX + "The JSON output is not parsable."
NOT_AN_OBJECT = JSON_PREFIX + "The JSON output must be an object type."
BAD_BODY = LAMBDA_PREFIX + "The body is not a string, is not an object, or exceeds the maximum size."
BAD_URI = LAMBDA_PREFIX + "The specified URI is in an invalid format."
# AWS quotes no sentence for these.
BAD_QUERY = LAMBDA_PREFIX + "The specified query string is in an invalid format."
BAD_METHOD = LAMBDA_PREFIX + "The method can't be changed."
BAD_ENCODING = LAMBDA_PREFIX + "The body encoding is invalid."
BAD_BASE64 = LAMBDA_PREFIX + "The body is not valid base64."
BAD_ACTION = LAMBDA_PREFIX + "The body action is invalid."
BAD_STATUS = LAMBDA_PREFIX + "The status is invalid."
BAD_DESCRIPTION = LAMBDA_PREFIX + "The status description is invalid."
BODY_OF_204 = LAMBDA_PREFIX + "A response with status 204 can't have a body."
MISSING = LAMBDA_PREFIX + "A required field is missing."
STATUS_CHANGED = LAMBDA_PREFIX + "The status and the body can't be changed in a viewer response."

REQUIRED = ("uri", "method", "headers", "clientIp", "querystring")
BASE64_SIZE = {Hook.VIEWER_REQUEST: int(53.2 * KB), Hook.ORIGIN_REQUEST: int(1.33 * MB)}
"""Most characters of a returned request body in base64; text is bound by `hooks.RIGHTS`."""


class Event(NamedTuple):
    """What a handler was sent: the payload, and the part of it that the handler may change."""

    payload: bytes
    sent: dict[str, Any]


class RequestResult(NamedTuple):
    """The request that goes on (its body replaced where the handler did), and the origin it chose, None for the same."""

    request: Request
    origin: Origin | None = None


def request_event(
    hook: Hook,
    context: Context,
    request: Request,
    *,
    body: bytes | None = None,
    truncated: bool = False,
    origin: Origin | None = None,
) -> Event:
    """The event of a request trigger; `body`: its first bytes, None without IncludeBody; `truncated`: there are more."""
    sent = _request(request, origin)
    if body is not None:
        size = RIGHTS[hook].body_size
        sent["body"] = {
            "inputTruncated": truncated or len(body) > size,
            "action": "read-only",
            "encoding": "base64",
            "data": b64encode(body[:size]).decode(),
        }
    return Event(_payload(hook, context, {"request": sent}), sent)


def response_event(
    hook: Hook, context: Context, request: Request, response: Response, *, origin: Origin | None = None
) -> Event:
    """The event of a response trigger; `origin` is shown at origin-response."""
    sent = {
        "status": str(response.status),
        "statusDescription": shown(response.reason) or PHRASES.get(response.status, ""),
        "headers": lambda_headers.headers_object(response.headers),
    }
    return Event(_payload(hook, context, {"request": _request(request, origin), "response": sent}), sent)


def _payload(hook: Hook, context: Context, messages: dict[str, Any]) -> bytes:
    config = {
        "distributionDomainName": context.distribution_domain_name,
        "distributionId": context.distribution_id,
        "eventType": hook.value,
        "requestId": context.request_id,
    }
    return orjson.dumps({"Records": [{"cf": {"config": config, **messages}}]})


def _request(request: Request, origin: Origin | None) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "clientIp": request.client_ip,
        "headers": lambda_headers.headers_object(request.headers),
        "method": request.method,
        "querystring": shown(request.query or ""),
        "uri": shown(request.path),
    }
    if origin is not None:
        sent["origin"] = lambda_origin.origin_object(origin, request.scheme)
    return sent


def apply_request(
    hook: Hook, payload: bytes, event: Event, request: Request, *, origin: Origin | None = None
) -> RequestResult | Response:
    """What a request trigger's result asks for; `origin` as it was shown. Raises LambdaError (validation)."""
    returned, sent = _returned(payload), event.sent
    if "status" in returned:
        return _changed_response(hook, returned, {"headers": {}}, Response(0, Headers()))
    body = _request_body(hook, returned, sent, request.body)
    _complete(returned, sent)
    path, query = _uri(sent, returned, request), _query(sent, returned, request)
    if (path, query) != (request.path, request.query) and not fits(path, query):
        raise _invalid(
            BAD_URI, f"uri and querystring have {len(path) + len(query or '')} characters, not less than {URI_AND_QUERY}"
        )
    headers = lambda_headers.apply(hook, sent["headers"], returned["headers"], request.headers)
    chosen = None
    if origin is not None and "origin" in returned:
        chosen = lambda_origin.apply(origin, sent["origin"], returned["origin"], headers)
    if body is not request.body:
        headers = headers.without("transfer-encoding").setting("Content-Length", str(body.length))
    return RequestResult(request._replace(path=path, query=query, headers=headers, body=body), chosen)


def apply_response(hook: Hook, payload: bytes, event: Event, response: Response) -> Response:
    """The response as a response trigger left it; without a `body` the original goes on. Raises LambdaError (validation)."""
    returned = _returned(payload)
    if hook is Hook.VIEWER_RESPONSE:
        _check_viewer_response(returned, event.sent)
    return _changed_response(hook, returned, event.sent, response)


def _returned(payload: bytes) -> dict[str, Any]:
    try:
        returned = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise _invalid(NOT_JSON, f"the handler returned {payload[:60]!r}: {error}") from error
    if not isinstance(returned, dict):
        cause = f"the handler returned {payload[:60]!r}: return the request or a response (or pass it to callback)"
        raise _invalid(NOT_AN_OBJECT, cause)
    return returned


def _complete(returned: dict[str, Any], sent: dict[str, Any]) -> None:
    missing = [name for name in REQUIRED if name not in returned]
    if missing:
        raise _invalid(MISSING, f"the returned request has no {', '.join(missing)}, and it is no response: that has a status")
    if returned["method"] != sent["method"]:
        raise _invalid(BAD_METHOD, f"method is {returned['method']!r:.80}, not {sent['method']!r}")


def _uri(sent: dict[str, Any], returned: dict[str, Any], request: Request) -> str:
    uri = returned["uri"]
    if uri == sent["uri"]:
        return request.path
    path = wire(uri) if isinstance(uri, str) else ""
    if not is_uri(path):
        raise _invalid(BAD_URI, f"uri is {uri!r:.80}: it begins with / and holds no space, control character, # or ?")
    return path


def _query(sent: dict[str, Any], returned: dict[str, Any], request: Request) -> str | None:
    query = returned["querystring"]
    if query == sent["querystring"]:
        return request.query
    text = wire(query) if isinstance(query, str) else "#"
    if not is_query(text):
        raise _invalid(BAD_QUERY, f"querystring is {query!r:.80}: a string without spaces, control characters and #")
    return text or None


def _request_body(hook: Hook, returned: dict[str, Any], sent: dict[str, Any], body: Body) -> Body:
    if "body" not in returned:
        return body
    form = returned["body"]
    if not isinstance(form, dict) or not isinstance(form.get("data"), str):
        raise _invalid(BAD_BODY, f"request.body is {form!r:.80}, not an object with action, encoding and data")
    if (action := form.get("action", "read-only")) not in ("read-only", "replace"):
        raise _invalid(BAD_ACTION, f"request.body.action is {action!r:.80}, not read-only or replace")
    # With action read-only, what was done to data and encoding is ignored, and the whole original body goes on.
    if action == "read-only":
        return body
    if "body" not in sent:
        raise _invalid(BAD_ACTION, "the function replaced the body, but its association has no IncludeBody")
    return _replaced_body(form, BASE64_SIZE[hook], RIGHTS[hook].body_size)


def _replaced_body(form: dict[str, Any], base64_size: int, text_size: int) -> Body:
    encoding, data = form.get("encoding"), form["data"]
    size, most = (len(data), base64_size) if encoding == "base64" else (len(data.encode()), text_size)
    if size > most:
        raise _invalid(BAD_BODY, f"request.body.data has {size} bytes of {encoding!r:.20}, at most {most} may be returned")
    return _decoded(encoding, data)


def _decoded(encoding: Any, data: str) -> Body:
    if encoding == "text":
        return Bytes(data.encode())
    if encoding != "base64":
        raise _invalid(BAD_ENCODING, f"the body encoding is {encoding!r:.80}, not text or base64")
    try:
        return Bytes(b64decode(data, validate=True))
    except ValueError as error:
        raise _invalid(BAD_BASE64, f"the body is not base64: {error}") from error


def _check_viewer_response(returned: dict[str, Any], sent: dict[str, Any]) -> None:
    # At viewer-response a function may change headers, and nothing else.
    description = returned.get("statusDescription", sent["statusDescription"])
    same = str(returned.get("status")) == sent["status"] and description == sent["statusDescription"]
    if not same or "body" in returned:
        cause = f"the function may change headers only: status {sent['status']} has to stay, without a body"
        raise _invalid(STATUS_CHANGED, cause)


def _changed_response(hook: Hook, returned: dict[str, Any], sent: dict[str, Any], response: Response) -> Response:
    status, reason = _status(returned), _reason(returned, sent, response)
    headers = lambda_headers.apply(hook, sent["headers"], returned.get("headers", {}), response.headers)
    text = returned.get("body", "")
    size = sum(len(name) + len(value) for name, value in headers)
    size += len(text.encode()) if isinstance(text, str) else 0
    most = RIGHTS[hook].answer_size
    if not isinstance(text, str) or size > most:
        raise _invalid(BAD_BODY, f"headers and body have {size} bytes (at most {most}), body is {type(text).__name__}")
    if "body" not in returned:
        return Response(status, headers, response.body, reason)
    body = _decoded(returned.get("bodyEncoding", "text"), text)
    # A function that returns status 204 with a body gets a validation error.
    if status == 204 and text:
        raise _invalid(BODY_OF_204, "a 204 response has no body")
    return Response(status, headers.without(*FRAMING), body, reason)


def _status(returned: dict[str, Any]) -> int:
    status = returned.get("status")
    # AWS documents a string, its own samples assign numbers.
    number = int(status) if isinstance(status, str) and len(status) == 3 and status.isascii() and status.isdigit() else status
    if type(number) is not int or not 200 <= number <= 599:
        raise _invalid(BAD_STATUS, f"status is {status!r:.80}, not a string from 200 to 599")
    return number


def _reason(returned: dict[str, Any], sent: dict[str, Any], response: Response) -> str:
    description = returned.get("statusDescription", "")
    if description == sent.get("statusDescription"):
        return response.reason
    if not isinstance(description, str) or control_character(wire(description)) is not None:
        raise _invalid(BAD_DESCRIPTION, f"statusDescription is {description!r:.80}, not a string")
    return wire(description)


def _invalid(sentence: str, cause: str) -> LambdaError:
    return LambdaError.validation(sentence, cause)
