"""What is given of viewers, at the admin listener: their country, place, device and fingerprints.

    GET, PUT, DELETE   /viewer      a PUT's body: {"country": "FR", "city": null, …}; null or "": there is none

Each answers {"values": {"country": "FR", …}, "changed": ["country", "city"]}: what holds, and the names that were set here and
not in the settings. A PUT changes what it names; DELETE goes back to the settings.
"""

from collections.abc import Mapping

from aiohttp import web

from edgeproxy.inspector.answers import answer, read
from edgeproxy.ports import DeskRefused, ViewerDesk
from edgeproxy.rules import viewer_values

INVALID = "ValidationException"


class ViewerPages:
    """The pages of what is given of viewers."""

    def __init__(self, desk: ViewerDesk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/viewer", self._show), web.put("/viewer", self._change), web.delete("/viewer", self._reset)]

    async def _show(self, request: web.Request) -> web.Response:
        values = {**self._desk.declared, **self._desk.changes}
        known = {name: values[name] for name in viewer_values.TABLE if values.get(name)}
        return answer({"values": known, "changed": [name for name in viewer_values.TABLE if name in self._desk.changes]})

    async def _change(self, request: web.Request) -> web.Response:
        self._desk.change(changes(await read(request)))
        return await self._show(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self._desk.reset()
        return await self._show(request)


def changes(body: object) -> Mapping[str, str]:
    """The values by name, "" for none. Raises DeskRefused."""
    if not isinstance(body, dict) or not all(value is None or isinstance(value, str) for value in body.values()):
        raise DeskRefused(INVALID, 'values of a viewer must be text: {"country": "FR", "city": null}')
    found = {str(name): value or "" for name, value in body.items()}
    for name, value in found.items():
        if (value or name not in viewer_values.TABLE) and (refused := viewer_values.refuse(name, value)):
            raise DeskRefused(INVALID, f"{refused.message}: {refused.hint}")
    return found
