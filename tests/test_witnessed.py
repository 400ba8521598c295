import pytest
from kit import House, Origins, PythonFunction, behavior, distribution, respond

from edgeproxy.messages import Headers, Request
from edgeproxy.witnessed import WitnessedPassage


def passage(house, target="/x"):
    plain = house.passage("GET", target)
    return WitnessedPassage(plain.snapshot, plain.ports, plain.exchange, plain.request)


async def test_the_request_is_kept_as_the_viewer_sent_it_and_the_answer_as_it_goes_out():
    code = PythonFunction(
        "code", lambda event: '{"uri": "/y", "method": "GET", "headers": {"host": {"value": "dsite.cloudfront.net"}}}'
    )
    house = House(distribution(default=behavior(functions={"viewer-request": code})), origins=Origins(y=respond()), code=[code])
    asked = passage(house)
    answer = await asked.run()
    witness = house.exchange.get("witness")
    assert (witness.request.path, witness.request.host) == ("/x", "localhost")
    assert witness.headers == Headers([*answer.headers, *answer.added])
    assert (witness.distribution.name, witness.behavior.path_pattern) == ("Site", "*")


async def test_of_an_unknown_host_there_is_neither_distribution_nor_behavior():
    house = House(distribution())
    asked = passage(house)
    asked.request = Request("GET", "https", "nowhere.test", "/x", None, Headers([("Host", "nowhere.test")]))
    assert (await asked.run()).status == 403
    witness = house.exchange.get("witness")
    assert (witness.distribution, witness.behavior, witness.length) == (None, None, 915)


async def test_a_hit_still_waits_for_nothing():
    house = House(origins=Origins(x=respond()))
    async for _ in (await passage(house).run()).body.chunks():
        pass
    await house.get("/x")
    hit = passage(house).run()
    with pytest.raises(StopIteration) as answered:
        hit.send(None)
    assert answered.value.value.x_cache == "Hit"
