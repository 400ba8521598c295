"""Whatever a viewer, an origin, a function or a handler says: only admitted origins are contacted, and a directory is not left."""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from kit_proxy import PATIENCE

SECRET = b"of nobody's business"
ORIGIN = {"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"

contacted: list[tuple[str, object]] = []
"""Every address that this process connected to and every name that it looked up, in order."""


def note(event, arguments):
    if event == "socket.connect":
        contacted.append(("connect", arguments[1]))
    elif event == "socket.getaddrinfo":
        contacted.append(("look up", arguments[0]))


sys.addaudithook(note)


class Contacts:
    """What was contacted since the test began, viewers' own connections left out."""

    def __init__(self):
        contacted.clear()

    def beside(self, *ports):
        return [(what, where) for what, where in contacted if what == "look up" or where[1] not in ports]


@pytest.fixture
def contacts():
    return Contacts()


@asynccontextmanager
async def server(content, *, head=b"HTTP/1.1 200 OK\r\n"):
    """A server that says the same to everyone; yields its port and the request lines that it read."""
    lines = []

    async def connected(reader, writer):
        try:
            lines.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[0])
            writer.write(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1], lines
    finally:
        listener.close()


@pytest.fixture
def app(project):
    def written(**more):
        own = {"TargetOriginId": "app", "CachePolicyId": CACHING_DISABLED, "OriginRequestPolicyId": ALL_VIEWER, **more}
        resources = own.pop("resources", None)
        return project(behavior=own, origins=[ORIGIN], resources=resources)

    return written


async def say(port, request):
    """The status line and everything after it that raw bytes are answered with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


# `{}` is the address of a server that nobody has admitted. Status; what stands on the request line to the origin, if it is asked.
REQUESTS = [
    pytest.param("GET /x HTTP/1.1\r\nHost: {}", 200, "/x", id="Host is its address: this machine's only distribution"),
    pytest.param("GET /x HTTP/1.1\r\nHost: 169.254.169.254", 200, "/x", id="Host is an address that tells of credentials"),
    pytest.param("GET /x HTTP/1.1\r\nHost: internal.service", 403, None, id="Host is the name of a service"),
    pytest.param("GET /x HTTP/1.1\r\nHost: user@{}", 400, None, id="Host with a user"),
    pytest.param("GET /x HTTP/1.1\r\nHost: localhost\r\nHost: {}", 400, None, id="two Hosts"),
    pytest.param("GET http://{}/x HTTP/1.1\r\nHost: localhost", 400, None, id="an absolute form"),
    pytest.param("GET http://localhost@{}/x HTTP/1.1\r\nHost: localhost", 400, None, id="an absolute form with a user"),
    pytest.param("GET {}/x HTTP/1.1\r\nHost: localhost", 400, None, id="an address without a slash"),
    pytest.param("GET @{}/x HTTP/1.1\r\nHost: localhost", 400, None, id="an authority without a slash"),
    pytest.param("CONNECT {} HTTP/1.1\r\nHost: {}", 400, None, id="a tunnel"),
    pytest.param("GET //{}/x HTTP/1.1\r\nHost: localhost", 200, "//{}/x", id="two slashes"),
    pytest.param("GET /@{}/x HTTP/1.1\r\nHost: localhost", 200, "/@{}/x", id="what looks like an authority"),
    pytest.param("GET /\\{}/x HTTP/1.1\r\nHost: localhost", 200, "/\\{}/x", id="a backslash"),
    pytest.param("GET /http://{}/x HTTP/1.1\r\nHost: localhost", 200, "/http://{}/x", id="a URL as a path"),
    pytest.param("GET /?url=http://{}/ HTTP/1.1\r\nHost: localhost", 200, "/?url=http://{}/", id="a URL in the query string"),
    pytest.param("GET /#@{}/ HTTP/1.1\r\nHost: localhost", 400, None, id="a fragment"),
    pytest.param(
        "GET /x HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: {}\r\nForwarded: host={}\r\nX-Original-URL: http://{}/\r\n"
        "X-Rewrite-URL: //{}/\r\nX-Host: {}",
        200,
        "/x",
        id="headers that other proxies believe",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "asked"), REQUESTS)
async def test_what_a_viewer_says_moves_no_request(running, app, contacts, request_, status, asked):
    async with server(SECRET) as (internal, _), server(b"the app") as (port, lines):
        url, address = f"http://127.0.0.1:{port}", f"127.0.0.1:{internal}"
        async with running(app(), origins={"app": url}) as proxy:
            raw = request_.replace("{}", address) + "\r\nConnection: close\r\n\r\n"
            answer = await say(proxy.port, raw.encode("latin-1"))
            assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
            assert contacts.beside(proxy.port, port) == []
    assert lines == ([f"GET {asked.replace('{}', address)} HTTP/1.1"] if asked else [])
    assert SECRET not in answer


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary", b"308 Permanent"])
async def test_a_redirect_of_an_origin_is_the_viewers_to_follow(running, app, contacts, status):
    async with server(SECRET) as (internal, lines):
        head = b"HTTP/1.1 %s\r\nLocation: http://127.0.0.1:%d/\r\nRefresh: 0; url=http://127.0.0.1:%d/\r\n" % (
            status,
            internal,
            internal,
        )
        async with server(b"", head=head) as (port, _), running(app(), origins={"app": f"http://127.0.0.1:{port}"}) as proxy:
            seen = await proxy.get("/x")
            assert (seen.status, seen["Location"]) == (int(status[:3]), f"http://127.0.0.1:{internal}/")
            assert contacts.beside(proxy.port, port) == []
    assert lines == []


NAMES = [
    "169.254.169.254", "127.0.0.1", "10.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "127.0.0.1.", "0",
    "::1", "[::1]", "::ffff:127.0.0.1", "[::ffff:a9fe:a9fe]", "localhost.", "LOCALHOST.", "localhost.localdomain", "localtest.me",
    "127.0.0.1.nip.io", "metadata.google.internal", "localhost.evil.test", "app.example.com.", "app.example.com.evil.test", "app",
    "user@app.example.com", "app.example.com:80", "app.example.com/", "app.example.com#", "a b", "",
]  # fmt: skip
"""Domain names that code may choose, of which none is admitted here."""

FUNCTION = """
import cf from 'cloudfront';
function handler(event) {
  cf.updateRequestOrigin({domainName: decodeURIComponent(event.request.uri.slice(1))});
  return event.request;
}
"""
HANDLER = """
from urllib.parse import unquote
def handler(event, context):
    request = event['Records'][0]['cf']['request']
    request['origin']['custom']['domainName'] = unquote(request['uri'][1:])
    return request
"""


def function():
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = {"Name": "Choose", "AutoPublish": True, "FunctionConfig": config, "FunctionCode": FUNCTION}
    association = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Choose", "FunctionARN"]}}
    return {"Choose": {"Type": "AWS::CloudFront::Function", "Properties": made}}, {"FunctionAssociations": [association]}


def handler():
    code = {"Runtime": "python3.13", "Handler": "index.handler", "Role": "r", "Code": {"ZipFile": HANDLER}}
    association = {"EventType": "origin-request", "LambdaFunctionARN": {"Ref": "V"}}
    return {
        "Choose": {"Type": "AWS::Lambda::Function", "Properties": code},
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Choose"}}},
    }, {"LambdaFunctionAssociations": [association]}


@pytest.mark.parametrize("made", [function, handler])
async def test_an_origin_that_code_chooses_is_contacted_where_it_is_admitted(running, app, contacts, made):
    resources, associations = made()
    folder = app(resources=resources, **associations)
    async with server(b"the app") as (port, lines), running(folder, origins={"app": f"http://127.0.0.1:{port}"}) as proxy:
        for name in NAMES:
            seen = await proxy.get("/" + "".join(f"%{byte:02x}" for byte in name.encode()))
            assert (name, seen.status) == (name, 502)
        assert contacts.beside(proxy.port) == []
        assert lines == []
        assert (await proxy.get("/app.example.com")).body == b"the app", "the declared one has its place"
        assert contacts.beside(proxy.port, port) == []
    assert "has no place on this machine" in proxy.terminal


@pytest.mark.parametrize("made", [function, handler])
async def test_the_answer_says_how_to_admit_what_code_chose_and_so_it_is(running, app, made):
    resources, associations = made()
    folder = app(resources=resources, **associations)
    name = "app2.example.com"
    async with server(b"the app") as (port, _), server(b"the other") as (other, lines):
        given = {"app": f"http://127.0.0.1:{port}"}
        async with running(folder, origins=given) as proxy:
            seen = await proxy.get(f"/{name}")
            line = f"origins: {{{name}: http://127.0.0.1:3000}}"
            ways = f"add to edgeproxy.yaml:  {line}  or ask the deployed one:  --allow-origin {name}"
            assert seen.status == 502
            assert seen.sentence == f"edgeproxy: origin app ({name}) has no place on this machine; {ways}"
            assert ways in proxy.terminal
        line = f"origins: {{site: ./public, {name}: 'http://127.0.0.1:{other}'}}"
        (folder / "edgeproxy.yaml").write_text(f"distribution: template.json\n{line}\n")
        async with running(folder, origins=given) as proxy:
            contacts = Contacts()
            assert (await proxy.get(f"/{name}")).body == b"the other"
            assert contacts.beside(proxy.port, other) == []
    assert lines == [f"GET /{name} HTTP/1.1"]


async def test_a_name_that_was_allowed_is_looked_up_and_no_other(running, app, contacts, monkeypatch):
    resources, associations = function()
    folder = app(resources=resources, **associations)
    async with running(folder, allow_origins=("api.invalid",)) as proxy:
        for name in ("api.invalid", "API.invalid", "xapi.invalid", "api.invalid.test"):
            assert (await proxy.get(f"/{name}")).status == 502
        looked_up = {str(where).lower() for what, where in contacts.beside(proxy.port) if what == "look up"}
    assert looked_up == {"api.invalid"}


OUTSIDE = [
    pytest.param("/../secret", id="a parent"),
    pytest.param("/dir/../../secret", id="a parent of a parent"),
    pytest.param("/%2e%2e/secret", id="an encoded parent"),
    pytest.param("/..%2fsecret", id="an encoded slash"),
    pytest.param("/%2e%2e%2fsecret", id="both"),
    pytest.param("/%252e%252e%252fsecret", id="encoded twice"),
    pytest.param("/..%5csecret", id="a backslash"),
    pytest.param("/..\\secret", id="a bare backslash"),
    pytest.param("/%c0%ae%c0%ae/secret", id="overlong UTF-8"),
    pytest.param("/%uff0e%uff0e/secret", id="an escape of another time"),
    pytest.param("/....//secret", id="what a filter would make a parent of"),
    pytest.param("/..;/secret", id="a path parameter"),
    pytest.param("//etc/passwd", id="an absolute path"),
    pytest.param("/%2fetc%2fpasswd", id="an encoded absolute path"),
    pytest.param("/file:///etc/passwd", id="a URL"),
    pytest.param("/~/secret", id="a home directory"),
    pytest.param("/$HOME/secret", id="a variable"),
    pytest.param("/link", id="a link to a file outside"),
    pytest.param("/up/secret", id="a link to a directory outside"),
    pytest.param("/proc/self/environ", id="a link to the system"),
    pytest.param("/page%00.png", id="NUL"),
    pytest.param("/page%0a", id="a line feed"),
    pytest.param("/" + "x" * 300, id="a name too long"),
    pytest.param("/" + "x/" * 4000, id="a path too long"),
    pytest.param("/fifo", id="a FIFO"),
    pytest.param("/zero", id="a device"),
    pytest.param("/socket", id="a socket"),
    pytest.param("/dir", id="a directory"),
    pytest.param("/unreadable", id="a file that nobody may read"),
]


@pytest.fixture
def walled(project, tmp_path):
    """A bucket's directory with ways out of it that lead to a secret beside it."""
    folder = project()
    public = folder / "public"
    (folder / "secret").write_bytes(SECRET)
    (public / "dir").mkdir()
    (public / "link").symlink_to(folder / "secret")
    (public / "up").symlink_to(folder)
    (public / "proc").symlink_to("/proc")
    (public / "zero").symlink_to("/dev/zero")
    os.mkfifo(public / "fifo")
    (public / "unreadable").symlink_to("/proc/self/mem")
    # A socket's path is short: it is bound where we are.
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        try:
            os.chdir(public)
            bound.bind("socket")
        finally:
            os.chdir(here)
    return folder


@pytest.mark.parametrize("target", OUTSIDE)
async def test_a_directory_is_not_left(running, walled, contacts, target):
    async with running(walled) as proxy:
        for method in ("GET", "HEAD"):
            seen = await proxy.get(target, method=method)
            assert (seen.status in (400, 403), seen.x_cache) == (True, "Error"), seen
            assert SECRET not in seen.body
            assert b"root:" not in seen.body
        assert (await proxy.get("/page")).body == b"the origin's content"
        assert contacts.beside(proxy.port) == []


async def test_an_origin_path_does_not_leave_a_directory_either(running, project, tmp_path):
    folder = project()
    (folder / "secret").write_bytes(SECRET)
    template = folder / "template.json"
    template.write_text(template.read_text().replace('"Id": "site",', '"Id": "site", "OriginPath": "/..",'))
    async with running(folder) as proxy:
        seen = await proxy.get("/secret")
    assert (seen.status, SECRET in seen.body) == (403, False)
