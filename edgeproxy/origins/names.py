"""Addresses of an origin's name: `localhost` and every name below it are this machine, whatever a resolver says.

RFC 6761 section 6.3. A server that listens at only one of the two addresses is found: the other is tried as well.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from edgeproxy.rules.destinations import is_loopback

LOOPBACK = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))


class Resolver(AbstractResolver):
    """Looks names up, those of this machine aside."""

    def __init__(self) -> None:
        self._others = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """The addresses of a name, of one family if it is given. Raises OSError."""
        if not is_loopback(host.lower()):
            return await self._others.resolve(host, port, family)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for address, kind in LOOPBACK
            if family in (socket.AF_UNSPEC, kind)
        ]

    async def close(self) -> None:
        """Holds nothing that is to be let go of."""
