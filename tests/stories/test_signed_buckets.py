"""A bucket with an origin access control at an S3-compatible server: signed requests through the whole proxy."""

import hashlib

import pytest
from kit_s3 import S3, serving

ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
KEYS = "{access_key_id: minioadmin, secret_access_key: minio-secret}"
ALL_QUERIES = {
    "QueryStringsConfig": {"QueryStringBehavior": "all"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["Authorization"]}},
    "EnableAcceptEncodingGzip": False,
}
TAG = f'"{hashlib.md5(b"content").hexdigest()}"'
HANDLER = "def handler(event, context):\n    request = event['Records'][0]['cf']['request']\n"


def control(behavior="always"):
    config = {"Name": "c", "OriginAccessControlOriginType": "s3", "SigningBehavior": behavior, "SigningProtocol": "sigv4"}
    return {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {"OriginAccessControlConfig": config}}


@pytest.fixture
def signed_project(project, tmp_path):
    """`/own/*` and everything else but `/site/*` go to a bucket with an access control, which lives at `url`."""

    def written(url, behavior="always", sign_as=KEYS, **more):
        origin = {
            "Id": "assets",
            "DomainName": "assets.s3.eu-west-1.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            "OriginAccessControlId": {"Fn::GetAtt": ["Control", "Id"]},
            "ConnectionAttempts": 1,
        }
        policy = {
            "Name": "p",
            "MinTTL": 0,
            "DefaultTTL": 60,
            "MaxTTL": 60,
            "ParametersInCacheKeyAndForwardedToOrigin": ALL_QUERIES,
        }
        policy = {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": policy}}
        resources = {"Control": control(behavior), "Policy": policy, **more.pop("resources", {})}
        own = {"TargetOriginId": "assets", "AllowedMethods": ALL_METHODS, "CachePolicyId": {"Ref": "Policy"}, **more}
        project(behavior=own, behaviors=[{"PathPattern": "/site/*"}], origins=[origin], resources=resources)
        place = f"{{url: {url}, sign_as: {sign_as}}}" if sign_as else url
        (tmp_path / "edgeproxy.yaml").write_text(
            f"distribution: template.json\norigins:\n  site: ./public\n  assets: {place}\n"
        )
        return tmp_path

    return written


@pytest.fixture
async def bucket():
    async with serving(S3("assets", "eu-west-1")) as found:
        found.objects = {"a.txt": b"content", "caf\u00e9 + x.txt": b"odd", "v2/a.txt": b"second"}
        yield found


async def test_objects_come_signed_and_are_cached(running, signed_project, bucket):
    async with running(signed_project(f"{bucket.url}/assets")) as proxy:
        for x_cache in ("Miss", "Hit"):
            seen = await proxy.get("/a.txt")
            assert (seen.status, seen.body, seen.x_cache) == (200, b"content", x_cache)
            assert (seen["x-amz-meta-own"], seen["x-amz-request-id"]) == ("m", None)
        assert (await proxy.get("/caf%C3%A9%20+%20x.txt?versionId=a%2fb+c")).body == b"odd"
        seen = await proxy.get("/a.txt?1", ("Range", "bytes=1-3"))
        assert (seen.status, seen.body, seen["Content-Range"]) == (206, b"ont", "bytes 1-3/7")
        assert (await proxy.get("/a.txt?2", ("If-None-Match", TAG))).status == 304
        assert (await proxy.get("/a.txt?3", method="HEAD")).status == 200
        proxy.proxy.clock.offset += 3600
        assert (await proxy.get("/a.txt")).x_cache == "RefreshHit", "signed at the real time, whatever the proxy's clock says"
    assert len(bucket.requests) == 6
    assert "minio-secret" not in proxy.terminal
    assert "Signature=" not in proxy.terminal


async def test_an_upload_and_a_deletion_pass(running, signed_project, bucket):
    async with running(signed_project(f"{bucket.url}/assets")) as proxy:
        assert (await proxy.get("/new key", method="GET")).status == 400
        assert (await proxy.get("/new%20key", ("Content-Type", "text/x"), method="PUT", body=b"uploaded")).status == 200
        assert (await proxy.get("/new%20key")).body == b"uploaded"
        assert (await proxy.get("/new%20key", method="DELETE")).status == 204
    assert "new key" not in bucket.objects


async def test_cf_66_a_missing_key_is_403_where_the_bucket_cannot_be_listed(running, signed_project, bucket):
    """CF-66, at the endpoint and from a directory."""
    async with running(signed_project(f"{bucket.url}/assets")) as proxy:
        for target in ("/gone", "/site/gone"):
            for method in ("GET", "HEAD"):
                seen = await proxy.get(target, method=method)
                assert (seen.status, seen.x_cache, seen["Content-Type"].partition(";")[0]) == (403, "Error", "application/xml")
                assert (b"<Code>AccessDenied</Code>" in seen.body) is (method == "GET")


async def test_a_missing_key_is_404_where_the_bucket_can_be_listed(running, signed_project, bucket, tmp_path):
    bucket.may_list = True
    folder = signed_project(f"{bucket.url}/assets")
    settings = tmp_path / "edgeproxy.yaml"
    settings.write_text(settings.read_text().replace("site: ./public", "site: {path: ./public, list: true}"))
    async with running(folder) as proxy:
        for target in ("/gone", "/site/gone"):
            seen = await proxy.get(target)
            assert (seen.status, seen.x_cache, b"<Code>NoSuchKey</Code>" in seen.body) == (404, "Error", True)


async def test_a_wrong_secret_is_the_servers_own_403(running, signed_project, bucket):
    async with running(signed_project(f"{bucket.url}/assets", sign_as=KEYS.replace("minio-secret", "hunter2"))) as proxy:
        seen = await proxy.get("/a.txt")
    assert (seen.status, seen.x_cache) == (403, "Error")
    assert b"<Code>SignatureDoesNotMatch</Code>" in seen.body
    assert "hunter2" not in proxy.terminal


async def test_credentials_that_cannot_be_had_are_a_502_with_the_cause_and_nothing_is_asked(
    running, signed_project, bucket, tmp_path, monkeypatch
):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    async with running(signed_project(f"{bucket.url}/assets", sign_as="dev")) as proxy:
        seen = await proxy.get("/a.txt")
        assert (seen.status, seen.x_cache) == (502, "Error")
        (tmp_path / "AWS_SHARED_CREDENTIALS_FILE").write_text(
            "[dev]\naws_access_key_id = minioadmin\naws_secret_access_key = minio-secret\n"
        )
        proxy.proxy.clock.offset += 11  # ErrorCachingMinTTL is 10 s
        assert (await proxy.get("/a.txt")).status == 200, "once the profile is there"
    assert "could not be signed with the AWS profile dev: The config profile (dev) could not be found" in proxy.terminal
    assert len(bucket.requests) == 1


BEARER = ("Authorization", "Bearer viewer")


@pytest.mark.parametrize(
    ("behavior", "headers", "status", "sent"),
    [
        pytest.param("always", (BEARER,), 200, "AWS4-HMAC-SHA256", id="always: the viewer's Authorization is overwritten"),
        pytest.param("no-override", (BEARER,), 400, "Bearer viewer", id="no-override: the viewer's own reaches the bucket"),
        pytest.param("no-override", (), 200, "AWS4-HMAC-SHA256", id="no-override: signed where the viewer sent none"),
        pytest.param("never", (), 403, None, id="never: unsigned"),
    ],
)
async def test_signing_behavior(running, signed_project, bucket, behavior, headers, status, sent):
    url = f"{bucket.url}/assets"
    async with running(signed_project(url, behavior, sign_as=KEYS if behavior != "never" else None)) as proxy:
        assert (await proxy.get("/a.txt", *headers)).status == status
    (got,) = bucket.requests
    assert (got.headers.get("authorization") or "None").startswith(str(sent))


async def test_a_viewers_host_that_a_policy_forwards_is_refused_as_on_s3(running, signed_project, bucket):
    all_viewer = {"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"}
    async with running(signed_project(f"{bucket.url}/assets", **all_viewer)) as proxy:
        seen = await proxy.get("/a.txt")
    assert (seen.status, b"<Code>SignatureDoesNotMatch</Code>" in seen.body, bucket.requests) == (403, True, [])


@pytest.mark.parametrize(
    ("change", "body"),
    [
        pytest.param("", b"content", id="left as it is"),
        pytest.param("    request['origin']['s3']['path'] = '/v2'\n", b"second", id="another path of the same bucket"),
    ],
)
async def test_a_handler_at_origin_request_and_the_signature_stays(running, signed_project, bucket, change, body):
    code = {"ZipFile": HANDLER + change + "    return request\n"}
    function = {"Runtime": "python3.13", "Handler": "index.handler", "Role": "arn:aws:iam::123456789012:role/r", "Code": code}
    resources = {
        "Fn": {"Type": "AWS::Lambda::Function", "Properties": function},
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
    }
    association = [{"EventType": "origin-request", "LambdaFunctionARN": {"Ref": "V"}}]
    folder = signed_project(f"{bucket.url}/assets", resources=resources, LambdaFunctionAssociations=association)
    async with running(folder) as proxy:
        seen = await proxy.get("/a.txt")
    assert (seen.status, seen.body) == (200, body)


async def test_what_is_not_signed_is_said_with_the_line_to_add(running, signed_project, bucket):
    proxy = running(signed_project(f"{bucket.url}/assets", sign_as=None))
    (note,) = proxy.source.load().distributions[0].not_honoured
    assert note.property == "Origin.OriginAccessControlId"
    assert note.instead == (
        "requests to the origin are not signed; to sign them add to edgeproxy.yaml:  "
        f"origins: {{assets.s3.eu-west-1.amazonaws.com: {{url: '{bucket.url}/assets', sign_as: PROFILE}}}}"
    )
