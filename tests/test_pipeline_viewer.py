"""The viewer on the way of a request: geo restriction, and CloudFront-* headers in the key, for edge code and for origins."""

import json

import pytest
from kit import ALL_METHODS, House, Origins, PythonFunction, PythonHandler, behavior, distribution, policy, respond

from edgeproxy.model import (
    CustomErrorResponse,
    ForwardedValues,
    GeoRestriction,
    OriginRequestPolicy,
    Selection,
    Settings,
    ViewerSettings,
)

COUNTRY = "CloudFront-Viewer-Country"
DE, FR = {"country": "DE"}, {"country": "FR"}
GERMANS = GeoRestriction("whitelist", ("DE",))
SENTENCE = "The Amazon CloudFront distribution is configured to block access from your country."


def some(*names):
    return Selection("whitelist", names)


def orp(*names):
    return OriginRequestPolicy("O", some(*names))


def function(change, name="code"):
    """A CloudFront Function that runs `change` on the parsed event and returns what it returns."""
    return PythonFunction(name, lambda event: json.dumps(change(json.loads(event))))


def recording(name="code"):
    """A handler that lets everything pass; its events are kept."""
    return PythonHandler(name, passed_on)


def passed_on(event):
    cf = json.loads(event)["Records"][0]["cf"]
    return json.dumps(cf.get("response", cf["request"])).encode()


def shown(handler):
    """The request headers that a handler was shown last."""
    return json.loads(handler.events[-1])["Records"][0]["cf"]["request"]["headers"]


# --- geo restriction ---


async def test_a_blocked_viewer_gets_the_403_page_before_function_and_origin():
    code = function(lambda event: event["request"])
    house = House(distribution(default=behavior(functions={"viewer-request": code}), geo=GERMANS), code=[code])
    answer = await house.get("/x", viewer=FR)
    assert (answer.status, len(answer.body), answer["X-Cache"]) == (403, 986, "Error from cloudfront")
    assert SENTENCE.encode() in answer.body
    assert house.exchange.get("detailed result type") == "ClientGeoBlocked"
    assert house.exchange.get("error") == "GeoRestriction: FR is not on the whitelist"
    assert (code.runs, house.origins.asked) == (0, [])


@pytest.mark.parametrize("viewer", [pytest.param(DE, id="of the country"), pytest.param(None, id="of an unknown country")])
async def test_a_viewer_that_may_come_is_served(viewer):
    house = House(distribution(geo=GERMANS), origins=Origins(x=respond()))
    assert (await house.get("/x", viewer=viewer)).status == 200


async def test_a_blocked_viewer_gets_no_stored_object_and_a_served_one_no_stored_refusal():
    house = House(distribution(geo=GERMANS), origins=Origins(x=respond()))
    seen = [(await house.get("/x", viewer=viewer)).x_cache for viewer in (DE, FR, DE)]
    assert seen == ["Miss", "Error", "Hit"]


async def test_what_a_viewer_states_of_its_country_does_not_count():
    house = House(distribution(geo=GERMANS), origins=Origins(x=respond()))
    assert (await house.get("/x", (COUNTRY, "DE"), viewer=FR)).status == 403


async def test_a_custom_page_for_403_takes_the_place_of_the_refusal():
    errors = (CustomErrorResponse(403, "/sorry.html", 200),)
    site = distribution(geo=GERMANS, custom_error_responses=errors)
    house = House(site, origins=Origins(**{"sorry.html": respond(200, b"sorry")}))
    answer = await house.get("/x", viewer=FR)
    assert (answer.status, answer.body, answer.x_cache) == (200, b"sorry", "Error")


async def test_the_protocol_and_the_method_are_judged_before_the_country():
    default = behavior(viewer_protocol_policy="redirect-to-https")
    house = House(distribution(default=default, geo=GERMANS), settings=Settings(ViewerSettings("http")))
    assert (await house.get("/x", viewer=FR, scheme="http")).status == 301
    answer = await house.send("POST", "/x", viewer=FR)
    assert (answer.status, len(answer.body)) == (403, 1053)


async def test_the_country_is_judged_before_the_signature():
    house = House(distribution(default=behavior(trusted_keys=()), geo=GERMANS))
    assert SENTENCE.encode() in (await house.get("/x", viewer=FR)).body
    assert b"MissingKey" in (await house.get("/x", viewer=DE)).body


# --- the cache key ---


async def test_a_country_in_the_key_splits_objects():
    house = House(distribution(default=behavior(cache=policy(headers=some(COUNTRY)))), origins=Origins(x=respond()))
    seen = [(await house.get("/x", (COUNTRY, "FR"), viewer=viewer)).x_cache for viewer in (DE, FR, None, DE, FR, None)]
    assert seen == ["Miss", "Miss", "Miss", "Hit", "Hit", "Hit"]
    assert [request.headers.get_all(COUNTRY.lower()) for _, request in house.origins.asked] == [["DE"], ["FR"], []]


async def test_legacy_headers_may_name_them_too():
    legacy = ForwardedValues(headers=("CloudFront-Is-Mobile-Viewer",))
    house = House(distribution(default=behavior(cache=legacy)), origins=Origins(x=respond()))
    agents = [("User-Agent", agent) for agent in ("curl", "iPhone", "curl/8", "Android Mobile")]
    assert [(await house.get("/x", agent)).x_cache for agent in agents] == ["Miss", "Miss", "Hit", "Hit"]


async def test_one_that_only_the_origin_is_sent_does_not_split_objects():
    house = House(distribution(default=behavior(origin_request_policy=orp(COUNTRY))), origins=Origins(x=respond()))
    assert [(await house.get("/x", viewer=viewer)).x_cache for viewer in (DE, FR)] == ["Miss", "Hit"]
    assert house.origins.asked[0][1].headers.get(COUNTRY.lower()) == "DE"


# --- CloudFront Functions ---


def redirect(event):
    headers = event["request"]["headers"]
    country = headers.get("cloudfront-viewer-country", {"value": "none"})["value"]
    return {"statusCode": 302, "headers": {"location": {"value": f"/{country.lower()}/"}}}


async def test_a_function_sees_what_a_policy_names():
    code = function(redirect)
    for parts, location in (
        ({"cache": policy(headers=some(COUNTRY))}, "/de/"),
        ({"origin_request_policy": orp(COUNTRY)}, "/de/"),
        ({}, "/none/"),
    ):
        house = House(distribution(default=behavior(functions={"viewer-request": code}, **parts)), code=[code])
        assert (await house.get("/", viewer=DE))["Location"] == location


async def test_a_country_that_a_function_changed_counts_for_key_origin_and_viewer_response():
    def unite(event):
        event["request"]["headers"]["cloudfront-viewer-country"] = {"value": "EU"}
        return event["request"]

    def tell(event):
        country = event["request"]["headers"]["cloudfront-viewer-country"]["value"]
        event["response"]["headers"]["x-country"] = {"value": country}
        return event["response"]

    codes = [function(unite, "unite"), function(tell, "tell")]
    hooks = {"viewer-request": codes[0], "viewer-response": codes[1]}
    site = distribution(default=behavior(cache=policy(headers=some(COUNTRY)), functions=hooks))
    house = House(site, code=codes, origins=Origins(x=respond()))
    answers = [await house.get("/x", viewer=viewer) for viewer in (DE, FR)]
    assert [(answer.x_cache, answer["X-Country"]) for answer in answers] == [("Miss", "EU"), ("Hit", "EU")]
    assert house.origins.asked[0][1].headers.get(COUNTRY.lower()) == "EU"


async def test_a_user_agent_that_a_function_changed_makes_no_other_device():
    def disguise(event):
        event["request"]["headers"]["user-agent"] = {"value": "curl"}
        return event["request"]

    code = function(disguise)
    parts = {"functions": {"viewer-request": code}, "origin_request_policy": orp("CloudFront-Is-IOS-Viewer", "User-Agent")}
    house = House(distribution(default=behavior(**parts)), code=[code], origins=Origins(x=respond()))
    await house.get("/x", ("User-Agent", "iPhone"))
    headers = house.origins.asked[0][1].headers
    assert (headers.get("user-agent"), headers.get("cloudfront-is-ios-viewer")) == ("curl", "true")


async def test_what_was_received_is_counted_whatever_a_function_adds():
    def more(event):
        event["request"]["headers"]["x-more"] = {"value": "1"}
        return event["request"]

    code = function(more)
    names = ("CloudFront-Viewer-Header-Order", "CloudFront-Viewer-Header-Count")
    parts = {"functions": {"viewer-request": code}, "origin_request_policy": orp(*names)}
    house = House(
        distribution(default=behavior(**parts), aliases=("www.shop.test",)), code=[code], origins=Origins(x=respond())
    )
    await house.get("/x", ("b", "1"), ("A", "2"))
    headers = house.origins.asked[0][1].headers
    assert [headers.get(name.lower()) for name in names] == ["Host:b:A", "3"]


# --- Lambda@Edge ---


async def test_handlers_see_them_on_the_origins_side_only():
    codes = {hook: recording(hook) for hook in ("viewer-request", "origin-request", "origin-response", "viewer-response")}
    site = distribution(default=behavior(lambdas=codes, origin_request_policy=orp(COUNTRY)))
    house = House(site, code=codes.values(), origins=Origins(x=respond()))
    assert (await house.get("/x", viewer=DE)).status == 200
    seen = {hook: shown(code).get(COUNTRY.lower()) for hook, code in codes.items()}
    lines = [{"key": COUNTRY, "value": "DE"}]
    assert seen == {"viewer-request": None, "origin-request": lines, "origin-response": lines, "viewer-response": None}


async def test_a_viewers_own_value_reaches_handlers_on_the_viewers_side_only():
    codes = {hook: recording(hook) for hook in ("viewer-request", "origin-request")}
    site = distribution(default=behavior(lambdas=codes, origin_request_policy=orp(COUNTRY)))
    house = House(site, code=codes.values(), origins=Origins(x=respond()))
    await house.get("/x", (COUNTRY, "XX"), viewer=DE)
    assert [shown(codes[hook])[COUNTRY.lower()][0]["value"] for hook in codes] == ["XX", "DE"]
    assert house.origins.asked[0][1].headers.get_all(COUNTRY.lower()) == ["DE"]


async def test_what_a_handler_makes_of_them_at_origin_request_is_sent():
    def change(event):
        request = json.loads(event)["Records"][0]["cf"]["request"]
        request["headers"][COUNTRY.lower()] = [{"key": COUNTRY, "value": "EU"}]
        return json.dumps(request).encode()

    code = PythonHandler("code", change)
    site = distribution(default=behavior(lambdas={"origin-request": code}, origin_request_policy=orp(COUNTRY)))
    house = House(site, code=[code], origins=Origins(x=respond()))
    await house.get("/x", viewer=DE)
    assert house.origins.asked[0][1].headers.get_all(COUNTRY.lower()) == ["EU"]


# --- custom error pages ---

ERROR_HEADERS = orp("CloudFront-Error-Uri", "CloudFront-Error-Args", COUNTRY)


@pytest.mark.parametrize(
    ("target", "args"), [pytest.param("/gone?a=1&b", "a=1&b", id="with a query"), pytest.param("/gone", None, id="without one")]
)
async def test_the_origin_of_an_error_page_is_told_which_request_failed(target, args):
    pages = behavior("/errors/*", "other", origin_request_policy=ERROR_HEADERS)
    everything = behavior(origin_request_policy=ERROR_HEADERS, allowed_methods=ALL_METHODS)
    errors = (CustomErrorResponse(404, "/errors/404.html", 404),)
    origins = Origins(**{"errors/404.html": respond(200, b"page")})
    house = House(distribution(pages, default=everything, custom_error_responses=errors), origins=origins)
    assert (await house.send("POST", target, viewer=DE)).body == b"page"
    (_, failed), (origin, page) = origins.asked
    assert origin == "other"
    assert [name for name in failed.headers.names() if name.startswith("cloudfront-error")] == []
    assert [page.headers.get(f"cloudfront-error-{name}") for name in ("uri", "args")] == ["/gone", args]
    assert page.headers.get(COUNTRY.lower()) == "DE"


async def test_in_the_key_of_an_error_page_they_split_its_objects():
    pages = behavior("/errors/*", cache=policy(headers=some("CloudFront-Error-Uri")))
    errors = (CustomErrorResponse(404, "/errors/404.html", 404),)
    origins = Origins(**{"errors/404.html": respond(200, b"page")})
    house = House(distribution(pages, custom_error_responses=errors), origins=origins)
    for target in ("/a", "/b", "/a"):
        await house.get(target)
    assert origins.paths == ["/a", "/errors/404.html", "/b", "/errors/404.html"]
