from dataclasses import replace
from pathlib import Path

import pytest

from edgeproxy.messages import NOBODY, Bytes, Headers, Request, Viewer
from edgeproxy.model import (
    CacheBehavior,
    CachePolicy,
    Directory,
    ForwardedValues,
    Origin,
    OriginRequestPolicy,
    Selection,
    Url,
)
from edgeproxy.rules import forwarding, viewer_values

P = CachePolicy("P", 0, 60, 600)
CACHING_DISABLED = CachePolicy("CachingDisabled", 0, 0, 0)
ALL = Selection("all")
ALL_VIEWER = OriginRequestPolicy("AllViewer", Selection("allViewer"), ALL, ALL)
ALL_BUT_HOST = OriginRequestPolicy("AllViewerExceptHostHeader", Selection("allExcept", ("Host",)), ALL, ALL)
ORIGIN = Origin("app", "app.internal.test")
VIA = "2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)"


def some(*names):
    return Selection("whitelist", names)


def orp(*names, cookies=(), query=()):
    return OriginRequestPolicy("O", some(*names), some(*cookies), some(*query))


def build(policy=P, request_policy=None, lines=(), cached=("GET", "HEAD"), viewer=None, **fields):
    behavior = CacheBehavior("*", "app", policy, cached_methods=cached, origin_request_policy=request_policy)
    values = {"method": "GET", "path": "/x", "query": None, "client_ip": "2.2.2.2", "client_port": 51234, **fields}
    headers = Headers(lines)
    given = Viewer(viewer_values.headers(viewer or {}), None, headers)
    request = Request(scheme="https", host="www.shop.test", headers=headers, viewer=given, **values)
    return forwarding.build(forwarding.compile(behavior), request, ORIGIN, via=VIA, request_id="id==")


def sent(*lines, **settings):
    """Which of these lines the origin gets."""
    headers = build(lines=lines, **settings).headers
    return tuple(line for line in lines if line in headers.items)


def own(**settings):
    """The CloudFront-* headers that the origin gets."""
    return {name: value for name, value in build(**settings).headers if name.lower().startswith("cloudfront-")}


def test_cf_33_what_an_origin_gets_when_no_policy_names_anything():
    """CF-33"""
    lines = [
        ("Host", "www.shop.test"),
        ("User-Agent", "curl"),
        ("Cookie", "a=1"),
        ("Accept-Language", "de"),
        ("Referer", "r"),
        ("X", "1"),
    ]
    assert build(lines=lines, query="a=1")._replace(viewer=NOBODY) == Request(
        "GET",
        "https",
        "app.internal.test",
        "/x",
        None,
        Headers(
            [
                ("Host", "app.internal.test"),
                ("User-Agent", "Amazon CloudFront"),
                ("X-Forwarded-For", "2.2.2.2"),
                ("Via", VIA),
                ("X-Amz-Cf-Id", "id=="),
            ]
        ),
        client_ip="2.2.2.2",
        client_port=51234,
    )


def test_cf_34_the_viewer_address_comes_last_in_x_forwarded_for():
    """CF-34"""
    headers = build(lines=[("x-forwarded-for", "1.1.1.1"), ("X-Forwarded-For", "3.3.3.3")]).headers
    assert headers.get_all("x-forwarded-for") == ["1.1.1.1, 3.3.3.3, 2.2.2.2"]


def test_the_element_of_cloudfront_comes_last_in_via():
    assert build(lines=[("via", "1.1 proxy")]).headers.get_all("via") == [f"1.1 proxy, {VIA}"]


def test_an_excluded_x_forwarded_for_begins_anew():
    policy = OriginRequestPolicy("O", Selection("allExcept", ("X-Forwarded-For", "Content-Length")))
    headers = build(request_policy=policy, lines=[("X-Forwarded-For", "1.1.1.1"), ("Content-Length", "3")]).headers
    assert headers.get_all("x-forwarded-for") == ["2.2.2.2"]
    assert headers.get("content-length") == "3"


@pytest.mark.parametrize(
    ("settings", "line", "passes"),
    [
        pytest.param({}, ("Content-Type", "text/css"), True, id="the table forwards Content-Type"),
        pytest.param({}, ("Cache-Control", "no-cache"), True, id="the table forwards Cache-Control"),
        pytest.param({}, ("Origin", "https://a.test"), True, id="the table forwards Origin"),
        pytest.param({}, ("Accept", "*/*"), False, id="the table removes Accept"),
        pytest.param({}, ("X-Any", "1"), False, id="CF-31 policies remove what nobody names"),
        pytest.param(
            {"policy": ForwardedValues()}, ("X-Any", "1"), True, id="legacy settings forward what the table does not name"
        ),
        pytest.param({"policy": ForwardedValues()}, ("Host", "www.shop.test"), False, id="nor do legacy settings send Host"),
        pytest.param({"policy": ForwardedValues()}, ("Accept", "*/*"), False, id="the table holds for legacy settings"),
        pytest.param(
            {"policy": ForwardedValues(headers=("Accept",))}, ("accept", "*/*"), True, id="unless they name the header"
        ),
        pytest.param(
            {"policy": ForwardedValues(headers=("*",))}, ("Accept-Encoding", "x"), True, id="legacy, all headers, as they are"
        ),
        pytest.param(
            {"policy": CachePolicy("P", headers=some("X-T"))}, ("x-t", "A"), True, id="CF-31 what is in the key is sent"
        ),
        pytest.param(
            {"request_policy": orp("User-Agent")}, ("User-Agent", "curl"), True, id="CF-32 so is what the other policy names"
        ),
        pytest.param({"request_policy": ALL_VIEWER}, ("X-Any", "1"), True, id="allViewer"),
        pytest.param({"request_policy": ALL_VIEWER}, ("Host", "www.shop.test"), True, id="allViewer sends Host"),
        pytest.param({"request_policy": ALL_BUT_HOST}, ("X-Any", "1"), True, id="allExcept"),
        pytest.param({"request_policy": ALL_BUT_HOST}, ("Host", "www.shop.test"), False, id="allExcept Host"),
        pytest.param(
            {"request_policy": ALL_BUT_HOST, "policy": CachePolicy("P", headers=some("Host"))},
            ("Host", "www.shop.test"),
            True,
            id="in the key beats excluded",
        ),
        pytest.param({"request_policy": ALL_VIEWER}, ("Connection", "close"), False, id="never Connection"),
        pytest.param({"request_policy": ALL_VIEWER}, ("Expect", "100-continue"), False, id="never Expect"),
        pytest.param({"request_policy": ALL_VIEWER}, ("TE", "trailers"), False, id="never TE"),
        pytest.param({"request_policy": ALL_VIEWER}, ("X-Edge-Location", "x"), False, id="never X-Edge-*"),
        pytest.param({"request_policy": ALL_VIEWER}, ("X-Amz-Cf-Id", "forged"), False, id="never a forged id"),
        pytest.param(
            {"request_policy": orp("CloudFront-Viewer-Country")},
            ("CloudFront-Viewer-Country", "DE"),
            False,
            id="no CloudFront-*",
        ),
    ],
)
def test_which_viewer_headers_pass(settings, line, passes):
    assert sent(line, **settings) == ((line,) if passes else ())


@pytest.mark.parametrize(
    ("method", "cached", "settings", "passes"),
    [
        pytest.param("GET", ("GET", "HEAD"), {}, False, id="not with GET"),
        pytest.param("HEAD", ("GET", "HEAD"), {}, False, id="not with HEAD"),
        pytest.param("OPTIONS", ("GET", "HEAD"), {}, True, id="with OPTIONS"),
        pytest.param("OPTIONS", ("GET", "HEAD", "OPTIONS"), {}, False, id="not with OPTIONS when that is cached"),
        pytest.param("POST", ("GET", "HEAD"), {}, True, id="with POST"),
        pytest.param("GET", ("GET", "HEAD"), {"request_policy": orp("Authorization")}, True, id="with GET when named"),
    ],
)
def test_authorization_passes_by_method(method, cached, settings, passes):
    line = ("Authorization", "Bearer x")
    assert sent(line, method=method, cached=cached, **settings) == ((line,) if passes else ())


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="GET"),
        pytest.param({"request_policy": ALL_VIEWER}, id="allViewer"),
        pytest.param({"policy": CACHING_DISABLED}, id="CachingDisabled"),
        pytest.param({"method": "POST"}, id="POST"),
    ],
)
def test_ranges_and_conditions_of_the_viewer_pass(settings):
    lines = (("Range", "bytes=0-9"), ("If-None-Match", '"a"'), ("If-Modified-Since", "x"), ("If-Range", '"a"'))
    assert sent(*lines, **settings) == lines


@pytest.mark.parametrize(
    ("policy", "request_policy", "query", "left"),
    [
        pytest.param(P, None, "a=1", None, id="CF-28 none"),
        pytest.param(CachePolicy("P", query_strings=some("a")), None, "z=9&a=1", "a=1", id="CF-30 the listed"),
        pytest.param(
            CachePolicy("P", query_strings=some("a")), orp(query=("b",)), "b=2&a=1&c=3", "b=2&a=1", id="of both policies"
        ),
        pytest.param(
            CachePolicy("P", query_strings=Selection("allExcept", ("a",))),
            orp(query=("a",)),
            "a=1&b=2",
            "a=1&b=2",
            id="allowed wins",
        ),
        pytest.param(P, ALL_VIEWER, "b=2&&a", "b=2&&a", id="CF-11 all, as received"),
        pytest.param(
            ForwardedValues(True, ("a",)), None, "a=1&b=2", "a=1&b=2", id="legacy cache keys do not filter what is sent"
        ),
        pytest.param(ForwardedValues(), None, "a=1", None, id="legacy without query strings"),
    ],
)
def test_which_query_strings_pass(policy, request_policy, query, left):
    assert build(policy, request_policy, query=query).query == left


@pytest.mark.parametrize(
    ("policy", "request_policy", "left"),
    [
        pytest.param(P, None, [], id="none"),
        pytest.param(P, ALL_VIEWER, ["a=1; b=2; c=3"], id="all, sorted, on one line"),
        pytest.param(CachePolicy("P", cookies=some("c")), orp(cookies=("a",)), ["a=1; c=3"], id="of both policies"),
        pytest.param(ForwardedValues(cookies=some("*")), None, ["a=1; b=2; c=3"], id="legacy wildcards"),
    ],
)
def test_which_cookies_pass(policy, request_policy, left):
    assert build(policy, request_policy, [("Cookie", "c=3; a=1"), ("cookie", "b=2")]).headers.get_all("cookie") == left


def test_cf_40_accept_encoding_is_normalised():
    """CF-40"""
    policy = CachePolicy("P", gzip=True, brotli=True)
    codings = {"gzip, br, zstd": ["br,gzip"], "deflate": ["identity"]}
    for coding, left in codings.items():
        assert build(policy, ALL_VIEWER, [("Accept-Encoding", coding)]).headers.get_all("accept-encoding") == left


def test_an_ordinary_accept_encoding_passes_when_named():
    line = ("Accept-Encoding", "gzip, zstd")
    assert (sent(line), sent(line, request_policy=ALL_VIEWER)) == ((), (line,))


@pytest.mark.parametrize(
    "policy", [P, CachePolicy("P", gzip=True, brotli=True), ForwardedValues(), ForwardedValues(headers=("*",))]
)
@pytest.mark.parametrize("request_policy", [None, ALL_VIEWER])
def test_accept_encoding_of_an_http_1_0_viewer_is_dropped(policy, request_policy):
    headers = build(policy, request_policy, [("Accept-Encoding", "gzip, br")], http_version="1.0").headers
    assert "accept-encoding" not in headers


def test_cloudfront_states_what_a_policy_asks_for():
    names = ("CloudFront-Forwarded-Proto", "CloudFront-Viewer-Http-Version", "CloudFront-Viewer-Address")
    headers = build(request_policy=orp(*names), lines=[("cloudfront-forwarded-proto", "forged")]).headers
    assert [headers.get_all(name.lower()) for name in names] == [["https"], ["1.1"], ["2.2.2.2:51234"]]


COUNTRY = "CloudFront-Viewer-Country"
FORGED = [("cloudfront-viewer-country", "XX"), ("CloudFront-Viewer-City", "X")]
BERLIN = {"country": "DE", "city": "Berlin"}
WITH_COUNTRY = OriginRequestPolicy("O", Selection("allViewerAndWhitelistCloudFront", (COUNTRY,)))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"request_policy": orp(COUNTRY)}, {COUNTRY: "DE"}, id="named by the origin request policy"),
        pytest.param(
            {"policy": CachePolicy("P", headers=some(COUNTRY.upper()))}, {COUNTRY: "DE"}, id="named by the cache policy"
        ),
        pytest.param(
            {"policy": CachePolicy("P", headers=some(COUNTRY)), "request_policy": orp(COUNTRY)}, {COUNTRY: "DE"}, id="by both"
        ),
        pytest.param({"policy": ForwardedValues(headers=(COUNTRY,))}, {COUNTRY: "DE"}, id="named by legacy Headers"),
        pytest.param({"policy": ForwardedValues(headers=("*",))}, {}, id="legacy, all headers, name none"),
        pytest.param({"request_policy": WITH_COUNTRY}, {COUNTRY: "DE"}, id="beside all of the viewer's"),
        pytest.param({"request_policy": ALL_VIEWER}, {}, id="allViewer names none"),
        pytest.param({"request_policy": ALL_BUT_HOST}, {}, id="allExcept adds none"),
        pytest.param(
            {"policy": CachePolicy("P", headers=some(COUNTRY)), "request_policy": ALL_BUT_HOST},
            {COUNTRY: "DE"},
            id="in the key",
        ),
        pytest.param({}, {}, id="named nowhere"),
    ],
)
def test_which_cloudfront_headers_an_origin_gets_whatever_the_viewer_states(settings, expected):
    assert own(lines=FORGED, viewer=BERLIN, **settings) == expected
    assert own(lines=FORGED, **settings) == {}


def test_an_origins_own_header_takes_the_place_of_cloudfronts():
    origin = Origin("app", "app.test", custom_headers=((COUNTRY, "NL"),))
    request = forwarding.dispatch(build(request_policy=orp(COUNTRY), viewer=BERLIN), origin)
    assert request.headers.get_all(COUNTRY.lower()) == ["NL"]


def test_all_viewer_headers_may_come_with_listed_cloudfront_headers():
    policy = OriginRequestPolicy("O", Selection("allViewerAndWhitelistCloudFront", ("CloudFront-Forwarded-Proto",)))
    headers = build(request_policy=policy, lines=[("X-Any", "1")]).headers
    assert (headers.get("x-any"), headers.get("cloudfront-forwarded-proto")) == ("1", "https")


def test_method_body_and_length_pass():
    body = Bytes(b"abc")
    request = build(lines=[("Content-Length", "3")], method="POST", body=body)
    assert (request.method, request.body, request.headers.get("content-length")) == ("POST", body, "3")


def test_cf_15_the_origin_path_stands_in_front():
    """CF-15"""
    origin = Origin("app", "app.internal.test", origin_path="/prod")
    assert forwarding.dispatch(build(path="/index.html"), origin).path == "/prod/index.html"


def test_custom_headers_of_the_origin_overwrite():
    origin = Origin("app", "app.internal.test", custom_headers=(("X-Secret", "s"), ("X-More", "m")))
    request = build(policy=ForwardedValues(), lines=[("x-secret", "forged"), ("x-other", "1")])
    headers = forwarding.dispatch(request, origin).headers
    assert (headers.get_all("x-secret"), headers.get_all("x-more"), headers.get_all("x-other")) == (["s"], ["m"], ["1"])


def test_a_plain_origin_gets_the_request_as_it_is():
    request = build()
    assert forwarding.dispatch(request, ORIGIN) is request


HANDSHAKE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg=="),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Protocol", "vite-hmr"),
    ("Sec-WebSocket-Extensions", "permessage-deflate"),
)
NO_WEBSOCKET_HEADERS = OriginRequestPolicy(
    "O", Selection("allExcept", ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"))
)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        pytest.param({}, HANDSHAKE[2:5], id="nothing that a policy names"),
        pytest.param(
            {"request_policy": orp("Sec-WebSocket-Extensions")}, HANDSHAKE[2:], id="the extensions where they are named"
        ),
        pytest.param({"request_policy": ALL_VIEWER}, HANDSHAKE[2:], id="every header of the viewer"),
        pytest.param({"policy": ForwardedValues()}, HANDSHAKE[2:], id="legacy settings"),
        pytest.param({"request_policy": NO_WEBSOCKET_HEADERS}, HANDSHAKE[2:], id="even what a policy excludes"),
    ],
)
def test_what_a_websockets_handshake_needs_is_sent_under_any_policy(settings, names):
    assert sent(*HANDSHAKE, websocket=True, **settings) == names


def test_without_a_handshake_the_policies_decide_over_its_headers_too():
    assert sent(*HANDSHAKE) == ()


@pytest.mark.parametrize(
    ("s3", "dev", "asked"),
    [
        pytest.param(False, False, True, id="a custom origin"),
        pytest.param(True, False, False, id="a bucket"),
        pytest.param(True, True, True, id="a dev server in a bucket's place"),
    ],
)
def test_only_a_custom_origin_is_asked_for_a_websocket(s3, dev, asked):
    origin, place = Origin("app", "app.internal.test", s3=s3), Url("http", "localhost", 5173, dev=dev)
    assert forwarding.dispatch(build(websocket=True, lines=HANDSHAKE), origin, place).websocket is asked


def dispatched(place, origin=ORIGIN, **parts):
    sent = forwarding.dispatch(
        build(path="/x", request_policy=ALL_VIEWER, lines=[("Host", "www.shop.test")], **parts), origin, place
    )
    return sent.path, sent.host, sent.headers.get_all("host")


STAGE = replace(ORIGIN, origin_path="/prod")
SERVER = Url("http", "localhost", 5173, "/own")
VIEWERS_HOST = ["www.shop.test"]


@pytest.mark.parametrize(
    ("place", "origin", "path", "host"),
    [
        pytest.param(None, STAGE, "/prod/x", "www.shop.test", id="of an origin that is asked itself the path is its own"),
        pytest.param(SERVER, STAGE, "/prod/x", "www.shop.test", id="a stand-in is asked the same"),
        pytest.param(replace(SERVER, origin_path="/v1"), STAGE, "/v1/x", "www.shop.test", id="another path"),
        pytest.param(replace(SERVER, origin_path=""), STAGE, "/x", "www.shop.test", id="no path"),
        pytest.param(replace(SERVER, origin_path="/v1"), ORIGIN, "/v1/x", "www.shop.test", id="a path where none is deployed"),
        pytest.param(replace(SERVER, host_header="a.test:1"), STAGE, "/prod/x", "a.test:1", id="another host"),
        pytest.param(
            replace(SERVER, host_header="a.test", origin_path=""),
            replace(STAGE, custom_headers=(("X-Secret", "s"),)),
            "/x",
            "a.test",
            id="both, beside custom headers",
        ),
        pytest.param(replace(SERVER, dev=True), STAGE, "/prod/x", "localhost:5173", id="a dev server sees its own host"),
        pytest.param(
            replace(SERVER, dev=True), replace(STAGE, s3=True), "/x", "localhost:5173", id="and no folder of a bucket"
        ),
        pytest.param(
            replace(SERVER, dev=True, origin_path="/v1"),
            replace(STAGE, s3=True),
            "/v1/x",
            "localhost:5173",
            id="but its own path",
        ),
        pytest.param(replace(SERVER, dev=True, host_header="a.test"), ORIGIN, "/x", "a.test", id="or the one that is given"),
        pytest.param(Directory(Path("public")), STAGE, "/prod/x", "www.shop.test", id="a directory has neither"),
    ],
)
def test_path_and_host_of_a_place_take_the_place_of_the_deployed_ones(place, origin, path, host):
    assert dispatched(place, origin) == (path, host, [host])
