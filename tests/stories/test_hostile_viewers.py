"""Viewers who smuggle, inject and poison: each is refused and cut off, or its request reaches the origin in one plain form,
and whoever comes next is served as if nothing had been."""

import asyncio
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

PATIENCE = 10
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
WHOLE_BODY = b"3\r\nabc\r\n0\r\n\r\n"


class Asked(NamedTuple):
    """A whole request as the origin read it, by the letter of RFC 9112."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def framing(self):
        lines = [(name.title(), value) for name, value in self.headers]
        return [f"{name}: {value}" for name, value in lines if name in ("Content-Length", "Transfer-Encoding")]

    def __getitem__(self, name):
        return [value for found, value in self.headers if found.lower() == name.lower()]


class Origin:
    """Remembers each whole request; reads framing more strictly than any server, so that nothing can hide in it."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"):
        self.answer = answer
        self.asked = []
        self.begun = asyncio.Event()
        """A head has come."""
        self.broken = []
        """What did not end as it began."""

    async def talk(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.begun.set()
                self.asked.append(await self._request(head, reader))
                writer.write(self.answer.partition(b"ok")[0] if head.startswith(b"HEAD ") else self.answer)
                await writer.drain()
        except asyncio.IncompleteReadError as error:
            self.broken.append(error.partial)
        except ConnectionError:
            self.broken.append(b"")
        finally:
            writer.close()

    async def _request(self, head, reader):
        line, *fields = head.decode("latin-1").split("\r\n")[:-2]
        headers = tuple(tuple(field.split(": ", 1)) if ": " in field else (field.rstrip(":"), "") for field in fields)
        seen = Asked(line, headers, b"")
        match seen.framing:
            case []:
                return seen
            case [f] if f.startswith("Content-Length: "):
                return seen._replace(body=await reader.readexactly(int(f.partition(": ")[2])))
            case ["Transfer-Encoding: chunked"]:
                return seen._replace(body=await self._chunks(reader))
        raise AssertionError(f"no origin can read {seen.framing}")

    async def _chunks(self, reader):
        content = b""
        while True:
            size = int(await reader.readuntil(b"\r\n"), 16)
            data = await reader.readexactly(size + 2)
            assert data.endswith(b"\r\n")
            if not size:
                assert data == b"\r\n", "no trailers"
                return content
            content += data[:-2]


@pytest.fixture
def stage(running):
    """`async with stage() as (proxy, origin)`: everything is forwarded, as to an application."""

    @asynccontextmanager
    async def made(**parts):
        origin = Origin(**parts)
        server = await asyncio.start_server(origin.talk, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            async with running(None, origins={"": url}) as proxy:
                yield proxy, origin
        finally:
            server.close()

    return made


async def answers(proxy, *pieces, between=None):
    """Everything the proxy says until it closes; after the first piece it waits for `between`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if between is not None:
                await asyncio.wait_for(between.wait(), PATIENCE)
        return await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def statuses(said):
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


async def next_viewer_is_served(proxy, origin):
    before = len(origin.asked)
    seen = await proxy.get("/next", ("X-Viewer", "another"))
    assert (seen.status, seen.body) == (200, b"ok")
    (asked,) = origin.asked[before:]
    assert (asked.line, asked["X-Viewer"], asked.body, asked.framing) == ("GET /next HTTP/1.1", ["another"], b"", [])


def get(*lines, target="/x", method="GET", version="1.1", host="Host: localhost"):
    head = [f"{method} {target} HTTP/{version}", *([host] if host else []), *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


def post(*lines, body=b"", version="1.1"):
    return get(*lines, method="POST", version=version) + body


def case(data, expected, sentence):
    return pytest.param(data, expected, id=sentence)


def bad(data, sentence):
    return case(data, 400, sentence)


LENGTHS = [
    bad(post("Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + HIDDEN), "a length before chunked"),
    bad(post(CHUNKED, "Content-Length: 4", body=b"0\r\n\r\n" + HIDDEN), "a length after chunked"),
    bad(post("Content-Length: 3", "Content-Length: 3", body=b"abc"), "the same length twice"),
    bad(post("Content-Length: 3", "Content-Length: 44", body=b"abc" + HIDDEN), "two lengths"),
    bad(post("Content-Length: 3,3", body=b"abc"), "a list of lengths"),
    bad(post("Content-Length: +3", body=b"abc"), "a plus sign"),
    bad(post("Content-Length: -3", body=b"abc"), "a minus sign"),
    bad(post("Content-Length: 0x3", body=b"abc"), "hexadecimal"),
    bad(post("Content-Length: 1_0", body=b"0123456789"), "an underscore, which Python's int takes"),
    bad(post("Content-Length: 3 0", body=b"abc"), "a space within"),
    bad(post("Content-Length: \x0b3", body=b"abc"), "a vertical tab"),
    bad(post("Content-Length: 3\x0c", body=b"abc"), "a form feed"),
    bad(post("Content-Length:", body=b"abc"), "no number"),
    bad(post("Content-Length: \xb3", body=b"abc"), "a superscript three, which is a digit to Python"),
    bad(post("Content-Length: 18446744073709551619", body=b"abc"), "three, and 2 to the 64th"),
    bad(post("Content-Length: 3", " Content-Length: 44", body=b"abc"), "a second one that is folded"),
    bad(post("Content-Length : 3", body=b"abc"), "a space before the colon"),
    bad(post("Content-Length\x00: 3", body=b"abc"), "a NUL in its name"),
]
CODINGS = [
    bad(post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), "chunked, identity"),
    bad(post("Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n"), "identity, chunked"),
    bad(post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), "gzip, chunked"),
    bad(post("Transfer-Encoding: identity"), "identity"),
    bad(post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), "xchunked"),
    bad(post("Transfer-Encoding: chunked,", body=b"0\r\n\r\n"), "a comma behind chunked"),
    bad(post("Transfer-Encoding: ,chunked", body=b"0\r\n\r\n"), "a comma before chunked"),
    bad(post('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), "chunked in quotes"),
    bad(post("Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"), "chunked with a parameter"),
    bad(post("Transfer-Encoding: chunked\t", body=b"0\r\n\r\n"), "a tab behind chunked"),
    bad(post("Transfer-Encoding: chunked\x0b", body=b"0\r\n\r\n"), "a vertical tab behind chunked"),
    bad(post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), "a vertical tab before chunked"),
    bad(post("Transfer-Encoding: chunked\xa0", body=b"0\r\n\r\n"), "a no-break space behind chunked"),
    bad(post("Transfer-Encoding: chun\xe7ed", body=b"0\r\n\r\n"), "a byte beyond ASCII"),
    bad(post("Transfer-Encoding:", body=b"0\r\n\r\n"), "no coding"),
    bad(post("Transfer-Encoding:", "Content-Length: 3", body=b"abc"), "no coding, and a length"),
    bad(post("Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"), "chunked on the next line"),
    bad(post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"), "chunked twice"),
    bad(post(CHUNKED, "Transfer-Encoding: identity", body=b"0\r\n\r\n"), "chunked, and identity on a line of its own"),
    bad(post("Transfer-Encoding : chunked", body=b"0\r\n\r\n"), "a space before its colon"),
    bad(post(CHUNKED, body=b"0\r\n\r\n", version="1.0"), "chunked in HTTP/1.0"),
]
LINES = [
    bad(b"GET /x HTTP/1.1\nHost: localhost\n\n", "bare LFs"),
    bad(b"GET /x HTTP/1.1\r\nHost: localhost\nX: a\r\n\r\n", "one bare LF"),
    bad(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\n" + HIDDEN, "a bare LF at the end"),
    bad(get("X: a\rb"), "a bare CR in a value"),
    bad(b"GET /x HTTP/1.1\r\r\nHost: localhost\r\n\r\n", "two CRs"),
    bad(get("X: a\r\n b"), "obs-fold"),
    bad(b"GET /x HTTP/1.1\r\n Host: localhost\r\n\r\n", "a first header that is folded"),
    bad(get("X : a"), "a space before a colon"),
    bad(get(": a"), "an empty name"),
    bad(get("no colon"), "no colon"),
    bad(b" GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", "a space before the method"),
    bad(b"GET /x y HTTP/1.1\r\nHost: localhost\r\n\r\n", "a space in the target"),
    bad(b"GET\t/x\tHTTP/1.1\r\nHost: localhost\r\n\r\n", "tabs in the request line"),
    bad(b"GET /x HTTP/1.1 \r\nHost: localhost\r\n\r\n", "a space behind the version"),
    *[bad(get(f"X: a{chr(code)}b"), f"{code:#04x} in a value") for code in (0, 1, 7, 8, 11, 12, 27, 31, 127)],
    *[bad(get(f"X{chr(code)}Y: a"), f"{code:#04x} in a name") for code in (0, 9, 11, 32, 127, 128, 255)],
    *[bad(get(f"X{char}Y: a"), f"{char} in a name") for char in '"(),/;<=>?@[\\]{}'],
    *[bad(get(target=f"/x{chr(code)}y"), f"{code:#04x} in the target") for code in (0, 9, 11, 12, 13, 32, 127, 128, 255)],
    bad("GET /café HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), "UTF-8 in the target"),
    bad(get(target="/x#y"), "a fragment"),
    bad(get(target="\\x"), "a target that begins with a backslash"),
    bad(get(target="?x"), "a target that begins with a question mark"),
]
METHODS = [
    bad(get(method="get"), "a method in lower case"),
    bad(get(method="Get"), "a method in mixed case"),
    bad(get(method="BREW"), "a method that nobody knows"),
    bad(get(method="A" * 90_000), "a method of 90,000 letters"),
    case(get("Connection: close", method="TRACE"), 403, "TRACE"),
    bad(get(method="CONNECT", target="localhost:80"), "CONNECT"),
    bad(get(method="CONNECT", target="/"), "CONNECT to a path"),
    bad(get(method="OPTIONS", target="*"), "OPTIONS *"),
    bad(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the preface of HTTP/2"),
    bad(b"GET /x\r\n\r\n", "HTTP/0.9"),
    bad(get(version="0.9"), "HTTP/0.9 in words"),
    bad(get(version="1.2"), "HTTP/1.2"),
    bad(get(version="1.10"), "HTTP/1.10"),
    bad(get(version="2.0"), "HTTP/2.0"),
    bad(b"GET /x http/1.1\r\nHost: localhost\r\n\r\n", "http in lower case"),
    bad(b"GET /x HTTPS/1.1\r\nHost: localhost\r\n\r\n", "HTTPS as a version"),
]
HOSTS = [
    bad(get(host=""), "no Host"),
    bad(get("Host: localhost"), "the same Host twice"),
    bad(get("Host: evil.test"), "two Hosts"),
    bad(get("Host: evil.test", version="1.0"), "two Hosts in HTTP/1.0"),
    bad(get(host="Host: localhost, evil.test"), "two names"),
    bad(get(host="Host: user@localhost"), "a user"),
    bad(get(host="Host: localhost:80@evil.test"), "a name as a user"),
    bad(get(host="Host: evil.test/.localhost"), "a path"),
    bad(get(host="Host: <script>.localhost"), "markup"),
    bad(get(host="Host: localhost:http"), "a port in words"),
    bad(get(host="Host: [::1].evil.test"), "an address within a name"),
    bad(get(target="http://evil.test/x"), "absolute-form with another host"),
    bad(get(target="http://localhost/x"), "absolute-form with the same host"),
    case(get(host="", version="1.0"), 403, "no Host in HTTP/1.0, where there need be none"),
    case(get("Connection: close", host="Host: evil.test"), 403, "an unknown Host"),
]
BODIES = [
    case(get(f"Content-Length: {len(HIDDEN)}") + HIDDEN, 403, "GET with a request for a body"),
    case(get(f"Content-Length: {len(HIDDEN)}", method="HEAD") + HIDDEN, 403, "HEAD with a request for a body"),
    case(get(CHUNKED) + b"0\r\n\r\n", 403, "GET with an empty chunked body"),
    case(get(CHUNKED) + b"3\r\nabc\r\n0\r\n\r\n" + HIDDEN, 403, "GET with a chunked body and a request behind it"),
    bad(get(target="/x#y") + HIDDEN, "a request behind a refused one"),
    bad(b"nonsense\r\n\r\n" + HIDDEN, "a request behind nonsense"),
    case(get(target="/" + "a" * 8192) + HIDDEN, 414, "a request behind too long a URL"),
    case(get("X: " + "a" * 40_000) + HIDDEN, 494, "a request behind too large a header"),
]


@pytest.mark.parametrize(("data", "status"), [*LENGTHS, *CODINGS, *LINES, *METHODS, *HOSTS, *BODIES])
async def test_it_is_refused_and_nothing_of_it_reaches_the_origin(stage, data, status):
    async with stage() as (proxy, origin):
        said = await answers(proxy, data)
        assert statuses(said) == [status]
        assert b"\r\nConnection: close\r\n" in said
        assert origin.asked == []
        await next_viewer_is_served(proxy, origin)


def sent(method="POST", *framing, body=b"abc", target="/x"):
    return f"{method} {target} HTTP/1.1", list(framing), body


FORWARDED = [
    case(post("Content-Length:   3 \t ", body=b"abc"), sent("POST", "Content-Length: 3"), "white space around a length"),
    case(post("Content-Length: 003", body=b"abc"), sent("POST", "Content-Length: 3"), "a length with zeros"),
    case(post("content-length: 3", body=b"abc"), sent("POST", "Content-Length: 3"), "a length in lower case"),
    case(post("Content_Length: 1", "Content-Length: 3", body=b"abc"), sent("POST", "Content-Length: 3"), "an underscore"),
    case(post("Transfer_Encoding: chunked", "Content-Length: 3", body=b"abc"), sent("POST", "Content-Length: 3"), "one more"),
    case(post(CHUNKED, body=WHOLE_BODY), sent("POST", CHUNKED), "chunked"),
    case(post("Transfer-Encoding: Chunked", body=WHOLE_BODY), sent("POST", CHUNKED), "Chunked"),
    case(post("Transfer-Encoding:\tchunked", body=WHOLE_BODY), sent("POST", CHUNKED), "a tab before chunked"),
    case(post(CHUNKED, body=b"3;a=b\r\nabc\r\n0\r\n\r\n"), sent("POST", CHUNKED), "a chunk extension"),
    case(post(CHUNKED, body=b'3;a="b;c"\r\nabc\r\n0\r\n\r\n'), sent("POST", CHUNKED), "a quoted chunk extension"),
    case(post(CHUNKED, body=b"0000003\r\nabc\r\n000\r\n\r\n"), sent("POST", CHUNKED), "chunk sizes with zeros"),
    case(post(CHUNKED, body=b"A\r\n0123456789\r\n0\r\n\r\n"), sent("POST", CHUNKED, body=b"0123456789"), "a chunk of A bytes"),
    case(post("Content-Length: 0"), sent("POST", "Content-Length: 0", body=b""), "POST with an empty body"),
    case(post(), sent("POST", "Content-Length: 0", body=b""), "POST without a body"),
    case(get("Content-Length: 0"), sent("GET", "Content-Length: 0", body=b""), "GET with an empty body"),
    case(get("Content-Length: 0", method="HEAD"), sent("HEAD", "Content-Length: 0", body=b""), "HEAD with an empty body"),
    case(get("Content-Length: 3", method="OPTIONS") + b"abc", sent("OPTIONS", "Content-Length: 3"), "OPTIONS with a body"),
    case(get(CHUNKED, method="DELETE") + WHOLE_BODY, sent("DELETE", CHUNKED), "DELETE with a chunked body"),
    case(
        post(f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
        sent("POST", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
        "a request within a body",
    ),
    case(
        post(CHUNKED, body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)),
        sent("POST", CHUNKED, body=HIDDEN),
        "a request within a chunk",
    ),
    case(
        post("Connection: content-length", "Content-Length: 3", body=b"abc"),
        sent("POST", "Content-Length: 3"),
        "a length that Connection names",
    ),
    case(
        post("Connection: transfer-encoding", CHUNKED, body=WHOLE_BODY),
        sent("POST", CHUNKED),
        "a coding that Connection names",
    ),
    case(
        post("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA", "Content-Length: 3", body=b"abc"),
        sent("POST", "Content-Length: 3"),
        "an upgrade to h2c with a body",
    ),
    case(post("Expect: nonsense", "Content-Length: 3", body=b"abc"), sent("POST", "Content-Length: 3"), "another Expect"),
    case(post("Content-Length: 3", body=b"abc", version="1.0"), sent("POST", "Content-Length: 3"), "HTTP/1.0"),
    case(b"\r\n\r\n" + get(), sent("GET", body=b""), "empty lines before the request"),
    case(b"GET   /x HTTP/1.1\r\nHost: localhost\r\n\r\n", sent("GET", body=b""), "several spaces before the target"),
    case(b"GET /x RTSP/1.0\r\nHost: localhost\r\n\r\n", sent("GET", body=b""), "a protocol that looks like HTTP/1.0"),
    case(get("TE: chunked", "Trailer: Host", "Keep-Alive: max=1", "Proxy-Connection: x"), sent("GET", body=b""), "hop by hop"),
    case(get(target="//evil.test/x"), sent("GET", body=b"", target="//evil.test/x"), "a target that begins with two slashes"),
    case(get(target="/x\\..\\y"), sent("GET", body=b"", target="/x\\..\\y"), "backslashes"),
    case(get(target="/%0d%0aHost:%20evil"), sent("GET", body=b"", target="/%0d%0aHost:%20evil"), "escaped line ends"),
    case(
        get(target="/a/%2e%2e/;b?c?d"),
        sent("GET", body=b"", target="/a/%2e%2e/;b?c?d"),
        "dots, a semicolon, two question marks",
    ),
]
HOP_BY_HOP = ("TE", "Trailer", "Keep-Alive", "Proxy-Connection", "Upgrade", "Expect")


@pytest.mark.parametrize("cut", [None, 1, 7], ids=["in one piece", "byte by byte", "in small pieces"])
@pytest.mark.parametrize(("data", "expected"), FORWARDED)
async def test_the_origin_gets_one_request_in_one_plain_form(stage, data, expected, cut):
    async with stage() as (proxy, origin):
        data = data.replace(b"Host: localhost\r\n", b"Host: localhost\r\nConnection: close\r\n", 1)
        pieces = [data] if cut is None else [data[start : start + cut] for start in range(0, len(data), cut)]
        said = await answers(proxy, *pieces)
        assert statuses(said) == [200]
        (asked,) = origin.asked
        assert (asked.line, asked.framing, asked.body) == expected
        assert len(asked["Host"]) == 1
        assert [name for name in HOP_BY_HOP if asked[name]] == []
        assert asked["Connection"] == ["Keep-Alive"]
        await next_viewer_is_served(proxy, origin)


BEGUN = b"1\r\nx\r\n"
CHUNKS = [
    pytest.param(b"0x3\r\nabc\r\n0\r\n\r\n", id="0x before a size"),
    pytest.param(b"3 \r\nabc\r\n0\r\n\r\n", id="a space behind a size"),
    pytest.param(b" 3\r\nabc\r\n0\r\n\r\n", id="a space before a size"),
    pytest.param(b"-1\r\nabc\r\n0\r\n\r\n", id="a negative size"),
    pytest.param(b"+3\r\nabc\r\n0\r\n\r\n", id="a plus sign"),
    pytest.param(b"3_0\r\nabc\r\n0\r\n\r\n", id="an underscore"),
    pytest.param(b"\r\nabc\r\n0\r\n\r\n", id="no size"),
    pytest.param(b";a\r\nabc\r\n0\r\n\r\n", id="an extension without a size"),
    pytest.param(b"g\r\nabc\r\n0\r\n\r\n", id="no number"),
    pytest.param(b"10000000000000003\r\nabc\r\n0\r\n\r\n", id="three, and 2 to the 64th"),
    pytest.param(b"3\nabc\n0\n\n", id="bare LFs"),
    pytest.param(b"3\rabc\r0\r\r", id="bare CRs"),
    pytest.param(b"3\r\nabc\n0\r\n\r\n", id="a bare LF behind the data"),
    pytest.param(b"3\r\nabcd\r\n0\r\n\r\n", id="more data than was said"),
    pytest.param(b"3\r\nab\r\n0\r\n\r\n", id="less data than was said"),
    pytest.param(b"3;a\nb\r\nabc\r\n0\r\n\r\n", id="a bare LF within an extension"),
    pytest.param(b"3;a\x00b\r\nabc\r\n0\r\n\r\n", id="a NUL within an extension"),
    pytest.param(b"0\r\nHost evil\r\n\r\n", id="a trailer without a colon"),
    pytest.param(b"0\r\nX: a\nY: b\r\n\r\n", id="a bare LF within a trailer"),
    pytest.param(b"0\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="a trailer of 100 KB"),
    pytest.param(b"0\r\n\n" + HIDDEN, id="a bare LF at the end"),
]


@pytest.mark.parametrize("rest", CHUNKS)
async def test_chunks_that_do_not_add_up_never_make_a_whole_request(stage, rest):
    async with stage() as (proxy, origin):
        said = await answers(proxy, post(CHUNKED, body=BEGUN + rest))
        assert set(statuses(said)) <= {400, 494}
        assert origin.asked == []
        await next_viewer_is_served(proxy, origin)


@pytest.mark.parametrize("rest", CHUNKS)
async def test_nor_when_the_origin_has_read_their_beginning(stage, rest):
    async with stage() as (proxy, origin):
        said = await answers(proxy, post(CHUNKED, body=BEGUN), rest, between=origin.begun)
        assert not set(statuses(said)) - {400, 494, 502}
        assert origin.asked == []
        await next_viewer_is_served(proxy, origin)
        assert len(origin.broken) == 1, "its connection was not used again"


UNFINISHED = [
    pytest.param(post("Content-Length: 10", body=b"abc"), id="less than the length"),
    pytest.param(post(CHUNKED, body=BEGUN), id="no last chunk"),
    pytest.param(post(CHUNKED, body=b"fffffffffffffff0\r\nabc"), id="a chunk of 16 exabytes"),
    pytest.param(post(CHUNKED, body=BEGUN + b"0\r\nX: a\r\n"), id="a trailer without an end"),
]


@pytest.mark.parametrize("data", UNFINISHED)
async def test_a_viewer_who_leaves_in_the_middle_leaves_no_request(stage, data):
    async with stage() as (proxy, origin):
        _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(data)
        await asyncio.wait_for(origin.begun.wait(), PATIENCE)
        writer.close()
        await next_viewer_is_served(proxy, origin)
        assert [asked.line for asked in origin.asked] == ["GET /next HTTP/1.1"]


@pytest.mark.parametrize("trailer", ["Host: evil.test", "Content-Length: 5", "Transfer-Encoding: chunked", "X: a"])
async def test_trailers_are_dropped_or_refused(stage, trailer):
    async with stage() as (proxy, origin):
        body = WHOLE_BODY[:-2] + f"{trailer}\r\n\r\n".encode()
        said = await answers(proxy, post(CHUNKED, "Connection: close", body=body))
        assert statuses(said) in ([200], [400])
        assert [asked.body for asked in origin.asked] == ([b"abc"] if statuses(said) == [200] else [])
        assert all(asked["X"] == [] and asked["Host"] != ["evil.test"] for asked in origin.asked)
        await next_viewer_is_served(proxy, origin)


async def test_pipelined_requests_are_as_many_to_the_origin_and_each_gets_its_answer(stage):
    async with stage() as (proxy, origin):
        data = post("Content-Length: 3", body=b"abc") + get(target="/2") + post(CHUNKED, body=WHOLE_BODY)
        said = await answers(proxy, data + get("Connection: close", target="/4"))
        assert statuses(said) == [200] * 4
        assert [asked.line.split()[1] for asked in origin.asked] == ["/x", "/2", "/x", "/4"]


async def test_a_request_under_way_is_answered_before_the_nonsense_behind_it_is_refused(stage):
    async with stage() as (proxy, origin):
        said = await answers(proxy, get(), b"nonsense\r\n\r\n" + HIDDEN, between=origin.begun)
        assert statuses(said) == [200, 400]
        assert [asked.line for asked in origin.asked] == ["GET /x HTTP/1.1"]
        await next_viewer_is_served(proxy, origin)


def padded(size, *lines):
    """A GET whose request line and headers have this many bytes, without the empty line."""
    head = get("Connection: close", *lines)
    return get("Connection: close", *lines, f"X-Pad: {'a' * (size - len(head) + 2 - len('X-Pad: ') - 2)}")


MANY = [f"X-{number}: {'a' * 50}" for number in range(500)]
SIZES = [
    pytest.param(get("Connection: close", target="/" + "a" * 8191), 200, id="a URL of 8,192 bytes"),
    pytest.param(get("Connection: close", target="/" + "a" * 8192), 414, id="CF-7 a URL of 8,193 bytes"),
    pytest.param(get("Connection: close", target="/?" + "a" * 8191), 414, id="CF-7 counted with its query string"),
    pytest.param(padded(32_768), 200, id="a head of 32,768 bytes"),
    pytest.param(padded(32_769), 494, id="CF-8 a head of 32,769 bytes"),
    pytest.param(padded(32_768, *MANY), 200, id="a head of 32,768 bytes in 500 headers"),
    pytest.param(padded(32_769, *MANY), 494, id="CF-8 a head of 32,769 bytes in 500 headers"),
    pytest.param(get("Connection: close", *[f"X-{number}: a" for number in range(510)]), 200, id="512 headers"),
    pytest.param(get("Connection: close", *[f"X-{number}: a" for number in range(511)]), 494, id="513 headers"),
]


@pytest.mark.parametrize("cut", [None, 1000], ids=["in one piece", "in pieces"])
@pytest.mark.parametrize(("data", "status"), SIZES)
async def test_a_byte_more_than_is_allowed_is_refused(stage, data, status, cut):
    async with stage() as (proxy, origin):
        pieces = [data] if cut is None else [data[start : start + cut] for start in range(0, len(data), cut)]
        assert statuses(await answers(proxy, *pieces)) == [status]
        assert len(origin.asked) == (status == 200)
        await next_viewer_is_served(proxy, origin)


CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
POISON = [
    pytest.param(get("X-Forwarded-Host: evil.test", "X-Forwarded-Scheme: nothttps"), id="forwarding headers"),
    pytest.param(get("X-Forwarded-Proto: http", "X-Real-IP: 127.0.0.1", "X-Edge-Location: x"), id="an edge's own headers"),
    pytest.param(get("X-HTTP-Method-Override: DELETE", "X-HTTP-Method: POST", "X-Method-Override: PUT"), id="method override"),
    pytest.param(get("X-Original-URL: /admin", "X-Rewrite-URL: /admin"), id="another URL"),
    pytest.param(get("X: " + "a" * 40_000), id="an oversized header"),
    pytest.param(get("X: a\x01b"), id="a control character"),
    pytest.param(get("Content-Length: 3") + b"abc", id="a fat GET"),
    pytest.param(get(CHUNKED) + WHOLE_BODY, id="a fat chunked GET"),
    pytest.param(get(method="POST"), id="POST"),
    pytest.param(get("Content-Length: 3", method="OPTIONS") + b"abc", id="OPTIONS with a body"),
    pytest.param(get("Range: bytes=5-"), id="a range that cannot be satisfied"),
    pytest.param(get("Range: bytes=0-0"), id="a part"),
    pytest.param(get('If-Match: "none"'), id="a condition that fails"),
    pytest.param(get("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"), id="another"),
    pytest.param(get("If-None-Match: *"), id="a condition that holds"),
    pytest.param(get("Expect: 200-ok"), id="an expectation"),
    pytest.param(get("Transfer-Encoding: x"), id="another coding"),
    pytest.param(get("Max-Forwards: 0"), id="no forwards"),
    pytest.param(get(method="HEAD"), id="HEAD"),
]


class Strict(Origin):
    """An application that answers 400 to whatever has a header that it does not know."""

    WANTED = frozenset({"host", "connection", "user-agent", "accept-encoding", "x-forwarded-for", "via", "x-amz-cf-id"})

    async def _request(self, head, reader):
        seen = await super()._request(head, reader)
        odd = {name.lower() for name, _ in seen.headers} - self.WANTED
        good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno" if odd else good
        return seen


@pytest.mark.parametrize("data", POISON)
async def test_no_viewer_stores_an_error_for_the_others(running, project, data):
    settings = {
        "CachePolicyId": CACHING_OPTIMIZED,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
    }
    behavior = {
        **settings,
        "CachedMethods": ["GET", "HEAD", "OPTIONS"],
        "OriginRequestPolicyId": ALL_VIEWER,
        "TargetOriginId": "app",
    }
    app = {"Id": "app", "DomainName": "app.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    origin = Strict()
    server = await asyncio.start_server(origin.talk, "127.0.0.1", 0)
    place = {"app": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}
    async with running(project(behavior=behavior, origins=[app]), origins=place) as proxy:
        await answers(proxy, data.replace(b"Host: localhost\r\n", b"Host: localhost\r\nConnection: close\r\n"))
        for method in ("GET", "HEAD", "OPTIONS"):
            seen = await proxy.get("/x", method=method)
            assert (seen.status, seen.body) == (200, b"" if method == "HEAD" else b"ok")
    server.close()
