"""An origin that is down, slow or speaks nonsense: CloudFront's page for it, its cause on the terminal, and the proxy goes on."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager

import pytest

from edgeproxy.errors import OriginError

BAD = {
    "Id": "bad",
    "DomainName": "bad.example.com",
    "ConnectionAttempts": 1,
    "ConnectionTimeout": 1,
    "CustomOriginConfig": {"OriginProtocolPolicy": "http-only", "OriginReadTimeout": 1},
}
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"


def answering(*pieces):
    """An origin that reads a request, writes the pieces and hangs up."""

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return talk


async def never_answers(reader, writer):
    await reader.read()


async def hangs_up_at_once(reader, writer):
    writer.transport.abort()


async def speaks_first(reader, writer):
    await reader.read(1)
    writer.write(GOOD)
    await writer.drain()


def stopping_after(data):
    """An origin that begins an answer and says no more."""

    async def talk(reader, writer):
        writer.write(data)
        await reader.read()

    return talk


@asynccontextmanager
async def origin(*talks):
    """An origin's URL; its n-th connection is the n-th talk, the last one stands for all that follow."""
    left, tasks = list(talks), set()

    async def connected(reader, writer):
        tasks.add(asyncio.current_task())
        talk = left.pop(0) if len(left) > 1 else left[0]
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


@pytest.fixture
def bad_project(project):
    """`/site/*` is the bucket, everything else the bad origin."""

    def written(**changes):
        return project(
            behavior={"TargetOriginId": "bad"},
            behaviors=[{"PathPattern": "/page"}, {"PathPattern": "/other"}],
            origins=[{**BAD, **changes}],
        )

    return written


async def goes_on(proxy):
    for path in ("/page", "/other"):
        seen = await proxy.get(path)
        assert (seen.status, seen.x_cache) == (200, "Miss")


TALKS = [
    pytest.param(
        hangs_up_at_once,
        (502, OriginError.ATTEMPT, "the connection was lost|connection reset by peer|it closed the connection"),
        id="closes at once",
    ),
    pytest.param(answering(), (502, OriginError.ATTEMPT, "it closed the connection without an answer"), id="an empty reply"),
    pytest.param(
        answering(b"SSH-2.0-OpenSSH_9.6\r\n"),
        (502, OriginError.ATTEMPT, "not HTTP as CloudFront accepts it"),
        id="an SSH server",
    ),
    pytest.param(
        answering(b"\x15\x03\x03\x00\x02\x02\x16"), (502, OriginError.ATTEMPT, "not HTTP as CloudFront accepts it"), id="TLS"
    ),
    pytest.param(answering(b"\x00" * 4096), (502, OriginError.ATTEMPT, "not HTTP as CloudFront accepts it"), id="zeros"),
    pytest.param(
        answering(b"HTTP/1.1 banana\r\n\r\n"), (502, OriginError.ATTEMPT, "not HTTP as CloudFront accepts it"), id="no status"
    ),
    pytest.param(
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
        (502, OriginError.ATTEMPT, "not HTTP as CloudFront accepts it"),
        id="two lengths",
    ),
    pytest.param(
        answering(b"HTTP/1.1 200 OK\r\nContent-Le"),
        (502, OriginError.ATTEMPT, "it closed the connection inside the head of its answer"),
        id="half a head",
    ),
    pytest.param(
        answering(b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 33_000 + b"\r\nContent-Length: 0\r\n\r\n"),
        (502, OriginError.ATTEMPT, "header block is over 32,768 bytes"),
        id="one header line too large",
    ),
    pytest.param(
        answering(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 0123456789abcdef\r\n" * 1400 + b"Content-Length: 0\r\n\r\n"),
        (502, OriginError.ATTEMPT, "header block is over 32,768 bytes"),
        id="a header block too large",
    ),
    pytest.param(never_answers, (504, OriginError.ATTEMPT, "no answer within 1 s"), id="CF-53 never answers"),
    pytest.param(
        stopping_after(b"HTTP/1.1 200 OK\r\nContent-"),
        (504, OriginError.ATTEMPT, "no answer within 1 s"),
        id="stops in its head",
    ),
]


@pytest.mark.parametrize(("talk", "expected"), TALKS)
async def test_no_answer_of_an_origin_is_cloudfronts_page(running, bad_project, talk, expected):
    status, sentence, words = expected
    async with origin(talk) as url, running(bad_project(), origins={"bad": url}) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache, seen.sentence) == (status, "Error", sentence)
        assert seen["Server"] == "CloudFront"
        assert seen["Content-Type"] == "text/html"
        await goes_on(proxy)
    assert f"GET /thing {status} Error" in proxy.terminal
    assert re.search(f"  origin bad at {url}: .*({words})", proxy.terminal), proxy.terminal


async def test_head_gets_the_head_of_the_page(running, bad_project):
    async with origin(answering()) as url, running(bad_project(), origins={"bad": url}) as proxy:
        page = await proxy.get("/thing")
        seen = await proxy.get("/thing", method="HEAD")
    assert (seen.status, seen.body, seen["Content-Length"]) == (502, b"", str(len(page.body)))


@pytest.fixture
def closed_port():
    """A port that nobody else takes and nobody listens at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_an_origin_that_is_down(running, bad_project, closed_port):
    url = f"http://127.0.0.1:{closed_port}"
    async with running(bad_project(), origins={"bad": url}) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache, seen.sentence) == (502, "Error", OriginError.CONNECT), "CF-52"
        await goes_on(proxy)
    assert f"origin bad at {url}: connection refused" in proxy.terminal


async def test_an_origin_that_comes_up_is_asked_again(running, bad_project):
    async with origin(answering(), answering(GOOD)) as url, running(bad_project(), origins={"bad": url}) as proxy:
        assert (await proxy.get("/thing")).status == 502
        proxy.proxy.clock.offset += 11  # ErrorCachingMinTTL is 10 s
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache, seen.body) == (200, "Miss", b"whole")


async def test_get_is_tried_as_often_as_the_template_says(running, bad_project):
    folder = bad_project(ConnectionAttempts=3)
    async with origin(answering(), answering(), answering(GOOD)) as url, running(folder, origins={"bad": url}) as proxy:
        assert (await proxy.get("/thing")).body == b"whole"


async def test_a_name_that_does_not_resolve(running, bad_project):
    folder = bad_project(DomainName="nowhere.invalid")
    async with running(folder, allow_origins=("nowhere.invalid",)) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache, seen.sentence) == (502, "Error", OriginError.RESOLVE), "CF-51"
        await goes_on(proxy)
    assert "origin bad at http://nowhere.invalid:80: the name does not resolve" in proxy.terminal


async def test_a_deployed_name_without_a_place_is_never_contacted(running, bad_project):
    async with running(bad_project()) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache) == (502, "Error")
        assert seen.sentence.endswith("  or ask the deployed one:  --allow-origin bad.example.com")
        await goes_on(proxy)
    assert "origin bad (bad.example.com) has no place on this machine" in proxy.terminal
    assert "add to edgeproxy.yaml:  origins: {bad.example.com: http://127.0.0.1:3000}" in proxy.terminal


async def test_plain_http_where_tls_is_spoken(running, bad_project):
    async with origin(speaks_first) as url:
        url = url.replace("http:", "https:")
        async with running(bad_project(), origins={"bad": url}) as proxy:
            seen = await proxy.get("/thing")
            assert (seen.status, seen.x_cache, seen.sentence) == (502, "Error", OriginError.CONNECT)
            await goes_on(proxy)
    assert f"origin bad at {url}: TLS failed" in proxy.terminal


BROKEN_OFF = [
    pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwho"), id="less than Content-Length"),
    pytest.param(
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n"), id="chunked without its last chunk"
    ),
    pytest.param(stopping_after(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwho"), id="silence within the body"),
]


@pytest.mark.parametrize("talk", BROKEN_OFF)
async def test_a_body_that_breaks_off_cuts_the_viewer_off_and_is_not_stored(running, bad_project, talk):
    async with origin(talk, answering(GOOD)) as url, running(bad_project(), origins={"bad": url}) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.whole) == (200, False)
        assert b"who".startswith(seen.body)
        await goes_on(proxy)
        again = await proxy.get("/thing")
        assert (again.status, again.x_cache, again.body, again.whole) == (200, "Miss", b"whole", True)
    assert "the answer broke off: origin bad at " in proxy.terminal


async def test_a_body_without_length_ends_with_its_connection_and_is_stored(running, bad_project):
    talk = answering(b"HTTP/1.1 200 OK\r\n\r\nwhole")
    async with origin(talk, never_answers) as url, running(bad_project(), origins={"bad": url}) as proxy:
        for x_cache in ("Miss", "Hit"):
            seen = await proxy.get("/thing")
            assert (seen.status, seen.x_cache, seen.body, seen.whole) == (200, x_cache, b"whole", True)


async def test_the_origins_own_error_passes_with_its_own_body(running, bad_project):
    answer = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nX-Own: yes\r\n\r\nbusy"
    async with origin(answering(answer)) as url, running(bad_project(), origins={"bad": url}) as proxy:
        seen = await proxy.get("/thing")
        assert (seen.status, seen.x_cache, seen.body, seen["X-Own"]) == (503, "Error", b"busy", "yes")


async def test_cf_66_a_key_that_a_bucket_has_not_is_403_and_an_error(running, project):
    """CF-66"""
    async with running(project()) as proxy:
        seen = await proxy.get("/missing")
        assert (seen.status, seen.x_cache) == (403, "Error")
        assert seen.body.startswith(b"<?xml")
        assert b"<Code>AccessDenied</Code>" in seen.body
