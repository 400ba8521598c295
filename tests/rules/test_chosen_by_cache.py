import asyncio

import pytest
from kit import policy, respond
from kit_chosen import ask, get, one, site, touched

from edgeproxy.model import CustomErrorResponse

ETAG = ("ETag", '"1"')
SHORT = ("Cache-Control", "max-age=1")
FOREVER = {"cache": policy(minimum=0, default=60, maximum=10**6)}


def cached(value):
    return ("Cache-Control", value)


LIVES = [
    pytest.param([respond(200, b"x", ("Expires", "0"))], [get()], ["invalid-expires"], id="an Expires that is no date"),
    pytest.param([respond(200, b"x", ("Expires", "Sat, 01 Jan 2050 00:00:00 GMT"))], [get()], [], id="an Expires that is one"),
    pytest.param([respond(200, b"x", cached("max-age=5, max-age=9"))], [get()], ["ages-malformed"], id="an age twice"),
    pytest.param(
        [respond(200, b"x", cached("max-age=abc"))], [get(), get()], ["ages-malformed"], id="a Hit of a malformed age"
    ),
    pytest.param([respond(200, b"x", cached('max-age="5"'))], [get()], ["ages-malformed"], id="an age in quotes"),
    pytest.param([respond(200, b"x", cached("max-age=5, s-maxage=9"))], [get()], [], id="two kinds of age"),
    pytest.param(
        [respond(200, b"x", cached('private="X-A"'))], [get()], ["fields-of-no-cache-and-private"], id="private fields"
    ),
    pytest.param(
        [respond(200, b"x", cached('no-cache="X-A"'))], [get()], ["fields-of-no-cache-and-private"], id="no-cache fields"
    ),
    pytest.param([respond(200, b"x", cached('no-cache="Set-Cookie"'))], [get()], [], id="the field that AWS names"),
    pytest.param([respond(200, b"x", ("Age", "5"))], [get()], ["origin-age"], id="the origin's Age"),
    pytest.param([respond(401)], [get()], ["errors-in-neither-list"], id="a 401"),
    pytest.param([respond(429)], [get()], ["errors-in-neither-list"], id="a 429"),
    pytest.param([respond(404)], [get()], [], id="a 404"),
    pytest.param([respond(416)], [get()], [], id="a 416, which is never cached"),
    pytest.param([respond(403)], [get()], ["bare-403"], id="a bare 403"),
    pytest.param([respond(403, b"x", cached("max-age=5"))], [get()], [], id="a 403 with an age"),
    pytest.param([respond(201)], [get()], ["cached-2xx-and-3xx"], id="a 201 is stored"),
    pytest.param([respond(302)], [get()], [], id="a 302 is stored"),
    pytest.param([respond()], [ask(method="HEAD")], ["head-on-cold-key"], id="a HEAD on a cold key"),
    pytest.param([respond()], [get(), ask(method="HEAD")], [], id="a HEAD on a warm key"),
]


@pytest.mark.parametrize(("answers", "steps", "ids"), LIVES)
async def test_how_long_an_answer_lives(answers, steps, ids):
    assert await touched(site(*answers), *steps) == ids


STALE = [
    pytest.param([respond(200, b"x", cached("no-store"))], [get(), get()], ["no-store-asked-anew"], id="no-store again"),
    pytest.param([respond(200, b"x", cached("no-store"))], [get()], [], id="no-store once"),
    pytest.param([respond(200, b"x", ("Vary", "*"))], [get(), get()], ["no-store-asked-anew"], id="Vary: * again"),
    pytest.param(
        [respond(200, b"x", ETAG, cached("no-cache")), respond(304, b"")],
        [get(), get()],
        ["no-cache-revalidated"],
        id="no-cache and a 304",
    ),
    pytest.param([respond(200, b"x", ETAG, SHORT), respond(304, b"")], [get(), 2, get()], [], id="an ordinary revalidation"),
    pytest.param(
        [respond(200, b"x", ETAG, SHORT), respond(200, b"y", ("ETag", '"2"'), SHORT)],
        [get(), 2, get(If_None_Match='"0"')],
        ["viewer-conditions-on-revalidation"],
        id="the viewer's conditions give way",
    ),
    pytest.param(
        [respond(200, b"x", SHORT), respond(503)], [get(), 2, get()], ["x-cache-of-stale-answers"], id="the origin fails"
    ),
    pytest.param(
        [respond(200, b"x", SHORT), respond(503)],
        [get(), 2, get(), get()],
        ["x-cache-of-stale-answers"],
        id="and is left alone",
    ),
    pytest.param(
        [respond(200, b"x", cached("max-age=1, stale-while-revalidate=60"))],
        [get(), 2, get()],
        ["x-cache-of-stale-answers"],
        id="stale while it is revalidated",
    ),
    pytest.param(
        [respond(200, b"x", cached("no-cache, stale-while-revalidate=60"))],
        [get(), get()],
        ["stale-while-revalidate-beside-no-cache"],
        id="stale-while-revalidate beside no-cache",
    ),
    pytest.param(
        [respond(200, b"x", cached("max-age=1, must-revalidate")), respond(503)],
        [get(), 2, get()],
        ["x-cache-of-stale-answers", "must-revalidate"],
        id="must-revalidate and a failing origin",
    ),
    pytest.param(
        [respond(200, b"x", SHORT), respond(403)],
        [get(), 2, get()],
        ["bare-403", "uncached-4xx-beside-stale"],
        id="a 403 instead",
    ),
    pytest.param([respond(200, b"x", SHORT), respond(404)], [get(), 2, get()], [], id="a 404 instead, which is stored"),
    pytest.param(
        [respond(412, b"x", cached("max-age=60"))],
        [get(If_Match='"0"')],
        ["failed-condition-not-stored", "unnamed-headers"],
        id="a 412 with an age",
    ),
]


@pytest.mark.parametrize(("answers", "steps", "ids"), STALE)
async def test_what_a_stale_object_is_good_for(answers, steps, ids):
    assert await touched(site(*answers), *steps) == ids


PARTS = [
    pytest.param([get(Range="bytes=0-1")], [], id="one range of a stored object"),
    pytest.param([get(Range="bytes=0-1, 3-4")], ["several-ranges"], id="several ranges"),
    pytest.param([get(Range="bytes=5-1")], [], id="an invalid range"),
    pytest.param([ask("/x", ("Range", "bytes=0-1"), method="HEAD")], ["range-on-head"], id="a range on HEAD"),
    pytest.param([get(Range="bytes=0-1", If_Range='"1"')], ["if-range-on-a-hit"], id="If-Range"),
    pytest.param([get(If_Match='"0"')], ["if-match-on-a-hit"], id="If-Match"),
    pytest.param([get(If_Unmodified_Since="Sat, 01 Jan 2000 00:00:00 GMT")], ["if-match-on-a-hit"], id="If-Unmodified-Since"),
    pytest.param([get(If_None_Match='"1"')], ["headers-of-304-and-416"], id="a 304 from the cache"),
    pytest.param([get(If_None_Match='"2"')], [], id="a condition that does not hold"),
    pytest.param([get(Range="bytes=90-")], ["headers-of-304-and-416"], id="a 416 from the cache"),
]


@pytest.mark.parametrize(("steps", "ids"), PARTS)
async def test_ranges_and_conditions_of_a_stored_object(steps, ids):
    assert await touched(site(respond(200, b"hello", ETAG)), get(), *steps) == ids


PAGE_OF_416 = {"custom_error_responses": (CustomErrorResponse(416, "/index.html", 416),)}


async def test_a_custom_page_for_a_range_that_a_stored_object_cannot_satisfy():
    house = site(respond(200, b"hello", ETAG), distribution_parts=PAGE_OF_416)
    assert await touched(house, get(), get(Range="bytes=90-")) == ["page-of-416"]
    house = site(respond(416, b""), distribution_parts=PAGE_OF_416)
    assert await touched(house, get(Range="bytes=90-")) == []


async def test_a_part_of_the_origin_is_not_stored():
    part = respond(206, b"he", ("Content-Range", "bytes 0-1/5"))
    assert await touched(site(part), get(Range="bytes=0-1")) == ["range-on-a-miss"]


async def test_a_304_and_a_416_of_the_origin_are_its_own():
    assert await touched(site(respond(304, b"")), get(If_None_Match='"1"')) == []
    assert await touched(site(respond(416, b"")), get(Range="bytes=90-")) == []


async def test_who_waited_for_anothers_answer_has_a_hit_of_age_0():
    house = site(respond(200, b"x", stream=True))
    first, second = await asyncio.gather(one(house, get()), one(house, get()))
    assert (first, second) == ([], ["collapsed-age"])
