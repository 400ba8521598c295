"""How often an origin is asked for one request.

AWS page: DownloadDistValuesOrigin (connection attempts, connection timeout, response timeout, response completion timeout).
Chosen: a name that does not resolve and a TLS refusal are final at once; they will not heal within the request.
A kept-alive connection that turns out dead is replaced once for GET, HEAD and OPTIONS and does not count as an attempt.
"""

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ConnectionTimeoutError,
    SocketTimeoutError,
)

from edgeproxy.messages import Request
from edgeproxy.model import Origin
from edgeproxy.origins.connecting import Connecting

FINAL = (ClientConnectorDNSError, ClientConnectorCertificateError, ClientConnectorSSLError)
NOT_CONNECTED = (ClientConnectorError, ConnectionTimeoutError)
RETRIED = frozenset({"GET", "HEAD"})
MOVED_TO_A_LIVE_CONNECTION = frozenset({"GET", "HEAD", "OPTIONS"})


class Attempts:
    """Counts one request's attempts and decides about the next."""

    __slots__ = ("_bodiless", "_connecting", "_limit", "_method", "_moved", "deadline", "made")

    def __init__(self, origin: Origin, request: Request, now: float) -> None:
        """`now` in seconds of the loop's clock."""
        self._limit = origin.connection_attempts
        self._method = request.method
        self._bodiless = request.body.length == 0
        self._moved = False
        self._connecting = Connecting()
        completion = origin.response_completion_timeout
        self.deadline = None if completion is None else now + completion
        """When everything is to be over, in seconds of the loop's clock; None: there is no such limit."""
        self.made = 0

    def begin(self, connecting: Connecting) -> None:
        """Starts one attempt, which comes by its connection as `connecting` will tell."""
        self.made += 1
        self._connecting = connecting

    def again(self, error: Exception) -> bool:
        """Is the origin to be asked once more after `error`?"""
        if isinstance(error, FINAL):
            return False
        # "The number of times that CloudFront attempts to connect to the origin": for every method, nothing was sent yet.
        if isinstance(error, NOT_CONNECTED):
            return self.made < self._limit
        if not self._bodiless or not isinstance(error, ClientConnectionError):
            return False
        dropped = not isinstance(error, SocketTimeoutError)
        if dropped and self._connecting.reused and not self._moved and self._method in MOVED_TO_A_LIVE_CONNECTION:
            self._moved = True
            self.made -= 1
            return True
        # GET and HEAD: when the origin does not answer in time or hangs up, it is asked again, up to the connection attempts.
        return self._method in RETRIED and self.made < self._limit
