import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from kit_origins import asked, at, origin, read, refused

from edgeproxy.config.nodes import Node
from edgeproxy.config.places import place as place_of
from edgeproxy.errors import OriginError
from edgeproxy.messages import Bytes, Headers
from edgeproxy.model import Tls
from edgeproxy.origins.custom import CustomOrigins

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def closed_port() -> int:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_cf_52_a_closed_port_is_502_after_every_attempt(origins: CustomOrigins, method: str):
    """CF-52"""
    port = await closed_port()
    error = await refused(origins, port, asked(method, body=Bytes(b"x" if method == "POST" else b"")))
    assert (error.status, error.sentence, error.detail) == (502, OriginError.CONNECT, "OriginConnectError")
    assert error.cause == f"origin app at http://127.0.0.1:{port}: connection refused (3 attempts)"


@pytest.mark.parametrize("host", ["nowhere.invalid", "127.1"])
async def test_cf_51_a_name_that_does_not_resolve_is_502(origins: CustomOrigins, host: str):
    """CF-51"""
    with pytest.raises(OriginError) as caught:
        await origins.fetch(origin(), at(80, host=host), asked())
    error = caught.value
    assert (error.status, error.sentence, error.detail) == (502, OriginError.RESOLVE, "OriginDnsError")
    assert error.cause == f"origin app at http://{host}:80: the name does not resolve"


async def test_a_label_that_is_too_long_for_a_name_is_a_name_that_does_not_resolve(origins: CustomOrigins):
    for asking in (
        origins.fetch(origin(), at(80, host="x" * 64 + ".localhost"), asked()),
        origins.resolve(origin(), at(80, host="x" * 64 + ".test")),
    ):
        with pytest.raises(OriginError, match="more than 63 characters without a dot") as caught:
            await asking
        assert (caught.value.status, caught.value.sentence) == (502, OriginError.RESOLVE)


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("HEAD", 2), ("OPTIONS", 1), ("POST", 1), ("DELETE", 1), ("PUT", 1)])
async def test_cf_53_a_silent_origin_is_asked_twice_for_get_and_once_for_post(
    served, always, origins: CustomOrigins, method: str, times: int
):
    """CF-53"""
    heads: list[bytes] = []
    async with served(always(b"", heads)) as port:
        error = await refused(origins, port, asked(method), read_timeout=0.05, connection_attempts=2)
    assert (error.status, error.sentence, error.detail) == (504, OriginError.ATTEMPT, "OriginCommError")
    assert len(heads) == times
    assert "no answer within 0.05 s" in error.cause


async def test_a_dev_server_may_take_its_time(served, origins: CustomOrigins):
    async def talk(line):
        await line.head()
        await asyncio.sleep(0.2)
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        await asyncio.sleep(0.2)
        await line.say(b"hello")

    async with served(talk) as port:
        impatient = origin(read_timeout=0.05, response_completion_timeout=0.1, connection_attempts=1)
        answer = await origins.fetch(impatient, replace(at(port), dev=True), asked())
        assert await read(answer.body) == b"hello"


@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("HEAD", 3), ("OPTIONS", 1), ("PUT", 1), ("DELETE", 1), ("POST", 1)])
@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
async def test_an_origin_that_hangs_up_is_asked_again_for_get(
    served, origins: CustomOrigins, method: str, times: int, rudely: bool
):
    heads: list[bytes] = []

    async def talk(line):
        heads.append(await line.head())
        if rudely:
            line.hang_up()

    async with served(talk) as port:
        error = await refused(origins, port, asked(method))
    assert (error.status, error.sentence, error.detail) == (502, OriginError.ATTEMPT, "OriginZeroSizeObjectError")
    assert len(heads) == times


@pytest.mark.parametrize(("method", "saved"), [("GET", True), ("HEAD", True), ("OPTIONS", True), ("DELETE", False)])
async def test_a_dead_pooled_connection_is_replaced_once(served, origins: CustomOrigins, method: str, saved: bool):
    connections = 0

    async def talk(line):
        nonlocal connections
        connections += 1
        await line.head()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await line.head()

    async with served(talk) as port:
        await origins.fetch(origin(connection_attempts=1), at(port), asked())
        if saved:
            assert (await origins.fetch(origin(connection_attempts=1), at(port), asked(method))).status == 200
        else:
            assert "it closed the connection" in (await refused(origins, port, asked(method), connection_attempts=1)).cause
    assert connections == (2 if saved else 1)


async def test_a_request_with_a_body_shares_no_long_idle_connection(served, origins: CustomOrigins):
    served_by: list[int] = []
    number = 0

    async def talk(line):
        nonlocal number
        number += 1
        mine = number
        while True:
            head = await line.head()
            if b"Content-Length: 1\r\n" in head:
                await line.reader.readexactly(1)
            served_by.append(mine)
            await line.say(OK)

    async with served(talk) as port:
        for request in (asked(), asked("POST", body=Bytes(b"x")), asked("POST", body=Bytes(b"y")), asked()):
            await origins.fetch(origin(), at(port), request)
    assert served_by == [1, 2, 2, 1]


async def test_the_completion_timeout_ends_everything(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    async with served(always(b"", heads)) as port:
        error = await refused(origins, port, response_completion_timeout=0.05)
    assert (error.status, error.sentence) == (504, OriginError.ATTEMPT)
    assert error.cause == f"origin app at http://127.0.0.1:{port}: not complete within 0.05 s"
    assert len(heads) == 1


async def test_a_handshake_that_never_ends_is_a_connect_timeout(served, origins: CustomOrigins):
    async def talk(line):
        await line.reader.read()

    async with served(talk) as port:
        with pytest.raises(OriginError) as caught:
            await origins.fetch(origin(connection_timeout=0.05, connection_attempts=2), at(port, scheme="https"), asked())
    error = caught.value
    assert (error.status, error.sentence, error.detail) == (504, OriginError.ATTEMPT, "OriginConnectError")
    assert error.cause.endswith("no connection within 0.05 s (2 attempts)")


async def test_cookies_and_redirects_are_left_alone(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    answer = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nSet-Cookie: =bad;;\xff\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
    async with served(always(answer, heads)) as port:
        for _ in range(2):
            assert (await origins.fetch(origin(), at(port), asked())).status == 302
    assert heads == [b"GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: Keep-Alive\r\n\r\n"] * 2


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_server(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def believing(authority: trustme.CA):
    def trust() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return trust


async def test_https_with_a_believed_certificate(served, always, authority: trustme.CA):
    custom = CustomOrigins(believing(authority))
    async with served(always(OK), tls_server(authority, "localhost")) as port:
        response = await custom.fetch(origin(), at(port, scheme="https", host="localhost"), asked())
        assert await read(response.body) == b"ok"
        await custom.close()


async def test_a_certificate_for_another_name_is_refused(served, always, authority: trustme.CA):
    custom = CustomOrigins(believing(authority))
    async with served(always(OK), tls_server(authority, "other.example.com")) as port:
        with pytest.raises(OriginError, match="its certificate was refused: Hostname mismatch") as caught:
            await custom.fetch(origin(), at(port, scheme="https", host="localhost"), asked())
        await custom.close()
    assert (caught.value.status, caught.value.sentence) == (502, OriginError.CONNECT)


CERTIFICATES = [
    pytest.param({"sni": "app.example.com"}, None, id="the name that the function asks for"),
    pytest.param({"host_header": "app.example.com"}, None, id="else that of its Host header"),
    pytest.param({"sni": "b.example.com"}, "Hostname mismatch", id="another name"),
    pytest.param({"certificate_names": ("b.test", "app.example.com")}, None, id="an allowed name"),
    pytest.param({"certificate_names": ("*.example.com",)}, None, id="an allowed wildcard"),
    pytest.param({"certificate_names": ("b.test",)}, "has app.example.com; allowed: b.test", id="names that it has not"),
]


@pytest.mark.parametrize(("names", "refused"), CERTIFICATES)
async def test_names_of_a_certificate_that_a_function_chose(served, always, authority: trustme.CA, names, refused):
    custom = CustomOrigins(believing(authority))
    async with served(always(OK), tls_server(authority, "app.example.com")) as port:
        asking = custom.fetch(
            replace(origin(**names), domain_name="localhost"), at(port, scheme="https", host="localhost"), asked()
        )
        if refused:
            with pytest.raises(OriginError, match=refused):
                await asking
        else:
            assert await read((await asking).body) == b"ok"
        await custom.close()


@pytest.mark.parametrize(
    ("carried", "refused"),
    [
        pytest.param("app.example.com", None, id="the Host that is forwarded"),
        pytest.param("*.example.com", None, id="a wildcard over that Host"),
        pytest.param("localhost", None, id="the origin's domain name"),
        pytest.param("b.test", "has b.test; allowed: localhost, app.example.com", id="neither"),
    ],
)
async def test_a_certificate_is_of_the_origin_or_of_the_host_that_it_is_sent(served, always, authority, carried, refused):
    custom = CustomOrigins(believing(authority))
    asked_for = []
    server = tls_server(authority, carried)
    server.sni_callback = lambda _, name, context: asked_for.append(name)
    async with served(always(OK), server) as port:
        asking = custom.fetch(replace(origin(), domain_name="localhost"), at(port, scheme="https", host="localhost"), asked())
        if refused:
            with pytest.raises(OriginError, match=refused) as caught:
                await asking
            assert (caught.value.status, caught.value.detail) == (502, "OriginConnectError")
        else:
            assert await read((await asking).body) == b"ok"
        await custom.close()
    assert asked_for == ["app.example.com"]


async def test_hosts_that_viewers_chose_share_one_context(served, always, authority: trustme.CA):
    made = []
    trust = believing(authority)
    custom = CustomOrigins(lambda: made.append(1) or trust())
    own = replace(origin(), domain_name="localhost")
    async with served(always(OK), tls_server(authority, "localhost")) as port:
        for label in "abc":
            request = asked()._replace(headers=Headers([("Host", f"{label}.example.com")]))
            await custom.fetch(own, at(port, scheme="https", host="localhost"), request)
        await custom.close()
    assert made == [1]


async def test_a_kind_of_address_that_the_host_lacks_is_a_failure(served, always, origins: CustomOrigins):
    async with served(always(OK)) as port:
        with pytest.raises(OriginError) as caught:
            await origins.fetch(origin(ip_address_type="ipv6", connection_attempts=1), at(port, host="localhost"), asked())
        assert caught.value.status == 502
        assert (await origins.fetch(origin(ip_address_type="ipv4"), at(port, host="localhost"), asked())).status == 200
        assert (await origins.fetch(origin(ip_address_type="ipv6"), at(port), asked())).status == 200


async def test_a_certificate_of_an_unknown_authority_is_refused(served, always, origins: CustomOrigins, authority: trustme.CA):
    async with served(always(OK), tls_server(authority, "localhost")) as port:
        with pytest.raises(OriginError, match="its certificate was refused: ") as caught:
            await origins.fetch(origin(), at(port, scheme="https", host="localhost"), asked())
    assert caught.value.detail == "OriginConnectError"


async def test_https_to_a_plain_server_is_a_tls_failure(served, origins: CustomOrigins):
    async def talk(line):
        await line.reader.read(1)
        await line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await line.reader.read()

    async with served(talk) as port:
        with pytest.raises(OriginError, match="TLS failed: ") as caught:
            await origins.fetch(origin(), at(port, scheme="https"), asked())
    assert (caught.value.status, caught.value.sentence) == (502, OriginError.CONNECT)


async def test_a_cancelled_fetch_lets_go_of_its_connection(served, origins: CustomOrigins):
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def talk(line):
        await line.head()
        arrived.set()
        await line.reader.read()
        gone.set()

    async with served(talk) as port, asyncio.TaskGroup() as group:
        task = group.create_task(origins.fetch(origin(), at(port), asked()))
        await arrived.wait()
        task.cancel()
        assert await asyncio.wait_for(gone.wait(), 5)
    assert task.cancelled()


async def test_a_name_is_looked_up_and_addresses_and_this_machine_are_not(origins: CustomOrigins):
    with pytest.raises(OriginError, match="its name cannot be resolved") as caught:
        await origins.resolve(origin(), at(80, host="no-such-host.invalid"))
    assert (caught.value.status, caught.value.detail) == (502, "OriginDnsError")
    for host in ("localhost", "app.localhost", "127.0.0.1", "192.0.2.1", "::1"):
        await origins.resolve(origin(), at(80, host=host))


async def test_any_certificate_will_do_for_the_one_origin_that_says_so(
    served, always, origins: CustomOrigins, authority: trustme.CA
):
    async with served(always(OK), tls_server(authority, "other.example.com")) as port:
        trusting = replace(at(port, scheme="https", host="localhost"), tls=Tls(verify=False))
        for _ in range(2):
            assert await read((await origins.fetch(origin(), trusting, asked())).body) == b"ok"
            with pytest.raises(OriginError, match="its certificate was refused: ") as caught:
                await origins.fetch(origin(), replace(trusting, tls=Tls()), asked())
    line = f"origins: {{app: {{url: 'https://localhost:{port}', tls: {{verify: false}}}}}}"
    assert caught.value.cause.endswith(f"; to trust it add to edgeproxy.yaml:  {line}")


async def test_an_authority_is_believed_for_the_one_origin_that_names_it(
    served, always, origins: CustomOrigins, authority: trustme.CA
):
    pem = authority.cert_pem.bytes().decode()
    async with served(always(OK), tls_server(authority, "localhost")) as port:
        believing = replace(at(port, scheme="https", host="localhost"), tls=Tls(ca=pem))
        assert await read((await origins.fetch(origin(), believing, asked())).body) == b"ok"
        for place, words in (
            (replace(believing, tls=Tls()), "certificate"),
            (replace(believing, host="127.0.0.1"), "IP address mismatch"),
        ):
            with pytest.raises(OriginError, match=words):
                await origins.fetch(origin(), place, asked())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("host", ["localhost", "app.localhost", "LocalHost"])
async def test_a_server_at_one_of_localhosts_addresses_is_found(
    served, always, origins: CustomOrigins, address: str, host: str
):
    async with served(always(OK), host=address) as port:
        assert (await origins.fetch(origin(connection_attempts=1), at(port, host=host), asked())).status == 200


async def test_an_ipv6_literal(served, always, origins: CustomOrigins):
    heads: list[bytes] = []
    async with served(always(OK, heads), host="::1") as port:
        place = place_of(f"http://[::1]:{port}/base", Path(), Node(None))
        assert (await origins.fetch(origin(), place, asked())).status == 200
    assert heads[0].startswith(b"GET /base/ HTTP/1.1\r\nHost: app.example.com\r\n")


async def test_nobody_at_any_address_of_a_name_is_said_so(origins: CustomOrigins):
    port = await closed_port()
    with pytest.raises(OriginError, match=r"connection refused|no connection at any of its addresses") as caught:
        await origins.fetch(origin(connection_attempts=1), at(port, host="localhost"), asked())
    assert (caught.value.status, caught.value.sentence) == (502, OriginError.CONNECT)


async def test_a_containers_name_has_no_dot(served, always, origins: CustomOrigins, monkeypatch):
    look_up = socket.getaddrinfo

    def in_a_network_of_containers(host, *arguments, **named):
        return look_up("127.0.0.1" if host == "app" else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", in_a_network_of_containers)
    async with served(always(OK)) as port:
        await origins.resolve(origin(), at(port, host="app"))
        assert (await origins.fetch(origin(), at(port, host="app"), asked())).status == 200


async def test_the_connection_is_kept_and_said_to_be(served, origins: CustomOrigins):
    """CloudFront's `Connection: Keep-Alive` changes nothing about which connections are kept, and which are not."""
    connections = []

    async def talk(line):
        connections.append([])
        while True:
            connections[-1].append(await line.head())
            await line.say(OK if len(connections[-1]) < 3 else OK.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))

    async with served(talk) as port:
        for _ in range(4):
            await read((await origins.fetch(origin(), at(port), asked())).body)
    assert [len(heads) for heads in connections] == [3, 1]
    assert all(head.count(b"\r\nConnection: Keep-Alive\r\n") == 1 for heads in connections for head in heads)
