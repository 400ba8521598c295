"""The command line's way to a running proxy: finds the admin listener and its token, asks, and maps what goes wrong."""

import http.client
from typing import Any
from urllib.parse import quote

import orjson

from edgeproxy.inspector import token
from edgeproxy.inspector.admin import HOST

TIMEOUT = 10.0
"""Seconds that an answer may take."""
_START = "start one with --admin-port 8081"


class AdminError(Exception):
    """What the user is told, in a line."""


class Client:
    """The admin listener on `port`, or the only one there is. Every call raises AdminError."""

    def __init__(self, port: int | None = None) -> None:
        try:
            self.port = _only_port() if port is None else port
            self._token = token.read(self.port)
        except OSError as error:
            raise AdminError(str(error)) from error
        if self._token is None:
            raise AdminError(f"no proxy of yours has its admin listener on port {self.port}; {_START}")

    def stores(self) -> list[dict[str, Any]]:
        """Each store's name, number of keys and size in bytes."""
        found: list[dict[str, Any]] = self._ask("GET", "/key-value-stores")["stores"]
        return found

    def pairs(self, store: str) -> dict[str, str]:
        """Every key of a store with its value."""
        return {item["key"]: item["value"] for item in self._ask("GET", _path(store))["data"]}

    def get(self, store: str, key: str) -> str:
        """The value of a key."""
        return str(self._ask("GET", _path(store, key))["value"])

    def put(self, store: str, key: str, value: str) -> dict[str, Any]:
        """Sets a key; returns the store's figures."""
        try:
            body = orjson.dumps({"value": value})
        except orjson.JSONEncodeError as error:
            raise AdminError("the value must be text that UTF-8 can hold") from error
        return self._ask("PUT", _path(store, key), body)

    def delete(self, store: str, key: str) -> dict[str, Any]:
        """Removes a key; returns the store's figures."""
        return self._ask("DELETE", _path(store, key))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self._token}"})
            response = connection.getresponse()
            answer: dict[str, Any] = orjson.loads(response.read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise AdminError(f"the proxy does not answer on {HOST}:{self.port}: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise AdminError(str(answer.get("message", f"status {response.status}")))
        return answer


def _only_port() -> int:
    running = token.ports()
    if not running:
        raise AdminError(f"no proxy with an admin listener is running; {_START}")
    if len(running) > 1:
        raise AdminError(f"several proxies are running; say --admin-port {' or '.join(map(str, running))}")
    return running[0]


def _path(store: str, key: str | None = None) -> str:
    try:
        keys = f"/key-value-stores/{quote(store, safe='')}/keys"
        return keys if key is None else f"{keys}/{quote(key, safe='')}"
    except UnicodeEncodeError as error:
        raise AdminError("names and keys must be text that UTF-8 can hold") from error
