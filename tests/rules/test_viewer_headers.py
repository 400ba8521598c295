import pytest

from edgeproxy.messages import Headers, Request, Viewer
from edgeproxy.rules import devices, viewer_headers, viewer_values
from edgeproxy.rules.viewer_headers import HEADERS, TABLE

IPAD = "Mozilla/5.0 (iPad; CPU OS 12_5_5 like Mac OS X) Mobile/15E148 Safari/604.1"
LINES = (("Host", "www.shop.test"), ("user-agent", IPAD), ("X-A", "1"), ("x-a", "2"))
ALL = {
    "country": "DE", "country_name": "Germany", "region": "BE", "region_name": "Land Berlin", "city": "Berlin",
    "latitude": "52.5196", "longitude": "13.4069", "metro_code": "501", "postal_code": "10117", "time_zone": "Europe/Berlin",
    "asn": "3320", "ja3": "e7d705a3286e19ea42f587b344ee6865", "ja4": "t13d1516h2_8daaf6152771_b0da82dd1658",
}  # fmt: skip


def request(values=None, *, lines=LINES, tls=None, scheme="https", version="1.1", address=("203.0.113.7", 51234)):
    headers = Headers(lines)
    viewer = Viewer(viewer_values.headers(values or {}), tls, headers)
    return Request("GET", scheme, "www.shop.test", "/x", None, headers, http_version=version, client_ip=address[0],
                   client_port=address[1], viewer=viewer)  # fmt: skip


def value(name, *arguments, **parts):
    return HEADERS[name.lower()].value(request(*arguments, **parts))


MADE = [
    ("CloudFront-Forwarded-Proto", {}, "https"),
    ("CloudFront-Forwarded-Proto", {"scheme": "http"}, "http"),
    ("CloudFront-Viewer-Http-Version", {}, "1.1"),
    ("CloudFront-Viewer-Http-Version", {"version": "1.0"}, "1.0"),
    ("CloudFront-Viewer-Address", {}, "203.0.113.7:51234"),
    ("CloudFront-Viewer-Address", {"address": ("2001:db8::1", 9)}, "2001:db8::1:9"),
    ("CloudFront-Viewer-TLS", {}, "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake"),
    ("CloudFront-Viewer-TLS", {"tls": "TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:sessionResumed"},
     "TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:sessionResumed"),
    ("CloudFront-Viewer-TLS", {"scheme": "http"}, None),
    ("CloudFront-Viewer-Header-Order", {}, "Host:user-agent:X-A:x-a"),
    ("CloudFront-Viewer-Header-Order", {"lines": [("A" * 5000, ""), ("B" * 5000, "")]}, "A" * 5000 + ":" + "B" * 2679),
    ("CloudFront-Viewer-Header-Count", {}, "4"),
    ("CloudFront-Viewer-Cert-Present", {}, "0"),
    ("CloudFront-Is-IOS-Viewer", {}, "true"),
    ("CloudFront-Is-Tablet-Viewer", {}, "true"),
    ("CloudFront-Is-Mobile-Viewer", {}, "true"),
    ("CloudFront-Is-Desktop-Viewer", {}, "false"),
    ("CloudFront-Is-Android-Viewer", {}, "false"),
    ("CloudFront-Is-SmartTV-Viewer", {}, "false"),
    ("CloudFront-Is-Desktop-Viewer", {"lines": []}, "true"),
    ("CloudFront-Is-IOS-Viewer", {"lines": [("User-Agent", "x" * 2042 + "iPhone")]}, "true"),
    ("CloudFront-Is-IOS-Viewer", {"lines": [("User-Agent", "x" * 2043 + "iPhone")]}, "false"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parts", "expected"), MADE)
def test_what_a_connection_and_its_headers_tell(name, parts, expected):
    assert value(name, **parts) == expected


GIVEN = {
    "CloudFront-Viewer-Country": "DE",
    "CloudFront-Viewer-Country-Name": "Germany",
    "CloudFront-Viewer-Country-Region": "BE",
    "CloudFront-Viewer-Country-Region-Name": "Land Berlin",
    "CloudFront-Viewer-City": "Berlin",
    "CloudFront-Viewer-Latitude": "52.51960",
    "CloudFront-Viewer-Longitude": "13.40690",
    "CloudFront-Viewer-Metro-Code": "501",
    "CloudFront-Viewer-Postal-Code": "10117",
    "CloudFront-Viewer-Time-Zone": "Europe/Berlin",
    "CloudFront-Viewer-ASN": "3320",
    "CloudFront-Viewer-JA3-Fingerprint": "e7d705a3286e19ea42f587b344ee6865",
    "CloudFront-Viewer-JA4-Fingerprint": "t13d1516h2_8daaf6152771_b0da82dd1658",
}


@pytest.mark.parametrize(("name", "expected"), GIVEN.items())
def test_what_is_given(name, expected):
    assert value(name, ALL) == expected
    assert value(name) is None


def test_every_given_value_has_a_header_and_the_other_way_round():
    assert {HEADERS[header].name for header in viewer_values.headers(ALL)} == GIVEN.keys()
    devices_given = viewer_values.headers({"device": "ios"})
    assert {HEADERS[header].name for header in devices_given} == {each.name for each in TABLE if "-Is-" in each.name}
    assert len(devices_given) == len(devices.NAMES)


def test_fingerprints_are_of_https_alone():
    assert [value(f"CloudFront-Viewer-{name}-Fingerprint", ALL, scheme="http") for name in ("JA3", "JA4")] == [None, None]


def test_a_given_device_goes_before_the_user_agent():
    found = [value(f"CloudFront-Is-{name}-Viewer", {"device": "smarttv"}) for name in ("SmartTV", "Tablet", "IOS")]
    assert found == ["true", "false", "false"]


def test_nothing_else_is_known_of_a_viewer():
    known = {name for name, _, _ in MADE} | GIVEN.keys()
    assert sorted(each.name for each in TABLE if each.name not in known) == [
        "CloudFront-Error-Args",
        "CloudFront-Error-Uri",
        "CloudFront-Viewer-Cert-Issuer",
        "CloudFront-Viewer-Cert-Pem",
        "CloudFront-Viewer-Cert-Serial-Number",
        "CloudFront-Viewer-Cert-Sha256",
        "CloudFront-Viewer-Cert-Subject",
        "CloudFront-Viewer-Cert-Validity",
    ]
    assert [each.value(request(ALL)) for each in TABLE if each.name not in known] == [None] * 8


def test_the_table_has_each_header_once():
    assert len(HEADERS) == len(TABLE) == 34
    assert [name for name in HEADERS if name != name.lower()] == []


def test_some_are_for_origin_request_policies_only():
    assert {name.removeprefix("cloudfront-viewer-") for name in viewer_headers.ONLY_FORWARDED} == {
        "address", "asn", "tls", "ja3-fingerprint", "ja4-fingerprint", "cert-pem", "cert-validity",
    }  # fmt: skip


# --- what CloudFront Functions see and change ---

THOSE = viewer_headers.listed({"cloudfront-viewer-city", "cloudfront-viewer-country", "x-a", "cloudfront-no-such"})


def test_those_that_a_policy_names_stand_in_the_order_of_the_table():
    assert [each.name for each in THOSE] == ["CloudFront-Viewer-Country", "CloudFront-Viewer-City"]


def test_a_function_sees_cloudfronts_own_in_place_of_the_viewers():
    asked = request({"country": "DE"}, lines=[("cloudfront-viewer-country", "XX"), ("CloudFront-Viewer-City", "X"), ("A", "1")])
    assert viewer_headers.with_lines(THOSE, asked).items == (("A", "1"), ("CloudFront-Viewer-Country", "DE"))
    assert viewer_headers.with_lines((), asked) is asked.headers


CHANGES = [
    pytest.param(
        Headers([("CloudFront-Viewer-Country", "EU"), ("X-New", "1")]), {"cloudfront-viewer-country": "EU"}, id="changed"
    ),
    pytest.param(Headers([("X-New", "1")]), {"cloudfront-viewer-country": None}, id="deleted"),
    pytest.param(
        Headers([("CloudFront-Viewer-Country", "DE"), ("Cloudfront-Viewer-City", "Bonn"), ("X-New", "1")]),
        {"cloudfront-viewer-city": "Bonn"},
        id="added",
    ),
    pytest.param(Headers([("CloudFront-Viewer-Country", "DE"), ("X-New", "1")]), {}, id="left alone"),
]


@pytest.mark.parametrize(("after", "changed"), CHANGES)
def test_what_a_function_makes_of_them_is_what_is_given(after, changed):
    asked = request({"country": "DE"})
    seen = viewer_headers.with_lines(THOSE, asked)
    headers, viewer = viewer_headers.taken_over(THOSE, seen, after, asked.viewer)
    assert headers.items == (("X-New", "1"),)
    assert viewer.given == {"cloudfront-viewer-country": "DE", **changed}
    assert asked.viewer.given == {"cloudfront-viewer-country": "DE"}


def test_the_fetch_of_an_error_page_tells_which_request_failed():
    asked = request({"country": "DE"})._replace(path="/gone", query="a=1&b")
    inner = asked._replace(path="/404.html", query=None, viewer=viewer_headers.of_error_page(asked))
    assert [HEADERS[name].value(inner) for name in ("cloudfront-error-uri", "cloudfront-error-args")] == ["/gone", "a=1&b"]
    assert HEADERS["cloudfront-viewer-country"].value(inner) == "DE"
    without = asked._replace(query=None)
    inner = without._replace(viewer=viewer_headers.of_error_page(without))
    assert HEADERS["cloudfront-error-args"].value(inner) is None
