from pathlib import Path

import pytest
from kit import HERE, House, Origins, PythonHandler, behavior, distribution, respond
from kit_chosen import ask, get, site, touched

from edgeproxy.errors import OriginError
from edgeproxy.model import (
    Directory,
    ForwardedValues,
    Origin,
    OriginGroup,
    OriginRequestPolicy,
    Selection,
    SignAs,
    Url,
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


LEGACY = {"cache": ForwardedValues()}
JSON = ask("/x", ("Content-Type", "application/json"), method="POST", body=b"{}")
SENT = [
    pytest.param({}, JSON, ["unnamed-headers"], id="Content-Type that no policy names"),
    pytest.param(ALL, JSON, [], id="Content-Type under AllViewer"),
    pytest.param(LEGACY, JSON, [], id="Content-Type under legacy settings"),
    pytest.param({}, get(If_None_Match='"1"', Range="bytes=0-1"), [], id="what is documented for a cold key"),
    pytest.param({}, get(If_Range='"1"'), ["unnamed-headers"], id="If-Range"),
    pytest.param({}, get(Accept_Language="de"), [], id="what is removed"),
    pytest.param({}, ask("/x", method="POST"), ["methods-without-a-body"], id="a POST without a body"),
    pytest.param({}, ask("/x", ("Content-Length", "0"), method="POST"), [], id="an empty POST that says so"),
    pytest.param({}, ask("/x", method="DELETE"), [], id="a DELETE without a body"),
]


@pytest.mark.parametrize(("parts", "asked", "ids"), SENT)
async def test_headers_towards_the_origin(parts, asked, ids):
    assert await touched(site(respond(), **parts), asked) == ids


BUCKET = "site.s3.amazonaws.com"
MINIO = Url("http", "127.0.0.1", 9000, "/site", SignAs(None, "key", "secret"))


def bucket(answer=None, place=MINIO, signing="always", **parts):
    origins = {"app": Origin("app", BUCKET, s3=True, place=place, signing=signing)}
    house = House(distribution(default=behavior(**parts), origins=origins), origins=Origins())
    house.origins.otherwise = answer or respond()
    return house


EVERYTHING = {"origin_request_policy": OriginRequestPolicy("query", query_strings=Selection("all"))}
ENCODINGS = [
    pytest.param({}, get("/a/b.txt"), [], id="a plain path"),
    pytest.param({}, get("/%C3%A4"), [], id="an escape as S3 writes it"),
    pytest.param({}, get("/%c3%a4"), ["signed-encoding"], id="a small escape"),
    pytest.param({}, get("/a(1).txt"), ["signed-encoding"], id="what S3 encodes"),
    pytest.param({}, get("/a/%2E%2E/b"), ["signed-encoding"], id="dot segments"),
    pytest.param({}, get("/a?b=1+2"), [], id="a query that stays behind"),
    pytest.param(EVERYTHING, get("/a?b=1+2"), ["signed-encoding"], id="a plus in a query"),
    pytest.param({"signing": "never"}, get("/%c3%a4"), [], id="a request that is not signed"),
    pytest.param({"place": HERE}, get("/%c3%a4"), [], id="a place that says nothing of signing"),
]


@pytest.mark.parametrize(("parts", "asked", "ids"), ENCODINGS)
async def test_the_encoding_of_a_signed_request(parts, asked, ids):
    assert await touched(bucket(**parts), asked) == ids


HOST = {"origin_request_policy": OriginRequestPolicy("host", Selection("whitelist", ("Host",)))}
DIRECTORY = Directory(Path("site"))
HOSTS = [
    pytest.param({}, MINIO, [], id="the bucket's"),
    pytest.param(HOST, MINIO, ["signed-host"], id="the viewer's, where requests are signed"),
    pytest.param(HOST, DIRECTORY, ["bucket-host"], id="the viewer's, at a directory"),
    pytest.param({}, DIRECTORY, [], id="the bucket's, at a directory"),
    pytest.param(HOST, HERE, [], id="the viewer's, where nothing is signed"),
]


@pytest.mark.parametrize(("parts", "place", "ids"), HOSTS)
async def test_the_host_that_a_bucket_is_asked_by(parts, place, ids):
    assert await touched(bucket(respond(403, b"x", ("Cache-Control", "max-age=9")), place, **parts), get()) == ids


async def test_nobody_to_sign_as():
    house = bucket()
    house.origins.otherwise = OriginError(
        502,
        OriginError.CONNECT,
        "origin app at x: its request could not be signed with the AWS profile dev: x",
        "OriginDnsError",
    )
    assert await touched(house, get()) == ["signing-identity"]
