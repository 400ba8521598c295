"""An admin listener on a real port, and someone who asks it."""

import json

import aiohttp
from yarl import URL

from edgeproxy.inspector import admin, token


class Asking:
    """The listener over these routes; `authorized` are the headers that let changes through."""

    def __init__(self, routes):
        self.routes = routes

    async def __aenter__(self):
        self.admin = await admin.listen(self.routes, 0)
        self.authorized = {"Authorization": f"Bearer {token.read(self.admin.port)}"}
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error):
        await self.session.close()
        await self.admin.close()

    async def ask(self, method, path, body=None, **headers):
        """Status, parsed answer and headers; a body that is no bytes is sent as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.admin.port}{path}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, URL(url, encoded=True), data=data, headers=headers) as response:
            return response.status, json.loads(await response.read() or b"null"), response.headers

    async def change(self, method, path, body=None, **headers):
        """Asks with the token; status and parsed answer."""
        return (await self.ask(method, path, body, **headers, **self.authorized))[:2]
