"""What becomes of an answer on its last steps: Server-Timing, custom error responses, the order of headers."""

import pytest
from kit import House, Origins, PythonFunction, behavior, distribution, respond

from edgeproxy.errors import OriginError
from edgeproxy.messages import Upstream
from edgeproxy.model import PolicyHeader, ResponseHeadersPolicy, ServerTiming
from edgeproxy.served import Switches

PRAGMA = ("Pragma", "server-timing")
METRICS = ("cdn-cache-hit", "cdn-cache-miss", "cdn-cache-refresh")


def timed(rate=0.0, *, enabled=True, chance=0.5, origins=None, **policy):
    """A house whose only behavior has a policy with Server-Timing."""
    asked = ResponseHeadersPolicy("p", server_timing=ServerTiming(enabled, rate), **policy)
    house = House(distribution(default=behavior(response_headers_policy=asked)), origins=origins or Origins(x=respond()))
    house.ports = house.ports._replace(chance=lambda: chance)
    return house


def answered(*headers, took=None):
    """An origin's answer as its room gives it."""
    return respond(200, b"hello", *headers)._replace(upstream=took or Upstream("app", 0.0, 1.0, 4.0))


def metric(seen):
    return [name for name in METRICS if name in (seen["Server-Timing"] or "").split(",")]


async def test_cf_60_pragma_gets_server_timing_at_sampling_rate_0():
    """CF-60"""
    house = timed(origins=Origins(x=answered()))
    assert (await house.get("/x"))["Server-Timing"] is None
    seen = await house.get("/x", PRAGMA)
    assert metric(seen) == ["cdn-cache-hit"]
    house.clock.time += 61
    seen = await house.get("/x", PRAGMA)
    rid = seen["X-Amz-Cf-Id"]
    assert seen["Server-Timing"] == (
        'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=1,cdn-upstream-fbl;dur=4,'
        f'cdn-cache-miss,cdn-pop;desc="{seen["X-Amz-Cf-Pop"]}",cdn-rid;desc="{rid}",cdn-downstream-fbl;dur=0'
    )


@pytest.mark.parametrize(
    ("policy", "headers", "found"),
    [
        pytest.param({"rate": 60}, (), True, id="sampled"),
        pytest.param({"rate": 40}, (), False, id="not sampled"),
        pytest.param({"rate": 100, "enabled": False}, (PRAGMA,), False, id="not enabled"),
    ],
)
async def test_a_policy_decides_which_answers_have_it(policy, headers, found):
    seen = await timed(**policy).get("/x", *headers)
    assert (seen["Server-Timing"] is not None) is found


async def test_a_request_is_sampled_once():
    chances = iter([0.9, 0.1])
    house = timed(50)
    house.ports = house.ports._replace(chance=lambda: next(chances))
    assert (await house.get("/x"))["Server-Timing"] is None
    assert (await house.get("/x"))["Server-Timing"] is not None
    assert list(chances) == []


async def test_the_origins_own_is_merged_into_one_field_on_a_miss_and_gone_on_a_hit():
    house = timed(100, origins=Origins(x=answered(("Server-Timing", "db;dur=53"))))
    seen = await house.get("/x")
    assert [name for name, _ in seen.headers].count("Server-Timing") == 1
    assert seen["Server-Timing"].endswith(",db;dur=53")
    seen = await house.get("/x")
    assert (seen.x_cache, "db" in seen["Server-Timing"]) == ("Hit", False)
    house.clock.time += 61
    assert (await house.get("/x"))["Server-Timing"].endswith(",db;dur=53")


async def test_the_origins_own_passes_where_no_policy_asks():
    house = timed(0, origins=Origins(x=answered(("Server-Timing", "db;dur=53"))))
    assert [(await house.get("/x"))["Server-Timing"] for _ in range(2)] == ["db;dur=53"] * 2


async def test_a_policy_may_remove_the_origins_and_add_cloudfronts():
    house = timed(100, remove_headers=("server-timing",), origins=Origins(x=answered(("Server-Timing", "db"))))
    assert "db" not in (await house.get("/x"))["Server-Timing"]


async def test_it_stands_behind_the_other_headers_of_the_policy():
    house = timed(100, custom_headers=(PolicyHeader("X-P", "1", True),))
    assert [name for name, _ in (await house.get("/x")).headers][-2:] == ["X-P", "Server-Timing"]


async def test_the_field_of_serve_timing_is_another_one_behind_it():
    house = timed(100)
    passage = house.passage("GET", "/x")
    passage.switches = Switches(timing=True)
    answer = await passage.run()
    first, second = [value for name, value in answer.added if name == "Server-Timing"]
    assert first.startswith("cdn-cache-miss,")
    assert second.startswith("cache;desc=")


async def test_answers_that_no_origin_gave_have_it_too():
    house = timed(100, origins=Origins(x=OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError")))
    assert metric(await house.get("/x")) == ["cdn-cache-miss"]
    assert metric(await house.get("/x")) == ["cdn-cache-hit"], "the failure is remembered"
    assert metric(await house.send("POST", "/x")) == []


async def test_it_counts_the_time_of_viewer_response():
    house = None

    def slow(event):
        house.clock.time += 2
        return '{"statusCode": 200}'

    code = PythonFunction("slow", slow)
    policy = ResponseHeadersPolicy("p", server_timing=ServerTiming(True, 100))
    default = behavior(functions={"viewer-response": code}, response_headers_policy=policy)
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[code])
    seen = await house.get("/x")
    assert seen["Server-Timing"].endswith("cdn-downstream-fbl;dur=2000")


async def test_a_stored_object_does_not_keep_how_long_it_took():
    house = House(origins=Origins(x=answered()))
    await house.get("/x")
    assert house.exchange.get("upstream") == Upstream("app", 0.0, 1.0, 4.0)
    await house.get("/x")
    assert house.exchange.get("upstream") is None
    assert house.ports.cache.get(house.exchange.get("key")).response.upstream is None
