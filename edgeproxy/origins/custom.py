"""Custom origins: HTTP/1.1 servers, asked with CloudFront's attempts, timeouts and keep-alive.

AWS pages: DownloadDistValuesOrigin, RequestAndResponseBehaviorCustomOrigin.
Chosen: at most 512 connections to one origin; who waits for one longer than the connection timeout has failed to connect.
WebSockets, which last, are not counted among them.
Not emulated: OriginSslProtocols (TLS 1.2 or newer, certificates always verified); 1xx answers and trailers are swallowed.
"""

import asyncio
import socket
import ssl
from functools import cache, partial
from types import SimpleNamespace

import aiohttp
from aiohttp import (
    ClientConnectorError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ServerDisconnectedError,
)

from edgeproxy.errors import OriginError
from edgeproxy.messages import Request, Response
from edgeproxy.model import Origin, Url
from edgeproxy.origins import tls
from edgeproxy.origins.attempts import Attempts
from edgeproxy.origins.failures import origin_at, origin_error
from edgeproxy.origins.origin_request import PIECE, Upload, headers_out, url_of
from edgeproxy.origins.origin_response import HEADER_COUNT, HEADER_SIZE, response_of
from edgeproxy.rules.destinations import is_loopback
from edgeproxy.rules.hosts import is_ip_literal

CONNECTIONS_PER_ORIGIN = 512
CONNECTIONS = 1024
FAMILIES = {"dualstack": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
"""By ipAddressType."""
IDLE_FOR_BODIES = 1.0
"""Seconds a connection may have idled to carry a request body: a body cannot be sent twice, and Node closes after 5 s."""
LABEL = 63
"""Characters between the dots of a name (RFC 1035 section 2.3.4)."""
AUTO_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class CustomOrigins:
    """One pool of connections per keep-alive time and kind of address, made when first asked for."""

    def __init__(self, trust: tls.Trust = ssl.create_default_context) -> None:
        """`trust`: whose certificates are believed."""
        self._trust = trust
        self._sessions: dict[tuple[float, str, bool], aiohttp.ClientSession] = {}
        self._context = cache(partial(tls.context, trust))

    async def fetch(self, origin: Origin, place: Url, request: Request) -> Response:
        """Asks the server at `place`, again where CloudFront would; the body may still be arriving. Raises OriginError."""
        _check_name(origin, place)
        attempts = Attempts(origin, request, asyncio.get_running_loop().time())
        while True:
            upload = Upload(request.body, origin.read_timeout) if request.body.length != 0 else None
            try:
                answer = await self._attempt(origin, place, request, upload, attempts)
            except (aiohttp.ClientError, TimeoutError) as error:
                if not attempts.again(error):
                    raise origin_error(error, origin, place, upload, attempts.made) from error
            else:
                return response_of(answer, origin, place, websocket_asked=request.websocket)

    async def resolve(self, origin: Origin, place: Url) -> None:
        """Looks the server's name up, unless it is an address or this machine. Raises OriginError."""
        if is_ip_literal(place.host) or is_loopback(place.host):
            return
        _check_name(origin, place)
        try:
            await asyncio.get_running_loop().getaddrinfo(place.host, place.port)
        except OSError as error:
            cause = f"{origin_at(origin, place)}: its name cannot be resolved ({error})"
            raise OriginError(502, OriginError.RESOLVE, cause, "OriginDnsError") from error

    async def _attempt(
        self, origin: Origin, place: Url, request: Request, upload: Upload | None, attempts: Attempts
    ) -> ClientResponse:
        keepalive = origin.keepalive_timeout if upload is None else min(origin.keepalive_timeout, IDLE_FOR_BODIES)
        server_name, names = tls.wanted(origin, place)
        # An address literal is of one kind; aiohttp fails on one of the other.
        addresses = "dualstack" if is_ip_literal(place.host) else origin.ip_address_type
        asking = self._session(keepalive, addresses, lasting=request.websocket).request(
            request.method,
            url_of(place, request),
            headers=headers_out(request),
            data=None if upload is None else upload.chunks(),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=attempts.begin(asyncio.get_running_loop().time()),
                connect=origin.connection_timeout,
                sock_read=origin.read_timeout,
            ),
            trace_request_ctx=attempts,
            server_hostname=server_name,
            ssl=self._context(names) if place.scheme == "https" else True,
        )
        try:
            return await asking if upload is None else await upload.guard(asking)
        except _Dropped as dropped:
            raise dropped.error from None

    def _session(self, keepalive: float, addresses: str, *, lasting: bool) -> aiohttp.ClientSession:
        session = self._sessions.get((keepalive, addresses, lasting))
        if session is None:
            session = self._sessions[keepalive, addresses, lasting] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    keepalive_timeout=keepalive,
                    limit=0 if lasting else CONNECTIONS,
                    limit_per_host=0 if lasting else CONNECTIONS_PER_ORIGIN,
                    family=FAMILIES[addresses],
                ),
                cookie_jar=_NoCookies(),
                auto_decompress=False,
                skip_auto_headers=AUTO_HEADERS,
                max_line_size=HEADER_SIZE,
                max_field_size=HEADER_SIZE,
                max_headers=HEADER_COUNT,
                read_bufsize=PIECE,
                middlewares=(_without_retries,),
                trace_configs=[_tracing()],
            )
        return session

    async def close(self) -> None:
        """Closes every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


def _check_name(origin: Origin, place: Url) -> None:
    # Python's resolver does not fail on such a name as on any other: its codec does.
    if any(len(label) > LABEL for label in place.host.split(".")):
        cause = f"{origin_at(origin, place)}: its name cannot be resolved (more than {LABEL} characters without a dot)"
        raise OriginError(502, OriginError.RESOLVE, cause, "OriginDnsError")


class _NoCookies(aiohttp.DummyCookieJar):
    """The dummy jar still parses Set-Cookie; this one does not look."""

    def update_cookies_from_headers(self, headers: object, response_url: object) -> None:
        return


class _Dropped(Exception):
    """Carries a lost connection past aiohttp's own retry, which knows neither CloudFront's methods nor its attempts."""

    def __init__(self, error: aiohttp.ClientError) -> None:
        super().__init__(str(error))
        self.error = error


async def _without_retries(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise _Dropped(error) from error


def _tracing() -> aiohttp.TraceConfig:
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(_note_reuse)
    return tracing


async def _note_reuse(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceConnectionReuseconnParams
) -> None:
    context.trace_request_ctx.reused = True
