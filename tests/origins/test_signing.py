import hashlib
import time
from dataclasses import replace

import pytest
from kit_origins import read
from kit_s3 import S3, Got, Key, serving, signature

from edgeproxy.errors import OriginError
from edgeproxy.messages import Bytes, Headers, Request, Stream
from edgeproxy.model import Origin, SignAs, Url
from edgeproxy.origins.custom import CustomOrigins

DOMAIN = "site.s3.amazonaws.com"
BUCKET = Origin("site", DOMAIN, s3=True, origin_access_control=True, signing="always", connection_attempts=1)
KEYS = SignAs(None, "minioadmin", "minio-secret")


def asked(target="/a.txt", *headers, method="GET", host=DOMAIN, body=b""):
    path, mark, query = target.partition("?")
    return Request(method, "https", "d", path, query if mark else None, Headers([("Host", host), *headers]), Bytes(body))


def at(bucket: S3, sign_as: SignAs | None = KEYS, path="/site") -> Url:
    return Url("http", "127.0.0.1", int(bucket.url.rpartition(":")[2]), path, sign_as)


@pytest.fixture
async def bucket():
    async with serving(S3()) as found:
        found.objects["a.txt"] = b"content"
        yield found


KEYS_AND_TARGETS = [
    pytest.param("a.txt", "/a.txt", id="a plain key"),
    pytest.param("a b.txt", "/a%20b.txt", id="a space"),
    pytest.param("a+b.txt", "/a+b.txt", id="a plus sign as it is"),
    pytest.param("a+b.txt", "/a%2Bb.txt", id="a plus sign, encoded"),
    pytest.param("caf\u00e9/\u65e5\u672c.txt", "/caf%c3%a9/%E6%97%A5%E6%9C%AC.txt", id="UTF-8 in either case of hexadecimal"),
    pytest.param("caf\u00e9", "/caf\xc3\xa9", id="raw UTF-8"),
    pytest.param("a//b", "/a//b", id="two slashes"),
    pytest.param("/a", "//a", id="two slashes in front"),
    pytest.param("dir/", "/dir/", id="a slash at the end"),
    pytest.param("a/b", "/a%2Fb", id="an encoded slash"),
    pytest.param("it's (a) *star*!.txt", "/it's%20(a)%20*star*!.txt", id="characters that SDKs encode and browsers do not"),
    pytest.param("a~b-c_d.e", "/a%7Eb%2dc_d.e", id="unreserved ones, encoded"),
    pytest.param("50%", "/50%25", id="a percent sign"),
    pytest.param("a&b=c;d,e@f:g$", "/a&b=c;d,e@f:g$", id="sub-delimiters"),
    pytest.param("...", "/...", id="three dots"),
]


@pytest.mark.parametrize(("key", "target"), KEYS_AND_TARGETS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_signed_request_finds_its_key(bucket, origins: CustomOrigins, key, target, method):
    bucket.objects = {key: b"found"}
    response = await origins.fetch(BUCKET, at(bucket), asked(target, method=method))
    assert (response.status, await read(response.body)) == (200, b"" if method == "HEAD" else b"found")


@pytest.mark.parametrize(
    "query",
    ["", "a=b", "b=2&a=1&a=0", "versions", "x=a+b", "x=a%20b&y=%2f", "x=it's(*)", "a=b=c&=d&&e=", "caf\xc3\xa9=1", "a=%7e;b"],
)
async def test_a_query_string_is_signed_as_it_is_sent(bucket, origins: CustomOrigins, query):
    assert (await origins.fetch(BUCKET, at(bucket), asked(f"/a.txt?{query}"))).status == 200


async def test_the_query_string_arrives_with_its_values(bucket, origins: CustomOrigins):
    await origins.fetch(BUCKET, at(bucket), asked("/a.txt?versionId=x%2by&response-content-type=a+b"))
    assert bucket.requests[0].target == "/site/a.txt?versionId=x%2By&response-content-type=a%20b"


async def test_conditions_and_ranges_pass(bucket, origins: CustomOrigins):
    tag = f'"{hashlib.md5(b"content").hexdigest()}"'
    found = await origins.fetch(BUCKET, at(bucket), asked("/a.txt", ("If-None-Match", tag)))
    assert found.status == 304
    found = await origins.fetch(BUCKET, at(bucket), asked("/a.txt", ("Range", "bytes=1-3")))
    assert (found.status, await read(found.body)) == (206, b"ont")


async def pieces():
    for _ in range(3):
        yield b"12345"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: Bytes(b"123451234512345"), id="bytes"),
        pytest.param(lambda: Stream(pieces(), 15), id="a stream"),
        pytest.param(lambda: Stream(pieces(), None), id="a stream of unknown length"),
    ],
)
async def test_a_body_passes_unsigned(bucket, origins: CustomOrigins, body):
    request = asked("/new", ("Content-Type", "text/x"), method="PUT")._replace(body=body())
    assert (await origins.fetch(BUCKET, at(bucket), request)).status == 200
    assert bucket.objects["new"] == b"123451234512345"
    assert bucket.requests[0].headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


async def test_what_is_sent_beside_the_viewers_own(bucket, origins: CustomOrigins):
    request = asked("/a.txt", ("X-Amz-Cf-Id", "id"), ("x-amz-meta-A", " two  spaces "), ("X-Other", "x"), ("Date", "yesterday"))
    assert (await origins.fetch(BUCKET, at(bucket), request)).status == 200
    (got,) = bucket.requests
    assert got.headers["host"] == bucket.url.removeprefix("http://"), "what the server checks: its own name"
    assert abs(time.mktime(time.strptime(got.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.mktime(time.gmtime())) < 60
    assert (got.headers["x-other"], got.headers["date"], got.headers["connection"]) == ("x", "yesterday", "Keep-Alive")
    signed = "SignedHeaders=host;x-amz-cf-id;x-amz-content-sha256;x-amz-date;x-amz-meta-a,"
    assert signed in got.headers["authorization"]


async def test_what_a_viewer_sends_of_a_signature_is_replaced(bucket, origins: CustomOrigins):
    forged = [("Authorization", "Basic x"), ("X-Amz-Date", "20000101T000000Z"), ("X-Amz-Content-Sha256", "0" * 64)]
    request = asked("/a.txt", *forged, ("x-amz-security-token", "mine"), ("AUTHORIZATION", "again"))
    assert (await origins.fetch(BUCKET, at(bucket), request)).status == 200
    assert "x-amz-security-token" not in bucket.requests[0].headers


AUTHORIZED = ("Authorization", "Bearer viewer")


@pytest.mark.parametrize(
    ("signing", "headers", "sent"),
    [
        pytest.param("always", (), "AWS4-HMAC-SHA256", id="always"),
        pytest.param("always", (AUTHORIZED,), "AWS4-HMAC-SHA256", id="always: the viewer's is overwritten"),
        pytest.param("no-override", (), "AWS4-HMAC-SHA256", id="no-override, and there is nothing to override"),
        pytest.param("no-override", (AUTHORIZED,), "Bearer viewer", id="no-override: the viewer's own goes on"),
        pytest.param("never", (), "", id="never"),
        pytest.param("never", (AUTHORIZED,), "Bearer viewer", id="never: the viewer's own goes on"),
    ],
)
async def test_when_requests_are_signed(bucket, origins: CustomOrigins, signing, headers, sent):
    await origins.fetch(replace(BUCKET, signing=signing), at(bucket), asked("/a.txt", *headers))
    (got,) = bucket.requests
    assert got.headers.get("authorization", "").startswith(sent)
    assert ("authorization" in got.headers) is bool(sent)
    assert ("x-amz-date" in got.headers) is (sent == "AWS4-HMAC-SHA256")
    assert got.headers["host"] == bucket.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("origin", "sign_as"),
    [
        pytest.param(BUCKET, None, id="nobody is named"),
        pytest.param(replace(BUCKET, s3=False), KEYS, id="not a bucket"),
    ],
)
async def test_what_is_not_signed_keeps_its_host(bucket, origins: CustomOrigins, origin, sign_as):
    response = await origins.fetch(origin, at(bucket, sign_as), asked())
    assert (response.status, bucket.requests[0].headers["host"]) == (403, DOMAIN)


async def test_virtual_host_style(bucket, origins: CustomOrigins):
    place = replace(at(bucket, path=""), host="site.localhost")
    assert (await origins.fetch(BUCKET, place, asked())).status == 200
    assert bucket.requests[0].target == "/a.txt"


@pytest.mark.parametrize(
    ("domain", "given_region", "region"),
    [
        pytest.param("site.s3.amazonaws.com", "", "us-east-1", id="none is named"),
        pytest.param("site.s3.eu-west-1.amazonaws.com", "", "eu-west-1", id="the bucket's"),
        pytest.param("site.s3.dualstack.eu-west-1.amazonaws.com", "", "eu-west-1", id="a dual-stack endpoint's"),
        pytest.param("site.s3.eu-west-1.amazonaws.com", "garage", "garage", id="the settings'"),
    ],
)
async def test_the_region_that_is_signed_for(bucket, origins: CustomOrigins, domain, given_region, region):
    bucket.region = region
    origin, place = replace(BUCKET, domain_name=domain), at(bucket, replace(KEYS, region=given_region))
    assert (await origins.fetch(origin, place, asked(host=domain))).status == 200


async def test_a_wrong_secret_is_the_servers_403(bucket, origins: CustomOrigins):
    response = await origins.fetch(BUCKET, at(bucket, replace(KEYS, secret_access_key="wrong")), asked())
    assert (response.status, b"<Code>SignatureDoesNotMatch</Code>" in await read(response.body)) == (403, True)


@pytest.mark.parametrize(
    ("target", "host", "status", "code"),
    [
        pytest.param("/a.txt", "www.example.com", 403, "SignatureDoesNotMatch", id="the viewer's own Host was forwarded"),
        pytest.param("/../other/a.txt", DOMAIN, 403, "AccessDenied", id="another bucket"),
        pytest.param("/x/%2E%2e/../a.txt", DOMAIN, 403, "AccessDenied", id="another bucket, encoded"),
        pytest.param("/x%2f..%2f..%2fother", DOMAIN, 403, "AccessDenied", id="another bucket, slashes encoded"),
        pytest.param("/./a.txt", DOMAIN, 403, "AccessDenied", id="a dot"),
        pytest.param("/%zz", DOMAIN, 400, "InvalidURI", id="an escape that is none"),
        pytest.param("/%ff", DOMAIN, 400, "InvalidURI", id="a key that is not UTF-8"),
    ],
)
async def test_what_is_never_signed(bucket, origins: CustomOrigins, target, host, status, code):
    response = await origins.fetch(BUCKET, at(bucket), asked(target, host=host))
    assert (response.status, f"<Code>{code}</Code>".encode() in await read(response.body)) == (status, True)
    assert bucket.requests == []


async def test_without_credentials_nothing_is_asked(bucket, origins: CustomOrigins, monkeypatch, tmp_path):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(OriginError) as caught:
        await origins.fetch(BUCKET, at(bucket, SignAs("gone")), asked())
    assert (caught.value.status, bucket.requests) == (502, [])
    assert caught.value.cause == (
        f"origin site at {bucket.url}: its request could not be signed with the AWS profile gone: "
        "The config profile (gone) could not be found"
    )


async def test_credentials_that_have_expired_at_the_server_are_its_own_answer(bucket, origins: CustomOrigins):
    bucket.keys["minioadmin"] = Key("minio-secret", expired=True)
    response = await origins.fetch(BUCKET, at(bucket), asked())
    assert (response.status, b"ExpiredToken" in await read(response.body)) == (400, True)


async def test_every_attempt_is_signed_anew(bucket, origins: CustomOrigins):
    answers = [b"", b""]

    class Flaky(S3):
        async def answer(self, request):
            response = await super().answer(request)
            if answers:
                answers.pop()
                request.transport.abort()
            return response

    async with serving(Flaky()) as flaky:
        flaky.objects["a.txt"] = b"content"
        response = await origins.fetch(replace(BUCKET, connection_attempts=3), at(flaky), asked())
        assert response.status == 200
        assert len({len(got.headers["authorization"]) for got in flaky.requests}) == 1
        assert len(flaky.requests) == 3


def test_the_kit_signs_as_aws_publishes():
    """The example "GET Object" of the Amazon S3 API Reference, with its own keys and signature."""
    got = Got(
        "GET",
        "/test.txt",
        {
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-amz-date": "20130524T000000Z",
        },
        b"",
    )
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    made = signature(
        got,
        secret,
        "20130524",
        "us-east-1",
        sorted(got.headers),
        got.headers["x-amz-content-sha256"],
        got.headers["x-amz-date"],
    )
    assert made == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
