import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import TransferEncodingError
from aiohttp.streams import StreamReader

from edgeproxy.messages import BodyBroken
from edgeproxy.server import unread
from edgeproxy.server.viewer_body import CONTINUE, ViewerBody


class Viewer:
    def __init__(self, *, expects_continue=False):
        loop = asyncio.get_running_loop()
        protocol = BaseProtocol(loop)
        protocol.transport = asyncio.Transport()  # it is connected
        self.payload = StreamReader(protocol, 1 << 16, loop=loop)
        self.written, self.cut = [], []
        self.body = ViewerBody(self.payload, self.written.append, self.cut.append, expects_continue=expects_continue)


async def test_chunks_come_as_they_arrive():
    viewer = Viewer()
    chunks = viewer.body.chunks()
    for data in (b"one", b"two"):
        viewer.payload.feed_data(data)
        assert await anext(chunks) == data
    viewer.payload.feed_eof()
    assert [chunk async for chunk in chunks] == []
    assert viewer.written == []


async def test_a_viewer_who_waits_is_told_to_continue_once_when_the_body_is_read():
    viewer = Viewer(expects_continue=True)
    chunks = viewer.body.chunks()
    assert viewer.written == []
    viewer.payload.feed_data(b"one")
    viewer.payload.feed_eof()
    assert [chunk async for chunk in chunks] == [b"one"]
    assert viewer.written == [CONTINUE]


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TransferEncodingError("nonsense")])
async def test_a_body_that_breaks_off_is_broken(error):
    viewer = Viewer()
    viewer.payload.set_exception(error)
    with pytest.raises(BodyBroken, match="the viewer's body broke off"):
        await anext(viewer.body.chunks())


async def test_a_body_that_stands_still_is_cut_off(monkeypatch):
    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.01)
    viewer = Viewer()
    chunks = viewer.body.chunks()
    viewer.payload.feed_data(b"one")
    assert await anext(chunks) == b"one"
    with pytest.raises(BodyBroken, match="the viewer sent nothing of its body"):
        await anext(chunks)
    assert viewer.cut == ["the viewer sent nothing of its body for 0.01 s: cut off"]
