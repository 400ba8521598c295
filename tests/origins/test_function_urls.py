import json

import pytest
from kit import PythonHandler, chunks_of

from edgeproxy.errors import LambdaError
from edgeproxy.messages import Bytes, Headers, Request, Stream
from edgeproxy.model import FunctionUrl, LambdaFunction
from edgeproxy.origins.function_urls import FunctionUrls
from edgeproxy.rules.function_url import BODY_SIZE

PLACE = FunctionUrl("abc.lambda-url.us-east-1.on.aws", LambdaFunction("App", "nodejs22.x", "index.handler", replicated=False))


def asked(method="GET", body=b"", host=PLACE.domain_name):
    content = body if isinstance(body, Stream) else Bytes(body)
    return Request(method, "https", host, "/a", "b=1", Headers([("Host", host), ("Content-Type", "text/plain")]), content)


def urls(answer):
    handler = PythonHandler("App", answer)
    return FunctionUrls({PLACE.function: handler}.get, lambda: 1000.0), handler


async def content(response):
    return b"".join([chunk async for chunk in response.body.chunks()])


async def test_the_function_is_asked_and_its_result_is_the_answer():
    functions, handler = urls(lambda event: b'{"statusCode": 201, "body": "made", "headers": {"x-a": "b"}}')
    response = await functions.fetch(PLACE, asked("POST", b"given"))
    assert (response.status, response.headers.get("x-a"), await content(response)) == (201, "b", b"made")
    (event,) = map(json.loads, handler.events)
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/a", "b=1", "given")
    assert event["requestContext"]["domainName"] == PLACE.domain_name
    assert event["requestContext"]["timeEpoch"] == 1_000_000


async def test_a_host_that_is_not_its_own_is_403_and_the_function_is_not_asked():
    functions, handler = urls(lambda event: b"1")
    response = await functions.fetch(PLACE, asked(host="www.example.com"))
    assert (response.status, await content(response)) == (403, b'{"Message":"Forbidden"}')
    assert handler.events == []


async def test_head_has_no_body():
    functions, _ = urls(lambda event: b'"body"')
    response = await functions.fetch(PLACE, asked("HEAD"))
    assert (response.status, response.headers.get("content-length"), await content(response)) == (200, "4", b"")


def failing(error):
    def answer(event):
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(failing(LambdaError.execution("it raised")), 502, id="it raises"),
        pytest.param(failing(LambdaError.throttled("busy")), 429, id="it is throttled"),
        pytest.param(lambda event: b'{"statusCode": "x"}', 502, id="its result breaks the format"),
    ],
)
async def test_faults_of_the_function_are_a_status(answer, status):
    functions, _ = urls(answer)
    assert (await functions.fetch(PLACE, asked())).status == status


async def test_a_body_that_is_too_large_is_413_and_the_function_is_not_asked():
    functions, handler = urls(lambda event: b"1")
    large = Stream(chunks_of(b"x" * (BODY_SIZE + 1), 1 << 20), None)
    assert (await functions.fetch(PLACE, asked("POST", large))).status == 413
    assert handler.events == []
