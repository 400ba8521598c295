"""The file of an event, written by hand for TestFunction: read and checked.

AWS pages: test-function, functions-event-structure; the API model bounds it to 40,960 bytes. The three ids may be left out.
Chosen: `headers`, `querystring` and `cookies` left out are `{}`, as at run time; nothing else is added, no `host` either.
Without `context.eventType`, an event with a response is one of viewer-response.
Chosen: a header name in upper case is refused, as the guide asks of hand-made events; query and cookie names may have any case.
"""

from pathlib import Path
from typing import Any

import orjson

from edgeproxy.errors import ConfigError, Problem
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.testing.event_object import RECORDS, EventObject, Json

MOST_BYTES = 40960


def read(path: Path) -> EventObject:
    """The event in a file. Raises ConfigError for what TestFunction would not take."""
    event = load(path, MOST_BYTES)
    if not isinstance(event, dict):
        raise _wrong(path, "an event is a JSON object with a `request`")
    return _checked(path, event)


def load(path: Path, most: int) -> Any:
    """The JSON in a file of at most so many bytes. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise _wrong(path, f"an event has at most {most:,} bytes")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ConfigError(Problem(f"not JSON: {error.msg}", path, error.lineno, error.colno)) from None


def _checked(path: Path, event: Json) -> EventObject:
    hook = _hook(path, event)
    request = _message(path, event, "request")
    if not isinstance(request.get("method"), str):
        raise _wrong(path, "request.method must be a string")
    if not isinstance(request.get("uri"), str) or not request["uri"].startswith("/"):
        raise _wrong(path, "request.uri must be a string that begins with /")
    if hook is Hook.VIEWER_RESPONSE:
        response = _message(path, event, "response")
        if type(response.get("statusCode")) is not int:
            raise _wrong(path, "response.statusCode must be an integer")
        if not isinstance(response.get("statusDescription", ""), str):
            raise _wrong(path, "response.statusDescription must be a string")
    return EventObject(hook, event)


def _hook(path: Path, event: Json) -> Hook:
    context = event.get("context", {})
    if not isinstance(context, dict):
        raise _wrong(path, "context must be an object")
    hook = context.get("eventType", Hook.VIEWER_RESPONSE if "response" in event else Hook.VIEWER_REQUEST)
    if hook not in [name for name, rights in RIGHTS.items() if rights.functions]:
        raise _wrong(path, f"context.eventType is {hook!r:.40}, it must be viewer-request or viewer-response")
    return Hook(hook)


def _message(path: Path, event: Json, name: str) -> Json:
    message = event.get(name)
    if not isinstance(message, dict):
        raise _wrong(path, f"the event has no `{name}`" if message is None else f"{name} must be an object")
    for field in RECORDS if name == "request" else ("headers", "cookies"):
        _check_records(path, f"{name}.{field}", message.setdefault(field, {}))
    for header in message["headers"]:
        if header != header.lower():
            raise _wrong(path, f"{name}.headers must have header names in lower case: {header!r:.80}")
    return message


def _check_records(path: Path, where: str, records: Any) -> None:
    if not isinstance(records, dict):
        raise _wrong(path, f"{where} must be an object")
    for name, record in records.items():
        multiple = record.get("multiValue", []) if isinstance(record, dict) else None
        if not isinstance(multiple, list) or not all(map(_is_entry, [record, *multiple])):
            raise _wrong(path, f"{where}[{name!r:.80}] must be an object with a string `value`")


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("value"), str) and isinstance(entry.get("attributes", ""), str)


def _wrong(path: Path, message: str) -> ConfigError:
    return ConfigError(Problem(message, path))
