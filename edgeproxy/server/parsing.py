"""aiohttp's parser as it is set up for viewers; what it could not read: the refusal of it, and the body that it stopped in."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestPayloadError

from edgeproxy.rules import quotas

LINE_LIMIT = quotas.HEAD_SIZE + 1
"""The parser's limit for a request line: beyond the one for headers only so that its errors can be told apart."""
LIMITS: dict[str, Any] = {
    "max_line_size": LINE_LIMIT,
    "max_field_size": quotas.HEAD_SIZE,
    "max_headers": quotas.HEADER_COUNT,
    "auto_decompress": False,
    "access_log": None,
}
HEAD_END = b"\r\n\r\n"
HEADS = 32
"""Heads at a time that are given to the parser one by one."""
WORDS = {
    "Pause on PRI/Upgrade": "HTTP/2 is not spoken here",
    "Received HTTPS traffic on an HTTP port": "HTTPS is not spoken on this port: --https-port gives it one",
}
"""What the parser's words mean to who reads them here."""
_REPEATED = re.compile(r""": b?['"]""")


def pieces(data: bytes) -> Sequence[bytes]:
    """The bytes cut behind the first heads: of bytes in which it meets nonsense the parser forgets what it has read before."""
    end = data.find(HEAD_END)
    if end < 0 or end + len(HEAD_END) == len(data):
        return (data,)
    *heads, rest = data.split(HEAD_END, HEADS)
    return [*(head + HEAD_END for head in heads), *([rest] if rest else [])]


def is_lossy(message: Any, payload: StreamReader, data: bytes) -> bool:
    """May the parser have lost something behind `message`, the last one of the bytes `data`?

    It stops at a request for an upgrade that it does not know, and forgets what is left of the bytes.
    """
    if not getattr(message, "upgrade", False):
        return False
    alone = data.count(HEAD_END) == 1 and data.endswith(HEAD_END) and data[0] not in HEAD_END
    return payload is not EMPTY_PAYLOAD or not alone


def refusal(error: HttpProcessingError) -> quotas.Refusal:
    """400, 414 or 494; the connection closes after it."""
    return quotas.Refusal(_status(error), _cause(error), True)


def _status(error: HttpProcessingError) -> int:
    if isinstance(error, LineTooLong):
        # The parser's error tells a request line from a header by its limit alone.
        return 414 if LINE_LIMIT in error.args else 494
    return 494 if error.message == "Too many headers received" else 400


def _cause(error: HttpProcessingError) -> str:
    """A line without the bytes that could not be read: the parser repeats them, secrets and all."""
    words = _REPEATED.split(error.message.strip().splitlines()[0])[0].rstrip(":")
    return WORDS.get(words, words)


def break_off(error: HttpProcessingError, bodies: Iterable[StreamReader]) -> bool:
    """Ends the body that the parser gave up in the middle of, without a word to whoever waits for the rest. Was there one?"""
    unfinished = [body for body in bodies if not body.is_eof()]
    for body in unfinished:
        body.set_exception(RequestPayloadError(_cause(error)))
    return bool(unfinished)
