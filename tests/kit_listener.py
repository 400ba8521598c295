"""A listener with a fake house behind it, spoken to in bytes."""

import asyncio

from kit import Clock, House, Origins, respond

from edgeproxy.server.listener import listen
from edgeproxy.server.viewer_server import ViewerServer

BLOCK = 1 << 20


class Sink:
    def __init__(self):
        self.exchanges = []

    def accept(self, exchange):
        assert exchange.closed
        self.exchanges.append(exchange)


class Proxy:
    """A listener on a free port with a fake house behind it; `ask` sends bytes and reads what comes until the proxy closes."""

    def __init__(self, *distributions, origins=None, code=(), server_type=ViewerServer):
        self.server_type = server_type
        self.house = House(*distributions, origins=origins, code=code, clock=Clock())
        self.sink = Sink()

    async def __aenter__(self):
        server = self.server_type(self.house.snapshot, self.house.ports, self.sink, "https")
        self.listener = await listen(server, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error):
        await self.listener.close(1)
        await self.house.collapse.close()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.listener.port)

    async def ask(self, data):
        reader, writer = await self.connect()
        writer.write(data)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        return answer


def get(path="/x", *lines, method="GET", version="1.1", close=True):
    head = [f"{method} {path} HTTP/{version}", "Host: localhost", *lines, *(["Connection: close"] if close else [])]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def body_of(answer):
    return answer.partition(b"\r\n\r\n")[2]


async def connected(proxy):
    while not proxy.listener.server.connections:
        await asyncio.sleep(0)
    return proxy.listener.server.connections[0]


def answering(size):
    """Origins whose answer holds more than sockets take."""
    return Origins(
        whole=respond(200, bytes(size)),
        streamed=respond(200, bytes(size), stream=True),
        x=respond(200, b"", ("X", "x" * 20_000)),
    )
