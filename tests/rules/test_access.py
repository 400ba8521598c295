import pytest

from edgeproxy.messages import Headers, Request
from edgeproxy.model import CacheBehavior, CachePolicy
from edgeproxy.rules.access import PASSED, Redirected, Refused, judge

ALL = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")


def request(method="GET", scheme="https", version="1.1", query="a=1"):
    return Request(method, scheme, "d", "/x", query, Headers(), http_version=version)


def behavior(policy="allow-all", methods=ALL):
    return CacheBehavior("*", "o", CachePolicy("p"), viewer_protocol_policy=policy, allowed_methods=methods)


CASES = [
    pytest.param(
        "redirect-to-https", request(scheme="http"), Redirected(301, "https://d/x?a=1"), id="CF-1 GET is sent to HTTPS by 301"
    ),
    pytest.param(
        "redirect-to-https", request("POST", "http"), Redirected(307, "https://d/x?a=1"), id="CF-2 POST is sent to HTTPS by 307"
    ),
    pytest.param(
        "redirect-to-https",
        request("HEAD", "http", "1.0", None),
        Redirected(301, "https://d/x"),
        id="HEAD of HTTP/1.0 gets 301",
    ),
    pytest.param("redirect-to-https", request(), PASSED, id="HTTPS passes redirect-to-https"),
    pytest.param("https-only", request(), PASSED, id="HTTPS passes https-only"),
    pytest.param("allow-all", request(scheme="http"), PASSED, id="allow-all lets HTTP pass"),
]


@pytest.mark.parametrize(("policy", "asked", "expected"), CASES)
def test_judge(policy, asked, expected):
    assert judge(behavior(policy), asked) == expected


DESTINATIONS = [
    pytest.param("localhost", 8443, "https://localhost:8443/x?a=1", id="a name of this machine leads to its HTTPS listener"),
    pytest.param("[::1]", 8443, "https://[::1]:8443/x?a=1", id="an IPv6 address too"),
    pytest.param("localhost", 443, "https://localhost/x?a=1", id="HTTPS's own port is not named"),
    pytest.param("localhost", None, "https://d/x?a=1", id="without an HTTPS listener to the distribution's name"),
    pytest.param(None, 8443, "https://d/x?a=1", id="CF-1 the distribution's name stays as it is"),
]


@pytest.mark.parametrize(("local", "port", "location"), DESTINATIONS)
def test_where_a_redirect_leads(local, port, location):
    asked = request(scheme="http")
    assert judge(behavior("redirect-to-https"), asked, local, port) == Redirected(301, location)


REFUSED = [
    pytest.param(
        behavior("redirect-to-https"), request("POST", "http", "1.0"), "Bad request.", id="CF-3 POST of HTTP/1.0 is refused"
    ),
    pytest.param(behavior("https-only"), request(scheme="http"), "Bad request.", id="CF-4 https-only refuses HTTP"),
    pytest.param(
        behavior(methods=("GET", "HEAD")),
        request("POST"),
        "The distribution supports only cachable",
        id="CF-5 a method not allowed",
    ),
    pytest.param(
        behavior(), request("PROPFIND"), "The distribution supports only cachable", id="a method that no behavior allows"
    ),
]


@pytest.mark.parametrize(("at", "asked", "sentence"), REFUSED)
def test_refused(at, asked, sentence):
    verdict = judge(at, asked)
    assert isinstance(verdict, Refused)
    assert sentence in verdict.sentence
