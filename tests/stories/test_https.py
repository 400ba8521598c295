"""Two listeners: plain HTTP is told to come by HTTPS, and is answered there."""

import json
import re
import ssl
from urllib.parse import urlsplit

import pytest

from edgeproxy.edge import Https

ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
REDIRECT = {"ViewerProtocolPolicy": "redirect-to-https"}
BY_SCHEME = {
    "ByScheme": {
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": {
            "CachePolicyConfig": {
                "Name": "by-scheme",
                "MinTTL": 0,
                "DefaultTTL": 60,
                "MaxTTL": 600,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "EnableAcceptEncodingGzip": False,
                    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["CloudFront-Forwarded-Proto"]},
                    "CookiesConfig": {"CookieBehavior": "none"},
                    "QueryStringsConfig": {"QueryStringBehavior": "none"},
                },
            }
        },
    }
}


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Where the certificate is kept."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CAROOT", raising=False)
    return tmp_path / "data" / "edgeproxy"


@pytest.fixture
def trust(data):
    """`trust()`: a viewer who trusts the certificate that was made, and nothing else."""
    return lambda: ssl.create_default_context(cafile=data / "localhost.pem")


HTTPS = Https(0)


async def test_cf_1_a_redirect_is_followed_to_the_other_listener_and_answered(running, project, trust):
    async with running(project(behavior=REDIRECT), https=HTTPS) as proxy:
        seen = await proxy.get("/page?a=1")
        assert (seen.status, seen.x_cache, len(seen.body)) == (301, "Redirect", 167)
        assert seen["Location"] == f"https://localhost:{proxy.proxy.https_port}/page?a=1"
        target = urlsplit(seen["Location"])
        assert target.port == proxy.proxy.https_port != proxy.port
        answer = await proxy.get(f"{target.path}?{target.query}", host=target.netloc, tls=trust())
        assert (answer.status, answer.body) == (200, b"the origin's content")


async def test_cf_1_who_came_by_the_distributions_name_keeps_it(running, project):
    async with running(project(behavior=REDIRECT, Aliases=["www.shop.test"]), https=HTTPS) as proxy:
        assert (await proxy.get("/page?a=1", host="www.shop.test"))["Location"] == "https://www.shop.test/page?a=1"


async def test_without_an_https_listener_the_redirect_names_the_distribution(running, project):
    folder = project(behavior=REDIRECT, Aliases=["www.shop.test"])
    with (folder / "edgeproxy.yaml").open("a") as settings:
        settings.write("viewer: {scheme: http}\n")
    async with running(folder) as proxy:
        assert (await proxy.get("/page"))["Location"] == "https://www.shop.test/page"


async def test_cf_2_cf_3_a_post_keeps_its_method_and_an_old_viewer_is_refused(running, project, trust):
    behavior = {**REDIRECT, "AllowedMethods": ALL_METHODS}
    async with running(project(behavior=behavior), https=HTTPS) as proxy:
        seen = await proxy.get("/page", method="POST", body=b"x")
        assert (seen.status, seen["Location"]) == (307, f"https://localhost:{proxy.proxy.https_port}/page")
        assert (await proxy.get("/page", method="POST", body=b"x", version="1.0")).status == 403
        assert (await proxy.get("/page", version="1.0")).status == 301


async def test_cf_4_https_only_refuses_http_and_serves_https(running, project, trust):
    async with running(project(behavior={"ViewerProtocolPolicy": "https-only"}), https=HTTPS) as proxy:
        refused = await proxy.get("/page")
        assert (refused.status, refused.x_cache, refused.sentence) == (403, "Error", "Bad request.")
        assert (await proxy.get("/page", tls=trust())).status == 200


async def test_http_and_https_share_the_object(running, project, trust):
    async with running(project(), https=HTTPS) as proxy:
        assert (await proxy.get("/page")).x_cache == "Miss"
        assert (await proxy.get("/page", tls=trust())).x_cache == "Hit"


async def test_unless_the_scheme_is_part_of_the_key(running, project, trust):
    folder = project(behavior={"CachePolicyId": {"Ref": "ByScheme"}}, resources=BY_SCHEME)
    async with running(folder, https=HTTPS) as proxy:
        assert [(await proxy.get("/page", tls=tls)).x_cache for tls in (None, trust(), None, trust())] == [
            "Miss", "Miss", "Hit", "Hit",
        ]  # fmt: skip


async def test_hsts_comes_with_the_security_headers_policy(running, project, trust):
    async with running(project(behavior={"ResponseHeadersPolicyId": SECURITY_HEADERS}), https=HTTPS) as proxy:
        assert (await proxy.get("/page", tls=trust()))["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_viewer_verifies_the_certificate_that_was_made(running, project, trust, data):
    async with running(project(), https=HTTPS) as proxy:
        assert (data.stat().st_mode & 0o777, (data / "localhost-key.pem").stat().st_mode & 0o777) == (0o700, 0o600)
        assert any(f"curl --cacert {data}/localhost.pem" in line for line in proxy.said)
        assert (await proxy.get("/page", tls=trust())).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await proxy.get("/page", tls=ssl.create_default_context())


async def test_a_reload_reaches_both_listeners(running, project, trust):
    folder = project()
    async with running(folder, https=HTTPS) as proxy:
        viewers = (None, trust())
        assert [(await proxy.get("/page", tls=tls)).status for tls in viewers] == [200, 200]
        template = json.loads((folder / "template.json").read_text())
        behavior = template["Resources"]["Web"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
        behavior |= {"ViewerProtocolPolicy": "redirect-to-https", "ResponseHeadersPolicyId": SECURITY_HEADERS}
        (folder / "template.json").write_text(json.dumps(template))
        await proxy.until("reloaded")
        assert [(await proxy.get("/page", tls=tls)).status for tls in viewers] == [301, 200]
        assert (await proxy.get("/page"))["Location"] == f"https://localhost:{proxy.proxy.https_port}/page"
        assert (await proxy.get("/page", tls=trust()))["Strict-Transport-Security"] is not None


async def test_both_listeners_tell_their_requests_in_one_place(running, project, trust):
    async with running(project(), https=HTTPS) as proxy:
        await proxy.get("/page")
        await proxy.get("/other", tls=trust())
        assert re.findall(r"^GET (\S+) 200", proxy.requests.getvalue(), re.MULTILINE) == ["/page", "/other"]


async def test_a_host_other_than_the_handshakes_is_served(running, project, trust):
    async with running(project(Aliases=["www.shop.test"]), https=HTTPS) as proxy:
        assert (await proxy.get("/page", host="www.shop.test", tls=trust())).status == 200
        assert (await proxy.get("/page", host="unknown.test", tls=trust())).status == 403
