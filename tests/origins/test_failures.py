import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from edgeproxy.errors import OriginError
from edgeproxy.messages import EMPTY, BodyBroken
from edgeproxy.model import Origin, Url
from edgeproxy.origins.failures import FAILURES, ContentRangeLength, HeadersTooBig, NotHttp, origin_at, origin_error
from edgeproxy.origins.origin_request import Upload

APP = Origin("app", "app.example.com", read_timeout=30, connection_timeout=10, response_completion_timeout=60)
PLACE = Url("http", "127.0.0.1", 3000)
KEY = ConnectionKey("127.0.0.1", 3000, False, True, None, None, None)
RESOLVE, CONNECT, ATTEMPT = OriginError.RESOLVE, OriginError.CONNECT, OriginError.ATTEMPT

ROWS = [
    pytest.param(
        aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name or service not known")),
        (502, RESOLVE, "OriginDnsError"),
        "the name does not resolve",
        id="DNS",
    ),
    pytest.param(
        aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "x")),
        (502, CONNECT, "OriginConnectError"),
        "connection refused",
        id="refused",
    ),
    pytest.param(
        aiohttp.ClientConnectorError(KEY, OSError(113, "x")),
        (502, CONNECT, "OriginConnectError"),
        "no route to host",
        id="unreachable",
    ),
    pytest.param(
        aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "[SSL] odd")),
        (502, CONNECT, "OriginConnectError"),
        "TLS failed: [ssl] odd",
        id="TLS",
    ),
    pytest.param(
        aiohttp.ConnectionTimeoutError(),
        (504, ATTEMPT, "OriginConnectError"),
        "no connection within 10 s",
        id="connect timeout",
    ),
    pytest.param(aiohttp.SocketTimeoutError(), (504, ATTEMPT, "OriginCommError"), "no answer within 30 s", id="read timeout"),
    pytest.param(TimeoutError(), (504, ATTEMPT, "OriginCommError"), "not complete within 60 s", id="completion timeout"),
    pytest.param(
        aiohttp.ServerDisconnectedError(),
        (502, ATTEMPT, "OriginZeroSizeObjectError"),
        "it closed the connection without an answer",
        id="empty reply",
    ),
    pytest.param(
        aiohttp.ClientOSError(104, "x"),
        (502, ATTEMPT, "OriginCommError"),
        "connection reset by peer",
        id="reset after the request",
    ),
    pytest.param(
        aiohttp.ClientConnectionResetError(),
        (502, ATTEMPT, "OriginCommError"),
        "the connection was lost",
        id="lost before writing",
    ),
    pytest.param(
        HeadersTooBig(),
        (502, ATTEMPT, "OriginHeaderTooBigError"),
        "its answer's header block is over 32,768 bytes",
        id="header block too big",
    ),
    pytest.param(
        ContentRangeLength(),
        (502, ATTEMPT, "OriginContentRangeLengthError"),
        "Content-Range and Content-Length of its answer disagree",
        id="range and length",
    ),
    pytest.param(
        NotHttp("status 999"),
        (502, ATTEMPT, "OriginInvalidResponseError"),
        "its answer is not HTTP as CloudFront accepts it: status 999",
        id="not HTTP",
    ),
]


@pytest.mark.parametrize(("error", "shown", "words"), ROWS)
def test_each_failure_has_its_status_sentence_detail_and_words(error: Exception, shown: tuple[int, str, str], words: str):
    made = origin_error(error, APP, PLACE)
    assert (made.status, made.sentence, made.detail) == shown
    assert made.cause == f"origin app at http://127.0.0.1:3000: {words}"
    assert made.x_cache == "Error"


def test_the_number_of_attempts_is_told():
    assert origin_error(aiohttp.SocketTimeoutError(), APP, PLACE, attempts=3).cause.endswith(
        "no answer within 30 s (3 attempts)"
    )


def upload(**state: object) -> Upload:
    made = Upload(EMPTY, 30)
    for name, value in state.items():
        setattr(made, name, value)
    return made


UPLOADS = [
    pytest.param(
        upload(broken=BodyBroken("gone")), aiohttp.ClientConnectionError(), 502, "ClientCommError", id="the viewer left"
    ),
    pytest.param(upload(stalled=True), TimeoutError(), 504, "OriginWriteError", id="the origin stopped reading"),
    pytest.param(upload(), aiohttp.ClientOSError(32, "x"), 502, "OriginWriteError", id="lost while the body was sent"),
    pytest.param(
        upload(finished=True), aiohttp.ClientOSError(104, "x"), 502, "OriginCommError", id="lost when it had been sent"
    ),
    pytest.param(
        upload(), aiohttp.ClientConnectorError(KEY, OSError(111, "x")), 502, "OriginConnectError", id="never connected at all"
    ),
    pytest.param(upload(), aiohttp.SocketTimeoutError(), 504, "OriginCommError", id="a read timeout is no write error"),
]


@pytest.mark.parametrize(("sent", "error", "status", "detail"), UPLOADS)
def test_what_happened_to_the_request_body_decides(sent: Upload, error: Exception, status: int, detail: str):
    made = origin_error(error, APP, PLACE, sent)
    assert (made.status, made.detail) == (status, detail)


def test_a_place_with_an_ipv6_address_is_named_in_brackets():
    assert origin_at(APP, Url("https", "::1", 443)) == "origin app at https://[::1]:443"


def test_every_client_error_of_aiohttp_finds_a_row():
    kinds = [value for value in vars(aiohttp).values() if isinstance(value, type) and issubclass(value, aiohttp.ClientError)]
    assert len(kinds) > 20
    assert all(any(issubclass(kind, row) for row, _ in FAILURES) for kind in kinds)
