import pytest
from kit import HERE, House, Origins, PythonHandler, behavior, distribution, policy, respond
from kit_chosen import ask, get, site, touched

from edgeproxy.errors import OriginError
from edgeproxy.model import (
    Cors,
    CustomErrorResponse,
    Origin,
    OriginGroup,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
    Selection,
    StrictTransportSecurity,
)

ALL = {"origin_request_policy": OriginRequestPolicy("all", headers=Selection("allViewer"))}


def lost(detail, status=502):
    return OriginError(status, OriginError.ATTEMPT, "it failed", detail)


ORIGINS = [
    pytest.param({}, respond(), get(X_Forwarded_For="1.1.1.1"), ["joined-forwarded-for"], id="X-Forwarded-For of the viewer"),
    pytest.param({}, respond(), get(Via="1.1 a"), ["joined-forwarded-for"], id="Via of the viewer"),
    pytest.param(
        {}, respond(), get(CloudFront_Viewer_Country="DE"), ["viewer-cloudfront-headers"], id="CloudFront-Viewer-Country"
    ),
    pytest.param(
        ALL,
        respond(),
        get(Connection="X-One, close", X_One="1"),
        ["headers-named-by-connection"],
        id="a header named by Connection",
    ),
    pytest.param({}, respond(), get(Connection="X-One", X_One="1"), [], id="one that does not go on"),
    pytest.param(ALL, respond(), get(Connection="keep-alive", Keep_Alive="1"), [], id="an ordinary Connection"),
    pytest.param({}, respond(), get(X_Raw="\xff"), [], id="bytes that stay behind"),
    pytest.param(
        {}, lost("OriginCommError"), get(), ["detailed-result-type", "sentence-of-origin-failure"], id="a lost connection"
    ),
    pytest.param(
        {},
        lost("OriginWriteError"),
        get(),
        ["detailed-result-type", "sentence-of-origin-failure", "unsent-body-status"],
        id="a body that cannot be sent",
    ),
    pytest.param({}, lost("OriginInvalidResponseError"), get(), ["invalid-answers"], id="an answer that is no HTTP"),
    pytest.param({}, lost("OriginDnsError"), get(), [], id="a name that does not resolve"),
    pytest.param({}, respond(502), get(), [], id="the origin's own 502"),
]


@pytest.mark.parametrize(("parts", "answer", "asked", "ids"), ORIGINS)
async def test_towards_the_origin(parts, answer, asked, ids):
    assert await touched(site(answer, **parts), asked) == ids


def group(*answers, codes, **parts):
    origins = {name: Origin(name, f"{name}.test", place=HERE) for name in ("one", "two")}
    members = OriginGroup(("one", "two"), frozenset(codes))
    return site(*answers, origin="one", origin_group=members, distribution_parts={"origins": origins}, **parts)


async def test_failover_by_status_is_documented():
    assert await touched(group(respond(500), respond(), codes={500}), get()) == []


async def test_failover_for_a_lost_connection():
    for detail in ("OriginCommError", "OriginZeroSizeObjectError"):
        assert await touched(group(lost(detail), respond(), codes={502}), get()) == ["failover-criteria"]


async def test_failover_before_origin_response():
    code = PythonHandler("code", lambda event: b'{"status": "200"}')
    house = group(respond(500), respond(), codes={500}, code=[code], lambdas={"origin-response": code})
    assert await touched(house, get()) == ["failover-criteria"]


def cors(*origins, headers=("*",), override=True):
    return ResponseHeadersPolicy("test", cors=Cors(origins, headers, ("GET",), False, override))


HSTS = ResponseHeadersPolicy("hsts", strict_transport_security=StrictTransportSecurity(True, 60))
ALLOWED = ("Access-Control-Allow-Origin", "https://own.test")
PREFLIGHT = (("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "x-a"))
POLICIES = [
    pytest.param(HSTS, respond(), get(), [], id="a policy on an ordinary answer"),
    pytest.param(
        HSTS, respond(), ask("/x", method="TRACE"), ["unknown-methods", "policy-on-errors-and-redirects"], id="on a page"
    ),
    pytest.param(HSTS, respond(404), get(), [], id="on an error of the origin"),
    pytest.param(HSTS, respond(), ask(scheme="http"), ["hsts-on-http"], id="Strict-Transport-Security on plain HTTP"),
    pytest.param(cors("*"), respond(), get(Origin="https://a.test"), [], id="every Origin"),
    pytest.param(cors("https://a.test"), respond(), get(Origin="https://a.test"), ["vary-origin"], id="an Origin by name"),
    pytest.param(
        cors("https://a.test"),
        respond(200, b"", ALLOWED),
        get(Origin="https://b.test"),
        ["origin-without-pattern", "vary-origin"],
        id="an Origin that nothing fits, and the origin's own CORS",
    ),
    pytest.param(
        cors("https://a.test"), respond(), get(Origin="https://b.test"), ["vary-origin"], id="an Origin that nothing fits"
    ),
    pytest.param(
        cors("*", headers=("x-*",)),
        respond(),
        ask("/x", *PREFLIGHT, method="OPTIONS"),
        ["allow-headers-wildcard"],
        id="a partial wildcard",
    ),
    pytest.param(cors("*"), respond(), ask("/x", *PREFLIGHT, method="OPTIONS"), [], id="an ordinary preflight"),
]


@pytest.mark.parametrize(("headers_policy", "answer", "asked", "ids"), POLICIES)
async def test_response_headers_policies(headers_policy, answer, asked, ids):
    assert await touched(site(answer, response_headers_policy=headers_policy), asked) == ids


async def test_an_origin_by_name_where_vary_says_so():
    house = site(respond(200, b"", ("Vary", "Origin")), response_headers_policy=cors("https://a.test"), **ALL)
    assert await touched(house, get(Origin="https://a.test")) == []


async def test_the_page_of_a_307():
    house = site(respond(), viewer_protocol_policy="redirect-to-https")
    asked = ask("/x", method="POST", scheme="http", host="dsite.cloudfront.net")
    assert await touched(house, asked) == ["page-of-307"]


async def test_the_policy_of_a_redirect():
    house = site(respond(), viewer_protocol_policy="redirect-to-https", response_headers_policy=cors("*"))
    asked = ask("/x", scheme="http", host="dsite.cloudfront.net")
    assert await touched(house, asked) == ["policy-on-errors-and-redirects"]


@pytest.mark.parametrize(
    ("scheme", "ids"),
    [
        pytest.param("http", ["checks-of-the-page"], id="the page's behavior would have redirected"),
        pytest.param("https", [], id="it would have served"),
    ],
)
async def test_checks_of_a_custom_error_page(scheme, ids):
    page = behavior("/page", viewer_protocol_policy="redirect-to-https")
    errors = (CustomErrorResponse(404, "/page", 200),)
    house = House(
        distribution(page, default=behavior(cache=policy()), custom_error_responses=errors), origins=Origins(page=respond())
    )
    assert await touched(house, ask("/x", scheme=scheme)) == ids
