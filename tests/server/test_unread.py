import asyncio

from edgeproxy.server import unread
from edgeproxy.server.unread import Unread


class Transport:
    """A transport whose peer takes what `takes` says, at each look."""

    def __init__(self, size, *takes):
        self.size = size
        self.takes = list(takes)
        self.looks = 0
        self.closed = False
        self.cut = asyncio.Event()

    def get_write_buffer_size(self):
        self.looks += 1
        if self.looks > 1 and self.takes:
            self.size -= self.takes.pop(0)
        return self.size

    def close(self):
        self.closed = True

    def abort(self):
        self.cut.set()


async def test_a_peer_that_takes_nothing_is_cut_off():
    transport = Transport(100)
    Unread(transport, transport.abort, 0.001)
    await asyncio.wait_for(transport.cut.wait(), 5)
    assert transport.looks == 2


async def test_a_slow_peer_is_waited_for_until_it_takes_nothing():
    transport = Transport(100, 1, 1, 1, 0)
    Unread(transport, transport.abort, 0.001)
    await asyncio.wait_for(transport.cut.wait(), 5)
    assert transport.looks == 5


async def test_it_ends_with_the_last_byte():
    transport, ended = Transport(100, 60, 40), asyncio.Event()
    Unread(transport, transport.abort, 0.001)
    Unread(Transport(1), ended.set, 0.02)
    await asyncio.wait_for(ended.wait(), 5)
    assert (transport.looks, transport.cut.is_set()) == (3, False)


async def test_it_can_be_stopped():
    transport, ended = Transport(100), asyncio.Event()
    Unread(transport, transport.abort, 0.001).stop()
    Unread(Transport(1), ended.set, 0.02)
    await asyncio.wait_for(ended.wait(), 5)
    assert not transport.cut.is_set()


async def test_a_closed_connection_waits_for_its_peer_only_so_long(monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.001)
    transport, empty = Transport(100), Transport(0)
    unread.close(transport)
    unread.close(empty)
    assert transport.closed
    assert empty.closed
    await asyncio.wait_for(transport.cut.wait(), 5)
    assert empty.looks == 1
