"""What is a WebSocket's handshake: a GET of HTTP/1.1 whose Upgrade is `websocket` and whose Connection names `upgrade`.

RFC 6455 sections 4.1 and 4.2; AWS page: distribution-working-with.websockets.
Chosen: an Upgrade that names other protocols too is none, for the answer could be another one's; the handshake's key and
version are judged by the origin, its answer's Sec-WebSocket-Accept by the viewer; key, version and sub-protocol go to the
origin under any policy, Sec-WebSocket-Extensions only where one forwards it.
"""

from edgeproxy.messages import Headers

SWITCH = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
"""Both heads of a handshake that is passed on carry these, whatever spelling they came in."""
NEEDED = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol"})
"""Lower-case names that go to the origin under any policy: AWS leaves them to the policies, but no handshake works without."""


def asked(method: str, http_version: str, headers: Headers) -> bool:
    """Does the viewer ask for a WebSocket?"""
    # "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1."
    return method == "GET" and http_version == "1.1" and _switches(headers)


def granted(status: int, headers: Headers) -> bool:
    """Does the origin's answer open the WebSocket?"""
    return status == 101 and _switches(headers)


def _switches(headers: Headers) -> bool:
    if [value.strip().lower() for value in headers.get_all("upgrade")] != ["websocket"]:
        return False
    return "upgrade" in [name.strip().lower() for name in (headers.joined("connection") or "").split(",")]
