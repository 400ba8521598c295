import asyncio
import gzip
import threading
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import chunks_of

from edgeproxy import compressor
from edgeproxy.messages import BodyBroken, Bytes, Headers, Response, Stream
from edgeproxy.rules.compression import Compiled

DECODE = {"gzip": gzip.decompress, "br": brotli.decompress}
CODINGS = ["gzip", "br"]
TEXT = b"".join(b"%d lines of a page that says much the same on each\n" % number for number in range(30_000))


async def read(body):
    return b"".join([chunk async for chunk in body.chunks()])


def decoded(decoder, chunks):
    """All that the chunks make: the decoder of brotli hands out some 32 KB a call."""
    content = b"".join(map(decoder, chunks))
    while more := decoder(b""):
        content += more
    return content


async def pieces_of(*pieces):
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("coding", CODINGS)
@given(pieces=st.lists(st.one_of(st.binary(max_size=2000), st.binary(min_size=1, max_size=9).map(lambda unit: unit * 9000))))
def test_decoding_gives_the_content_back_however_it_arrives(coding, pieces):
    async def both():
        content = b"".join(pieces)
        arriving = await compressor.coded(Stream(pieces_of(*pieces), len(content)), coding)
        at_once = await compressor.coded(Bytes(content), coding)
        assert DECODE[coding](await read(arriving)) == DECODE[coding](await read(at_once)) == content
        assert (arriving.length, at_once.length) == (None, len(at_once.data))

    asyncio.run(both())


@pytest.mark.parametrize("coding", CODINGS)
async def test_the_same_content_gives_the_same_bytes(coding):
    first, second = [await compressor.coded(Bytes(TEXT), coding) for _ in range(2)]
    assert first.data == second.data
    assert len(first.data) < len(TEXT) / 4


async def test_a_gzip_header_has_neither_time_nor_name():
    body = await compressor.coded(Bytes(TEXT[:5000]), "gzip")
    assert body.data[:8] == b"\x1f\x8b\x08\x00" + bytes(4)


@pytest.mark.parametrize("coding", CODINGS)
async def test_it_is_passed_on_before_all_of_it_has_come(coding):
    gate = asyncio.Event()

    async def slow():
        for start in range(0, 800_000, 50_000):
            yield TEXT[start : start + 50_000]
        await gate.wait()
        yield TEXT[800_000:]

    body = await compressor.coded(Stream(slow(), len(TEXT)), coding)
    chunks = body.chunks()
    early = [await anext(chunks) for _ in range(4)]
    decoder = zlib.decompressobj(31).decompress if coding == "gzip" else brotli.Decompressor().process
    seen = decoded(decoder, early)
    assert len(seen) == 400_000, "whole pieces of two chunks each"
    gate.set()
    assert seen + decoded(decoder, [chunk async for chunk in chunks]) == TEXT


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [0, 100, 200_000])
async def test_a_body_that_breaks_off_never_becomes_a_whole_one(coding, size):
    async def broken():
        yield TEXT[:size]
        raise BodyBroken("the origin closed")

    body = await compressor.coded(Stream(broken(), 500_000), coding)
    seen = []

    async def watch():
        async for chunk in body.chunks():
            seen.append(chunk)  # noqa: PERF401

    with pytest.raises(BodyBroken, match="the origin closed"):
        await watch()
    assert bool(seen) is (size >= compressor.PIECE)
    with pytest.raises((EOFError, brotli.error)):
        DECODE[coding](b"".join(seen) or b"\x1f\x8b")


async def test_closing_it_closes_what_feeds_it():
    closed = []

    class Source:
        async def close(self):
            closed.append(True)

    body = await compressor.coded(Stream(chunks_of(TEXT), len(TEXT), Source()), "br")
    await body.close()
    assert closed == [True]


@pytest.mark.parametrize("coding", CODINGS)
async def test_what_takes_long_is_coded_in_a_thread(coding, monkeypatch):
    threads = []

    class Watched(compressor.Coder):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            code = self.code
            self.code = lambda data, last: threads.append((threading.current_thread(), len(data))) or code(data, last)

    monkeypatch.setattr(compressor, "Coder", Watched)
    await compressor.coded(Bytes(TEXT), coding)
    await compressor.coded(Bytes(TEXT[: compressor.AT_ONCE]), coding)
    await read(await compressor.coded(Stream(chunks_of(TEXT), len(TEXT)), coding))
    here = threading.current_thread()
    assert {thread is here for thread, size in threads if size <= compressor.AT_ONCE} == {True}
    assert {thread is here for thread, size in threads if size > compressor.AT_ONCE} == {False}
    assert max(size for _, size in threads[2:]) < compressor.PIECE + 1000


def page(body):
    headers = Headers([("Content-Type", "text/html"), ("Content-Length", str(len(TEXT))), ("ETag", '"e"')])
    return Response(200, headers, body)


async def test_only_so_many_bodies_are_coded_as_they_arrive():
    both = Compiled(("br", "gzip"))
    streams = [await compressor.compress(both, page(Stream(chunks_of(TEXT), len(TEXT))), "gzip", 60) for _ in range(65)]
    assert [judged.coding for _, judged in streams] == ["gzip"] * 64 + [""]
    response, judged = streams.pop()
    assert judged.fact == ("not compressed", "too many bodies are being compressed at this moment")
    assert response.headers == page(None).headers.adding(("Vary", "Accept-Encoding"))
    assert await read(response.body) == TEXT
    assert (await compressor.compress(both, page(Bytes(TEXT)), "gzip", 60))[1].coding == "gzip", "it is all there"
    del response
    streams.clear()
    after = await compressor.compress(both, page(Stream(chunks_of(TEXT), len(TEXT))), "gzip", 60)
    assert after[1].coding == "gzip"
