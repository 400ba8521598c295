"""What becomes of a request by its method, its path and what its behavior takes of it, from the viewer to the origin."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kit import ALL_METHODS, QUERY_ALL, House, Origins, behavior, distribution, policy, respond

from edgeproxy.errors import OriginError
from edgeproxy.messages import BodyBroken, Stream
from edgeproxy.model import CustomErrorResponse, Origin, OriginGroup, OriginRequestPolicy, PublicKey, Selection, Settings, Url

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OPTIONS_CACHED = {"allowed_methods": ALL_METHODS, "cached_methods": ("GET", "HEAD", "OPTIONS")}
BEHIND_PROD = {"app": Origin("app", "app.test", place=Url("http", "127.0.0.1", 3000), origin_path="/prod")}


def some(*names):
    return Selection("whitelist", names)


def x_caches(answers):
    return [answer.x_cache for answer in answers]


# --- protocol and method ---


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_cf_2_other_methods_are_sent_to_https_with_307(method):
    """CF-2"""
    default = behavior(cache=policy(0, 0, 0), viewer_protocol_policy="redirect-to-https", allowed_methods=ALL_METHODS)
    house = House(distribution(default=default, aliases=("d.test",)))
    seen = await house.send(method, "/x?a=1", host="d.test", scheme="http")
    assert (seen.status, seen["Location"], seen["X-Cache"]) == (307, "https://d.test/x?a=1", "Redirect from cloudfront")
    assert house.origins.asked == []


@pytest.mark.parametrize(
    ("rules", "method", "version"),
    [
        pytest.param("redirect-to-https", "POST", "1.0", id="CF-3 an HTTP/1.0 POST cannot be redirected"),
        pytest.param("https-only", "GET", "1.1", id="CF-4 https-only"),
    ],
)
async def test_what_may_not_come_over_http_gets_the_403_page(rules, method, version):
    house = House(distribution(default=behavior(viewer_protocol_policy=rules, allowed_methods=ALL_METHODS)))
    seen = await house.send(method, "/x", scheme="http", version=version)
    assert (seen.status, seen["X-Cache"], seen["Content-Type"]) == (403, "Error from cloudfront", "text/html")
    assert b"Bad request." in seen.body
    assert house.origins.asked == []


async def test_options_has_an_object_of_its_own():
    house = House(distribution(default=behavior(**OPTIONS_CACHED)), origins=Origins(x=respond()))
    answers = [await house.send(method, "/x") for method in ("OPTIONS", "OPTIONS", "GET", "HEAD")]
    assert x_caches(answers) == ["Miss", "Hit", "Miss", "Hit"]


async def test_options_is_not_cached_unless_the_behavior_says_so():
    house = House(distribution(default=behavior(allowed_methods=ALL_METHODS)), origins=Origins(x=respond()))
    assert x_caches([await house.send("OPTIONS", "/x") for _ in range(2)]) == ["Miss", "Miss"]


async def test_an_options_request_with_a_body_leaves_nothing_for_others():
    house = House(distribution(default=behavior(**OPTIONS_CACHED)), origins=Origins(x=respond()))
    assert x_caches([await house.send("OPTIONS", "/x", body=b"fat") for _ in range(2)]) == ["Miss", "Miss"]
    assert x_caches([await house.send("OPTIONS", "/x"), await house.send("OPTIONS", "/x", body=b"fat")]) == ["Miss", "Miss"]


async def test_a_body_that_breaks_off_leaves_no_error_for_others():
    async def broken():
        raise BodyBroken("the viewer left")
        yield

    def answer(request):
        if request.body.length != 0:
            return OriginError(502, OriginError.ATTEMPT, "the request body broke off", "ClientCommError")
        return respond()

    house = House(distribution(default=behavior(**OPTIONS_CACHED)), origins=Origins(x=answer))
    passage = house.passage("OPTIONS", "/x")
    passage.request = passage.request._replace(body=Stream(broken(), 10))
    assert (await passage.run()).status == 502
    assert (await house.send("OPTIONS", "/x")).status == 200


async def test_options_in_a_signed_behavior_passes_without_what_signs():
    cache = policy(query_strings=QUERY_ALL, cookies=Selection("all"))
    house = House(distribution(default=behavior(cache=cache, trusted_keys=(PublicKey("K1", PEM.decode()),), **OPTIONS_CACHED)))
    await house.send("OPTIONS", "/x?Expires=1&a=1&Signature=b&Key-Pair-Id=K1", ("Cookie", "CloudFront-Policy=c; d=e"))
    assert house.origins.paths == ["/x?a=1"]
    assert house.origins.asked[0][1].headers.get("cookie") == "d=e"


# --- path ---


async def test_cf_10_a_pattern_in_the_wrong_case_is_the_default_behaviors():
    """CF-10"""
    house = House(distribution(behavior("*.jpg", "other")))
    await house.get("/x.JPG")
    assert house.origins.asked[0][0] == "app"


async def test_cf_12_a_pattern_without_a_slash_matches_from_the_root():
    """CF-12"""
    house = House(distribution(behavior("images/*", "other")))
    await house.get("/images/z")
    await house.get("/a/images/z")
    assert [origin for origin, _ in house.origins.asked] == ["other", "app"]


async def test_cf_14_a_folder_has_no_root_object():
    """CF-14"""
    house = House(distribution(default_root_object="index.html"))
    assert (await house.get("/sub/")).status == 404
    assert house.origins.paths == ["/sub/"]


@pytest.mark.parametrize(
    ("method", "target", "path"),
    [
        pytest.param("GET", "/", "/prod/index.html", id="CF-15 the origin path stands in front"),
        pytest.param("HEAD", "/", "/prod/index.html", id="of HEAD"),
        pytest.param("POST", "/", "/prod/index.html", id="of POST"),
        pytest.param("GET", "/?a=1", "/prod/index.html?a=1", id="with a query string"),
        pytest.param("GET", "/?", "/prod/index.html?", id="with an empty query string"),
        pytest.param("GET", "//", "/prod//", id="two slashes are not the root"),
        pytest.param("GET", "/%2F", "/prod/%2F", id="nor is an escaped one"),
        pytest.param("GET", "/.", "/prod/.", id="nor a dot, which matches as the root"),
        pytest.param("GET", "/;a", "/prod/;a", id="nor a parameter"),
    ],
)
async def test_the_root_object_stands_for_the_root_alone(method, target, path):
    default = behavior(cache=policy(query_strings=QUERY_ALL), allowed_methods=ALL_METHODS)
    house = House(distribution(default=default, origins=BEHIND_PROD, default_root_object="index.html"))
    await house.send(method, target)
    assert house.origins.paths == [path]


@pytest.mark.parametrize("turn", ["before", "after"])
async def test_the_redirect_leads_to_the_path_as_received(turn):
    default = behavior(viewer_protocol_policy="redirect-to-https")
    settings = Settings(default_root_object=turn)
    house = House(distribution(default=default, aliases=("d.test",), default_root_object="index.html"), settings=settings)
    seen = await house.get("/?a=1", host="d.test", scheme="http")
    assert (seen.status, seen["Location"]) == (301, "https://d.test/?a=1")


@pytest.mark.parametrize("turn", ["before", "after"])
async def test_a_signature_is_of_the_path_as_received(turn):
    default = behavior(trusted_keys=(PublicKey("K1", PEM.decode()),))
    settings = Settings(default_root_object=turn)
    site = distribution(behavior("/x"), default=default, aliases=("d.test",), default_root_object="index.html")
    house = House(site, origins=Origins(**{"index.html": respond()}), settings=settings)
    house.clock.time = 1000.0
    text = b'{"Statement":[{"Resource":"https://d.test/","Condition":{"DateLessThan":{"AWS:EpochTime":2000}}}]}'
    signature = b64encode(KEY.sign(text, ec.ECDSA(hashes.SHA1()))).decode().translate(str.maketrans("+=/", "-_~"))
    seen = await house.get(f"/?Expires=2000&Signature={signature}&Key-Pair-Id=K1", host="d.test")
    assert (seen.status, house.origins.paths) == (200, ["/index.html"])


async def test_paths_that_match_alike_are_still_two_objects():
    house = House(distribution(behavior("/a/*", "other")), origins=Origins(**{"a/b": respond(), "a/./b": respond()}))
    assert x_caches([await house.get(path) for path in ("/a/b", "/a/./b", "/a/b")]) == ["Miss", "Miss", "Hit"]
    assert [origin for origin, _ in house.origins.asked] == ["other", "other"]


# --- what counts, and what the origin gets ---


async def test_cf_30_only_the_listed_parameters_count_and_are_sent():
    """CF-30"""
    house = House(distribution(default=behavior(cache=policy(query_strings=some("a")))), origins=Origins(x=respond()))
    assert x_caches([await house.get("/x?a=1&z=9"), await house.get("/x?a=1")]) == ["Miss", "Hit"]
    assert house.origins.paths == ["/x?a=1"]


async def test_cf_31_a_listed_header_counts_by_its_value_and_no_other_is_sent():
    """CF-31"""
    house = House(distribution(default=behavior(cache=policy(headers=some("X-T")))), origins=Origins(x=respond()))
    lines = (("x-t", "A"), ("X-T", "A"), ("X-T", "a"))
    assert x_caches([await house.get("/x", line, ("X-Other", "1")) for line in lines]) == ["Miss", "Hit", "Miss"]
    sent = [request.headers for _, request in house.origins.asked]
    assert [(headers.get("x-t"), "x-other" in headers) for headers in sent] == [("A", False), ("a", False)]


async def test_cf_32_what_only_the_origin_request_policy_names_is_sent_and_does_not_count():
    """CF-32"""
    default = behavior(origin_request_policy=OriginRequestPolicy("O", some("User-Agent", "Referer")))
    house = House(distribution(default=default), origins=Origins(x=respond()))
    answers = [await house.get("/x", ("User-Agent", agent)) for agent in ("curl", "wget")]
    assert x_caches(answers) == ["Miss", "Hit"]
    assert house.origins.asked[0][1].headers.get("user-agent") == "curl"


# --- origin groups ---


class Two(Origins):
    """The origins of a group, each with one answer for everything."""

    def __init__(self, app, other):
        super().__init__()
        self.by_id = {"app": app, "other": other}

    async def fetch(self, origin, place, request):
        self.otherwise = self.by_id[origin.id]
        return await super().fetch(origin, place, request)


def group_house(app, other, *codes, pages=(), **parts):
    group = OriginGroup(("app", "other"), frozenset(codes))
    return House(
        distribution(default=behavior(origin_group=group, **parts), custom_error_responses=pages), origins=Two(app, other)
    )


@pytest.mark.parametrize("code", [400, 403, 404, 416, 429, 500, 502, 503, 504])
async def test_each_code_that_a_group_may_list_fails_over(code):
    house = group_house(respond(code), respond(200, b"other"), code)
    assert [(await house.get("/x")).body for _ in range(2)] == [b"other", b"other"]
    assert [origin for origin, _ in house.origins.asked] == ["app", "other"], "the second answer is stored"


@pytest.mark.parametrize(
    ("method", "cached", "status"),
    [
        pytest.param("HEAD", ("GET", "HEAD"), 200, id="HEAD"),
        pytest.param("OPTIONS", ("GET", "HEAD", "OPTIONS"), 200, id="OPTIONS that is cached"),
        pytest.param("OPTIONS", ("GET", "HEAD"), 500, id="OPTIONS that is not"),
        pytest.param("PUT", ("GET", "HEAD"), 500, id="PUT"),
        pytest.param("DELETE", ("GET", "HEAD"), 500, id="DELETE"),
    ],
)
async def test_who_gets_the_second_origins_answer(method, cached, status):
    house = group_house(respond(500), respond(), 500, allowed_methods=ALL_METHODS, cached_methods=cached)
    assert (await house.send(method, "/x")).status == status


async def test_the_error_page_is_that_of_the_second_origins_status_and_its_error_is_stored():
    pages = (CustomErrorResponse(500, "/first.html", 200), CustomErrorResponse(404, "/second.html", 200))
    house = group_house(respond(500), respond(404), 500, pages=pages)
    for _ in range(2):
        assert (await house.get("/x")).status == 404, "of the page, which neither origin has"
    assert [request.path for _, request in house.origins.asked] == ["/x", "/x", "/second.html", "/second.html"]
