import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from edgeproxy.messages import Bytes, Headers, Request
from edgeproxy.model import Origin
from edgeproxy.origins.attempts import Attempts
from edgeproxy.origins.connecting import Connecting

KEY = ConnectionKey("app", 80, False, True, None, None, None)
REFUSED = aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused"))
UNKNOWN = aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "unknown"))
NO_CONNECTION = aiohttp.ConnectionTimeoutError()
SILENT = aiohttp.SocketTimeoutError()
DROPPED = aiohttp.ServerDisconnectedError()
RESET = aiohttp.ClientOSError(104, "reset")
NONSENSE = aiohttp.ClientPayloadError()
COMPLETION = TimeoutError()


def attempts(method: str = "GET", body: bytes = b"", **settings: object) -> Attempts:
    request = Request(method, "http", "d", "/", None, Headers(), Bytes(body))
    return Attempts(Origin("app", "app", **settings), request, now=100.0)  # type: ignore[arg-type]


def tries(counted: Attempts, error: Exception, *, reused: bool = False) -> int:
    """How often the origin is asked when every attempt ends in `error`."""
    for number in range(1, 10):
        connecting = Connecting()
        connecting.reused = reused
        counted.begin(connecting)
        if not counted.again(error):
            return number
    return 10


CASES = [
    pytest.param("GET", b"", REFUSED, 3, id="a refused connection is tried three times"),
    pytest.param("POST", b"x", REFUSED, 3, id="for every method, nothing was sent"),
    pytest.param("POST", b"x", NO_CONNECTION, 3, id="so is one that takes too long"),
    pytest.param("GET", b"", UNKNOWN, 1, id="a name that does not resolve is final"),
    pytest.param("GET", b"", SILENT, 3, id="GET is asked again after the read timeout"),
    pytest.param("HEAD", b"", DROPPED, 3, id="HEAD is asked again after a drop"),
    pytest.param("HEAD", b"", RESET, 3, id="and after a reset"),
    pytest.param("OPTIONS", b"", SILENT, 1, id="OPTIONS is not"),
    pytest.param("DELETE", b"", DROPPED, 1, id="DELETE is not"),
    pytest.param("POST", b"x", DROPPED, 1, id="POST is not"),
    pytest.param("GET", b"x", DROPPED, 1, id="a body is never sent twice"),
    pytest.param("GET", b"", NONSENSE, 1, id="an answer that is no HTTP is final"),
    pytest.param("GET", b"", COMPLETION, 1, id="the completion timeout is final"),
]


@pytest.mark.parametrize(("method", "body", "error", "expected"), CASES)
def test_how_often_the_origin_is_asked(method: str, body: bytes, error: Exception, expected: int):
    assert tries(attempts(method, body), error) == expected


@pytest.mark.parametrize(("method", "expected"), [("GET", 2), ("HEAD", 2), ("OPTIONS", 2), ("DELETE", 1), ("POST", 1)])
def test_a_dead_pooled_connection_is_replaced_once_and_not_counted(method: str, expected: int):
    counted = attempts(method, connection_attempts=1)
    assert tries(counted, DROPPED, reused=True) == expected
    assert counted.made == 1


def test_a_pooled_connection_that_stays_silent_was_not_dead():
    assert tries(attempts(connection_attempts=1), SILENT, reused=True) == 1


def test_the_completion_timeout_covers_every_attempt():
    counted = attempts(response_completion_timeout=5)
    counted.begin(Connecting())
    assert counted.deadline == 105


def test_no_completion_timeout_is_no_limit():
    assert attempts().deadline is None
