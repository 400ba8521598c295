"""A request or response of Lambda@Edge in the form in which `diff` compares messages.

Header lines become records, an origin becomes one value a field, and the request body the text that goes on.
"""

from base64 import b64decode
from typing import Any

Json = dict[str, Any]


def plain(message: Json, sent: Json | None = None) -> Json:
    """`sent`: the message that the handler changed, whose origin and body stay where it left out or did not replace them."""
    found = dict(message)
    for name in ("origin", "body"):
        if sent and name in sent and (name not in message or _is_read_only(message[name])):
            found[name] = sent[name]
    if "headers" in found:
        found["headers"] = _records(found["headers"])
    if "origin" in found:
        found["origin"] = _fields(found["origin"])
    if isinstance(found.get("body"), dict):
        found["body"] = _text(found["body"])
    return found


def _is_read_only(body: Any) -> bool:
    return isinstance(body, dict) and body.get("action", "read-only") == "read-only" and "data" in body


def _records(headers: Any) -> Any:
    if not isinstance(headers, dict):
        return headers
    return {name: _record(lines) for name, lines in headers.items() if lines != []}


def _record(lines: Any) -> Any:
    """A record of one value or several; as it came when it is no list of lines."""
    if not isinstance(lines, list) or not all(isinstance(line, dict) and "value" in line for line in lines):
        return lines
    values = [value for line in lines for value in (line["value"] if isinstance(line["value"], list) else [line["value"]])]
    if len(values) < 2:
        return {"value": values[0]} if values else []
    return {"value": values[0], "multiValue": [{"value": value} for value in values]}


def _fields(origin: Any) -> Any:
    """`{"custom.domainName": …, "custom.customHeaders.x-a": …}`."""
    if not isinstance(origin, dict):
        return origin
    found: Json = {}
    for kind, form in origin.items():
        fields = form if isinstance(form, dict) else {"": form}
        headers = _records(fields.get("customHeaders", {}))
        found |= {f"{kind}.{name}": {"value": value} for name, value in fields.items() if name != "customHeaders"}
        found |= {f"{kind}.customHeaders.{name}": value for name, value in headers.items()} if isinstance(headers, dict) else {}
    return found


def _text(body: Json) -> Any:
    data = body.get("data")
    if body.get("encoding") != "base64" or not isinstance(data, str):
        return data
    try:
        return b64decode(data, validate=True).decode()
    except ValueError:
        return data
