"""Query parameters, headers and cookies as CloudFront Functions see them: one record a name, `{value, multiValue}`.

A name met once has `value` alone; met twice or more, `value` is the first and `multiValue` all of them. On the way out a
modified `multiValue` wins, else `value` replaces the first and the rest of `multiValue` stays. Nothing is percent-decoded.
AWS page: functions-event-structure (query string, headers, cookies).
Chosen: a record given back without the `multiValue` it had is a single value; `multiValue: []` deletes the name; a query
parameter or cookie without `=` has the value "", the same as with an empty one.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers
from edgeproxy.rules.edge_event import shown, wire
from edgeproxy.rules.edge_headers import DISALLOWED, DISALLOWED_PREFIXES


class Entry(NamedTuple):
    """One value as the function sees it; `attributes` is what follows the first `;` of a Set-Cookie."""

    value: str
    attributes: str | None = None


Record = dict[str, Any]
Part = tuple[str, Entry, str]
"""Name and entry as the function sees them, and the text that they were read from."""


def invalid(what: str, cause: str) -> FunctionError:
    """The refusal of a returned value: `what` for the viewer's page, `cause` for the terminal."""
    return FunctionError.validation(f"The CloudFront function returned an invalid value: {what}", cause)


def records(parts: Iterable[Part]) -> dict[str, Record]:
    """The records by name, in order of first appearance."""
    found: dict[str, Record] = {}
    for name, entry, _ in parts:
        single: Record = {"value": entry.value}
        if entry.attributes is not None:
            single["attributes"] = entry.attributes
        if (record := found.get(name)) is None:
            found[name] = single
        elif "multiValue" in record:
            record["multiValue"].append(single)
        else:
            record["multiValue"] = [dict(record), single]
    return found


def header_records(headers: Headers, apart: str) -> dict[str, Record]:
    """The records of the headers that functions may see, but for `apart` (lower case): its cookies have their own object."""
    return {
        name: {"value": values[0]} if len(values) == 1 and values[0].isascii() else _header_record(values)
        for name, values in headers.by_name().items()
        if name not in DISALLOWED and name != apart and not (name > "x-" and name.startswith(DISALLOWED_PREFIXES))
    }


def _header_record(values: list[str]) -> Record:
    record: Record = {"value": shown(values[0])}
    if len(values) > 1:
        record["multiValue"] = [{"value": shown(value)} for value in values]
    return record


def query_parts(query: str | None) -> list[Part]:
    """The parameters of a query string (without `?`), undecoded."""
    return [_named(text) for text in query.split("&") if text] if query else []


def cookie_parts(headers: Headers) -> list[Part]:
    """The cookies of every Cookie line."""
    return [_named(text) for line in headers.get_all("cookie") for part in line.split(";") if (text := part.strip())]


def set_cookie_parts(headers: Headers) -> list[Part]:
    """The cookies of the Set-Cookie lines, with their attributes."""
    return [_with_attributes(line) for line in headers.get_all("set-cookie")]


def _named(text: str) -> Part:
    name, _, value = text.partition("=")
    return (name, Entry(value), text) if text.isascii() else (shown(name), Entry(shown(value)), text)


def _with_attributes(line: str) -> Part:
    pair, semicolon, attributes = line.partition(";")
    name, _, value = pair.partition("=")
    return shown(name.strip()), Entry(shown(value.strip()), shown(attributes.strip()) if semicolon else None), line


def write_pair(name: str, entry: Entry) -> str:
    """A query parameter or a cookie of a request, as it goes on the wire."""
    return wire(f"{name}={entry.value}")


def write_set_cookie(name: str, entry: Entry) -> str:
    """The value of a Set-Cookie line."""
    return wire(f"{name}={entry.value}; {entry.attributes}" if entry.attributes else f"{name}={entry.value}")


def changes(sent: dict[str, Record], returned: Any, where: str) -> dict[str, list[Entry]]:
    """The new entries of each name whose record differs from what was sent, none for a deleted one.

    `where` names the object (`request.headers`). Raises FunctionError (validation) for what is no record.
    """
    if returned is sent or returned == sent:
        return {}
    if not isinstance(returned, dict):
        raise invalid(f"{where} must be an object.", f"{where} is {_kind(returned)}")
    changed: dict[str, list[Entry]] = {name: [] for name in sent if name not in returned}
    for name, record in returned.items():
        before = sent.get(name)
        if before is None or record != before:
            entries = _entries(before, record, where, name)
            if before is None or entries != _entries(before, before, where, name):
                changed[name] = entries
    return changed


def _entries(before: Record | None, record: Any, where: str, name: str) -> list[Entry]:
    multiple = record.get("multiValue") if isinstance(record, dict) else None
    if multiple is None:
        return [_entry(record, where, name)]
    if not isinstance(multiple, list):
        raise invalid(f"{where} must have lists as multiValue.", f"{where}[{name!r:.80}].multiValue is {_kind(multiple)}")
    # A modified multiValue wins and value is ignored; else value stands for the first and the others stay.
    if before is None or multiple != before.get("multiValue"):
        return [_entry(item, where, name) for item in multiple]
    return [_entry(item, where, name) for item in (record, *multiple[1:])]


def _entry(item: Any, where: str, name: str) -> Entry:
    value, attributes = (item.get("value"), item.get("attributes")) if isinstance(item, dict) else (None, None)
    if not isinstance(value, str) or not (attributes is None or isinstance(attributes, str)):
        cause = f"{where}[{name!r:.80}] is {_kind(item)}, it must be an object with a string `value`"
        raise invalid(f"{where} must have objects with a string value.", cause)
    return Entry(value, attributes)


def rewritten(parts: list[Part], changed: dict[str, list[Entry]], write: Callable[[str, Entry], str]) -> list[str]:
    """The texts of `parts` with each changed name's entries where it first stood, else at the end.

    An entry that was there before keeps the text it was read from.
    """
    known = {(name, entry): text for name, entry, text in parts if name in changed}
    rest = {name: [known.get((name, entry)) or write(name, entry) for entry in entries] for name, entries in changed.items()}
    texts: list[str] = []
    for name, _, text in parts:
        texts += rest.pop(name, ()) if name in changed else (text,)
    return [*texts, *chain.from_iterable(rest.values())]


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null or undefined"}
    return kinds.get(type(value), "a number")
