"""The cache at the admin listener.

    POST   /invalidations       {"paths": ["/a*"], "distribution": "Web"} → {"invalidated": {"/a*": 3}}

Without "distribution" it is each of them.
"""

from aiohttp import web

from edgeproxy.inspector.answers import answer, read
from edgeproxy.ports import CacheDesk, DeskRefused


class CachePages:
    """The page of the cache."""

    def __init__(self, desk: CacheDesk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/invalidations", self._invalidate)]

    async def _invalidate(self, request: web.Request) -> web.Response:
        paths, distribution = _asked(await read(request))
        return answer({"invalidated": await self._desk.invalidate(paths, distribution)})


def _asked(body: object) -> tuple[list[str], str | None]:
    match body:
        case {"paths": [*paths], **rest} if all(isinstance(path, str) for path in paths):
            match rest:
                case {"distribution": str(distribution), **more} if not more:
                    return paths, distribution
                case _ if not rest:
                    return paths, None
    raise DeskRefused("ValidationException", 'the body must be {"paths": ["/…"]}, with "distribution": "…" if one is meant')
