import asyncio
import resource
import subprocess
import sys

import pytest
from kit import House, Origins, distribution, respond

from edgeproxy.server.connection import ViewerServer
from edgeproxy.server.listener import listen


class Sink:
    def accept(self, exchange):
        pass


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_port_0_is_a_free_one_and_a_taken_one_is_an_os_error():
    house = House(origins=Origins(x=respond()))
    server = ViewerServer(house.snapshot, house.ports, Sink(), "https")
    listener = await listen(server, "127.0.0.1", 0)
    assert listener.port > 0
    with pytest.raises(OSError, match="address"):
        await listen(server, "127.0.0.1", listener.port)
    await listener.close(1)


async def test_a_swapped_snapshot_serves_the_next_request():
    house = House(origins=Origins(x=respond()))
    server = ViewerServer(house.snapshot, house.ports, Sink(), "https")
    listener = await listen(server, "127.0.0.1", 0)
    assert (await ask(listener.port)).startswith(b"HTTP/1.1 200")
    server.snapshot = House(distribution(enabled=False)).snapshot
    assert (await ask(listener.port)).startswith(b"HTTP/1.1 403")
    await listener.close(1)


async def test_the_scheme_is_the_listeners_not_the_sockets():
    from kit import behavior

    for scheme, status in (("https", b"200"), ("http", b"301")):
        house = House(distribution(default=behavior(viewer_protocol_policy="redirect-to-https")), origins=Origins(x=respond()))
        listener = await listen(ViewerServer(house.snapshot, house.ports, Sink(), scheme), "127.0.0.1", 0)
        assert (await ask(listener.port)).split(b" ")[1] == status
        await listener.close(1)


LIMITS = """
import resource
from edgeproxy.server.listener import allow_files
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(allow_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        pytest.param(256, 4096, "4096 4096 4096", id="raised as far as the system lets it"),
        pytest.param(300, 300, "300 300 300", id="already as high as may be"),
    ],
)
def test_the_limit_of_open_files(soft, hard, expected):
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= hard
    done = subprocess.run(
        [sys.executable, "-c", LIMITS.format(soft=soft, hard=hard)], capture_output=True, text=True, timeout=30
    )
    assert done.stdout.strip() == expected
