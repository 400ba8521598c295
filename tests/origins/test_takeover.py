import asyncio
import ssl

import pytest
import trustme
from kit_origins import asked, at, origin, refused

from edgeproxy.errors import OriginError
from edgeproxy.messages import Duplex
from edgeproxy.origins import custom
from edgeproxy.origins.custom import CustomOrigins

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: 1\r\n\r\n"
HANDSHAKE = asked("GET", "/ws", (("Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg=="),), websocket=True)


class Peer(asyncio.Protocol):
    """Takes a connection over, and waits for what it brings."""

    def __init__(self, transport):
        self.came = asyncio.get_running_loop().create_future()
        transport.set_protocol(self)

    def data_received(self, data):
        self.came.set_result(data)


async def test_a_101_hands_its_connection_over(served, always, origins: CustomOrigins):
    heads = []

    async def talk(line):
        heads.append(await line.head())
        await line.say(SWITCHING)
        await line.say(await line.reader.readexactly(4))

    async with served(talk) as port:
        response = await origins.fetch(origin(read_timeout=30), at(port), HANDSHAKE)
        assert (response.status, response.headers.get("x")) == (101, "1")
        duplex = response.body
        assert isinstance(duplex, Duplex)
        assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in heads[0]
        assert duplex.transport.get_protocol()._read_timeout_handle is None, "the read timeout was the handshake's"
        peer = Peer(duplex.transport)
        duplex.transport.write(b"echo")
        assert await asyncio.wait_for(peer.came, 5) == b"echo"
        await duplex.close()
        assert duplex.transport.is_closing()


async def test_what_came_behind_the_101_comes_with_it(served, always, origins: CustomOrigins):
    async with served(always(SWITCHING + b"first frame")) as port:
        response = await origins.fetch(origin(), at(port), HANDSHAKE)
        assert response.body.first == b"first frame"
        await response.body.close()


async def test_any_other_status_is_an_ordinary_answer_on_a_connection_that_is_kept(served, always, origins: CustomOrigins):
    heads = []
    async with served(always(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", heads)) as port:
        for _ in range(2):
            response = await origins.fetch(origin(), at(port), HANDSHAKE)
            assert (response.status, response.body.data) == (403, b"no")
    assert len(heads) == 2


async def test_a_tls_origin_hands_its_connection_over_too(served):
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)

    def trust():
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    async def talk(line):
        await line.head()
        await line.say(SWITCHING)
        await line.say(await line.reader.readexactly(4))

    origins = CustomOrigins(trust)
    async with served(talk, tls) as port:
        duplex = (await origins.fetch(origin(), at(port, scheme="https", host="localhost"), HANDSHAKE)).body
        peer = Peer(duplex.transport)
        duplex.transport.write(b"echo")
        assert await asyncio.wait_for(peer.came, 5) == b"echo"
        await duplex.close()
        await origins.close()


REFUSED = [
    pytest.param(asked(), SWITCHING, id="one that nobody asked for"),
    pytest.param(HANDSHAKE, b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", id="to another protocol"),
    pytest.param(HANDSHAKE, b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", id="without Connection"),
    pytest.param(HANDSHAKE, b"HTTP/1.1 101 Switching\r\n\r\n", id="to nothing"),
    pytest.param(HANDSHAKE, SWITCHING.replace(b"X: 1", b"X Y: 1"), id="with a header that is none"),
]


@pytest.mark.parametrize(("request_", "answer"), REFUSED)
async def test_a_101_that_is_no_answer_to_the_handshake_is_502(served, always, origins: CustomOrigins, request_, answer):
    async with served(always(answer)) as port:
        error = await refused(origins, port, request_)
    assert (error.status, error.detail) == (502, "OriginInvalidResponseError")


async def test_a_silent_origin_is_504_for_a_handshake_too(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.reader.read()

    async with served(talk) as port:
        error = await refused(origins, port, HANDSHAKE, read_timeout=0.05, connection_attempts=1)
    assert (error.status, error.sentence) == (504, OriginError.ATTEMPT)


async def test_websockets_take_no_place_among_an_origins_connections(served, always, monkeypatch):
    monkeypatch.setattr(custom, "CONNECTIONS_PER_ORIGIN", 1)
    origins = CustomOrigins()

    async def talk(line):
        head = await line.head()
        await line.say(SWITCHING if b"websocket" in head else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await line.reader.read()

    async with served(talk) as port:
        tunnels = [await origins.fetch(origin(connection_timeout=1), at(port), HANDSHAKE) for _ in range(3)]
        assert (await origins.fetch(origin(connection_timeout=1), at(port), asked())).status == 200
        for response in tunnels:
            await response.body.close()
        await origins.close()
