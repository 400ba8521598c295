"""A real browser at `configs/dev-server` with the real Vite: an edit is shown without a reload, and nobody leaves localhost.

It runs where a Chromium, `pip install playwright` and `npm install` in configs/dev-server/app are there, else it is skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager

import pytest
from kit_dev_server import SET_UP, copied, serving_api
from kit_proxy import Running

from edgeproxy.edge import Https

playwright = pytest.importorskip("playwright.async_api", reason="pip install playwright")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MODULES = SET_UP / "app" / "node_modules"
PATIENCE = 15_000
"""Milliseconds."""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
    pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH"),
    pytest.mark.skipif(not (MODULES / "vite").is_dir(), reason="npm install in configs/dev-server/app"),
]


@contextmanager
def vite(app, port):
    """The dev server of `app`, ready."""
    (app / "node_modules").symlink_to(MODULES)
    command = ["node", "node_modules/vite/bin/vite.js", "--port", str(port)]
    with subprocess.Popen(command, cwd=app, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert any(b"ready in" in line for line in process.stdout), "it ended without being ready"
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def edit(path, old, new):
    """Saves as editors do: never half a file."""
    text = path.read_text()
    assert old in text
    saved = path.with_suffix(".saved")
    saved.write_text(text.replace(old, new))
    saved.replace(path)


@pytest.fixture
async def page():
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # The certificate is one of our own.
        context = await browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE)
        yield await context.new_page()
        await browser.close()


@pytest.fixture(params=["http", "https"])
def https(request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CAROOT", raising=False)
    return Https(0) if request.param == "https" else None


async def test_an_edit_is_shown_without_a_reload_and_nobody_leaves_localhost(page, https, tmp_path):
    port = free_port()
    with serving_api() as api:
        copy = copied(tmp_path, f"http://localhost:{port}", api)
        with vite(copy / "app", port):
            async with Running(copy, https=https) as proxy:
                url = f"http://localhost:{proxy.port}" if https is None else f"https://localhost:{proxy.proxy.https_port}"
                await visit(page, url, copy / "app" / "src")


async def visit(page, url, source):
    sockets, errors = [], []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.on("pageerror", lambda error: errors.append(str(error)))

    async with page.expect_console_message(lambda message: "[vite] connected" in message.text):
        await page.goto(f"{url}/")
    await shown(page, "#title", "Served by the dev server")
    await shown(page, "#greeting", "hello, stranger")
    assert await page.evaluate("document.querySelector('img').naturalWidth") == 48

    await page.evaluate("window.since = 'the first load'")
    edit(source / "title.js", "Served by", "Hot from")
    await shown(page, "#title", "Hot from the dev server")
    edit(source / "style.css", "rgb(0, 102, 204)", "rgb(200, 0, 80)")
    await page.wait_for_function("getComputedStyle(document.querySelector('h1')).color === 'rgb(200, 0, 80)'")
    assert await page.evaluate("window.since") == "the first load"

    await page.click("button")
    await page.wait_for_url(f"{url}/welcome")
    await shown(page, "#greeting", "hello, ada")
    assert [(cookie["name"], cookie["domain"]) for cookie in await page.context.cookies()] == [("session", "localhost")]

    await page.goto(f"{url}/start")
    assert page.url == f"{url}/"
    # Where hot reload fails, Vite's client tries the dev server itself.
    assert {socket.partition("token=")[0] for socket in sockets} == {url.replace("http", "ws", 1) + "/?"}
    assert errors == []


async def shown(page, selector, text):
    await page.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.textContent === text", arg=[selector, text]
    )
