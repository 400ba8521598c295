from dataclasses import replace
from pathlib import Path

import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.messages import Headers
from edgeproxy.model import Directory, Origin, Url
from edgeproxy.rules import lambda_origin

CUSTOM = Origin(
    "app",
    "app.example.com",
    origin_path="/v1",
    custom_headers=(("X-K", "v"),),
    http_port=8080,
    place=Url("http", "127.0.0.1", 3000),
)
BUCKET = Origin(
    "site", "site.s3.eu-west-1.amazonaws.com", s3=True, origin_access_identity=True, place=Directory(Path("public"))
)
HEADERS = Headers([("Host", "h"), ("X-A", "1")])
X_K = {"x-k": [{"key": "X-K", "value": "v"}]}


def apply(origin, change, headers=HEADERS):
    """What comes of a handler that changes the fields of the origin that it was shown."""
    sent = lambda_origin.origin_object(origin, "https")
    kind = "s3" if origin.s3 else "custom"
    return lambda_origin.apply(origin, sent, {kind: {**sent[kind], **change}}, headers)


CONTROLLED = replace(BUCKET, origin_access_identity=False, origin_access_control=True, signing="no-override")
IDENTIFIED = replace(BUCKET, signing="always")
TO_A_SERVER = {"domainName": "b.example.com", "port": 80, "protocol": "http"}


@pytest.mark.parametrize(
    ("origin", "change", "signing"),
    [
        pytest.param(CONTROLLED, {"path": "/v2"}, "no-override", id="an access control stays with another path"),
        pytest.param(CONTROLLED, {"domainName": "b.s3.amazonaws.com"}, "never", id="not with another bucket"),
        pytest.param(IDENTIFIED, {"path": "/v2"}, "always", id="an identity, as the event says"),
        pytest.param(IDENTIFIED, {"domainName": "b.s3.amazonaws.com"}, "always", id="in another bucket too"),
        pytest.param(IDENTIFIED, {"authMethod": "none"}, "never", id="none, as the event says"),
    ],
)
def test_when_a_changed_bucket_is_signed_for(origin, change, signing):
    assert apply(origin, change).signing == signing


def test_what_becomes_of_an_access_control_where_the_origin_becomes_a_server():
    sent = lambda_origin.origin_object(CONTROLLED, "https")
    moved = lambda_origin.apply(CONTROLLED, sent, {"custom": TO_A_SERVER}, HEADERS)
    assert moved.signing == "never"


@pytest.mark.parametrize(
    ("policy", "scheme", "protocol", "port"),
    [
        pytest.param("match-viewer", "https", "https", 443, id="the viewer's https"),
        pytest.param("match-viewer", "http", "http", 8080, id="the viewer's http"),
        pytest.param("http-only", "https", "http", 8080, id="always http"),
        pytest.param("https-only", "http", "https", 443, id="always https"),
    ],
)
def test_the_custom_object(policy, scheme, protocol, port):
    origin = Origin(
        "app", "app.example.com", origin_path="/v1", custom_headers=(("X-K", "v"),), http_port=8080, protocol_policy=policy
    )
    assert lambda_origin.origin_object(origin, scheme) == {
        "custom": {
            "customHeaders": X_K,
            "domainName": "app.example.com",
            "path": "/v1",
            "readTimeout": 30,
            "keepaliveTimeout": 5,
            "port": port,
            "protocol": protocol,
            "sslProtocols": ["TLSv1.2"],
        }
    }


@pytest.mark.parametrize(
    ("domain", "identity", "method", "region"),
    [
        pytest.param("b.s3.eu-west-1.amazonaws.com", True, "origin-access-identity", "eu-west-1", id="a region in the name"),
        pytest.param("b.s3-us-west-2.amazonaws.com", False, "none", "us-west-2", id="a region after a hyphen"),
        pytest.param("b.s3.amazonaws.com", False, "none", "us-east-1", id="no region in the name"),
    ],
)
def test_the_s3_object(domain, identity, method, region):
    origin = Origin("b", domain, s3=True, origin_access_identity=identity, response_completion_timeout=60)
    assert lambda_origin.origin_object(origin, "https") == {
        "s3": {
            "customHeaders": {},
            "domainName": domain,
            "path": "",
            "readTimeout": 30,
            "responseCompletionTimeout": 60,
            "authMethod": method,
            "region": region,
        }
    }


@pytest.mark.parametrize("origin", [pytest.param(CUSTOM, id="custom"), pytest.param(BUCKET, id="s3")])
def test_an_unchanged_origin_is_none(origin):
    assert apply(origin, {}) is None


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param(
            {"domainName": "b.example.com"}, {"domain_name": "b.example.com", "place": None}, id="another domain, no place"
        ),
        pytest.param({"path": "/v2"}, {"origin_path": "/v2"}, id="another path in the same place"),
        pytest.param({"path": ""}, {"origin_path": ""}, id="no path"),
        pytest.param({"port": 1024}, {"https_port": 1024}, id="another port"),
        pytest.param(
            {"protocol": "http", "port": 80}, {"protocol_policy": "http-only", "http_port": 80}, id="another protocol"
        ),
        pytest.param({"readTimeout": 120, "keepaliveTimeout": 1}, {"read_timeout": 120, "keepalive_timeout": 1}, id="timeouts"),
        pytest.param({"responseCompletionTimeout": 30}, {"response_completion_timeout": 30}, id="a completion timeout"),
        pytest.param({"sslProtocols": ["TLSv1", "SSLv3"]}, {"ssl_protocols": ("TLSv1", "SSLv3")}, id="TLS versions"),
        pytest.param(
            {"customHeaders": {**X_K, "x-l": [{"value": "é"}]}},
            {"custom_headers": (("X-K", "v"), ("X-L", "\xc3\xa9"))},
            id="one more header",
        ),
        pytest.param({"customHeaders": {}}, {"custom_headers": ()}, id="no headers"),
    ],
)
def test_changes_of_a_custom_origin(change, fields):
    changed = apply(CUSTOM, change)
    expected = {"protocol_policy": "https-only", **fields}
    assert {name: getattr(changed, name) for name in expected} == expected
    assert all(getattr(changed, name) == getattr(CUSTOM, name) for name in CUSTOM.__slots__ if name not in expected), (
        "nothing else changes"
    )


def test_le_46_a_bucket_becomes_a_custom_origin():
    """LE-46"""
    form = {"domainName": "new.example.com", "port": 443, "protocol": "https"}
    changed = lambda_origin.apply(BUCKET, lambda_origin.origin_object(BUCKET, "https"), {"custom": form}, HEADERS)
    assert changed == Origin("site", "new.example.com", protocol_policy="https-only")


def test_a_custom_origin_becomes_a_bucket():
    form = {"domainName": "b.s3.amazonaws.com", "authMethod": "none", "region": "", "customHeaders": {}}
    changed = lambda_origin.apply(CUSTOM, lambda_origin.origin_object(CUSTOM, "https"), {"s3": form}, HEADERS)
    assert (changed.s3, changed.domain_name, changed.origin_access_identity, changed.place) == (
        True,
        "b.s3.amazonaws.com",
        False,
        None,
    )


def test_an_identity_is_kept_from_bucket_to_bucket():
    changed = apply(BUCKET, {"domainName": "other.s3.us-west-2.amazonaws.com", "region": "us-west-2"})
    assert (changed.origin_access_identity, changed.place) == (True, None)


@pytest.mark.parametrize(
    ("origin", "change", "what"),
    [
        pytest.param(CUSTOM, {"domainName": "1.2.3.4"}, "The domainName is invalid.", id="LE-47 an IPv4 address"),
        pytest.param(CUSTOM, {"domainName": "127.1"}, "The domainName is invalid.", id="a short IPv4 address"),
        pytest.param(CUSTOM, {"domainName": "0x7f000001"}, "The domainName is invalid.", id="an IPv4 address in one number"),
        pytest.param(CUSTOM, {"domainName": "::1"}, "The domainName is invalid.", id="an IPv6 address"),
        pytest.param(CUSTOM, {"domainName": "a.example.com:80"}, "The domainName is invalid.", id="a colon"),
        pytest.param(CUSTOM, {"domainName": "a.example.com/x"}, "The domainName is invalid.", id="a slash"),
        pytest.param(CUSTOM, {"domainName": "x" * 64 + ".test"}, "The domainName is invalid.", id="a label of 64 characters"),
        pytest.param(CUSTOM, {"domainName": ""}, "The domainName is invalid.", id="no name"),
        pytest.param(CUSTOM, {"domainName": None}, "The domainName is invalid.", id="null"),
        pytest.param(CUSTOM, {"domainName": "a." * 127}, "The domainName is invalid.", id="254 characters"),
        pytest.param(BUCKET, {"domainName": "B.s3.amazonaws.com"}, "The domainName is invalid.", id="a bucket in capitals"),
        pytest.param(BUCKET, {"domainName": "a" * 129}, "The domainName is invalid.", id="a bucket of 129 characters"),
        pytest.param(CUSTOM, {"port": 81}, "The port is invalid.", id="LE-47 port 81"),
        pytest.param(CUSTOM, {"port": 65536}, "The port is invalid.", id="port 65536"),
        pytest.param(CUSTOM, {"port": "443"}, "The port is invalid.", id="a string for a port"),
        pytest.param(CUSTOM, {"protocol": "ftp"}, "The protocol is invalid.", id="another protocol"),
        pytest.param(CUSTOM, {"path": "v1"}, "The path is invalid.", id="a path without slash"),
        pytest.param(CUSTOM, {"path": "/v1/"}, "The path is invalid.", id="a path that ends with a slash"),
        pytest.param(CUSTOM, {"path": "/a\r\n"}, "The path is invalid.", id="a line break in the path"),
        pytest.param(CUSTOM, {"path": "/" + "a" * 255}, "The path is invalid.", id="a path of 256 characters"),
        pytest.param(CUSTOM, {"path": None}, "The path is invalid.", id="a path of null"),
        pytest.param(CUSTOM, {"readTimeout": 0}, "The readTimeout is invalid.", id="no time to read"),
        pytest.param(CUSTOM, {"keepaliveTimeout": 121}, "The keepaliveTimeout is invalid.", id="121 seconds"),
        pytest.param(
            CUSTOM, {"responseCompletionTimeout": 29}, "The responseCompletionTimeout is invalid.", id="less than to read"
        ),
        pytest.param(CUSTOM, {"responseCompletionTimeout": "60"}, "The responseCompletionTimeout is invalid.", id="a string"),
        pytest.param(CUSTOM, {"sslProtocols": []}, "The sslProtocols are invalid.", id="no TLS version"),
        pytest.param(CUSTOM, {"sslProtocols": ["TLSv9"]}, "The sslProtocols are invalid.", id="an unknown TLS version"),
        pytest.param(BUCKET, {"authMethod": "sigv4"}, "The authMethod is invalid.", id="an unknown method"),
        pytest.param(BUCKET, {"region": ""}, "The region is invalid.", id="an identity without region"),
        pytest.param(
            Origin("b", "b.s3.amazonaws.com", s3=True),
            {"authMethod": "origin-access-identity"},
            "The authMethod is invalid.",
            id="an identity that the origin has not",
        ),
    ],
)
def test_refused_fields(origin, change, what):
    with pytest.raises(LambdaError) as caught:
        apply(origin, change)
    assert caught.value.sentence == "The Lambda function returned an invalid origin configuration: " + what


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param({"s3": {}, "custom": {}}, id="LE-47 both"),
        pytest.param({}, id="none"),
        pytest.param(None, id="null"),
        pytest.param({"custom": "app.example.com"}, id="a string for the object"),
    ],
)
def test_the_origin_holds_exactly_one_object(returned):
    with pytest.raises(LambdaError, match=r"request\.origin") as caught:
        lambda_origin.apply(CUSTOM, lambda_origin.origin_object(CUSTOM, "https"), returned, HEADERS)
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        pytest.param({"cookie": [{"value": "a=1"}]}, "CloudFront can't add", id="LE-48 Cookie"),
        pytest.param({"x-amz-date": [{"value": "1"}]}, "CloudFront can't add", id="anything that begins with X-Amz-"),
        pytest.param({"connection": [{"value": "close"}]}, "CloudFront can't add", id="a disallowed header"),
        pytest.param({"x-a": [{"value": "1"}]}, "is also in request.headers", id="LE-48 a name that the request has"),
        pytest.param({"x-k": [{"value": "a\nb"}]}, "cannot be sent", id="a line break in a changed header"),
        pytest.param({"x b": [{"value": "1"}]}, "cannot be sent", id="a space in a name"),
        pytest.param({"x-l": [{"value": "v" * 1784}]}, "cannot be sent", id="a value of 1,784 characters"),
        pytest.param({"x" * 257: [{"value": "v"}]}, "cannot be sent", id="a name of 257 characters"),
        pytest.param({"x-l": {"value": "v"}}, "not an array", id="an object for an array"),
        pytest.param([], "the headers object is []", id="an array for the object"),
    ],
)
def test_refused_custom_headers(headers, cause):
    with pytest.raises(LambdaError) as caught:
        apply(CUSTOM, {"customHeaders": headers})
    assert caught.value.sentence == (
        "The Lambda function returned an invalid origin configuration: "
        "One or more HeaderName or HeaderValue values are invalid."
    )
    assert cause in caught.value.cause


def test_what_the_distribution_was_given_may_stay():
    origin = Origin("app", "app.example.com", custom_headers=(("X-A", "configured"),), read_timeout=180)
    changed = apply(origin, {"path": "/v2"})
    assert (changed.origin_path, changed.read_timeout, changed.custom_headers) == ("/v2", 180, (("X-A", "configured"),))
