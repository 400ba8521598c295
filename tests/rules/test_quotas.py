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
