"""Compression on the way of a request: done once, stored, and sent to whoever shares the object."""

import asyncio
import gzip
import json

import brotli
import pytest
from kit import ALL_METHODS, House, Origins, PythonHandler, behavior, chunks_of, distribution, policy, respond

from edgeproxy.inspector import story
from edgeproxy.messages import EMPTY, BodyBroken, Bytes, Headers, Response, Stream
from edgeproxy.model import CustomErrorResponse, ForwardedValues
from edgeproxy.served import Answer

TEXT = b"".join(b"<p>%d of a page that repeats itself</p>\n" % number for number in range(200))[:5000]
LARGE = b"".join(b"<p>%d of a page that repeats itself</p>\n" % number for number in range(10_000))[:300_000]
HTML = ("Content-Type", "text/html")
ETAG = ("ETag", '"e"')
BOTH = ("Accept-Encoding", "gzip, deflate, br")
GZIP = ("Accept-Encoding", "gzip")
COMPRESSING = policy(0, 60, 600, gzip=True, brotli=True)


def house(origin, cache=COMPRESSING, code=(), cache_size=1 << 20, errors=(), **parts):
    site = distribution(default=behavior(cache=cache, compress=True, **parts), custom_error_responses=errors)
    return House(site, origins=Origins(x=origin), code=code, cache_size=cache_size)


def large(*headers, body=LARGE, length=None):
    """An origin whose answer arrives in pieces."""
    stated = length or len(body)
    items = Headers([HTML, ETAG, *headers, ("Content-Length", str(stated))])
    return lambda request: Response(200, items, Stream(chunks_of(body), stated))


def plain(answer):
    return {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[answer["Content-Encoding"]](answer.body)


async def settled():
    """Long enough for a thread to have coded what it was given."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("origin", [respond(200, TEXT, HTML, ETAG), large(body=TEXT)], ids=["all there", "arriving"])
async def test_cf_35_a_text_is_compressed_once_and_stored_so(origin):
    """CF-35"""
    site = house(origin)
    first = await site.get("/x", BOTH)
    assert site.exchange.get("compressed") == "br: text/html, 5,000 bytes"
    await settled()
    second = await site.get("/x", BOTH)
    assert (first.x_cache, second.x_cache) == ("Miss", "Hit")
    for answer in (first, second):
        assert (answer["Content-Encoding"], answer["ETag"], answer["Vary"]) == ("br", 'W/"e"', "Accept-Encoding")
        assert answer["Content-Length"] is None, "the origin's own: what is sent is written with the head"
        assert brotli.decompress(answer.body) == TEXT
    assert [request.headers.get("accept-encoding") for _, request in site.origins.asked] == ["br,gzip"]
    assert first.body == second.body


async def test_cf_35_viewers_who_accept_other_codings_have_objects_of_their_own():
    """CF-35"""
    site = house(respond(200, TEXT, HTML, ETAG))
    seen = []
    for headers in ([BOTH], [GZIP], [("Accept-Encoding", "br")], [("Accept-Encoding", "deflate")], []):
        answer = await site.get("/x", *headers)
        await settled()
        again = await site.get("/x", *headers)
        assert again["Content-Encoding"] == answer["Content-Encoding"]
        assert plain(answer) == plain(again) == TEXT
        seen.append((answer["Content-Encoding"], answer.x_cache, again.x_cache, answer["ETag"], answer["Vary"]))
    assert seen == [
        ("br", "Miss", "Hit", 'W/"e"', "Accept-Encoding"),
        ("gzip", "Miss", "Hit", 'W/"e"', "Accept-Encoding"),
        ("br", "Miss", "Hit", 'W/"e"', "Accept-Encoding"),
        (None, "Miss", "Hit", '"e"', "Accept-Encoding"),
        (None, "Hit", "Hit", '"e"', "Accept-Encoding"),
    ], "CF-40 whoever accepts neither shares the object of whoever says nothing"


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        pytest.param(respond(200, TEXT[:999], HTML, ETAG), "999 bytes are not between", id="CF-36 999 bytes"),
        pytest.param(respond(200, TEXT, HTML, ETAG, stream=True), "no valid Content-Length", id="CF-37 chunked"),
        pytest.param(
            lambda request: Response(200, Headers([HTML, ETAG]), Bytes(TEXT)), "no valid Content-Length",
            id="CF-37 chunked, in one piece",
        ),
        pytest.param(respond(200, TEXT, ("Content-Type", "font/woff2"), ETAG), "font/woff2 is not in", id="CF-38 font/woff2"),
        pytest.param(
            respond(200, TEXT, HTML, ETAG, ("Content-Encoding", "identity")), "Content-Encoding: identity",
            id="CF-38 Content-Encoding: identity",
        ),
        pytest.param(respond(500, TEXT, HTML, ETAG), "not 500", id="CF-39 status 500"),
        pytest.param(respond(200, TEXT, HTML, ETAG, ("Cache-Control", "max-age=0")), "expires at once", id="a TTL of 0"),
        pytest.param(respond(404, TEXT, HTML, ETAG, ("Cache-Control", "no-store")), "not stored", id="not stored"),
        pytest.param(respond(403, TEXT, HTML, ETAG), "not stored", id="a 403 that is not stored"),
        pytest.param(respond(206, TEXT, HTML, ETAG, ("Content-Range", "bytes 0-4999/9999")), "not stored", id="a part"),
    ],
)  # fmt: skip
async def test_what_is_sent_as_it_is(origin, reason):
    site = house(origin)
    answer = await site.get("/x", BOTH)
    assert (answer.body[:999], answer["ETag"], answer["Vary"]) == (TEXT[:999], '"e"', None)
    assert reason in site.exchange.get("not compressed")
    assert site.exchange.get("compressed") is None


@pytest.mark.parametrize(("status", "more"), [(404, ()), (403, (("Cache-Control", "max-age=60"),))])
async def test_cf_39_an_error_that_is_stored_is_compressed(status, more):
    """CF-39"""
    site = house(respond(status, TEXT, HTML, *more))
    first = await site.get("/x", BOTH)
    await settled()
    second = await site.get("/x", BOTH)
    assert [(answer.status, answer.x_cache, plain(answer)) for answer in (first, second)] == [(status, "Error", TEXT)] * 2
    assert second["Content-Encoding"] == "br"


@pytest.mark.parametrize(
    ("declared", "method", "version"),
    [
        pytest.param({"compress": False}, "GET", "1.1", id="a behavior without Compress"),
        pytest.param({"cache": policy(0, 0, 0)}, "GET", "1.1", id="caching disabled"),
        pytest.param({"cache": policy()}, "GET", "1.1", id="a cache policy without gzip and br"),
        pytest.param({"allowed_methods": ALL_METHODS}, "POST", "1.1", id="POST"),
        pytest.param({}, "GET", "1.0", id="an HTTP/1.0 viewer"),
    ],
)
async def test_where_nothing_is_compressed(declared, method, version):
    default = behavior(**{"cache": COMPRESSING, "compress": True, **declared})
    site = House(distribution(default=default), origins=Origins(x=respond(200, TEXT, HTML, ETAG)))
    answer = await site.send(method, "/x", BOTH, version=version)
    assert (answer.body, answer["Content-Encoding"]) == (TEXT, None)


async def test_legacy_settings_compress_with_gzip_alone():
    site = house(respond(200, TEXT, HTML), cache=ForwardedValues())
    answer = await site.get("/x", BOTH)
    assert (answer["Content-Encoding"], plain(answer)) == ("gzip", TEXT)
    assert site.origins.asked[0][1].headers.get("accept-encoding") == "gzip"


async def test_what_is_charged_to_the_cache_is_the_compressed_object():
    site = house(large())
    answer = await site.get("/x", BOTH)
    await settled()
    assert plain(answer) == LARGE
    entry = site.ports.cache.get(site.exchange.get("key"))
    assert entry.response.body.length == len(answer.body) < 60_000
    assert site.ports.cache.bytes == entry.size < len(answer.body) + 4000


async def test_what_the_cache_has_no_room_for_is_not_compressed():
    site = house(large(), cache_size=200_000)
    assert (await site.get("/x", BOTH)).body == LARGE
    assert site.exchange.get("not compressed") == "what is not stored is not compressed"
    assert site.ports.cache.bytes == 0


async def test_viewers_who_wait_share_the_compressed_answer():
    gate = asyncio.Event()

    async def slow():
        await gate.wait()
        async for chunk in chunks_of(LARGE):
            yield chunk

    headers = Headers([HTML, ("Content-Length", str(len(LARGE)))])
    site = house(lambda request: Response(200, headers, Stream(slow(), len(LARGE))))
    viewers = [asyncio.ensure_future(site.get("/x", BOTH)) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*viewers)
    assert sorted(answer.x_cache for answer in answers) == ["Hit"] * 4 + ["Miss"]
    assert {answer["Content-Encoding"] for answer in answers} == {"br"}
    assert {plain(answer) for answer in answers} == {LARGE}
    assert len(site.origins.asked) == 1


async def test_a_range_of_a_stored_object_means_bytes_of_its_compressed_form():
    site = house(respond(200, TEXT, HTML, ETAG))
    whole = await site.get("/x", GZIP)
    await settled()
    part = await site.get("/x", GZIP, ("Range", "bytes=10-19"))
    assert (part.status, part.body, part["Content-Length"]) == (206, whole.body[10:20], "10")
    assert part["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
    assert (part["Content-Encoding"], part["ETag"]) == ("gzip", 'W/"e"')


async def test_a_weak_etag_matches_no_if_range():
    site = house(respond(200, TEXT, HTML, ETAG))
    await site.get("/x", GZIP)
    await settled()
    answer = await site.get("/x", GZIP, ("Range", "bytes=0-9"), ("If-Range", 'W/"e"'))
    assert (answer.status, plain(answer)) == (200, TEXT)


async def test_head_of_a_stored_object_has_its_length_and_a_cold_one_that_of_the_origin():
    site = house(respond(200, TEXT, HTML, ETAG))
    cold = await site.passage("HEAD", "/x", BOTH).run()
    assert (cold.headers.get("content-length"), cold.headers.get("content-encoding")) == ("5000", None)
    stored = await site.get("/x", BOTH)
    await settled()
    head = await site.passage("HEAD", "/x", BOTH).run()
    assert (head.x_cache, head.body.length, head.headers.get("content-encoding")) == ("Hit", len(stored.body), "br")


@pytest.mark.parametrize("tag", ['"e"', 'W/"e"'])
async def test_a_viewers_own_copy_holds_whether_its_tag_is_weak_or_strong(tag):
    site = house(respond(200, TEXT, HTML, ETAG))
    await site.get("/x", BOTH)
    await settled()
    answer = await site.get("/x", BOTH, ("If-None-Match", tag))
    assert (answer.status, answer.body, answer["ETag"], answer["Vary"]) == (304, b"", 'W/"e"', "Accept-Encoding")


async def test_a_304_leaves_the_object_compressed_and_compresses_nothing():
    answers = iter([
        respond(200, TEXT, HTML, ETAG, ("Vary", "Cookie")),
        Response(304, Headers([ETAG, ("Vary", "Cookie")])),
        respond(200, TEXT, HTML, ("ETag", '"f"')),
    ])  # fmt: skip
    site = house(lambda request: next(answers))
    await site.get("/x", BOTH)
    await settled()
    site.clock.time += 61
    refreshed = await site.get("/x", BOTH)
    assert (refreshed.x_cache, plain(refreshed)) == ("RefreshHit", TEXT)
    assert (refreshed["ETag"], refreshed["Vary"], refreshed["Content-Encoding"]) == ('W/"e"', "Cookie, Accept-Encoding", "br")
    assert site.origins.asked[1][1].headers.get("if-none-match") == 'W/"e"'
    assert site.exchange.get("compressed") == "br: text/html, 5,000 bytes"
    assert (await site.get("/x", BOTH)).x_cache == "Hit"
    site.clock.time += 61
    replaced = await site.get("/x", BOTH)
    assert (replaced.x_cache, replaced["ETag"], plain(replaced)) == ("Miss", 'W/"f"', TEXT)


async def test_what_was_stored_uncompressed_stays_so_after_a_304():
    answers = iter([respond(200, TEXT, ETAG), Response(304, Headers([ETAG, HTML]))])
    site = house(lambda request: next(answers))
    await site.get("/x", BOTH)
    await settled()
    site.clock.time += 61
    answer = await site.get("/x", BOTH)
    assert (answer.x_cache, answer.body, answer["Content-Encoding"]) == ("RefreshHit", TEXT, None)


async def test_what_breaks_off_breaks_off_for_the_viewer_and_is_not_stored():
    async def broken():
        yield LARGE[:150_000]
        raise BodyBroken("the origin closed")

    headers = Headers([HTML, ("Content-Length", str(len(LARGE)))])
    site = house(lambda request: Response(200, headers, Stream(broken(), len(LARGE))))
    answer = await site.passage("GET", "/x", BOTH).run()
    with pytest.raises(BodyBroken, match="the origin closed"):
        [chunk async for chunk in answer.body.chunks()]
    await settled()
    assert site.ports.cache.get(site.exchange.get("key")) is None
    assert site.ports.cache.bytes == 0


async def test_a_hit_is_still_driven_by_a_single_send():
    site = house(large())
    await site.get("/x", BOTH)
    await settled()
    with pytest.raises(StopIteration) as end:
        site.passage("GET", "/x", BOTH).run().send(None)
    assert (end.value.value.x_cache, isinstance(end.value.value.body, Bytes)) == ("Hit", True)


def handler(name, answer):
    return PythonHandler(name, lambda event: json.dumps(answer(json.loads(event)["Records"][0]["cf"])).encode())


async def test_what_a_handler_makes_at_origin_request_is_compressed_by_the_same_rules():
    html = {"content-type": [{"value": "text/html"}]}
    made = handler("made", lambda cf: {"status": "200", "headers": html, "body": TEXT.decode()})
    site = house(respond(), code=[made], lambdas={"origin-request": made})
    first = await site.get("/x", BOTH)
    await settled()
    second = await site.get("/x", BOTH)
    assert [(answer.x_cache, answer["Content-Encoding"], plain(answer)) for answer in (first, second)] == [
        ("Miss", "br", TEXT), ("Hit", "br", TEXT),
    ]  # fmt: skip
    assert len(made.events) == 1


async def test_the_origins_answer_is_compressed_as_origin_response_left_it():
    def change(cf):
        assert "content-encoding" not in cf["response"]["headers"]
        return {**cf["response"], "body": TEXT.decode()}

    changed = handler("changed", change)
    site = house(respond(200, b"short", HTML), code=[changed], lambdas={"origin-response": changed})
    answer = await site.get("/x", BOTH)
    assert (answer["Content-Encoding"], plain(answer)) == ("br", TEXT)


async def test_origin_response_sees_the_compressed_object_s_headers_at_viewer_response_alone():
    seen = []

    def look(cf):
        seen.append(cf["response"]["headers"].get("content-encoding"))
        return cf["response"]

    at_origin, at_viewer = handler("origin", look), handler("viewer", look)
    lambdas = {"origin-response": at_origin, "viewer-response": at_viewer}
    site = house(respond(200, TEXT, HTML), code=lambdas.values(), lambdas=lambdas)
    await site.get("/x", BOTH)
    assert seen == [None, [{"key": "Content-Encoding", "value": "br"}]]


async def test_a_custom_error_page_is_compressed_for_the_viewer_who_gets_it():
    errors = [CustomErrorResponse(404, "/x", 200)]
    site = house(respond(200, TEXT, HTML), errors=errors)
    answer = await site.get("/gone", BOTH)
    assert (answer.status, answer.x_cache, answer["Content-Encoding"], plain(answer)) == (200, "Error", "br", TEXT)


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        pytest.param(respond(200, TEXT, HTML), ("br: text/html, 5,000 bytes", None), id="compressed"),
        pytest.param(respond(200, TEXT), (None, "it has no Content-Type"), id="not compressed"),
    ],
)
async def test_a_hit_tells_what_was_done_when_it_was_stored(origin, told):
    site = house(origin)
    for x_cache in ("Miss", "Hit"):
        passage = site.passage("GET", "/x", BOTH)
        answer = await passage.run()
        await settled()
        assert answer.x_cache == x_cache
        found = story.tell(story.Told(passage.request, site.exchange, answer, 1, True, passage.distribution, passage.plan))
        assert (found["compressed"], found["not_compressed"]) == told


def test_a_story_of_a_behavior_that_does_not_compress_says_nothing_of_it():
    site = House()
    passage = site.passage()
    answer = Answer(200, "", Headers(), (), EMPTY, "Miss")
    found = story.tell(story.Told(passage.request, site.exchange, answer, 0, True))
    assert (found["compressed"], found["not_compressed"]) == (None, None)
