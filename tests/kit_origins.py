"""Builders for tests of HTTP origins."""

import pytest

from edgeproxy.errors import OriginError
from edgeproxy.messages import Headers, Request
from edgeproxy.model import Origin, Url
from edgeproxy.origins.custom import CustomOrigins


def origin(**settings: object) -> Origin:
    return Origin("app", "app.example.com", **settings)  # type: ignore[arg-type]


def at(port: int, path: str = "", scheme: str = "http", host: str = "127.0.0.1") -> Url:
    return Url(scheme, host, port, path)


def asked(method: str = "GET", target: str = "/", headers: tuple[tuple[str, str], ...] = (), **parts: object) -> Request:
    path, mark, query = target.partition("?")
    fields = Headers((("Host", "app.example.com"), *headers))
    return Request(method, "http", "d.example.com", path, query if mark else None, fields, **parts)  # type: ignore[arg-type]


async def read(body: object) -> bytes:
    return b"".join([chunk async for chunk in body.chunks()])  # type: ignore[attr-defined]


async def refused(origins: CustomOrigins, port: int, request: Request | None = None, **settings: object) -> OriginError:
    with pytest.raises(OriginError) as caught:
        await origins.fetch(origin(**settings), at(port), request or asked())
    return caught.value
