"""How one attempt came by its connection: kept alive from before, or resolved and connected, and how long that took.

aiohttp's connector tells it through the methods of `aiohttp.tracing.Trace` that it calls.
"""

import time


class Connecting:
    """One attempt; times in seconds, 0 where a kept-alive connection was taken."""

    __slots__ = ("_resolving", "_started", "connecting", "resolving", "reused")

    def __init__(self) -> None:
        self.reused = False
        self.resolving = 0.0
        self.connecting = 0.0
        """TCP and TLS together."""
        self._started = self._resolving = 0.0

    async def send_connection_reuseconn(self) -> None:
        self.reused = True

    async def send_connection_create_start(self) -> None:
        self._started = time.monotonic()

    async def send_connection_create_end(self) -> None:
        self.connecting = time.monotonic() - self._started - self.resolving

    async def send_dns_resolvehost_start(self, host: str) -> None:
        self._resolving = time.monotonic()

    async def send_dns_resolvehost_end(self, host: str) -> None:
        self.resolving = time.monotonic() - self._resolving

    async def send_dns_cache_hit(self, host: str) -> None:
        return

    async def send_dns_cache_miss(self, host: str) -> None:
        return

    async def send_connection_queued_start(self) -> None:
        return

    async def send_connection_queued_end(self) -> None:
        return
