import pytest

from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.response_headers_policies import response_headers_policy
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import Cors, PolicyHeader, ServerTiming, StrictTransportSecurity, XssProtection

CORS = {
    "AccessControlAllowOrigins": {"Items": ["https://a.test"]},
    "AccessControlAllowHeaders": {"Items": ["*"]},
    "AccessControlAllowMethods": {"Items": ["GET"]},
    "AccessControlAllowCredentials": False,
    "OriginOverride": True,
}


def read(**value: object):
    section = Section("ResponseHeadersPolicyConfig", plain({"Name": "R", **value}), Reading(Problems()))
    found = response_headers_policy(section)
    section.reading.problems.raise_any()
    return found


def security(**value: object):
    return read(SecurityHeadersConfig=value)


def test_cors():
    assert read(CorsConfig={**CORS, "AccessControlMaxAgeSec": 600}).cors == Cors(
        allow_origins=("https://a.test",),
        allow_headers=("*",),
        allow_methods=("GET",),
        allow_credentials=False,
        origin_override=True,
        max_age=600,
    )


def test_security_headers_that_are_only_a_value_stand_together():
    found = security(
        FrameOptions={"FrameOption": "DENY", "Override": True},
        ReferrerPolicy={"ReferrerPolicy": "same-origin", "Override": False},
        ContentSecurityPolicy={"ContentSecurityPolicy": "default-src 'self'", "Override": True},
        ContentTypeOptions={"Override": True},
    )
    assert found.security == (
        PolicyHeader("X-Frame-Options", "DENY", True),
        PolicyHeader("Referrer-Policy", "same-origin", False),
        PolicyHeader("Content-Security-Policy", "default-src 'self'", True),
        PolicyHeader("X-Content-Type-Options", "nosniff", True),
    )


def test_headers_with_parts():
    found = security(
        XSSProtection={"Override": True, "Protection": True, "ReportUri": "/r"},
        StrictTransportSecurity={"Override": True, "AccessControlMaxAgeSec": 60, "Preload": True},
    )
    assert found.xss_protection == XssProtection(True, True, False, "/r")
    assert found.strict_transport_security == StrictTransportSecurity(True, 60, False, True)


def test_custom_and_removed_headers_and_server_timing():
    found = read(
        CustomHeadersConfig={"Items": [{"Header": "X-A", "Value": "", "Override": True}]},
        RemoveHeadersConfig={"Items": [{"Header": "Server"}]},
        ServerTimingHeadersConfig={"Enabled": True, "SamplingRate": 0.5},
    )
    assert found.custom_headers == (PolicyHeader("X-A", "", True),)
    assert found.remove_headers == ("Server",)
    assert found.server_timing == ServerTiming(True, 0.5)


@pytest.mark.parametrize("rate", [0, 0.0001, 99.9999, 100])
def test_a_sampling_rate_has_up_to_four_decimals(rate):
    found = read(ServerTimingHeadersConfig={"Enabled": True, "SamplingRate": rate})
    assert found.server_timing == ServerTiming(True, rate)


def test_a_custom_header_beyond_ascii_goes_out_in_utf_8():
    (header,) = read(**custom("X-A", "é →")).custom_headers
    assert header.value.encode("latin-1").decode() == "é →"


def custom(header: str, value: str = "v") -> dict:
    return {"CustomHeadersConfig": {"Items": [{"Header": header, "Value": value, "Override": True}]}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({"CorsConfig": {}}, "CorsConfig needs AccessControlAllowOrigins", id="CORS without its parts"),
        pytest.param(
            {"CorsConfig": {**CORS, "AccessControlAllowMethods": ["TRACE"]}}, "TRACE is not a method", id="a method"
        ),
        pytest.param(custom("Access-Control-Allow-Origin"), "cannot be a custom header", id="a CORS header as custom header"),
        pytest.param(custom("X A"), "cannot be a custom header", id="a name with a space"),
        pytest.param(
            {"CorsConfig": {**CORS, "AccessControlExposeHeaders": ["X-A", "a\r\nb"]}}, "is not a header's name", id="an exposed name"
        ),
        pytest.param(
            {"CorsConfig": {**CORS, "AccessControlAllowHeaders": ["→"]}}, "is not a header's name", id="an allowed name"
        ),
        pytest.param(
            {"SecurityHeadersConfig": {"XSSProtection": {"Override": True, "Protection": True, "ReportUri": "/r\n"}}},
            "X-XSS-Protection has a control character",
            id="a report's address with a line break",
        ),
        pytest.param(custom("X-A", "a\r\nb"), "control character", id="a value with a line break"),
        pytest.param(
            {"RemoveHeadersConfig": {"Items": [{"Header": "Via"}]}}, "Via cannot be removed", id="a header that stays"
        ),
        pytest.param(
            {"RemoveHeadersConfig": {"Items": [{"Header": "x-amz-cf-pop"}]}}, "x-amz-cf-pop cannot", id="CloudFront's own"
        ),
        pytest.param(
            {"SecurityHeadersConfig": {"FrameOptions": {"FrameOption": "ALLOW", "Override": True}}},
            'FrameOption is "ALLOW"',
            id="a frame option",
        ),
        pytest.param(
            {"SecurityHeadersConfig": {"XSSProtection": {
                "Override": True, "Protection": True, "ModeBlock": True, "ReportUri": "/r"}}},
            "exclude each other",
            id="block and report",
        ),
        pytest.param(
            {"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 0.00001}}, "more than four decimal", id="five decimals"
        ),
        pytest.param(
            {"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 101}}, "number from 0 to 100", id="more than all"
        ),
        pytest.param(
            {"SecurityHeadersConfig": {"ContentSecurityPolicy": {"ContentSecurityPolicy": "x" * 1784, "Override": True}}},
            "1784 characters of a Content-Security-Policy",
            id="a policy that is too long",
        ),
    ],
)  # fmt: skip
def test_what_cloudfront_refuses(value, message):
    with pytest.raises(ConfigError, match=message):
        read(**value)
