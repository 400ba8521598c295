"""The bare proxy in front of the small origin: both are what the benchmark takes them for."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from loadtests.bench import bare_proxy, client, small_origin, sockets
from loadtests.bench.client import WrongAnswer
from loadtests.processes import Address


@asynccontextmanager
async def listening(factory):
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    try:
        yield Address(*server.sockets[0].getsockname()[:2])
    finally:
        server.close()


@asynccontextmanager
async def both():
    async with listening(small_origin.Connection) as origin:
        proxy = bare_proxy.Proxy(origin)
        server = web.Server(proxy.answer, access_log=None)
        async with listening(server) as address:
            yield address
            await proxy.session.close()
            await server.shutdown(0)


async def test_the_origin_answers_pipelined_requests():
    async with listening(small_origin.Connection) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        assert await reader.readexactly(3 * len(small_origin.ANSWER)) == small_origin.ANSWER * 3
        writer.close()


async def test_the_proxy_passes_status_headers_and_body_on():
    async with both() as address:
        found = await client.drive(address, "/page?n={n}", small_origin.SIZE, 0.1, "Miss")
    assert found.answers > 10


async def test_the_proxy_relays_messages_as_a_websocket_client_sees_them():
    async with both() as address, aiohttp.ClientSession() as session, session.ws_connect(f"{address.url}/socket") as socket:
        await socket.send_str(small_origin.TEXT.decode())
        assert (await socket.receive(2)).data == small_origin.TEXT.decode()


async def test_echoes_are_counted():
    async with both() as address:
        echoes, seconds = await sockets.drive(address, 0.1)
    assert echoes > 10
    assert 0.1 <= seconds < 2


async def test_what_is_no_handshake_ends_the_round():
    async def plain(request):
        return web.Response(text="no")

    server = web.Server(plain, access_log=None)
    async with listening(server) as address:
        with pytest.raises(WrongAnswer, match=r"^HTTP/1\.1 200 OK"):
            await sockets.drive(address, 5)
        await server.shutdown(0)
