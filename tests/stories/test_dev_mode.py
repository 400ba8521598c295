"""A dev server behind a deployed distribution, `dev: true`: nothing is cached, everything passes, and the browser stays here."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from edgeproxy import start_table

PATIENCE = 10
ORIGIN = {
    "Id": "app",
    "DomainName": "api.execute-api.us-east-1.amazonaws.com",
    "OriginPath": "/prod",
    "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 1},
}
FUNCTION = """
function handler(event) {
  var request = event.request;
  request.headers['x-seen-host'] = { value: request.headers.host.value };
  request.uri = request.uri.replace('/app/', '/');
  return request;
}
"""


class Vite:
    """An aiohttp server with what a dev server has: pages, a login that redirects, hot reload, events; remembers requests."""

    def __init__(self):
        self.requests = []
        self.sayings = asyncio.Queue()
        self.left = asyncio.Event()

    async def page(self, request):
        self.requests.append(request)
        text = json.dumps({"path": request.path_qs, "body": await request.text()}) + " " * 4000
        headers = {"Content-Type": "text/html", "Cache-Control": "max-age=3600", "Vary": "X-Any"}
        return web.Response(text=text, headers=headers)

    async def login(self, request):
        self.requests.append(request)
        seen = request.headers["X-Seen-Host"]
        answer = web.Response(status=302, headers={"Location": f"https://{seen}/app/home?from=login"})
        answer.set_cookie("session", "s1", domain=".example.com", path="/", secure=True, samesite="Lax")
        answer.set_cookie("theme", "dark", path="/")
        return answer

    async def slash(self, request):
        """As servers do that know no name but their own."""
        return web.Response(status=301, headers={"Location": f"http://{request.host}{request.path}/"})

    async def hmr(self, request):
        self.requests.append(request)
        socket = web.WebSocketResponse(protocols=("vite-hmr",))
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    async def events(self, request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while True:
                await response.write(f"data: {await self.sayings.get()}\n\n".encode())
        finally:
            self.left.set()

    @asynccontextmanager
    async def serving(self):
        app = web.Application()
        app.add_routes([
            web.get("/login", self.login), web.get("/docs", self.slash), web.get("/hmr", self.hmr),
            web.get("/events", self.events), web.route("*", "/{path:.*}", self.page),
        ])  # fmt: skip
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        finally:
            await runner.cleanup()


@pytest.fixture
async def dev(running, project, tmp_path):
    """The server; a caching behavior that forwards nothing and a function in front of it; a viewer who keeps cookies."""
    vite = Vite()
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    function = {"Name": "route", "FunctionCode": FUNCTION, "FunctionConfig": config}
    arn = {"Fn::GetAtt": ["Route", "FunctionARN"]}
    behavior = {
        "TargetOriginId": "app",
        "Compress": True,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        "FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": arn}],
    }
    resources = {"Route": {"Type": "AWS::CloudFront::Function", "Properties": function}}
    project(behavior=behavior, origins=[ORIGIN], resources=resources, Aliases=["www.example.com"])
    async with vite.serving() as vite.address:
        place = f"app: {{url: 'http://{vite.address}', path: '', dev: true}}"
        settings = f"distribution: template.json\norigins:\n  site: ./public\n  {place}\nviewer: {{map_back: true}}\n"
        (tmp_path / "edgeproxy.yaml").write_text(settings)
        jar = aiohttp.CookieJar(unsafe=True)
        async with running(tmp_path, admin_port=0) as vite.proxy:
            vite.url = f"http://127.0.0.1:{vite.proxy.port}"
            async with aiohttp.ClientSession(vite.url, cookie_jar=jar) as vite.viewer:
                yield vite


async def test_nothing_is_cached_or_compressed_and_everything_of_a_request_arrives(dev):
    lines = {
        "Accept-Language": "fr",
        "Accept-Encoding": "gzip, br",
        "X-Mine": "1",
        "Referer": f"{dev.url}/",
        "Cookie": "z=1; a=2",
    }
    for _ in range(2):
        async with dev.viewer.get("/app/x?b=2&a=1", headers=lines) as answer:
            assert json.loads(await answer.text())["path"] == "/x?b=2&a=1", "the function ran, /prod is gone"
            assert (answer.headers["X-Cache"], answer.headers["Vary"]) == ("Miss from cloudfront", "X-Any")
            assert "Content-Encoding" not in answer.headers
    assert len(dev.requests) == 2
    seen = dev.requests[0].headers
    assert {name: seen[name] for name in lines} == lines
    assert (seen["Host"], seen["X-Seen-Host"]) == (dev.address, "www.example.com")


async def test_a_form_is_sent_to_it(dev):
    async with dev.viewer.post("/form", data="a=1") as answer:
        assert json.loads(await answer.text())["body"] == "a=1"


async def test_a_login_leaves_the_browser_where_it_is_with_its_cookies(dev):
    async with dev.viewer.get("/login", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{dev.url}/app/home?from=login"
        assert answer.headers.getall("Set-Cookie") == ["session=s1; Path=/; SameSite=Lax; Secure", "theme=dark; Path=/"]
    async with dev.viewer.get("/docs", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{dev.url}/docs/"
    async with dev.viewer.get("/login") as answer:
        assert (str(answer.url), answer.status) == (f"{dev.url}/app/home?from=login", 200)
    assert dev.requests[-1].cookies["theme"] == "dark"


async def test_who_comes_by_the_distributions_own_name_is_answered_as_it_is(dev):
    seen = await dev.proxy.get("/login", host="www.example.com")
    assert seen["Location"] == "https://www.example.com/app/home?from=login"
    assert "Domain=.example.com" in seen.headers.get_all("set-cookie")[0]


async def test_hot_reload_passes_both_ways(dev):
    async with dev.viewer.ws_connect("/app/hmr", protocols=("vite-hmr",), compress=15) as socket:
        assert (socket.protocol, socket.compress) == ("vite-hmr", 15)
        await socket.send_str("update")
        assert await socket.receive_str(timeout=PATIENCE) == "UPDATE"
    assert dev.requests[0].headers["Host"] == dev.address


async def test_events_pass_one_by_one_after_a_silence_that_the_origin_would_not_be_given(dev):
    async with dev.viewer.get("/events") as answer:
        for saying in ("one", "two"):
            dev.sayings.put_nowait(saying)
            event = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), PATIENCE)
            assert event == f"data: {saying}\n\n".encode()
        with pytest.raises(TimeoutError):
            # OriginReadTimeout is 1 s.
            await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 1.3)
        dev.sayings.put_nowait("three")
        assert await asyncio.wait_for(answer.content.readuntil(b"\n\n"), PATIENCE) == b"data: three\n\n"
        answer.close()
    await asyncio.wait_for(dev.left.wait(), PATIENCE)


async def test_it_is_said_that_this_is_not_as_deployed(dev):
    said = start_table.render(dev.proxy.proxy.configuration, colour=False)
    assert f"→ app   http://{dev.address}  not as deployed (dev)" in said
    assert "lead back here (viewer: {map_back: true})" in said
