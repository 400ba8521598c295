import asyncio
import gzip
import re

import pytest
from kit import ALL_METHODS, Origins, behavior, distribution, policy, respond
from kit_listener import BLOCK, Proxy, answering, body_of, connected, get, status_of

from edgeproxy.errors import OriginError
from edgeproxy.model import OriginRequestPolicy, Selection
from edgeproxy.server import connection, unread

DISABLED = policy(0, 0, 0)


async def test_a_miss_then_a_hit_on_one_connection():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        answer = await proxy.ask(get(close=False) + get())
        first, second = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert b"X-Cache: Miss from cloudfront\r\n" in first
        assert b"X-Cache: Hit from cloudfront\r\n" in second
        assert body_of(first) == body_of(second) == b"hello"
        assert b"Connection: keep-alive" in first
        assert b"Connection: close" in second


async def test_a_hit_needs_no_task():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        await proxy.ask(get())
        reader, writer = await proxy.connect()
        connection = next(iter(proxy.listener.server.connections))
        for _ in range(3):
            writer.write(get(close=False))
            await reader.readuntil(b"hello")
            assert connection._passing is None
        writer.close()


async def test_neither_server_nor_content_type_are_added():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        head = (await proxy.ask(get())).lower()
        assert b"\r\nserver:" not in head
        assert b"content-type" not in head


EXACT = ["//x", "/a/b/..?c=1", "/x?", "/%2e%2e/%2F", "/a;b=c", "/x?a=b?c", "/[x]|", "/a%"]


@pytest.mark.parametrize("target", EXACT)
async def test_the_target_reaches_the_origin_as_received(target):
    default = behavior(cache=policy(query_strings=Selection("all")))
    async with Proxy(distribution(default=default)) as proxy:
        await proxy.ask(get(target))
        assert proxy.house.origins.paths == [target]


async def test_headers_keep_case_order_and_repeats():
    default = behavior(cache=DISABLED, origin_request_policy=OriginRequestPolicy("all", Selection("allViewer")))
    async with Proxy(distribution(default=default)) as proxy:
        await proxy.ask(get("/x", "X-b: 1", "x-A: caf\xe9", "X-b: 2"))
        seen = [(name, value) for name, value in proxy.house.origins.asked[0][1].headers if name.lower() in ("x-b", "x-a")]
        assert seen == [("X-b", "1"), ("x-A", "caf\xe9"), ("X-b", "2")]


REFUSED = [
    pytest.param(get("/" + "a" * 8192), 414, id="CF-7 a URL of 8,193 bytes"),
    pytest.param(get("/" + "a" * 40000), 414, id="a URL larger than a whole head"),
    pytest.param(get("/x", *[f"X-{n}: {'a' * 1000}" for n in range(40)]), 494, id="CF-8 headers above 32,768 bytes"),
    pytest.param(get("/x", "X: " + "a" * 40000), 494, id="one header above 32,768 bytes"),
    pytest.param(get("/x", "Content-Length: 3") + b"abc", 403, id="CF-6 GET with a body"),
    pytest.param(get("/x", "Content-Length: 3", method="HEAD") + b"abc", 403, id="HEAD with a body"),
    pytest.param(
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        id="both lengths",
    ),
    pytest.param(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, id="two lengths"),
    pytest.param(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400, id="a signed length"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, id="a bare CR"),
    pytest.param(b"GET /x HTTP/1.1\nHost: a\n\n", 400, id="bare LFs"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, id="obs-fold"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400, id="a NUL"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, id="two Hosts"),
    pytest.param(b"GET /x HTTP/1.1\r\n\r\n", 400, id="no Host"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost : a\r\n\r\n", 400, id="a space before the colon"),
    pytest.param(b"GET /x HTTP/2.0\r\nHost: a\r\n\r\n", 400, id="HTTP/2.0 in a request line"),
    pytest.param(b"GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="absolute-form"),
    pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="OPTIONS *"),
    pytest.param(get("/x#y"), 400, id="a fragment"),
    pytest.param(get("/caf\xe9"), 400, id="a raw byte beyond ASCII in the target"),
    pytest.param(get("/x", *[f"X-{n}: a" for n in range(600)]), 494, id="more than 512 headers"),
    pytest.param(b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="CONNECT"),
    pytest.param(
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, id="TE gzip, chunked"
    ),
    pytest.param(
        b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, id="Transfer-Encoding on HTTP/1.0"
    ),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400, id="TLS on a plain port"),
]


@pytest.mark.parametrize(("data", "status"), REFUSED)
async def test_malformed_long_and_ambiguous_requests_are_refused_and_the_connection_closes(data, status):
    async with Proxy(distribution(default=behavior(allowed_methods=ALL_METHODS))) as proxy:
        answer = await proxy.ask(data)
        assert status_of(answer) == status
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"X-Cache: Error from cloudfront\r\n" in answer
        assert b"Connection: close\r\n" in answer
        assert proxy.house.origins.asked == []
        assert proxy.sink.exchanges[0].status == status


async def test_the_next_viewer_is_served_after_nonsense():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        await proxy.ask(b"nonsense\r\n\r\n")
        assert status_of(await proxy.ask(get())) == 200


async def test_100_continue_is_written_just_before_the_body_is_read():
    reached, received = asyncio.Event(), []

    class Reading(Origins):
        async def fetch(self, origin, place, request):
            reached.set()
            received.append(b"".join([chunk async for chunk in request.body.chunks()]))
            return respond()

    async with Proxy(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Reading()) as proxy:
        reader, writer = await proxy.connect()
        writer.write(get("/x", "Content-Length: 4", "Expect: 100-continue", method="POST"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert reached.is_set()
        writer.write(b"data")
        assert status_of(await reader.read()) == 200
        assert received == [b"data"]
        writer.close()


async def test_a_refused_post_is_not_told_to_continue():
    async with Proxy() as proxy:
        answer = await proxy.ask(get("/x", "Content-Length: 4", "Expect: 100-continue", method="POST"))
        assert status_of(answer) == 403
        assert b"100 Continue" not in answer


async def test_pipelined_requests_are_answered_in_order():
    origins = Origins(**{str(number): respond(200, b"body%d" % number) for number in range(40)})
    async with Proxy(origins=origins) as proxy:
        requests = b"".join(get(f"/{number}", close=False) for number in range(39)) + get("/39")
        answer = await proxy.ask(requests)
        positions = [answer.index(b"body%d" % number) for number in range(40)]
        assert positions == sorted(positions)


KEPT, LAST, NONSENSE = get(close=False), get(), b"NONSENSE\r\n\r\n"
POSTED = get("/x", "Content-Length: 2", method="POST", close=False) + b"ab"
CUT_BODY = get("/x", "Transfer-Encoding: chunked", method="POST", close=False) + b"1\r\na\r\nz\r\n\r\n"
BEFORE_NONSENSE = [
    pytest.param(KEPT + NONSENSE, [200, 400], id="a request"),
    pytest.param(KEPT + LAST + KEPT, [200, 200], id="a request and the last one, and another behind that"),
    pytest.param(KEPT + b"NONSENSE\r\n", [200, 400], id="a request, and a line that cannot begin one"),
    pytest.param(LAST + KEPT[:20], [200], id="the last one, and the beginning of another"),
    pytest.param(POSTED + NONSENSE, [200, 400], id="a request and its body"),
    pytest.param(POSTED + b"NONSENSE\r\n", [200, 400], id="a request and its body, and a line that cannot begin one"),
    pytest.param(KEPT + CUT_BODY, [200, 400], id="a request and another whose body is nonsense"),
]


@pytest.mark.parametrize(("data", "statuses"), BEFORE_NONSENSE)
async def test_what_stands_before_nonsense_in_one_packet_is_answered(data, statuses):
    site = distribution(default=behavior(allowed_methods=ALL_METHODS))
    async with Proxy(site, origins=Origins(x=respond())) as proxy:
        reader, writer = await proxy.connect()
        writer.write(data)
        said = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", said)] == statuses


UNREAD = [
    pytest.param(
        get("/x", "Content-Length: 4", "Expect: 100-continue", method="POST", close=False), b"close", id="it was not asked for"
    ),
    pytest.param(get("/x", "Content-Length: 4", method="POST", close=False) + b"ab", b"close", id="half of it has come"),
    pytest.param(get("/x", "Content-Length: 4", method="POST", close=False) + b"abcd", b"keep-alive", id="all of it has come"),
]


@pytest.mark.parametrize(("request_", "connection"), UNREAD)
async def test_an_answer_before_the_body_is_there_says_that_the_connection_ends(request_, connection):
    async with Proxy() as proxy:
        reader, writer = await proxy.connect()
        writer.write(request_)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"\r\nConnection: " + connection + b"\r\n" in head


async def test_an_upgrade_is_answered_in_http_and_what_follows_is_http_too():
    async with Proxy(origins=Origins(x=respond())) as proxy:
        answer = await proxy.ask(get("/x", "Connection: Upgrade", "Upgrade: websocket", close=False) + get())
        assert answer.count(b"HTTP/1.1 200 OK") == 2


H2C = get("/x", "Connection: Upgrade", "Upgrade: h2c", close=False)
WITH_BODY = get("/x", "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 2", method="POST", close=False) + b"ab"
UNKNOWN_UPGRADES = [
    pytest.param([H2C + get()], 2, id="a request behind it in one packet"),
    pytest.param([H2C + b"GET /x HT"], 1, id="a part of a request behind it"),
    pytest.param([get(close=False) + H2C + get()], 3, id="one before it and one behind it"),
    pytest.param([H2C[:-2], H2C[-2:] + get()], 1, id="its last line end with the request behind it"),
    pytest.param([H2C[:-1], H2C[-1:] + get()], 1, id="its last character with the request behind it"),
    pytest.param([WITH_BODY + get()], 1, id="a request behind its body"),
    pytest.param([H2C, get()], 2, id="a request in a packet of its own"),
    pytest.param([H2C[:20], H2C[20:], get()], 2, id="one in two packets before it"),
]


@pytest.mark.parametrize(("packets", "answers"), UNKNOWN_UPGRADES)
async def test_what_the_parser_may_have_lost_behind_an_unknown_upgrade_is_not_waited_for(packets, answers):
    site = distribution(default=behavior(allowed_methods=ALL_METHODS))
    async with Proxy(site, origins=Origins(x=respond())) as proxy:
        reader, writer = await proxy.connect()
        while not proxy.listener.server.connections:
            await asyncio.sleep(0)
        (viewer,) = proxy.listener.server.connections
        for packet in packets:
            viewer.data_received(packet)
        said = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert said.count(b"HTTP/1.1 200 OK") == answers
        assert said.count(b"Connection: close") == 1
        assert said.rindex(b"HTTP/1.1") < said.index(b"Connection: close")


ASKED = [
    pytest.param(get("/x", "Connection: keep-alive, Upgrade", "Upgrade: websocket", close=False), True, id="a handshake"),
    pytest.param(get("/x", "Connection: Upgrade", "Upgrade: websocket", version="1.0"), False, id="one of HTTP/1.0"),
    pytest.param(get("/x", "Connection: Upgrade", "Upgrade: websocket", method="POST", close=False), False, id="a POST"),
    pytest.param(get("/x", "Connection: Upgrade", "Upgrade: h2c", close=False), False, id="HTTP/2"),
    pytest.param(get("/x", close=False), False, id="an ordinary request"),
]


@pytest.mark.parametrize(("data", "websocket"), ASKED)
async def test_a_websockets_handshake_is_known_as_one(data, websocket):
    async with Proxy(distribution(default=behavior(cache=DISABLED, allowed_methods=ALL_METHODS))) as proxy:
        reader, writer = await proxy.connect()
        writer.write(data)
        await asyncio.wait_for(reader.readuntil(b"no such path"), 5)
        assert proxy.house.origins.asked[0][1].websocket is websocket
        if b"Connection: close" not in data:
            writer.write(get("/y"))
            await asyncio.wait_for(reader.readuntil(b"no such path"), 5)
        writer.close()


async def test_a_body_that_nobody_wanted_is_read_off_and_the_connection_closes():
    async with Proxy() as proxy:
        answer = await proxy.ask(get("/x", "Content-Length: 1000000", method="POST", close=False) + b"x" * 1_000_000)
        assert status_of(answer) == 403


async def test_a_viewer_who_has_its_answer_and_sends_no_more_of_its_body_did_not_leave():
    async with Proxy() as proxy:
        reader, writer = await proxy.connect()
        writer.write(get("/x", "Content-Length: 1000000", method="POST", close=False) + b"x" * 1000)
        assert status_of(await reader.readuntil(b"\r\n\r\n")) == 403
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while proxy.listener.server.connections:
                await asyncio.sleep(0.01)
        assert [exchange.aborted for exchange in proxy.sink.exchanges] == [False]


async def test_a_viewer_who_leaves_ends_an_unstored_passage():
    cancelled = asyncio.Event()

    class Hanging(Origins):
        async def fetch(self, origin, place, request):
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=Hanging()) as proxy:
        _, writer = await proxy.connect()
        writer.write(get())
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.wait_for(cancelled.wait(), 5)
        await asyncio.sleep(0)
        assert proxy.sink.exchanges[0].aborted
        assert proxy.sink.exchanges[0].get("cut") is None


async def test_what_is_in_flight_is_finished_when_the_listener_closes():
    gate = asyncio.Event()

    class Slow(Origins):
        async def fetch(self, origin, place, request):
            await gate.wait()
            return respond()

    async with Proxy(origins=Slow()) as proxy:
        reader, writer = await proxy.connect()
        writer.write(get(close=False))
        idle = await proxy.connect()
        await asyncio.sleep(0.05)
        closing = asyncio.ensure_future(proxy.listener.close(5))
        assert await idle[0].read() == b"", "an idle connection is closed at once"
        gate.set()
        assert status_of(await reader.read()) == 200
        await closing
        writer.close()
        idle[1].close()


async def test_what_does_not_end_is_cut_off_after_the_grace():
    class Hanging(Origins):
        async def fetch(self, origin, place, request):
            await asyncio.Event().wait()

    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=Hanging()) as proxy:
        reader, writer = await proxy.connect()
        writer.write(get())
        await asyncio.sleep(0.05)
        await proxy.listener.close(0.05)
        assert await reader.read() == b""
        writer.close()


async def test_an_origin_that_is_down_is_a_page_and_keeps_the_connection():
    origins = Origins(x=OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError"), y=respond())
    async with Proxy(origins=origins) as proxy:
        answer = await proxy.ask(get("/x", close=False) + get("/y"))
        assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert b"HTTP/1.1 200 OK" in answer


async def test_a_chunked_request_body_is_passed_on():
    received = []

    class Reading(Origins):
        async def fetch(self, origin, place, request):
            received.append((request.body.length, b"".join([chunk async for chunk in request.body.chunks()])))
            return respond()

    async with Proxy(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Reading()) as proxy:
        data = get("/x", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n0\r\n\r\n"
        assert status_of(await proxy.ask(data)) == 200
        assert received == [(None, b"abc")]


async def test_a_compressed_request_body_is_passed_on_as_it_is():
    received = []

    class Reading(Origins):
        async def fetch(self, origin, place, request):
            received.append(b"".join([chunk async for chunk in request.body.chunks()]))
            return respond()

    packed = gzip.compress(b"plain")
    async with Proxy(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Reading()) as proxy:
        head = get("/x", "Content-Encoding: gzip", f"Content-Length: {len(packed)}", method="POST")
        assert status_of(await proxy.ask(head + packed)) == 200
        assert received == [packed]


async def test_headers_that_change_between_requests_are_seen():
    default = behavior(cache=DISABLED, origin_request_policy=OriginRequestPolicy("all", Selection("allViewer")))
    async with Proxy(distribution(default=default)) as proxy:
        await proxy.ask(get("/1", "X-A: 1", close=False) + get("/2", "X-A: 1", close=False) + get("/3", "X-A: 2"))
        assert [request.headers.get("x-a") for _, request in proxy.house.origins.asked] == ["1", "1", "2"]


async def test_a_request_body_that_stands_still_is_cut_off(monkeypatch):
    class Reading(Origins):
        async def fetch(self, origin, place, request):
            return respond(200, b"".join([chunk async for chunk in request.body.chunks()]))

    monkeypatch.setattr(unread, "STALLED_SECONDS", 0.05)
    async with Proxy(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Reading()) as proxy:
        reader, writer = await proxy.connect()
        writer.write(get("/x", "Content-Length: 100", method="POST", close=False) + b"half of it")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()
        assert proxy.sink.exchanges[0].get("error") == "the viewer sent nothing of its body for 0.05 s: cut off"


async def test_a_head_that_drips_is_closed_when_a_silent_connection_is(monkeypatch):
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.3)
    async with Proxy(origins=Origins(x=respond())) as proxy:
        loop = asyncio.get_running_loop()
        reader, writer = await proxy.connect()
        started, closed = loop.time(), asyncio.ensure_future(reader.read())
        for byte in get("/x", "X: " + "a" * 1000):
            writer.write(bytes([byte]))
            await asyncio.wait([closed], timeout=0.02)
            if closed.done():
                break
        assert closed.done()
        assert closed.exception() is not None or closed.result() == b""
        assert loop.time() - started < 5
        writer.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_a_viewer_pipelines_without_reading_is_bounded(method):
    """Neither the requests that wait nor the answers that nobody takes pile up."""
    async with Proxy(origins=answering(1)) as proxy:
        await proxy.ask(get("/x"))
        _, writer = await proxy.connect()
        writer.transport.pause_reading()
        connection = await connected(proxy)
        writer.write(get("/x", method=method, close=False) * 20_000)
        seen = None
        while seen != (now := (writer.transport.get_write_buffer_size(), len(proxy.sink.exchanges))):
            seen = now
            await asyncio.sleep(0.1)
            assert len(connection._messages) <= 64
            assert connection.transport.get_write_buffer_size() < BLOCK
        assert 1 < len(proxy.sink.exchanges) < 20_000
        writer.transport.abort()
        connection.force_close()


async def test_what_a_viewer_sends_while_its_answer_is_pending_is_bounded():
    class Hanging(Origins):
        async def fetch(self, origin, place, request):
            await asyncio.Event().wait()

    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=Hanging()) as proxy:
        _, writer = await proxy.connect()
        connection = await connected(proxy)
        writer.write(get("/x", close=False) + get("/y", "X: " + "y" * 1000, close=False) * 50_000)
        seen = None
        while seen != (now := writer.transport.get_write_buffer_size()):
            seen = now
            await asyncio.sleep(0.1)
        assert now > 0, "the viewer is held back"
        assert len(connection._messages) <= 64
        assert not connection.transport.is_reading()
        writer.transport.abort()
        connection._passing.cancel()


# --- who asks ---

TOLD = (
    "CloudFront-Viewer-Country", "CloudFront-Viewer-Header-Order", "CloudFront-Viewer-Header-Count", "CloudFront-Viewer-Address",
    "CloudFront-Viewer-TLS",
)  # fmt: skip


def telling():
    """A proxy whose origin answers with what it is told of the viewer."""

    def told(request):
        return respond(200, "|".join(request.headers.get(name.lower()) or "" for name in TOLD).encode())

    named = OriginRequestPolicy("O", Selection("whitelist", TOLD))
    site = distribution(default=behavior(cache=DISABLED, origin_request_policy=named))
    return Proxy(site, origins=Origins(x=told))


async def test_the_origin_is_told_of_the_connection_and_of_its_headers_as_received():
    async with telling() as proxy:
        reader, writer = await proxy.connect()
        writer.write(get("/x", "b: 1", "A: 2"))
        body = (await asyncio.wait_for(reader.read(), 5)).rpartition(b"\r\n\r\n")[2].decode()
        port = writer.get_extra_info("sockname")[1]
        writer.close()
    assert body == f"|Host:b:A:Connection|4|127.0.0.1:{port}|TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake"


async def test_on_one_connection_the_next_request_has_its_own_headers_and_what_is_given_by_then():
    async with telling() as proxy:
        viewer = proxy.listener.server.viewer
        reader, writer = await proxy.connect()

        async def ask(*lines, close=False):
            writer.write(get("/x", *lines, close=close))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return (await reader.readexactly(length)).decode().split("|")[:3]

        assert await ask() == ["", "Host", "1"]
        viewer.change({"country": "DE"})
        assert await ask() == ["DE", "Host", "1"]
        assert await ask("A: 1") == ["DE", "Host:A", "2"]
        viewer.change({"country": "FR"})
        assert await ask("A: 1") == ["FR", "Host:A", "2"]
        viewer.reset()
        assert await ask("A: 1", close=True) == ["", "Host:A:Connection", "3"]
        writer.close()


async def test_requests_with_the_same_headers_share_one_viewer():
    async with telling() as proxy:
        connection = proxy.listener.server()
        raw = ((b"Host", b"localhost"),)
        first = connection._viewer(raw)
        assert connection._viewer(((b"Host", b"localhost"),)) is first
        proxy.listener.server.viewer.change({"country": "DE"})
        assert connection._viewer(raw).given == {"cloudfront-viewer-country": "DE"}
        assert connection._viewer(((b"Host", b"other"),)).headers.get("host") == "other"
        connection.tls = "TLSv1.3:TLS_AES_128_GCM_SHA256:connectionReused"
        assert connection._viewer(((b"Host", b"other"),)).tls == connection.tls


async def test_a_viewer_who_takes_nothing_does_not_outlive_the_grace_of_a_stop():
    async with Proxy(distribution(default=behavior(cache=DISABLED)), origins=answering(30 * BLOCK)) as proxy:
        reader, writer = await proxy.connect()
        writer.write(get("/streamed", close=False))
        await reader.readexactly(BLOCK)
        writer.transport.pause_reading()
        transport = next(iter(proxy.listener.server.connections)).transport
        await proxy.listener.close(0.05)
        assert transport.get_write_buffer_size() == 0, "it would be kept for the viewer"
        assert proxy.sink.exchanges[0].get("cut") == "cut off: the proxy stops"
        writer.close()


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 is not spoken here", id="HTTP/2"),
        pytest.param(
            b"\x16\x03\x01\x02\x00\x01\x00", "HTTPS is not spoken on this port: --https-port gives it one", id="HTTPS"
        ),
    ],
)
async def test_another_protocol_is_refused_by_its_name(data, cause):
    async with Proxy() as proxy:
        assert status_of(await proxy.ask(data)) == 400
        assert proxy.sink.exchanges[0].get("error") == cause
