import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers
from edgeproxy.server.heads import UnsafeHead, announced_length, encode, switching


def head(items, *, status=200, reason="", length=2, chunked=False, keep_alive=True, added=()):
    return encode(status, reason, Headers(items), added, length, keep_alive=keep_alive, chunked=chunked)


def test_content_type_stands_first_then_framing_then_the_rest_then_ours():
    lines = head([("X-A", "1"), ("Content-Type", "text/html")], added=(("X-Cache", "Hit from cloudfront"),)).split(b"\r\n")
    assert lines == [
        b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"Content-Length: 2", b"Connection: keep-alive", b"X-A: 1",
        b"X-Cache: Hit from cloudfront", b"", b"",
    ]  # fmt: skip


def test_an_answer_of_cloudfronts_own_begins_with_server_and_date():
    lines = head([("Server", "CloudFront"), ("Date", "d"), ("Content-Type", "text/html"), ("Location", "/")]).split(b"\r\n")
    assert lines[1:-2] == [
        b"Server: CloudFront", b"Date: d", b"Content-Type: text/html", b"Content-Length: 2", b"Connection: keep-alive",
        b"Location: /",
    ]  # fmt: skip
    assert head([("X-A", "1"), ("Server", "CloudFront"), ("Content-Type", "a")]).split(b"\r\n")[1] == b"Content-Type: a"


def test_framing_is_ours_alone():
    text = head([("Content-Length", "99"), ("Transfer-Encoding", "gzip"), ("Connection", "upgrade"), ("Keep-Alive", "1")])
    assert text == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n"


def test_chunked_and_closing():
    text = head([], length=None, chunked=True, keep_alive=False)
    assert text == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def test_the_usual_status_text_fills_in():
    assert head([], status=404).startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert head([], status=299).startswith(b"HTTP/1.1 299 \r\n")
    assert head([], status=200, reason="Fine").startswith(b"HTTP/1.1 200 Fine\r\n")


UNSAFE = [
    pytest.param("X\r\nY", "1", id="a line end in a name"),
    pytest.param("X", "1\r\nSet-Cookie: a=1", id="a line end in a value"),
    pytest.param("X", "1\n", id="a bare LF"),
    pytest.param("X", "\x00", id="a NUL"),
    pytest.param("X Y", "1", id="a space in a name"),
    pytest.param("", "1", id="no name"),
    pytest.param("X", "\u20ac", id="beyond Latin-1"),
]


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_an_unsafe_header_is_never_written(name, value):
    with pytest.raises(UnsafeHead):
        head([(name, value)])


def test_an_unsafe_status_text_is_never_written():
    with pytest.raises(UnsafeHead):
        head([], reason="OK\r\nX: 1")


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_written_has_one_line_a_header(name, value):
    try:
        text = head([(name, value)])
    except UnsafeHead:
        return
    assert text.count(b"\r\n") in (4, 5)
    assert text.count(b"\n") == text.count(b"\r\n")


def test_lines_are_encoded_once_for_the_same_headers():
    headers = Headers([("X-A", "1")])
    encode(200, "", headers, (), 0, keep_alive=True, chunked=False)
    kept = headers.wire
    encode(200, "", headers, (), 0, keep_alive=True, chunked=False)
    assert headers.wire is kept


def test_the_head_of_a_101_switches_and_has_no_length():
    lines = switching("", Headers([("Upgrade-Insecure", "1"), ("Content-Length", "9")]), (("X-Cache", "Miss"),)).split(b"\r\n")
    assert lines == [
        b"HTTP/1.1 101 Switching Protocols", b"Connection: Upgrade", b"Upgrade: websocket", b"Upgrade-Insecure: 1",
        b"X-Cache: Miss", b"", b"",
    ]  # fmt: skip


def test_an_unsafe_header_is_not_written_into_a_101():
    with pytest.raises(UnsafeHead):
        switching("", Headers([("X", "a\x01")]), ())


LENGTHS = [
    pytest.param(200, [], 5, 5, id="what the body has"),
    pytest.param(200, [("Content-Length", "7")], 0, 7, id="what the origin says of a body that was not sent"),
    pytest.param(200, [("Content-Length", "x")], 0, 0, id="no nonsense"),
    pytest.param(200, [], None, None, id="none that is not known"),
    pytest.param(204, [], 0, None, id="none for 204"),
    pytest.param(304, [("Content-Length", "7")], 0, None, id="none for 304"),
]


@pytest.mark.parametrize(("status", "items", "length", "announced"), LENGTHS)
def test_the_length_of_an_answer_without_content(status, items, length, announced):
    assert announced_length(status, Headers(items), length) == announced
