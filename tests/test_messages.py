import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import EMPTY, Bytes, Duplex, Headers, Request, Stream, cut


async def read(body):
    return b"".join([chunk async for chunk in body.chunks()])


async def stream_of(*chunks):
    for chunk in chunks:
        yield chunk


def test_headers_keep_case_order_and_repeats():
    headers = Headers([("B", "1"), ("a", "2"), ("b", "3")])
    assert headers.items == (("B", "1"), ("a", "2"), ("b", "3"))
    assert headers.get("b") == "1"
    assert headers.get_all("b") == ["1", "3"]
    assert headers.joined("b") == "1, 3"
    assert list(headers.names()) == ["b", "a"]
    assert headers.get("c") is None
    assert headers.joined("c") is None
    assert headers.get_all("c") == []


def test_a_change_makes_new_headers():
    headers = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert headers.setting("a", "9").items == (("a", "9"), ("b", "2"))
    assert headers.setting("c", "9").items == (*headers.items, ("c", "9"))
    assert headers.without("a").items == (("b", "2"),)
    assert headers.adding(("c", "4")).items[-1] == ("c", "4")
    assert headers.items == (("A", "1"), ("b", "2"), ("a", "3"))


@pytest.mark.parametrize(("query", "target"), [(None, "/x"), ("", "/x?"), ("a=1", "/x?a=1")])
def test_an_empty_query_is_not_no_query(query, target):
    assert Request("GET", "https", "h", "/x", query, Headers()).target == target


async def test_a_stream_passes_once_and_tells_its_source_to_stop():
    closed = []

    class Source:
        async def close(self):
            closed.append(True)

    stream = Stream(stream_of(b"a", b"b"), 2, Source())
    assert await read(stream) == b"ab"
    await stream.close()
    assert closed == [True]
    await EMPTY.close()


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=8), st.data())
def test_a_cut_of_a_stream_is_the_slice(chunks, data):
    whole = b"".join(chunks)
    first = data.draw(st.integers(0, max(len(whole) - 1, 0)))
    last = data.draw(st.integers(first, max(len(whole) - 1, first)))
    expected = whole[first : last + 1]
    assert asyncio.run(read(cut(Stream(stream_of(*chunks), len(whole)), first, last))) == expected
    assert asyncio.run(read(cut(Bytes(whole), first, last))) == expected


async def test_behind_a_101_there_is_no_content_but_a_connection_to_let_go_of():
    released = []
    duplex = Duplex(None, b"first", lambda: released.append(True))
    assert (duplex.length, [chunk async for chunk in duplex.chunks()]) == (None, [])
    await duplex.close()
    assert released == [True]
