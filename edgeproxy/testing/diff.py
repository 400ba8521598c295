"""What a function changed in its request or response, field by field: `uri: "/a" -> "/a.html"`, `headers.x-a: + "1"`."""

import json
from typing import Any

from edgeproxy.terminal import safe

FIELDS = (
    "method", "uri", "querystring", "origin", "status", "statusCode", "statusDescription", "headers", "cookies",
    "bodyEncoding", "body",
)  # fmt: skip
RECORDS = ("querystring", "origin", "headers", "cookies")
WIDTH = 400
"""Characters that are shown of a value."""
_MISSING = object()

Json = dict[str, Any]


def lines(before: Json, after: Json) -> list[str]:
    """One line a change, none when nothing changed; values are JSON and safe for a terminal."""
    found = []
    for field in FIELDS:
        old, new = before.get(field, _MISSING), after.get(field, _MISSING)
        if field in RECORDS and isinstance(old, dict) and isinstance(new, dict):
            found += _records(field, old, new)
        elif field in RECORDS and new is _MISSING:
            # What a function leaves out is empty.
            found += _records(field, old, {}) if isinstance(old, dict) else []
        elif field in RECORDS and old is _MISSING and isinstance(new, dict):
            found += _records(field, {}, new)
        elif old != new and not (field == "body" and new is _MISSING):
            found.append(_line(field, old, new))
    return found


def _records(field: str, before: Json, after: Json) -> list[str]:
    names = [*before, *(name for name in after if name not in before)]
    found = []
    for name in names:
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        shown = _shown_record(old, old), _shown_record(new, old)
        if shown[0] != shown[1]:
            found.append(_line(f"{field}.{name}", *shown))
    return found


def _shown_record(record: Any, before: Any) -> Any:
    """A record as its one value, or as the list of those that count."""
    if not isinstance(record, dict):
        return record
    multiple = record.get("multiValue")
    if not isinstance(multiple, list):
        return _value(record)
    # A modified multiValue wins; else value stands for the first and the others stay.
    same = isinstance(before, dict) and before.get("multiValue") == multiple
    return [_value(item) for item in ([record, *multiple[1:]] if same else multiple)]


def _value(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    value, attributes = entry.get("value"), entry.get("attributes")
    return f"{value}; {attributes}" if isinstance(value, str) and attributes else value


def _line(name: str, old: Any, new: Any) -> str:
    if old is _MISSING:
        return f"{safe(name)}: + {_json(new)}"
    if new is _MISSING:
        return f"{safe(name)}: - {_json(old)}"
    return f"{safe(name)}: {_json(old)} -> {_json(new)}"


def _json(value: Any) -> str:
    text = safe(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}… ({len(text):,} characters)"
