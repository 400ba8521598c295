"""What is read without the parser is what the parser would have made of it."""

import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.server.parsing import LIMITS
from edgeproxy.server.repeated import Repeated

REST = b"\r\nHost: localhost\r\nAccept: */*\r\nCookie: a=b\r\n\r\n"
GET = b"GET /first HTTP/1.1" + REST
SAME = ("method", "path", "version", "raw_headers", "should_close", "compression", "upgrade", "chunked")


class Parsing:
    """A parser of one connection, and what is known beside it."""

    def __init__(self):
        loop = asyncio.new_event_loop()
        self.loop = loop
        limits = {name: LIMITS[name] for name in ("max_line_size", "max_field_size", "max_headers", "auto_decompress")}
        self.parser = HttpRequestParser(BaseProtocol(loop), loop, 1 << 16, **limits)
        self.repeated = Repeated()

    def feed(self, data):
        """As a connection does: (message, whether the parser was asked), None: no whole request, or none at all."""
        known = self.repeated.read(data)
        if known is not None:
            return known, False
        try:
            parsed, *_ = self.parser.feed_data(data)
        except HttpProcessingError as error:
            parsed = [(error, None)]
        self.repeated.learn(data, parsed)
        for _ in parsed:
            self.parser.message_consumed()
        return (parsed[-1][0], True) if parsed else (None, True)


@pytest.fixture
def parsing():
    made = Parsing()
    yield made
    made.loop.close()


def test_the_second_of_two_is_known(parsing):
    assert parsing.feed(GET)[1]
    message, asked = parsing.feed(b"GET /a/b?c=%20&d HTTP/1.1" + REST)
    assert (asked, message.path) == (False, "/a/b?c=%20&d")
    assert message.raw_headers == ((b"Host", b"localhost"), (b"Accept", b"*/*"), (b"Cookie", b"a=b"))
    assert not parsing.feed(b"GET /third HTTP/1.1" + REST)[1]


UNKNOWN = [
    pytest.param(b"GET /a HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nCookie: a=c\r\n\r\n", id="another value"),
    pytest.param(b"GET /a HTTP/1.1\r\nX: y" + REST, id="one header more"),
    pytest.param(b"HEAD /a HTTP/1.1" + REST, id="HEAD"),
    pytest.param(b"get /a HTTP/1.1" + REST, id="a method in lower case"),
    pytest.param(b"GET /a HTTP/1.0" + REST, id="HTTP/1.0"),
    pytest.param(b"GET  /a HTTP/1.1" + REST, id="two spaces"),
    pytest.param(b"GET /a b HTTP/1.1" + REST, id="a space in the target"),
    pytest.param(b"GET /a\tb HTTP/1.1" + REST, id="a tab in the target"),
    pytest.param(b"GET /a#b HTTP/1.1" + REST, id="a fragment"),
    pytest.param(b"GET /\xc3\xa9 HTTP/1.1" + REST, id="bytes beyond ASCII"),
    pytest.param(b"GET http://evil.test/ HTTP/1.1" + REST, id="absolute form"),
    pytest.param(b"\r\nGET /a HTTP/1.1" + REST, id="an empty line before it"),
    pytest.param(b"GET /a HTTP/1.1" + REST + b"G", id="the beginning of another one"),
    pytest.param(b"GET /a HTTP/1.1" + REST + b"GET /b HTTP/1.1" + REST, id="two"),
    pytest.param(b"GET /a HTTP/1.1\r\nHost: localhost" + REST, id="two Hosts"),
    pytest.param(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n" + REST, id="a body that looks like headers"),
    pytest.param(b"GET /" + b"a" * 8192 + b" HTTP/1.1" + REST, id="a target that is too long"),
    pytest.param(REST, id="no request line"),
    pytest.param(b"", id="nothing"),
]


@pytest.mark.parametrize("data", UNKNOWN)
def test_anything_else_is_parsed(parsing, data):
    parsing.feed(GET)
    assert parsing.feed(data)[1]


FORGOTTEN = [
    pytest.param([b"GET /b HTTP/1.1\r\nX: ", GET], id="a head that begins with another one's bytes"),
    pytest.param([b"GE", b"T /first HTTP/1.1" + REST], id="two pieces"),
    pytest.param([GET + b"GET /b HT"], id="a request with the beginning of the next"),
    pytest.param([GET + GET], id="two in one piece"),
    pytest.param([b"POST /b HTTP/1.1\r\nContent-Length: 200\r\n\r\n", GET], id="a body that looks like a request"),
    pytest.param([b"GET /b HTTP/1.1\r\nConnection: close" + REST], id="one after which the connection closes"),
    pytest.param([b"GET /b HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade" + REST], id="an upgrade"),
    pytest.param([b"GET /b HTTP/1.1\r\nContent-Length: 0" + REST, b"nonsense\r\n\r\n"], id="nonsense"),
]


@pytest.mark.parametrize("before", FORGOTTEN)
def test_what_is_not_one_whole_request_is_not_learnt(parsing, before):
    for data in before:
        parsing.feed(data)
    assert parsing.repeated.read(GET) is None


def test_after_a_body_and_a_head_in_pieces_the_next_whole_one_is_learnt_again(parsing):
    parsing.feed(b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    parsing.feed(b"GET /c HTTP/1.1\r\nHo")
    parsing.feed(b"st: a\r\n\r\n")
    assert parsing.feed(GET)[1]
    assert not parsing.feed(GET)[1]


PIECES = st.sampled_from([
    b"GET /a HTTP/1.1", b"GET /b?c=d HTTP/1.1", b"HEAD /a HTTP/1.1", b"POST /a HTTP/1.1", b"GET /a#b HTTP/1.1", b"\r\n", b"\r\n\r\n",
    b"\r\nHost: a", b"\r\nHost: b", b"\r\nX: 1", b"\r\nContent-Length: 0", b"\r\nContent-Length: 4", b"\r\nConnection: close",
    b"\r\nTransfer-Encoding: chunked", b"\r\nUpgrade: websocket\r\nConnection: upgrade", b"abcd", b"0\r\n\r\n", REST, GET,
    b"GET /a HTTP/1.1" + REST, b"\r\nX: GET /a HTTP/1.1",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(PIECES, min_size=1, max_size=5).map(b"".join), min_size=1, max_size=6))
def test_what_is_known_is_what_a_parser_makes_of_all_the_bytes(chunks):
    """The parser that reads everything is the oracle: each request has the same parts, in the same chunk."""
    quick, slow = Parsing(), Parsing()
    try:
        for data in chunks:
            try:
                expected, *_ = slow.parser.feed_data(data)
            except HttpProcessingError:
                assert quick.repeated.read(data) is None
                return
            for _ in expected:
                slow.parser.message_consumed()
            message, _ = quick.feed(data)
            assert (message is None) == (not expected)
            if expected:
                assert [getattr(message, name) for name in SAME] == [getattr(expected[-1][0], name) for name in SAME]
                if message.upgrade:
                    return
    finally:
        quick.loop.close()
        slow.loop.close()
