import asyncio
import io

import aiohttp
import pytest

from edgeproxy.runtimes.lambda_edge.failure import MAX_PAYLOAD, Failure
from edgeproxy.runtimes.lambda_edge.runtime_api import Answered, Failed, Invocation, Ready, RuntimeApi, State, TooLarge

EVENT = Invocation("id-1", b'{"a":1}', 1234, "arn:x", "Root=1")


class Caller:
    def __init__(self, session, api, steps):
        self.session, self.api, self.steps = session, api, steps

    async def call(self, method, path, **how):
        url = f"http://{self.api.address}/2018-06-01/runtime/{path}"
        async with self.session.request(method, url, **how) as answer:
            return answer.status, await answer.read(), answer.headers

    async def running(self, invocation=EVENT):
        asked = asyncio.ensure_future(self.call("GET", "invocation/next"))
        assert await self.steps.get() == Ready()
        self.api.offer(invocation)
        return await asked


@pytest.fixture
async def caller():
    steps = asyncio.Queue()
    api = RuntimeApi(steps.put_nowait, lambda: steps.put_nowait("deserted"))
    await api.start()
    async with aiohttp.ClientSession() as session:
        yield Caller(session, api, steps)
        await api.close()


async def test_next_waits_for_the_event(caller):
    status, body, headers = await caller.running()
    assert (status, body, headers["Content-Type"]) == (200, EVENT.event, "application/json")
    assert headers["Lambda-Runtime-Aws-Request-Id"] == "id-1"
    assert headers["Lambda-Runtime-Deadline-Ms"] == "1234"
    assert headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:x"
    assert headers["Lambda-Runtime-Trace-Id"] == "Root=1"


async def test_a_response_is_taken_once(caller):
    await caller.running()
    assert (await caller.call("POST", "invocation/id-1/response", data=b"x"))[0] == 202
    assert await caller.steps.get() == Answered(b"x")
    status, body, _ = await caller.call("POST", "invocation/id-1/response", data=b"y")
    assert (status, body) == (400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
    assert caller.steps.empty()


async def test_a_late_response_of_the_last_event_is_refused(caller):
    await caller.running()
    await caller.call("POST", "invocation/id-1/response", data=b"x")
    await caller.steps.get()
    await caller.running(EVENT._replace(request_id="id-2"))
    assert (await caller.call("POST", "invocation/id-1/response", data=b"late"))[0] == 400
    assert (await caller.call("POST", "invocation/id-2/response", data=b"x"))[0] == 202
    assert await caller.steps.get() == Answered(b"x")


@pytest.mark.parametrize("path", ["invocation/other/response", "invocation//response", "invocation/other/error"])
async def test_a_made_up_id_is_refused(caller, path):
    await caller.running()
    assert (await caller.call("POST", path, data=b"x"))[0] == 400
    assert caller.api.state is State.RUNNING


async def test_an_error_is_parsed(caller):
    await caller.running()
    headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.Odd"}
    assert (await caller.call("POST", "invocation/id-1/error", data=b"{}", headers=headers))[0] == 202
    assert await caller.steps.get() == Failed(Failure("Runtime.Odd", ""))


async def test_an_init_error_ends_the_runtime(caller):
    assert (await caller.call("POST", "init/error", data=b'{"errorType":"E","errorMessage":"m"}'))[0] == 202
    assert await caller.steps.get() == Failed(Failure("E", "m"))
    assert (await caller.call("GET", "invocation/next"))[0] == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "invocation/next", id="next while an event runs"),
        pytest.param("POST", "init/error", id="init error after init"),
    ],
)
async def test_a_call_out_of_turn_is_forbidden(caller, method, path):
    await caller.running()
    status, body, _ = await caller.call(method, path)
    assert status == 403
    assert b'"errorType":"InvalidStateTransition"' in body
    assert caller.api.state is State.RUNNING


async def test_a_second_next_is_forbidden(caller):
    asked = asyncio.ensure_future(caller.call("GET", "invocation/next"))
    await caller.steps.get()
    assert (await caller.call("GET", "invocation/next"))[0] == 403
    caller.api.offer(EVENT)
    assert (await asked)[0] == 200


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(MAX_PAYLOAD, 202, id="the largest payload passes"),
        pytest.param(MAX_PAYLOAD + 1, 413, id="one byte more does not"),
    ],
)
async def test_payload_limit(caller, size, status):
    await caller.running()
    assert (await caller.call("POST", "invocation/id-1/response", data=io.BytesIO(b"x" * size)))[0] == status
    step = await caller.steps.get()
    assert step == TooLarge(size) if status == 413 else isinstance(step, Answered)
    # The runtime lives on.
    await caller.running()


async def test_response_modes(caller):
    await caller.running()
    path, name = "invocation/id-1/response", "Lambda-Runtime-Function-Response-Mode"
    assert (await caller.call("POST", path, data=b"x", headers={name: "odd"}))[0] == 400
    assert (await caller.call("POST", path, data=b"x", headers={name: "streaming"}))[0] == 202


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "restore/next"), ("POST", "invocation/next"), ("GET", ""), ("PUT", "init/error")]
)
async def test_other_paths_do_not_exist(caller, method, path):
    assert (await caller.call(method, path))[0] == 404


async def test_offer_needs_a_runtime_that_asked(caller):
    with pytest.raises(RuntimeError):
        caller.api.offer(EVENT)


async def test_close_lets_go_of_a_runtime_that_waits(caller):
    asked = asyncio.ensure_future(caller.call("GET", "invocation/next"))
    await caller.steps.get()
    await caller.api.close()
    assert (await asked)[0] == 500


async def test_a_runtime_that_leaves_while_it_waits_for_an_event_is_told_of(caller):
    asked = asyncio.ensure_future(caller.call("GET", "invocation/next"))
    assert await caller.steps.get() == Ready()
    asked.cancel()
    assert await asyncio.wait_for(caller.steps.get(), 5) == "deserted"
