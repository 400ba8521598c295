import pytest

from edgeproxy.model import Directory, Origin, Url
from edgeproxy.rules.destinations import Nowhere, allowed_host, is_loopback, place

PLACED = Url("http", "127.0.0.1", 3000)
CASES = [
    pytest.param(Origin("a", "api.test", place=PLACED), (), PLACED, id="a local place is where it goes"),
    pytest.param(Origin("a", "localhost", protocol_policy="http-only", http_port=3000), (), Url("http", "localhost", 3000), id="loopback is contacted"),
    pytest.param(Origin("a", "api.test", protocol_policy="https-only"), ("API.test",), Url("https", "api.test", 443), id="an allowed host is contacted"),
    pytest.param(Origin("a", "api.test"), ("api.test",), Url("https", "api.test", 443), id="match-viewer follows the viewer"),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "allowed", "expected"), CASES)
def test_place(origin, allowed, expected):
    assert place(origin, "https", allowed) == expected


def test_match_viewer_over_http():
    assert place(Origin("a", "api.test"), "http", ("api.test",)) == Url("http", "api.test", 80)


@pytest.mark.parametrize("domain", ["api.test", "169.254.169.254", "10.0.0.1", "localhost.evil.test", "notlocalhost"])
def test_a_deployed_name_is_not_contacted_and_both_ways_to_reach_it_are_named(domain):
    verdict = place(Origin("a", domain), "https", ("other.test",))
    assert isinstance(verdict, Nowhere)
    assert verdict.cause == f"origin a ({domain}) has no place on this machine"
    assert verdict.hint == (
        f"add to edgeproxy.yaml:  origins: {{{domain}: http://127.0.0.1:3000}}  or ask the deployed one:  --allow-origin {domain}"
    )


def test_a_name_that_is_made_up_is_never_contacted_and_its_resource_is_to_be_given_a_place():
    origin = Origin("a", "x1.execute-api.us-east-1.amazonaws.com", resource="dev/Api")
    assert place(origin, "https", ()) == Nowhere(
        "origin a (dev/Api) has no place on this machine", "add to edgeproxy.yaml:  origins: {dev/Api: http://127.0.0.1:3000}"
    )
    assert place(origin, "https", (origin.domain_name,)).hint.endswith(
        "; x1.execute-api.us-east-1.amazonaws.com is made up here, AWS gives another when dev/Api is deployed"
    )


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(Origin("a", "b.s3.amazonaws.com", s3=True), id="at its REST endpoint"),
        pytest.param(Origin("a", "b.s3-website-us-east-1.amazonaws.com"), id="at its website endpoint"),
    ],
)
def test_a_bucket_is_to_be_given_a_folder(origin):
    verdict = place(origin, "https", ())
    assert isinstance(verdict, Nowhere)
    assert "./public" in verdict.hint


def test_a_bucket_with_a_folder_has_its_place():
    assert place(Origin("a", "b.s3.amazonaws.com", s3=True, place=Directory("x")), "https", ()) == Directory("x")


@pytest.mark.parametrize("host", ["api.example.com", "API.Example.com", "10.0.0.1", "[::1]", "fe80::1", "a_b-c"])
def test_a_host_that_may_be_allowed(host):
    assert allowed_host(host) == host.lower()


@pytest.mark.parametrize("text", ["https://Example.com", "a.test:80", "a.test/x", "a b", "", "*.a.test", "a.test\n"])
def test_what_is_no_host(text):
    with pytest.raises(ValueError, match="is not a host name: it goes without scheme, port and path"):
        allowed_host(text)


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "[::1]", "::1"])
def test_loopback(host):
    assert is_loopback(host)
