"""Where viewers are and what they use: a function that redirects by it, an origin that is told, a country that is blocked."""

import asyncio
import json

import pytest

from edgeproxy.inspector.client import Client

ALL_CLOUDFRONT_HEADERS = "33f36d7e-f396-46d9-90e0-52428a34d9dc"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
AMPLIFY = "2e54312d-136d-493c-8eb9-b001f22f67d2"
PHONE = ("User-Agent", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36")
REDIRECT = """
function handler(event) {
  const headers = event.request.headers;
  const country = headers['cloudfront-viewer-country'];
  const mobile = headers['cloudfront-is-mobile-viewer'];
  if (!country) { return event.request; }
  const path = '/' + country.value.toLowerCase() + (mobile && mobile.value === 'true' ? '/m/' : '/');
  return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: path } } };
}
"""
BY_COUNTRY_AND_DEVICE = {
    "Type": "AWS::CloudFront::CachePolicy",
    "Properties": {
        "CachePolicyConfig": {
            "Name": "ByCountryAndDevice",
            "MinTTL": 0,
            "DefaultTTL": 60,
            "MaxTTL": 600,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": False,
                "HeadersConfig": {
                    "HeaderBehavior": "whitelist",
                    "Headers": ["CloudFront-Viewer-Country", "CloudFront-Is-Mobile-Viewer"],
                },
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        }
    },
}
RESOURCES = {
    "ByCountryAndDevice": BY_COUNTRY_AND_DEVICE,
    "Redirect": {
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": "redirect",
            "AutoPublish": True,
            "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": REDIRECT,
        },
    },
}
AT_VIEWER_REQUEST = [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Redirect", "FunctionARN"]}}]
APP = {"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
BEHAVIORS = [
    {"PathPattern": "/", "CachePolicyId": {"Ref": "ByCountryAndDevice"}, "FunctionAssociations": AT_VIEWER_REQUEST},
    {
        "PathPattern": "/told",
        "TargetOriginId": "app",
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_CLOUDFRONT_HEADERS,
    },
    {"PathPattern": "/amplify", "TargetOriginId": "app", "CachePolicyId": AMPLIFY},
]
GEO = {"GeoRestriction": {"RestrictionType": "blacklist", "Locations": ["US"]}}


class App:
    """A server that answers with the CloudFront-* headers it was sent."""

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error):
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        lines = [line.split(": ", 1) for line in head]
        body = json.dumps([line for line in lines if line[0].startswith("CloudFront-")]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()


@pytest.fixture
def site(project, tmp_path, monkeypatch, running):
    """`site(app)` is a proxy with an admin listener, in Berlin as its settings say."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()

    def start(app, viewer="{country: DE, region: BE, city: Köln, latitude: 50.9375, asn: 3320}"):
        folder = project(resources=RESOURCES, behaviors=BEHAVIORS, origins=[APP], Restrictions=GEO)
        (folder / "edgeproxy.yaml").write_text(
            f"distribution: template.json\norigins: {{site: ./public, app: '{app.url}'}}\nviewer: {viewer}\n"
        )
        return running(folder, admin_port=0)

    return start


async def test_a_function_redirects_by_country_and_device_and_follows_what_is_set(site):
    async with App() as app, site(app) as proxy:
        assert (await proxy.get("/"))["Location"] == "/de/"
        assert (await proxy.get("/", PHONE, ("CloudFront-Viewer-Country", "XX")))["Location"] == "/de/m/"
        admin = await asyncio.to_thread(Client)
        await asyncio.to_thread(admin.change_viewer, {"country": "FR", "device": "mobile"})
        assert (await proxy.get("/"))["Location"] == "/fr/m/"
        await asyncio.to_thread(admin.reset_viewer)
        assert (await proxy.get("/"))["Location"] == "/de/"


async def test_an_origin_is_told_all_that_the_managed_policy_names(site):
    async with App() as app, site(app) as proxy:
        told = dict(json.loads((await proxy.get("/told", PHONE, ("CloudFront-Viewer-City", "X"))).body))
    address = told.pop("CloudFront-Viewer-Address")
    assert address.startswith("127.0.0.1:")
    assert told == {
        "CloudFront-Is-Android-Viewer": "true",
        "CloudFront-Is-Desktop-Viewer": "false",
        "CloudFront-Is-IOS-Viewer": "false",
        "CloudFront-Is-Mobile-Viewer": "true",
        "CloudFront-Is-SmartTV-Viewer": "false",
        "CloudFront-Is-Tablet-Viewer": "false",
        "CloudFront-Forwarded-Proto": "https",
        "CloudFront-Viewer-Http-Version": "1.1",
        "CloudFront-Viewer-TLS": "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake",
        "CloudFront-Viewer-ASN": "3320",
        "CloudFront-Viewer-Country": "DE",
        "CloudFront-Viewer-Country-Region": "BE",
        "CloudFront-Viewer-City": "K%C3%B6ln",
        "CloudFront-Viewer-Latitude": "50.93750",
    }


async def test_amplifys_policy_keeps_the_countries_apart(site):
    async with App() as app, site(app) as proxy:
        admin = await asyncio.to_thread(Client)
        seen = []
        for country in ("DE", "FR", "DE", "FR"):
            await asyncio.to_thread(admin.change_viewer, {"country": country})
            answer = await proxy.get("/amplify")
            seen.append((answer.x_cache, json.loads(answer.body)))
    assert [x_cache for x_cache, _ in seen] == ["Miss", "Miss", "Hit", "Hit"]
    assert [body for _, body in seen] == [[["CloudFront-Viewer-Country", country]] for country in ("DE", "FR") * 2]


async def test_a_country_that_is_blocked_is_refused_and_let_in_again(site):
    async with App() as app, site(app) as proxy:
        assert (await proxy.get("/page")).x_cache == "Miss"
        admin = await asyncio.to_thread(Client)
        await asyncio.to_thread(admin.change_viewer, {"country": "US"})
        refused = await proxy.get("/page")
        assert (refused.status, len(refused.body), refused.x_cache) == (403, 986, "Error")
        assert refused.sentence == "The Amazon CloudFront distribution is configured to block access from your country."
        story = await asyncio.to_thread(admin.explain, {"target": "/page", "viewer": {"country": "FR"}})
        assert (story["answer"]["status"], story["answer"]["x_cache"]) == (200, "Hit")
        await asyncio.to_thread(admin.change_viewer, {"country": ""})
        assert (await proxy.get("/page")).x_cache == "Hit", "an unknown country is served"
    assert "GeoRestriction: US is on the blacklist" in proxy.terminal
