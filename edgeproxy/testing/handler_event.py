"""The event of a Lambda@Edge handler from a file: checked, completed, and the request, response and origin it stands for.

AWS pages: lambda-event-structure, lambda-include-body-access. What CloudFront always sends and the file leaves out is added,
the header lines that it never shows are taken away; the origin of an origin-request event has to be there.
Chosen: without `config.eventType`, an event with a response is one of a response trigger, and one whose request has an
`origin` is origin-facing. Unknown fields reach the handler, unless they look like a known one misspelled.
"""

import re
from base64 import b64decode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from edgeproxy.errors import ConfigError, LambdaError, Problem
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.messages import Bytes, Headers, Request, Response
from edgeproxy.model import Origin
from edgeproxy.rules import lambda_origin
from edgeproxy.rules.edge_event import PHRASES, is_query, is_uri, wire
from edgeproxy.rules.edge_headers import is_disallowed, wire_name
from edgeproxy.rules.lambda_event import Event
from edgeproxy.spelling import nearest
from edgeproxy.testing import event_file

MOST_BYTES = 6 << 20
"""Lambda's largest payload."""
SHAPE = '{"Records": [{"cf": {"config": …, "request": …}}]}'
REQUESTS = (Hook.VIEWER_REQUEST, Hook.ORIGIN_REQUEST)
ORIGIN_FACING = (Hook.ORIGIN_REQUEST, Hook.ORIGIN_RESPONSE)
CONFIG = {
    "distributionDomainName": "d111111abcdef8.cloudfront.net",
    "distributionId": "EDFDVBD6EXAMPLE",
    "requestId": "MRVMF7KydIvxMWfJIglgwHQwZsbG2IhRJ07sn9AkKUFSHS9EXAMPLE==",
}
"""What stands in an event that has none of its own: AWS's example values."""
CLIENT_IP = "127.0.0.1"
KNOWN = {
    "cf": ("config", "request", "response"),
    "config": ("distributionDomainName", "distributionId", "eventType", "requestId"),
    "request": ("body", "clientIp", "headers", "method", "origin", "querystring", "uri"),
    "response": ("headers", "status", "statusDescription"),
    "body": ("inputTruncated", "action", "encoding", "data"),
    "origin": ("custom", "s3"),
}

Json = dict[str, Any]


class HandlerEvent(NamedTuple):
    """What a handler is sent, and the messages that it stands for; `response` at a response trigger."""

    hook: Hook
    event: Event
    request: Request
    response: Response | None = None
    origin: Origin | None = None


class _Part(NamedTuple):
    """An object of the event and its place in it; in a list, the key is a number."""

    path: Path
    where: str
    fields: Json

    def inner(self, name: str) -> "_Part":
        """The object of that name."""
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise self.wrong(f".{name} is missing" if name not in self.fields else f".{name} must be an object")
        return _part(self.path, f"{self.where}.{name}", value, KNOWN[name])

    def text(self, name: str, default: str | None = None) -> str:
        """The string of that name, which then stands in the event."""
        value = self.fields.setdefault(name, default) if default is not None else self.fields.get(name)
        if not isinstance(value, str):
            raise self.wrong(f".{name} must be a string" if name in self.fields else f".{name} is missing")
        return value

    def headers(self) -> Headers:
        """The header lines that CloudFront shows; the others are taken out of the event, and left out keys are put in."""
        headers = self.fields.setdefault("headers", {})
        if not isinstance(headers, dict):
            raise self.wrong(".headers must be an object")
        for name in list(headers):
            self._check(name, headers[name])
            if is_disallowed(name):
                del headers[name]
        return Headers((line["key"], wire(line["value"])) for lines in headers.values() for line in lines)

    def _check(self, name: str, lines: Any) -> None:
        if name != name.lower():
            raise self.wrong(f".headers must have names in lower case: {name!r:.80}")
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise self.wrong(f".headers[{name!r:.80}] must be a list of objects", 'write [{"key": "Name", "value": "text"}]')
        for line in lines:
            if not isinstance(line.get("value"), str):
                raise self.wrong(f".headers[{name!r:.80}] has a line without a string `value`", _near("value", line))
            key = line.setdefault("key", wire_name(name))
            if not isinstance(key, str) or key.lower() != name:
                raise self.wrong(f".headers[{name!r:.80}] has the key {key!r:.80}, which is another name")

    def wrong(self, what: str, hint: str = "") -> ConfigError:
        """The error of something in this object."""
        return ConfigError(Problem(self.where + what, self.path, hint=hint))


def _part(path: Path, where: str, fields: Json, known: Iterable[str]) -> _Part:
    """Raises ConfigError for a field that is a misspelled known one."""
    part = _Part(path, where, fields)
    absent = [name for name in known if name not in fields]
    for name in fields:
        if name not in known and (hint := _near(name, absent)):
            raise part.wrong(f".{name:.80} is unknown", hint)
    return part


def _near(name: str, names: Iterable[str]) -> str:
    near = nearest(name, names)
    return f"did you mean {near}?" if near else ""


def is_one(path: Path) -> bool:
    """Does the file hold an event with `Records[0].cf`?"""
    try:
        event = event_file.load(path, MOST_BYTES)
    except ConfigError:
        return False
    return _record(event) is not None


def _record(event: Any) -> Json | None:
    records = event.get("Records") if isinstance(event, dict) else None
    record = records[0] if isinstance(records, list) and records else None
    found = record.get("cf") if isinstance(record, dict) else None
    return found if isinstance(found, dict) else None


def read(path: Path) -> HandlerEvent:
    """The event in a file. Raises ConfigError for one that CloudFront would not send."""
    event = event_file.load(path, MOST_BYTES)
    found = _record(event)
    if found is None:
        own = isinstance(event, dict) and "request" in event
        what = "this is the event of a CloudFront Function: a" if own else "no Records[0].cf: a"
        raise ConfigError(Problem(f"{what} handler's event is {SHAPE}", path))
    if len(event["Records"]) > 1:
        raise ConfigError(Problem("an event of CloudFront's has one record", path))
    cf = _part(path, "Records[0].cf", found, KNOWN["cf"])
    request = cf.inner("request")
    hook = _hook(cf, request)
    asked, origin = _request(request, hook), _origin(request, hook)
    response = None if hook in REQUESTS else _response(cf.inner("response"))
    sent = request.fields if response is None else cf.fields["response"]
    return HandlerEvent(hook, Event(orjson.dumps(event), sent), asked, response, origin)


def _hook(cf: _Part, request: _Part) -> Hook:
    cf.fields.setdefault("config", {})
    config = cf.inner("config")
    for name, value in CONFIG.items():
        config.text(name, value)
    origin, viewer = Hook.ORIGIN_REQUEST, Hook.VIEWER_REQUEST
    if "response" in cf.fields:
        origin, viewer = Hook.ORIGIN_RESPONSE, Hook.VIEWER_RESPONSE
    name = config.text("eventType", origin if "origin" in request.fields else viewer)
    if name not in list(Hook):
        raise config.wrong(f".eventType is {name!r:.40}", _near(name, Hook) or f"one of {', '.join(Hook)}")
    return Hook(name)


def _request(request: _Part, hook: Hook) -> Request:
    uri, query = wire(request.text("uri")), wire(request.text("querystring", ""))
    if not is_uri(uri):
        raise request.wrong(f".uri is {uri!r:.80}", "it begins with /; a query string stands in querystring")
    if not is_query(query):
        raise request.wrong(f".querystring is {query!r:.80}", "no spaces, control characters and #")
    headers, body = request.headers(), b""
    if "body" in request.fields:
        if not RIGHTS[hook].sees_body:
            raise request.wrong(f".body is never shown at {hook}")
        body = _body(request.inner("body"), RIGHTS[hook].body_size)
    method, address = request.text("method"), request.text("clientIp", CLIENT_IP)
    return Request(method, "https", headers.get("host") or "", uri, query or None, headers, Bytes(body), client_ip=address)


def _body(body: _Part, most: int) -> bytes:
    body.fields.setdefault("inputTruncated", False)
    body.text("action", "read-only")
    if body.text("encoding", "base64") != "base64":
        raise body.wrong(".encoding is always base64 in an event")
    try:
        data = b64decode(body.text("data"), validate=True)
    except ValueError:
        raise body.wrong(".data is not base64") from None
    if len(data) > most:
        raise body.wrong(f".data has {len(data):,} bytes", f"CloudFront shows the first {most:,}, with inputTruncated: true")
    return data


def _origin(request: _Part, hook: Hook) -> Origin | None:
    """The origin as if a handler had chosen it: the same rules bind both."""
    if hook not in ORIGIN_FACING and "origin" in request.fields:
        raise request.wrong(f".origin is never shown at {hook}")
    if "origin" not in request.fields:
        if hook is Hook.ORIGIN_REQUEST:
            raise request.wrong(".origin is missing", "an origin-request event has the origin: its custom or s3 object")
        return None
    shown = request.inner("origin")
    kind = "s3" if "s3" in shown.fields else "custom"
    plain = Origin("origin", "origin.example", s3=kind == "s3", origin_access_identity=kind == "s3")
    before = lambda_origin.origin_object(plain, "https")
    if isinstance(given := shown.fields.get(kind), dict):
        _part(request.path, f"{shown.where}.{kind}", given, before[kind])
    try:
        found = lambda_origin.apply(plain, before, shown.fields, Headers()) or plain
    except LambdaError as error:
        raise shown.wrong(f": {error.sentence.removeprefix(lambda_origin.PREFIX)}", error.cause) from None
    for name, value in lambda_origin.origin_object(found, "https")[kind].items():
        shown.fields[kind].setdefault(name, value)
    return found


def _response(response: _Part) -> Response:
    status = response.fields.get("status")
    if not isinstance(status, str) or not re.fullmatch("[1-5][0-9][0-9]", status):
        raise response.wrong(f".status is {status!r:.40}", 'a string such as "200"')
    if "body" in response.fields:
        raise response.wrong(".body is never shown to a handler")
    reason = response.text("statusDescription", PHRASES.get(int(status), ""))
    return Response(int(status), response.headers(), reason=wire(reason))
