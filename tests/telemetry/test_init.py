from edgeproxy.exchange import Exchange
from edgeproxy.telemetry import Sinks


class Kept:
    def __init__(self):
        self.exchanges = []

    def accept(self, exchange):
        self.exchanges.append(exchange)


def test_every_sink_gets_every_exchange():
    first, second, exchange = Kept(), Kept(), Exchange("GET", "/", 0.0)
    Sinks(first, second).accept(exchange)
    assert first.exchanges == second.exchanges == [exchange]
