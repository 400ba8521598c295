import asyncio
import ssl

import pytest
import trustme
from kit_origins import asked, at, origin, read

from edgeproxy.messages import Bytes
from edgeproxy.origins.client import Client, Patience, destination
from edgeproxy.origins.connecting import Connecting
from edgeproxy.origins.custom import FAMILIES, CustomOrigins

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_the_first_connection_is_made_and_the_next_request_takes_it_again(served, always):
    client, patience = Client(5, FAMILIES["dualstack"], 0, 0), Patience(5, 5)
    async with served(always(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        where = destination("http", "localhost", port, None, None)
        first, second = Connecting(), Connecting()
        await client.ask(where, HEAD, None, patience, first)
        await client.ask(where, HEAD, None, patience, second)
        await client.close()
    assert not first.reused
    assert first.resolving > 0
    assert first.connecting > 0
    assert (second.reused, second.resolving, second.connecting) == (True, 0, 0)


async def test_connecting_does_not_count_what_resolving_took():
    timed = Connecting()
    await timed.send_connection_create_start()
    await timed.send_dns_resolvehost_start("a")
    await asyncio.sleep(0.02)
    await timed.send_dns_resolvehost_end("a")
    await timed.send_connection_create_end()
    assert timed.resolving >= 0.02
    assert timed.connecting < 0.02


TOLD = [
    pytest.param({"connecting": 0.5}, None, (0, 500, 2000), id="a new connection to an address"),
    pytest.param({"resolving": 0.2, "connecting": 0.3}, None, (200, 300, 2000), id="a new connection to a name"),
    pytest.param({"reused": True}, None, (0, 0, 2000), id="a kept-alive connection costs nothing"),
    pytest.param({}, 102.0, (0, 0, 500), id="the first byte counts from the end of the request's body"),
    pytest.param({}, 0.0, (0, 0, 0), id="an answer that begins before that is there at once"),
]


@pytest.mark.parametrize(("times", "sent", "milliseconds"), TOLD)
def test_what_is_told_of_an_attempt(times, sent, milliseconds):
    timed = Connecting()
    for name, value in {"connected": 100.5, **times}.items():
        setattr(timed, name, value)
    upstream = timed.upstream("app", 102.5, sent)
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
