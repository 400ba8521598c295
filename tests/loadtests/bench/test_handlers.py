import asyncio

import aiohttp
import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.ports import HandlerResult
from loadtests.bench import handlers
from loadtests.bench.client import WrongAnswer
from loadtests.processes import running


class Answering:
    name = "f"

    def __init__(self, payload):
        self.payload = payload
        self.events = []

    async def invoke(self, event, limit=None):
        self.events.append(event)
        if isinstance(self.payload, LambdaError):
            raise self.payload
        return HandlerResult(self.payload, 0, 0, 0)


async def test_an_invocation_is_measured_when_the_event_comes_back():
    handler = Answering(b'{"Records": [{"cf": {}}]}')
    await handlers.invoking(handler)()
    assert len(handler.events) == 1


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        pytest.param(b"null", WrongAnswer, id="another answer"),
        pytest.param(LambdaError.execution("it raised"), LambdaError, id="a failure"),
    ],
)
async def test_what_is_no_invocation_is_not_measured(payload, error):
    with pytest.raises(error):
        await handlers.invoking(Answering(payload))()


async def test_p50_is_the_median_in_milliseconds():
    waits = iter([0.0, 0.0, 0.03])

    async def ask():
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=next(waits))

    assert await handlers.p50(ask, 3) < 20


async def test_the_bare_server_gives_back_what_it_is_sent():
    with running("loadtests.bench.handlers") as bare:
        async with aiohttp.ClientSession() as session, session.post(bare.address.url, data=handlers.EVENT) as answer:
            assert await answer.read() == handlers.EVENT


def test_ratios_are_those_of_each_round():
    figure = handlers._warm_figure("python3.13", [0.3, 0.2, 0.6], [0.2, 0.2, 0.2])
    assert (figure.value, list(figure.rounds)) == (pytest.approx(1.5), pytest.approx([1.5, 1.0, 3.0]))
    assert figure.absolute == "p50 0.30 of 0.20 ms, 1,000 calls a round"


def test_the_site_of_busy_handlers_is_one_that_can_be_served(tmp_path):
    figure = handlers.busy(1, 0.2)
    assert figure.value > 0
