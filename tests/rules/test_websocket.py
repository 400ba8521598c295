import pytest

from edgeproxy.messages import Headers
from edgeproxy.rules import websocket

BROWSER = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket")]

HANDSHAKES = [
    pytest.param("GET", "1.1", BROWSER, True, id="as Firefox asks"),
    pytest.param("GET", "1.1", [("connection", "upgrade"), ("upgrade", "WebSocket")], True, id="in any case"),
    pytest.param(
        "GET", "1.1", [("Connection", "close"), ("Connection", "upgrade"), ("Upgrade", "websocket")], True, id="lines"
    ),
    pytest.param("GET", "1.0", BROWSER, False, id="HTTP/1.0 has no Upgrade"),
    pytest.param("POST", "1.1", BROWSER, False, id="a POST"),
    pytest.param("GET", "1.1", [("Connection", "Upgrade")], False, id="to nothing"),
    pytest.param("GET", "1.1", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")], False, id="HTTP/2"),
    pytest.param(
        "GET", "1.1", [("Connection", "Upgrade"), ("Upgrade", "h2c, websocket")], False, id="one of several protocols"
    ),
    pytest.param("GET", "1.1", [*BROWSER, ("Upgrade", "h2c")], False, id="two lines of protocols"),
    pytest.param("GET", "1.1", [("Upgrade", "websocket")], False, id="an Upgrade that Connection does not name"),
    pytest.param("GET", "1.1", [("Connection", "upgraded"), ("Upgrade", "websocket")], False, id="a longer token"),
    pytest.param("GET", "1.1", [], False, id="any other request"),
]


@pytest.mark.parametrize(("method", "version", "lines", "asked"), HANDSHAKES)
def test_asked(method, version, lines, asked):
    assert websocket.asked(method, version, Headers(lines)) is asked


GRANTED = [
    pytest.param(101, BROWSER, True, id="switching to the WebSocket"),
    pytest.param(200, BROWSER, False, id="an ordinary answer"),
    pytest.param(101, [("Connection", "Upgrade"), ("Upgrade", "h2c")], False, id="another protocol"),
    pytest.param(101, [("Upgrade", "websocket")], False, id="no Connection"),
]


@pytest.mark.parametrize(("status", "lines", "granted"), GRANTED)
def test_granted(status, lines, granted):
    assert websocket.granted(status, Headers(lines)) is granted
