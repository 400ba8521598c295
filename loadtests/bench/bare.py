"""The server to compare with: a bare `aiohttp.web.Server` that gives one answer, the copy of a cache hit.

`python -m loadtests.bench.bare HOST PORT TARGET` asks there for it, with the headers that the client sends.
"""

import asyncio
import sys

from aiohttp import web
from multidict import CIMultiDict

from loadtests.bench import event_loop, viewer
from loadtests.processes import Address


def server(answer: viewer.Answer) -> web.Server:
    """Gives the answer to every request: status, headers and body; aiohttp states the length itself."""
    ours = CIMultiDict(item for item in answer.headers if item[0].lower() != "content-length")

    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=answer.status, headers=ours, body=answer.body)

    return web.Server(handler, access_log=None)


async def serve(answer: viewer.Answer) -> None:
    """Listens on a free port and says which, until it is stopped."""
    listening = await asyncio.get_running_loop().create_server(server(answer), "127.0.0.1", 0, backlog=1024)
    print(f"bare ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


def main() -> None:
    """Copies a hit and serves it."""
    host, port, target = sys.argv[1:]
    answer = viewer.ask(Address(host, int(port)), target)
    if (answer.status, answer.x_cache) != (200, "Hit"):
        sys.exit(f"{target} is no hit: {answer.status} {answer.x_cache}")
    event_loop.run(serve(answer))


if __name__ == "__main__":
    main()
