"""The bare server gives what was copied: the comparison is between equal bytes."""

import asyncio

from loadtests.bench import bare, viewer

COPIED = (
    ("Content-Type", "text/html"),
    ("Content-Length", "5"),
    ("Connection", "keep-alive"),
    ("Server", "AmazonS3"),
    ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "b=2"),
    ("Age", "3"),
)


async def test_the_copy_has_the_headers_of_the_answer_and_no_other():
    server = bare.server(viewer.Answer(200, COPIED, b"hello"))
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    assert await reader.readexactly(5) == b"hello"
    assert head[0] == "HTTP/1.1 200 OK"
    assert sorted(head[1:-2]) == sorted(f"{name}: {value}" for name, value in COPIED)
    writer.close()
    await writer.wait_closed()
    listening.close()
    await server.shutdown(0)
    await listening.wait_closed()
