"""A request body on its way in, at the speed of whoever reads it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestPayloadError

from edgeproxy.messages import BodyBroken
from edgeproxy.server import unread

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ViewerBody:
    """A request body as it arrives; a viewer that waits for `100 Continue` gets it just before the first read."""

    def __init__(
        self, payload: StreamReader, write: Callable[[bytes], None], cut: Callable[[str], None], *, expects_continue: bool
    ) -> None:
        """`write` writes to the viewer; `cut` cuts it off, for the reason given."""
        self._payload = payload
        self._write = write
        self._cut = cut
        self._expects_continue = expects_continue

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._expects_continue:
            self._write(CONTINUE)
            self._expects_continue = False
        try:
            while chunk := await self._more():
                yield chunk
        except (ConnectionError, HttpProcessingError, RequestPayloadError) as error:
            raise BodyBroken(f"the viewer's body broke off: {error}") from error

    async def _more(self) -> bytes:
        try:
            async with asyncio.timeout(unread.STALLED_SECONDS):
                return await self._payload.readany()
        except TimeoutError:
            reason = f"the viewer sent nothing of its body for {unread.STALLED_SECONDS:g} s: cut off"
            self._cut(reason)
            raise BodyBroken(reason) from None

    async def close(self) -> None:
        return
