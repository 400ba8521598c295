"""What an HTTP origin answered: checked, then handed on with its headers as received and its body as it arrives.

AWS pages: RequestAndResponseBehaviorCustomOrigin, cloudfront-limits; RFC 9110 section 5.5, RFC 9112 section 6.
Chosen: a status outside 200-599 (101 too, unless a WebSocket was asked for) is no valid answer, nor is a name or value that
could not be written to a viewer; more than 512 header fields are a header block too big.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from http import HTTPStatus

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from edgeproxy.messages import EMPTY, BodyBroken, Bytes, Headers, Response, Stream, Upstream
from edgeproxy.model import Origin, Url
from edgeproxy.origins.client import HEADER_SIZE, Answer
from edgeproxy.origins.failures import ContentRangeLength, HeadersTooBig, NotHttp, origin_at, origin_error
from edgeproxy.origins.takeover import take_over
from edgeproxy.rules import websocket

PHRASES = {status.value: status.phrase for status in HTTPStatus}
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
TOKEN = re.compile(_TOKEN)
TOKENS = re.compile(rb"%b(?::%b)*" % (_TOKEN, _TOKEN))
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/")


def response_of(
    answer: Answer, origin: Origin, place: Url, took: Upstream, deadline: float | None = None, websocket_asked: bool = False
) -> Response:
    """The answer as a Response, its body over by `deadline` (seconds of the loop's clock).

    Raises OriginError, the connection closed, for an answer that CloudFront does not accept.
    """
    try:
        headers = _headers(answer)
        if websocket_asked and websocket.granted(answer.status, headers):
            return Response(101, headers, take_over(answer), _reason(answer), took)
        _check(answer, headers)
        reason = _reason(answer)
    except (HeadersTooBig, ContentRangeLength, NotHttp) as error:
        answer.close()
        raise origin_error(error, origin, place) from error
    content = answer.content
    # What came with the head, as small answers do, needs no stream; so do HEAD, 204 and 304, which have no content.
    if content.is_eof():
        data = content.read_nowait()
        return Response(answer.status, headers, Bytes(data) if data else EMPTY, reason, took)
    chunks = _content(answer, origin.read_timeout, deadline, origin_at(origin, place))
    return Response(answer.status, headers, Stream(chunks, _length(headers), _Connection(answer)), reason, took)


def _headers(answer: Answer) -> Headers:
    raw = answer.raw_headers
    # The quota for a response's header block, 32,768 bytes, counts each line with its colon, space and line end.
    if sum([len(name) + len(value) + 4 for name, value in raw]) > HEADER_SIZE:
        raise HeadersTooBig
    names, values = b":".join([name for name, _ in raw]), b" ".join([value for _, value in raw])
    if raw and (TOKENS.fullmatch(names) is None or CONTROL.search(values) is not None):
        raise NotHttp(next(f"header {name.decode('latin-1')!r}" for name, value in raw if not _is_header(name, value)))
    return Headers([(_name(name), value.decode("latin-1")) for name, value in raw])


@lru_cache(maxsize=512)
def _name(raw: bytes) -> str:
    """The same text for the same name: what is stored many times over is there once."""
    return raw.decode("latin-1")


def _is_header(name: bytes, value: bytes) -> bool:
    return TOKEN.fullmatch(name) is not None and CONTROL.search(value) is None


def _check(answer: Answer, headers: Headers) -> None:
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


def _reason(answer: Answer) -> str:
    reason = (answer.reason or "").encode("utf-8", "surrogateescape")
    if CONTROL.search(reason) is not None:
        raise NotHttp("status text")
    text = reason.decode("latin-1")
    return "" if text == PHRASES.get(answer.status) else text


def _length(headers: Headers) -> int | None:
    length = headers.get("content-length") if "transfer-encoding" not in headers else None
    return None if length is None else int(length)


async def _content(answer: Answer, patience: float, deadline: float | None, whose: str) -> AsyncIterator[bytes]:
    content, now = answer.content, asyncio.get_running_loop().time
    try:
        while not content.at_eof():
            # aiohttp has this timeout too, but leaves the reader of a chunked body that turns to nonsense waiting for ever.
            async with asyncio.timeout(patience if deadline is None else min(patience, deadline - now())):
                chunk = await content.readany()
            if chunk:
                yield chunk
    except TimeoutError as error:
        raise BodyBroken(f"{whose}: nothing more came in time") from error
    except (aiohttp.ClientError, HttpProcessingError) as error:
        raise BodyBroken(f"{whose}: what came ended early or is not HTTP") from error
    finally:
        answer.close()


class _Connection:
    """Lets go of the connection that an answer came on; it is closed when there was more to come."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def close(self) -> None:
        self._answer.close()
