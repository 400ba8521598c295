"""What becomes of an answer on its last steps: Server-Timing, custom error responses, the order of headers."""

import pytest
from kit import ALL_METHODS, House, Origins, PythonFunction, PythonHandler, behavior, distribution, policy, respond

from edgeproxy.errors import FunctionError, LambdaError, OriginError
from edgeproxy.messages import Upstream
from edgeproxy.model import Cors, CustomErrorResponse, PolicyHeader, ResponseHeadersPolicy, ServerTiming
from edgeproxy.served import Switches

PRAGMA = ("Pragma", "server-timing")
METRICS = ("cdn-cache-hit", "cdn-cache-miss", "cdn-cache-refresh")


def timed(rate=0.0, *, enabled=True, chance=0.5, origins=None, **policy):
    """A house whose only behavior has a policy with Server-Timing."""
    asked = ResponseHeadersPolicy("p", server_timing=ServerTiming(enabled, rate), **policy)
    house = House(distribution(default=behavior(response_headers_policy=asked)), origins=origins or Origins(x=respond()))
    house.ports = house.ports._replace(chance=lambda: chance)
    return house


def answered(*headers, took=None):
    """An origin's answer as its room gives it."""
    return respond(200, b"hello", *headers)._replace(upstream=took or Upstream("app", 0.0, 1.0, 4.0))


def metric(seen):
    return [name for name in METRICS if name in (seen["Server-Timing"] or "").split(",")]


async def test_cf_60_pragma_gets_server_timing_at_sampling_rate_0():
    """CF-60"""
    house = timed(origins=Origins(x=answered()))
    assert (await house.get("/x"))["Server-Timing"] is None
    seen = await house.get("/x", PRAGMA)
    assert metric(seen) == ["cdn-cache-hit"]
    house.clock.time += 61
    seen = await house.get("/x", PRAGMA)
    rid = seen["X-Amz-Cf-Id"]
    assert seen["Server-Timing"] == (
        'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=1,cdn-upstream-fbl;dur=4,'
        f'cdn-cache-miss,cdn-pop;desc="{seen["X-Amz-Cf-Pop"]}",cdn-rid;desc="{rid}",cdn-downstream-fbl;dur=0'
    )


@pytest.mark.parametrize(
    ("policy", "headers", "found"),
    [
        pytest.param({"rate": 60}, (), True, id="sampled"),
        pytest.param({"rate": 40}, (), False, id="not sampled"),
        pytest.param({"rate": 100, "enabled": False}, (PRAGMA,), False, id="not enabled"),
    ],
)
async def test_a_policy_decides_which_answers_have_it(policy, headers, found):
    seen = await timed(**policy).get("/x", *headers)
    assert (seen["Server-Timing"] is not None) is found


async def test_a_request_is_sampled_once():
    chances = iter([0.9, 0.1])
    house = timed(50)
    house.ports = house.ports._replace(chance=lambda: next(chances))
    assert (await house.get("/x"))["Server-Timing"] is None
    assert (await house.get("/x"))["Server-Timing"] is not None
    assert list(chances) == []


async def test_the_origins_own_is_merged_into_one_field_on_a_miss_and_gone_on_a_hit():
    house = timed(100, origins=Origins(x=answered(("Server-Timing", "db;dur=53"))))
    seen = await house.get("/x")
    assert [name for name, _ in seen.headers].count("Server-Timing") == 1
    assert seen["Server-Timing"].endswith(",db;dur=53")
    seen = await house.get("/x")
    assert (seen.x_cache, "db;dur" in seen["Server-Timing"]) == ("Hit", False)
    house.clock.time += 61
    assert (await house.get("/x"))["Server-Timing"].endswith(",db;dur=53")


async def test_the_origins_own_passes_where_no_policy_asks():
    house = timed(0, origins=Origins(x=answered(("Server-Timing", "db;dur=53"))))
    assert [(await house.get("/x"))["Server-Timing"] for _ in range(2)] == ["db;dur=53"] * 2


async def test_a_policy_may_remove_the_origins_and_add_cloudfronts():
    house = timed(100, remove_headers=("server-timing",), origins=Origins(x=answered(("Server-Timing", "db"))))
    assert "db" not in (await house.get("/x"))["Server-Timing"]


async def test_it_stands_behind_the_other_headers_of_the_policy():
    house = timed(100, custom_headers=(PolicyHeader("X-P", "1", True),))
    assert [name for name, _ in (await house.get("/x")).headers][-2:] == ["X-P", "Server-Timing"]


async def test_the_field_of_serve_timing_is_another_one_behind_it():
    house = timed(100)
    passage = house.passage("GET", "/x")
    passage.switches = Switches(timing=True)
    answer = await passage.run()
    first, second = [value for name, value in answer.added if name == "Server-Timing"]
    assert first.startswith("cdn-cache-miss,")
    assert second.startswith("cache;desc=")


async def test_answers_that_no_origin_gave_have_it_too():
    house = timed(100, origins=Origins(x=OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError")))
    assert metric(await house.get("/x")) == ["cdn-cache-miss"]
    assert metric(await house.get("/x")) == ["cdn-cache-hit"], "the failure is remembered"
    assert metric(await house.send("POST", "/x")) == []


async def test_it_counts_the_time_of_viewer_response():
    house = None

    def slow(event):
        house.clock.time += 2
        return '{"statusCode": 200}'

    code = PythonFunction("slow", slow)
    policy = ResponseHeadersPolicy("p", server_timing=ServerTiming(True, 100))
    default = behavior(functions={"viewer-response": code}, response_headers_policy=policy)
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[code])
    seen = await house.get("/x")
    assert seen["Server-Timing"].endswith("cdn-downstream-fbl;dur=2000")


async def test_a_stored_object_does_not_keep_how_long_it_took():
    house = House(origins=Origins(x=answered()))
    await house.get("/x")
    assert house.exchange.get("upstream") == Upstream("app", 0.0, 1.0, 4.0)
    await house.get("/x")
    assert house.exchange.get("upstream") is None
    assert house.ports.cache.get(house.exchange.get("key")).response.upstream is None


# --- custom error responses ---

PAGE = ("index.html", respond(200, b"the app", ("ETag", '"p"'), ("X-Page", "1")))
UNREACHED = OriginError(504, OriginError.ATTEMPT, "too late", "OriginReadError")


def shown(*errors, default=None, behaviors=(), code=(), **answers):
    """A house whose errors are shown as pages; `index.html` is one."""
    site = distribution(*behaviors, default=default or behavior(), custom_error_responses=errors)
    return House(site, origins=Origins(**{PAGE[0]: PAGE[1], **answers}), code=code)


def as_app(code, status=200):
    return CustomErrorResponse(code, "/index.html", status)


TRIGGERS = [
    pytest.param(respond(404), as_app(404), (200, b"the app"), id="1 an error of the origin"),
    pytest.param(respond(500), as_app(500, 503), (503, b"the app"), id="1 and 3 with the status of ResponseCode"),
    pytest.param(UNREACHED, as_app(504), (200, b"the app"), id="1 CloudFront's own 504"),
    pytest.param(respond(404), as_app(403), (404, b"hello"), id="1 another code"),
    pytest.param(respond(302), as_app(404), (302, b"hello"), id="1 a redirect is no error"),
]


@pytest.mark.parametrize(("answer", "error", "expected"), TRIGGERS)
@pytest.mark.parametrize("cache", [policy(), policy(0, 0, 0)], ids=["cached", "not cached"])
async def test_what_a_custom_error_response_takes_the_place_of(answer, error, expected, cache):
    house = shown(error, default=behavior(cache=cache), x=answer)
    for _ in range(2):
        seen = await house.get("/x")
        assert (seen.status, seen.body) == expected
        assert seen.x_cache in (("Miss", "Hit") if expected[0] == 302 else ("Error",))


@pytest.mark.parametrize("error", [FunctionError.execution("no"), FunctionError.throttled("10 ms")])
async def test_1_a_failed_function_keeps_its_own_page(error):
    def fail(event):
        raise error

    code = PythonFunction("f", fail)
    house = shown(as_app(503), default=behavior(functions={"viewer-request": code}), code=[code])
    assert (await house.get("/x")).status == 503
    assert house.origins.asked == []


async def test_1_capacity_errors_of_handlers_keep_their_own_page():
    def throttle(event):
        raise LambdaError.throttled("busy")

    code = PythonHandler("f", throttle)
    house = shown(as_app(503), default=behavior(lambdas={"origin-request": code}), code=[code])
    seen = await house.get("/x")
    assert (seen.status, seen.x_cache) == (503, "LambdaLimitExceeded")


@pytest.mark.parametrize("method", ["POST", "DELETE", "INVENTED"])
async def test_1_a_method_that_is_not_allowed_gets_the_page_of_a_403_past_the_function_that_guards(method):
    def refuse(event):
        return '{"statusCode": 401}'

    guard = PythonFunction("guard", refuse)
    house = shown(as_app(403), default=behavior(functions={"viewer-request": guard}), code=[guard])
    seen = await house.send(method, "/private", body=b"")
    assert (seen.status, seen.x_cache, seen.body) == (200, "Error", b"the app")
    assert guard.runs == 0
    assert (await house.get("/private")).status == 401, "what is allowed is guarded"


async def test_2_the_page_is_asked_for_with_get_through_the_first_behavior_that_matches_it():
    pages = behavior("/index*", "other", cache=policy(default=5))
    default = behavior(cache=policy(0, 0, 0), allowed_methods=ALL_METHODS)
    house = shown(as_app(404), default=default, behaviors=[pages], x=respond(404))
    assert (await house.send("POST", "/x?q=1", ("Range", "bytes=0-1"), body=b"form")).body == b"the app"
    (first, posted), (second, fetched) = house.origins.asked
    assert (first, posted.method, second, fetched.method, fetched.target) == ("app", "POST", "other", "GET", "/index.html")
    assert (fetched.body.length, "range" in fetched.headers) == (0, False)


async def test_3_headers_and_body_are_those_of_the_page():
    house = shown(as_app(404), x=respond(404, b"gone", ("X-Error", "1")))
    seen = await house.get("/x")
    assert (seen.body, seen["X-Page"], seen["X-Error"]) == (b"the app", "1", None)


FAILED = [
    pytest.param(respond(404, b"no page"), 404, b"no page", id="the page is missing: its origin's status"),
    pytest.param(respond(503, b"busy"), 503, b"busy", id="its origin fails"),
    pytest.param(UNREACHED, 504, None, id="its origin cannot be reached"),
]


@pytest.mark.parametrize(("page", "status", "body"), FAILED)
async def test_4_a_page_that_cannot_be_had_gives_its_own_status_and_no_second_page(page, status, body):
    house = shown(as_app(500), as_app(404), as_app(503), as_app(504), x=respond(500), **{"index.html": page})
    seen = await house.get("/x")
    assert (seen.status, seen.x_cache) == (status, "Error")
    assert body in (None, seen.body)
    assert house.origins.paths == ["/x", "/index.html"]


async def test_5_the_error_lives_for_its_own_time_and_the_page_for_that_of_its_behavior():
    error = CustomErrorResponse(404, "/index.html", 200, error_caching_min_ttl=5)
    house = shown(error, default=behavior(cache=policy(default=60)), x=respond(404))
    for seconds, asked in ((0, ["/x", "/index.html"]), (4, []), (2, ["/x"]), (60, ["/x", "/index.html"])):
        house.clock.time += seconds
        house.origins.asked.clear()
        await house.get("/x")
        assert house.origins.paths == asked


async def test_7_a_stale_object_goes_before_the_page():
    answers = iter([respond(200, b"good"), respond(503)])
    house = shown(as_app(503), default=behavior(cache=policy(default=1)), x=lambda request: next(answers))
    await house.get("/x")
    house.clock.time += 2
    assert (await house.get("/x")).body == b"good"


async def test_a_range_that_the_origin_cannot_satisfy_gets_the_page_of_a_416_whole():
    house = shown(as_app(416), x=respond(416))
    seen = await house.get("/x", ("Range", "bytes=5000-"))
    assert (seen.status, seen.x_cache, seen.body) == (200, "Error", b"the app")
    await house.get("/x", ("Range", "bytes=5000-"))
    assert house.origins.paths.count("/x") == 2, "a 416 is never cached"


async def test_a_range_that_no_stored_object_can_satisfy_gets_it_too():
    house = shown(as_app(416), x=respond(200, b"0123456789"))
    await house.get("/x")
    seen = await house.get("/x", ("Range", "bytes=5000-"))
    assert (seen.status, seen.x_cache, seen.body) == (200, "Error", b"the app")
    assert house.origins.paths == ["/x", "/index.html"]
    assert (await house.get("/x", ("Range", "bytes=1-2"))).body == b"12"


async def test_without_a_page_a_416_stays_one():
    house = shown(as_app(404), x=respond(200, b"0123456789"))
    await house.get("/x")
    assert (await house.get("/x", ("Range", "bytes=5000-"))).status == 416


@pytest.mark.parametrize(
    ("code", "closes"),
    [*((code, True) for code in (400, 405, 414, 416, 500, 501)), *((code, False) for code in (403, 404, 502, 503, 504))],
)
async def test_8_the_code_that_a_page_replaces_decides_whether_the_connection_stays(code, closes):
    house = shown(as_app(code), x=respond(code))
    answer = await house.passage("GET", "/x").run()
    assert (answer.status, answer.closes) == (200, closes)
    bare = House(origins=Origins(x=respond(code)))
    assert not (await bare.passage("GET", "/x").run()).closes, "without a page it stays"


# --- answers as they pass ---


async def test_cf_62_a_redirect_of_the_origin_is_passed_and_cached_and_not_followed():
    """CF-62"""
    house = House(origins=Origins(x=respond(302, b"", ("Location", "/y")), y=respond()))
    seen = [await house.get("/x") for _ in range(2)]
    assert [(each.status, each.x_cache, each["Location"]) for each in seen] == [(302, "Miss", "/y"), (302, "Hit", "/y")]
    assert house.origins.paths == ["/x"]


async def test_an_origin_answers_a_preflight_and_cloudfront_only_adds_its_headers():
    cors = Cors(("https://shop.test",), ("*",), ("GET",), allow_credentials=False, origin_override=True)
    default = behavior(
        allowed_methods=("GET", "HEAD", "OPTIONS"), response_headers_policy=ResponseHeadersPolicy("p", cors=cors)
    )
    house = House(distribution(default=default), origins=Origins(x=respond(403, b"no")))
    preflight = (("Origin", "https://shop.test"), ("Access-Control-Request-Method", "GET"))
    seen = await house.send("OPTIONS", "/x", *preflight)
    assert (seen.status, seen.body, seen["Access-Control-Allow-Methods"]) == (403, b"no", "GET")
    assert [request.method for _, request in house.origins.asked] == ["OPTIONS"]
