"""TestFunction's EventObject: the event of a CloudFront Function, and the request and response that it stands for.

AWS pages: test-function, functions-event-structure.
"""

from typing import Any, NamedTuple

from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers, Request, Response
from edgeproxy.rules.edge_event import wire
from edgeproxy.rules.edge_headers import wire_name

REQUEST = ("headers", "method", "querystring", "uri", "cookies")
RESPONSE = ("headers", "statusDescription", "cookies", "statusCode", "body")
"""The properties that CloudFront knows, in the order in which TestFunction shows them. Chosen: `body` comes last."""
RECORDS = ("headers", "querystring", "cookies")

Json = dict[str, Any]


class EventObject(NamedTuple):
    """An event for a hook, as the function gets it."""

    hook: Hook
    event: Json

    @property
    def sent(self) -> Json:
        """The part that the function may change: the request, or the response."""
        if self.hook is Hook.VIEWER_REQUEST:
            return known(self.event["request"], REQUEST)
        return known(self.event["response"], RESPONSE)

    def raw_query(self) -> str | None:
        """The query string that the event stands for, None for none."""
        return "&".join(_pairs(self.event["request"]["querystring"])) or None

    def request(self) -> Request:
        """The request that the event stands for."""
        request = self.event["request"]
        headers = _lines(request["headers"], "cookie")
        if request["cookies"]:
            headers = headers.adding(("Cookie", "; ".join(_pairs(request["cookies"]))))
        host = headers.get("host") or ""
        return Request(request["method"], "https", host, wire(request["uri"]), self.raw_query(), headers)

    def response(self) -> Response:
        """The response that the event stands for, without its body."""
        response = self.event["response"]
        cookies = [
            ("Set-Cookie", wire(f"{name}={entry['value']}" + (f"; {entry['attributes']}" if entry.get("attributes") else "")))
            for name, record in response["cookies"].items()
            for entry in _entries(record)
        ]
        reason = wire(response.get("statusDescription", ""))
        return Response(response["statusCode"], _lines(response["headers"], "set-cookie").adding(*cookies), reason=reason)


def known(message: Json, properties: tuple[str, ...]) -> Json:
    """What CloudFront knows (REQUEST or RESPONSE) of a message, in its order; `cookies` is always there."""
    whole = {"cookies": {}, **message}
    kept = {name: whole[name] for name in properties if name in whole}
    return {name: _known_records(value) if name in RECORDS else value for name, value in kept.items()}


def _known_records(records: Any) -> Any:
    if not isinstance(records, dict):
        return records
    return {name: _known_record(record, ("value", "attributes", "multiValue")) for name, record in records.items()}


def _known_record(record: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(record, dict):
        return record
    kept = {name: record[name] for name in names if name in record}
    if isinstance(kept.get("multiValue"), list):
        kept["multiValue"] = [_known_record(item, ("value", "attributes")) for item in kept["multiValue"]]
    return kept


def _entries(record: Json) -> list[Json]:
    return record.get("multiValue") or [record]


def _pairs(records: Json) -> list[str]:
    return [wire(f"{name}={entry['value']}") for name, record in records.items() for entry in _entries(record)]


def _lines(records: Json, apart: str) -> Headers:
    return Headers(
        (wire_name(name), wire(entry["value"]))
        for name, record in records.items()
        if name != apart
        for entry in _entries(record)
    )
