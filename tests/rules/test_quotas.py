import pytest

from edgeproxy.messages import Headers
from edgeproxy.rules import quotas

REFUSED = [
    pytest.param("GET", "/" + "a" * 8192, (1, 1), Headers(), False, 414, id="CF-7 a URL of 8,193 bytes"),
    pytest.param("GET", "/x", (1, 1), Headers(), True, 403, id="CF-6 GET with a body"),
    pytest.param("HEAD", "/x", (1, 1), Headers(), True, 403, id="HEAD with a body"),
    pytest.param("GET", "/x", (2, 0), Headers(), False, 400, id="another HTTP version"),
    pytest.param("GET", "http://h/x", (1, 1), Headers(), False, 400, id="absolute-form"),
    pytest.param("OPTIONS", "*", (1, 1), Headers(), False, 400, id="asterisk-form"),
    pytest.param("CONNECT", "h:80", (1, 1), Headers(), False, 400, id="CONNECT"),
    pytest.param(
        "POST", "/x", (1, 1), Headers([("Transfer-Encoding", "gzip, chunked")]), True, 400, id="a second transfer coding"
    ),
    pytest.param(
        "POST", "/x", (1, 0), Headers([("Transfer-Encoding", "chunked")]), True, 400, id="Transfer-Encoding on HTTP/1.0"
    ),
]


HOSTS = [
    pytest.param("www.example.com", True, id="a name"),
    pytest.param("WWW.Example.com.:65535", True, id="in upper case, with a trailing dot and a port"),
    pytest.param("my_app.localhost:8080", True, id="a name with an underscore"),
    pytest.param("xn--bcher-kva.example", True, id="a name in Punycode"),
    pytest.param("127.0.0.1:80", True, id="an address"),
    pytest.param("[::ffff:127.0.0.1]:80", True, id="an IPv6 address"),
    pytest.param("localhost:", True, id="an empty port"),
    pytest.param("", True, id="an empty Host, which chooses nothing"),
    pytest.param("evil.test/.example.com", False, id="a path, which a redirect would lead to"),
    pytest.param("evil.test?.example.com", False, id="a query"),
    pytest.param("user@example.com", False, id="a user"),
    pytest.param("localhost:80@evil.test", False, id="a user with a password"),
    pytest.param("a.example.com, b.example.com", False, id="two names"),
    pytest.param("a b.example.com", False, id="a space"),
    pytest.param("a\tb.example.com", False, id="a tab"),
    pytest.param("b\xfccher.example", False, id="bytes beyond ASCII"),
    pytest.param("%61.example.com", False, id="percent-encoding"),
    pytest.param('"<script>.example.com', False, id="markup"),
    pytest.param("example.com:http", False, id="a port in words"),
    pytest.param("example.com:123456", False, id="a port of six digits"),
    pytest.param("a:b:c", False, id="two colons"),
    pytest.param("[::1", False, id="half a bracket"),
    pytest.param("[::1].example.com", False, id="an address within a name"),
]


@pytest.mark.parametrize(("host", "passes"), HOSTS)
def test_a_host_is_a_name_or_an_address(host, passes):
    refusal = quotas.refuse("GET", "/x", (1, 1), Headers([("Host", host)]), body=False)
    assert refusal is None if passes else (refusal is not None and (refusal.status, refusal.close) == (400, True))


def test_without_a_host_there_is_none_to_judge():
    assert quotas.refuse("GET", "/x", (1, 0), Headers(), body=False) is None


@pytest.mark.parametrize(("method", "target", "version", "headers", "body", "status"), REFUSED)
def test_refused(method, target, version, headers, body, status):
    refusal = quotas.refuse(method, target, version, headers, body=body)
    assert refusal is not None
    assert refusal.status == status


PASSED = [
    pytest.param("GET", "/" + "a" * 8191, (1, 1), Headers(), False, id="a URL of 8,192 bytes"),
    pytest.param("POST", "/x", (1, 1), Headers([("Transfer-Encoding", "Chunked")]), True, id="a chunked body"),
    pytest.param("GET", "//x", (1, 0), Headers(), False, id="a path that begins with two slashes"),
    pytest.param("DELETE", "/x", (1, 1), Headers(), True, id="DELETE with a body"),
]


@pytest.mark.parametrize(("method", "target", "version", "headers", "body"), PASSED)
def test_passed(method, target, version, headers, body):
    assert quotas.refuse(method, target, version, headers, body=body) is None


def test_cf_8_a_head_above_the_limit_is_494():
    """CF-8"""
    assert quotas.refuse_size(32768) is None
    refusal = quotas.refuse_size(32769)
    assert refusal is not None
    assert (refusal.status, refusal.close) == (494, True)


def test_the_size_of_a_head_is_that_of_its_bytes():
    head = b"GET /a?b HTTP/1.1\r\nHost: d\r\nX: 12\r\n"
    assert quotas.head_size("GET", "/a?b", ((b"Host", b"d"), (b"X", b"12"))) == len(head)
