"""What is told about closed exchanges: one pure function from an exchange to a line, and a sink."""

from edgeproxy.exchange import Exchange
from edgeproxy.ports import Sink


class Sinks:
    """`ports.Sink` that hands every exchange on to all of its own."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def accept(self, exchange: Exchange) -> None:
        for sink in self._sinks:
            sink.accept(exchange)
