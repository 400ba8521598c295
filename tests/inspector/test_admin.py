import asyncio
import json
from urllib.parse import quote

import aiohttp
import pytest
from kit import Clock
from yarl import URL

from edgeproxy.errors import ConfigError
from edgeproxy.inspector import admin, token
from edgeproxy.model import KeyValueStore
from edgeproxy.stores.key_values import KeyValueStores


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


class Asking:
    """An admin listener over two stores, and someone who asks it."""

    async def __aenter__(self):
        self.stores = KeyValueStores(Clock())
        self.stores.take(self.stores.read([KeyValueStore("redirects", "arn:1"), KeyValueStore("flags", "arn:2")]))
        self.stores.put("redirects", "/old", "/new")
        self.admin = await admin.listen(self.stores, 0)
        self.authorized = {"Authorization": f"Bearer {token.read(self.admin.port)}"}
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error):
        await self.session.close()
        await self.admin.close()

    async def ask(self, method, path, body=None, **headers):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.admin.port}{path}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, URL(url, encoded=True), data=data, headers=headers) as response:
            return response.status, json.loads(await response.read() or b"null"), response.headers


async def test_stores_and_keys_are_listed():
    async with Asking() as asking:
        status, found, headers = await asking.ask("GET", "/key-value-stores")
        assert status == 200
        assert found == {"stores": [{"name": "flags", "keys": 0, "size": 0}, {"name": "redirects", "keys": 1, "size": 8}]}
        assert headers["Cache-Control"] == "no-store"
        _, found, _ = await asking.ask("GET", "/key-value-stores/redirects/keys")
        assert found == {"data": [{"key": "/old", "value": "/new"}]}


KEYS = ["/old", "a/b/c", "..", "a?b#c", "100%", "%2F", "é 日本", "{x}", "+", "a" * 512]


@pytest.mark.parametrize("key", KEYS)
async def test_any_key_is_put_got_and_deleted(key):
    async with Asking() as asking:
        path = f"/key-value-stores/flags/keys/{quote(key, safe='')}"
        status, found, _ = await asking.ask("PUT", path, {"value": "é"}, **asking.authorized)
        assert (status, found) == (200, {"name": "flags", "keys": 1, "size": len(key.encode()) + 2})
        assert dict(asking.stores.pairs("flags")) == {key: "é"}
        assert (await asking.ask("GET", path))[:2] == (200, {"key": key, "value": "é"})
        status, found, _ = await asking.ask("DELETE", path, **asking.authorized)
        assert (status, found["keys"]) == (200, 0)


PUT = ("PUT", "/key-value-stores/redirects/keys/k")
VALUE = {"value": "v"}
REFUSED = [
    pytest.param("GET", "/key-value-stores", None, {"Host": "evil.test"}, 403, id="a foreign Host"),
    pytest.param("GET", "/key-value-stores", None, {"Host": "127.0.0.1:1"}, 403, id="the Host of another port"),
    pytest.param("GET", "/key-value-stores", None, {"Origin": "https://evil.test"}, 403, id="a foreign Origin"),
    pytest.param("GET", "/key-value-stores", None, {"Origin": "null"}, 403, id="an opaque Origin"),
    pytest.param(
        *PUT, VALUE, {"Origin": "https://evil.test", "Authorization": "token"}, 403, id="a foreign Origin with the token"
    ),
    pytest.param(*PUT, VALUE, {}, 401, id="a change without the token"),
    pytest.param(*PUT, VALUE, {"Authorization": "Bearer é"}, 401, id="a change with another token"),
    pytest.param("DELETE", "/key-value-stores/redirects/keys/~old", None, {}, 401, id="a removal without the token"),
    pytest.param(*PUT, {"value": 1}, {"Authorization": "token"}, 400, id="a value that is a number"),
    pytest.param(*PUT, {"value": "", "x": 1}, {"Authorization": "token"}, 400, id="one property too many"),
    pytest.param(*PUT, b"{", {"Authorization": "token"}, 400, id="a body that is no JSON"),
    pytest.param(*PUT, b"\xff", {"Authorization": "token"}, 400, id="a body that is not UTF-8"),
    pytest.param(*PUT, {"value": "v" * 1025}, {"Authorization": "token"}, 400, id="a value of 1,025 bytes"),
    pytest.param(*PUT, {"value": "v" * 10_000}, {"Authorization": "token"}, 413, id="a body of 10 KB"),
    pytest.param("PUT", "/key-value-stores/redirects/keys/", VALUE, {"Authorization": "token"}, 400, id="an empty key"),
    pytest.param("PUT", "/key-value-stores/redirect/keys/k", VALUE, {"Authorization": "token"}, 404, id="an unknown store"),
    pytest.param("GET", "/key-value-stores/redirects/keys/k", None, {}, 404, id="an unknown key"),
    pytest.param("GET", "/nowhere", None, {}, 404, id="an unknown path"),
    pytest.param("POST", "/key-value-stores", None, {"Authorization": "token"}, 405, id="an unknown method"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), REFUSED)
async def test_what_is_refused_changes_nothing_and_says_why(method, path, body, headers, status):
    async with Asking() as asking:
        if headers.get("Authorization") == "token":
            headers = {**headers, **asking.authorized}
        found, answer, _ = await asking.ask(method, path, body, **headers)
        assert (found, answer.keys()) == (status, {"error", "message"})
        assert dict(asking.stores.pairs("redirects")) == {"/old": "/new"}


async def test_its_own_names_and_pages_may_ask():
    async with Asking() as asking:
        own = f"localhost:{asking.admin.port}"
        assert (await asking.ask("GET", "/key-value-stores", Host=own, Origin=f"http://{own}"))[0] == 200


async def test_a_request_without_host_is_refused():
    async with Asking() as asking:
        reader, writer = await asyncio.open_connection("127.0.0.1", asking.admin.port)
        writer.write(b"GET /key-value-stores HTTP/1.0\r\n\r\n")
        assert b" 403 " in await reader.readline()
        writer.close()


async def test_the_token_goes_with_the_listener():
    async with Asking() as asking:
        port = asking.admin.port
        assert token.ports() == [port]
    assert token.ports() == []


async def test_a_port_in_use_is_a_problem_with_a_way_out():
    async with Asking() as asking:
        with pytest.raises(ConfigError, match=f"cannot start on 127.0.0.1:{asking.admin.port}") as caught:
            await admin.listen(asking.stores, asking.admin.port)
        assert "--admin-port" in caught.value.problems[0].hint


async def test_without_a_safe_place_for_the_token_there_is_no_listener(tmp_path):
    (tmp_path / "edgeproxy").mkdir()
    (tmp_path / "edgeproxy").chmod(0o777)
    with pytest.raises(ConfigError, match="closed to others"):
        await admin.listen(KeyValueStores(Clock()), 0)


async def test_cff_41_a_put_with_a_stale_if_match_is_a_validation_exception():
    """CFF-41"""
    async with Asking() as asking:
        path = "/key-value-stores/redirects/keys/a"
        status, _, headers = await asking.ask("PUT", path, {"value": "1"}, **asking.authorized)
        assert status == 200
        etag = headers["ETag"]
        assert (await asking.ask("PUT", path, {"value": "2"}, If_Match=etag, **asking.authorized))[0] == 200
        status, found, _ = await asking.ask("PUT", path, {"value": "3"}, If_Match=etag, **asking.authorized)
        assert (status, found["error"]) == (400, "ValidationException"), "CFF-41"
        assert "Pre-Condition failed" in found["message"]
        assert (await asking.ask("DELETE", path, If_Match=etag, **asking.authorized))[0] == 400
        assert asking.stores.get("redirects", "a") == "2"
