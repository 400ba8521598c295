import kit_local
import pytest

from edgeproxy.config.library import Library
from edgeproxy.config.nodes import plain
from edgeproxy.config.origins import read_groups, read_origin
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import Origin, OriginGroup

S3 = {"S3OriginConfig": {"OriginAccessIdentity": ""}}
CUSTOM = {"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}


class Named:
    """What a template's scope says of the names in an origin's domain name."""

    def other_names(self, text):
        return {"b": ("Bucket",), "api": ("Api",)}.get(text, ())

    def made_up(self, text):
        return "Api" if text == "api" else ""


def read(**properties: object):
    reading = Reading(Problems())
    section = Section("Origin", plain({"Id": "o", "DomainName": "o.test", **properties}), reading)
    found = read_origin(section, Library(reading, kit_local.given()), Named())
    reading.problems.raise_any()
    return found


def test_the_resource_of_a_domain_name_that_holds_its_id():
    domain = "api.execute-api.us-east-1.amazonaws.com"
    assert read(**CUSTOM, DomainName=domain).origin.resource == "Api"
    assert read(**CUSTOM, DomainName="www.example.com").origin.resource == ""


def test_a_custom_origin_in_cloudformations_spelling():
    config = {
        "OriginProtocolPolicy": "http-only",
        "HTTPPort": "8080",
        "HTTPSPort": 8443,
        "OriginSSLProtocols": ["TLSv1.1", "TLSv1.2"],
        "OriginReadTimeout": 60,
        "OriginKeepaliveTimeout": 10,
    }
    headers = [{"HeaderName": "X-A", "HeaderValue": "1"}]
    found = read(
        CustomOriginConfig=config,
        OriginPath="/prod",
        OriginCustomHeaders=headers,
        ConnectionAttempts=1,
        ConnectionTimeout=2,
        ResponseCompletionTimeout=90,
    ).origin
    assert found == Origin(
        id="o",
        domain_name="o.test",
        origin_path="/prod",
        custom_headers=(("X-A", "1"),),
        protocol_policy="http-only",
        http_port=8080,
        https_port=8443,
        ssl_protocols=("TLSv1.1", "TLSv1.2"),
        read_timeout=60,
        keepalive_timeout=10,
        connection_attempts=1,
        connection_timeout=2,
        response_completion_timeout=90,
    )


def test_a_custom_origin_in_the_apis_spelling():
    config = {
        "OriginProtocolPolicy": "https-only",
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    }
    headers = {"Quantity": 1, "Items": [{"HeaderName": "X-A", "HeaderValue": "1"}]}
    found = read(CustomOriginConfig=config, CustomHeaders=headers, OriginPath="", OriginShield={"Enabled": False}).origin
    assert (found.protocol_policy, found.ssl_protocols, found.custom_headers) == ("https-only", ("TLSv1.2",), (("X-A", "1"),))


def test_a_bucket_and_what_it_may_be_called():
    found = read(DomainName="b.s3.eu-west-1.amazonaws.com", **S3)
    assert found.origin.s3
    assert found.names == ("o", "b.s3.eu-west-1.amazonaws.com", "b", "Bucket")


def test_an_api_may_be_called_by_its_logical_id():
    assert "Api" in read(DomainName="api.execute-api.us-east-1.amazonaws.com", **CUSTOM).names


def test_an_origin_access_identity_always_signs():
    found = read(S3OriginConfig={"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"}).origin
    assert (found.origin_access_identity, found.signing) == (True, "always")
    found = read(**S3).origin
    assert (found.origin_access_identity, found.signing) == (False, "never")


def test_an_access_control_that_is_not_in_the_file_always_signs():
    found = read(OriginAccessControlId="E1", **S3).origin
    assert (found.origin_access_control, found.signing) == (True, "always")
    found = read(OriginAccessControlId="", **S3).origin
    assert (found.origin_access_control, found.signing) == (False, "never")


@pytest.mark.parametrize(
    ("shield", "region"),
    [
        pytest.param({"Enabled": True, "OriginShieldRegion": "eu-west-1"}, "eu-west-1", id="on"),
        pytest.param({"Enabled": False, "OriginShieldRegion": "eu-west-1"}, None, id="off"),
        pytest.param({"Enabled": False}, None, id="off, as the API prints it"),
    ],
)
def test_the_region_of_an_origin_shield_is_kept(shield, region):
    assert read(OriginShield=shield, **S3).origin.origin_shield == region


def custom_header(name: str, value: str) -> dict:
    return {"CustomHeaders": [{"HeaderName": name, "HeaderValue": value}], **CUSTOM}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param({}, "exactly one of CustomOriginConfig, S3OriginConfig", id="no kind of origin"),
        pytest.param({**S3, **CUSTOM}, "exactly one of", id="two kinds of origin"),
        pytest.param({"DomainName": "http://o.test", **CUSTOM}, "http://o.test is not a domain name", id="a URL"),
        pytest.param({"OriginPath": "prod", **CUSTOM}, "OriginPath is 'prod'", id="a path without slash"),
        pytest.param({"OriginPath": "/prod/", **CUSTOM}, "OriginPath is '/prod/'", id="a path that ends in a slash"),
        pytest.param({"OriginPath": "/", **CUSTOM}, "OriginPath is '/'", id="a path that is a slash"),
        pytest.param({"OriginPath": "/a b", **CUSTOM}, "OriginPath is '/a b'", id="a path with a space"),
        pytest.param({"OriginPath": "/a?b", **CUSTOM}, r"OriginPath is '/a\?b'", id="a path with a query"),
        pytest.param({"OriginPath": "/a#b", **CUSTOM}, "OriginPath is '/a#b'", id="a path with a fragment"),
        pytest.param({"OriginPath": "/a\r\nX: 1", **CUSTOM}, "OriginPath is", id="a path with a line break"),
        pytest.param({"OriginPath": "/é", **CUSTOM}, "OriginPath is '/é'", id="a path beyond ASCII"),
        pytest.param({"CustomOriginConfig": {}}, "needs OriginProtocolPolicy", id="no protocol policy"),
        pytest.param(
            {"CustomOriginConfig": {"OriginProtocolPolicy": "http-only", "HTTPPort": 81}}, "HTTPPort is 81", id="a low port"
        ),
        pytest.param(
            {"CustomOriginConfig": {"OriginProtocolPolicy": "http-only", "OriginSSLProtocols": ["TLSv1.3"]}},
            "TLSv1.3 is not a protocol",
            id="a TLS version that cannot be named",
        ),
        pytest.param(
            {"CustomHeaders": [{"HeaderName": "Host", "HeaderValue": "x"}], **CUSTOM},
            "Host cannot be a custom header",
            id="a header that cannot be set",
        ),
        pytest.param(
            {"CustomHeaders": [{"HeaderName": "X-Amz-Meta", "HeaderValue": "x"}], **CUSTOM},
            "X-Amz-Meta cannot be a custom header",
            id="a header of AWS's own",
        ),
        pytest.param(
            {"CustomHeaders": [{"HeaderName": "X-A", "HeaderValue": "a\nb"}], **CUSTOM},
            "control character",
            id="a value with a line break",
        ),
        pytest.param({"OriginShield": {"Enabled": True}, **S3}, "needs OriginShieldRegion", id="a shield nowhere"),
        pytest.param({"OriginShield": {"Region": "x"}, **S3}, "has no property Region", id="a shield's property"),
        pytest.param(
            {"CustomHeaders": [{"HeaderName": f"X-{n}", "HeaderValue": "x"} for n in range(31)], **CUSTOM},
            "31 custom headers of an origin",
            id="more custom headers than the quota",
        ),
        pytest.param(custom_header("x" * 257, "x"), "257 characters of a custom header's name", id="a long name"),
        pytest.param(custom_header("X-A", "x" * 1784), "1784 characters of a custom header's value", id="a long value"),
        pytest.param(
            {"CustomHeaders": [{"HeaderName": f"X-{n}", "HeaderValue": "x" * 1700} for n in range(7)], **CUSTOM},
            "11921 characters of all custom headers of an origin",
            id="more characters than the quota",
        ),
        pytest.param(custom_header("X A", "x"), "X A cannot be a custom header", id="a name that is none"),
        pytest.param(custom_header("", "x"), " cannot be a custom header", id="no name"),
        pytest.param(
            {"ResponseCompletionTimeout": 29, **CUSTOM},
            "ResponseCompletionTimeout is 29, less than OriginReadTimeout, 30",
            id="an answer that must be complete before it must begin",
        ),
    ],
)
def test_what_cloudfront_refuses(properties, message):
    with pytest.raises(ConfigError, match=message):
        read(**properties)


@pytest.mark.parametrize("path", ["", "/a", "/a/b", "/%20/~x", "/a//b", "/a:@!$&'()*+,;=[]"])
def test_an_origin_path_that_is_taken_as_it_is(path):
    assert read(OriginPath=path, **CUSTOM).origin.origin_path == path


def test_a_custom_header_beyond_ascii_goes_out_in_utf_8():
    ((_, value),) = read(**custom_header("X-A", "é →")).origin.custom_headers
    assert value.encode("latin-1").decode() == "é →"


def test_an_answer_may_have_to_be_complete_as_soon_as_it_has_to_begin():
    assert read(ResponseCompletionTimeout=30, **CUSTOM).origin.response_completion_timeout == 30


def groups(members: list[str], codes: tuple[int, ...] = (503,), name: str = "g", criteria: dict | None = None):
    reading = Reading(Problems())
    group = {
        "Id": name,
        "FailoverCriteria": criteria
        if criteria is not None
        else {"StatusCodes": {"Quantity": len(codes), "Items": list(codes)}},
        "Members": {"Quantity": len(members), "Items": [{"OriginId": member} for member in members]},
    }
    config = plain({"OriginGroups": {"Quantity": 1, "Items": [group]}})
    origins = {each: Origin(each, f"{each}.test") for each in ("one", "two")}
    found = read_groups(Section("DistributionConfig", config, reading), origins)
    reading.problems.raise_any()
    return found, reading


def test_a_group_has_two_members_and_the_codes_after_which_the_second_is_asked():
    found, reading = groups(["one", "two"], (500, 503))
    assert found == {"g": OriginGroup(("one", "two"), frozenset({500, 503}))}
    assert reading.not_honoured == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param((["one"],), "has 1 members", id="one member"),
        pytest.param((["one", "twoo"],), "there is no origin twoo", id="an unknown member"),
        pytest.param((["one", "two"], (418,)), "418 cannot fail over", id="a status"),
        pytest.param((["one", "two"], ()), "StatusCodes is empty", id="no status"),
        pytest.param((["one", "two"], (), "g", {}), "FailoverCriteria needs StatusCodes", id="no StatusCodes"),
        pytest.param((["one", "two"], (503,), "one"), "one names another origin", id="a name that is taken"),
    ],
)
def test_what_cloudfront_refuses_in_a_group(arguments, message):
    with pytest.raises(ConfigError, match=message):
        groups(*arguments)
