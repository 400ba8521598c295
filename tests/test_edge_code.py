import dataclasses
import json
from dataclasses import replace

import pytest
from kit import (
    ALL_METHODS,
    House,
    Origins,
    PythonFunction,
    PythonHandler,
    behavior,
    chunks_of,
    distribution,
    respond,
    whole_event,
)

from edgeproxy.edge_code import _beginning
from edgeproxy.errors import FunctionError
from edgeproxy.exchange import FunctionRun
from edgeproxy.messages import Bytes, Stream
from edgeproxy.ports import FunctionResult, Given


async def test_every_run_is_noted_with_hook_name_tier_and_time():
    function = PythonFunction("f", lambda event: json.dumps(json.loads(event)["request"]))
    handler = PythonHandler("h", lambda event: json.dumps(json.loads(event)["Records"][0]["cf"]["request"]).encode())
    default = behavior(functions={"viewer-request": function}, lambdas={"origin-request": handler})
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[function, handler])
    await house.get("/x")
    runs = house.exchange.all("function")
    assert [(run.hook, run.name, run.tier, run.error) for run in runs] == [
        ("viewer-request", "f", "function", None),
        ("origin-request", "h", "lambda", None),
    ]
    assert all(isinstance(run, FunctionRun) and run.milliseconds >= 0 for run in runs)


async def test_a_failed_run_is_noted_with_its_cause_and_what_was_logged():
    class Failing:
        name = "f"

        def run(self, event, now, given):
            raise FunctionError.execution("TypeError: x", ("before",))

    house = House(distribution(default=behavior(functions={"viewer-request": Failing()})), code=[Failing()])
    await house.get("/x")
    assert house.exchange.get("function").error == "TypeError: x"
    assert house.exchange.all("console.log") == [("f", "before")]


async def test_what_a_function_logged_is_noted_when_its_result_is_refused_too():
    class Logging:
        name = "f"

        def run(self, event, now, given):
            return FunctionResult("[]", ("here",), 0.1)

    house = House(distribution(default=behavior(functions={"viewer-request": Logging()})), code=[Logging()])
    assert (await house.get("/x")).status == 502
    assert house.exchange.all("console.log") == [("f", "here")]


async def test_functions_run_on_the_proxys_clock():
    seen = []

    class Watching:
        name = "f"

        def run(self, event, now, given):
            seen.append(now)
            return FunctionResult(json.dumps(whole_event(event, given.part)["request"]), (), 0.1)

    house = House(distribution(default=behavior(functions={"viewer-request": Watching()})), code=[Watching()])
    house.clock.time = 123.0
    await house.get("/x")
    assert seen == [123.0]


async def test_a_run_is_given_its_store_the_raw_query_and_its_side():
    seen = []

    class Watching:
        name = "f"

        def run(self, event, now, given):
            seen.append(given._replace(part=None))
            event = whole_event(event, given.part)
            return FunctionResult(json.dumps(event.get("response", event["request"])), (), 0.1)

    function = Watching()
    default = behavior(functions={"viewer-request": function, "viewer-response": function})
    default.functions["viewer-request"] = replace(default.functions["viewer-request"], key_value_store="flags")
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[function])
    house.ports = house.ports._replace(key_values={"flags": "the flags"}.get)
    await house.get("/x?a=%20&&")
    assert seen == [Given("a=%20&&", "the flags", True), Given("a=%20&&", None, False)]


BODIES = [
    pytest.param(b"", 4, b"", False, id="nothing"),
    pytest.param(b"abcd", 4, b"abcd", False, id="exactly as much as is shown"),
    pytest.param(b"abcdef", 4, b"abcd", True, id="more than is shown"),
]


@pytest.mark.parametrize(("data", "size", "shown", "truncated"), BODIES)
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_beginning_of_a_body_is_shown_and_all_of_it_goes_on(data, size, shown, truncated, streamed):
    body = Stream(chunks_of(data, 3), None) if streamed else Bytes(data)
    beginning, more, whole = await _beginning(body, size)
    assert (beginning, more) == (shown, truncated)
    assert b"".join([chunk async for chunk in whole.chunks()]) == data


async def test_le_38_a_replaced_body_is_what_the_origin_gets():
    """LE-38"""

    def replace_body(event):
        request = json.loads(event)["Records"][0]["cf"]["request"]
        request["body"] = {**request["body"], "action": "replace", "encoding": "text", "data": "0123456789"}
        return json.dumps(request).encode()

    handler = PythonHandler("h", replace_body)
    default = behavior(lambdas={"origin-request": handler}, allowed_methods=ALL_METHODS)
    association = next(iter(default.lambdas.values()))
    default.lambdas["origin-request"] = association.__class__(association.function, include_body=True)
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[handler])
    await house.send("POST", "/x", ("Content-Length", "3"), body=b"abc")
    asked = house.origins.asked[0][1]
    assert asked.body.data == b"0123456789"
    assert asked.headers.get_all("content-length") == ["10"]


async def test_cff_40_a_run_keeps_the_snapshot_it_began_with():
    """CFF-40"""
    from edgeproxy.stores.key_values import snapshot

    present, seen = [snapshot({"k": "old"}, 0, 0)], []

    class Reading:
        name = "f"

        def run(self, event, now, given):
            present[0] = snapshot({"k": "new"}, 0, 1)
            seen.append(given.key_values.get("k"))
            return FunctionResult(json.dumps(whole_event(event, given.part)["request"]), (), 0.1)

    default = behavior(functions={"viewer-request": Reading()})
    function = dataclasses.replace(default.functions["viewer-request"], key_value_store="store")
    default.functions["viewer-request"] = function
    house = House(distribution(default=default), origins=Origins(x=respond()), code=[Reading()])
    house.ports = house.ports._replace(key_values=lambda name: present[0])
    await house.get("/x")
    await house.get("/x")
    assert seen == ["old", "new"], "CFF-40"


async def test_the_compute_utilization_of_a_function_is_noted():
    class Busy:
        name = "f"

        def run(self, event, now, given):
            return FunctionResult(json.dumps(whole_event(event, given.part)["request"]), (), 0.5, utilization=50)

    house = House(distribution(default=behavior(functions={"viewer-request": Busy()})), code=[Busy()])
    await house.get("/x")
    assert house.exchange.get("function").utilization == 50
