"""Custom origins: HTTP/1.1 servers, asked with CloudFront's attempts, timeouts and keep-alive.

AWS pages: DownloadDistValuesOrigin, RequestAndResponseBehaviorCustomOrigin.
Chosen: at most 512 connections to one origin; who waits for one longer than the connection timeout has failed to connect.
Certificates are verified, unless the place says otherwise; WebSockets, which last, are not counted among the connections.
Not emulated: OriginSslProtocols (TLS 1.2 or newer, the default floor of OpenSSL, whatever is declared); 1xx answers and
trailers are swallowed.
"""

import asyncio
import socket
import ssl
import time
from functools import lru_cache, partial

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from edgeproxy.errors import OriginError
from edgeproxy.messages import Request, Response
from edgeproxy.model import Origin, Url
from edgeproxy.origins import signing, tls
from edgeproxy.origins.attempts import Attempts
from edgeproxy.origins.client import Answer, Client, Patience, destination
from edgeproxy.origins.connecting import Connecting
from edgeproxy.origins.failures import NotHttp, origin_at, origin_error
from edgeproxy.origins.origin_request import Upload, head
from edgeproxy.origins.origin_response import response_of
from edgeproxy.rules import dev_server
from edgeproxy.rules.destinations import is_loopback
from edgeproxy.rules.hosts import is_ip_literal

CONNECTIONS_PER_ORIGIN = 512
CONNECTIONS = 1024
FAMILIES = {"dualstack": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
"""By ipAddressType."""
IDLE_FOR_BODIES = 1.0
"""Seconds a connection may have idled to carry a request body: a body cannot be sent twice, and Node closes after 5 s."""
CONTEXTS = 64
LABEL = 63
"""Characters between the dots of a name (RFC 1035 section 2.3.4)."""


class CustomOrigins:
    """One pool of connections per keep-alive time and kind of address, made when first asked for."""

    def __init__(self, trust: tls.Trust = ssl.create_default_context) -> None:
        """`trust`: whose certificates are believed."""
        self._trust = trust
        self._clients: dict[tuple[float, str, bool], Client] = {}
        # Names may be a function's own, made of what a viewer sent.
        self._context = lru_cache(maxsize=CONTEXTS)(partial(tls.context, trust))
        self._signers = signing.Signers()

    async def fetch(self, origin: Origin, place: Url, request: Request) -> Response:
        """Asks the server at `place`, again where CloudFront would; the body may still be arriving. Raises OriginError."""
        _check_name(origin, place)
        if place.dev:
            origin = dev_server.patient(origin)
        if place.sign_as is not None and (refused := signing.refusal(origin, place, request)) is not None:
            return refused
        attempts = Attempts(origin, request, asyncio.get_running_loop().time())
        while True:
            upload = Upload(request.body, origin.read_timeout) if request.body.length != 0 else None
            try:
                answer = await self._attempt(origin, place, request, upload, attempts)
            except (aiohttp.ClientError, HttpProcessingError, NotHttp, TimeoutError) as error:
                if not attempts.again(error):
                    raise origin_error(error, origin, place, upload, attempts.made) from error
            else:
                sent = None if upload is None else upload.ended
                took = attempts.connecting.upstream(origin.id, time.monotonic(), sent)
                return response_of(answer, origin, place, took, attempts.deadline, request.websocket)

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

    async def _attempt(self, origin: Origin, place: Url, request: Request, upload: Upload | None, attempts: Attempts) -> Answer:
        if place.sign_as is not None:
            request = await self._signers.signed(origin, place, request)
        keepalive = origin.keepalive_timeout if upload is None else min(origin.keepalive_timeout, IDLE_FOR_BODIES)
        # An address literal is of one kind; aiohttp fails on one of the other.
        addresses = "dualstack" if is_ip_literal(place.host) else origin.ip_address_type
        server_name, names, either = tls.wanted(origin, place, request.headers.get("host") or "")
        context = self._context(names, place.tls, either) if place.scheme == "https" else None
        patience, connecting = Patience(origin.connection_timeout, origin.read_timeout), Connecting()
        attempts.begin(connecting)
        where = destination(place.scheme, place.host, place.port, context, server_name)
        client = self._client(keepalive, addresses, request.websocket)
        asking = client.ask(where, head(place, request), upload, patience, connecting)
        if attempts.deadline is None:
            return await asking
        async with asyncio.timeout_at(attempts.deadline):
            return await asking

    def _client(self, keepalive: float, addresses: str, lasting: bool) -> Client:
        client = self._clients.get((keepalive, addresses, lasting))
        if client is None:
            client = Client(keepalive, FAMILIES[addresses], *((0, 0) if lasting else (CONNECTIONS, CONNECTIONS_PER_ORIGIN)))
            self._clients[keepalive, addresses, lasting] = client
        return client

    async def close(self) -> None:
        """Closes every connection."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()


def _check_name(origin: Origin, place: Url) -> None:
    # Python's resolver does not fail on such a name as on any other: its codec does.
    if _longest_label(place.host) > LABEL:
        cause = f"{origin_at(origin, place)}: its name cannot be resolved (more than {LABEL} characters without a dot)"
        raise OriginError(502, OriginError.RESOLVE, cause, "OriginDnsError")


@lru_cache(maxsize=256)
def _longest_label(host: str) -> int:
    return max(map(len, host.split(".")))
