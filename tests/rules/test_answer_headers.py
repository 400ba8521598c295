import pytest

from edgeproxy.messages import Headers
from edgeproxy.model import CacheBehavior, CachePolicy, OriginRequestPolicy, Selection
from edgeproxy.rules import answer_headers


def clean(items, *, s3=False, cookies=False, headers=None, request_policy=None):
    behavior = CacheBehavior("*", "o", CachePolicy("p", headers=headers or Selection()), origin_request_policy=request_policy)
    kept = answer_headers.compile(behavior, s3=s3, cookies_forwarded=cookies)
    return answer_headers.clean(kept, Headers([*items, ("Date", "then")]), 0.0).items[:-1]


ALL_VIEWER = OriginRequestPolicy("AllViewer", Selection("allViewer"))
CASES = [
    pytest.param([("Set-Cookie", "a=1")], {}, [], id="CF-54 Set-Cookie goes where no cookies are forwarded"),
    pytest.param([("Set-Cookie", "a=1")], {"cookies": True}, [("Set-Cookie", "a=1")], id="Set-Cookie stays where cookies are forwarded"),
    pytest.param([("Vary", "Accept-Language, Accept-Encoding")], {}, [("Vary", "Accept-Encoding")], id="CF-56 Vary keeps what counts here"),
    pytest.param([("Connection", "close, X-Hop"), ("X-Hop", "1"), ("X-Hip", "2")], {}, [("X-Hip", "2")], id="what Connection names goes"),
    pytest.param([("Vary", "Origin")], {}, [], id="an emptied Vary goes"),
    pytest.param([("Vary", "Origin, X")], {"headers": Selection("whitelist", ("origin",))}, [("Vary", "Origin")], id="Vary keeps a forwarded name"),
    pytest.param([("Vary", "X, Y")], {"request_policy": ALL_VIEWER}, [("Vary", "X, Y")], id="Vary keeps all where all is forwarded"),
    pytest.param(
        [("Vary", "User-Agent")], {"headers": Selection("whitelist", ("CloudFront-Is-Mobile-Viewer",))}, [("Vary", "User-Agent")],
        id="Vary keeps User-Agent where the device is forwarded",
    ),
    pytest.param([("X-Amz-Request-Id", "1"), ("x-amz-meta-a", "b")], {"s3": True}, [("x-amz-meta-a", "b")], id="S3's request ids go"),
    pytest.param([("X-Amz-Request-Id", "1")], {}, [("X-Amz-Request-Id", "1")], id="they stay from a custom origin"),
    pytest.param(
        [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Trailer", "t"), ("Upgrade", "h2c"), ("Keep-Alive", "5"), ("Proxy-Connection", "close")],
        {}, [], id="hop-by-hop fields go",
    ),
    pytest.param(
        [("Age", "9"), ("X-Cache", "Hit"), ("X-Amz-Cf-Id", "theirs"), ("Via", "1.1 vegur"), ("X-Amz-Cf-Pop", "IAD79-C3")],
        {}, [("Via", "1.1 vegur"), ("X-Amz-Cf-Pop", "IAD79-C3")], id="of another CDN only Via and the edge location stay",
    ),
    pytest.param([("Cache-Control", "no-cache"), ("X-Thing", "Ä")], {}, [("Cache-Control", "no-cache"), ("X-Thing", "Ä")], id="all else passes"),
]  # fmt: skip


@pytest.mark.parametrize(("items", "at", "expected"), CASES)
def test_clean(items, at, expected):
    assert list(clean(items, **at)) == expected


def test_a_missing_date_is_added():
    kept = answer_headers.compile(CacheBehavior("*", "o", CachePolicy("p")), s3=False, cookies_forwarded=False)
    assert answer_headers.clean(kept, Headers(), 0.0).items == (("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),)


def test_added_headers_stand_in_the_order_seen():
    names = [name for name, _ in answer_headers.added("Hit", "x", "LOC1-C1", "id==", 7)]
    assert names == ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id", "Age"]
    assert answer_headers.added("Miss", "x", "LOC1-C1", "id==", None)[0] == ("X-Cache", "Miss from cloudfront")


def test_a_response_of_edge_code_has_server_and_date_unless_it_sets_them():
    assert answer_headers.generated(Headers(), 0) == Headers(
        [("Server", "CloudFront"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")]
    )
    own = Headers([("server", "mine"), ("date", "now")])
    assert answer_headers.generated(own, 0) == own
