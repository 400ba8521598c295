"""The command line's way to a running proxy: finds the admin listener and its token, asks, and maps what goes wrong."""

import http.client
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson

from edgeproxy.inspector import token
from edgeproxy.inspector.admin import HOST

TIMEOUT = 10.0
"""Seconds that an answer may take."""
PATIENCE = 300.0
"""Seconds for an answer that waits for an origin: three attempts of the longest connection and response timeouts, about."""
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

    # --- key value stores ---

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
        return self._ask("PUT", _path(store, key), {"value": value})

    def delete(self, store: str, key: str) -> dict[str, Any]:
        """Removes a key; returns the store's figures."""
        return self._ask("DELETE", _path(store, key))

    # --- the cache ---

    def invalidate(self, paths: Sequence[str], distribution: str | None = None) -> dict[str, int]:
        """How many objects each path removed; without a distribution, of all of them."""
        named = {} if distribution is None else {"distribution": distribution}
        removed: dict[str, int] = self._ask("POST", "/invalidations", {"paths": paths, **named})["invalidated"]
        return removed

    # --- the clock ---

    def clock(self) -> dict[str, Any]:
        """The proxy's `now` (ISO-8601) and its `offset` from real time in seconds; the other calls return the same."""
        return self._ask("GET", "/clock")

    def advance_clock(self, seconds: float) -> dict[str, Any]:
        """Moves it, back when `seconds` is negative."""
        return self._ask("PUT", "/clock", {"advance": seconds})

    def set_clock(self, now: str) -> dict[str, Any]:
        """Sets it to a moment, ISO-8601 with a zone; it goes on from there."""
        return self._ask("PUT", "/clock", {"now": now})

    def reset_clock(self) -> dict[str, Any]:
        """Back to real time."""
        return self._ask("DELETE", "/clock")

    # --- what is given of viewers ---

    def viewer(self) -> dict[str, Any]:
        """Its `values` by name, and the names `changed` while running; the other calls return the same."""
        return self._ask("GET", "/viewer")

    def change_viewer(self, values: dict[str, str]) -> dict[str, Any]:
        """Sets values by name, "" takes one away."""
        return self._ask("PUT", "/viewer", values)

    def reset_viewer(self) -> dict[str, Any]:
        """Back to the settings."""
        return self._ask("DELETE", "/viewer")

    # --- explanations ---

    def explain(self, question: dict[str, Any]) -> dict[str, Any]:
        """The story of a request that the proxy makes now; see `explain_pages`."""
        return self._ask("POST", "/explanations", question, PATIENCE)

    def _ask(self, method: str, path: str, content: dict[str, Any] | None = None, timeout: float = TIMEOUT) -> dict[str, Any]:
        body = None if content is None else _json(content)
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
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


def _json(content: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError as error:
        raise AdminError("what is sent must be text that UTF-8 can hold") from error


def _path(store: str, key: str | None = None) -> str:
    try:
        keys = f"/key-value-stores/{quote(store, safe='')}/keys"
        return keys if key is None else f"{keys}/{quote(key, safe='')}"
    except UnicodeEncodeError as error:
        raise AdminError("names and keys must be text that UTF-8 can hold") from error
