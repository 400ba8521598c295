"""What all connections of viewers share: the snapshot, the ports, the sink, and what is given of viewers."""

import asyncio

from aiohttp import web

from edgeproxy.fetch import Ports
from edgeproxy.given_viewer import GivenViewer
from edgeproxy.mapped_passage import MappedPassage
from edgeproxy.pipeline import Passage
from edgeproxy.plan import Snapshot
from edgeproxy.ports import Sink, ViewerDesk
from edgeproxy.served import AS_DECLARED, Switches
from edgeproxy.server import connection, parsing
from edgeproxy.witnessed import WitnessedPassage


class ViewerServer(web.Server):
    """Makes a connection object for each viewer; `snapshot` is swapped by a reload, requests keep the one they took.

    `scheme` is what plain HTTP counts as; a TLS connection is `https`.
    """

    def __init__(self, snapshot: Snapshot, ports: Ports, sink: Sink, scheme: str, switches: Switches = AS_DECLARED) -> None:
        super().__init__(_unused, loop=asyncio.get_running_loop())
        self.snapshot = snapshot
        self.ports = ports
        self.sink = sink
        self.scheme = scheme
        self.switches = switches
        self.viewer: ViewerDesk = GivenViewer()
        self.address = "localhost"
        """What its viewers call it, with its port: a name of this machine."""

    @property
    def passage(self) -> type[Passage]:
        """The kind of passage that its requests make."""
        if self.switches.strict:
            return WitnessedPassage
        return MappedPassage if self.snapshot.settings.viewer.map_back else Passage

    def __call__(self) -> connection.ViewerConnection:
        return connection.ViewerConnection(self, loop=self._loop, keepalive_timeout=connection.IDLE_SECONDS, **parsing.LIMITS)


async def _unused(request: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("requests never reach aiohttp's handler")
