import pytest

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers
from edgeproxy.rules.lambda_origin import is_domain_name
from edgeproxy.rules.origin_parameters import GROUP, SENTENCE, UPDATE, check, custom_headers

OAC = {"enabled": True, "signingBehavior": "always", "signingProtocol": "sigv4", "originType": "s3"}
CUSTOM = {"port": 8443, "protocol": "https", "sslProtocols": ["TLSv1.2"]}
LABEL = "a" * 61 + "."


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing at all"),
        pytest.param({"connectionAttempts": 1}, id="one attempt"),
        pytest.param({"connectionAttempts": 3}, id="three attempts"),
        pytest.param({"originShield": {"enabled": False}}, id="a shield that is off needs no region"),
        pytest.param({"originShield": {"enabled": True, "region": "us-east-2"}}, id="a shield with its region"),
        pytest.param({"originAccessControlConfig": {"enabled": False}}, id="an access control that is off needs no more"),
        pytest.param({"originAccessControlConfig": OAC}, id="a whole access control"),
        pytest.param({"originAccessControlConfig": {**OAC, "region": "us-east-1"}}, id="a region in it is tolerated"),
        pytest.param(
            {"timeouts": {"readTimeout": 120, "keepAliveTimeout": 1, "connectionTimeout": 10}}, id="timeouts at the edge"
        ),
        pytest.param({"customOriginConfig": CUSTOM}, id="a whole customOriginConfig"),
        pytest.param({"customOriginConfig": {**CUSTOM, "ipAddressType": "dualstack"}}, id="an address type"),
        pytest.param({"allowedCertificateNames": ["*.example.com"] * 20}, id="twenty certificate names"),
        pytest.param({"mTLSConfig": "off"}, id="mTLS off"),
    ],
)
def test_what_may_be_given(given):
    assert check("updateRequestOrigin", given, UPDATE) is given


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        pytest.param(None, "must be an object", id="null for the whole"),
        pytest.param([], "must be an object", id="a list for the whole"),
        pytest.param({"domain": "b.example"}, "no field 'domain'", id="a field that is not in the table"),
        pytest.param({"domainName": None}, "domainName is None", id="null for a field"),
        pytest.param({"domainName": ""}, "domainName", id="an empty domain name"),
        pytest.param({"domainName": "1.2.3.4"}, "domainName", id="CFF-48 an IPv4 address"),
        pytest.param({"domainName": "b.example:8080"}, "domainName", id="CFF-48 a port"),
        pytest.param({"hostHeader": "[::1]"}, "hostHeader", id="an IPv6 address as Host"),
        pytest.param({"hostHeader": "a\r\nX: y"}, "hostHeader", id="a line break in the Host"),
        pytest.param({"sni": "10.0.0.1"}, "sni", id="an address as SNI"),
        pytest.param({"originPath": 1}, "originPath", id="a number as path"),
        pytest.param({"customHeaders": [["a", "b"]]}, "customHeaders", id="a list of headers"),
        pytest.param({"customHeaders": {"a": 1}}, "customHeaders", id="a number as header value"),
        pytest.param({"customHeaders": {"a": {"value": "b"}}}, "customHeaders", id="a value record"),
        pytest.param({"connectionAttempts": 0}, "connectionAttempts", id="no attempt"),
        pytest.param({"connectionAttempts": 4}, "connectionAttempts", id="four attempts"),
        pytest.param({"connectionAttempts": "1"}, "connectionAttempts", id="attempts as text"),
        pytest.param({"connectionAttempts": True}, "connectionAttempts", id="attempts as a boolean"),
        pytest.param({"connectionAttempts": 1.5}, "connectionAttempts", id="half an attempt"),
        pytest.param({"originShield": True}, "originShield must be an object", id="a shield that is no object"),
        pytest.param({"originShield": {}}, "no enabled", id="a shield without enabled"),
        pytest.param({"originShield": {"enabled": True}}, "no region", id="a shield without region"),
        pytest.param({"originShield": {"enabled": True, "region": "Ohio"}}, "region", id="a region that is none"),
        pytest.param({"originShield": {"enabled": "true"}}, "enabled", id="enabled as text"),
        pytest.param({"originAccessControlConfig": {"enabled": True}}, "no signingBehavior", id="half an access control"),
        pytest.param({"originAccessControlConfig": {**OAC, "signingProtocol": "sigv2"}}, "signingProtocol", id="sigv2"),
        pytest.param({"originAccessControlConfig": {**OAC, "originType": "custom"}}, "originType", id="a custom origin type"),
        pytest.param(
            {"originAccessControlConfig": {"enabled": False, "signingBehavior": "x"}}, "signingBehavior", id="off, wrong"
        ),
        pytest.param({"timeouts": {"readTimeout": 0}}, "readTimeout", id="no time to read"),
        pytest.param({"timeouts": {"readTimeout": 121}}, "readTimeout", id="too long to read"),
        pytest.param({"timeouts": {"keepAliveTimeout": 121}}, "keepAliveTimeout", id="too long to keep alive"),
        pytest.param({"timeouts": {"connectionTimeout": 11}}, "connectionTimeout", id="too long to connect"),
        pytest.param({"timeouts": {"responseTimeout": 5}}, "no field", id="a timeout that does not exist"),
        pytest.param({"customOriginConfig": {"port": 80, "protocol": "http"}}, "no sslProtocols", id="no sslProtocols"),
        pytest.param({"customOriginConfig": {**CUSTOM, "port": 81}}, "port", id="port 81"),
        pytest.param({"customOriginConfig": {**CUSTOM, "port": 65536}}, "port", id="port 65536"),
        pytest.param({"customOriginConfig": {**CUSTOM, "protocol": "match-viewer"}}, "protocol", id="match-viewer"),
        pytest.param({"customOriginConfig": {**CUSTOM, "sslProtocols": []}}, "sslProtocols", id="no protocol at all"),
        pytest.param({"customOriginConfig": {**CUSTOM, "sslProtocols": ["TLSv1.3"]}}, "sslProtocols", id="TLS 1.3"),
        pytest.param({"customOriginConfig": {**CUSTOM, "sslProtocols": [[]]}}, "sslProtocols", id="a list among protocols"),
        pytest.param({"customOriginConfig": {**CUSTOM, "ipAddressType": "ipv5"}}, "ipAddressType", id="ipv5"),
        pytest.param({"allowedCertificateNames": "a"}, "allowedCertificateNames", id="names as text"),
        pytest.param({"allowedCertificateNames": ["a"] * 21}, "allowedCertificateNames", id="21 certificate names"),
        pytest.param({"allowedCertificateNames": ["a" * 65]}, "allowedCertificateNames", id="a name of 65 characters"),
        pytest.param({"mTLSConfig": "on"}, "mTLSConfig", id="mTLS on"),
    ],
)
def test_cff_48_what_is_refused(given, cause):
    """CFF-48"""
    with pytest.raises(FunctionError) as caught:
        check("updateRequestOrigin", given, UPDATE)
    assert (caught.value.status, caught.value.sentence) == (502, SENTENCE)
    assert cause in caught.value.cause


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"originIds": ["a", "b"]}, id="no criteria"),
        pytest.param({"originIds": ["a"], "failoverCriteria": {"statusCodes": [500]}}, id="one origin"),
        pytest.param({"originIds": ["a", "b", "c"], "failoverCriteria": {"statusCodes": [500]}}, id="three origins"),
        pytest.param({"originIds": ["a", "b"], "failoverCriteria": {"statusCodes": []}}, id="no codes"),
        pytest.param({"originIds": ["a", "b"], "failoverCriteria": {"statusCodes": [501]}}, id="a code that cannot fail over"),
        pytest.param({"originIds": ["a", "b"], "failoverCriteria": {"statusCodes": ["500"]}}, id="codes as text"),
        pytest.param({"originIds": ["a", "b"], "failoverCriteria": [500]}, id="codes without their name"),
        pytest.param(
            {"originIds": ["a", "b"], "failoverCriteria": {"statusCodes": [500]}, "selectionCriteria": "best"}, id="a criterion"
        ),
    ],
)
def test_a_group_that_is_refused(given):
    with pytest.raises(FunctionError):
        check("createRequestOriginGroup", given, GROUP)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        pytest.param("b.example", True, id="a name"),
        pytest.param("localhost", True, id="one label"),
        pytest.param("a_b-c.example.", True, id="underscore, hyphen and final dot"),
        pytest.param(LABEL * 4 + "abcde", True, id="253 characters"),
        pytest.param(LABEL * 4 + "abcdef", False, id="254 characters"),
        pytest.param("1.2.3.4", False, id="CFF-48 IPv4"),
        pytest.param("127.1", False, id="short IPv4"),
        pytest.param("0x7f000001", False, id="hexadecimal IPv4"),
        pytest.param("2130706433", False, id="decimal IPv4"),
        pytest.param("::1", False, id="IPv6"),
        pytest.param("a..b", False, id="an empty label"),
        pytest.param("a/b", False, id="a slash"),
        pytest.param("a@b", False, id="an at sign"),
        pytest.param("b.exämple", False, id="not ASCII"),
        pytest.param("a\n", False, id="a line break at the end"),
    ],
)
def test_domain_names(name, good):
    assert is_domain_name(name) is good


def test_custom_headers_go_out_in_wire_case_and_utf_8():
    assert custom_headers({"x-my-header": "é"}, Headers()) == (("X-My-Header", "\xc3\xa9"),)
    assert custom_headers({}, Headers()) == ()


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"X-K": "v"}, id="upper case"),
        pytest.param({"": "v"}, id="no name"),
        pytest.param({"a b": "v"}, id="no token"),
        pytest.param({"x-edge-location": "v"}, id="a disallowed name"),
        pytest.param({"x-forwarded-proto": "https"}, id="a name of edge functions' deny list"),
        pytest.param({"cache-control": "no-cache"}, id="a name that CloudFront can't add"),
        pytest.param({"x-amz-date": "v"}, id="a prefix that CloudFront can't add"),
        pytest.param({"host": "b.example"}, id="the Host"),
        pytest.param({"x-there": "v"}, id="a name in the request"),
        pytest.param({"x-k": "a\r\nb: c"}, id="a line break"),
        pytest.param({"a" * 257: "v"}, id="a name of 257 characters"),
        pytest.param({"x-k": "v" * 1784}, id="a value of 1,784 characters"),
        pytest.param({f"x-{number}": "v" for number in range(31)}, id="31 headers"),
        pytest.param({f"x-{number}": "v" * 1700 for number in range(7)}, id="more than 10,240 characters"),
    ],
)
def test_custom_headers_that_are_refused(given):
    with pytest.raises(FunctionError) as caught:
        custom_headers(given, Headers([("X-There", "1")]))
    assert caught.value.sentence == SENTENCE
