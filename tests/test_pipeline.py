import asyncio
import json
from dataclasses import replace

import pytest
from kit import (
    ALL_METHODS,
    QUERY_ALL,
    Clock,
    House,
    Origins,
    PythonFunction,
    PythonHandler,
    behavior,
    distribution,
    policy,
    respond,
    whole_event,
)
from kit_signed import PEM, signed

from edgeproxy.errors import FunctionError, LambdaError, OriginError
from edgeproxy.messages import Headers
from edgeproxy.model import (
    CacheSettings,
    CustomErrorResponse,
    Origin,
    OriginGroup,
    OriginRequestPolicy,
    PolicyHeader,
    PublicKey,
    ResponseHeadersPolicy,
    Selection,
    Settings,
    Url,
    ViewerSettings,
)
from edgeproxy.ports import FunctionResult
from edgeproxy.recording import Reader
from edgeproxy.rules import freshness

MAX_AGE_5 = ("Cache-Control", "max-age=5")
DISABLED = policy(0, 0, 0)


def function(change, name="code"):
    """A CloudFront Function that runs `change` on the parsed event and returns what it returns."""
    return PythonFunction(name, lambda event: json.dumps(change(json.loads(event))))


def signing_house(**parts):
    """A distribution whose only behavior is signed, and the function at its viewer-request."""
    code = function(lambda event: event["request"])
    default = behavior(functions={"viewer-request": code}, trusted_keys=(PublicKey("K1", PEM),), allowed_methods=ALL_METHODS)
    origins = Origins(**{"x": respond(), "login.html": respond()})
    house = House(distribution(default=default, aliases=("d.test",), **parts), origins=origins, code=[code])
    house.clock.time = 1000.0
    return house, code


def handler(change, name="code"):
    return PythonHandler(name, lambda event: json.dumps(change(json.loads(event)["Records"][0]["cf"])).encode())


def setting(message, name, value):
    def change(event):
        event[message]["headers"][name] = {"value": value}
        return event[message]

    return change


# --- the cache ---


async def test_cf_16_miss_without_age_then_hit_with_age_and_the_same_date():
    """CF-16"""
    house = House(origins=Origins(x=respond()))
    first = await house.get("/x")
    house.clock.time += 7
    second = await house.get("/x")
    assert (first["X-Cache"], first["Age"]) == ("Miss from cloudfront", None)
    assert (second["X-Cache"], second["Age"]) == ("Hit from cloudfront", "7")
    assert second["Date"] == first["Date"]
    assert second.body == first.body == b"hello"
    assert len(house.origins.asked) == 1


async def test_every_hit_is_driven_by_a_single_send():
    at_hooks = {
        "viewer-request": function(setting("request", "x-a", "1"), "req"),
        "viewer-response": function(setting("response", "x-b", "2"), "res"),
    }
    policy_headers = ResponseHeadersPolicy("p", custom_headers=(PolicyHeader("X-P", "1", True),))
    default = behavior(functions=at_hooks, response_headers_policy=policy_headers)
    house = House(distribution(default=default), origins=Origins(x=respond()), code=at_hooks.values())
    await house.get("/x")
    passing = house.passage("GET", "/x", ("If-None-Match", '"no"')).run()
    with pytest.raises(StopIteration) as end:
        passing.send(None)
    answer = end.value.value
    assert answer.x_cache == "Hit"
    assert answer.headers.get("x-b") == "2"
    assert answer.headers.get("x-p") == "1"


async def test_a_miss_leaves_the_loop_before_it_waits():
    house = House(origins=Origins(x=respond()))
    passing = house.passage("GET", "/x").run()
    assert passing.send(None) is None
    assert house.origins.asked == []
    answer = await asyncio.get_running_loop().create_task(passing)
    assert answer.x_cache == "Miss"


async def test_cf_17_max_ttl_caps_and_the_header_passes_unchanged():
    """CF-17"""
    house = House(origins=Origins(x=respond(200, b"a", ("Cache-Control", "max-age=3600"))))
    await house.get("/x")
    house.clock.time += 601
    again = await house.get("/x")
    assert again["Cache-Control"] == "max-age=3600"
    assert len(house.origins.asked) == 2


async def test_cf_21_private_reaches_the_origin_twice():
    """CF-21"""
    house = House(origins=Origins(x=respond(200, b"a", ("Cache-Control", "private"))))
    await house.get("/x")
    assert (await house.get("/x")).x_cache == "Miss"
    assert len(house.origins.asked) == 2


async def test_cf_24_an_expired_object_is_revalidated_and_refreshed():
    """CF-24"""

    def origin(request):
        if request.headers.get("if-none-match") == '"a"':
            return respond(304, b"", ("Date", "later"), ("ETag", '"a"'))
        return respond(200, b"body", ("ETag", '"a"'), ("Cache-Control", "max-age=1"), ("Date", "first"))

    house = House(origins=Origins(x=origin))
    await house.get("/x")
    house.clock.time += 2
    refreshed = await house.get("/x")
    assert (refreshed.status, refreshed.x_cache, refreshed["Age"]) == (200, "RefreshHit", None)
    assert refreshed.body == b"body"
    assert refreshed["Date"] == "later"
    assert (await house.get("/x")).x_cache == "Hit"


async def test_cf_25_no_conditional_where_cookies_are_forwarded():
    """CF-25"""
    cache = policy(cookies=Selection("whitelist", ("a",)))
    origins = Origins(x=respond(200, b"body", ("ETag", '"a"'), ("Cache-Control", "max-age=1")))
    house = House(distribution(default=behavior(cache=cache)), origins=origins)
    await house.get("/x")
    house.clock.time += 2
    assert (await house.get("/x")).x_cache == "Miss"
    assert all("if-none-match" not in request.headers for _, request in origins.asked)


async def test_cf_26_a_viewers_conditional_is_answered_from_the_cache():
    """CF-26"""
    house = House(origins=Origins(x=respond(200, b"body", ("ETag", '"a"'))))
    await house.get("/x")
    again = await house.get("/x", ("If-None-Match", '"a"'))
    assert (again.status, again.x_cache, again.body) == (304, "Hit", b"")
    assert len(house.origins.asked) == 1


async def test_cf_27_a_viewers_no_cache_changes_nothing():
    """CF-27"""
    house = House(origins=Origins(x=respond()))
    await house.get("/x")
    assert (await house.get("/x", ("Cache-Control", "no-cache"), ("Pragma", "no-cache"))).x_cache == "Hit"


async def test_cf_28_a_query_that_is_not_in_the_key_is_not_forwarded():
    """CF-28"""
    house = House(origins=Origins(x=respond()))
    await house.get("/x?a=1")
    assert (await house.get("/x?a=2")).x_cache == "Hit"
    assert house.origins.paths == ["/x"]


async def test_cf_29_the_order_of_a_query_matters():
    """CF-29"""
    house = House(distribution(default=behavior(cache=policy(query_strings=QUERY_ALL))), origins=Origins(x=respond()))
    assert [(await house.get(target)).x_cache for target in ("/x?a=1&b=2", "/x?b=2&a=1")] == ["Miss", "Miss"]


async def test_cf_41_an_error_is_cached_for_its_minimum():
    """CF-41"""
    house = House()
    first = await house.get("/none")
    house.clock.time += 3
    second = await house.get("/none")
    assert [first["X-Cache"], second["X-Cache"]] == ["Error from cloudfront"] * 2
    assert second["Age"] == "3"
    assert len(house.origins.asked) == 1
    house.clock.time += 8
    await house.get("/none")
    assert len(house.origins.asked) == 2


async def test_cf_48_a_range_goes_to_the_origin_and_is_cut_from_what_is_stored():
    """CF-48"""

    def origin(request):
        return (
            respond(206, b"234", ("Content-Range", "bytes 2-4/10"))
            if "range" in request.headers
            else respond(200, b"0123456789")
        )

    house = House(origins=Origins(x=origin))
    for x_cache in ("Miss", "Miss"):
        part = await house.get("/x", ("Range", "bytes=2-4"))
        assert (part.status, part.body, part.x_cache) == (206, b"234", x_cache)
    await house.get("/x")
    part = await house.get("/x", ("Range", "bytes=2-4"))
    assert (part.status, part.body, part.x_cache) == (206, b"234", "Hit")
    assert part["Content-Range"] == "bytes 2-4/10"
    assert (await house.get("/x", ("Range", "bytes=9-5"))).status == 200


async def test_a_range_that_the_origin_answers_whole_is_stored_and_passed_on_whole():
    house = House(origins=Origins(x=respond(200, b"0123456789")))
    first = await house.get("/x", ("Range", "bytes=2-4"))
    second = await house.get("/x", ("Range", "bytes=2-4"))
    assert [(seen.status, seen.body, seen.x_cache) for seen in (first, second)] == [
        (200, b"0123456789", "Miss"),
        (206, b"234", "Hit"),
    ]


async def test_cf_54_set_cookie_goes_where_cookies_are_not_forwarded_and_the_object_is_cached():
    """CF-54"""
    house = House(origins=Origins(x=respond(200, b"a", ("Set-Cookie", "s=1"))))
    assert (await house.get("/x"))["Set-Cookie"] is None
    assert (await house.get("/x")).x_cache == "Hit"


async def test_cf_57_ten_viewers_of_a_cold_key_make_one_origin_request():
    """CF-57"""
    gate = asyncio.Event()

    class Slow(Origins):
        async def fetch(self, origin, place, request):
            await gate.wait()
            return await super().fetch(origin, place, request)

    house = House(origins=Slow(x=respond(200, b"x" * 5000, stream=True)))
    viewers = [asyncio.ensure_future(house.get("/x")) for _ in range(10)]
    await asyncio.sleep(0.01)
    gate.set()
    answers = await asyncio.gather(*viewers)
    assert sorted(answer.x_cache for answer in answers) == ["Hit"] * 9 + ["Miss"]
    assert {answer.body for answer in answers} == {b"x" * 5000}
    assert len(house.origins.asked) == 1


async def test_cf_57_with_caching_disabled_ten_viewers_make_ten_origin_requests():
    """CF-57"""
    house = House(distribution(default=behavior(cache=DISABLED)), origins=Origins(x=respond()))
    answers = await asyncio.gather(*[house.get("/x") for _ in range(10)])
    assert {answer.x_cache for answer in answers} == {"Miss"}
    assert len(house.origins.asked) == 10


async def test_cf_64_head_after_get_is_a_hit_without_a_body_to_send():
    """CF-64"""
    house = House(origins=Origins(x=respond()))
    await house.get("/x")
    head = await house.send("HEAD", "/x")
    assert (head.status, head.x_cache) == (200, "Hit")
    assert len(house.origins.asked) == 1


async def test_a_cold_head_asks_the_origin_with_head_and_stores_nothing():
    house = House(origins=Origins(x=respond()))
    await house.send("HEAD", "/x")
    await house.get("/x")
    assert [request.method for _, request in house.origins.asked] == ["HEAD", "GET"]


async def test_post_is_never_cached_and_does_not_touch_what_is():
    house = House(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Origins(x=respond()))
    await house.get("/x")
    posted = await house.send("POST", "/x", ("Content-Length", "2"), body=b"hi")
    assert (posted.x_cache, posted["Age"]) == ("Miss", None)
    assert (await house.get("/x")).x_cache == "Hit"


async def test_an_object_too_large_for_the_cache_streams_through():
    settings = Settings(cache=CacheSettings(max_object=4000))
    house = House(origins=Origins(x=respond(200, b"x" * 5000)), settings=settings)
    assert [(await house.get("/x")).x_cache for _ in range(2)] == ["Miss", "Miss"]
    assert house.exchange.get("not stored") == "5000 bytes are more than cache.max_object, 4000"


async def test_an_object_that_turns_out_too_large_streams_through_and_is_not_stored():
    settings = Settings(cache=CacheSettings(max_object=4000))
    house = House(origins=Origins(x=respond(200, b"x" * 9000, stream=True)), settings=settings)
    for _ in range(2):
        answer = await house.get("/x")
        assert (answer.x_cache, len(answer.body)) == ("Miss", 9000)


async def test_a_storable_fetch_belongs_to_the_store_and_is_read_into_a_recording():
    house = House(origins=Origins(x=respond(200, b"x" * 5000, stream=True)))
    answer = await house.passage("GET", "/x").run()
    assert isinstance(answer.body, Reader)
    await asyncio.sleep(0.01)
    assert (await house.get("/x")).x_cache == "Hit", "stored although its viewer never read it"


# --- choosing ---


async def test_cf_61_an_unknown_host_gets_the_403_page():
    """CF-61"""
    answer = await House().get("/x", host="evil.test")
    assert (answer.status, answer["X-Cache"], len(answer.body)) == (403, "Error from cloudfront", 915)
    assert answer["Server"] == "CloudFront"


async def test_a_disabled_distribution_answers_with_the_403_page():
    assert (await House(distribution(enabled=False)).get("/")).status == 403


async def test_cf_9_the_first_matching_behavior_picks_the_origin():
    """CF-9"""
    house = House(distribution(behavior("/img/*", "other"), behavior("*.jpg", "app")))
    await house.get("/img/a.jpg")
    assert house.origins.asked[0][0] == "other"


async def test_cf_11_the_origin_gets_the_path_as_received():
    """CF-11"""
    cache = policy(query_strings=QUERY_ALL)
    house = House(distribution(behavior("/a*", "other", cache)))
    await house.get("/a/b/..?c=1")
    assert house.origins.asked[0][0] == "other"
    assert house.origins.paths == ["/a/b/..?c=1"]


async def test_cf_13_the_root_becomes_the_default_root_object_before_the_behavior_is_matched():
    """CF-13"""
    house = House(distribution(behavior("index.html", "other"), default_root_object="index.html"))
    await house.get("/")
    assert house.origins.asked[0][0] == "other"
    assert house.origins.paths == ["/index.html"]


async def test_the_default_root_object_may_be_applied_after_the_viewer_request_function():
    seen = []
    code = function(lambda event: seen.append(event["request"]["uri"]) or event["request"])
    default = behavior(functions={"viewer-request": code})
    settings = Settings(default_root_object="after")
    house = House(distribution(default=default, default_root_object="index.html"), code=[code], settings=settings)
    await house.get("/")
    assert seen == ["/"]
    assert house.origins.paths == ["/index.html"]


async def test_the_viewer_host_is_what_functions_redirects_and_the_origin_see():
    request_policy = OriginRequestPolicy("all", Selection("allViewer"))
    settings = Settings(viewer=ViewerSettings(host="www.shop.test"))
    house = House(distribution(default=behavior(origin_request_policy=request_policy)), settings=settings)
    await house.get("/x", host="127.0.0.1:8080")
    assert house.origins.asked[0][1].headers.get_all("host") == ["www.shop.test"]


# --- access ---


async def test_cf_1_http_is_redirected_to_https():
    """CF-1"""
    house = House(distribution(default=behavior(viewer_protocol_policy="redirect-to-https"), aliases=("d.test",)))
    answer = await house.get("/x?a=1", host="d.test", scheme="http")
    assert (answer.status, answer["Location"], len(answer.body)) == (301, "https://d.test/x?a=1", 167)
    assert answer["X-Cache"] == "Redirect from cloudfront"
    assert house.origins.asked == []


async def test_cff_43_no_function_runs_on_the_redirect():
    """CFF-43"""
    code = function(lambda event: event["request"])
    default = behavior(viewer_protocol_policy="redirect-to-https", functions={"viewer-request": code})
    await House(distribution(default=default), code=[code]).get("/x", scheme="http")
    assert code.runs == 0


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        pytest.param("/x", "MissingKey", "Missing Key-Pair-Id query parameter or cookie value", id="CFF-45 CF-49 unsigned"),
        pytest.param(f"/x?{signed('https://d.test/x', 900)}", "AccessDenied", "Access denied", id="CF-49 expired"),
    ],
)
async def test_a_signed_behavior_refuses_before_any_function(target, code, message):
    house, code_ran = signing_house()
    seen = await house.get(target, host="d.test")
    page = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    assert (seen.status, seen.body.decode(), seen["X-Cache"]) == (403, page, "Error from cloudfront")
    assert seen["Content-Type"] == "text/xml"
    assert (code_ran.runs, house.origins.asked) == (0, [])


async def test_a_signed_request_is_served_without_what_signed_it_and_shares_its_object():
    house, code_ran = signing_house()
    for query in (signed("https://d.test/x", 2000), signed("https://d.test/x", 3000)):
        assert (await house.get(f"/x?{query}", host="d.test")).status == 200
    assert house.origins.paths == ["/x"]
    assert code_ran.runs == 2


async def test_options_is_never_asked_for_a_signature():
    house, _ = signing_house()
    assert (await house.send("OPTIONS", "/x")).status == 200


async def test_a_custom_page_for_403_takes_the_place_of_the_refusal():
    house, _ = signing_house(custom_error_responses=(CustomErrorResponse(403, "/login.html", 200),))
    seen = await house.get("/x")
    assert (seen.status, house.origins.paths) == (200, ["/login.html"])


async def test_cf_5_cff_44_a_disallowed_method_gets_the_403_page_before_any_function():
    """CF-5 CFF-44"""
    code = function(lambda event: event["request"])
    answer = await House(distribution(default=behavior(functions={"viewer-request": code})), code=[code]).send("POST", "/x")
    assert (answer.status, len(answer.body), answer["X-Cache"]) == (403, 1053, "Error from cloudfront")
    assert code.runs == 0


# --- CloudFront Functions ---


async def test_cff_15_a_rewrite_changes_what_is_asked_but_not_the_behavior():
    """CFF-15"""

    def rewrite(event):
        event["request"]["uri"] = "/x" + event["request"]["uri"]
        return event["request"]

    code = function(rewrite)
    site = distribution(behavior("/x/*", "other"), default=behavior(functions={"viewer-request": code}))
    house = House(site, code=[code])
    await house.get("/p")
    assert house.origins.asked[0][0] == "app"
    assert house.origins.paths == ["/x/p"]


async def test_cff_16_the_rewritten_uri_is_in_the_key():
    """CFF-16"""

    def rewrite(event):
        event["request"]["uri"] = f"/{event['request']['querystring']['v']['value']}/i"
        return event["request"]

    code = function(rewrite)
    site = distribution(default=behavior(functions={"viewer-request": code}))
    origins = Origins(**{"1/i": respond(200, b"one"), "2/i": respond(200, b"two")})
    house = House(site, code=[code], origins=origins)
    outcomes = [(answer.x_cache, answer.body) for v in "1212" for answer in [await house.get(f"/?v={v}")]]
    assert outcomes == [("Miss", b"one"), ("Miss", b"two"), ("Hit", b"one"), ("Hit", b"two")]


async def test_cff_18_a_generated_response_ends_the_way():
    """CFF-18"""
    made = function(lambda event: {"statusCode": 302, "headers": {"location": {"value": "/n"}}}, "made")
    after = function(lambda event: event["response"], "after")
    default = behavior(functions={"viewer-request": made, "viewer-response": after})
    house = House(distribution(default=default), code=[made, after])
    for _ in range(2):
        answer = await house.get("/x")
        assert (answer.status, answer["Location"], answer.body) == (302, "/n", b"")
        assert answer["X-Cache"] == "FunctionGeneratedResponse from cloudfront"
        assert answer["Server"] == "CloudFront"
    assert house.origins.asked == []
    assert (made.runs, after.runs) == (2, 0)


async def test_cff_21_a_functions_own_404_is_not_replaced():
    """CFF-21"""
    code = function(lambda event: {"statusCode": 404, "body": "mine"})
    errors = (CustomErrorResponse(404, "/e.html", 200),)
    house = House(
        distribution(default=behavior(functions={"viewer-request": code}), custom_error_responses=errors), code=[code]
    )
    answer = await house.get("/x")
    assert (answer.status, answer.body) == (404, b"mine")


async def test_cff_26_viewer_response_runs_on_hits_and_misses_and_never_changes_what_is_stored():
    """CFF-26"""
    code = function(setting("response", "x-vs", "1"))
    house = House(
        distribution(default=behavior(functions={"viewer-response": code})), origins=Origins(x=respond()), code=[code]
    )
    answers = [await house.get("/x") for _ in range(2)]
    assert [(answer.x_cache, answer["X-Vs"]) for answer in answers] == [("Miss", "1"), ("Hit", "1")]
    entry = house.ports.cache.get(house.exchange.get("key"))
    assert "x-vs" not in entry.response.headers


@pytest.mark.parametrize("status", [404, 500])
async def test_cff_27_viewer_response_does_not_run_on_errors_of_the_origin(status):
    """CFF-27"""
    code = function(setting("response", "x-vs", "1"))
    default = behavior(functions={"viewer-response": code})
    house = House(distribution(default=default), origins=Origins(x=respond(status)), code=[code])
    for _ in range(2):
        assert (await house.get("/x"))["X-Vs"] is None
    assert code.runs == 0


async def test_cff_28_viewer_response_does_not_run_on_a_custom_error_page():
    """CFF-28"""
    code = function(setting("response", "x-vs", "1"))
    site = distribution(
        default=behavior(functions={"viewer-response": code}),
        custom_error_responses=(CustomErrorResponse(403, "/index.html", 200),),
    )
    house = House(site, origins=Origins(x=respond(403), **{"index.html": respond(200, b"app")}), code=[code])
    answer = await house.get("/x")
    assert (answer.status, answer.body, answer["X-Vs"]) == (200, b"app", None)


async def test_cff_29_viewer_response_may_change_the_status():
    """CFF-29"""

    def to_redirect(event):
        return {
            **event["response"],
            "statusCode": 302,
            "headers": {"location": {"value": "/n"}, "via": event["response"]["headers"]["via"]},
        }

    code = function(to_redirect)
    house = House(
        distribution(default=behavior(functions={"viewer-response": code})), origins=Origins(x=respond()), code=[code]
    )
    answer = await house.get("/x")
    assert (answer.status, answer["Location"]) == (302, "/n")
    assert answer["X-Cache"] == "Miss from cloudfront", "what functions do not see they cannot drop"


def failing(error):
    def run(event):
        raise error

    return PythonFunction("code", run)


FAILURES = [
    pytest.param(FunctionError.execution("TypeError: x"), 503, "FunctionExecutionError", id="CFF-34 a throw is 503"),
    pytest.param(FunctionError.throttled("10 ms"), 503, "FunctionThrottledError", id="an endless run is 503"),
]


@pytest.mark.parametrize("hook", ["viewer-request", "viewer-response"])
@pytest.mark.parametrize(("error", "status", "x_cache"), FAILURES)
async def test_a_function_that_fails_never_fails_open(hook, error, status, x_cache):
    code = failing(error)
    house = House(distribution(default=behavior(functions={hook: code})), origins=Origins(x=respond()), code=[code])
    answer = await house.get("/x")
    assert (answer.status, answer["X-Cache"]) == (status, f"{x_cache} from cloudfront")
    assert b"is invalid or could not run." in answer.body
    assert b"hello" not in answer.body
    assert house.exchange.get("error") == error.cause


async def test_a_return_value_that_is_nothing_is_a_502():
    code = PythonFunction("code", lambda event: "undefined")
    answer = await House(distribution(default=behavior(functions={"viewer-request": code})), code=[code]).get("/x")
    assert (answer.status, answer["X-Cache"]) == (502, "FunctionValidationError from cloudfront")


async def test_cff_49_the_origin_is_not_part_of_the_key():
    """CFF-49"""
    house = House(distribution(behavior("/a/*", "other"), default=behavior()), origins=Origins(x=respond()))
    await house.get("/x")
    assert house.exchange.get("key") == "Site\n/x\nGET"


# --- Lambda@Edge ---


async def test_le_14_le_18_viewer_request_may_rewrite_or_answer():
    """LE-14 LE-18"""

    def change(cf):
        if cf["request"]["uri"] == "/stop":
            return {"status": "302", "headers": {"location": [{"value": "/x"}]}}
        return {**cf["request"], "uri": "/b"}

    code = handler(change)
    house = House(distribution(default=behavior(lambdas={"viewer-request": code})), origins=Origins(b=respond()), code=[code])
    assert (await house.get("/a")).x_cache == "Miss"
    assert house.exchange.get("key") == "Site\n/b\nGET"
    assert (await house.get("/c")).x_cache == "Hit"
    stopped = await house.get("/stop")
    assert (stopped.status, stopped["X-Cache"]) == (302, "LambdaGeneratedResponse from cloudfront")


async def test_le_19_an_answer_made_at_origin_request_is_cached_and_origin_response_never_runs():
    """LE-19"""

    def answer(cf):
        return {"status": "302", "headers": {"location": [{"value": "/x"}], "cache-control": [{"value": "max-age=60"}]}}

    made = handler(answer, "made")
    at_response = handler(lambda cf: cf["response"], "response")
    at_viewer = handler(lambda cf: cf["response"], "viewer")
    lambdas = {"origin-request": made, "origin-response": at_response, "viewer-response": at_viewer}
    house = House(distribution(default=behavior(lambdas=lambdas)), code=lambdas.values())
    outcomes = [(answer.status, answer.x_cache) for answer in [await house.get("/a"), await house.get("/a")]]
    assert outcomes == [(302, "Miss"), (302, "Hit")]
    assert [len(code.events) for code in (made, at_response, at_viewer)] == [1, 0, 2]
    assert house.origins.asked == []


async def test_an_error_made_at_origin_request_is_not_replaced_by_a_custom_error_response():
    made = handler(lambda cf: {"status": "404", "body": "mine"})
    site = distribution(
        default=behavior(lambdas={"origin-request": made}), custom_error_responses=(CustomErrorResponse(404, "/e.html", 200),)
    )
    house = House(site, code=[made])
    for _ in range(2):
        answer = await house.get("/x")
        assert (answer.status, answer.body) == (404, b"mine")
    assert len(made.events) == 1


async def test_le_8_origin_request_may_change_host():
    """LE-8"""

    def change(cf):
        cf["request"]["headers"]["host"] = [{"key": "Host", "value": "new.test"}]
        return cf["request"]

    code = handler(change)
    house = House(distribution(default=behavior(lambdas={"origin-request": code})), code=[code])
    await house.get("/x")
    assert house.origins.asked[0][1].headers.get_all("host") == ["new.test"]


async def test_le_46_origin_request_may_change_the_origin_and_the_key_stays():
    """LE-46"""

    def change(cf):
        cf["request"]["origin"]["custom"]["domainName"] = "localhost"
        cf["request"]["headers"]["host"] = [{"key": "Host", "value": "localhost"}]
        return cf["request"]

    code = handler(change)
    house = House(distribution(default=behavior(lambdas={"origin-request": code})), origins=Origins(x=respond()), code=[code])
    assert (await house.get("/x")).body == b"hello"
    assert (await house.get("/x")).x_cache == "Hit"
    assert len(code.events) == 1


async def test_an_origin_that_a_handler_chose_obeys_where_requests_may_go():
    def change(cf):
        cf["request"]["origin"]["custom"]["domainName"] = "internal.service.test"
        return cf["request"]

    code = handler(change)
    house = House(distribution(default=behavior(lambdas={"origin-request": code})), origins=Origins(x=respond()), code=[code])
    answer = await house.get("/x")
    assert answer.status == 502
    assert house.origins.asked == []
    assert "origins: {internal.service.test:" in house.exchange.get("error")
    assert "--allow-origin internal.service.test" in house.exchange.get("error")
    assert b"add to edgeproxy.yaml:  origins: {internal.service.test: http://127.0.0.1:3000}" in answer.body


async def test_le_40_le_41_origin_response_may_replace_status_and_body_and_that_is_stored():
    """LE-40 LE-41"""
    code = handler(lambda cf: {**cf["response"], "status": "200", "body": "soft"})
    house = House(
        distribution(default=behavior(lambdas={"origin-response": code})), origins=Origins(x=respond(404)), code=[code]
    )
    answers = [await house.get("/x") for _ in range(2)]
    assert [(answer.status, answer.body, answer.x_cache) for answer in answers] == [
        (200, b"soft", "Miss"),
        (200, b"soft", "Hit"),
    ]
    assert len(code.events) == 1


async def test_le_43_origin_response_runs_on_500_and_viewer_response_does_not():
    """LE-43"""
    at_origin = handler(lambda cf: cf["response"], "origin")
    at_viewer = handler(lambda cf: cf["response"], "viewer")
    lambdas = {"origin-response": at_origin, "viewer-response": at_viewer}
    house = House(distribution(default=behavior(lambdas=lambdas)), origins=Origins(x=respond(500)), code=lambdas.values())
    await house.get("/x")
    assert (len(at_origin.events), len(at_viewer.events)) == (1, 0)


async def test_le_44_viewer_response_of_a_handler_runs_on_hits_and_misses_and_is_never_stored():
    """LE-44"""

    def change(cf):
        cf["response"]["headers"]["x-vres"] = [{"value": "1"}]
        return cf["response"]

    code = handler(change)
    house = House(distribution(default=behavior(lambdas={"viewer-response": code})), origins=Origins(x=respond()), code=[code])
    assert [(await house.get("/x"))["X-Vres"] for _ in range(2)] == ["1", "1"]
    assert "x-vres" not in house.ports.cache.get(house.exchange.get("key")).response.headers


async def test_an_origin_that_a_handler_chose_is_asked_where_the_settings_say():
    def change(cf):
        cf["request"]["origin"]["custom"]["domainName"] = "B.service.test"
        return cf["request"]

    code = handler(change)
    settings = Settings(places={"b.service.test": Url("http", "127.0.0.1", 9)})
    site = distribution(default=behavior(lambdas={"origin-request": code}))
    house = House(site, origins=Origins(x=respond()), code=[code], settings=settings)
    assert (await house.get("/x")).status == 200


@pytest.mark.parametrize("hook", ["viewer-request", "origin-request", "origin-response", "viewer-response"])
async def test_le_32_a_handler_that_fails_never_fails_open(hook):
    """LE-32"""

    def fail(event):
        raise LambdaError.execution("ValueError: boom")

    code = PythonHandler("code", fail)
    house = House(distribution(default=behavior(lambdas={hook: code})), origins=Origins(x=respond()), code=[code])
    for _ in range(2):
        answer = await house.get("/x")
        assert (answer.status, answer["X-Cache"]) == (503, "LambdaExecutionError from cloudfront")
        assert b"hello" not in answer.body
    assert len(code.events) == 2, "a handler's failure is not cached"


async def test_le_37_include_body_shows_the_beginning_and_the_origin_gets_all_of_it():
    """LE-37"""
    code = handler(lambda cf: cf["request"])
    at_hook = behavior(lambdas={"viewer-request": code}, allowed_methods=ALL_METHODS)
    association = next(iter(at_hook.lambdas.values()))
    at_hook.lambdas["viewer-request"] = association.__class__(association.function, include_body=True)
    house = House(distribution(default=at_hook), origins=Origins(x=respond()), code=[code])
    await house.send("POST", "/x", ("Content-Length", "51200"), body=b"b" * 51200)
    shown = json.loads(code.events[0])["Records"][0]["cf"]["request"]["body"]
    assert shown["inputTruncated"] is True
    assert len(shown["data"]) == 54616, "40 KB in base64"
    assert house.origins.asked[0][1].body.length == 51200


# --- errors and pages ---


async def test_cf_47_a_custom_error_response_replaces_page_and_status():
    """CF-47"""
    errors = (CustomErrorResponse(404, "/e.html", 200),)
    origins = Origins(**{"e.html": respond(200, b"page", ("X-Page", "1"))})
    house = House(distribution(custom_error_responses=errors), origins=origins)
    answer = await house.get("/none?q=1")
    assert (answer.status, answer.body, answer["X-Page"]) == (200, b"page", "1")
    assert answer["X-Cache"] == "Error from cloudfront"
    assert origins.paths == ["/none", "/e.html"]


async def test_a_custom_error_page_that_fails_gives_the_status_that_its_origin_returned():
    errors = (CustomErrorResponse(404, "/e.html", 200), CustomErrorResponse(500, "/other.html", 200))
    house = House(distribution(custom_error_responses=errors), origins=Origins(**{"e.html": respond(500, b"broken")}))
    answer = await house.get("/none")
    assert (answer.status, answer.body) == (500, b"broken")
    assert house.origins.paths == ["/none", "/e.html"], "there is no second substitution"


async def test_a_custom_error_page_is_fetched_without_the_viewer_request_function():
    code = function(lambda event: event["request"])
    site = distribution(
        default=behavior(functions={"viewer-request": code}), custom_error_responses=(CustomErrorResponse(404, "/e.html", 404),)
    )
    house = House(site, origins=Origins(**{"e.html": respond()}), code=[code])
    await house.get("/none")
    assert code.runs == 1


async def test_a_disallowed_method_may_turn_into_a_custom_error_page():
    site = distribution(custom_error_responses=(CustomErrorResponse(403, "/index.html", 200),))
    answer = await House(site, origins=Origins(**{"index.html": respond(200, b"app")})).send("POST", "/x")
    assert (answer.status, answer.body) == (200, b"app")


async def test_cf_51_an_origin_that_cannot_be_resolved_gets_the_502_page_and_the_proxy_goes_on():
    """CF-51"""
    house = House(origins=Origins(x=OriginError(502, OriginError.RESOLVE, "no such host", "OriginDnsError"), y=respond()))
    answer = await house.get("/x")
    assert (answer.status, len(answer.body)) == (502, 960)
    assert house.exchange.get("error") == "no such host"
    assert (await house.get("/y")).status == 200


async def test_the_response_headers_policy_comes_last_and_on_hits_too():
    policy_headers = ResponseHeadersPolicy("p", custom_headers=(PolicyHeader("X-P", "1", True),), remove_headers=("x-gone",))
    default = behavior(response_headers_policy=policy_headers)
    house = House(distribution(default=default), origins=Origins(x=respond(200, b"a", ("X-Gone", "1"))))
    for _ in range(2):
        answer = await house.get("/x")
        assert answer.headers.items[-1] == ("X-P", "1")
        assert answer["X-Gone"] is None


async def test_time_belongs_to_the_clock_alone():
    clock = Clock(0.0)
    house = House(origins=Origins(x=respond(200, b"a", MAX_AGE_5)), clock=clock)
    await house.get("/x")
    clock.time = 4.9
    assert (await house.get("/x")).x_cache == "Hit"
    clock.time = 5.0
    assert (await house.get("/x")).x_cache == "Miss"


async def test_a_request_keeps_the_snapshot_it_took():
    gate = asyncio.Event()

    class Slow(Origins):
        async def fetch(self, origin, place, request):
            await gate.wait()
            return await super().fetch(origin, place, request)

    house = House(origins=Slow(x=respond()))
    passing = asyncio.ensure_future(house.get("/x"))
    await asyncio.sleep(0)
    house.snapshot = House(distribution(name="New")).snapshot
    gate.set()
    assert (await passing).status == 200
    assert isinstance((await passing).headers, Headers)


# --- the origin that a function chose ---

APP_AND_OTHER = {
    "app": Origin("app", "a.example", custom_headers=(("X-Secret", "s"),), place=Url("http", "127.0.0.1", 3000)),
    "other": Origin("other", "b.example", place=Url("http", "127.0.0.1", 4000)),
}


class Choosing:
    """A CloudFront Function that leaves the request as it is and chooses an origin: `choose(event)` gives the call."""

    name = "choosing"

    def __init__(self, choose):
        self._choose = choose

    def run(self, event, now, given):
        parsed = whole_event(event, given.part)
        call, *arguments = self._choose(parsed)
        origin = json.dumps({"call": call, "arguments": arguments}) if call else None
        return FunctionResult(json.dumps(parsed["request"]), (), 0.05, origin=origin)


class TwoOrigins(Origins):
    """Answers by the place that is asked: a response or an error for each port."""

    def __init__(self, app, other):
        super().__init__()
        self.answers = {3000: app, 4000: other}
        self.places = []

    async def fetch(self, origin, place, request):
        self.asked.append((origin.id, request))
        self.places.append(place.port)
        answer = self.answers[place.port]
        if isinstance(answer, OriginError):
            raise answer
        return answer


def choosing(*call, answers=None, settings=None, lambdas=None, **parts):
    """A house whose viewer-request function makes this call, or what the only argument makes of the event."""
    code = Choosing(call[0] if callable(call[0]) else lambda event: call)
    lambdas = lambdas or {}
    default = behavior(functions={"viewer-request": code}, lambdas=lambdas, **parts)
    origins = answers or TwoOrigins(respond(200, b"app"), respond(200, b"other"))
    site = distribution(default=default, origins=APP_AND_OTHER)
    return House(site, origins=origins, code=[code, *lambdas.values()], settings=settings)


def group_of_two(*codes):
    return "createRequestOriginGroup", {"originIds": ["app", "other"], "failoverCriteria": {"statusCodes": codes}}


@pytest.mark.parametrize(
    ("given", "secret"),
    [
        pytest.param({"domainName": "b.example"}, "s", id="CFF-47 b.example gets the custom headers of the assigned origin"),
        pytest.param({"domainName": "b.example", "customHeaders": {}}, None, id="CFF-47 an empty object drops them"),
    ],
)
async def test_a_function_sends_the_request_to_another_domain_name(given, secret):
    house = choosing("updateRequestOrigin", given)
    assert (await house.get("/x")).body == b"other"
    headers = house.origins.asked[0][1].headers
    assert (headers.get("host"), headers.get("x-secret")) == ("b.example", secret)


async def test_the_host_that_a_function_chose_goes_before_the_viewers():
    all_viewer = OriginRequestPolicy("AllViewer", Selection("allViewer"), QUERY_ALL, QUERY_ALL)
    house = choosing("selectRequestOriginById", "other", {"hostHeader": "h.example"}, origin_request_policy=all_viewer)
    assert (await house.get("/x")).body == b"other"
    assert house.origins.asked[0][1].headers.get_all("host") == ["h.example"]


@pytest.mark.parametrize("domain", ["1.2.3.4", "b.example:8080"])
async def test_cff_48_an_invalid_domain_name_is_502_and_nobody_is_asked(domain):
    """CFF-48"""
    house = choosing("updateRequestOrigin", {"domainName": domain})
    answer = await house.get("/x")
    assert (answer.status, answer["X-Cache"]) == (502, "FunctionValidationError from cloudfront")
    assert b"The CloudFront function returned an invalid value for origin rewrite." in answer.body
    assert house.origins.asked == []
    assert domain in house.exchange.get("error")


async def test_cff_49_the_origin_is_not_part_of_the_cache_key():
    """CFF-49"""

    def by_header(event):
        return ("selectRequestOriginById", event["request"]["headers"]["x-to"]["value"])

    house = choosing(by_header)
    first = await house.get("/x", ("X-To", "other"))
    second = await house.get("/x", ("X-To", "app"))
    assert (first.body, second.body, second.x_cache) == (b"other", b"other", "Hit")
    assert house.origins.places == [4000]


async def test_a_domain_name_that_a_function_chose_obeys_where_requests_may_go():
    house = choosing("updateRequestOrigin", {"domainName": "internal.service.test"})
    answer = await house.get("/x")
    assert (answer.status, house.origins.asked) == (502, [])
    assert "origins: {internal.service.test:" in house.exchange.get("error")
    assert "--allow-origin internal.service.test" in house.exchange.get("error")


async def test_an_allowed_domain_name_is_asked_at_the_port_that_the_function_says():
    config = {"port": 4000, "protocol": "http", "sslProtocols": ["TLSv1.2"]}
    given = {"domainName": "c.example", "customOriginConfig": config}
    house = choosing("updateRequestOrigin", given, settings=Settings(allow_origins=("c.example",)))
    assert (await house.get("/x")).body == b"other"


async def test_a_response_that_the_function_made_needs_no_origin():
    code = Choosing(lambda event: ("updateRequestOrigin", {"domainName": "1.2.3.4"}))
    made = json.dumps({"statusCode": 204})
    code.run = lambda event, now, given=None: FunctionResult(made, (), 0.05, origin='{"call": "x", "arguments": []}')
    house = House(distribution(default=behavior(functions={"viewer-request": code})), code=[code])
    assert (await house.get("/x")).status == 204


async def test_a_handler_at_origin_request_is_shown_the_origin_that_the_function_chose():
    at_origin = handler(lambda cf: cf["request"], "at origin")
    house = choosing("updateRequestOrigin", {"domainName": "b.example"}, lambdas={"origin-request": at_origin})
    assert (await house.get("/x")).body == b"other"
    shown = json.loads(at_origin.events[0])["Records"][0]["cf"]["request"]
    assert shown["origin"]["custom"]["domainName"] == "b.example"
    assert shown["headers"]["host"] == [{"key": "Host", "value": "b.example"}]


REFUSED = OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError")
TOO_LATE = OriginError(504, OriginError.ATTEMPT, "too late", "OriginCommError")


@pytest.mark.parametrize(
    ("app", "codes", "status", "places"),
    [
        pytest.param(respond(200, b"app"), (500, 503), 200, [3000], id="an answer that is good"),
        pytest.param(respond(500), (500,), 200, [3000, 4000], id="a listed status"),
        pytest.param(respond(500), (502,), 500, [3000], id="a status that is not listed"),
        pytest.param(respond(404), (404,), 200, [3000, 4000], id="a listed 404"),
        pytest.param(REFUSED, (503,), 200, [3000, 4000], id="a refused connection where 503 is listed"),
        pytest.param(REFUSED, (502, 504), 502, [3000], id="a refused connection where 503 is not listed"),
        pytest.param(TOO_LATE, (504,), 200, [3000, 4000], id="an answer that is late where 504 is listed"),
        pytest.param(TOO_LATE, (503,), 504, [3000], id="an answer that is late where 504 is not listed"),
    ],
)
async def test_a_group_fails_over(app, codes, status, places):
    house = choosing(*group_of_two(*codes), answers=TwoOrigins(app, respond(200, b"other")))
    assert (await house.get("/x")).status == status
    assert house.origins.places == places


async def test_the_second_origins_answer_is_an_ordinary_one_and_the_next_miss_begins_with_the_first():
    house = choosing(*group_of_two(500), answers=TwoOrigins(respond(500), respond(200, b"other")))
    answers = [await house.get(target) for target in ("/x", "/x", "/y")]
    assert [(answer.body, answer.x_cache) for answer in answers] == [(b"other", "Miss"), (b"other", "Hit"), (b"other", "Miss")]
    assert house.origins.places == [3000, 4000, 3000, 4000]


async def test_when_both_origins_fail_the_viewer_gets_the_second_ones_failure():
    house = choosing(*group_of_two(500, 503), answers=TwoOrigins(respond(500), REFUSED))
    assert (await house.get("/x")).status == 502
    assert house.origins.places == [3000, 4000]


async def test_post_does_not_fail_over():
    answers = TwoOrigins(respond(500), respond(200, b"other"))
    house = choosing(*group_of_two(500), answers=answers, allowed_methods=ALL_METHODS)
    assert (await house.send("POST", "/x", body=b"a")).status == 500
    assert house.origins.places == [3000]


async def test_handlers_at_the_origin_run_for_both_origins_and_failover_is_decided_before_origin_response():
    at_request = handler(lambda cf: cf["request"], "at request")
    at_response = handler(lambda cf: cf["response"], "at response")
    lambdas = {"origin-request": at_request, "origin-response": at_response}
    answers = TwoOrigins(respond(500), respond(200, b"other"))
    house = choosing(*group_of_two(500), answers=answers, lambdas=lambdas)
    assert (await house.get("/x")).body == b"other"
    events = [json.loads(event)["Records"][0]["cf"]["request"]["origin"]["custom"]["domainName"] for event in at_request.events]
    assert events == ["a.example", "b.example"]
    assert len(at_response.events) == 1


async def test_fields_without_effect_are_said():
    house = choosing("updateRequestOrigin", {"domainName": "b.example", "mTLSConfig": "off"})
    await house.get("/x")
    assert "mTLSConfig" in house.exchange.get("not honoured")


def group_house(*codes, answers, lambdas=None, **parts):
    """A house whose behavior targets an origin group of the template."""
    lambdas = lambdas or {}
    default = behavior(lambdas=lambdas, **parts, origin_group=OriginGroup(("app", "other"), frozenset(codes)))
    return House(distribution(default=default, origins=APP_AND_OTHER), origins=answers, code=list(lambdas.values()))


async def test_cf_50_a_group_of_the_template_fails_over_for_get_and_not_for_post():
    """CF-50"""
    answers = TwoOrigins(respond(500), respond(200, b"other"))
    house = group_house(500, 503, answers=answers, allowed_methods=ALL_METHODS)
    seen = await house.get("/x")
    assert (seen.status, seen.body, seen.x_cache) == (200, b"other", "Miss")
    assert (await house.send("POST", "/x", body=b"a")).status == 500
    assert house.origins.places == [3000, 4000, 3000]


async def test_le_50_an_origin_group_of_the_template_runs_both_hooks_for_each_origin_in_one_request():
    """LE-50"""
    at_request, at_response = handler(lambda cf: cf["request"]), handler(lambda cf: cf["response"], "response")
    house = group_house(
        503,
        answers=TwoOrigins(respond(503), respond(200, b"other")),
        lambdas={"origin-request": at_request, "origin-response": at_response},
    )
    answer = await house.get("/x")
    assert (answer.status, answer.body) == (200, b"other")
    events = [json.loads(event)["Records"][0]["cf"]["request"]["origin"]["custom"]["domainName"] for event in at_request.events]
    assert events == ["a.example", "b.example"]


async def test_a_group_answers_with_its_first_origin_while_that_gives_no_failover_code():
    house = group_house(503, answers=TwoOrigins(respond(404, b"app"), respond(200, b"other")))
    assert (await house.get("/x")).body == b"app"


@pytest.mark.parametrize(
    ("place", "resolved"),
    [
        pytest.param(Url("http", "app.internal", 80), ["app"], id="a name"),
        pytest.param(None, [], id="an origin without a place, for the handler may choose another"),
    ],
)
async def test_le_49_the_name_of_the_configured_origin_is_resolved_before_origin_request(place, resolved):
    """LE-49"""
    code = handler(lambda cf: {"status": "200", "body": "made"})
    origins = Origins()
    site = distribution(
        default=behavior(lambdas={"origin-request": code}), origins={"app": Origin("app", "app.example", place=place)}
    )
    house = House(site, origins=origins, code=[code])
    assert (await house.get("/x")).body == b"made"
    assert origins.resolved == resolved


async def test_le_49_a_name_that_does_not_resolve_is_502_and_the_function_is_not_invoked():
    """LE-49"""
    code = handler(lambda cf: cf["request"])
    house = House(distribution(default=behavior(lambdas={"origin-request": code})), code=[code])
    house.origins.unknown = OriginError(502, OriginError.RESOLVE, "no such name", "OriginDnsError")
    answer = await house.get("/x")
    assert (answer.status, answer["X-Cache"], code.events) == (502, "Error from cloudfront", [])


# --- dev servers ---

DEV = replace(APP_AND_OTHER["other"], place=Url("http", "127.0.0.1", 4000, dev=True))


async def test_what_leads_to_a_dev_server_is_not_cached_and_says_so():
    house = House(distribution(origins={"app": replace(DEV, id="app")}), origins=TwoOrigins(respond(), respond(200, b"new")))
    for _ in range(2):
        assert (await house.get("/x", ("Cookie", "a"))).x_cache == "Miss"
        assert house.exchange.get("lookup").outcome == "app is a dev server (dev: true)"
    assert [request.headers.get("cookie") for _, request in house.origins.asked] == ["a", "a"]
    assert house.origins.asked[0][1].headers.get_all("host") == ["127.0.0.1:4000"]


async def test_a_dev_server_that_code_chose_for_a_caching_behavior_is_never_stored():
    code = Choosing(lambda event: ("selectRequestOriginById", "other"))
    site = distribution(
        default=behavior(functions={"viewer-request": code}), origins={"app": APP_AND_OTHER["app"], "other": DEV}
    )
    house = House(site, origins=TwoOrigins(respond(), respond(200, b"new")), code=[code])
    for _ in range(2):
        assert (await house.get("/x")).x_cache == "Miss"
        assert house.exchange.get("ttl") == freshness.Verdict(False, 0, "other is a dev server (dev: true)")
    assert house.origins.places == [4000, 4000]


IN_A_BUCKETS_PLACE = {"app": replace(DEV, id="app", s3=True)}


async def test_a_dev_server_in_a_buckets_place_is_asked_for_what_the_browser_asks_for_and_code_runs():
    code = function(lambda event: event["request"] | {"uri": event["request"]["uri"] + ".html"})
    default = behavior(functions={"viewer-request": code})
    site = distribution(default=default, origins=IN_A_BUCKETS_PLACE, default_root_object="index")
    targets = ["/", "/?token=x", "/@vite/client", "/src/main.js?t=1"]
    house = House(site, origins=TwoOrigins(respond(), respond()), code=[code])
    for target in targets:
        await house.get(target)
    assert [request.target for _, request in house.origins.asked] == targets
    assert code.runs == len(targets)


async def test_a_handler_before_a_dev_server_in_a_buckets_place_sees_the_request_as_deployed():
    code = handler(lambda cf: cf["request"] | {"uri": "/moved"})
    default = behavior(lambdas={"origin-request": code})
    site = distribution(default=default, origins=IN_A_BUCKETS_PLACE, default_root_object="index.html")
    house = House(site, origins=TwoOrigins(respond(), respond()), code=[code])
    await house.get("/")
    assert json.loads(code.events[0])["Records"][0]["cf"]["request"]["uri"] == "/index.html"
    assert [request.target for _, request in house.origins.asked] == ["/"]


async def test_a_custom_error_page_comes_from_a_dev_server_in_a_buckets_place():
    site = distribution(origins=IN_A_BUCKETS_PLACE, custom_error_responses=(CustomErrorResponse(404, "/index.html", 200),))
    house = House(site, origins=Origins(**{"no": respond(404), "index.html": respond()}))
    assert (await house.get("/no?x=1")).status == 200
    assert [request.target for _, request in house.origins.asked] == ["/no?x=1", "/index.html"]
