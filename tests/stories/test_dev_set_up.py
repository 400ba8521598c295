"""`configs/dev-server` as it stands: the app from a dev server, `/api/*` from the API beside it, `/assets/*` from a folder."""

import asyncio
import json
import re
import ssl
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from kit_dev_server import API_URL, SET_UP, VITE_URL, copied, serving_api

from edgeproxy import edge, project, start_table

LOGO = (SET_UP / "media" / "assets" / "logo.svg").read_bytes()
PATIENCE = 10
ETAG = 'W/"1"'
TOKEN = "LpHEeh7qa6S_"
PAGE = "<!doctype html><title>Dev server</title>"


class Vite:
    """As strict as Vite: modules have exact paths, hot reload is at `/` with its token and protocol, Host is its own name."""

    def __init__(self):
        self.requests = []
        self.sayings = asyncio.Queue()

    async def answer(self, request):
        self.requests.append(request)
        if request.host != self.address:
            return web.Response(status=403, text="Blocked request. This host is not allowed.")
        if request.headers.get("Upgrade") == "websocket":
            return await self.hot_reload(request)
        match request.path:
            case "/@vite/client" | "/src/main.js":
                return self.module(request)
            case "/events":
                return await self.events(request)
            case "/docs":
                return web.Response(status=301, headers={"Location": f"http://{request.host}/docs/"})
            case "/remember":
                cookies = [("Set-Cookie", "a=1; Domain=www.example.com; Path=/"), ("Set-Cookie", "b=2")]
                return web.Response(text=request.headers.get("Cookie", ""), headers=cookies)
        if "." in request.path:
            return web.Response(status=404)
        return web.Response(text=PAGE, content_type="text/html", headers={"Cache-Control": "no-cache"})

    def module(self, request):
        headers = {"Content-Type": "text/javascript", "Cache-Control": "max-age=31536000,immutable", "Etag": ETAG}
        if request.headers.get("If-None-Match") == ETAG:
            return web.Response(status=304, headers=headers)
        return web.Response(text=f"// {request.path_qs}\n" + " " * 4000, headers=headers)

    async def hot_reload(self, request):
        if (request.path, request.query_string) != ("/", f"token={TOKEN}"):
            return web.Response(status=400, text="no hot reload here")
        socket = web.WebSocketResponse(protocols=("vite-hmr",))
        await socket.prepare(request)
        await socket.send_str('{"type":"connected"}')
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    async def events(self, request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            await response.write(f"data: {await self.sayings.get()}\n\n".encode())

    @asynccontextmanager
    async def serving(self):
        app = web.Application()
        app.add_routes([web.route("*", "/{path:.*}", self.answer)])
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"localhost:{site._server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@pytest.fixture(params=["http", "https"])
async def browser(request, running, tmp_path, monkeypatch):
    """A viewer who keeps cookies as a browser does, at the proxy of the set-up; only the two ports are other ones."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CAROOT", raising=False)
    with serving_api() as api:
        async with Vite().serving() as vite:
            copy = copied(tmp_path, f"http://{vite.address}", api)
            https = edge.Https(0) if request.param == "https" else None
            async with running(copy, https=https) as proxy:
                port, trust = proxy.port, None
                if https is not None:
                    port = proxy.proxy.https_port
                    trust = aiohttp.TCPConnector(
                        ssl=ssl.create_default_context(cafile=tmp_path / "data/edgeproxy/localhost.pem")
                    )
                url = f"{request.param}://localhost:{port}"
                jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=url)
                async with aiohttp.ClientSession(url, cookie_jar=jar, connector=trust) as session:
                    session.vite, session.proxy, session.url = vite, proxy, url
                    yield session


def test_check_finds_it_fit_to_serve(monkeypatch):
    configuration, problems = project.check(project.Source(SET_UP, {}, {}))
    assert problems == []
    assert configuration.distributions[0].not_honoured == ()
    monkeypatch.chdir(SET_UP)
    said = start_table.render(configuration, colour=False).splitlines()
    assert said[1:] == [
        f"  /api/*     → api     {API_URL}",
        "  /assets/*  → assets  media",
        f"  *          → site    {VITE_URL}  not as deployed (dev)",
        "    viewer-req: local-routes (function)",
        "  site gets URIs as the browser sends them: rewriting is for the bucket",
        "plain HTTP plays the HTTPS listener (viewer: {scheme: http} shows redirects)",
        "redirects and cookies of these names lead back here (viewer: {map_back: true})",
    ]


def test_its_files_agree_on_ports_and_names():
    settings = (SET_UP / "edgeproxy.yaml").read_text()
    assert VITE_URL in settings
    assert API_URL in settings
    assert "port: 5173, strictPort: true" in (SET_UP / "app" / "vite.config.js").read_text()
    assert re.search(r"else 3000$", (SET_UP / "api.py").read_text(), re.MULTILINE)
    assert project.check(project.Source(SET_UP, {}, {}))[0].distributions[0].aliases == ("www.example.com",)


@pytest.mark.parametrize("target", ["/", "/welcome", "/a/b?c=d", "/@vite/client", "/src/main.js?t=1795963292261"])
async def test_pages_and_modules_come_from_the_dev_server_each_time_as_they_are(browser, target):
    for _ in range(2):
        async with browser.get(target, headers={"Accept-Encoding": "gzip, br"}) as answer:
            text = await answer.text()
            assert (answer.status, answer.headers["X-Cache"]) == (200, "Miss from cloudfront")
            assert text.startswith(f"// {target}\n") if "/src" in target or "@" in target else text == PAGE
            assert "Content-Encoding" not in answer.headers
    assert [request.path_qs for request in browser.vite.requests] == [target, target]


async def test_a_module_that_the_browser_has_is_a_304_of_the_dev_server(browser):
    async with browser.get("/@vite/client", headers={"If-None-Match": ETAG}) as answer:
        assert (answer.status, answer.headers["Etag"]) == (304, ETAG)
    async with browser.get("/@vite/client") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("page", ["/", "/welcome"])
async def test_hot_reload_is_reached_from_every_page_and_passes_both_ways(browser, page):
    await browser.get(page)
    async with browser.ws_connect(f"/?token={TOKEN}", protocols=("vite-hmr",), origin=browser.url) as socket:
        assert socket.protocol == "vite-hmr"
        assert await socket.receive_str(timeout=PATIENCE) == '{"type":"connected"}'
        await socket.send_str("ping")
        assert await socket.receive_str(timeout=PATIENCE) == "PING"
    seen = browser.vite.requests[-1].headers
    assert (seen["Host"], seen["Origin"]) == (browser.vite.address, browser.url)


async def test_events_arrive_at_once(browser):
    async with browser.get("/events") as answer:
        for saying in ("one", "two"):
            browser.vite.sayings.put_nowait(saying)
            event = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), PATIENCE)
            assert event == f"data: {saying}\n\n".encode()
        answer.close()


async def test_redirects_and_cookies_of_the_dev_server_stay_here(browser):
    async with browser.get("/docs", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{browser.url}/docs/"
    for sent in ("", "a=1; b=2"):
        async with browser.get("/remember") as answer:
            assert await answer.text() == sent
            assert answer.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2"]


async def test_the_deployed_function_answers_still_and_its_redirect_stays_here(browser):
    async with browser.get("/start", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"{browser.url}/")
        assert answer.headers["X-Cache"] == "FunctionGeneratedResponse from cloudfront"
    assert browser.vite.requests == []


async def test_assets_are_cached_and_compressed_as_deployed(browser):
    for x_cache in ("Miss", "Hit"):
        async with browser.get("/assets/logo.svg") as answer:
            assert (answer.headers["X-Cache"], await answer.read()) == (f"{x_cache} from cloudfront", LOGO)
    async with browser.get("/assets/none.svg") as answer:
        assert answer.status in (403, 404)
    assert browser.vite.requests == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_the_api_is_asked_each_time_by_its_deployed_name(browser, method):
    for _ in range(2):
        async with browser.request(method, "/api/hello?x=1", data=None if method == "GET" else b"body") as answer:
            said = {"greeting": "hello, stranger", "method": method, "path": "/api/hello?x=1", "host": "api.example.com"}
            assert (json.loads(await answer.read()), answer.headers["X-Cache"]) == (said, "Miss from cloudfront")
    assert browser.vite.requests == []


async def test_signing_in_leads_back_with_a_cookie_that_the_browser_keeps(browser):
    async with browser.post("/api/login", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{browser.url}/welcome")
        assert answer.headers.getall("Set-Cookie") == ["session=ada; Path=/; Secure; HttpOnly; SameSite=Lax"]
    async with browser.get("/api/hello") as answer:
        assert json.loads(await answer.read())["greeting"] == "hello, ada"
    async with browser.post("/api/login") as answer:
        assert (str(answer.url), await answer.text()) == (f"{browser.url}/welcome", PAGE)


async def test_the_app_may_only_be_asked_by_the_methods_that_are_deployed(browser):
    async with browser.post("/", data=b"x") as answer:
        assert answer.status == 403
    assert browser.vite.requests == []
