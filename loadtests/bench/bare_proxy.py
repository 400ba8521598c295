"""The proxy to compare with: a bare `aiohttp.web.Server` that asks the origin with aiohttp's client and does nothing else.

`python -m loadtests.bench.bare_proxy HOST PORT` passes the target on, and status, headers and body back; below `/socket` it
relays WebSocket messages.
"""

import asyncio
import sys

import aiohttp
from aiohttp import web
from yarl import URL

from loadtests.bench import event_loop
from loadtests.processes import Address


class Proxy:
    """One client session for the origin at `address`."""

    def __init__(self, address: Address) -> None:
        self._url = address.url
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The origin's answer."""
        if request.path == "/socket":
            return await self._relay(request)
        async with self.session.get(URL(self._url + request.raw_path, encoded=True)) as response:
            body = await response.read()
            return web.Response(status=response.status, headers=response.headers, body=body)

    async def _relay(self, request: web.BaseRequest) -> web.WebSocketResponse:
        viewer = web.WebSocketResponse()
        await viewer.prepare(request)
        async with self.session.ws_connect(self._url + request.raw_path) as origin, asyncio.TaskGroup() as both:
            both.create_task(_pass_on(viewer, origin))
            both.create_task(_pass_on(origin, viewer))
        return viewer


async def _pass_on(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        else:
            await target.send_bytes(message.data)
    await target.close()


async def serve(address: Address) -> None:
    """Listens on a free port and says which, until it is stopped."""
    server = web.Server(Proxy(address).answer, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, backlog=1024)
    print(f"bare-proxy ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    event_loop.run(serve(Address(sys.argv[1], int(sys.argv[2]))))
