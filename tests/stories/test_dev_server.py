"""A development server behind the proxy: hot reload over a WebSocket and event streams work as if nothing stood between."""

import asyncio
import os
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web

ORIGIN_CACHE_CONTROL = "83da9c7e-98b4-4e11-a168-04f0df8e2c65"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
PATIENCE = 10
BIG = os.urandom(1 << 20)
REWRITE = """
function handler(event) {
  var request = event.request;
  if (request.uri === '/closed') return { statusCode: 401, statusDescription: 'Unauthorized' };
  if (request.uri === '/moved') return { statusCode: 302, headers: { location: { value: '/hmr' } } };
  request.uri = request.uri.replace('/base/', '/');
  return request;
}
"""


class DevServer:
    """An aiohttp server with what Vite and its like have: `/hmr`, `/events`, `/plain`; remembers what it saw."""

    def __init__(self):
        self.requests = []
        self.sockets = []
        self.sayings = asyncio.Queue()
        """What `/events` says next."""
        self.left = asyncio.Event()
        """An event stream's viewer has left."""
        self.codes = asyncio.Queue()
        """Close codes of the WebSockets that have ended."""
        self.cache_control = "no-cache"

    async def hmr(self, request):
        self.requests.append(request)
        socket = web.WebSocketResponse(protocols=("vite-hmr", "vite-ping"), max_msg_size=8 << 20)
        if not socket.can_prepare(request):
            return web.Response(status=426, text="a WebSocket lives here")
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_str('{"type":"connected"}')
        try:
            async for message in socket:
                if message.data == "close":
                    await socket.close(code=4001, message=b"enough")
                elif message.type == WSMsgType.TEXT:
                    await socket.send_str(message.data.upper())
                else:
                    await socket.send_bytes(message.data[::-1])
        finally:
            self.codes.put_nowait(socket.close_code)
        return socket

    async def events(self, request):
        headers = {"Content-Type": "text/event-stream", **({"Cache-Control": self.cache_control} if self.cache_control else {})}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            while True:
                await response.write(f"data: {await self.sayings.get()}\n\n".encode())
        finally:
            self.left.set()

    async def plain(self, request):
        self.requests.append(request)
        return web.Response(text="plain")

    @asynccontextmanager
    async def serving(self):
        app = web.Application()
        app.add_routes([web.get("/hmr", self.hmr), web.get("/events", self.events), web.get("/plain", self.plain)])
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        finally:
            await runner.cleanup()


HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)
DECLARED = {"Id": "dev", "DomainName": "dev.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}


@pytest.fixture(params=["undeclared", "declared", "with a viewer-request function"])
async def dev(request, running, project):
    """A development server, and a proxy in front of it: by `--origin` alone, behind a caching behavior, behind a function."""
    server = DevServer()
    async with server.serving() as url:
        if request.param == "undeclared":
            started = running(None, origins={"": url})
        else:
            caching = {"TargetOriginId": "dev", "CachePolicyId": ORIGIN_CACHE_CONTROL, "OriginRequestPolicyId": ALL_VIEWER}
            code = {}
            if request.param != "declared":
                arn = {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}
                caching["FunctionAssociations"] = [{"EventType": "viewer-request", "FunctionARN": arn}]
                config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
                properties = {"Name": "rewrite", "FunctionCode": REWRITE, "FunctionConfig": config}
                code = {"resources": {"Rewrite": {"Type": "AWS::CloudFront::Function", "Properties": properties}}}
            started = running(project(origins=[DECLARED], behavior=caching, **code), origins={"dev": url})
        async with started as proxy, aiohttp.ClientSession(f"http://127.0.0.1:{proxy.port}") as session:
            server.kind, server.proxy, server.viewer = request.param, proxy, session
            yield server


async def test_hot_reload_messages_pass_both_ways(dev):
    async with dev.viewer.ws_connect("/hmr", protocols=("vite-hmr",), origin="http://localhost") as socket:
        assert socket.protocol == "vite-hmr"
        assert await socket.receive_str(timeout=PATIENCE) == '{"type":"connected"}'
        await socket.send_str("héllo")
        assert await socket.receive_str(timeout=PATIENCE) == "HÉLLO"
        seen = dev.requests[0].headers
        assert (seen["Origin"], seen["Sec-WebSocket-Protocol"]) == ("http://localhost", "vite-hmr")
        assert seen["Via"].endswith("(CloudFront)")
    assert await asyncio.wait_for(dev.codes.get(), PATIENCE) == 1000


async def test_an_app_that_no_file_declares_sees_the_host_that_the_browser_shows(dev):
    """Its redirects lead back to the proxy, and Origin is the Host's own, as checks of forged requests want it."""
    await (await dev.viewer.get("/plain")).read()
    host = dev.requests[0].headers["Host"]
    assert host == (
        f"127.0.0.1:{dev.proxy.port}" if dev.kind == "undeclared" else dev.proxy.source.load().distributions[0].domain_name
    )


@pytest.mark.parametrize("compress", [0, 15])
async def test_large_messages_pass_whole_compressed_or_not(dev, compress):
    async with dev.viewer.ws_connect("/hmr", compress=compress, max_msg_size=8 << 20) as socket:
        assert socket.compress == compress
        await socket.receive_str(timeout=PATIENCE)
        for data in (BIG, b"a" * len(BIG)):
            await socket.send_bytes(data)
            assert await socket.receive_bytes(timeout=PATIENCE) == data[::-1]


async def test_pings_and_close_codes_pass(dev):
    async with dev.viewer.ws_connect("/hmr", autoping=False) as socket:
        await socket.receive_str(timeout=PATIENCE)
        await socket.ping(b"are you there")
        pong = await socket.receive(timeout=PATIENCE)
        assert (pong.type, pong.data) == (WSMsgType.PONG, b"are you there")
        await socket.send_str("close")
        end = await socket.receive(timeout=PATIENCE)
        assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, 4001, "enough")


async def test_the_code_of_a_viewer_who_closes_reaches_the_server(dev):
    socket = await dev.viewer.ws_connect("/hmr")
    await socket.close(code=4002)
    assert await asyncio.wait_for(dev.codes.get(), PATIENCE) == 4002


async def test_a_viewer_who_vanishes_ends_the_servers_side(dev):
    socket = await dev.viewer.ws_connect("/hmr")
    socket._writer.transport.abort()
    assert await asyncio.wait_for(dev.codes.get(), PATIENCE) in (None, 1006), "without a close frame"


async def test_a_server_that_vanishes_ends_the_viewers_side(dev):
    async with dev.viewer.ws_connect("/hmr") as socket:
        await socket.receive_str(timeout=PATIENCE)
        dev.sockets[0]._writer.transport.abort()
        assert (await socket.receive(timeout=PATIENCE)).type in (WSMsgType.CLOSED, WSMsgType.ERROR)


async def test_the_request_line_tells_what_passed_when_it_is_over(dev):
    async with dev.viewer.ws_connect("/hmr") as socket:
        await socket.receive_str(timeout=PATIENCE)
        assert "/hmr" not in dev.proxy.terminal
    await asyncio.wait_for(dev.codes.get(), PATIENCE)
    await line_of(dev.proxy, "GET /hmr 101 Miss ")
    assert "(WebSocket: " in dev.proxy.terminal


async def line_of(proxy, words):
    for _ in range(500):
        if words in proxy.terminal:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{words!r} never came: {proxy.terminal}")


async def test_each_handshake_reaches_the_server_and_a_plain_get_is_answered_by_it(dev):
    for _ in range(2):
        async with dev.viewer.ws_connect("/hmr") as socket:
            await socket.receive_str(timeout=PATIENCE)
    assert len(dev.requests) == 2
    async with dev.viewer.get("/hmr") as answer:
        assert (answer.status, await answer.text()) == (426, "a WebSocket lives here")


async def test_what_is_no_101_is_an_ordinary_answer_and_the_connection_goes_on(dev):
    reader, writer = await asyncio.open_connection("127.0.0.1", dev.proxy.port)
    for path in ("/plain", "/plain?again"):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{HANDSHAKE}\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Connection: keep-alive\r\n" in head
        assert b"X-Cache: Miss" in head
        assert await reader.readexactly(5) == b"plain"
    writer.close()


@pytest.mark.parametrize("cache_control", ["no-cache", "no-store", None])
async def test_events_arrive_one_by_one_and_the_server_notices_a_viewer_who_leaves(dev, cache_control):
    dev.cache_control = cache_control
    async with dev.viewer.get("/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        for saying in ("one", "two", "three"):
            dev.sayings.put_nowait(saying)
            event = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), PATIENCE)
            assert event == f"data: {saying}\n\n".encode()
        answer.close()
    await asyncio.wait_for(dev.left.wait(), 3)


async def test_a_bucket_answers_a_handshake_as_the_get_that_it_is(running, project):
    async with running(project()) as proxy:
        seen = await proxy.get("/page", *[tuple(line.split(": ")) for line in HANDSHAKE.strip().split("\r\n")])
        assert (seen.status, seen.x_cache, seen.body) == (200, "Miss", b"the origin's content")
