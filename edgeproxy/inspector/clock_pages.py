"""The proxy's clock at the admin listener.

    GET, PUT, DELETE   /clock       a PUT's body: {"advance": seconds} or {"now": "2026-01-31T12:00:00Z"}, in any zone

Each answers {"now": "2026-01-31T12:00:00Z", "offset": 3600.0}; DELETE goes back to real time.
"""

from datetime import UTC, datetime

from aiohttp import web

from edgeproxy.inspector.answers import answer, read
from edgeproxy.ports import ClockDesk, DeskRefused

INVALID = "ValidationException"
END = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""Unix seconds; a day before dates end, since the clock goes on."""


class ClockPages:
    """The pages of the clock."""

    def __init__(self, desk: ClockDesk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/clock", self._show), web.put("/clock", self._move), web.delete("/clock", self._reset)]

    async def _show(self, request: web.Request) -> web.Response:
        # A float is off by some tenths of a microsecond: the moment that was set must not show as the second before.
        now = datetime.fromtimestamp(round(self._desk.now(), 3), UTC)
        return answer({"now": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "offset": self._desk.offset})

    async def _move(self, request: web.Request) -> web.Response:
        real = self._desk.now() - self._desk.offset
        offset = self._offset(await read(request), real)
        if not 0 <= real + offset < END:
            raise DeskRefused(INVALID, "the clock cannot leave the years 1970 to 9999")
        self._desk.offset = offset
        return await self._show(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self._desk.offset = 0.0
        return await self._show(request)

    def _offset(self, body: object, real: float) -> float:
        match body:
            case {"advance": int(seconds) | float(seconds), **rest} if not rest and not isinstance(seconds, bool):
                return self._desk.offset + seconds
            case {"now": str(moment), **rest} if not rest:
                return _seconds(moment) - real
            case _:
                raise DeskRefused(INVALID, 'the body must be {"advance": seconds} or {"now": "2026-01-31T12:00:00Z"}')


def _seconds(text: str) -> float:
    """Unix seconds of a moment in ISO-8601. Raises DeskRefused when it is none, or has no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DeskRefused(INVALID, f"{text!r:.80} is not a moment such as 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        raise DeskRefused(INVALID, f"{text} has no zone; a Z at its end means UTC")
    return moment.timestamp()
