import asyncio

import pytest
from kit import Clock

from edgeproxy.clock import SystemClock
from edgeproxy.inspector import admin
from edgeproxy.inspector.cache_pages import CachePages
from edgeproxy.inspector.client import AdminError, Client
from edgeproxy.inspector.clock_pages import ClockPages
from edgeproxy.inspector.key_value_pages import KeyValuePages
from edgeproxy.inspector.token import Token
from edgeproxy.model import KeyValueStore
from edgeproxy.stores.key_values import KeyValueStores


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


async def test_it_finds_the_proxy_and_its_token_by_itself():
    stores = KeyValueStores(Clock())
    stores.take(stores.read([KeyValueStore("flags", "arn:1")]))
    listening = await admin.listen(KeyValuePages(stores).routes(), 0)

    def work():
        proxy = Client()
        assert proxy.port == listening.port
        assert proxy.put("flags", "a/é", "1") == {"name": "flags", "keys": 1, "size": 5}
        assert proxy.get("flags", "a/é") == "1"
        assert proxy.pairs("flags") == {"a/é": "1"}
        assert proxy.stores() == [{"name": "flags", "keys": 1, "size": 5}]
        assert proxy.delete("flags", "a/é")["keys"] == 0
        with pytest.raises(AdminError, match=r"there is no key value store flag; did you mean flags\?"):
            proxy.get("flag", "x")
        for key, value in (("\ud800", ""), ("k", "\ud800")):
            with pytest.raises(AdminError, match="UTF-8"):
                proxy.put("flags", key, value)

    await asyncio.to_thread(work)
    await listening.close()


def test_no_proxy_is_running():
    with pytest.raises(AdminError, match="no proxy with an admin listener is running; start one with --admin-port 8081"):
        Client()
    with pytest.raises(AdminError, match="no proxy of yours has its admin listener on port 8081"):
        Client(8081)


async def test_the_cache_and_the_clock_are_asked_over_their_pages():
    desk, seen = SystemClock(), []

    class Desk:
        async def invalidate(self, paths, distribution=None):
            seen.append((paths, distribution))
            return dict.fromkeys(paths, 2)

    listening = await admin.listen([*CachePages(Desk()).routes(), *ClockPages(desk).routes()], 0)

    def work():
        proxy = Client()
        assert proxy.invalidate(["/a", "/b*"]) == {"/a": 2, "/b*": 2}
        proxy.invalidate(["/a"], "Web")
        assert proxy.clock()["offset"] == 0.0
        assert proxy.advance_clock(-60)["offset"] == -60.0
        assert proxy.set_clock("2030-01-31T12:00:00Z")["now"].startswith("2030-01-31T12:00:0")
        assert proxy.reset_clock()["offset"] == desk.offset == 0.0
        with pytest.raises(AdminError, match="UTF-8"):
            proxy.invalidate(["/\udcff"])

    await asyncio.to_thread(work)
    assert seen == [(["/a", "/b*"], None), (["/a"], "Web")]
    await listening.close()


def test_several_proxies_are_told_apart_by_their_port():
    tokens = [Token(port) for port in (8081, 8082)]
    with pytest.raises(AdminError, match="say --admin-port 8081 or 8082"):
        Client()
    assert Client(8082).port == 8082
    for token in tokens:
        token.remove()


async def test_a_proxy_that_answers_nonsense_is_told_in_a_line():
    async def nonsense(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"nonsense\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    token = Token(server.sockets[0].getsockname()[1])
    with pytest.raises(AdminError, match="the proxy does not answer"):
        await asyncio.to_thread(lambda: Client().stores())
    token.remove()
    server.close()
    await server.wait_closed()


def test_an_unsafe_folder_is_told_in_a_line(tmp_path):
    (tmp_path / "edgeproxy").mkdir()
    (tmp_path / "edgeproxy").chmod(0o777)
    with pytest.raises(AdminError, match="closed to others"):
        Client()
