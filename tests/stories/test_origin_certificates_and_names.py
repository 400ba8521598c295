"""A dev server as an origin: its self-signed certificate, a private authority, and what is said of both at start."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme

from edgeproxy import start_table
from edgeproxy.errors import OriginError


def origin(name):
    config = {"OriginProtocolPolicy": "https-only"}
    return {"Id": name, "DomainName": f"{name}.example.com", "ConnectionAttempts": 1, "CustomOriginConfig": config}


@pytest.fixture
def dev(project, tmp_path):
    """`/other` goes to the origin `other`, all else to `app`; the settings are those given."""

    def written(places):
        project(
            behavior={"TargetOriginId": "app"},
            behaviors=[{"PathPattern": "/other", "TargetOriginId": "other"}, {"PathPattern": "/site/*"}],
            origins=[{**origin("app"), "OriginShield": {"Enabled": True, "OriginShieldRegion": "eu-west-1"}}, origin("other")],
        )
        settings = "distribution: template.json\norigins:\n  site: ./public\n" + "".join(f"  {line}\n" for line in places)
        (tmp_path / "edgeproxy.yaml").write_text(settings)
        return tmp_path

    return written


@asynccontextmanager
async def dev_server(authority, name="localhost"):
    """A server with a certificate of this authority; yields its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)

    async def connected(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 5\r\n\r\nhello")
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_a_certificate_nobody_knows_will_do_for_one_origin_alone(running, dev):
    async with dev_server(trustme.CA()) as url:
        folder = dev([f"app: {{url: {url}, tls: {{verify: false}}}}", f"other: {url}"])
        async with running(folder) as proxy:
            assert (await proxy.get("/x")).body == b"hello"
            seen = await proxy.get("/other")
            assert (seen.status, seen.x_cache, seen.sentence) == (502, "Error", OriginError.CONNECT)
            assert (await proxy.get("/x?2")).status == 200
            said = start_table.render(proxy.proxy.configuration, colour=False)
    assert "the certificate of app is NOT verified" in said
    assert "the certificate of other" not in said
    assert "app: Origin Shield eu-west-1: there is one cache layer" in said
    assert f"origin other at {url}: its certificate was refused" in proxy.terminal
    assert f"add to edgeproxy.yaml:  origins: {{other: {{url: '{url}', tls: {{verify: false}}}}}}" in proxy.terminal


async def test_a_private_authority_may_change_while_the_proxy_runs(running, dev, tmp_path):
    first, second = trustme.CA(), trustme.CA()
    first.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with dev_server(first) as old, dev_server(second) as new:
        folder = dev([f"app: {{url: {old}, tls: {{ca: ca.pem}}}}", f"other: {{url: {new}, tls: {{ca: ca.pem}}}}"])
        async with running(folder) as proxy:
            assert [(await proxy.get(path)).status for path in ("/x", "/other")] == [200, 502]
            second.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
            await proxy.until("reloaded: ca.pem")
            proxy.proxy.clock.offset += 11  # ErrorCachingMinTTL is 10 s
            assert (await proxy.get("/other")).status == 200
            assert "NOT verified" not in start_table.render(proxy.proxy.configuration, colour=False)
