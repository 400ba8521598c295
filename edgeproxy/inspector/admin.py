"""The admin listener: JSON for the one at this machine, on 127.0.0.1 only.

    GET                /key-value-stores
    GET                /key-value-stores/{name}/keys
    GET, PUT, DELETE   /key-value-stores/{name}/keys/{key}       a PUT's body: {"value": "…"}

A page that a browser shows must not reach it: a foreign Host (a name made to point here) or Origin is answered with 403.
Changes need `Authorization: Bearer <token>`; with `If-Match` they need the store to be as its ETag says. Errors are
{"error": kind, "message": text}.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from json import JSONDecodeError
from typing import Any

import orjson
from aiohttp import web

from edgeproxy.errors import ConfigError, Problem
from edgeproxy.inspector.token import Token
from edgeproxy.ports import KeyValueDesk, KeyValueRefused, StoreFigures

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
MAX_BODY = 8192
"""Bytes of a request's body: a value of 1,024 bytes with every character escaped fits."""
GRACE_SECONDS = 1.0

STATUS: Mapping[str, int] = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 402,
    "ResourceNotFoundException": 404,
    "InternalServerException": 500,
}
"""Error of the data plane -> its HTTP status."""
_READS = ("GET", "HEAD")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_KEYS = "/key-value-stores/{name}/keys"
_KEY = _KEYS + "/{key:.*}"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Admin:
    """A running admin listener."""

    def __init__(self, runner: web.AppRunner, token: Token, port: int) -> None:
        self._runner = runner
        self._token = token
        self.port = port

    async def close(self) -> None:
        """Removes the token, accepts nothing more, gives what is in flight a second."""
        self._token.remove()
        await self._runner.cleanup()


async def listen(desk: KeyValueDesk, port: int) -> Admin:
    """Listens on 127.0.0.1 (0: a free port) and writes the token. Raises ConfigError when one of both cannot be."""
    gate = _Gate()
    app = web.Application(middlewares=[gate.judge], client_max_size=MAX_BODY)
    app.add_routes(_KeyValues(desk).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    try:
        server = web.TCPSite(runner, HOST, port)
        await server.start()
        bound = int(runner.addresses[0][1])
        token = await asyncio.to_thread(Token, bound)
    except OSError as error:
        await runner.cleanup()
        message = f"the admin listener cannot start on {HOST}:{port}: {error.strerror or error}"
        raise ConfigError(Problem(message, hint="try another --admin-port, or 0 for a free one")) from error
    gate.open(bound, token.text)
    return Admin(runner, token, bound)


class _Gate:
    """Who may pass: nobody before `open`."""

    def __init__(self) -> None:
        self._hosts: frozenset[str] = frozenset()
        self._origins: frozenset[str] = frozenset()
        self._authorization = b""

    def open(self, port: int, token: str) -> None:
        """Lets those pass who call the listener by its own name, and with the token change things."""
        self._hosts = frozenset(f"{name}:{port}" for name in NAMES)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._authorization = f"Bearer {token}".encode()

    @web.middleware
    async def judge(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers what may not pass, and what went wrong behind, in JSON."""
        if request.headers.getall("Host", []) == [] or not self._hosts.issuperset(request.headers.getall("Host")):
            return _error(403, "AccessDeniedException", "this Host is not the admin listener's")
        if not self._origins.issuperset(request.headers.getall("Origin", [])):
            return _error(403, "AccessDeniedException", "requests from other sites are refused")
        if request.method not in _READS and not self._may_change(request):
            message = "changes need the token that the proxy wrote for its own user"
            return _error(401, "AccessDeniedException", message, {"WWW-Authenticate": "Bearer"})
        try:
            return await handler(request)
        except KeyValueRefused as refused:
            return _error(STATUS[refused.kind], refused.kind, str(refused))
        except web.HTTPException as error:
            return _error(error.status, "ValidationException", error.reason)

    def _may_change(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._authorization)


class _KeyValues:
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
        return _json({"stores": [store._asdict() for store in self._desk.stores()]})

    async def _list(self, request: web.Request) -> web.Response:
        pairs = self._desk.pairs(request.match_info["name"])
        return _json({"data": [{"key": key, "value": value} for key, value in pairs.items()]})

    async def _get(self, request: web.Request) -> web.Response:
        name, key = request.match_info["name"], request.match_info["key"]
        return _json({"key": key, "value": self._desk.get(name, key)})

    async def _put(self, request: web.Request) -> web.Response:
        value, place = _value(await request.read()), request.match_info
        figures = self._desk.put(place["name"], place["key"], value, request.headers.get("If-Match"))
        return self._changed(figures)

    async def _delete(self, request: web.Request) -> web.Response:
        place = request.match_info
        figures = self._desk.delete(place["name"], place["key"], request.headers.get("If-Match"))
        return self._changed(figures)

    def _changed(self, figures: StoreFigures) -> web.Response:
        return _json(figures._asdict(), headers={"ETag": self._desk.etag(figures.name)})


def _value(body: bytes) -> str:
    try:
        match orjson.loads(body):
            case {"value": str(value), **rest} if not rest:
                return value
    except JSONDecodeError:
        pass
    raise KeyValueRefused("ValidationException", 'the body must be {"value": "…"}')


def _json(content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(content), status=status, content_type="application/json", headers={**_HEADERS, **(headers or {})}
    )


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return _json({"error": kind, "message": message}, status, headers)
