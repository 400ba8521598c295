import asyncio

import pytest
from aiohttp import web
from kit_admin import Asking

from edgeproxy.errors import ConfigError
from edgeproxy.inspector import admin, answers, token
from edgeproxy.inspector.answers import answer, read
from edgeproxy.ports import DeskRefused


class Thing(Asking):
    """An admin listener with one thing that can be changed; `changes` counts how often it was."""

    def __init__(self):
        self.changes = 0
        routes = [web.get("/thing", self._get), web.put("/thing", self._put), web.get("/refused", self._refuse)]
        routes.append(web.get("/slow", self._slow))
        super().__init__([*routes, web.get("/bug", self._bug), web.put("/read", self._read)])

    async def _get(self, request):
        return answer({"changes": self.changes})

    async def _put(self, request):
        await request.read()
        self.changes += 1
        return answer({"changes": self.changes})

    async def _read(self, request):
        return answer({"read": await read(request)})

    async def _slow(self, request):
        await asyncio.sleep(0.15)
        return answer({})

    async def _bug(self, request):
        raise ZeroDivisionError

    async def _refuse(self, request):
        raise DeskRefused("ServiceQuotaExceededException", "too many")


GET, PUT, TOKEN = ("GET", "/thing", None), ("PUT", "/thing", {}), "Bearer of the token"
REFUSED = [
    pytest.param(*GET, {"Host": "evil.test"}, 403, id="a foreign Host"),
    pytest.param(*GET, {"Host": "127.0.0.1:1"}, 403, id="the Host of another port"),
    pytest.param(*GET, {"Origin": "https://evil.test"}, 403, id="a foreign Origin"),
    pytest.param(*GET, {"Origin": "null"}, 403, id="an opaque Origin"),
    pytest.param(*PUT, {"Origin": "https://evil.test", "Authorization": TOKEN}, 403, id="a foreign Origin with the token"),
    pytest.param(*PUT, {}, 401, id="a change without the token"),
    pytest.param(*PUT, {"Authorization": "Bearer é"}, 401, id="a change with another token"),
    pytest.param("DELETE", "/thing", None, {}, 401, id="a removal without the token"),
    pytest.param("PUT", "/thing", b"v" * 70_000, {"Authorization": TOKEN}, 413, id="a body of 70 KB"),
    pytest.param("GET", "/refused", None, {}, 402, id="what the desk refuses"),
    pytest.param("GET", "/nowhere", None, {}, 404, id="an unknown path"),
    pytest.param("POST", "/thing", None, {"Authorization": TOKEN}, 405, id="an unknown method"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), REFUSED)
async def test_what_is_refused_changes_nothing_and_says_why(method, path, body, headers, status):
    async with Thing() as thing:
        if headers.get("Authorization") == TOKEN:
            headers = {**headers, **thing.authorized}
        found, said, _ = await thing.ask(method, path, body, **headers)
        assert (found, said.keys()) == (status, {"error", "message"})
        assert thing.changes == 0


async def test_with_the_token_things_change():
    async with Thing() as thing:
        assert await thing.change("PUT", "/thing", {}) == (200, {"changes": 1})


async def test_its_own_names_and_pages_may_ask():
    async with Thing() as thing:
        own = f"localhost:{thing.admin.port}"
        assert (await thing.ask("GET", "/thing", Host=own, Origin=f"http://{own}"))[0] == 200


async def test_a_request_without_host_is_refused():
    async with Thing() as thing:
        reader, writer = await asyncio.open_connection("127.0.0.1", thing.admin.port)
        writer.write(b"GET /thing HTTP/1.0\r\n\r\n")
        assert b" 403 " in await reader.readline()
        writer.close()


async def test_the_token_goes_with_the_listener():
    async with Thing() as thing:
        assert token.ports() == [thing.admin.port]
    assert token.ports() == []


async def test_a_port_in_use_is_a_problem_with_a_way_out():
    async with Thing() as thing:
        with pytest.raises(ConfigError, match=f"cannot start on 127.0.0.1:{thing.admin.port}") as caught:
            await admin.listen([], thing.admin.port)
        assert "--admin-port" in caught.value.problems[0].hint


async def test_without_a_safe_place_for_the_token_there_is_no_listener(tmp_path):
    (tmp_path / "edgeproxy").mkdir()
    (tmp_path / "edgeproxy").chmod(0o777)
    with pytest.raises(ConfigError, match="closed to others"):
        await admin.listen([], 0)


async def said(thing, data):
    """What the listener says to these bytes until it closes, or its whole first answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", thing.admin.port)
    writer.write(data)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.close()
    return head


def put(thing, *lines, path="/read", authorized=True):
    own = [
        f"Host: 127.0.0.1:{thing.admin.port}",
        *([f"Authorization: {thing.authorized['Authorization']}"] if authorized else []),
    ]
    return ("\r\n".join([f"PUT {path} HTTP/1.1", *own, *lines]) + "\r\n\r\n").encode()


LARGE = [
    pytest.param(["Content-Length: 100000000000"], b"a" * 70_000, b" 413 ", id="a body said to have 100 GB"),
    pytest.param(
        ["Transfer-Encoding: chunked"], b"11170\r\n" + b"a" * 70_000 + b"\r\n", b" 413 ", id="an endless chunked body"
    ),
    pytest.param(["X: " + "a" * 100_000], b"", b" 400 ", id="a header of 100 KB"),
    pytest.param(["X: a"] * 5_000, b"", b" 400 ", id="5,000 headers"),
    pytest.param(["Content-Length: 60000"], b"[" * 60_000, b" 400 ", id="a tower of brackets"),
    pytest.param(["Content-Length: 3", "Transfer-Encoding: chunked"], b"0\r\n\r\n", b" 400 ", id="two lengths"),
]


@pytest.mark.parametrize(("lines", "body", "status"), LARGE)
async def test_what_is_too_large_is_refused_before_it_is_whole(lines, body, status):
    async with Thing() as thing:
        assert status in await said(thing, put(thing, *lines) + body)
        assert (await thing.ask("GET", "/thing"))[0] == 200


async def test_a_change_without_the_token_is_refused_before_its_body_comes():
    async with Thing() as thing:
        assert b" 401 " in await said(thing, put(thing, "Content-Length: 10", authorized=False))


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(answers, "READ_SECONDS", 0.05)
    async with Thing() as thing:
        assert b" 400 " in await said(thing, put(thing, "Content-Length: 10") + b"[1,")


UNENDING = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"GET /thing HTTP/1.1\r\nHost: x\r\nX", id="a head that never ends"),
    pytest.param(None, id="another head that never ends, behind a request"),
]


@pytest.mark.parametrize("data", UNENDING)
async def test_a_head_that_never_ends_is_not_waited_for(data, monkeypatch):
    monkeypatch.setattr(admin, "HEAD_SECONDS", 0.05)
    async with Thing() as thing:
        reader, writer = await asyncio.open_connection("127.0.0.1", thing.admin.port)
        own = f"GET /thing HTTP/1.1\r\nHost: 127.0.0.1:{thing.admin.port}\r\n"
        writer.write(f"{own}\r\n{own}".encode() if data is None else data)
        said = await asyncio.wait_for(reader.read(), 5)
        assert said.count(b"HTTP/1.1 200") == (data is None)
        writer.close()


async def test_an_answer_may_take_longer_than_a_head(monkeypatch):
    monkeypatch.setattr(admin, "HEAD_SECONDS", 0.05)
    async with Thing() as thing:
        assert (await thing.ask("GET", "/slow"))[0] == 200


async def test_a_bug_of_ours_is_500_and_told_on_the_terminal(caplog):
    async with Thing() as thing:
        status, found, _ = await thing.ask("GET", "/bug")
        assert (status, found["error"]) == (500, "InternalServerException")
        assert "ZeroDivisionError" in caplog.text


async def test_what_cannot_be_read_is_told_to_nobody(caplog, capfd):
    async with Thing() as thing:
        await said(thing, put(thing, "Cookie: s3cr3t-Zq9" + "a" * 100_000))
        _, writer = await asyncio.open_connection("127.0.0.1", thing.admin.port)
        writer.write(put(thing, "Content-Length: 10") + b"s3cr3t-Zq9"[:5])
        await writer.drain()
        writer.close()
        await thing.ask("GET", "/thing")
    assert "s3cr3t" not in caplog.text + "".join(capfd.readouterr())
    assert caplog.text == ""


async def test_only_this_machine_can_ask():
    async with Thing() as thing:
        (bound,) = {address[0] for address in thing.admin._runner.addresses}
        assert bound == "127.0.0.1"
