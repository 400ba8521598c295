import asyncio

import aiohttp
import pytest

from edgeproxy.messages import Bytes, Stream
from edgeproxy.origins.client import Client, Patience, destination
from edgeproxy.origins.connecting import Connecting
from edgeproxy.origins.custom import FAMILIES
from edgeproxy.origins.failures import NotHttp
from edgeproxy.origins.origin_request import Upload

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@pytest.fixture
async def client():
    made = Client(5, FAMILIES["dualstack"], 0, 0)
    yield made
    await made.close()


async def ask(client, port, head=GET, upload=None, read_timeout=5):
    patience = Patience(5, read_timeout)
    return await client.ask(destination("http", "127.0.0.1", port, None, None), head, upload, patience, Connecting())


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(CONTINUE, id="one 100 Continue"),
        pytest.param(HINTS + HINTS, id="103 as often as it likes"),
        pytest.param(HINTS + CONTINUE, id="both"),
    ],
)
async def test_what_may_come_before_an_answer(served, always, client, before):
    async with served(always(before + OK)) as port:
        answer = await ask(client, port)
    assert (answer.status, answer.reason, answer.content.read_nowait()) == (200, "OK", b"ok")


async def test_a_second_100_continue_is_no_valid_answer(served, always, client):
    async with served(always(CONTINUE + CONTINUE + OK)) as port:
        with pytest.raises(NotHttp, match="a second 100 Continue"):
            await ask(client, port)


async def test_a_complete_answer_gives_its_connection_back(served, client):
    connections = 0

    async def talk(line):
        nonlocal connections
        connections += 1
        while True:
            await line.head()
            await line.say(OK)

    async with served(talk) as port:
        for _ in range(3):
            await ask(client, port)
    assert connections == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(OK.removesuffix(b"ok"), id="none"),
        pytest.param(OK, id="as long as GET's"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", id="in chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + OK, id="what looks like an answer"),
    ],
)
async def test_content_behind_the_answer_to_head_is_nobodys_answer(served, client, said):
    async def talk(line):
        while head := await line.head():
            await line.say(said if head.startswith(b"HEAD") else OK)

    async with served(talk) as port:
        for _ in range(3):
            answer = await ask(client, port, GET.replace(b"GET", b"HEAD"))
            assert (answer.status, answer.content.read_nowait()) == (200, b"")
            answer = await ask(client, port)
            assert (answer.status, await answer.content.read()) == (200, b"ok")


@pytest.mark.parametrize("how", ["closed by its reader", "given up while it was awaited"])
async def test_an_incomplete_answer_closes_its_connection(served, client, how):
    heard, gone = asyncio.Event(), asyncio.Event()

    async def talk(line):
        await line.head()
        heard.set()
        if how == "closed by its reader":
            await line.say(OK[:-1])
        assert await line.reader.read() == b""
        gone.set()

    async with served(talk) as port:
        if how == "closed by its reader":
            (await ask(client, port)).close()
        else:
            asking = asyncio.get_running_loop().create_task(ask(client, port))
            await heard.wait()
            asking.cancel()
        await asyncio.wait_for(gone.wait(), 5)


async def test_an_answer_before_the_end_of_the_request_body_closes_its_connection(served, client):
    gone = asyncio.Event()

    async def talk(line):
        await line.head()
        await line.say(OK)
        await line.reader.read()
        gone.set()

    async def never_ending():
        yield b"first"
        await asyncio.Event().wait()

    async with served(talk) as port:
        answer = await ask(client, port, POST, Upload(Stream(never_ending(), None), 5))
        assert answer.content.read_nowait() == b"ok"
        await asyncio.wait_for(gone.wait(), 5)


async def test_an_answer_that_nobody_asked_for_is_nobodys(served, client):
    connections, taken, said = 0, asyncio.Event(), asyncio.Event()

    async def talk(line):
        nonlocal connections
        connections += 1
        await line.head()
        await line.say(OK if connections == 2 else b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
        await taken.wait()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        said.set()
        await line.reader.read()

    async with served(talk) as port:
        assert (await ask(client, port)).content.read_nowait() == b"first"
        taken.set()
        await said.wait()
        await asyncio.sleep(0.02)  # until it has arrived
        assert (await ask(client, port)).content.read_nowait() == b"ok"
    assert connections == 2


async def test_the_read_timeout_is_counted_from_the_last_byte(served, client):
    async def talk(line):
        await line.head()
        for piece in (OK[:10], OK[10:20], OK[20:30]):
            await line.say(piece)
            await asyncio.sleep(0.08)
        await line.say(OK[30:])
        await line.head()
        await line.reader.read()

    async with served(talk) as port:
        assert (await ask(client, port, read_timeout=0.2)).status == 200
        with pytest.raises(aiohttp.SocketTimeoutError):
            await ask(client, port, read_timeout=0.05)


async def test_a_body_without_length_is_chunked(served, client):
    got = []

    async def pieces():
        yield b"hello "
        yield b"world"

    async def talk(line):
        await line.head()
        got.append(await line.reader.readuntil(b"0\r\n\r\n"))
        await line.say(OK)

    async with served(talk) as port:
        await ask(client, port, POST, Upload(Stream(pieces(), None), 5))
    assert got == [b"6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"]


async def test_a_body_of_known_length_is_as_it_is(served, client):
    got = []

    async def talk(line):
        await line.head()
        got.append(await line.reader.readexactly(5))
        await line.say(OK)

    async with served(talk) as port:
        await ask(client, port, POST, Upload(Bytes(b"hello"), 5))
    assert got == [b"hello"]


async def test_silence_is_a_read_timeout(served, always, client):
    async with served(always(b"")) as port:
        with pytest.raises(aiohttp.SocketTimeoutError):
            await ask(client, port, read_timeout=0.05)


async def test_a_host_that_is_none_is_no_destination():
    with pytest.raises(aiohttp.InvalidURL):
        destination("http", "a b/c", 80, None, None)
