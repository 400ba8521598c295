import asyncio
import resource
import socket
import ssl
import subprocess
import sys
import time

import pytest
from kit import House, Origins, distribution, respond

from edgeproxy.server import certificates, listener
from edgeproxy.server.listener import listen
from edgeproxy.server.viewer_server import ViewerServer


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


class Secured:
    """A listener with a TLS port; `seen`: what the connection said of its TLS at each request, one viewer at a time."""

    def __init__(self, folder):
        chosen = certificates.choose(None, (), time.time())
        self.context, self.trusted, self.seen = chosen.context, folder / "edgeproxy" / "localhost.pem", []

    async def __aenter__(self):
        house = House(origins=Origins(x=respond()))
        self.server = ViewerServer(house.snapshot, house.ports, self, "http")
        self.listener = await listen(self.server, "127.0.0.1", 0)
        self.port = await self.listener.add_tls(self.context, 0)
        return self

    async def __aexit__(self, *error):
        await self.listener.close(1)

    def accept(self, exchange):
        self.seen.append(self.server.connections[-1].tls)

    def viewer(self, newest=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=self.trusted)
        context.maximum_version = newest
        return context

    def visit(self, context, session=None, requests=1):
        """Asks so many times on one connection; returns its session and the protocol that was agreed on."""
        with (
            socket.create_connection(("127.0.0.1", self.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as viewer,
        ):
            for _ in range(requests):
                viewer.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = b""
                while not answer.endswith(b"hello"):
                    answer += viewer.recv(4096)
            return viewer.session, viewer.selected_alpn_protocol()


@pytest.fixture
def secured(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("CAROOT", raising=False)
    return Secured(tmp_path)


@pytest.mark.parametrize(
    ("newest", "negotiated"),
    [
        pytest.param(ssl.TLSVersion.TLSv1_3, "TLSv1.3:TLS_AES_256_GCM_SHA384", id="TLS 1.3"),
        pytest.param(ssl.TLSVersion.TLSv1_2, "TLSv1.2:ECDHE-ECDSA-AES256-GCM-SHA384", id="TLS 1.2"),
    ],
)
async def test_a_connection_says_how_its_tls_came_to_be(secured, newest, negotiated):
    async with secured as proxy:
        viewer = proxy.viewer(newest)
        session, _ = await asyncio.to_thread(proxy.visit, viewer, requests=3)
        await asyncio.to_thread(proxy.visit, viewer, session)
        assert proxy.seen == [f"{negotiated}:{how}" for how in (
            "fullHandshake", "connectionReused", "connectionReused", "sessionResumed",
        )]  # fmt: skip


async def test_plain_http_has_no_tls(secured):
    async with secured as proxy:
        await ask(proxy.listener.port)
        assert proxy.seen == [None]


async def test_http_1_1_is_all_that_is_agreed_on(secured):
    async with secured as proxy:
        viewer = proxy.viewer()
        for offered, agreed in ((["h2", "http/1.1"], "http/1.1"), (["h2"], None)):
            viewer.set_alpn_protocols(offered)
            assert (await asyncio.to_thread(proxy.visit, viewer))[1] == agreed


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", id="plain HTTP"),
        pytest.param(b"\x16\x03\x01\x00\x05nonsense", id="nonsense in a TLS record"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x16\x03\x01", id="a handshake that does not go on"),
    ],
)
async def test_what_is_no_handshake_is_cut_off_quietly(secured, monkeypatch, caplog, sent):
    monkeypatch.setattr(listener, "HANDSHAKE_SECONDS", 0.3)
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    async with secured as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 5)
        assert b"HTTP" not in answer
        writer.close()
        await asyncio.to_thread(proxy.visit, proxy.viewer())
    assert (complaints, caplog.records, len(proxy.seen)) == ([], [], 1)


async def test_closing_does_not_wait_for_an_idle_tls_viewer(secured):
    async with secured as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=proxy.viewer(), server_hostname="localhost")
        writer.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"hello")
        async with asyncio.timeout(1.5):
            await proxy.listener.close(1)
            assert await reader.read() == b""
        writer.close()


async def test_a_tls_port_that_is_taken_is_an_os_error(secured):
    async with secured as proxy:
        with pytest.raises(OSError, match="address"):
            await proxy.listener.add_tls(proxy.context, proxy.listener.port)
