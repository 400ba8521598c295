"""What an origin reads on its socket, line by line, against AWS's table of request headers (RequestAndResponseBehaviorCustomOrigin)."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
ORIGIN = {"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
BROWSER = [
    ("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"), ("Accept-Language", "de"), ("Accept-Charset", "utf-8"),
    ("Accept-Encoding", "br, gzip;q=0.9"), ("Referer", "https://x.test/"), ("Cookie", "a=b"), ("Authorization", "Bearer t"),
    ("X-Own", "1"), ("X-Forwarded-Proto", "http"), ("X-Real-IP", "203.0.113.9"), ("X-Edge-Location", "x"), ("TE", "trailers"),
    ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("Proxy-Authorization", "Basic x"), ("Trailer", "X"),
    ("X-HTTP-Method-Override", "PUT"), ("CloudFront-Viewer-Country", "DE"), ("X-Amz-Cf-Id", "forged"),
]  # fmt: skip
"""What must not reach an origin that no policy names it for; of POST, Authorization must."""
FORWARDED = [
    ("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"), ("From", "a@b.test"),
    ("If-Match", '"x"'), ("Max-Forwards", "3"), ("Origin", "https://x.test"), ("Warning", "199 - x"), ("Content-MD5", "x"),
]  # fmt: skip


@asynccontextmanager
async def listening():
    """An origin that answers 200 to everything; yields its URL and the heads it read, as lines."""
    heads = []

    async def connected(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
                heads.append(head.decode().split("\r\n")[:-2])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()


@pytest.fixture
def app(project):
    def written(**behavior):
        return project(behavior={"TargetOriginId": "app", "AllowedMethods": ALL_METHODS, **behavior}, origins=[ORIGIN])

    return written


def fields(head):
    return dict(line.split(": ", 1) for line in head[1:])


async def test_a_get_without_a_policy_that_names_headers(running, app):
    async with listening() as (url, heads), running(app(), origins={"app": url}) as proxy:
        seen = await proxy.get("/a?b=c", *BROWSER, host="localhost:8080")
    (head,) = heads
    assert head[0] == "GET /a HTTP/1.1", "the query string is in no policy either"
    found = fields(head)
    assert list(found) == ["Host", "Accept-Encoding", "User-Agent", "X-Forwarded-For", "Via", "X-Amz-Cf-Id", "Connection"]
    assert (found["Host"], found["User-Agent"], found["Connection"]) == ("app.example.com", "Amazon CloudFront", "Keep-Alive")
    assert found["Accept-Encoding"] == "br,gzip", "normalised"
    assert found["X-Forwarded-For"] == "127.0.0.1"
    assert re.fullmatch(r"1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)", found["Via"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{54}==", found["X-Amz-Cf-Id"])
    assert found["X-Amz-Cf-Id"] == seen["X-Amz-Cf-Id"], "the viewer is told the same id"


async def test_a_post_keeps_authorization_and_what_describes_its_body(running, app):
    async with listening() as (url, heads), running(app(CachePolicyId=CACHING_DISABLED), origins={"app": url}) as proxy:
        await proxy.get("/", *BROWSER, ("Content-Type", "text/x"), ("Expect", "100-continue"), method="POST", body=b"hello")
    found = fields(heads[0])
    assert sorted(found) == sorted([
        "Host", "Content-Type", "Content-Length", "Authorization", "User-Agent", "X-Forwarded-For", "Via", "X-Amz-Cf-Id",
        "Connection",
    ])  # fmt: skip
    assert (found["Content-Type"], found["Content-Length"], found["Authorization"]) == ("text/x", "5", "Bearer t")


async def test_headers_that_the_table_lets_pass(running, app):
    async with listening() as (url, heads), running(app(CachePolicyId=CACHING_DISABLED), origins={"app": url}) as proxy:
        await proxy.get("/", *FORWARDED)
    found = fields(heads[0])
    assert [(name, found.get(name)) for name, _ in FORWARDED] == FORWARDED


async def test_addresses_and_proxies_on_the_way_are_appended_to(running, app):
    chain = [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-For", "198.51.100.1"), ("Via", "1.0 fred")]
    async with listening() as (url, heads), running(app(), origins={"app": url}) as proxy:
        await proxy.get("/", *chain)
    found = fields(heads[0])
    assert found["X-Forwarded-For"] == "203.0.113.7, 198.51.100.1, 127.0.0.1"
    assert re.fullmatch(r"1\.0 fred, 1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)", found["Via"])


async def test_all_viewer_sends_the_viewers_own_but_what_is_between_two_hops(running, app):
    folder = app(CachePolicyId=CACHING_DISABLED, OriginRequestPolicyId=ALL_VIEWER)
    async with listening() as (url, heads), running(folder, origins={"app": url}) as proxy:
        await proxy.get("/a?b=c", *BROWSER, host="localhost")
    assert heads[0][0] == "GET /a?b=c HTTP/1.1"
    found = fields(heads[0])
    never = {
        "X-Forwarded-Proto", "X-Real-IP", "X-Edge-Location", "TE", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Trailer",
        "CloudFront-Viewer-Country", "X-Amz-Cf-Id",
    }  # fmt: skip
    passed = [(name, value) for name, value in BROWSER if name not in never]
    assert [(name, found.get(name)) for name, _ in passed] == passed
    assert set(found) - {name for name, _ in passed} == {"Host", "X-Forwarded-For", "Via", "X-Amz-Cf-Id", "Connection"}
    assert (found["Connection"], found["X-Amz-Cf-Id"] == "forged") == ("Keep-Alive", False)
