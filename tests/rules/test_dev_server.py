from dataclasses import replace
from pathlib import Path

import pytest

from edgeproxy.messages import Headers, Request, Viewer
from edgeproxy.model import (
    CacheBehavior,
    CachePolicy,
    Directory,
    Distribution,
    ForwardedValues,
    Origin,
    OriginGroup,
    OriginRequestPolicy,
    Selection,
    Url,
)
from edgeproxy.rules import answer_headers, cache_key, compression, dev_server, forwarding, freshness, viewer_values

ALL = Selection("all")
CACHING = CachePolicy("CachingOptimized", 1, 86400, 31536000, gzip=True, brotli=True)
ALL_VIEWER = OriginRequestPolicy("AllViewer", Selection("allViewer"), ALL, ALL)
ALL_BUT_HOST = OriginRequestPolicy("AllViewerExceptHostHeader", Selection("allExcept", ("Host",)), ALL, ALL)
COUNTRY = OriginRequestPolicy("O", Selection("whitelist", ("CloudFront-Viewer-Country",)))
COUNTRY_IN_KEY = CachePolicy("K", 0, 60, 600, Selection("whitelist", ("CloudFront-Viewer-Country", "X-Key")))
DEV = Origin("app", "app.test", place=Url("http", "localhost", 5173, dev=True))
SERVER = Origin("api", "api.test", place=Url("http", "localhost", 3000))
FOLDER = Origin("site", "b.s3.amazonaws.com", s3=True, place=Directory(Path("public")))
NOWHERE = Origin("far", "far.test")
DEPLOYED = [
    pytest.param(CacheBehavior("*", "app", CACHING, compress=True), "app.test", id="a caching behavior that forwards nothing"),
    pytest.param(CacheBehavior("*", "app", CACHING, origin_request_policy=ALL_VIEWER), "www.test", id="one that forwards Host"),
    pytest.param(CacheBehavior("*", "app", CACHING, origin_request_policy=ALL_BUT_HOST), "app.test", id="all but Host"),
    pytest.param(CacheBehavior("*", "app", ForwardedValues(), compress=True), "app.test", id="legacy settings"),
    pytest.param(
        CacheBehavior("*", "app", ForwardedValues(headers=("*",))), "www.test", id="legacy settings with every header"
    ),
]


def asked(behavior, lines, query=None, method="GET"):
    headers = Headers([("Host", "www.test"), *lines])
    viewer = Viewer(viewer_values.headers({"country": "FR"}), None, headers)
    request = Request(method, "https", "www.test", "/x", query, headers, viewer=viewer)
    return forwarding.build(dev_server.forwards(dev_server.in_front(behavior)), request, DEV, via="v", request_id="i")


EVERYTHING = (
    ("User-Agent", "curl"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, br;q=0.5, zstd"),
    ("Accept-Language", "fr"),
    ("Authorization", "Basic x"),
    ("Referer", "http://localhost:8080/"),
    ("Origin", "http://localhost:8080"),
    ("X-Mine", "1"),
    ("X-Mine", "2"),
    ("Sec-WebSocket-Extensions", "permessage-deflate"),
)


@pytest.mark.parametrize(("behavior", "host"), DEPLOYED)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_everything_of_a_request_goes_on_as_it_is(behavior, host, method):
    sent = asked(behavior, [*EVERYTHING, ("Cookie", "z=1; a; $b=2"), ("cookie", "a=3")], "b=2&a=1&&x", method)
    assert sent.query == "b=2&a=1&&x"
    assert sent.headers.items[: len(EVERYTHING) + 2] == (
        ("Host", host), *EVERYTHING, ("Cookie", "z=1; a; $b=2; a=3")
    )  # fmt: skip


@pytest.mark.parametrize(("behavior", "host"), DEPLOYED)
def test_nothing_is_stored_or_compressed_and_nothing_of_an_answer_is_lost(behavior, host):
    behavior = dev_server.in_front(behavior)
    key = cache_key.compile(behavior)
    kept = answer_headers.compile(behavior, s3=False, cookies_forwarded=key.cookies_forwarded)
    assert not key.cacheable
    assert compression.compile(behavior, key) is None
    assert not freshness.compile(behavior.cache_policy, ()).cacheable
    own = [("Set-Cookie", "a=1"), ("Vary", "X-Any, Origin"), ("Date", "d")]
    assert list(answer_headers.clean(kept, Headers(own), 0)) == own


@pytest.mark.parametrize(
    ("behavior", "sent"),
    [
        pytest.param(CacheBehavior("*", "app", CACHING, origin_request_policy=COUNTRY), "FR", id="an origin request policy"),
        pytest.param(CacheBehavior("*", "app", COUNTRY_IN_KEY), "FR", id="a cache policy"),
        pytest.param(CacheBehavior("*", "app", CACHING, origin_request_policy=ALL_VIEWER), None, id="none names it"),
    ],
)
def test_headers_of_cloudfront_come_where_the_deployed_policies_name_them(behavior, sent):
    assert asked(behavior, [("CloudFront-Viewer-Country", "XX")]).headers.joined("cloudfront-viewer-country") == sent


def test_what_else_the_behavior_says_stays():
    behavior = CacheBehavior("/x", "app", CACHING, "https-only", ("GET", "HEAD"), trusted_keys=())
    made = dev_server.in_front(behavior)
    assert (made.path_pattern, made.viewer_protocol_policy, made.allowed_methods, made.trusted_keys) == (
        "/x", "https-only", ("GET", "HEAD"), ()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "group", "expected"),
    [
        pytest.param("app", None, "app", id="the origin is one"),
        pytest.param("api", None, None, id="an ordinary server"),
        pytest.param("site", None, None, id="a directory"),
        pytest.param("far", None, None, id="an origin without a place"),
        pytest.param("app", ("app", "api"), "app", id="the first of a group"),
        pytest.param("api", ("api", "app"), "app", id="the second of a group"),
        pytest.param("api", ("api", "site"), None, id="none of a group"),
    ],
)
def test_which_behaviors_lead_to_a_dev_server(target, group, expected):
    members = None if group is None else OriginGroup(group, frozenset({500}))
    behavior = CacheBehavior("*", target, CACHING, origin_group=members)
    origins = {each.id: each for each in (DEV, SERVER, FOLDER, NOWHERE)}
    found = dev_server.found(Distribution("D", "E", "d.cloudfront.net", origins, behavior), behavior)
    assert (found and found.id) == expected


def test_a_dev_server_has_time_to_compile_and_its_events_may_be_quiet():
    patient = dev_server.patient(Origin("app", "app.test", read_timeout=30, response_completion_timeout=40))
    assert (patient.read_timeout, patient.response_completion_timeout) == (3600, None)


def test_without_cookies_no_line_is_sent():
    assert dev_server.cookies(Headers([("a", "1")])) is None


BUCKET = Origin("site", "b.s3.amazonaws.com", s3=True, place=DEV.place)


@pytest.mark.parametrize(
    ("origin", "viewers", "after_code", "expected"),
    [
        pytest.param(BUCKET, "/@vite/client", "/index.html", "/@vite/client", id="a route of the app: not a module's"),
        pytest.param(BUCKET, "/?token=x", "/index.html?token=x", "/?token=x", id="a bucket's root object"),
        pytest.param(BUCKET, "/a?import&b=%20", "/a/index.html", "/a?import&b=%20", id="the query too"),
        pytest.param(BUCKET, "/a", "/a?", "/a", id="no query"),
        pytest.param(DEV, "/app/hmr?token=x", "/hmr?x=1", "/hmr?x=1", id="another server's routes are rewritten for it"),
        pytest.param(DEV, "/?token=x", "/index.html?token=y", "/?token=y", id="a server knows its root"),
        pytest.param(DEV, "/", "/en/index.html", "/en/index.html", id="what code makes of the root"),
        pytest.param(DEV, "/index.html", "/index.html", "/index.html", id="the page of that name"),
        pytest.param(replace(BUCKET, place=SERVER.place), "/a", "/index.html", "/index.html", id="a server that holds objects"),
        pytest.param(FOLDER, "/", "/index.html", "/index.html", id="a directory"),
        pytest.param(NOWHERE, "/", "/index.html", "/index.html", id="the deployed one"),
    ],
)
def test_a_dev_server_in_a_buckets_place_is_asked_for_what_the_browser_asks_for(origin, viewers, after_code, expected):
    asked, request = (Request("GET", "https", "h", *split(target), Headers([])) for target in (viewers, after_code))
    assert dev_server.as_asked(request, asked, origin, origin.place, "index.html").target == expected


def test_without_a_default_root_object_the_root_is_no_other_page():
    asked, request = Request("GET", "https", "h", "/", None, Headers([])), Request("GET", "https", "h", "/x", None, Headers([]))
    assert dev_server.as_asked(request, asked, DEV, DEV.place, "") is request


def split(target):
    path, mark, query = target.partition("?")
    return path, query if mark else None
