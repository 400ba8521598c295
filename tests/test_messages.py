import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import EMPTY, WINDOW, BodyBroken, Bytes, Duplex, Headers, Recording, Request, Stream, cut


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


async def test_a_recording_serves_many_readers_from_the_first_byte():
    recording = Recording(None, 100)
    await recording.feed(b"one ")
    early = asyncio.ensure_future(read(recording))
    await asyncio.sleep(0)
    await recording.feed(b"two")
    late = asyncio.ensure_future(read(recording))
    recording.finish()
    assert await early == await late == b"one two"
    assert recording.content() == b"one two"
    assert recording.length == 7
    assert await read(recording) == b"one two", "a recording can be read again"


async def test_a_broken_recording_breaks_its_readers_after_what_arrived():
    recording = Recording(10, 100)
    await recording.feed(b"part")
    reader = recording.chunks()
    assert await anext(reader) == b"part"
    recording.finish(BodyBroken("the origin closed"))
    with pytest.raises(BodyBroken, match="the origin closed"):
        await anext(reader)
    assert not recording.complete


async def test_past_its_limit_a_recording_waits_for_its_slowest_reader():
    chunk = b"x" * (WINDOW // 2)
    recording = Recording(None, WINDOW)
    reader = recording.chunks()
    fed = []

    async def source():
        for number in range(8):
            await recording.feed(chunk)
            fed.append(number)
        recording.finish()

    feeding = asyncio.ensure_future(source())
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(fed) < 4, "the source is held back"
    assert len([piece async for piece in reader]) == 8
    await feeding
    assert recording.overflown
    with pytest.raises(BodyBroken, match="beginning"):
        recording.chunks()


async def test_a_recording_is_abandoned_when_its_last_reader_has_left():
    recording = Recording(None, 100)
    assert not recording.abandoned
    await recording.feed(b"a")
    reader = recording.chunks()
    assert await anext(reader) == b"a"
    assert not recording.abandoned
    await reader.aclose()
    assert recording.abandoned


async def test_an_overflown_recording_that_nobody_reads_is_given_up():
    recording = Recording(None, 10)
    await recording.close()
    with pytest.raises(BodyBroken, match="nobody"):
        await recording.feed(b"x" * (WINDOW + 1))


async def test_an_overflown_recording_waits_for_its_first_reader():
    recording = Recording(None, 10)
    feeding = asyncio.ensure_future(recording.feed(b"x" * (WINDOW + 1)))
    await asyncio.sleep(0)
    assert not feeding.done()
    reader = recording.chunks()
    recording.finish()
    assert len(await anext(reader)) == WINDOW + 1
    await reader.aclose()
    with pytest.raises(BodyBroken):
        await feeding


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


async def test_a_recording_tells_at_once_that_its_last_reader_has_left():
    recording, told = Recording(None, 100), []
    recording.when_abandoned = lambda: told.append(True)
    await recording.feed(b"a")
    first, second = recording.chunks(), recording.chunks()
    assert (await anext(first), await anext(second)) == (b"a", b"a")
    await first.aclose()
    assert told == []
    await second.aclose()
    assert told == [True]
