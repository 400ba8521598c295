import asyncio
from contextlib import asynccontextmanager

import pytest
from kit import Clock
from kit_proxy import Running

from edgeproxy.exchange import Exchange
from edgeproxy.messages import Duplex, Headers
from edgeproxy.served import Answer
from edgeproxy.server import tunnel, unread
from edgeproxy.server.tunnel import Tunnel

PATIENCE = 10
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n"
    b"Sec-WebSocket-Accept: 7xa9O2rYIoD0vFYdQ4bVCY5tG4M=\r\n\r\n"
)
FULL = 1 << 20
"""More than a tunnel holds for a side that takes nothing."""


class Ends:
    """A viewer and an origin of raw bytes with a proxy between them."""

    def __init__(self):
        self._accepted = asyncio.Queue()
        self._writers = []

    async def origin(self):
        """The origin's side of the next connection: reader and writer."""
        return await asyncio.wait_for(self._accepted.get(), PATIENCE)

    async def _connected(self, reader, writer):
        self._writers.append(writer)
        self._accepted.put_nowait((reader, writer))

    async def viewer(self, data=HANDSHAKE):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        self._writers.append(writer)
        writer.write(data)
        return reader, writer

    async def open(self, behind=b"", early=b""):
        """Opens a WebSocket; returns the viewer's reader and writer, then the origin's."""
        viewer = await self.viewer(HANDSHAKE + early)
        origin = await self.origin()
        await origin[0].readuntil(b"\r\n\r\n")
        origin[1].write(SWITCHING + behind)
        self.head = await asyncio.wait_for(viewer[0].readuntil(b"\r\n\r\n"), PATIENCE)
        return *viewer, *origin

    @property
    def connection(self):
        return next(iter(self.proxy.proxy._listener.server.connections))

    async def line(self):
        """The request line, once it is there."""
        for _ in range(1000):
            if self.proxy.requests.getvalue():
                return self.proxy.requests.getvalue()
            await asyncio.sleep(0.01)
        raise AssertionError("no request line came")

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with Running(None, origins={"": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}) as self.proxy:
            yield self
        for writer in self._writers:
            writer.transport.abort()
        server.close()


@pytest.fixture
async def ends():
    async with Ends().running() as found:
        yield found


async def exactly(reader, data):
    assert await asyncio.wait_for(reader.readexactly(len(data)), PATIENCE) == data


async def end_of(reader):
    """What comes until the connection ends."""
    return await asyncio.wait_for(reader.read(), PATIENCE)


async def test_the_head_of_the_101_has_the_switch_the_origins_headers_and_cloudfronts(ends):
    await ends.open()
    lines = ends.head.decode().split("\r\n")
    assert lines[:4] == [
        "HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Accept: 7xa9O2rYIoD0vFYdQ4bVCY5tG4M=",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in lines[4:]] == ["Date", "X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id", "", ""]


async def test_bytes_pass_both_ways_as_they_are(ends):
    reader, writer, origin_reader, origin_writer = await ends.open()
    for data in (b"\x81\x05hello", bytes(range(256)), b"GET / HTTP/1.1\r\n\r\n"):
        writer.write(data)
        await exactly(origin_reader, data)
        origin_writer.write(data[::-1])
        await exactly(reader, data[::-1])


async def test_what_comes_right_behind_the_101_is_not_lost(ends):
    reader, *_ = await ends.open(behind=b"first frame")
    await exactly(reader, b"first frame")


@pytest.mark.parametrize("size", [10, 3 * FULL], ids=["a frame", "more than is kept"])
async def test_what_the_viewer_sends_before_the_101_is_delivered(ends, size):
    early = bytes(size)
    _, _, origin_reader, _ = await ends.open(early=early)
    await exactly(origin_reader, early)


async def test_what_the_viewer_sends_before_the_101_is_bounded(ends):
    await ends.viewer(HANDSHAKE + bytes(3 * FULL))
    origin_reader, origin_writer = await ends.origin()
    await origin_reader.readuntil(b"\r\n\r\n")
    connection = ends.connection
    for _ in range(500):
        if connection._buffer_paused:
            break
        await asyncio.sleep(0.01)
    assert 0 < len(connection._message_tail) < FULL
    origin_writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    assert "GET /ws 403" in await ends.line()


async def test_the_line_on_the_terminal_says_what_passed_and_who_ended_it(ends):
    reader, _, origin_reader, origin_writer = await ends.open(behind=b"123", early=b"12345")
    await exactly(reader, b"123")
    await exactly(origin_reader, b"12345")
    origin_writer.close()
    assert await end_of(reader) == b""
    line = await ends.line()
    assert line.startswith("GET /ws 101 Miss ")
    assert line.endswith("(WebSocket: 5 bytes from the viewer, 3 to it; the origin closed it)\n")


async def test_nothing_is_left_of_a_tunnel(ends):
    reader, writer, *_ = await ends.open()
    server = ends.proxy.proxy._listener.server
    assert len(server.connections) == 1
    writer.close()
    assert await end_of(reader) == b""
    await ends.line()
    assert server.connections == []
    clients = ends.proxy.proxy._origins._custom._clients.values()
    assert [client._connector._acquired for client in clients] == [set()]


async def test_half_a_close_by_the_viewer_is_the_end_once_the_rest_has_gone(ends):
    reader, writer, origin_reader, _ = await ends.open()
    writer.write(b"the rest")
    writer.write_eof()
    assert await end_of(origin_reader) == b"the rest"
    assert await end_of(reader) == b""
    assert "the viewer closed it" in await ends.line()


async def test_half_a_close_by_the_origin_is_the_end_once_the_rest_has_gone(ends):
    reader, _, origin_reader, origin_writer = await ends.open()
    origin_writer.write(b"the rest")
    origin_writer.write_eof()
    assert await end_of(reader) == b"the rest"
    assert await end_of(origin_reader) == b""


async def test_an_origin_that_closes_right_behind_its_101_ends_the_tunnel(ends):
    reader, _ = await ends.viewer()
    origin_reader, origin_writer = await ends.origin()
    await origin_reader.readuntil(b"\r\n\r\n")
    origin_writer.write(SWITCHING + b"bye")
    origin_writer.close()
    assert (await end_of(reader)).endswith(b"\r\n\r\nbye")


@pytest.mark.parametrize("gone", ["viewer", "origin"])
async def test_a_connection_that_is_lost_takes_the_other_with_it(ends, gone):
    reader, writer, origin_reader, origin_writer = await ends.open()
    (writer if gone == "viewer" else origin_writer).transport.abort()
    await end_of(origin_reader if gone == "viewer" else reader)
    assert f"the {gone} closed it" in await ends.line()


async def test_a_side_that_takes_nothing_holds_the_other_one_back(ends):
    reader, writer, origin_reader, origin_writer = await ends.open()
    for source, sink in ((origin_writer, reader), (writer, origin_reader)):
        before = buffered(ends)
        sink._transport.pause_reading()
        source.write(bytes(64 * FULL))
        await paused(source, ends)
        assert buffered(ends) - before < FULL
        sink._transport.resume_reading()
        left = 64 * FULL
        while left:
            left -= len(await asyncio.wait_for(sink.read(FULL), PATIENCE))


def buffered(ends):
    both = ends.connection._tunnel
    return sum(end.transport.get_write_buffer_size() for end in (both._viewer, both._origin))


async def paused(source, ends):
    """Waits until nothing moves any more between a source and the proxy."""
    seen = None
    while seen != (now := (source.transport.get_write_buffer_size(), buffered(ends))):
        seen = now
        await asyncio.sleep(0.1)
    assert now[0] > 0, "the source is held back"


async def test_ten_minutes_without_a_byte_close_both(ends, monkeypatch):
    assert tunnel.IDLE_SECONDS == 600
    monkeypatch.setattr(tunnel, "IDLE_SECONDS", 0.05)
    reader, _, origin_reader, _ = await ends.open()
    assert (await end_of(reader), await end_of(origin_reader)) == (b"", b"")
    assert "idle for 0.05 s" in await ends.line()


async def test_a_closed_tunnel_does_not_wait_for_a_viewer_who_takes_nothing(ends, monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.05)
    reader, _, _, origin_writer = await ends.open()
    reader._transport.pause_reading()
    origin_writer.write(bytes(64 * FULL))
    await paused(origin_writer, ends)
    ends.connection._tunnel.close("the test closes it")
    assert "the test closes it" in await ends.line()


async def test_a_viewer_who_takes_nothing_for_ten_minutes_is_cut_off(ends, monkeypatch):
    reader, _, _, origin_writer = await ends.open()
    monkeypatch.setattr(tunnel, "IDLE_SECONDS", 0.05)
    reader._transport.pause_reading()
    origin_writer.write(bytes(64 * FULL))
    assert "the viewer closed it" in await ends.line()


async def test_the_proxys_end_is_every_tunnels_end_at_once(ends):
    reader, _, origin_reader, _ = await ends.open()
    async with asyncio.timeout(PATIENCE):
        await ends.proxy.proxy._listener.close(3600)
    assert (await end_of(reader), await end_of(origin_reader)) == (b"", b"")
    assert "the proxy stops" in await ends.line()
    assert not any("_exchange" in repr(task) for task in asyncio.all_tasks())


async def test_a_reload_keeps_tunnels(ends):
    _, writer, origin_reader, _ = await ends.open()
    await ends.proxy.proxy.reload(set())
    writer.write(b"still here")
    await exactly(origin_reader, b"still here")


class Transport:
    """A transport that keeps what is written to it."""

    def __init__(self):
        self.written, self.closed, self.protocol = b"", False, asyncio.Protocol()

    def get_protocol(self):
        return self.protocol

    def set_protocol(self, protocol):
        self.protocol = protocol

    def is_closing(self):
        return self.closed

    def write(self, data):
        self.written += data

    def get_write_buffer_size(self):
        return 0

    def close(self):
        self.closed = True

    abort = close


async def test_each_byte_puts_the_end_off():
    clock, viewer, origin, released = Clock(1000.0), Transport(), Transport(), []
    joined = Tunnel(viewer, Duplex(origin, b"", lambda: released.append(True)))
    joined.time, joined.moved = clock.monotonic, 1000.0
    clock.time += 599
    origin.protocol.data_received(b"late")
    clock.time += 599
    joined._look()
    assert (viewer.written, viewer.closed) == (b"late", False)
    clock.time += 1
    joined._look()
    assert (viewer.closed, origin.closed) == (True, True)
    joined._timer.cancel()


@pytest.mark.parametrize("gone", ["viewer", "origin"])
async def test_a_side_that_was_gone_before_the_tunnel_began_ends_it(gone):
    transport, released = Transport(), []
    left = asyncio.get_running_loop()
    duplex = Duplex(None if gone == "origin" else transport, b"first", lambda: released.append(True))
    joined = Tunnel(None if gone == "viewer" else transport, duplex)
    left.call_soon(lambda: transport.protocol.connection_lost(None))
    exchange = Exchange("GET", "/ws", 0.0)
    async with asyncio.timeout(PATIENCE):
        await joined.run(Answer(101, "", Headers(), (), duplex, "Miss"), b"early", exchange)
    assert transport.written.endswith(b"first" if gone == "origin" else b"early")
    assert released == [True]
    assert exchange.get("websocket").end == f"the {gone} closed it"
