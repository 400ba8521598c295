"""The hashes of a function, computed by Python: a question that a run ended with, and its answer for the next one.

JavaScript runtime features, crypto: md5, sha1 and sha256, plain or as HMAC.
"""

import hashlib
import hmac
import json
import re

MOST_QUESTIONS = 8
"""Hashes of one request that are computed here; those of a longer chain are computed in JavaScript."""

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def answer(question: str) -> str:
    """Hexadecimal digest for `{"q": [algorithm, key or null, parts]}`; a part is `t` and text, or `h` and hex digits."""
    algorithm, key, parts = json.loads(question)["q"]
    data = b"".join(_content(part) for part in parts)
    if key is not None:
        return hmac.new(_content(key), data, algorithm).hexdigest()
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def _content(part: str) -> bytes:
    if part[0] == "h":
        return bytes.fromhex(part[1:])
    return _HALF_PAIR.sub("\ufffd", part[1:]).encode()
