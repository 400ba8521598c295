import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edgeproxy.messages import Headers, Request, Response
from edgeproxy.model import Directory, Origin
from edgeproxy.origins.s3 import BucketDirectories
from edgeproxy.places import Website

ORIGIN = Origin("site", "acme.s3-website-us-east-1.amazonaws.com", protocol_policy="http-only")
PLAIN, WITH_ERRORS = Website(), Website("index.html", "404.html")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("index.html", "docs/index.html", "a b/index.html", "page", "404.html", "docs/home.htm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<p>{name}</p>")
    (tmp_path / "empty").mkdir()
    (tmp_path / "large.bin").write_bytes(bytes(1 << 17))
    return tmp_path


@pytest.fixture
async def buckets() -> AsyncIterator[BucketDirectories]:
    made = BucketDirectories()
    yield made
    made.close()


def asked(path: str, *headers: tuple[str, str], method: str = "GET", host: str = ORIGIN.domain_name) -> Request:
    path, _, query = path.partition("?")
    return Request(method, "http", "d", path, query or None, Headers([("Host", host), *headers]))


async def read(response: Response) -> str:
    return b"".join([chunk async for chunk in response.body.chunks()]).decode()


SHOWN = [
    pytest.param("/", PLAIN, "index.html", id="the root is the index document"),
    pytest.param("/docs/", PLAIN, "docs/index.html", id="a folder is its index document"),
    pytest.param("/docs/", Website("home.htm"), "docs/home.htm", id="the index document has another name"),
    pytest.param("/docs/index.html", PLAIN, "docs/index.html", id="the index document by its own name"),
    pytest.param("/page", PLAIN, "page", id="an object"),
    pytest.param("/a%20b/?x=1", PLAIN, "a b/index.html", id="escapes are decoded, the query string means nothing"),
]


@pytest.mark.parametrize(("path", "website", "shown"), SHOWN)
async def test_what_a_path_shows(buckets: BucketDirectories, site: Path, path: str, website: Website, shown: str):
    response = await buckets.fetch(ORIGIN, Directory(site, website=website), asked(path))
    assert (response.status, await read(response)) == (200, f"<p>{shown}</p>")
    head = await buckets.fetch(ORIGIN, Directory(site, website=website), asked(path, method="HEAD"))
    assert (head.status, head.body.length, head.headers.get("etag")) == (200, 0, response.headers.get("etag"))


REDIRECTED = [
    pytest.param("/docs", "/docs/", id="a folder with an index document"),
    pytest.param("/a%20b?x=1", "/a%20b/", id="the path as it came, without its query string"),
]


@pytest.mark.parametrize(("path", "location"), REDIRECTED)
@pytest.mark.parametrize("website", [PLAIN, WITH_ERRORS], ids=["no error document", "an error document"])
async def test_a_folder_without_its_slash_is_302(
    buckets: BucketDirectories, site: Path, path: str, location: str, website: Website
):
    response = await buckets.fetch(ORIGIN, Directory(site, website=website), asked(path))
    assert (response.status, response.headers.get("location")) == (302, location)
    assert "<li>Code: Found</li>" in await read(response)


MISSING = ["/none", "/none/", "/empty", "/empty/", "//docs/", "/docs//", "/..%2f..%2fetc/passwd", "/docs/../page"]


@pytest.mark.parametrize("path", MISSING)
@pytest.mark.parametrize("listed", [True, False])
async def test_a_missing_key_is_404_whoever_may_list(buckets: BucketDirectories, site: Path, path: str, listed: bool):
    response = await buckets.fetch(ORIGIN, Directory(site, listed, PLAIN), asked(path))
    assert response.status == 404
    assert response.headers.get("content-type") == "text/html; charset=utf-8"
    assert "<li>Code: NoSuchKey</li>" in await read(response)


REFUSED = [
    pytest.param(asked("/page", method="POST"), 405, "MethodNotAllowed", id="POST"),
    pytest.param(asked("/page", method="OPTIONS"), 405, "MethodNotAllowed", id="OPTIONS"),
    pytest.param(asked("/100%"), 400, "InvalidURI", id="a broken escape"),
    pytest.param(asked("/page", host="www.example.com"), 404, "NoSuchBucket", id="a Host that is another bucket's"),
    pytest.param(asked("/page", ("If-Match", '"x"')), 412, "PreconditionFailed", id="a precondition that fails"),
    pytest.param(asked("/page", ("Range", "bytes=99-")), 416, "InvalidRange", id="a range behind the end"),
]


@pytest.mark.parametrize(("request_", "status", "code"), REFUSED)
async def test_what_the_endpoint_refuses(buckets: BucketDirectories, site: Path, request_: Request, status: int, code: str):
    response = await buckets.fetch(ORIGIN, Directory(site, website=PLAIN), request_)
    assert (response.status, response.headers.get("x-amz-error-code")) == (status, code)
    assert f"<li>Code: {code}</li>" in await read(response)


WITH_DOCUMENT = [
    pytest.param(asked("/none"), 404, True, id="a missing key"),
    pytest.param(asked("/none/"), 404, True, id="a missing folder"),
    pytest.param(asked("/none", ("Range", "bytes=0-1"), ("If-None-Match", "*")), 404, True, id="range and conditions aside"),
    pytest.param(asked("/100%"), 400, True, id="another 4xx"),
    pytest.param(asked("/page", method="POST"), 405, False, id="not of POST"),
    pytest.param(asked("/page", host="www.example.com"), 404, False, id="not of another bucket"),
]


@pytest.mark.parametrize(("request_", "status", "shown"), WITH_DOCUMENT)
async def test_the_error_document_has_the_errors_status(
    buckets: BucketDirectories, site: Path, request_: Request, status: int, shown: bool
):
    response = await buckets.fetch(ORIGIN, Directory(site, website=WITH_ERRORS), request_)
    assert response.status == status
    assert (await read(response) == "<p>404.html</p>") is shown
    if shown:
        assert response.headers.get("content-type") == "text/html"
        assert response.headers.get("x-amz-error-code") is not None


async def test_an_error_document_that_is_missing_is_told_beside_the_error(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(ORIGIN, Directory(site, website=Website("index.html", "gone.html")), asked("/none"))
    assert response.status == 404
    assert "<li>Key: gone.html</li>" in await read(response)


async def test_a_head_of_a_missing_key_has_no_body(buckets: BucketDirectories, site: Path):
    for website in (PLAIN, WITH_ERRORS):
        response = await buckets.fetch(ORIGIN, Directory(site, website=website), asked("/none", method="HEAD"))
        assert (response.status, response.body.length) == (404, 0)


async def test_the_host_may_be_the_buckets_name(buckets: BucketDirectories, site: Path):
    response = await buckets.fetch(ORIGIN, Directory(site, website=PLAIN), asked("/page", host="acme"))
    assert response.status == 200


async def test_a_file_that_may_not_be_read_is_403(buckets: BucketDirectories, site: Path):
    (site / "page").chmod(0)
    if os.access(site / "page", os.R_OK):
        pytest.skip("this user may read everything")
    assert (await buckets.fetch(ORIGIN, Directory(site, website=PLAIN), asked("/page"))).status == 403


@pytest.mark.parametrize("path", ["/", "/docs/a%20b", "/none?x=1&y=%20"])
async def test_all_requests_are_redirected(buckets: BucketDirectories, site: Path, path: str):
    website = Website(redirect_to="https://www.example.com")
    response = await buckets.fetch(ORIGIN, Directory(site, website=website), asked(path))
    assert (response.status, response.headers.get("location")) == (301, f"https://www.example.com{path}")
    assert response.headers.get("content-length") == "0"
    refused = await buckets.fetch(ORIGIN, Directory(site, website=website), asked(path, method="PUT"))
    assert refused.status == 405


async def test_a_large_object_is_read_in_parts_and_as_an_error_document(buckets: BucketDirectories, site: Path):
    large = Directory(site, website=Website("index.html", "large.bin"))
    part = await buckets.fetch(ORIGIN, large, asked("/large.bin", ("Range", "bytes=0-1")))
    assert (part.status, len(await read(part))) == (206, 2)
    whole = await buckets.fetch(ORIGIN, large, asked("/none"))
    assert (whole.status, len(await read(whole))) == (404, 1 << 17)
