import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit_origins import asked, at, origin, read, refused

from edgeproxy.errors import OriginError
from edgeproxy.messages import EMPTY, Body, BodyBroken, Bytes, Headers, Request, Stream
from edgeproxy.origins.custom import CustomOrigins
from edgeproxy.origins.origin_request import PIECE, Upload, head

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def nothing():
    return
    yield b""


UNKNOWN = Stream(nothing(), None)


def request(headers: list[tuple[str, str]], body: Body = EMPTY, path: str = "/", query: str | None = None) -> Request:
    return Request("POST", "http", "d", path, query, Headers(headers), body)


LINES = [
    pytest.param(
        [("a", "1"), ("B", "2"), ("A", "3")], EMPTY, ["a: 1", "B: 2", "A: 3", "Content-Length: 0"], id="order and case stay"
    ),
    pytest.param([("Content-Length", "9")], Bytes(b"abc"), ["Content-Length: 3"], id="the length is the body's"),
    pytest.param([("a", "1")], Bytes(b"abc"), ["a: 1", "Content-Length: 3"], id="a missing length is added"),
    pytest.param(
        [("Content-Length", "3"), ("CONTENT-LENGTH", "4")], Bytes(b"abc"), ["Content-Length: 3"], id="never two lengths"
    ),
    pytest.param(
        [("Transfer-Encoding", "gzip, chunked")], Bytes(b"abc"), ["Content-Length: 3"], id="a known length is not chunked"
    ),
    pytest.param(
        [("Content-Length", "3"), ("transfer-encoding", "chunked")],
        UNKNOWN,
        ["Transfer-Encoding: chunked"],
        id="an unknown length is chunked",
    ),
    pytest.param(
        [("X", "caf\xe9"), ("Y", "caf\xc3\xa9")],
        Bytes(b"abc"),
        ["X: caf\xe9", "Y: caf\xc3\xa9", "Content-Length: 3"],
        id="bytes leave as they came",
    ),
]


def test_a_websockets_handshake_asks_to_switch():
    handshake = request([("Sec-WebSocket-Version", "13")])._replace(method="GET", websocket=True)
    assert head(at(80), handshake).endswith(
        b"\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )


@pytest.mark.parametrize(("given_headers", "body", "expected"), LINES)
def test_the_head(given_headers: list[tuple[str, str]], body: Body, expected: list[str]):
    *fields, framing = expected
    lines = ["POST / HTTP/1.1", *fields, "Connection: Keep-Alive", framing, "", ""]
    assert head(at(80), request(given_headers, body)) == "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        pytest.param("GET", [], None, id="GET states no length"),
        pytest.param("GET", [("content-length", "0")], b"0", id="GET keeps the viewer's 0"),
        pytest.param("DELETE", [], None, id="DELETE states no length"),
        pytest.param("POST", [], b"0", id="POST states 0"),
        pytest.param("PUT", [], b"0", id="PUT states 0"),
        pytest.param("PATCH", [], b"0", id="PATCH states 0"),
    ],
)
def test_the_length_of_no_body(method: str, headers: list[tuple[str, str]], expected: bytes | None):
    sent = head(at(80), request(headers)._replace(method=method))
    assert sent.partition(b"Content-Length: ")[2].removesuffix(b"\r\n\r\n") == (expected or b"")


@pytest.mark.parametrize("part", ["a\r\nb: c", "a\nb", "a\rb", "a\0b"])
def test_what_would_break_the_head_is_not_sent(part: str):
    for broken in (request([("X", part)]), request([(part, "x")]), request([], path=f"/{part}"), request([], query=part)):
        with pytest.raises(ValueError, match="a head that cannot be sent"):
            head(at(80), broken)


@given(st.binary(max_size=40))
def test_bytes_of_a_target_leave_as_they_came(raw: bytes):
    text = raw.decode("latin-1").translate(dict.fromkeys([0, 10, 13], "x"))
    assert head(at(80), request([], path="/" + text)).startswith(f"POST /{text} HTTP/1.1\r\n".encode("latin-1"))


async def stream(*chunks: bytes):
    for chunk in chunks:
        yield chunk


async def test_large_chunks_go_out_in_pieces():
    upload = Upload(Bytes(bytes(range(256)) * 1000), 1)
    pieces = [piece async for piece in upload.chunks()]
    assert max(map(len, pieces)) == PIECE
    assert b"".join(pieces) == bytes(range(256)) * 1000
    assert upload.finished


@pytest.mark.parametrize("length", [4, 6])
async def test_a_body_of_another_length_than_it_said_is_broken(length: int):
    upload = Upload(Stream(stream(b"12", b"345"), length), 1)
    with pytest.raises(BodyBroken, match=f"5 bytes instead of {length}"):
        [piece async for piece in upload.chunks()]
    assert not upload.finished
    assert upload.broken is not None


TARGETS = [
    pytest.param("/", id="the root"),
    pytest.param("//x", id="two leading slashes"),
    pytest.param("/a/b/..?c=1", id="CF-11 dot segments stay"),
    pytest.param("/x?", id="an empty query"),
    pytest.param("/%2F%2e%zz", id="escapes, good and bad"),
    pytest.param("/a b|c{}\"<>^`?d=' e", id="characters that a URL library would escape"),
    pytest.param("/a#b?c#d", id="a number sign"),
    pytest.param("/caf\xc3\xa9?\xc3\xbc", id="raw UTF-8"),
    pytest.param("/@host:80/?u:p@h", id="what looks like an authority"),
    pytest.param("/a?b?c=d&&=;+%20", id="an odd query"),
]


@pytest.mark.parametrize("target", TARGETS)
async def test_the_target_arrives_to_the_byte(served, always, origins: CustomOrigins, target: str):
    heads: list[bytes] = []
    async with served(always(OK, heads)) as port:
        response = await origins.fetch(origin(), at(port), asked(target=target))
    assert response.status == 200
    assert heads[0].split(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode("latin-1")


async def test_the_places_own_path_goes_first(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    async with served(always(OK, heads)) as port:
        await origins.fetch(origin(), at(port, "/base"), asked(target="/prod/x"))
    assert heads[0].startswith(b"GET /base/prod/x HTTP/1.1\r\n")


async def test_headers_arrive_in_order_and_case_and_none_is_added(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    fields = (
        ("x-one", "1"),
        ("X-TWO", "2"),
        ("Set", "a"),
        ("sEt", "b"),
        ("X-Utf", "\xc3\xa9"),
        ("accept", "*/*"),
        ("X-Empty", ""),
    )
    async with served(always(OK, heads)) as port:
        await origins.fetch(origin(), at(port), asked(headers=fields))
    assert heads[0].split(b"\r\n")[1:-2] == [
        b"Host: app.example.com",
        b"x-one: 1",
        b"X-TWO: 2",
        b"Set: a",
        b"sEt: b",
        b"X-Utf: \xc3\xa9",
        b"accept: */*",
        b"X-Empty: ",
        b"Connection: Keep-Alive",
    ]


async def test_the_host_header_is_sent_as_given(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    request = asked()._replace(headers=Headers([("x", "1"), ("host", "Other.example.com:81")]))
    async with served(always(OK, heads)) as port:
        await origins.fetch(origin(), at(port), request)
    assert heads[0].split(b"\r\n")[1:-2] == [b"x: 1", b"host: Other.example.com:81", b"Connection: Keep-Alive"]


async def pieces(count: int, size: int = 70_000) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * size


def expected(count: int, size: int = 70_000) -> bytes:
    return b"".join(bytes([number % 256]) * size for number in range(count))


UPLOADS = [
    pytest.param(lambda: Bytes(b"hello"), b"hello", id="bytes"),
    pytest.param(lambda: Bytes(expected(40)), expected(40), id="many bytes"),
    pytest.param(lambda: Stream(pieces(40), 40 * 70_000), expected(40), id="a stream of known length"),
]


@pytest.mark.parametrize(("body", "content"), UPLOADS)
async def test_a_body_of_known_length_is_sent_with_content_length(served, origins: CustomOrigins, body, content: bytes):
    got: list[bytes] = []

    async def talk(line):
        got.append(await line.head())
        got.append(await line.reader.readexactly(len(content)))
        await line.say(OK)
        await line.head()

    request = asked("POST", headers=(("content-LENGTH", "1"), ("Content-Type", "a/b")), body=body())
    async with served(talk) as port:
        assert (await origins.fetch(origin(), at(port), request)).status == 200
    head, length = got[0].split(b"\r\n")[1:-3], got[0].split(b"\r\n")[-3]
    assert head == [b"Host: app.example.com", b"Content-Type: a/b", b"Connection: Keep-Alive"]
    assert length == b"Content-Length: %d" % len(content)
    assert got[1] == content


async def test_a_body_of_unknown_length_is_sent_chunked(served, origins: CustomOrigins):
    got: list[bytes] = []

    async def talk(line):
        got.append(await line.head())
        got.append(await line.reader.readuntil(b"0\r\n\r\n"))
        await line.say(OK)
        await line.head()

    request = asked("PUT", headers=(("Transfer-Encoding", "chunked"),), body=Stream(pieces(2, 5), None))
    async with served(talk) as port:
        await origins.fetch(origin(), at(port), request)
    lines = [b"Host: app.example.com", b"Connection: Keep-Alive", b"Transfer-Encoding: chunked"]
    assert got[0].split(b"\r\n")[1:-2] == lines
    assert got[1] == b"5\r\n\0\0\0\0\0\r\n5\r\n\1\1\1\1\1\r\n0\r\n\r\n"


async def test_an_answer_may_begin_before_the_upload_ends(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (40 * 70_000))
        for _ in range(40 * 7):
            await line.say(await line.reader.readexactly(10_000))
        await line.head()

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked("POST", body=Stream(pieces(40), 40 * 70_000)))
        assert await read(response.body) == expected(40)


async def test_an_early_whole_answer_ends_the_upload(served, origins: CustomOrigins):
    hung_up = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 16)

    async def talk(line):
        await line.head()
        await line.say(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
        while await line.reader.read(1 << 16):
            pass
        hung_up.set()

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked("POST", body=Stream(endless(), None)))
        assert (response.status, await read(response.body)) == (413, b"no")
        await response.body.close()
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_a_viewer_that_breaks_off_its_body_leaves_no_whole_request_behind(served, origins: CustomOrigins):
    rest: list[bytes] = []
    done = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise BodyBroken("the viewer closed the connection")

    async def talk(line):
        await line.head()
        rest.append(await line.reader.read())
        done.set()

    async with served(talk) as port:
        error = await refused(origins, port, asked("POST", body=Stream(half(), None)))
        await asyncio.wait_for(done.wait(), 5)
    assert b"0\r\n\r\n" not in rest[0]
    assert error.detail == "ClientCommError"
    assert "the viewer closed the connection" in error.cause


async def test_a_body_shorter_than_it_said_is_not_passed_on_as_whole(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.reader.read()

    async with served(talk) as port:
        error = await refused(origins, port, asked("POST", body=Stream(pieces(1, 5), 6)))
    assert error.cause.endswith("the request body broke off: 5 bytes instead of 6")


async def test_an_origin_that_stops_reading_the_body_is_given_up(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await asyncio.Event().wait()

    async with served(talk) as port:
        error = await refused(origins, port, asked("POST", body=Bytes(bytes(64 << 20))), read_timeout=0.05)
    assert (error.status, error.detail) == (504, "OriginWriteError")
    assert error.cause.endswith("it took no more of the request body within 0.05 s")


async def test_a_connection_lost_while_the_body_is_sent(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        line.hang_up()

    async with served(talk) as port:
        error = await refused(origins, port, asked("POST", body=Bytes(bytes(64 << 20))))
    assert (error.status, error.sentence, error.detail) == (502, OriginError.ATTEMPT, "OriginWriteError")
