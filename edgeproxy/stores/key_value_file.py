"""The file of a key value store, `{"data": [{"key": "k", "value": "v"}]}`: read with every problem in its line, written whole.

AWS pages: "File format for key-value pairs", "Quotas" (CloudFront KeyValueStore): "duplicate keys make the import fail".
Chosen: sizes count bytes of UTF-8, a store's size is that of all its keys and values; a key is never empty, a value may be.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from edgeproxy.errors import ConfigError, Problem

MAX_KEY = 512
MAX_VALUE = 1024
MAX_STORE = 5 << 20
"""Bytes of a key, of a value, of a store and of its file."""
MAX_PROBLEMS = 20
"""Problems told of one file."""
_FORM = 'the form is {"data": [{"key": "…", "value": "…"}]}'
_DATA = re.compile(r'(?<!\\)"data"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def refusal(key: str, value: str) -> str | None:
    """Why CloudFront would not take this pair; None when it would."""
    try:
        key_size, value_size = len(key.encode()), len(value.encode())
    except UnicodeEncodeError:
        return "keys and values must be text that UTF-8 can hold"
    if not key_size:
        return "a key must not be empty"
    if key_size > MAX_KEY:
        return f"a key has at most {MAX_KEY} bytes, this one {key_size}"
    if value_size > MAX_VALUE:
        return f"a value has at most {MAX_VALUE:,} bytes, that of {key} {value_size:,}"
    return None


def pair_size(key: str, value: str) -> int:
    """Bytes that a pair counts in its store."""
    return len(key.encode()) + len(value.encode())


def load(path: Path) -> bytes:
    """The file's content. Raises ConfigError when it cannot be read or is too large."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(Problem("it is not a file", path))
        with path.open("rb") as file:
            data = file.read(MAX_STORE + 1)
    except OSError as error:
        raise ConfigError(Problem(f"the file cannot be read: {error.strerror}", path)) from error
    if len(data) > MAX_STORE:
        raise ConfigError(Problem(f"the file is larger than {MAX_STORE >> 20} MB", path, hint="that is CloudFront's quota"))
    return data


def parse(data: bytes, path: Path) -> dict[str, str]:
    """The pairs of a file's content; `path` is for its problems. Raises ConfigError with every problem found."""
    try:
        document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ConfigError(Problem(f"not JSON: {error.msg}", path, error.lineno, error.colno)) from error
    items = document.get("data") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(items, list):
        raise ConfigError(Problem("this is not the file of a key value store", path, 1, hint=_FORM))
    pairs, wrong = _pairs(items)
    if wrong:
        lines = _lines(data.decode("utf-8-sig"), max(wrong))
        raise ConfigError(*(Problem(message, path, lines.get(index, 0), hint=hint) for index, (message, hint) in wrong.items()))
    return pairs


def _pairs(items: list[object]) -> tuple[dict[str, str], dict[int, tuple[str, str]]]:
    """The pairs, and by index what is wrong with an item: message and hint."""
    pairs: dict[str, str] = {}
    wrong: dict[int, tuple[str, str]] = {}
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        match item:
            case {"key": str(key), "value": str(value), **rest} if not rest:
                if key in pairs:
                    wrong[index] = f"the key {key} stands here twice", f"it is item {first[key] + 1} already"
                elif reason := refusal(key, value):
                    wrong[index] = reason, ""
                pairs[key] = value
                first.setdefault(key, index)
            case _:
                wrong[index] = "an item has a key and a value, both text, and nothing else", _FORM
        if len(wrong) >= MAX_PROBLEMS:
            break
    return pairs, wrong


def _lines(text: str, last: int) -> dict[int, int]:
    """The line on which each item begins, up to the last one that is asked for; found only when a problem is told."""
    lines: dict[int, int] = {}
    decoder, start = json.JSONDecoder(), _DATA.search(text)
    position, line, counted = start.end() if start else len(text), 1, 0
    for index in range(last + 1):
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        line, counted = line + text.count("\n", counted, position), position
        lines[index] = line
        try:
            _, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
    return lines


def render(pairs: Mapping[str, str]) -> bytes:
    """The content of the file that holds these pairs, a line each."""
    data = orjson.dumps({"data": [{"key": key, "value": value} for key, value in pairs.items()]})
    # No text can look like this border: quotes inside text are escaped.
    return data.replace(b'},{"key":', b'},\n{"key":') + b"\n"


def write(path: Path, data: bytes) -> None:
    """Replaces the file in one step; a reader sees the old one or the new one. Raises OSError."""
    target = path.resolve()
    beside = target.with_name(f".{target.name}.new")
    beside.write_bytes(data)
    beside.replace(target)
