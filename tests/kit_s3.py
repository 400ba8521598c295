"""A small S3: objects in memory, and every signature recomputed from AWS's published algorithm, with nothing of botocore.

"Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk (AWS Signature Version 4)",
Amazon S3 API Reference. As S3 does, it takes the key out of the URL and encodes that anew for the canonical request.
"""

import hashlib
import hmac
import re
import time
from calendar import timegm
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from aiohttp import web
from aiohttp.test_utils import RawTestServer

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
SKEW = 15 * 60
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


class Key(NamedTuple):
    """What belongs to an access key id; `token` when it is a temporary one."""

    secret: str
    token: str | None = None
    expired: bool = False


class Got(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    headers: dict
    body: bytes


def uri_encode(data, *, encode_slash=True):
    """AWS's UriEncode(): unreserved bytes as they are, every other byte as % and two upper-case hexadecimal digits."""
    kept = UNRESERVED if encode_slash else UNRESERVED + b"/"
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in data)


def canonical_query(query):
    pairs = [part.partition("=") for part in query.split("&") if part]
    encoded = [
        tuple(uri_encode(unquote_to_bytes(text.replace("+", " "))) for text in (name, value)) for name, _, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def signature(got, secret, date, region, signed, payload, timestamp):
    """The signature that this request must carry."""
    path, _, query = got.target.partition("?")
    lines = [got.method, uri_encode(unquote_to_bytes(path), encode_slash=False), canonical_query(query)]
    lines += [f"{name}:{re.sub(' +', ' ', got.headers[name].strip())}" for name in signed]
    lines += ["", ";".join(signed), payload]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    scope = f"{date}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class S3:
    """One bucket of one region; `may_list`: a missing key is 404, not 403."""

    def __init__(self, bucket="site", region="us-east-1", *, may_list=False, anonymous=False):
        self.bucket = bucket
        self.region = region
        self.may_list = may_list
        self.anonymous = anonymous
        self.keys = {"minioadmin": Key("minio-secret")}
        self.objects = {}
        self.requests = []
        self.url = ""

    async def answer(self, request):
        headers = {}
        for name, value in request.raw_headers:
            lower, text = name.decode().lower(), value.decode()
            headers[lower] = f"{headers[lower]},{text}" if lower in headers else text
        got = Got(request.method, request.raw_path, headers, await request.read())
        self.requests.append(got)
        return self._refused(got) or self._served(got)

    def _refused(self, got):
        if "authorization" not in got.headers:
            return None if self.anonymous else error(403, "AccessDenied")
        found = AUTHORIZATION.fullmatch(got.headers["authorization"])
        if found is None:
            return error(400, "AuthorizationHeaderMalformed")
        access_key, date, region, service, names, given = found.groups()
        key, signed = self.keys.get(access_key), names.split(";")
        if key is None:
            return error(403, "InvalidAccessKeyId")
        if key.expired:
            return error(400, "ExpiredToken")
        if (region, service) != (self.region, "s3"):
            return error(400, "AuthorizationHeaderMalformed")
        timestamp, payload = got.headers.get("x-amz-date", ""), got.headers.get("x-amz-content-sha256", "")
        if abs(timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ")) - time.time()) > SKEW:
            return error(403, "RequestTimeTooSkewed")
        if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(got.body).hexdigest()):
            return error(400, "XAmzContentSHA256Mismatch")
        must = {"host", *(name for name in got.headers if name.startswith("x-amz-"))}
        # "There were headers present in the request which were not signed."
        if not must <= set(signed) or got.headers.get("x-amz-security-token") != key.token:
            return error(403, "AccessDenied")
        if not hmac.compare_digest(given, signature(got, key.secret, date, region, signed, payload, timestamp)):
            return error(403, "SignatureDoesNotMatch")
        return None

    def _key(self, got):
        path = unquote_to_bytes(got.target.partition("?")[0]).decode()
        if got.headers["host"].startswith(f"{self.bucket}."):
            return path[1:]
        bucket, _, key = path[1:].partition("/")
        return key if bucket == self.bucket else None

    def _served(self, got):
        key = self._key(got)
        if key is None:
            return error(404, "NoSuchBucket")
        if got.method == "PUT":
            self.objects[key] = got.body
            return web.Response(headers={"ETag": etag(got.body)})
        if got.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        if key not in self.objects:
            return error(404, "NoSuchKey") if self.may_list else error(403, "AccessDenied")
        return self._object(got, self.objects[key])

    def _object(self, got, data):
        head = {"ETag": etag(data), "x-amz-request-id": "R", "x-amz-meta-own": "m", "Content-Type": "text/plain"}
        if got.headers.get("if-none-match") == etag(data):
            return web.Response(status=304, headers=head)
        status, part = 200, re.fullmatch(r"bytes=(\d+)-(\d+)", got.headers.get("range", ""))
        if part:
            first, last = int(part[1]), min(int(part[2]), len(data) - 1)
            head["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            status, data = 206, data[first : last + 1]
        return web.Response(status=status, headers=head, body=data)


def etag(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


def error(status, code):
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><RequestId>R</RequestId></Error>'
    return web.Response(status=status, text=xml, content_type="application/xml")


@asynccontextmanager
async def serving(bucket):
    """The server of a bucket; its `url` is `http://127.0.0.1:PORT`."""
    server = RawTestServer(bucket.answer)
    await server.start_server()
    bucket.url = f"http://127.0.0.1:{server.port}"
    try:
        yield bucket
    finally:
        await server.close()
