"""The headers object of Lambda@Edge events: lower-case names, each an array of `{key, value}`, one per header line.

On the way back `key` may be left out and is made from the name; a value is a string or an array of strings. Lines that the
handler did not change are forwarded byte for byte. AWS page: lambda-event-structure (headers).
Chosen: a `key` that is not the name in another case is refused; names that differ only in case are one header;
an empty array deletes the header; at origin-response Content-Length may differ, but CloudFront's own goes out.
"""

from typing import Any

from edgeproxy.errors import LambdaError
from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers
from edgeproxy.rules.edge_event import shown, wire
from edgeproxy.rules.edge_headers import LAMBDA_ILLEGAL, LAMBDA_PREFIX, check, replaced, visible, wire_name

ENTRY_PREFIX = "The Lambda function returned an invalid entry in the headers object: "
NOT_AN_OBJECT = LAMBDA_PREFIX + "The headers object is not an object."
NOT_AN_ARRAY = ENTRY_PREFIX + "Each header entry in the headers object must be an array."
NOT_A_STRING = ENTRY_PREFIX + "The value of each header must be of string or array of string type."
KEY_MISMATCH = ENTRY_PREFIX + "The key of each header must be the name of its entry."

Line = tuple[str, str]
"""Key and value, as shown to the handler."""


def headers_object(headers: Headers) -> dict[str, list[dict[str, str]]]:
    """The object that a handler is shown: every line that edge code may see."""
    found: dict[str, list[dict[str, str]]] = {}
    for name, value in visible(headers):
        found.setdefault(name.lower(), []).append({"key": name, "value": shown(value)})
    return found


def lines(returned: Any) -> dict[str, list[Line]]:
    """The lines of a returned headers object by lower-case name. Raises LambdaError (validation)."""
    if not isinstance(returned, dict):
        raise LambdaError.validation(NOT_AN_OBJECT, f"the headers object is {returned!r:.80}")
    found: dict[str, list[Line]] = {}
    for name, entries in returned.items():
        # "Each header entry in the headers object must be an array."
        if not isinstance(entries, list):
            cause = f"the value of header {name!r:.80} is not an array: write [{{key, value}}]"
            raise LambdaError.validation(NOT_AN_ARRAY, cause)
        if not name.isascii():
            raise LambdaError.validation(LAMBDA_ILLEGAL, f"the header name {name!r:.80} is not ASCII")
        same = found.setdefault(name.lower(), [])
        for entry in entries:
            same += _entry_lines(name, entry)
    return found


def _entry_lines(name: str, entry: Any) -> list[Line]:
    value: Any = entry.get("value") if isinstance(entry, dict) else None
    values: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        cause = (
            "The Lambda function returned an invalid entry in the headers object, the value of each header value must be of "
            f"string or array of string type, header :{name:.80} has one or more entries whose value is neither string nor "
            "array of strings."
        )
        raise LambdaError.validation(NOT_A_STRING, cause)
    key = entry.get("key", wire_name(name.lower()))
    if not isinstance(key, str) or not key.isascii() or key.lower() != name.lower():
        raise LambdaError.validation(KEY_MISMATCH, f"header {name!r:.80} has the key {key!r:.80}")
    return [(key, item) for item in values]


def apply(hook: Hook, sent: dict[str, list[dict[str, str]]], returned: Any, headers: Headers) -> Headers:
    """`headers` as the handler left them; the same object when it changed none. Raises LambdaError (validation)."""
    if returned == sent:
        return headers
    given = lines(returned)
    before = {name: [(entry["key"], entry["value"]) for entry in entries] for name, entries in sent.items()}
    changed: dict[str, list[Line]] = {name: [] for name in before if name not in given}
    changed |= {name: new for name, new in given.items() if new != before.get(name, [])}
    if hook is Hook.ORIGIN_RESPONSE:
        changed.pop("content-length", None)
    texts = {name: [(key, wire(value, headers.get_all(name))) for key, value in new] for name, new in changed.items()}
    after = replaced(headers, texts)
    check(hook, "lambda", headers, after, changed)
    return after
