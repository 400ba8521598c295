import asyncio

import pytest
from kit import Origins, PythonFunction, behavior, distribution, policy, respond
from kit_listener import BLOCK, Proxy, answering, body_of, connected, get, status_of

from edgeproxy.messages import BodyBroken, Headers, Response, Stream
from edgeproxy.server import unread

DISABLED = policy(0, 0, 0)


async def test_a_body_of_unknown_length_is_chunked_for_http_1_1_and_ended_by_closing_for_http_1_0():
    async with Proxy(
        distribution(default=behavior(cache=DISABLED)), origins=Origins(x=respond(200, b"abcdef", stream=True))
    ) as proxy:
        new = await proxy.ask(get())
        assert b"Transfer-Encoding: chunked\r\n" in new
        assert body_of(new) == b"6\r\nabcdef\r\n0\r\n\r\n"
        old = await proxy.ask(get(version="1.0", close=False))
        assert b"Transfer-Encoding" not in old
        assert b"Connection: close\r\n" in old
        assert body_of(old) == b"abcdef"


async def test_an_answer_that_breaks_off_cuts_the_connection():
    async def broken():
        yield b"part"
        raise BodyBroken("the origin closed")

    origins = Origins(x=lambda request: Response(200, Headers([("Content-Length", "10")]), Stream(broken(), 10)))
    async with Proxy(origins=origins) as proxy:
        for _ in range(2):
            reader, writer = await proxy.connect()
            writer.write(get())
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(10_000)
            writer.close()
        assert "the origin closed" in proxy.sink.exchanges[0].get("error")
        assert proxy.sink.exchanges[0].get("cut") == "cut off"
        assert len(origins.asked) == 2, "what broke off is not stored"


async def test_head_has_the_length_of_get_and_no_body():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        for _ in range(2):
            answer = await proxy.ask(get(method="HEAD"))
            assert b"Content-Length: 5\r\n" in answer
            assert body_of(answer) == b""


async def test_a_304_has_neither_length_nor_body():
    async with Proxy(origins=Origins(x=respond(200, b"hello", ("ETag", '"a"')))) as proxy:
        assert status_of(await proxy.ask(get("/x"))) == 200
        for _ in range(2):
            answer = await proxy.ask(get("/x", 'If-None-Match: "a"'))
            assert status_of(answer) == 304
            assert b"Content-Length" not in answer
            assert body_of(answer) == b""


async def test_a_slow_viewer_holds_the_source_back():
    produced = []

    async def endless():
        for number in range(2000):
            produced.append(number)
            yield b"x" * 65536

    origins = Origins(x=lambda request: Response(200, Headers(), Stream(endless(), None)))
    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=origins) as proxy:
        _, writer = await proxy.connect()
        writer.write(get())
        await asyncio.sleep(0.2)
        assert 0 < len(produced) < 500
        writer.close()


async def test_an_internal_error_is_a_bare_500_once_and_closes(caplog):
    def bug(request):
        raise ZeroDivisionError

    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=Origins(x=bug)) as proxy:
        answer = await proxy.ask(get(close=False))
        assert status_of(answer) == 500
        assert "ZeroDivisionError" in caplog.text


async def test_an_unsafe_header_of_a_function_is_never_written(caplog):
    code = PythonFunction("code", lambda event: '{"statusCode": 200, "headers": {"x": {"value": "a\\r\\nSet-Cookie: b"}}}')
    async with Proxy(distribution(default=behavior(functions={"viewer-request": code})), code=[code]) as proxy:
        answer = await proxy.ask(get())
        assert status_of(answer) == 502
        assert b"Set-Cookie" not in answer


async def test_exchanges_know_the_bytes_sent():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        answer = await proxy.ask(get())
        assert proxy.sink.exchanges[0].sent == len(answer)
        assert (proxy.sink.exchanges[0].status, proxy.sink.exchanges[0].x_cache) == (200, "Miss")


async def cut_off(proxy, path, *, reads=0):
    """Asks, takes `reads` bytes of the answer and then nothing more; waits for the exchange to be over."""
    reader, writer = await proxy.connect()
    writer.write(get(path, close=False))
    if reads:
        await reader.readexactly(reads)
    writer.transport.pause_reading()
    async with asyncio.timeout(10):
        while not proxy.sink.exchanges:
            await asyncio.sleep(0.01)
    writer.close()
    return proxy.sink.exchanges[0]


@pytest.mark.parametrize("path", ["/whole", "/streamed"])
async def test_a_viewer_who_takes_nothing_of_its_answer_is_cut_off(path, monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.05)
    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=answering(30 * BLOCK)) as proxy:
        exchange = await cut_off(proxy, path)
        assert exchange.get("error") == "the viewer took nothing of its answer for 0.05 s: cut off"
        assert exchange.aborted


async def test_a_viewer_who_takes_its_answer_is_not(monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.5)
    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=answering(30 * BLOCK)) as proxy:
        for path in ("/whole", "/streamed"):
            assert len(await proxy.ask(get(path))) > 30 * BLOCK
        assert [exchange.aborted for exchange in proxy.sink.exchanges] == [False, False]


async def test_a_closed_connection_whose_viewer_takes_nothing_goes_away(monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.05)
    async with Proxy(origins=answering(1)) as proxy:
        _, writer = await proxy.connect()
        writer.transport.pause_reading()
        connection = await connected(proxy)
        connection.write_uncopied(bytes(30 * BLOCK))
        connection.force_close()
        async with asyncio.timeout(10):
            while proxy.listener.server.connections:
                await asyncio.sleep(0.01)
        assert connection.transport is None
        writer.close()
