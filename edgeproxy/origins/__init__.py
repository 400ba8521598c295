"""What stands behind the distribution: HTTP servers, directories that stand in for buckets, functions behind their URLs."""

import time
from collections.abc import Awaitable, Callable
from typing import assert_never

from edgeproxy.messages import Request, Response, Upstream
from edgeproxy.model import Directory, FunctionUrl, Origin, Place, Url
from edgeproxy.origins.custom import CustomOrigins
from edgeproxy.origins.function_urls import FunctionUrls, Handlers
from edgeproxy.origins.s3 import BucketDirectories


class Places:
    """The port `Origins`: asks each origin in the way its place wants to be asked."""

    def __init__(self, handler: Handlers, now: Callable[[], float] = time.time) -> None:
        """`handler` gives the running code of a function behind a URL; `now`: Unix seconds."""
        self._custom = CustomOrigins()
        self._buckets = BucketDirectories()
        self._functions = FunctionUrls(handler, now)

    async def fetch(self, origin: Origin, place: Place, request: Request) -> Response:
        """Asks `origin` where it lives here. Raises OriginError."""
        match place:
            case Url():
                return await self._custom.fetch(origin, place, request)
            case Directory():
                return await _clocked(origin, self._buckets.fetch(origin, place, request))
            case FunctionUrl():
                return await _clocked(origin, self._functions.fetch(place, request))
            case _:
                assert_never(place)

    async def resolve(self, origin: Origin, place: Url) -> None:
        """Looks the name of a server up. Raises OriginError."""
        await self._custom.resolve(origin, place)

    async def close(self) -> None:
        """Closes every connection and file reader."""
        self._buckets.close()
        await self._custom.close()


async def _clocked(origin: Origin, asking: Awaitable[Response]) -> Response:
    """What needs neither a name nor a connection: all of its time is that to the first byte."""
    started = time.monotonic()
    response = await asking
    return response._replace(upstream=Upstream(origin.id, 0.0, 0.0, (time.monotonic() - started) * 1000))
