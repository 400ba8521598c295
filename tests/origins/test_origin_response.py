import asyncio
from contextlib import suppress

import pytest
from kit_origins import asked, at, origin, read

from edgeproxy.errors import OriginError
from edgeproxy.messages import BodyBroken, Headers, Request, Response, Stream
from edgeproxy.model import Origin, Url
from edgeproxy.origins.custom import CustomOrigins


async def answered(answer: bytes) -> Response:
    """What fetch makes of the raw answer of a server that then closes the connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    custom = CustomOrigins()
    place = Url("http", "127.0.0.1", server.sockets[0].getsockname()[1])
    request = Request("GET", "http", "d", "/", None, Headers([("Host", "app")]))
    try:
        return await custom.fetch(Origin("app", "app", connection_attempts=1), place, request)
    finally:
        await custom.close()
        server.close()
        await server.wait_closed()


async def test_headers_are_handed_on_as_received():
    response = await answered(
        b"HTTP/1.1 200 OK\r\nserver: A\r\nX-B:  two words \t\r\nSet-Cookie: a\r\nset-cookie: b\r\nX-C: \xe9\xc3\xa9\r\nX-D:\r\n"
        b"Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    )
    assert response.headers.items == (
        ("server", "A"),
        ("X-B", "two words"),
        ("Set-Cookie", "a"),
        ("set-cookie", "b"),
        ("X-C", "\xe9\xc3\xa9"),
        ("X-D", ""),
        ("Connection", "keep-alive"),
        ("Content-Length", "0"),
    )


async def test_chunked_stays_visible():
    response = await answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert response.headers.get("transfer-encoding") == "chunked"


REASONS = [
    pytest.param(b"200 OK", "", id="the usual reason is not kept"),
    pytest.param(b"200 Fine", "Fine", id="another one is"),
    pytest.param(b"404 Not There", "Not There", id="also of an error"),
    pytest.param(b"299 ", "", id="none"),
    pytest.param(b"200 caf\xe9", "caf\xe9", id="Latin-1"),
]


@pytest.mark.parametrize(("line", "reason"), REASONS)
async def test_reason(line: bytes, reason: str):
    response = await answered(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")
    assert (response.status, response.reason) == (int(line[:3]), reason)


def fields(count: int, size: int) -> bytes:
    return b"".join(b"X-%04d: %s\r\n" % (number, b"v" * size) for number in range(count))


def block(size: int) -> bytes:
    """An answer whose header lines are `size` bytes in all."""
    rest = b"Content-Length: 0\r\n"
    lines = fields(16, 1990) + rest
    return b"HTTP/1.1 200 OK\r\n" + lines + b"X-Rest: " + b"v" * (size - len(lines) - 10) + b"\r\n\r\n"


async def test_a_header_block_at_the_limit():
    assert (await answered(block(32768))).status == 200


INVALID = "OriginInvalidResponseError"
BIG = "OriginHeaderTooBigError"

REFUSED = [
    pytest.param(b"hello\r\n\r\n", INVALID, id="not HTTP"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", INVALID, id="another protocol"),
    pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", INVALID, id="a status that is no number"),
    pytest.param(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", INVALID, id="a status above 599"),
    pytest.param(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        INVALID,
        id="101 that nobody asked for",
    ),
    pytest.param(b"HTTP/1.1 200 a\0b\r\nContent-Length: 0\r\n\r\n", INVALID, id="NUL in the status text"),
    pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", INVALID, id="a header without a colon"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n", INVALID, id="a name with a space"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n", INVALID, id="NUL in a value"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n", INVALID, id="a control character in a value"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: a\x7fb\r\nContent-Length: 0\r\n\r\n", INVALID, id="DEL in a value"),
    pytest.param(b"HTTP/1.1 200 a\x1bb\r\nContent-Length: 0\r\n\r\n", INVALID, id="a control character in the status text"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", INVALID, id="two lengths"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", INVALID, id="a negative length"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", INVALID, id="length and chunked"
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", INVALID, id="another transfer coding"
    ),
    pytest.param(block(32769), BIG, id="a header block one byte over the limit"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"v" * 40000 + b"\r\n\r\n", BIG, id="one header over the limit"),
    pytest.param(b"HTTP/1.1 200 " + b"v" * 40000 + b"\r\n\r\n", BIG, id="a status line over the limit"),
    pytest.param(b"HTTP/1.1 200 OK\r\n" + fields(600, 1) + b"\r\n", BIG, id="too many headers"),
    pytest.param(
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\nContent-Length: 5\r\n\r\nabcde",
        "OriginContentRangeLengthError",
        id="Content-Range and Content-Length disagree",
    ),
    pytest.param(b"", "OriginZeroSizeObjectError", id="closed without an answer"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX-Half", "OriginCommError", id="closed inside the head"),
]


@pytest.mark.parametrize(("answer", "detail"), REFUSED)
async def test_what_is_not_accepted_is_502(answer: bytes, detail: str):
    with pytest.raises(OriginError, match=r"^origin app at http://127\.0\.0\.1:[0-9]+: ") as caught:
        await answered(answer)
    assert (caught.value.status, caught.value.sentence, caught.value.detail) == (502, OriginError.ATTEMPT, detail)
    assert "\n" not in caught.value.cause


async def test_a_folded_value_never_carries_a_line_end():
    with suppress(OriginError):
        response = await answered(b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n")
        assert not any(character in value for _, value in response.headers for character in "\r\n\0")


async def test_a_part_whose_length_fits():
    response = await answered(b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/*\r\nContent-Length: 5\r\n\r\nabcde")
    assert response.status == 206


BODIES = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", id="with Content-Length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", id="chunked"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw", b"raw", id="a coding is untouched"
    ),
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="204 has no body"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", id="304 has no body"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", id="an empty body"),
    pytest.param(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"ok",
        id="1xx is swallowed",
    ),
]


@pytest.mark.parametrize(("answer", "body"), BODIES)
async def test_bodies_and_the_connection_goes_back_to_the_pool(
    served, always, origins: CustomOrigins, answer: bytes, body: bytes
):
    connections = 0
    talk = always(answer)

    async def count(line):
        nonlocal connections
        connections += 1
        await talk(line)

    async with served(count) as port:
        for _ in range(3):
            response = await origins.fetch(origin(), at(port), asked())
            assert await read(response.body) == body
    assert connections == 1


async def test_head_has_no_body_but_its_headers(served, always, origins: CustomOrigins):
    async with served(always(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")) as port:
        for _ in range(2):
            response = await origins.fetch(origin(), at(port), asked("HEAD"))
            assert response.body.length == 0
            assert response.headers.get("content-length") == "500"


async def test_no_length_and_a_closed_connection_is_a_normal_end(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.0 200 OK\r\n\r\nhello")

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked())
        assert await read(response.body) == b"hello"


async def test_the_body_streams_with_its_length(served, origins: CustomOrigins):
    go_on = asyncio.Event()

    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        await go_on.wait()
        await line.say(b"later")
        await line.head()

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked())
        assert response.body.length == 10
        chunks = response.body.chunks()
        assert await anext(chunks) == b"first"
        go_on.set()
        assert [chunk async for chunk in chunks] == [b"later"]
        await response.body.close()


BROKEN = [
    pytest.param(b"Content-Length: 10\r\n\r\nfirst", id="fewer bytes than Content-Length"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", id="chunked without the last chunk"),
]


@pytest.mark.parametrize("rest", BROKEN)
async def test_a_body_that_ends_early_is_broken(served, origins: CustomOrigins, rest: bytes):
    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\n" + rest)

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked())
        with pytest.raises(BodyBroken, match=r"^origin app at http://.*: what came ended early or is not HTTP$"):
            await read(response.body)


async def test_nonsense_inside_a_body_breaks_it(served, origins: CustomOrigins):
    go_on = asyncio.Event()

    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await go_on.wait()
        await line.say(b"nonsense\r\n")
        await line.reader.read()

    async with served(talk) as port:
        response = await origins.fetch(origin(read_timeout=0.1), at(port), asked())
        chunks = response.body.chunks()
        assert await anext(chunks) == b"first"
        go_on.set()
        with pytest.raises(BodyBroken):
            await anext(chunks)


async def test_silence_inside_a_body_breaks_it_after_the_read_timeout(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        await line.head()

    async with served(talk) as port:
        response = await origins.fetch(origin(read_timeout=0.05), at(port), asked())
        with pytest.raises(BodyBroken):
            await read(response.body)


async def test_closing_a_body_lets_go_of_the_connection(served, origins: CustomOrigins):
    gone = asyncio.Event()

    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nfirst")
        await line.reader.read()
        gone.set()

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked())
        assert isinstance(response.body, Stream)
        await response.body.close()
        await asyncio.wait_for(gone.wait(), 5)


async def test_an_unread_body_holds_the_origin_back(served, origins: CustomOrigins):
    sent, total = 0, 64 << 20

    async def talk(line):
        nonlocal sent
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        while sent < total:
            await line.say(bytes(1 << 16))
            sent += 1 << 16

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked())
        chunks = response.body.chunks()
        received = len(await anext(chunks))
        before = -1
        while before != sent:
            before = sent
            for _ in range(100):
                await asyncio.sleep(0)
        assert sent < total / 2
        largest = received
        async for chunk in chunks:
            received += len(chunk)
            largest = max(largest, len(chunk))
        assert received == total
        assert largest <= 1 << 19


async def test_the_completion_timeout_breaks_a_body(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        await line.head()

    async with served(talk) as port:
        response = await origins.fetch(origin(response_completion_timeout=0.1), at(port), asked())
        with pytest.raises(BodyBroken):
            await read(response.body)
