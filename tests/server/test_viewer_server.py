from kit import House, Origins, respond

from edgeproxy.mapped_passage import MappedPassage
from edgeproxy.model import Settings, ViewerSettings
from edgeproxy.pipeline import Passage
from edgeproxy.served import Switches
from edgeproxy.server.connection import ViewerConnection
from edgeproxy.server.viewer_server import ViewerServer
from edgeproxy.witnessed import WitnessedPassage


def server(**switches):
    house = House(origins=Origins(x=respond()))
    return ViewerServer(house.snapshot, house.ports, house, "https", Switches(**switches))


async def test_each_viewer_has_a_connection_of_its_own():
    made = server()
    first, second = made(), made()
    assert isinstance(first, ViewerConnection)
    assert first is not second


async def test_what_an_answer_rests_on_is_only_kept_where_it_is_asked_for():
    assert server().passage is Passage
    assert server(strict=True).passage is WitnessedPassage


async def test_answers_are_mapped_back_where_the_settings_say_so_now():
    made = server()
    made.snapshot = House(settings=Settings(ViewerSettings(map_back=True))).snapshot
    assert made.passage is MappedPassage
