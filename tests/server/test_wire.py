"""An answer as its bytes leave: which headers, in which order."""

import asyncio
import re

import pytest
from kit import House, Origins, behavior, distribution, respond

from edgeproxy.messages import Headers, Response, Stream
from edgeproxy.model import CustomErrorResponse, PolicyHeader, ResponseHeadersPolicy, ServerTiming
from edgeproxy.server.listener import listen
from edgeproxy.server.viewer_server import ViewerServer

THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
FROM_ORIGIN = (("Server", "nginx"), ("Date", THEN), ("Content-Type", "text/html"), ("ETag", '"e"'), ("X-Mine", "1"))
OWN = ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"]


class Nobody:
    def accept(self, exchange):
        return


class Head:
    """One answer's head: `names` in order of the wire."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.start, *lines = head.decode("latin-1").split("\r\n")
        self.lines = [tuple(line.split(": ", 1)) for line in lines]
        self.names = [name for name, _ in self.lines]

    def __getitem__(self, name):
        return [value for each, value in self.lines if each == name]


async def asked(house, *requests, scheme="https"):
    """What viewers get, each on a connection of its own."""
    listener = await listen(ViewerServer(house.snapshot, house.ports, Nobody(), scheme), "127.0.0.1", 0)
    heads = []
    for request in requests:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(request)
        heads.append(Head(await asyncio.wait_for(reader.read(), 5)))
        writer.close()
    await listener.close(1)
    await house.collapse.close()
    return heads


def get(path="/x", *lines, method="GET"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]).encode()


def answering(*headers, body=b"hello", policy=None, stream=False, **parts):
    site = distribution(default=behavior(response_headers_policy=policy), **parts)
    return House(site, origins=Origins(x=respond(200, body, *headers, stream=stream)))


POLICY = ResponseHeadersPolicy(
    "p",
    security=(PolicyHeader("X-Frame-Options", "DENY", True),),
    custom_headers=(PolicyHeader("X-P", "1", False),),
    server_timing=ServerTiming(True, 100),
)


@pytest.mark.parametrize(
    ("policy", "behind"),
    [
        pytest.param(None, [], id="without a policy"),
        pytest.param(POLICY, ["X-Frame-Options", "X-P", "Server-Timing"], id="with one, whose headers stand last"),
    ],
)
async def test_the_origins_headers_then_cloudfronts_then_the_policys(policy, behind):
    house = answering(*FROM_ORIGIN, policy=policy)
    miss, hit, not_modified, head = await asked(house, get(), get(), get("/x", 'If-None-Match: "e"'), get(method="HEAD"))
    framing = ["Content-Type", "Content-Length", "Connection"]
    origins = ["Server", "Date", "ETag", "X-Mine"]
    assert miss.names == [*framing, *origins, *OWN, *behind]
    assert hit.names == head.names == [*framing, *origins, *OWN, "Age", *behind]
    assert not_modified.names == ["Connection", *origins, *OWN, "Age", *behind]
    assert (not_modified.start, not_modified.body, head.body) == ("HTTP/1.1 304 Not Modified", b"", b"")
    assert [each["Date"] for each in (miss, hit, not_modified, head)] == [[THEN]] * 4
    assert [each["Server"] for each in (miss, hit)] == [["nginx"]] * 2


async def test_a_date_is_added_where_the_origin_sent_none_and_no_server():
    (miss,) = await asked(answering(), get())
    assert (miss["Date"], miss["Server"]) == (["Mon, 12 Jan 1970 13:46:40 GMT"], [])


async def test_a_policy_that_removes_server_and_date_yields_cloudfronts_own():
    house = answering(*FROM_ORIGIN, policy=ResponseHeadersPolicy("p", remove_headers=("Server", "date")))
    await house.get("/x")
    house.clock.time += 10
    (hit,) = await asked(house, get())
    assert (hit["Server"], hit["Date"]) == (["CloudFront"], ["Mon, 12 Jan 1970 13:46:50 GMT"])
    assert hit["Age"] == ["10"]


async def test_framing_is_cloudfronts_own():
    hop_by_hop = (
        ("Connection", "close, X-Mine"),
        ("Keep-Alive", "timeout=5"),
        ("Transfer-Encoding", "chunked"),
        ("Trailer", "X"),
    )
    house = answering(*hop_by_hop, stream=True)
    miss, hit, head = await asked(house, get(), get(), get(method="HEAD"))
    assert (hit["Transfer-Encoding"], hit["Content-Length"], head["Content-Length"]) == ([], ["5"], ["5"])
    for each in (miss, hit, head):
        assert each["Connection"] == ["close"]
        assert not {"Keep-Alive", "Trailer"} & set(each.names)


async def test_two_layers_of_cloudfront_show_two_via_and_two_edge_locations():
    inner = (
        ("Via", "1.1 inner.cloudfront.net (CloudFront)"),
        ("X-Amz-Cf-Pop", "IAD79-C3"),
        ("X-Amz-Cf-Id", "theirs"),
        ("X-Cache", "Hit from cloudfront"),
    )
    for seen in await asked(answering(*inner), get(), get()):
        assert len(seen["Via"]) == 2
        assert seen["Via"][0] == "1.1 inner.cloudfront.net (CloudFront)"
        assert re.fullmatch(r"1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)", seen["Via"][1])
        assert seen["X-Amz-Cf-Pop"] == ["IAD79-C3", "LOC1-C1"]
        assert (len(seen["X-Amz-Cf-Id"]), len(seen["X-Cache"])) == (1, 1)
        assert seen["X-Amz-Cf-Id"] != ["theirs"]


@pytest.mark.parametrize(("code", "connection"), [(404, "keep-alive"), (500, "close")])
async def test_the_connection_behind_a_custom_error_page(code, connection):
    errors = (CustomErrorResponse(code, "/page", 200),)
    origins = Origins(x=respond(code), page=respond(200, b"page"))
    house = House(distribution(custom_error_responses=errors), origins=origins)
    first = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    (seen,) = await asked(house, first + get("/page"))
    assert seen["Connection"] == [connection]
    assert seen.body.startswith(b"page")
    assert seen.body.count(b"HTTP/1.1 200") == (1 if connection == "keep-alive" else 0), "the next request on it"


async def test_head_of_a_custom_error_page_has_its_length_and_no_body():
    house = House(
        distribution(custom_error_responses=(CustomErrorResponse(404, "/page", 200),)),
        origins=Origins(page=lambda request: respond(200, b"page")),
    )
    for seen in await asked(house, get(method="HEAD"), get(method="HEAD")):
        assert (seen.start, seen["Content-Length"], seen.body) == ("HTTP/1.1 200 OK", ["4"], b"")


async def test_the_head_of_cloudfronts_own_error_page():
    (seen,) = await asked(House(), get(method="POST"))
    assert seen.names == ["Server", "Date", "Content-Type", "Content-Length", "Connection", *OWN]
    assert (seen["Server"], seen["Content-Type"], seen["Content-Length"]) == (["CloudFront"], ["text/html"], ["1053"])


async def test_cf_1_the_head_of_the_redirect_to_https():
    """CF-1"""
    house = House(distribution(default=behavior(viewer_protocol_policy="redirect-to-https")))
    (seen,) = await asked(house, get("/x?a=1"), scheme="http")
    assert (seen.start, len(seen.body)) == ("HTTP/1.1 301 Moved Permanently", 167)
    assert seen.names == ["Server", "Date", "Content-Type", "Content-Length", "Connection", "Location", *OWN]
    assert seen["X-Cache"] == ["Redirect from cloudfront"]


async def test_a_stream_is_framed_by_its_length_where_it_has_one():
    async def content():
        yield b"hello"

    house = House(
        distribution(default=behavior()),
        origins=Origins(x=lambda request: Response(200, Headers([("Content-Length", "5")]), Stream(content(), 5))),
    )
    (seen,) = await asked(house, get())
    assert (seen["Content-Length"], seen["Transfer-Encoding"], seen.body) == (["5"], [], b"hello")
