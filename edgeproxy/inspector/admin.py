"""The admin listener: JSON for the one at this machine, on 127.0.0.1 only; each file of pages says which paths it has.

A page that a browser shows must not reach it: a foreign Host (a name made to point here) or Origin is answered with 403.
Changes need `Authorization: Bearer <token>`. Errors are {"error": kind, "message": text}.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from edgeproxy.errors import ConfigError, Problem, system_words
from edgeproxy.inspector.answers import error as error_answer
from edgeproxy.inspector.token import Token
from edgeproxy.ports import DeskRefused

log = logging.getLogger("edgeproxy")

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
MAX_BODY = 64 << 10
"""Bytes of a request's body."""
HEAD_SECONDS = 10.0
"""How long the next whole head is waited for."""
GRACE_SECONDS = 1.0
_READS = ("GET", "HEAD")
_UNHEARD = logging.getLogger("edgeproxy.admin")
"""What aiohttp says of requests that it cannot read: with what stood in them, secrets too."""
_UNHEARD.disabled = True

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


async def listen(routes: Iterable[web.RouteDef], port: int) -> Admin:
    """Listens on 127.0.0.1 (0: a free port) and writes the token. Raises ConfigError when one of both cannot be."""
    gate = _Gate()
    app = web.Application(middlewares=[gate.judge], client_max_size=MAX_BODY)
    app.add_routes(routes)
    runner = web.AppRunner(
        app, access_log=None, logger=_UNHEARD, shutdown_timeout=GRACE_SECONDS, keepalive_timeout=HEAD_SECONDS
    )
    await runner.setup()
    try:
        server = web.TCPSite(runner, HOST, port)
        await server.start()
        bound = int(runner.addresses[0][1])
        token = await asyncio.to_thread(Token, bound)
    except OSError as error:
        await runner.cleanup()
        message = f"the admin listener cannot start on {HOST}:{port}: {system_words(error)}"
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
            return error_answer("AccessDeniedException", "this Host is not the admin listener's")
        if not self._origins.issuperset(request.headers.getall("Origin", [])):
            return error_answer("AccessDeniedException", "requests from other sites are refused")
        if request.method not in _READS and not self._may_change(request):
            message = "changes need the token that the proxy wrote for its own user"
            return error_answer("AccessDeniedException", message, 401, {"WWW-Authenticate": "Bearer"})
        try:
            return await handler(request)
        except DeskRefused as refused:
            return error_answer(refused.kind, str(refused))
        except web.HTTPException as error:
            return error_answer("ValidationException", error.reason, error.status)
        except ConnectionError:
            raise  # whoever asked has left
        except Exception:
            log.exception("internal error while answering %s %s at the admin listener", request.method, request.path)
            return error_answer("InternalServerException", "an error of edgeproxy's own; see the terminal")

    def _may_change(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._authorization)
