import json

import pytest
from aiohttp import web
from kit_admin import Asking

from edgeproxy.inspector.answers import STATUS, answer, error, read


def test_an_answer_is_json_that_nobody_stores():
    response = answer({"é": 1}, headers={"ETag": "KV1"})
    assert (response.status, json.loads(response.body), response.content_type) == (200, {"é": 1}, "application/json")
    found = [response.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "ETag")]
    assert found == ["no-store", "nosniff", "KV1"]


@pytest.mark.parametrize("kind", STATUS)
def test_an_error_has_the_status_of_its_kind(kind):
    response = error(kind, "why")
    assert (response.status, json.loads(response.body)) == (STATUS[kind], {"error": kind, "message": "why"})


def test_an_error_may_have_another_status():
    assert error("ValidationException", "too large", 413).status == 413


async def test_a_body_that_is_no_json_is_refused():
    async def echo(request):
        return answer({"read": await read(request)})

    async with Asking([web.post("/echo", echo)]) as asking:
        assert await asking.change("POST", "/echo", {"a": [1]}) == (200, {"read": {"a": [1]}})
        for body in (b"{", b"", b'"\xff"', b"NaN", b'"\\ud800"', b"1e400"):
            refused = {"error": "ValidationException", "message": "the body must be JSON"}
            assert await asking.change("POST", "/echo", body) == (400, refused), body
