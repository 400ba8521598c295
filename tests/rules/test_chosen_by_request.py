import json

import pytest
from kit import House, Origins, PythonFunction, PythonHandler, behavior, distribution, policy, respond
from kit_chosen import ask, get, site, touched
from kit_signed import PEM, signed

from edgeproxy.errors import FunctionError, LambdaError
from edgeproxy.model import CustomErrorResponse, Function, GeoRestriction, PublicKey, Selection
from edgeproxy.ports import FunctionResult
from edgeproxy.runtimes.javascript import engine
from edgeproxy.served import Switches

GET = ("GET", "HEAD")


def function(change):
    return PythonFunction("code", lambda event: json.dumps(change(json.loads(event))))


def handler(change):
    return PythonHandler("code", lambda event: json.dumps(change(json.loads(event)["Records"][0]["cf"])).encode())


def failing(error):
    def run(event):
        raise error

    return run


SAME = function(lambda event: event["request"])
SAME_RESPONSE = function(lambda event: event["response"])
PAGES = {"custom_error_responses": (CustomErrorResponse(404, "/page", 200), CustomErrorResponse(503, "/page", 200))}


def with_function(code, hook="viewer-request", *answers, **parts):
    return site(*(answers or [respond()]), code=[code], functions={hook: code}, **parts)


def with_handler(code, hook, *answers, **parts):
    return site(*(answers or [respond()]), code=[code], lambdas={hook: code}, **parts)


def rooted(*behaviors):
    return House(distribution(*behaviors, default_root_object="index.html"), origins=Origins(**{"index.html": respond()}))


CHOOSING = [
    pytest.param(lambda: rooted(), get("/"), [], id="a root object where nothing tells when it was put in"),
    pytest.param(
        lambda: rooted(behavior("index.html")),
        get("/"),
        ["default-root-object-before"],
        id="a root object that has another behavior",
    ),
    pytest.param(
        lambda: with_function(SAME, distribution_parts={"default_root_object": "index.html"}),
        get("/"),
        ["default-root-object-before"],
        id="a root object that a function sees",
    ),
    pytest.param(
        lambda: site(respond(), distribution_parts={"enabled": False}),
        get(),
        ["disabled-distribution"],
        id="a disabled distribution",
    ),
    pytest.param(lambda: site(respond()), ask("/x", host="nowhere.test"), [], id="an unknown Host"),
    pytest.param(lambda: rooted(behavior("/a*")), get("/%61"), ["encoded-path-patterns"], id="%61 is a"),
    pytest.param(lambda: rooted(behavior("/a/*")), get("/a%2Fb"), ["encoded-path-patterns"], id="%2F is no slash"),
    pytest.param(
        lambda: rooted(behavior("/a/*")), get("/a//../b"), ["slashes-before-dots"], id="a dot segment after two slashes"
    ),
    pytest.param(lambda: rooted(behavior("/a/*")), get("//a/./b"), [], id="a dot segment that makes no difference"),
    pytest.param(lambda: rooted(behavior("/a/*")), get("/a/%C3%A4"), [], id="an escape that makes no difference"),
]


@pytest.mark.parametrize(("house", "asked", "ids"), CHOOSING)
async def test_choosing(house, asked, ids):
    assert await touched(house(), asked) == ids


HTTP = {"scheme": "http"}
HERE = {**HTTP, "host": "localhost:8080"}
ROOTED = {"default_root_object": "index.html"}


async def test_what_a_redirect_sees_of_the_root_object():
    house = site(respond(), viewer_protocol_policy="redirect-to-https", distribution_parts=ROOTED)
    assert await touched(house, ask("/", host="dsite.cloudfront.net", **HTTP)) == ["root-as-received"]
    assert await touched(house, ask("/index.html", host="dsite.cloudfront.net", **HTTP)) == []


async def test_what_a_signature_sees_of_the_root_object():
    parts = {"aliases": ("d.test",), **ROOTED}
    house = site(respond(), trusted_keys=(PublicKey("K1", PEM),), distribution_parts=parts)
    house.clock.time = 1000.0
    asked = ask(f"/?{signed('https://d.test/', 2000)}", host="d.test")
    assert await touched(house, asked) == ["root-as-received", "signature-forms"]
    assert await touched(house, ask("/", host="d.test")) == []


async def test_a_redirect_that_a_function_never_came_to_is_not_about_what_the_function_sees():
    house = with_function(SAME, viewer_protocol_policy="redirect-to-https", distribution_parts=ROOTED)
    assert await touched(house, ask("/", host="dsite.cloudfront.net", **HTTP)) == ["root-as-received"]


@pytest.mark.parametrize(
    ("port", "asked", "ids"),
    [
        pytest.param(8443, ask(**HERE), ["local-redirects"], id="to the HTTPS listener"),
        pytest.param(None, ask(**HERE), ["viewer-host-of-local-name"], id="to the distribution"),
        pytest.param(8443, ask(host="dsite.cloudfront.net", **HTTP), [], id="by the distribution's name"),
    ],
)
async def test_where_a_redirect_leads(port, asked, ids):
    house = site(respond(), viewer_protocol_policy="redirect-to-https")
    house.switches = Switches(https_port=port)
    assert await touched(house, asked) == ids


GERMAN, FRENCH = {"viewer": {"country": "DE"}}, {"viewer": {"country": "FR"}}
PLACES = [
    pytest.param({}, ask(**GERMAN), [], id="a country that is not served"),
    pytest.param({}, ask(**FRENCH), [], id="one that is"),
    pytest.param({}, ask(), [], id="an unknown one"),
    pytest.param({"allowed_methods": GET}, ask(method="POST", **GERMAN), ["geo-place"], id="nor is its method"),
    pytest.param({"allowed_methods": GET}, ask(method="POST", **FRENCH), [], id="only its method is not"),
    pytest.param({"trusted_keys": (PublicKey("K1", PEM),)}, ask(**GERMAN), ["geo-place"], id="nor is it signed"),
    pytest.param({"trusted_keys": (PublicKey("K1", PEM),)}, ask(**FRENCH), [], id="only it is not signed"),
]


@pytest.mark.parametrize(("parts", "asked", "ids"), PLACES)
async def test_the_place_of_the_geo_restriction(parts, asked, ids):
    geo = {"geo": GeoRestriction("blacklist", ("DE",))}
    assert await touched(site(respond(), distribution_parts=geo, **parts), asked) == ids


async def test_an_options_with_a_body_that_could_have_been_cached():
    house = site(respond(), cached_methods=("GET", "HEAD", "OPTIONS"))
    assert await touched(house, ask(method="OPTIONS", body=b"x")) == ["options-with-a-body"]
    assert await touched(house, ask(method="OPTIONS")) == []


ACCESS = [
    pytest.param({"viewer_protocol_policy": "https-only"}, ask(**HTTP), ["https-only-sentence"], id="https-only"),
    pytest.param(
        {"viewer_protocol_policy": "https-only", "allowed_methods": GET},
        ask(method="POST", **HTTP),
        ["protocol-before-methods", "https-only-sentence"],
        id="both protocol and method are wrong",
    ),
    pytest.param(
        {"viewer_protocol_policy": "redirect-to-https"},
        ask(**HTTP),
        ["viewer-host-of-local-name"],
        id="a redirect from a local name",
    ),
    pytest.param(
        {"viewer_protocol_policy": "redirect-to-https"},
        ask(host="dsite.cloudfront.net", **HTTP),
        [],
        id="a redirect from a real name",
    ),
    pytest.param({"allowed_methods": GET}, ask(method="POST"), [], id="a method that is not allowed"),
    pytest.param({}, ask(method="PROPFIND"), ["unknown-methods"], id="a method that nobody can allow"),
    pytest.param({}, ask("/x", ("X-Big", "b" * 21_000)), ["quota-pages"], id="a head between the old limit and the new"),
]


@pytest.mark.parametrize(("parts", "asked", "ids"), ACCESS)
async def test_access(parts, asked, ids):
    assert await touched(site(respond(), **parts), asked) == ids


LISTED = policy(
    query_strings=Selection("whitelist", ("a", "b")), headers=Selection("whitelist", ("X-T", "CloudFront-Viewer-Country"))
)
KEYS = [
    pytest.param(policy(query_strings=Selection("all")), get("/x?"), ["empty-query"], id="an empty query string in the key"),
    pytest.param(policy(), get("/x?"), [], id="an empty query string that does not count"),
    pytest.param(policy(query_strings=Selection("all")), get("/x?a&b=1"), ["parameter-without-value"], id="no equals sign"),
    pytest.param(policy(query_strings=Selection("all")), get("/x?a="), ["parameter-without-value"], id="no value"),
    pytest.param(policy(query_strings=Selection("all")), get("/x?a=1&&b=2"), [], id="values, and nothing between two &"),
    pytest.param(LISTED, get("/x?c"), [], id="a parameter without a value that is not in the key"),
    pytest.param(LISTED, get("/x?b=1&a=2"), ["query-names-and-order"], id="listed parameters that are not in order"),
    pytest.param(LISTED, get("/x?a=1&c=0&b=2"), [], id="listed parameters in order"),
    pytest.param(LISTED, get("/x?%61=1"), ["query-names-and-order"], id="a listed name, encoded"),
    pytest.param(LISTED, ask("/x", ("X-T", "1"), ("X-T", "2")), ["repeated-and-empty-headers"], id="a header twice"),
    pytest.param(LISTED, get(X_T=""), ["repeated-and-empty-headers"], id="an empty header"),
    pytest.param(LISTED, get(X_T="1", X_U=""), [], id="a header of the key, and one that is not"),
    pytest.param(
        LISTED,
        ask("/x", ("CloudFront-Viewer-Country", "DE")),
        ["viewer-cloudfront-headers-in-key", "viewer-cloudfront-headers"],
        id="a CloudFront-* header of the viewer's",
    ),
    pytest.param(policy(gzip=True), get(Accept_Encoding="br, gzip;q=0"), ["accept-encoding-q"], id="a q-value"),
    pytest.param(policy(gzip=True), get(Accept_Encoding="gzip, deflate;q=0.5"), [], id="the q-value of another coding"),
    pytest.param(policy(), get(Accept_Encoding="gzip;q=0"), [], id="a q-value that does not count"),
]


@pytest.mark.parametrize(("cache", "asked", "ids"), KEYS)
async def test_the_cache_key(cache, asked, ids):
    assert await touched(site(respond(), cache=cache), asked) == ids


class Measured(PythonFunction):
    """A function that does what it is told to and took so much."""

    def __init__(self, utilization=0, logs=(), error=None):
        super().__init__("code", lambda event: json.dumps(json.loads(event)["request"]))
        self.utilization, self.logs, self.error = utilization, logs, error

    def run(self, event, now, *given):
        if self.error is not None:
            raise self.error
        return FunctionResult(super().run(event, now, *given).output, self.logs, 0.1, self.utilization)


FUNCTIONS = [
    pytest.param(SAME, [], id="an ordinary function"),
    pytest.param(Measured(error=FunctionError.throttled("too long")), ["function-time"], id="stopped for its time"),
    pytest.param(Measured(utilization=101), ["compute-utilization"], id="over its time, but not stopped"),
    pytest.param(Measured(utilization=100), [], id="all of its time"),
    pytest.param(Measured(logs=("see [object Object]",)), ["console-log"], id="an object is logged"),
    pytest.param(Measured(logs=("see",)), [], id="a text is logged"),
    pytest.param(Measured(error=FunctionError.execution("Error: x")), [], id="it throws"),
    pytest.param(
        engine.load(Function("code", "cloudfront-js-2.0", "function handler(event) { class A {} }")),
        ["x-cache-of-syntax-errors"],
        id="it does not compile",
    ),
    pytest.param(
        engine.load(Function("code", "cloudfront-js-2.0", "function handler(event) { JSON.parse('{'); }")),
        [],
        id="it throws a SyntaxError",
    ),
]


@pytest.mark.parametrize(("code", "ids"), FUNCTIONS)
async def test_functions(code, ids):
    assert await touched(with_function(code), get()) == ids


ETAG = ("ETag", '"1"')
HANDLERS = [
    pytest.param(
        lambda: with_function(SAME_RESPONSE, "viewer-response", respond(200, b"hello", ETAG)),
        [get(), get(Range="bytes=0-1")],
        ["viewer-response-on-304-and-206"],
        id="viewer-response runs on a 206",
    ),
    pytest.param(
        lambda: with_handler(handler(lambda cf: {"status": "200"}), "origin-request"),
        [get()],
        ["x-cache-of-origin-request-answer"],
        id="origin-request answers",
    ),
    pytest.param(
        lambda: with_handler(handler(lambda cf: {"status": "200"}), "origin-request"),
        [get(), get()],
        [],
        id="and its answer is a Hit",
    ),
    pytest.param(
        lambda: with_handler(handler(lambda cf: cf["request"]), "origin-request"), [get()], [], id="origin-request passes on"
    ),
    pytest.param(
        lambda: with_handler(
            handler(lambda cf: cf["response"]),
            "origin-response",
            respond(200, b"x", ETAG, ("Cache-Control", "max-age=1")),
            respond(304, b""),
        ),
        [get(), 2, get()],
        ["origin-response-on-304"],
        id="a 304 without origin-response",
    ),
    pytest.param(
        lambda: with_handler(PythonHandler("code", failing(LambdaError.execution("boom"))), "origin-request"),
        [get()],
        ["handler-failures-not-cached"],
        id="origin-request fails",
    ),
    pytest.param(
        lambda: with_handler(PythonHandler("code", failing(LambdaError.throttled("busy"))), "viewer-request"),
        [get()],
        ["handler-throttling"],
        id="viewer-request is throttled",
    ),
    pytest.param(
        lambda: with_handler(
            handler(lambda cf: {"status": "503"} if cf["request"]["uri"] == "/x" else cf["request"]),
            "viewer-request",
            distribution_parts=PAGES,
        ),
        [get()],
        ["errors-made-by-handlers"],
        id="an error made at viewer-request, for which there is a page",
    ),
    pytest.param(
        lambda: with_handler(
            handler(lambda cf: {**cf["response"], "status": "404"}), "origin-response", distribution_parts=PAGES
        ),
        [get()],
        ["errors-made-by-handlers"],
        id="an error made at origin-response is replaced",
    ),
    pytest.param(
        lambda: with_function(Measured(error=FunctionError.execution("boom")), distribution_parts=PAGES),
        [get()],
        ["function-failure-page"],
        id="a failed function, for whose status there is a page",
    ),
]


@pytest.mark.parametrize(("house", "steps", "ids"), HANDLERS)
async def test_handlers(house, steps, ids):
    assert await touched(house(), *steps) == ids


async def test_an_expired_object_does_not_stand_in_for_a_handler():
    answers = iter([lambda cf: cf["request"], lambda cf: {"status": "503"}])
    code = handler(lambda cf: next(answers)(cf))
    house = with_handler(code, "origin-request", respond(200, b"x", ("Cache-Control", "max-age=1")))
    assert await touched(house, get(), 2, get()) == ["x-cache-of-origin-request-answer", "handler-failure-beside-stale"]


async def test_viewer_response_runs_on_a_stale_object_that_stands_in():
    keep = handler(lambda cf: cf["response"])
    late = PythonHandler("late", lambda event: json.dumps(json.loads(event)["Records"][0]["cf"]["response"]).encode())
    answers = [respond(200, b"x", ("Cache-Control", "max-age=1")), respond(503)]
    house = site(*answers, code=[keep, late], lambdas={"origin-response": keep, "viewer-response": late})
    assert await touched(house, get(), 2, get()) == ["x-cache-of-stale-answers"]


async def test_viewer_response_does_not_run_where_origin_response_mended_an_error():
    mend, late = handler(lambda cf: {**cf["response"], "status": "200"}), PythonHandler("late", None)
    house = site(respond(404), code=[mend, late], lambdas={"origin-response": mend, "viewer-response": late})
    assert await touched(house, get()) == ["viewer-response-after-origin-response"]
