from urllib.parse import quote

import pytest
from kit import Clock
from kit_admin import Asking

from edgeproxy.inspector.key_value_pages import KeyValuePages
from edgeproxy.model import KeyValueStore
from edgeproxy.stores.key_values import KeyValueStores


class Stores(Asking):
    """An admin listener over two stores; one key of one is set."""

    def __init__(self):
        self.stores = KeyValueStores(Clock())
        self.stores.take(self.stores.read([KeyValueStore("redirects", "arn:1"), KeyValueStore("flags", "arn:2")]))
        self.stores.put("redirects", "/old", "/new")
        super().__init__(KeyValuePages(self.stores).routes())


async def test_stores_and_keys_are_listed():
    async with Stores() as asking:
        status, found, _ = await asking.ask("GET", "/key-value-stores")
        assert status == 200
        assert found == {"stores": [{"name": "flags", "keys": 0, "size": 0}, {"name": "redirects", "keys": 1, "size": 8}]}
        _, found, _ = await asking.ask("GET", "/key-value-stores/redirects/keys")
        assert found == {"data": [{"key": "/old", "value": "/new"}]}


KEYS = ["/old", "a/b/c", "..", "a?b#c", "100%", "%2F", "é 日本", "{x}", "+", "a" * 512]


@pytest.mark.parametrize("key", KEYS)
async def test_any_key_is_put_got_and_deleted(key):
    async with Stores() as asking:
        path = f"/key-value-stores/flags/keys/{quote(key, safe='')}"
        figures = {"name": "flags", "keys": 1, "size": len(key.encode()) + 2}
        assert await asking.change("PUT", path, {"value": "é"}) == (200, figures)
        assert dict(asking.stores.pairs("flags")) == {key: "é"}
        assert (await asking.ask("GET", path))[:2] == (200, {"key": key, "value": "é"})
        status, found = await asking.change("DELETE", path)
        assert (status, found["keys"]) == (200, 0)


PUT = ("PUT", "/key-value-stores/redirects/keys/k")
REFUSED = [
    pytest.param(*PUT, {"value": 1}, 400, id="a value that is a number"),
    pytest.param(*PUT, {"value": "", "x": 1}, 400, id="one property too many"),
    pytest.param(*PUT, b"{", 400, id="a body that is no JSON"),
    pytest.param(*PUT, {"value": "v" * 1025}, 400, id="a value of 1,025 bytes"),
    pytest.param("PUT", "/key-value-stores/redirects/keys/", {"value": "v"}, 400, id="an empty key"),
    pytest.param("PUT", "/key-value-stores/redirect/keys/k", {"value": "v"}, 404, id="an unknown store"),
    pytest.param("GET", "/key-value-stores/redirects/keys/k", None, 404, id="an unknown key"),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
async def test_what_is_refused_changes_nothing_and_says_why(method, path, body, status):
    async with Stores() as asking:
        found, said = await asking.change(method, path, body)
        assert (found, said.keys()) == (status, {"error", "message"})
        assert dict(asking.stores.pairs("redirects")) == {"/old": "/new"}


async def test_cff_41_a_put_with_a_stale_if_match_is_a_validation_exception():
    """CFF-41"""
    async with Stores() as asking:
        path = "/key-value-stores/redirects/keys/a"
        status, _, headers = await asking.ask("PUT", path, {"value": "1"}, **asking.authorized)
        assert status == 200
        etag = headers["ETag"]
        assert (await asking.change("PUT", path, {"value": "2"}, If_Match=etag))[0] == 200
        status, found = await asking.change("PUT", path, {"value": "3"}, If_Match=etag)
        assert (status, found["error"]) == (400, "ValidationException"), "CFF-41"
        assert "Pre-Condition failed" in found["message"]
        assert (await asking.change("DELETE", path, If_Match=etag))[0] == 400
        assert asking.stores.get("redirects", "a") == "2"
