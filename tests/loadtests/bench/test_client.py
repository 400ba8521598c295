"""The client against the bare server, in one loop; what it must not count ends the round."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from loadtests.bench import bare, client, viewer
from loadtests.bench.client import WrongAnswer
from loadtests.processes import Address

HIT = ("X-Cache", "Hit from cloudfront")


@asynccontextmanager
async def serving(status=200, headers=(HIT,), body=b"hello"):
    server = bare.server(viewer.Answer(status, (("Content-Type", "text/plain"), *headers), body))
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield Address(*listening.sockets[0].getsockname()[:2])
    finally:
        listening.close()
        await server.shutdown(0)
        await listening.wait_closed()


async def test_a_short_round_counts_answers():
    async with serving() as address:
        found = await client.drive(address, "/", 5, 0.2)
    assert found.answers > 100
    assert 0.2 <= found.seconds < 2
    assert found.rate == found.answers / found.seconds
    assert found.busy > 0


async def test_a_body_in_several_pieces_is_one_answer():
    async with serving(body=b"x" * 300_000) as address:
        assert (await client.drive(address, "/", 300_000, 0.1)).answers > 0


async def test_each_request_has_another_number():
    targets = set()

    async def answered(request):
        targets.add(request.raw_path)
        return web.Response(body=b"hello", headers=[("X-Cache", "Miss from cloudfront")])

    server = web.Server(answered, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        address = Address(*listening.sockets[0].getsockname()[:2])
        found = await client.drive(address, "/p?n={n}", 5, 0.1, "Miss")
    finally:
        listening.close()
        await server.shutdown(0)
        await listening.wait_closed()
    assert len(targets) >= found.answers > 10
    assert all(re.fullmatch(r"/p\?n=\d+", target) for target in targets)


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        pytest.param({"status": 503}, 5, id="another status"),
        pytest.param({"headers": (("X-Cache", "Miss from cloudfront"),)}, 5, id="no hit"),
        pytest.param({"body": b"X-Cache: Hit from cloudfront\r\n", "headers": ()}, 30, id="a hit in the body only"),
        pytest.param({}, 4, id="a longer body"),
        pytest.param({}, 6, id="a shorter body"),
    ],
)
async def test_a_wrong_answer_ends_the_round(answer, length):
    async with serving(**answer) as address:
        with pytest.raises(WrongAnswer, match=r"^HTTP/1\.1 \d{3} "):
            await client.drive(address, "/", length, 5)


async def test_a_closed_connection_ends_the_round():
    def hang_up(reader, writer):
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(WrongAnswer, match="closed a connection"):
            await client.drive(Address(*server.sockets[0].getsockname()), "/", 5, 5)


async def test_a_server_that_never_answers_ends_the_round():
    listening = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    async with listening:
        with pytest.raises(WrongAnswer, match="no answer within"):
            await client.drive(Address(*listening.sockets[0].getsockname()), "/", 5, 0.05)


def test_a_wrong_answer_in_a_process_of_its_own_is_shown():
    with pytest.raises(WrongAnswer, match="Connect"):
        client.measure(Address("127.0.0.1", 1), "/", 5, 0.1)
