"""How long an HTTP origin takes, by aiohttp's trace hooks. A kept-alive connection costs one hook, a new one up to four.

AWS page: understanding-response-headers-policies (cdn-upstream-dns, cdn-upstream-connect, cdn-upstream-fbl).
"""

import time
from types import SimpleNamespace
from typing import Any

import aiohttp

from edgeproxy.messages import Upstream


class Clocked:
    """The moments of one attempt, by `time.monotonic`; 0 for one that did not come."""

    __slots__ = ("connected", "connecting", "resolved", "resolving", "reused")

    def __init__(self) -> None:
        self.connecting = self.resolving = self.resolved = self.connected = 0.0
        self.reused = False
        """Did it take a kept-alive connection?"""

    def upstream(self, origin: str, now: float, sent: float | None) -> Upstream:
        """What is told when the answer begins, at `now`; `sent`: when the request's body ended, 0: not yet, None: no body."""
        # "between when the origin DNS request completed and a TCP (and TLS, if applicable) connection to the origin completed"
        connect = 0.0 if self.reused else self.connected - (self.resolved or self.connecting)
        # "between when the origin HTTP request is completed and when the first byte is received"
        asked = self.connected if sent is None else (sent or now)
        return Upstream(origin, (self.resolved - self.resolving) * 1000, connect * 1000, (now - asked) * 1000)


def tracing() -> aiohttp.TraceConfig:
    """Hooks for a session; `trace_request_ctx` of each request is what has the `clocked` of the running attempt."""
    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(_reused)
    config.on_connection_create_start.append(_noting("connecting"))
    config.on_dns_resolvehost_start.append(_noting("resolving"))
    config.on_dns_resolvehost_end.append(_noting("resolved"))
    config.on_connection_create_end.append(_noting("connected"))
    return config


async def _reused(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
    clocked: Clocked = context.trace_request_ctx.clocked
    clocked.reused = True
    clocked.connected = time.monotonic()


def _noting(moment: str) -> Any:
    async def note(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        setattr(context.trace_request_ctx.clocked, moment, time.monotonic())

    return note
