"""A real proxy on a real port, and viewers who ask it: what the stories start from."""

import asyncio
import io
import json
import time
from typing import NamedTuple

import pytest

from edgeproxy import edge
from edgeproxy.messages import Headers

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
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

    def __init__(self, target, *, origins=None, allow_origins=()):
        self.source = edge.Source(target, origins or {}, {}, allow_origins)
        self.said = []
        self.requests = io.StringIO()

    async def __aenter__(self):
        self.proxy = edge.Edge(self.source, self.source.load(), self.requests, self.said.append)
        self.port = await self.proxy.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *error):
        await self.proxy.close()

    async def get(self, target="/", *headers, method="GET", host="localhost"):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        fields = [("Host", host), ("Connection", "close"), *headers]
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        try:
            return await asyncio.wait_for(_answer(reader, method), PATIENCE)
        finally:
            writer.close()

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


@pytest.fixture
def running():
    """`async with running(template_or_folder, origins={…}, allow_origins=(…)) as proxy`."""
    return Running


@pytest.fixture
def project(tmp_path):
    """`project(behavior={…}, resources={…}, …)` writes a template with a bucket and its content; returns the folder."""

    def written(*, behavior=None, behaviors=(), origins=(), resources=None, **config):
        (tmp_path / "public").mkdir(exist_ok=True)
        (tmp_path / "public" / "page").write_text("the origin's content")
        (tmp_path / "public" / "other").write_text("another page")
        site = {
            "Id": "site",
            "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "Enabled": True,
            "Origins": [site, *origins],
            "DefaultCacheBehavior": behavior_of(**(behavior or {})),
            "CacheBehaviors": [behavior_of(**each) for each in behaviors],
            **config,
        }
        web = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
        template = {"Resources": {"Site": {"Type": "AWS::S3::Bucket"}, **(resources or {}), "Web": web}}
        (tmp_path / "template.json").write_text(json.dumps(template, indent=1))
        (tmp_path / "edgeproxy.yaml").write_text("distribution: template.json\norigins: {site: ./public}\n")
        return tmp_path

    return written


def behavior_of(**parts):
    return {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED, **parts}


@pytest.fixture
def stopwatch():
    """`with stopwatch() as watch: …`, then `watch.seconds`."""
    return Stopwatch


class Stopwatch:
    def __enter__(self):
        self.started = time.monotonic()
        return self

    def __exit__(self, *error):
        self.seconds = time.monotonic() - self.started
