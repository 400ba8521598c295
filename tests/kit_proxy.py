"""A real proxy on a real port, and viewers who ask it."""

import asyncio
import io
from typing import NamedTuple

from edgeproxy import edge, project
from edgeproxy.messages import Headers
from edgeproxy.served import AS_DECLARED

PATIENCE = 15
"""Seconds after which an answer is taken for lost."""


class Seen(NamedTuple):
    """An answer as it came over the wire; `whole` is False when the connection was cut before the end of its body."""

    status: int
    headers: Headers
    body: bytes
    whole: bool

    def __getitem__(self, name):
        return self.headers.joined(name.lower())

    @property
    def x_cache(self):
        return self["X-Cache"].removesuffix(" from cloudfront")

    @property
    def sentence(self):
        """The line of CloudFront's error page that says what happened; None on any other page."""
        lines = self.body.decode("latin-1").split("\n")
        if lines[4:5] != [f"<H1>{self.status} ERROR</H1>"]:
            return None
        return lines[7].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class Running:
    """A proxy for one source: `await get(target, *headers)` is a viewer with a connection of its own."""

    def __init__(self, target, *, origins=None, allow_origins=(), admin_port=None, https=None, switches=AS_DECLARED):
        self.switches = switches
        self.source = project.Source(target, origins or {}, {}, allow_origins)
        self.said = []
        self.admin_port, self.https = admin_port, https
        self.requests = io.StringIO()

    async def __aenter__(self):
        self.proxy = edge.Edge(self.source, self.source.load(), self.requests, self.said.append, self.switches)
        self.port = await self.proxy.start("127.0.0.1", 0, self.admin_port, self.https)
        return self

    async def __aexit__(self, *error):
        await self.proxy.close()

    async def get(self, target="/", *headers, method="GET", host="localhost", body=b"", version="1.1", tls=None):
        """`tls`: the context of a viewer who speaks HTTPS, as `https://localhost` whatever Host it sends."""
        port, name = (self.port, None) if tls is None else (self.proxy.https_port, "localhost")
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        fields = [("Host", host), ("Connection", "close"), *headers]
        fields += [("Content-Length", str(len(body)))] if body else []
        lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in fields)]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        try:
            return await asyncio.wait_for(_answer(reader, method), PATIENCE)
        finally:
            writer.close()
            self.proxy.request_lines.flush()

    async def until(self, words):
        """Waits for a line that holds these words; the watcher needs some milliseconds of real time."""
        for _ in range(500):
            if any(words in line for line in self.said):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{words!r} was never said: {self.said}")

    @property
    def terminal(self):
        """Everything the user has been told: request lines, causes, what was said."""
        return "\n".join([self.requests.getvalue(), *self.said])


async def _answer(reader, method):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    headers = Headers([tuple(line.split(": ", 1)) for line in head[1:]])
    status, rest, whole = int(head[0].split(" ")[1]), bytearray(), True
    try:
        while data := await reader.read(1 << 16):
            rest += data
    except ConnectionError:
        whole = False
    body, length = bytes(rest), headers.get("content-length")
    if method == "HEAD" or status in (204, 304):
        return Seen(status, headers, body, whole and not body)
    if headers.get("transfer-encoding") == "chunked":
        body, ended = _unchunked(body)
        return Seen(status, headers, body, whole and ended)
    return Seen(status, headers, body, whole and (length is None or len(body) == int(length)))


def _unchunked(data):
    """The content, and whether its last chunk came."""
    content = b""
    while True:
        size, found, data = data.partition(b"\r\n")
        if not found or size == b"0":
            return content, bool(found)
        content, data = content + data[: int(size, 16)], data[int(size, 16) + 2 :]
