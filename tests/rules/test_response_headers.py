import pytest

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Cors, PolicyHeader, ResponseHeadersPolicy, StrictTransportSecurity, XssProtection
from edgeproxy.rules import response_headers

SECURITY_HEADERS_POLICY = ResponseHeadersPolicy(
    "SecurityHeadersPolicy",
    security=(
        PolicyHeader("Referrer-Policy", "strict-origin-when-cross-origin", override=False),
        PolicyHeader("X-Content-Type-Options", "nosniff", override=True),
        PolicyHeader("X-Frame-Options", "SAMEORIGIN", override=False),
    ),
    xss_protection=XssProtection(override=False, protection=True, mode_block=True),
    strict_transport_security=StrictTransportSecurity(override=False, max_age=31536000),
)


def apply(policy, *lines, origin=None):
    request = Request("GET", "https", "h", "/", None, Headers(() if origin is None else [("Origin", origin)]))
    compiled = response_headers.compile(policy)
    assert compiled is not None
    return response_headers.apply(compiled, request, Headers(lines), 0.0)


def test_no_policy_compiles_to_nothing():
    assert response_headers.compile(None) is None


def test_cf_59_the_security_headers_policy():
    """CF-59"""
    headers = apply(SECURITY_HEADERS_POLICY, ("X-Frame-Options", "DENY"), ("x-content-type-options", "x"), ("X", "1"))
    assert dict(headers) == {
        "X-Frame-Options": "DENY",
        "X": "1",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Strict-Transport-Security": "max-age=31536000",
        "X-XSS-Protection": "1; mode=block",
    }


@pytest.mark.parametrize(
    ("hsts", "value"),
    [
        (StrictTransportSecurity(True, 60), "max-age=60"),
        (StrictTransportSecurity(True, 60, include_subdomains=True), "max-age=60; includeSubDomains"),
        (StrictTransportSecurity(True, 60, include_subdomains=True, preload=True), "max-age=60; includeSubDomains; preload"),
    ],
)
def test_strict_transport_security(hsts, value):
    assert apply(ResponseHeadersPolicy("P", strict_transport_security=hsts)).items == (("Strict-Transport-Security", value),)


@pytest.mark.parametrize(
    ("xss", "value"),
    [
        (XssProtection(True, protection=False), "0"),
        (XssProtection(True, protection=True), "1"),
        (XssProtection(True, protection=True, mode_block=True), "1; mode=block"),
        (XssProtection(True, protection=True, report_uri="/r"), "1; report=/r"),
    ],
)
def test_xss_protection(xss, value):
    assert apply(ResponseHeadersPolicy("P", xss_protection=xss)).items == (("X-XSS-Protection", value),)


@pytest.mark.parametrize(
    ("override", "after"),
    [
        pytest.param(True, [("X-B", "1"), ("X-A", "new")], id="override"),
        pytest.param(False, [("x-a", "old"), ("X-B", "1")], id="keep"),
    ],
)
def test_a_custom_header_against_the_origins(override, after):
    policy = ResponseHeadersPolicy("P", custom_headers=(PolicyHeader("X-A", "new", override),))
    assert apply(policy, ("x-a", "old"), ("X-B", "1")) == Headers(after)


def test_a_custom_header_may_be_empty():
    assert apply(ResponseHeadersPolicy("P", custom_headers=(PolicyHeader("X-A", "", override=False),))).get("x-a") == ""


def test_a_header_both_removed_and_added_is_there_with_the_added_value():
    policy = ResponseHeadersPolicy("P", custom_headers=(PolicyHeader("X-A", "new", override=False),), remove_headers=("x-A",))
    assert apply(policy, ("X-a", "old")).items == (("X-A", "new"),)


def test_removing_server_yields_cloudfronts_own():
    assert apply(ResponseHeadersPolicy("P", remove_headers=("Server",)), ("server", "nginx")).items == (
        ("Server", "CloudFront"),
    )


def test_removing_date_yields_the_present_one():
    policy = ResponseHeadersPolicy("P", remove_headers=("date",))
    for lines in ((("Date", "then"),), ()):
        assert apply(policy, *lines).items == (("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),)


def test_a_server_of_ones_own_is_possible():
    policy = ResponseHeadersPolicy(
        "P", custom_headers=(PolicyHeader("Server", "mine", override=True),), remove_headers=("Server",)
    )
    assert apply(policy, ("Server", "nginx")).items == (("Server", "mine"),)


@pytest.mark.parametrize("name", ["content-length", "via", "x-amz-cf-id", "x-edge-anything"])
def test_some_headers_cannot_be_removed(name):
    assert not response_headers.is_removable(name)
    assert response_headers.is_removable("x-cache")


def cors(*, override):
    return ResponseHeadersPolicy(
        "P", cors=Cors(("https://a.test",), ("*",), ("GET",), allow_credentials=False, origin_override=override)
    )


@pytest.mark.parametrize(
    ("override", "origin", "values"),
    [
        pytest.param(True, "https://a.test", ["https://a.test"], id="an overriding policy replaces the origin's"),
        pytest.param(False, "https://a.test", ["origin's"], id="another leaves it"),
        pytest.param(True, "https://b.test", ["origin's"], id="so does an Origin that does not fit"),
        pytest.param(True, None, ["origin's"], id="and a request without Origin"),
    ],
)
def test_cors_against_the_origins(override, origin, values):
    headers = apply(cors(override=override), ("access-control-allow-origin", "origin's"), ("X", "1"), origin=origin)
    assert headers.get_all("access-control-allow-origin") == values
    assert headers.get("x") == "1"


def test_removed_cors_headers_of_the_origin_do_not_count():
    policy = ResponseHeadersPolicy("P", cors=cors(override=False).cors, remove_headers=("Access-Control-Allow-Origin",))
    headers = apply(policy, ("Access-Control-Allow-Origin", "*"), origin="https://a.test")
    assert headers.get_all("access-control-allow-origin") == ["https://a.test"]


def test_nothing_is_copied_when_nothing_changes():
    compiled = response_headers.compile(cors(override=True))
    headers = Headers([("X", "1"), ("Vary", "origin")])
    assert response_headers.apply(compiled, Request("GET", "https", "h", "/", None, Headers()), headers, 0.0) is headers
