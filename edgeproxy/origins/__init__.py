"""What stands behind the distribution: HTTP servers, and directories that stand in for buckets."""

from typing import assert_never

from edgeproxy.messages import Request, Response
from edgeproxy.model import Directory, Origin, Url
from edgeproxy.origins.custom import CustomOrigins
from edgeproxy.origins.s3 import BucketDirectories


class Places:
    """The port `Origins`: asks each origin in the way its place wants to be asked."""

    def __init__(self) -> None:
        self._custom = CustomOrigins()
        self._buckets = BucketDirectories()

    async def fetch(self, origin: Origin, place: Directory | Url, request: Request) -> Response:
        """Asks `origin` where it lives here. Raises OriginError."""
        match place:
            case Url():
                return await self._custom.fetch(origin, place, request)
            case Directory():
                return await self._buckets.fetch(origin, place, request)
            case _:
                assert_never(place)

    async def close(self) -> None:
        """Closes every connection and file reader."""
        self._buckets.close()
        await self._custom.close()
