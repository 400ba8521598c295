import asyncio

from edgeproxy.model import Url
from edgeproxy.origins.client import Client, Patience, destination
from edgeproxy.origins.connecting import Connecting
from edgeproxy.origins.custom import FAMILIES

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_the_first_connection_is_made_and_the_next_request_takes_it_again(served, always):
    client, patience = Client(5, FAMILIES["dualstack"]), Patience(5, 5)
    async with served(always(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        where = destination(Url("http", "localhost", port), None, None)
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
