import asyncio
from contextlib import suppress
from pathlib import Path

from kit import PythonHandler

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Directory, FunctionUrl, LambdaFunction, Origin, Url
from edgeproxy.origins import Places
from edgeproxy.ports import Origins

ORIGIN = Origin("app", "app.example.com")
REQUEST = Request("GET", "http", "d", "/a.txt", None, Headers([("Host", "app.example.com")]))


async def test_each_place_is_asked_in_its_own_way(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"file")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserver")
            await reader.read()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    handler = PythonHandler("f", lambda event: b'"function"')
    places: Origins = Places(lambda function: handler)
    found, took = [], []
    url = FunctionUrl("app.example.com", LambdaFunction("f", "python3.13", "index.handler"))
    for place in (Directory(tmp_path), Url("http", "127.0.0.1", server.sockets[0].getsockname()[1]), url):
        response = await places.fetch(ORIGIN, place, REQUEST)
        found.append(b"".join([chunk async for chunk in response.body.chunks()]))
        took.append(response.upstream)
    assert isinstance(places, Places)
    await places.close()
    server.close()
    await server.wait_closed()
    assert found == [b"file", b"server", b"function"]
    assert [each.origin for each in took] == ["app"] * 3
    assert [each.connect > 0 for each in took] == [False, True, False], "only a server is connected to"
    assert all(each.first_byte > 0 and each.dns == 0 for each in took)


async def test_what_was_never_asked_closes_too():
    await Places({}.get).close()
