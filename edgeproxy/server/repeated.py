"""A request that differs from an earlier one of its connection in nothing but the target: it need not be parsed again.

Viewers send the same headers over and over. What the parser took for a whole GET without content it would take again, byte by
byte the same; only the request line is read here, and only when its target holds nothing that a parser might ponder over.
"""

import re
from typing import Any

from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD

from edgeproxy.rules import quotas
from edgeproxy.server.parsing import HEAD_END

_LINE = re.compile(rb"GET (/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*) HTTP/1\.1")


class Repeated:
    """What one connection's parser took last."""

    __slots__ = ("_message", "_rest", "at_rest")

    def __init__(self) -> None:
        self.at_rest = True
        """Has the parser nothing in hand: does what comes begin a request?"""
        self._rest = b""
        """All bytes of a request behind its request line; empty: there is none to compare with."""
        self._message: Any = None

    def read(self, data: bytes) -> RawRequestMessage | None:
        """The request that `data` is, when it is a whole one that is known but for its target; None: let it be parsed."""
        rest = self._rest
        if not rest or not data.endswith(rest):
            return None
        found = _LINE.fullmatch(data, 0, len(data) - len(rest))
        if found is None or len(found[1]) > quotas.URL_SIZE:
            return None
        known = self._message
        return RawRequestMessage(
            "GET",
            found[1].decode("ascii"),
            known.version,
            known.headers,
            known.raw_headers,
            False,
            None,
            False,
            False,
            known.url,
        )

    def learn(self, data: bytes, parsed: list[tuple[Any, Any]]) -> bool:
        """Remembers what the parser made of `data`: the requests that ended in it. Is it one whole request that may repeat?"""
        began_at_rest = self.at_rest
        message: Any = None
        payload: Any = None
        if parsed:
            message, payload = parsed[-1]
        whole = payload is EMPTY_PAYLOAD and isinstance(message, RawRequestMessage) and not message.upgrade
        # A head that is not whole cannot end like this.
        self.at_rest = whole and data.endswith(HEAD_END)
        self._rest = b""
        if not (began_at_rest and self.at_rest and len(parsed) == 1 and data.count(HEAD_END) == 1):
            return False
        line, mark, rest = data.partition(b"\r\n")
        found = _LINE.fullmatch(line)
        if found is not None and not message.should_close and message.path.encode("latin-1") == found[1]:
            self._rest, self._message = mark + rest, message
        return bool(self._rest)
