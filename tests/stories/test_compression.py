"""Compressed once, stored, and sent as br, gzip or as it is: over real connections, by a bucket and by a server."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import brotli
import pytest

TEXT = b"".join(b"<li>%d lines that say much the same</li>\n" % number for number in range(30_000))[:1_000_000]
BOTH, GZIP = ("Accept-Encoding", "gzip, br"), ("Accept-Encoding", "gzip")
DAY = 86400
PATIENCE = 15


def plain(seen):
    return {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[seen["Content-Encoding"]](seen.body)


@pytest.fixture
def public(tmp_path):
    for name, content in {"index.html": TEXT[:5000], "app.js": TEXT, "small.html": TEXT[:999], "font.woff2": TEXT}.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("coding", ["br", "gzip", None])
@pytest.mark.parametrize("path", ["/", "/app.js"])
async def test_cf_35_a_folder_is_served_compressed(running, public, coding, path):
    """CF-35"""
    content = TEXT if path == "/app.js" else TEXT[:5000]
    headers = [("Accept-Encoding", coding)] if coding else []
    async with running(public) as proxy:
        miss, hit = await proxy.get(path, *headers), await proxy.get(path, *headers)
        assert [(seen.status, seen.x_cache, seen.whole) for seen in (miss, hit)] == [(200, "Miss", True), (200, "Hit", True)]
        for seen in (miss, hit):
            assert (seen["Content-Encoding"], seen["Vary"]) == (coding, "Accept-Encoding")
            assert seen["ETag"].startswith('W/"' if coding else '"')
            assert plain(seen) == content
        assert hit["Content-Length"] == str(len(hit.body))
        assert hit["Transfer-Encoding"] is None
        assert hit.body == miss.body
        head = await proxy.get(path, *headers, method="HEAD")
        assert (head.x_cache, head["Content-Length"], head.body) == ("Hit", str(len(hit.body)), b"")


async def test_cf_36_cf_38_what_is_too_small_or_of_another_type_is_sent_as_it_is(running, public):
    """CF-36 CF-38"""
    async with running(public) as proxy:
        for path in ("/small.html", "/font.woff2"):
            seen = await proxy.get(path, BOTH)
            assert (seen["Content-Encoding"], seen["Vary"], seen["Content-Length"]) == (None, None, str(len(seen.body)))


async def test_a_range_is_cut_from_the_compressed_object(running, public):
    async with running(public) as proxy:
        await proxy.get("/app.js", GZIP)
        whole = await proxy.get("/app.js", GZIP)
        part = await proxy.get("/app.js", GZIP, ("Range", "bytes=100-199"))
        assert (part.status, part.body) == (206, whole.body[100:200])
        assert part["Content-Range"] == f"bytes 100-199/{len(whole.body)}"


async def test_a_bucket_knows_its_object_by_the_weak_tag(running, public):
    async with running(public) as proxy:
        await proxy.get("/app.js", BOTH)
        proxy.proxy.clock.offset += 2 * DAY
        seen = await proxy.get("/app.js", BOTH)
        assert (seen.x_cache, seen["Content-Encoding"], plain(seen)) == ("RefreshHit", "br", TEXT)
        assert seen["ETag"].startswith('W/"')
        assert seen["Vary"] == "Accept-Encoding"


@asynccontextmanager
async def server(*pieces, gate=None):
    """A server's URL; before its last piece it waits for the gate."""
    tasks = set()

    async def connected(reader, writer):
        tasks.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nContent-Length: {len(TEXT)}\r\n\r\n"
        writer.write(head.encode())
        for piece in pieces:
            if gate is not None and piece is pieces[-1]:
                await gate.wait()
            writer.write(piece)
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_megabyte_reaches_the_viewer_before_the_origin_has_sent_all_of_it(running):
    gate = asyncio.Event()
    async with server(TEXT[:500_000], TEXT[500_000:], gate=gate) as url, running(None, origins={"": url}) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"Content-Encoding: br\r\n" in head
            assert b"Transfer-Encoding: chunked\r\n" in head
            decoder, seen = brotli.Decompressor(), b""
            while len(seen) < 400_000:
                seen += decoded(decoder, await chunk(reader))
            gate.set()
            while data := await chunk(reader):
                seen += decoded(decoder, data)
        writer.close()
        assert seen == TEXT
        hit = await proxy.get("/", ("Accept-Encoding", "br"))
        assert (hit.x_cache, hit["Content-Length"], plain(hit)) == ("Hit", str(len(hit.body)), TEXT)


async def chunk(reader):
    size = int(await reader.readline(), 16)
    data = await reader.readexactly(size)
    await reader.readexactly(2)
    return data


def decoded(decoder, data):
    """All that the data makes: this decoder hands out some 32 KB a call."""
    content = decoder.process(data)
    while more := decoder.process(b""):
        content += more
    return content


async def test_an_answer_that_breaks_off_is_no_whole_one_and_is_not_stored(running):
    async with server(TEXT[:600_000]) as url, running(None, origins={"": url}) as proxy:
        for _ in range(2):
            seen = await proxy.get("/", BOTH)
            assert (seen.x_cache, seen["Content-Encoding"], seen.whole) == ("Miss", "br", False)
            with pytest.raises(brotli.error):
                brotli.decompress(seen.body)
