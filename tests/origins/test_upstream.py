import asyncio
import ssl

import pytest
import trustme
from kit_origins import asked, at, origin, read

from edgeproxy.messages import Bytes
from edgeproxy.origins.custom import CustomOrigins
from edgeproxy.origins.upstream import Clocked

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def clocked(**moments):
    found = Clocked()
    for name, value in moments.items():
        setattr(found, name, value)
    return found


NEW = {"connecting": 100.0, "connected": 100.5}
TOLD = [
    pytest.param(NEW, None, (0, 500, 2000), id="a new connection to an address"),
    pytest.param(
        {**NEW, "resolving": 100.0, "resolved": 100.2}, None, (200, 300, 2000), id="connecting begins when the name is found"
    ),
    pytest.param({"reused": True, "connected": 100.5}, None, (0, 0, 2000), id="a kept-alive connection costs nothing"),
    pytest.param(NEW, 102.0, (0, 500, 500), id="the first byte counts from the end of the request's body"),
    pytest.param(NEW, 0.0, (0, 500, 0), id="an answer that begins before that is there at once"),
]


@pytest.mark.parametrize(("moments", "sent", "milliseconds"), TOLD)
def test_what_is_told_of_an_attempt(moments, sent, milliseconds):
    upstream = clocked(**moments).upstream("app", 102.5, sent)
    assert upstream.origin == "app"
    assert upstream[1:] == pytest.approx(milliseconds)


async def test_a_server_is_clocked_and_a_kept_alive_connection_is_known(served, origins: CustomOrigins):
    waited = 0.02

    async def talk(line):
        while True:
            await line.head()
            await asyncio.sleep(waited)
            await line.say(OK)

    async with served(talk) as port:
        first, second = [(await origins.fetch(origin(), at(port, host="localhost"), asked())).upstream for _ in range(2)]
    assert first.origin == "app"
    assert first.dns > 0
    assert first.connect > 0
    assert (second.dns, second.connect) == (0, 0)
    for each in (first, second):
        assert waited * 900 < each.first_byte < 5000


async def test_the_handshake_counts_as_connecting(served, always):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def trust():
        believed = ssl.create_default_context()
        authority.configure_trust(believed)
        return believed

    custom = CustomOrigins(trust)
    async with served(always(OK), context) as port, served(always(OK)) as plain:
        handshake = (await custom.fetch(origin(), at(port, scheme="https"), asked())).upstream
        bare = (await custom.fetch(origin(), at(plain), asked())).upstream
        await custom.close()
    assert handshake.connect > bare.connect > 0


async def test_only_the_attempt_that_was_answered_counts(served, origins: CustomOrigins):
    heads = []

    async def talk(line):
        heads.append(await line.head())
        if len(heads) == 2:
            await line.say(OK)
        else:
            await asyncio.sleep(0.1)
            line.hang_up()

    async with served(talk) as port:
        upstream = (await origins.fetch(origin(), at(port), asked())).upstream
    assert len(heads) == 2
    assert 0 < upstream.first_byte < 90


async def test_a_body_is_sent_before_the_first_byte_is_waited_for(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await line.reader.readexactly(3)
        await line.say(OK)

    class Slow(Bytes):
        async def chunks(self):
            await asyncio.sleep(0.1)
            yield self.data

    async with served(talk) as port:
        response = await origins.fetch(origin(), at(port), asked("POST", body=Slow(b"abc")))
        assert await read(response.body) == b"ok"
    assert 0 <= response.upstream.first_byte < 90
