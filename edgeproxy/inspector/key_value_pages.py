"""Key value stores at the admin listener.

    GET                /key-value-stores
    GET                /key-value-stores/{name}/keys
    GET, PUT, DELETE   /key-value-stores/{name}/keys/{key}       a PUT's body: {"value": "…"}

With `If-Match` a change needs the store to be as its ETag says.
"""

from aiohttp import web

from edgeproxy.inspector.answers import answer, read
from edgeproxy.ports import DeskRefused, KeyValueDesk, StoreFigures

_KEYS = "/key-value-stores/{name}/keys"
_KEY = _KEYS + "/{key:.*}"


class KeyValuePages:
    """The pages of the key value stores."""

    def __init__(self, desk: KeyValueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/key-value-stores", self._stores),
            web.get(_KEYS, self._list),
            web.get(_KEY, self._get),
            web.put(_KEY, self._put),
            web.delete(_KEY, self._delete),
        ]

    async def _stores(self, request: web.Request) -> web.Response:
        return answer({"stores": [store._asdict() for store in self._desk.stores()]})

    async def _list(self, request: web.Request) -> web.Response:
        pairs = self._desk.pairs(request.match_info["name"])
        return answer({"data": [{"key": key, "value": value} for key, value in pairs.items()]})

    async def _get(self, request: web.Request) -> web.Response:
        name, key = request.match_info["name"], request.match_info["key"]
        return answer({"key": key, "value": self._desk.get(name, key)})

    async def _put(self, request: web.Request) -> web.Response:
        value, place = _value(await read(request)), request.match_info
        figures = self._desk.put(place["name"], place["key"], value, request.headers.get("If-Match"))
        return self._changed(figures)

    async def _delete(self, request: web.Request) -> web.Response:
        place = request.match_info
        figures = self._desk.delete(place["name"], place["key"], request.headers.get("If-Match"))
        return self._changed(figures)

    def _changed(self, figures: StoreFigures) -> web.Response:
        return answer(figures._asdict(), headers={"ETag": self._desk.etag(figures.name)})


def _value(body: object) -> str:
    match body:
        case {"value": str(value), **rest} if not rest:
            return value
        case _:
            raise DeskRefused("ValidationException", 'the body must be {"value": "…"}')
