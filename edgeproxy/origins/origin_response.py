"""What an HTTP origin answered: checked, then handed on with its headers as received and its body as it arrives.

AWS pages: RequestAndResponseBehaviorCustomOrigin, cloudfront-limits; RFC 9110 section 5.5, RFC 9112 section 6.
Chosen: a status outside 200-599 (101 too: nobody asked to switch protocols) is no valid answer, nor is a name or value that
could not be written to a viewer; more than 512 header fields are a header block too big.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus

import aiohttp
from aiohttp import ClientResponse

from edgeproxy.messages import EMPTY, Body, BodyBroken, Bytes, Headers, Response, Stream
from edgeproxy.model import Origin, Url
from edgeproxy.origins.failures import ContentRangeLength, HeadersTooBig, NotHttp, origin_at, origin_error

HEADER_SIZE = 32768
HEADER_COUNT = 512
PHRASES = {status.value: status.phrase for status in HTTPStatus}
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/")


def response_of(answer: ClientResponse, origin: Origin, place: Url) -> Response:
    """The answer as a Response. Raises OriginError, the connection closed, for one that CloudFront does not accept."""
    try:
        headers = _headers(answer)
        _check(answer, headers)
        reason = _reason(answer)
    except (HeadersTooBig, ContentRangeLength, NotHttp) as error:
        answer.close()
        raise origin_error(error, origin, place) from error
    body = _body(answer, headers, origin.read_timeout, f"{origin_at(origin, place)}: its answer broke off")
    return Response(answer.status, headers, body, reason)


def _headers(answer: ClientResponse) -> Headers:
    size, items = 0, []
    for name, value in answer.raw_headers:
        # The quota for a response's header block, 32,768 bytes, counts each line with its colon, space and line end.
        size += len(name) + len(value) + 4
        if TOKEN.fullmatch(name) is None or CONTROL.search(value) is not None:
            raise NotHttp(f"header {name.decode('latin-1')!r}")
        items.append((name.decode("latin-1"), value.decode("latin-1")))
    if size > HEADER_SIZE:
        raise HeadersTooBig
    return Headers(items)


def _check(answer: ClientResponse, headers: Headers) -> None:
    if not 200 <= answer.status <= 599:
        raise NotHttp(f"status {answer.status}")
    # "CloudFront supports only the chunked value of the Transfer-Encoding header."
    coding = headers.joined("transfer-encoding")
    if coding is not None and coding.lower() != "chunked":
        raise NotHttp(f"Transfer-Encoding {coding!r}")
    part = CONTENT_RANGE.match(headers.get("content-range") or "") if answer.status == 206 else None
    length = headers.get("content-length")
    if part and length and length != str(int(part[2]) - int(part[1]) + 1):
        raise ContentRangeLength


def _reason(answer: ClientResponse) -> str:
    reason = (answer.reason or "").encode("utf-8", "surrogateescape")
    if CONTROL.search(reason) is not None:
        raise NotHttp("status text")
    text = reason.decode("latin-1")
    return "" if text == PHRASES.get(answer.status) else text


def _body(answer: ClientResponse, headers: Headers, patience: float, broken: str) -> Body:
    content = answer.content
    # What came with the head, as small answers do, needs no stream; so do HEAD, 204 and 304, which have no content.
    if content.is_eof():
        data = content.read_nowait()
        return Bytes(data) if data else EMPTY
    length = headers.get("content-length") if "transfer-encoding" not in headers else None
    return Stream(_content(answer, patience, broken), None if length is None else int(length), _Connection(answer))


async def _content(answer: ClientResponse, patience: float, broken: str) -> AsyncIterator[bytes]:
    content = answer.content
    try:
        while not content.at_eof():
            # aiohttp has this timeout too, but leaves the reader of a chunked body that turns to nonsense waiting for ever.
            async with asyncio.timeout(patience):
                chunk = await content.readany()
            if chunk:
                yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise BodyBroken(broken) from error
    finally:
        answer.close()


class _Connection:
    """Lets go of the connection that an answer came on; it is closed when there was more to come."""

    __slots__ = ("_answer",)

    def __init__(self, answer: ClientResponse) -> None:
        self._answer = answer

    async def close(self) -> None:
        self._answer.close()
