"""The event of a CloudFront Function, and what its answer (a request, or a response: told by `statusCode`) changes.

AWS pages: functions-event-structure, edge-function-restrictions-all. Not emulated: multi-tenant events (`context.endpoint`).
Chosen: a changed `method` is refused, `headers`, `cookies` or `querystring` left out are empty; `headers.cookie` in a request
is refused, `headers['set-cookie']` in a response is one more line; Content-Length and Transfer-Encoding of a response pass,
but CloudFront's own go out; a status is 200 to 599, 204 has no body; `body.encoding` has no default; a generated response is
held against the read-only headers of viewer-response; a status text that the function left is the usual one of the status.
CloudFront-* headers are shown where a policy names them; what the function makes of those counts (see viewer_headers).
"""

from base64 import b64decode
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from edgeproxy.hooks import Hook
from edgeproxy.messages import EMPTY, Body, Bytes, Headers, Request, Response
from edgeproxy.rules.edge_event import PHRASES, Context, ascii_json, fits, is_query, is_uri, shown, wire
from edgeproxy.rules.edge_headers import FRAMING, check, control_character, replaced, wire_name
from edgeproxy.rules.value_records import (
    Entry,
    changes,
    cookie_parts,
    header_records,
    invalid,
    query_parts,
    records,
    rewritten,
    set_cookie_parts,
    write_pair,
    write_set_cookie,
)
from edgeproxy.rules.viewer_headers import Listed, taken_over, with_lines

Message = dict[str, Any]

UNREAD = "\x7f"
"""What stands for records in a returned message when the function has not even read them; no value may hold it."""


class Event:
    """What a function was sent: the event as ASCII JSON, and the message in it that the function may change.

    What many functions never read is made when it is asked for; null stands for it in `text`: the records (query string,
    headers, cookies) of that message, and at viewer-response the request.
    """

    __slots__ = ("_make_records", "_make_request", "_records", "message", "own", "seen", "text")

    def __init__(
        self,
        text: str,
        message: Message,
        records: Callable[[], Message],
        request: Callable[[], Message] = dict,
        seen: Headers | None = None,
        own: Listed = (),
    ) -> None:
        self.text = text
        self.message = message
        self.seen = seen
        """The headers of a request with CloudFront's `own` among them; None: those that it has itself."""
        self.own = own
        self._make_records = records
        self._make_request = request
        self._records: Message | None = None

    @property
    def records(self) -> Message:
        """Query string, headers and cookies of the message."""
        if self._records is None:
            self._records = self._make_records()
        return self._records

    def part(self, name: str) -> str:
        """What stands apart, as text: the `records`, or `{"request": …}` for `request`."""
        return ascii_json(self.records if name == "records" else {"request": self._make_request()})


_NOTHING_SENT = Event("", {}, lambda: {"headers": {}, "cookies": {}})
_NO_RESPONSE = Response(0, Headers())
_NO_RECORDS: Message = {"querystring": None, "headers": None, "cookies": None}


def request_event(context: Context, request: Request, own: Listed = ()) -> Event:
    """The event at viewer-request; `own` are the CloudFront-* headers that it shows."""
    message = {"method": request.method, "uri": shown(request.path)}
    text = ascii_json(_event(context, Hook.VIEWER_REQUEST, request, {"request": message | _NO_RECORDS}))
    seen = with_lines(own, request)
    return Event(text, message, partial(_request_records, request, seen), seen=seen, own=own)


def response_event(context: Context, request: Request, response: Response, own: Listed = ()) -> Event:
    """The event at viewer-response; `request` is as the viewer-request function left it."""
    reason = shown(response.reason) or PHRASES.get(response.status, "")
    message = {"statusCode": response.status, "statusDescription": reason}
    messages = {"request": None, "response": {**message, "headers": None, "cookies": None}}
    text = ascii_json(_event(context, Hook.VIEWER_RESPONSE, request, messages))
    return Event(text, message, partial(_response_records, response), partial(_request, request, own))


def _event(context: Context, hook: Hook, request: Request, messages: Message) -> Message:
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": context.distribution_domain_name,
            "distributionId": context.distribution_id,
            "eventType": hook.value,
            "requestId": context.request_id,
        },
        "viewer": {"ip": request.client_ip},
        **messages,
    }


def _request(request: Request, own: Listed) -> Message:
    records = _request_records(request, with_lines(own, request))
    return {"method": request.method, "uri": shown(request.path), **records}


def _request_records(request: Request, headers: Headers) -> Message:
    # The headers of a connection's requests are mostly one and the same object.
    if headers.records is None:
        headers.records = header_records(headers, "cookie")
    return {
        "querystring": records(query_parts(request.query)) if request.query else {},
        "headers": headers.records,
        "cookies": records(cookie_parts(headers)) if "cookie" in headers else {},
    }


def _response_records(response: Response) -> Message:
    return {
        "headers": header_records(response.headers, "set-cookie"),
        "cookies": records(set_cookie_parts(response.headers)),
    }


def apply_to_request(output: str, event: Event, request: Request) -> Request | Response:
    """The request that goes on, or the response that the function generated. Raises FunctionError (validation)."""
    returned, sent = _returned(output), event.message
    if "statusCode" in returned:
        return _changed_response(returned, _NOTHING_SENT, _NO_RESPONSE)
    if returned.get("method") != sent["method"]:
        raise invalid(
            "request.method can't be changed.", f"request.method is {returned.get('method')!r:.80}, not {sent['method']!r}"
        )
    path, query, viewer = _path(sent, returned, request), request.query, request.viewer
    headers = seen = request.headers if event.seen is None else event.seen
    if returned.get("querystring") != UNREAD:
        query = _query(event.records["querystring"], returned.get("querystring", {}), query)
    if returned.get("headers") != UNREAD:
        headers = _headers(Hook.VIEWER_REQUEST, event.records, returned, headers)
    if returned.get("cookies") != UNREAD:
        headers = _with_cookies(event.records, returned, request.headers, headers)
    unchanged = headers is seen
    headers, viewer = (request.headers, viewer) if unchanged else taken_over(event.own, seen, headers, viewer)
    if (path, query) != (request.path, request.query):
        if not fits(path, query):
            what = "request.uri and request.querystring must have less than 8,192 characters."
            raise invalid(what, f"they have {len(path) + len(query or '')}")
    elif unchanged:
        return request
    return Request(
        request.method, request.scheme, request.host, path, query, headers, request.body, request.http_version,
        request.client_ip, request.client_port, request.websocket, viewer,
    )  # fmt: skip


def apply_to_response(output: str, event: Event, response: Response) -> Response:
    """The response that goes to the viewer. Raises FunctionError (validation)."""
    return _changed_response(_returned(output), event, response)


def _returned(output: str) -> Message:
    try:
        returned = orjson.loads(output)
    except orjson.JSONDecodeError:
        returned = None
    if not isinstance(returned, dict):
        start = output[:60] + "…" if len(output) > 60 else output or "nothing"
        raise invalid(
            "it must be a request or response object.", f"handler returned {start}: return event.request or a response"
        )
    return returned


def _path(sent: Message, returned: Message, request: Request) -> str:
    uri = returned.get("uri")
    if uri == sent["uri"]:
        return request.path
    path = wire(uri) if isinstance(uri, str) else ""
    if not is_uri(path):
        cause = f"request.uri is {uri!r:.80}: it begins with / and holds no space, control character, # or ?"
        raise invalid("request.uri is in an invalid format.", cause)
    return path


def _query(sent: Message, returned: Any, query: str | None) -> str | None:
    # A string is used verbatim: that is how a function sets the order of parameters.
    if isinstance(returned, str):
        text = wire(returned)
    else:
        changed = changes(sent, returned, "request.querystring")
        if not changed:
            return query
        text = "&".join(rewritten(query_parts(query), changed, write_pair))
    if not is_query(text):
        cause = f"request.querystring {text!r:.80} holds a space, a control character or #: percent-encode it"
        raise invalid("request.querystring is in an invalid format.", cause)
    return text or None


def _headers(hook: Hook, sent: Message, returned: Message, headers: Headers) -> Headers:
    given = returned.get("headers", {})
    if given is sent["headers"] or given == sent["headers"]:
        return headers
    message, cookie = ("request", "cookie") if hook is Hook.VIEWER_REQUEST else ("response", "set-cookie")
    changed = changes(sent["headers"], given, f"{message}.headers")
    for name in changed:
        if name != name.lower():
            raise invalid(f"{message}.headers must have header names in lower case.", f"{message}.headers[{name!r}]")
    own_cookies = changed.pop(cookie, [])
    if own_cookies and hook is Hook.VIEWER_REQUEST:
        raise invalid("request.headers must not have cookies.", "request.headers.cookie is set: use request.cookies")
    if hook is Hook.VIEWER_RESPONSE:
        changed = {name: entries for name, entries in changed.items() if name not in FRAMING}
    if not changed and not own_cookies:
        return headers
    lines = {name: _lines(name, entries, headers) for name, entries in changed.items()}
    after = replaced(headers, lines)
    if own_cookies:
        after = after.adding(*_lines(cookie, own_cookies, headers))
    check(hook, "function", headers, after, [*changed, cookie] if own_cookies else changed)
    return after


def _lines(name: str, entries: list[Entry], headers: Headers) -> list[tuple[str, str]]:
    key = wire_name(name)
    return [(key, wire(entry.value, headers.get_all(name))) for entry in entries]


def _with_cookies(sent: Message, returned: Message, before: Headers, headers: Headers) -> Headers:
    changed = changes(sent["cookies"], returned.get("cookies", {}), "request.cookies")
    if not changed:
        return headers
    pairs = rewritten(cookie_parts(before), changed, write_pair)
    _legal(pairs, "request.cookies")
    return headers.setting("Cookie", "; ".join(pairs)) if pairs else headers.without("cookie")


def _with_set_cookies(sent: Message, returned: Message, before: Headers, headers: Headers) -> Headers:
    changed = changes(sent["cookies"], returned.get("cookies", {}), "response.cookies")
    if not changed:
        return headers
    lines = rewritten(set_cookie_parts(before), changed, write_set_cookie)
    _legal(lines, "response.cookies")
    # Lines that the function wrote as headers stand after those it was shown as cookies.
    own = headers.get_all("set-cookie")[len(before.get_all("set-cookie")) :]
    return headers.without("set-cookie").adding(*(("Set-Cookie", line) for line in [*lines, *own]))


def _legal(texts: list[str], where: str) -> None:
    for text in texts:
        if control_character(text) is not None:
            raise invalid(f"{where} must have valid names and values.", f"a control character in {text!r:.80}")


def _changed_response(returned: Message, sent: Event, response: Response) -> Response:
    status, reason, headers = _status(returned), _reason(returned, sent.message, response), response.headers
    if returned.get("headers") != UNREAD:
        headers = _headers(Hook.VIEWER_RESPONSE, sent.records, returned, headers)
    if returned.get("cookies") != UNREAD:
        headers = _with_set_cookies(sent.records, returned, response.headers, headers)
    body = _body(returned["body"]) if "body" in returned else response.body
    if body is not response.body:
        if status == 204 and body.length:
            raise invalid("response.body must be empty with status code 204.", "a 204 response has no body")
        if any(name in headers for name in FRAMING):
            headers = headers.without(*FRAMING)
    elif headers is response.headers and status == response.status and reason == response.reason:
        return response
    return Response(status, headers, body, reason)


def _status(returned: Message) -> int:
    status = returned.get("statusCode")
    if type(status) is not int or not 200 <= status <= 599:
        cause = (
            f"response.statusCode is {status!r:.80}" if "statusCode" in returned else "the returned object has no statusCode"
        )
        raise invalid("response.statusCode must be an integer from 200 to 599.", cause)
    return status


def _reason(returned: Message, sent: Message, response: Response) -> str:
    description = returned.get("statusDescription", "")
    if description == sent.get("statusDescription"):
        return response.reason
    if not isinstance(description, str) or control_character(wire(description)) is not None:
        raise invalid("response.statusDescription must be a string.", f"response.statusDescription is {description!r:.80}")
    return wire(description)


def _body(body: Any) -> Body:
    """The replaced body: a string, or `{encoding: text | base64, data}`."""
    form = {"encoding": "text", "data": body} if isinstance(body, str) else body
    encoding, data = (form.get("encoding"), form.get("data")) if isinstance(form, dict) else (None, None)
    if encoding not in ("text", "base64") or not isinstance(data, str):
        cause = "response.body must be a string or {encoding: 'text' | 'base64', data: string}"
        raise invalid("response.body must be a string or an object with encoding and data.", cause)
    try:
        content = data.encode() if encoding == "text" else b64decode(data, validate=True)
    except ValueError as error:
        raise invalid("response.body is not valid base64.", f"response.body.data is not base64: {error}") from error
    return Bytes(content) if content else EMPTY
