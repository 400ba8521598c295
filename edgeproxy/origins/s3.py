"""A directory that stands in for an S3 bucket: S3's REST answers to GET and HEAD; `s3_website` has index documents.

AWS pages: Amazon S3 API Reference (GetObject, HeadObject, Error responses), RequestAndResponseBehaviorS3Origin.
Chosen: every other method is 405, OPTIONS S3's 403 of a bucket without CORS; the empty key is 403, for listing is not emulated;
a Host that is not the bucket's is 403 SignatureDoesNotMatch, as signed requests see it; a 304 has Cache-Control and Expires.
Not emulated: sub-resources and other query strings, versions, CORS rules.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import partial

from cachetools import LRUCache

from edgeproxy.messages import EMPTY, Body, BodyBroken, Bytes, Headers, Request, Response, Stream
from edgeproxy.model import Directory, Origin
from edgeproxy.origins import s3_website
from edgeproxy.origins.content_types import content_type
from edgeproxy.origins.s3_conditions import Part, failed_precondition, not_modified, part_asked
from edgeproxy.origins.s3_errors import Refusal, RequestIds, error_response, method_refusal
from edgeproxy.origins.s3_objects import OpenObject, key_of, open_object
from edgeproxy.places import Metadata

SMALL = 1 << 16
"""Bytes up to which a file is read at once, without a thread."""
READ = 1 << 18
"""Bytes of a larger file read at a time."""
ETAGS = 4096
CONTENT_TYPE = "Content-Type"
KEPT = ("Cache-Control", "Expires")
"""Of an object's metadata, what a 304 has: "header fields that would have been sent in a 200" (RFC 9110, section 15.4.5)."""
READERS = 4
"""Threads that read and hash."""


class BucketDirectories:
    """Serves every directory; remembers the MD5 of files by path, size and modification time."""

    def __init__(self) -> None:
        self._etags: LRUCache[tuple[str, int, int], str] = LRUCache(ETAGS)
        self._readers = ThreadPoolExecutor(READERS, "bucket")
        self._closed = False

    async def fetch(self, origin: Origin, place: Directory, request: Request) -> Response:
        """S3's answer, errors included; nothing that the directory holds makes this raise."""
        if place.website is not None:
            return await s3_website.fetch(origin, place.website, request, partial(self.get, place))
        found = await self._rest(origin, place, request)
        return found if isinstance(found, Response) else error_response(found, request.method)

    async def _rest(self, origin: Origin, place: Directory, request: Request) -> Response | Refusal:
        key = key_of(request.path)
        if key is None:
            return Refusal("InvalidURI")
        refusal = _refusal(origin, request, key)
        if refusal is not None:
            return refusal
        found = await self.get(place, key, request)
        missing = isinstance(found, Refusal) and found.code == "NoSuchKey"
        return Refusal("AccessDenied") if missing and not place.list else found

    async def get(self, place: Directory, key: str, request: Request) -> Response | Refusal:
        """The object of a key, as far as the request's method, range and conditions ask for it."""
        try:
            opened = open_object(place.path, key, self._readers)
            return (
                Refusal("NoSuchKey", (("Key", key),))
                if opened is None
                else await self._object(opened, metadata_of(place, key), request)
            )
        except PermissionError:
            return Refusal("AccessDenied")
        except OSError:
            return Refusal("InternalError")

    def close(self) -> None:
        """Lets the threads end; what they are reading is given up."""
        self._closed = True
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def _object(self, opened: OpenObject, metadata: Metadata, request: Request) -> Response | Refusal:
        streaming = False
        try:
            data = opened.whole() if opened.size <= SMALL else None
            etag = await self._etag(opened, data)
            response = _answer(opened, data, etag, metadata, request)
            streaming = isinstance(response, Response) and isinstance(response.body, Stream)
            return response
        finally:
            if not streaming:
                opened.release()

    async def _etag(self, opened: OpenObject, data: bytes | None) -> str:
        etag = self._etags.get(opened.version)
        if etag is None:
            etag = await opened.run(self._md5, opened.size) if data is None else _hash(data)
            self._etags[opened.version] = etag
        return etag

    def _md5(self, fd: int, size: int) -> str:
        digest, offset = hashlib.md5(usedforsecurity=False), 0
        while not self._closed and offset < size and (piece := os.pread(fd, READ, offset)):
            digest.update(piece)
            offset += len(piece)
        return digest.hexdigest()


def metadata_of(place: Directory, key: str) -> Metadata:
    """What an object was stored with; a Content-Type by its key where nothing names one."""
    stored = place.metadata.get(key, place.metadata.get("", ()))
    return stored if any(name == CONTENT_TYPE for name, _ in stored) else (*stored, (CONTENT_TYPE, content_type(key)))


def _hash(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _refusal(origin: Origin, request: Request, key: str) -> Refusal | None:
    """S3's answer to what no object can change."""
    method = request.method
    host = (request.headers.get("host") or origin.domain_name).partition(":")[0]
    if origin.s3 and host.lower() != origin.domain_name.lower():
        return Refusal("SignatureDoesNotMatch")
    if method == "OPTIONS":
        return Refusal("AccessForbidden", (("Method", method), ("ResourceType", "BUCKET")))
    return method_refusal(method) or (None if key else Refusal("AccessDenied"))


def _answer(opened: OpenObject, data: bytes | None, etag: str, metadata: Metadata, request: Request) -> Response | Refusal:
    size = opened.size if data is None else len(data)
    headers, method = request.headers, request.method
    failed = failed_precondition(headers, etag, opened.modified)
    if failed is not None:
        return Refusal("PreconditionFailed", (("Condition", failed),))
    head = [
        *RequestIds.fresh().headers(),
        ("Last-Modified", formatdate(opened.modified, usegmt=True)),
        ("ETag", f'"{etag}"'),
    ]
    if not_modified(headers, etag, opened.modified):
        kept = [each for each in metadata if each[0] in KEPT]
        return Response(304, Headers([*head, *kept, ("Server", "AmazonS3")]))
    part = part_asked(headers, size, etag, opened.modified)
    if part is not None and part.start >= part.stop:
        asked = ("RangeRequested", headers.get("range") or ""), ("ActualObjectSize", str(size))
        return Refusal("InvalidRange", asked, (("Content-Range", f"bytes */{size}"),))
    start, stop = part or Part(0, size)
    head.append(("Accept-Ranges", "bytes"))
    if part is not None:
        head.append(("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    head += [*metadata, ("Content-Length", str(stop - start)), ("Server", "AmazonS3")]
    body = EMPTY if method == "HEAD" else _body(opened, data, start, stop)
    return Response(200 if part is None else 206, Headers(head), body)


def _body(opened: OpenObject, data: bytes | None, start: int, stop: int) -> Body:
    if data is not None:
        return Bytes(data[start:stop])
    return Stream(_content(opened, start, stop), stop - start, opened)


async def _content(opened: OpenObject, start: int, stop: int) -> AsyncIterator[bytes]:
    try:
        while start < stop:
            chunk = await opened.read(start, min(READ, stop - start))
            if not chunk:
                raise BodyBroken(f"{opened.path} became shorter while it was read")
            start += len(chunk)
            yield chunk
    except OSError as error:
        raise BodyBroken(f"{opened.path}: {error.strerror}") from error
    finally:
        opened.release()
