import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from edgeproxy.messages import BodyBroken, Bytes, Headers, Request, Response, Stream
from edgeproxy.model import Directory, Origin
from edgeproxy.origins.s3 import BucketDirectories

BUCKET = Origin("site", "site.s3.us-east-1.amazonaws.com", s3=True)
COUNTED = Path("/proc/self/fd").exists()
LARGE = bytes(range(256)) * 4096


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_bytes(b"<h1>hello</h1>")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "index.html").write_bytes(b"inside")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "large.bin").write_bytes(LARGE)
    (tmp_path / "a b.txt").write_bytes(b"spaced")
    os.utime(tmp_path / "index.html", (1_700_000_000, 1_700_000_000))
    return tmp_path


@pytest.fixture
async def buckets() -> AsyncIterator[BucketDirectories]:
    made = BucketDirectories()
    yield made
    made.close()


def asked(path: str, *headers: tuple[str, str], method: str = "GET", host: str = BUCKET.domain_name) -> Request:
    return Request(method, "https", "d", path, None, Headers([("Host", host), *headers]))


async def read(response: Response) -> bytes:
    return b"".join([chunk async for chunk in response.body.chunks()])


async def test_an_object_with_its_headers(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/index.html"))
    assert response.status == 200
    assert await read(response) == b"<h1>hello</h1>"
    assert [name for name, _ in response.headers] == [
        "x-amz-id-2", "x-amz-request-id", "Date", "Last-Modified", "ETag", "Accept-Ranges", "Content-Type", "Content-Length", "Server"
    ]  # fmt: skip
    assert response.headers.get("last-modified") == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert response.headers.get("etag") == f'"{hashlib.md5(b"<h1>hello</h1>").hexdigest()}"'
    assert response.headers.get("content-type") == "text/html"
    assert response.headers.get("content-length") == "14"
    assert response.headers.get("server") == "AmazonS3"
    assert parsedate_to_datetime(response.headers.get("date") or "")


@pytest.mark.parametrize("path", ["/index.html", "/large.bin"])
async def test_head_is_get_without_a_body(buckets: BucketDirectories, site: Path, path: str):
    whole = await buckets.fetch(BUCKET, Directory(site), asked(path))
    await whole.body.close()
    head = await buckets.fetch(BUCKET, Directory(site), asked(path, method="HEAD"))
    assert (head.status, head.body.length) == (200, 0)
    changing = ("x-amz-id-2", "x-amz-request-id", "date")
    assert head.headers.without(*changing) == whole.headers.without(*changing)


IMMUTABLE = ("Cache-Control", "max-age=31536000, immutable")
STORED = [
    pytest.param({"index.html": (IMMUTABLE,)}, IMMUTABLE[1], "text/html", id="its own"),
    pytest.param({"": (IMMUTABLE,)}, IMMUTABLE[1], "text/html", id="that of every object"),
    pytest.param({"": (IMMUTABLE,), "index.html": ()}, None, "text/html", id="its own before that of every object"),
    pytest.param({"other": (IMMUTABLE,)}, None, "text/html", id="another object's"),
    pytest.param({"index.html": (("Content-Type", "text/x-own"),)}, None, "text/x-own", id="a Content-Type of its own"),
]


@pytest.mark.parametrize(("metadata", "cache_control", "kind"), STORED)
async def test_what_an_object_is_stored_with(buckets: BucketDirectories, site: Path, metadata, cache_control, kind):
    place = Directory(site, metadata=metadata)
    for request in (asked("/index.html"), asked("/index.html", method="HEAD"), asked("/index.html", ("Range", "bytes=0-1"))):
        headers = (await buckets.fetch(BUCKET, place, request)).headers
        assert (headers.get("cache-control"), headers.joined("content-type")) == (cache_control, kind)


async def test_a_304_keeps_how_long_an_object_is_fresh(buckets: BucketDirectories, site: Path):
    place = Directory(site, metadata={"": (IMMUTABLE, ("Content-Language", "de"), ("x-amz-meta-a", "b"))})
    headers = (await buckets.fetch(BUCKET, place, asked("/index.html", ("If-None-Match", "*")))).headers
    assert [headers.get(name) for name in ("cache-control", "content-language", "x-amz-meta-a", "content-type")] == [
        IMMUTABLE[1], None, None, None
    ]  # fmt: skip


async def test_an_error_has_no_metadata(buckets: BucketDirectories, site: Path):
    place = Directory(site, metadata={"": (IMMUTABLE,)})
    assert (await buckets.fetch(BUCKET, place, asked("/none"))).headers.get("cache-control") is None


async def test_a_large_object_streams(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/large.bin"))
    assert isinstance(response.body, Stream)
    assert response.body.length == len(LARGE)
    chunks = [chunk async for chunk in response.body.chunks()]
    assert b"".join(chunks) == LARGE
    assert max(map(len, chunks)) <= 1 << 18
    assert response.headers.get("etag") == f'"{hashlib.md5(LARGE).hexdigest()}"'


async def test_an_empty_object(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/empty"))
    assert (response.status, response.headers.get("content-length"), await read(response)) == (200, "0", b"")


async def test_escapes_are_decoded(buckets: BucketDirectories, site: Path):
    assert await read(await buckets.fetch(BUCKET, Directory(site), asked("/a%20b.txt"))) == b"spaced"


MISSING = ["/none", "/dir", "/dir/", "/%2e%2e/secret", "/..%2f..%2fetc/passwd", "//index.html", "/index.html%00", "/etc/passwd"]


@pytest.mark.parametrize("path", MISSING)
async def test_a_missing_key_is_403(buckets: BucketDirectories, site: Path, path: str):
    response = await buckets.fetch(BUCKET, Directory(site), asked(path))
    assert response.status == 403
    assert b"<Code>AccessDenied</Code>" in await read(response)


@pytest.mark.parametrize("path", MISSING)
async def test_a_missing_key_is_404_for_who_may_list(buckets: BucketDirectories, site: Path, path: str):
    response = await buckets.fetch(BUCKET, Directory(site, list=True), asked(path))
    assert response.status == 404
    assert b"<Code>NoSuchKey</Code>" in await read(response)


async def test_the_missing_key_is_named(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site, list=True), asked("/a%3Cb/"))
    assert b"<Key>a&lt;b/</Key>" in await read(response)


async def test_a_missing_key_of_head_has_no_body(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/none", method="HEAD"))
    assert (response.status, response.body.length) == (403, 0)


REFUSED = [
    pytest.param(asked("/"), 403, b"AccessDenied", id="the root lists nothing"),
    pytest.param(asked("/index.html", method="POST"), 405, b"MethodNotAllowed", id="POST"),
    pytest.param(asked("/index.html", method="PUT"), 405, b"MethodNotAllowed", id="PUT"),
    pytest.param(asked("/index.html", method="DELETE"), 405, b"MethodNotAllowed", id="DELETE"),
    pytest.param(asked("/index.html", method="OPTIONS"), 403, b"AccessForbidden", id="OPTIONS"),
    pytest.param(asked("/caf%E9"), 400, b"InvalidURI", id="a key that is not UTF-8"),
    pytest.param(asked("/100%"), 400, b"InvalidURI", id="a broken escape"),
    pytest.param(asked("/index.html", host="www.example.com"), 403, b"SignatureDoesNotMatch", id="the viewer's Host"),
    pytest.param(asked("/index.html", ("If-Match", '"x"')), 412, b"PreconditionFailed", id="a precondition that fails"),
    pytest.param(asked("/index.html", ("Range", "bytes=14-")), 416, b"InvalidRange", id="a range behind the end"),
]


@pytest.mark.parametrize(("request_", "status", "code"), REFUSED)
async def test_what_s3_refuses(buckets: BucketDirectories, site: Path, request_: Request, status: int, code: bytes):
    response = await buckets.fetch(BUCKET, Directory(site, list=True), request_)
    assert response.status == status
    assert b"<Code>%s</Code>" % code in await read(response)
    assert (site / "index.html").exists()


async def test_any_host_will_do_where_the_directory_stands_for_no_bucket(buckets: BucketDirectories, site: Path):
    other = Origin("site", "www.example.com")
    assert (await buckets.fetch(other, Directory(site), asked("/index.html", host="other"))).status == 200


async def test_a_file_that_may_not_be_read_is_403(buckets: BucketDirectories, site: Path):
    (site / "index.html").chmod(0)
    if os.access(site / "index.html", os.R_OK):
        pytest.skip("this user may read everything")
    assert (await buckets.fetch(BUCKET, Directory(site, list=True), asked("/index.html"))).status == 403


@pytest.mark.parametrize(("path", "content"), [("/index.html", b"<h1>hello</h1>"), ("/large.bin", LARGE)])
@pytest.mark.parametrize(("text", "start", "stop"), [("bytes=2-5", 2, 6), ("bytes=3-", 3, None), ("bytes=-4", -4, None)])
async def test_a_part(
    buckets: BucketDirectories, site: Path, path: str, content: bytes, text: str, start: int, stop: int | None
):
    response = await buckets.fetch(BUCKET, Directory(site), asked(path, ("Range", text)))
    assert response.status == 206
    assert await read(response) == content[start:stop]
    first, last = range(len(content))[start:stop][0], range(len(content))[start:stop][-1]
    assert response.headers.get("content-range") == f"bytes {first}-{last}/{len(content)}"
    assert response.headers.get("content-length") == str(last - first + 1)


async def test_several_parts_are_the_whole(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/index.html", ("Range", "bytes=0-1,3-4")))
    assert (response.status, await read(response)) == (200, b"<h1>hello</h1>")


async def test_an_unsatisfiable_range_tells_the_size(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/index.html", ("Range", "bytes=99-")))
    assert response.headers.get("content-range") == "bytes */14"
    assert b"<RangeRequested>bytes=99-</RangeRequested><ActualObjectSize>14</ActualObjectSize>" in await read(response)


@pytest.mark.parametrize("path", ["/index.html", "/large.bin"])
async def test_not_modified(buckets: BucketDirectories, site: Path, path: str):
    whole = await buckets.fetch(BUCKET, Directory(site), asked(path))
    await whole.body.close()
    etag, modified = whole.headers.get("etag") or "", whole.headers.get("last-modified") or ""
    for condition in (("If-None-Match", etag), ("If-Modified-Since", modified)):
        again = await buckets.fetch(BUCKET, Directory(site), asked(path, condition))
        assert (again.status, again.body.length, again.headers.get("etag")) == (304, 0, etag)


@pytest.mark.parametrize("size", [10, 1 << 17])
async def test_the_etag_is_remembered_until_the_file_changes(buckets: BucketDirectories, site: Path, size: int):
    path = site / "page.html"

    async def etag(content: bytes, mtime_ns: int) -> str | None:
        path.write_bytes(content)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        response = await buckets.fetch(BUCKET, Directory(site), asked("/page.html"))
        await response.body.close()
        return response.headers.get("etag")

    first = await etag(b"a" * size, 1_000_000_000)
    assert await etag(b"b" * size, 1_000_000_000) == first, "same path, size and time"
    assert await etag(b"b" * size, 1_000_000_001) != first
    assert await etag(b"a" * size + b"a", 1_000_000_000) != first


async def test_a_file_replaced_while_it_is_read_stays_what_it_was(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/large.bin"))
    (site / "new").write_bytes(b"new")
    (site / "new").replace(site / "large.bin")
    assert await read(response) == LARGE


async def test_a_file_that_becomes_shorter_while_it_is_read_is_broken(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/large.bin"))
    chunks = response.body.chunks()
    assert len(await anext(chunks)) == 1 << 18
    os.truncate(site / "large.bin", 300_000)
    with pytest.raises(BodyBroken, match="became shorter"):
        [chunk async for chunk in chunks]


async def test_a_file_that_grows_while_it_is_read_ends_as_promised(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(BUCKET, Directory(site), asked("/large.bin"))
    with (site / "large.bin").open("ab") as file:
        file.write(b"more")
    assert await read(response) == LARGE


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not COUNTED, reason="counts descriptors in /proc")
async def test_no_file_stays_open(buckets: BucketDirectories, site: Path):
    before = open_files()
    for path in ("/index.html", "/none", "/dir", "/large.bin"):
        for method in ("GET", "HEAD"):
            for header in (("Range", "bytes=1-2"), ("Range", "bytes=99999999-"), ("If-Match", '"x"'), ("If-None-Match", "*")):
                response = await buckets.fetch(BUCKET, Directory(site), asked(path, header, method=method))
                await response.body.close()
    half = await buckets.fetch(BUCKET, Directory(site), asked("/large.bin"))
    await anext(half.body.chunks())
    await half.body.close()
    assert open_files() == before


@pytest.mark.skipif(not COUNTED, reason="counts descriptors in /proc")
async def test_a_cancelled_hash_leaves_no_file_open(buckets: BucketDirectories, site: Path):
    (site / "huge.bin").write_bytes(bytes(32 << 20))
    before = open_files()
    task = asyncio.get_running_loop().create_task(buckets.fetch(BUCKET, Directory(site), asked("/huge.bin")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    response = await buckets.fetch(BUCKET, Directory(site), asked("/huge.bin", method="HEAD"))
    assert response.headers.get("etag") == f'"{hashlib.md5(bytes(32 << 20)).hexdigest()}"'
    buckets.close()
    assert open_files() == before


async def test_small_objects_are_bytes(buckets: BucketDirectories, site: Path):
    assert isinstance((await buckets.fetch(BUCKET, Directory(site), asked("/index.html"))).body, Bytes)
