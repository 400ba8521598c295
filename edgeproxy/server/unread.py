"""Bytes that a peer does not take: it may be slow, but one that takes none at all for a while is cut off.

Chosen: 60 seconds; the sockets' own buffers take megabytes before anybody is seen to stand still.
"""

import asyncio
from collections.abc import Callable

STALLED_SECONDS = 60.0
"""A viewer that takes nothing of its answer, or sends nothing of its body, for so long is cut off."""


class Unread:
    """Looks at what is still to be sent on a transport until it is stopped or all is sent; nothing is written meanwhile."""

    __slots__ = ("_cut", "_left", "_seconds", "_timer", "_transport")

    def __init__(self, transport: asyncio.WriteTransport, cut: Callable[[], None], seconds: float | None = None) -> None:
        """`cut` is called when the peer took nothing for `seconds`, None: STALLED_SECONDS; at the latest after twice that."""
        self._transport = transport
        self._cut = cut
        self._seconds = STALLED_SECONDS if seconds is None else seconds
        self._left = _left(transport)
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def _look(self) -> None:
        left = _left(self._transport)
        if left >= self._left > 0:
            self._cut()
        elif left > 0:
            self._left = left
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()


def close(transport: asyncio.WriteTransport) -> None:
    """Closes a connection once what is written has been taken; a peer that takes nothing does not keep it open."""
    transport.close()
    if _left(transport) > 0:
        Unread(transport, transport.abort)


def _left(transport: asyncio.WriteTransport) -> int:
    try:
        return transport.get_write_buffer_size()
    except AttributeError:
        return 0  # asyncio's TLS transports cannot say it once they were closed twice
