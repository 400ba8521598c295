"""Idle viewers are there, and go when they are told to."""

import asyncio

from loadtests.bench import idle
from loadtests.processes import Address


async def test_viewers_stay_after_their_answer_until_the_block_ends(monkeypatch):
    monkeypatch.setattr(idle, "COUNT", 5)
    requests, left = [], []

    async def answer(reader, writer):
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        try:
            left.append(await reader.read())
        except ConnectionError:
            left.append(b"")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = Address(*server.sockets[0].getsockname()[:2])

    def looked_at():
        with idle.idle_viewers(address, "/page"):
            return len(requests), len(left)

    try:
        assert await asyncio.to_thread(looked_at) == (5, 0)
        assert requests[0].startswith(b"GET /page HTTP/1.1\r\n")
        for _ in range(500):
            if len(left) == 5:
                break
            await asyncio.sleep(0.01)
        assert len(left) == 5
    finally:
        server.close()
