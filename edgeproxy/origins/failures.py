"""An origin that gave no answer, or none that is HTTP: what the viewer sees and what the user is told.

AWS pages: http-502-bad-gateway, http-504-gateway-timeout, access logs (x-edge-detailed-result-type).
Chosen where AWS names two values: what was never connected is OriginConnectError, any timeout after it and a connection lost
before an answer is OriginCommError, one closed without a byte of it OriginZeroSizeObjectError, a body that could not be sent
OriginWriteError with 502, or 504 when the origin stopped reading; TLS refusals show the sentence about connecting, everything
later the one about the attempt.
"""

import os
from typing import NamedTuple

import aiohttp
from aiohttp import http_exceptions

from edgeproxy.errors import OriginError
from edgeproxy.model import Origin, Url
from edgeproxy.origins.origin_request import Upload, host_of
from edgeproxy.rules.destinations import is_loopback


class UploadStalled(Exception):
    """The origin took no more of the request body within the read timeout."""


class UploadFailed(Exception):
    """The connection was lost while the request body was being sent."""


class ViewerGone(Exception):
    """The request body broke off before it reached the origin."""


class EmptyReply(Exception):
    """The connection was closed without a byte of an answer."""


class HeadersTooBig(Exception):
    """The answer's header block is over the limit."""


class NotHttp(Exception):
    """The answer is no HTTP response that CloudFront accepts; the text says why."""


class ContentRangeLength(Exception):
    """Content-Range and Content-Length of a 206 disagree."""


class Failure(NamedTuple):
    """What CloudFront shows for one kind of failure."""

    status: int
    sentence: str
    detail: str


TOO_BIG = ("Got more than", "Too many headers")
"""How the parser's messages about its limits begin."""

FAILURES: tuple[tuple[type[Exception], Failure], ...] = (
    (aiohttp.ClientConnectorDNSError, Failure(502, OriginError.RESOLVE, "OriginDnsError")),
    (aiohttp.InvalidURL, Failure(502, OriginError.RESOLVE, "OriginDnsError")),
    (aiohttp.ClientConnectorError, Failure(502, OriginError.CONNECT, "OriginConnectError")),
    (aiohttp.ConnectionTimeoutError, Failure(504, OriginError.ATTEMPT, "OriginConnectError")),
    (UploadStalled, Failure(504, OriginError.ATTEMPT, "OriginWriteError")),
    (UploadFailed, Failure(502, OriginError.ATTEMPT, "OriginWriteError")),
    (ViewerGone, Failure(502, OriginError.ATTEMPT, "ClientCommError")),
    (TimeoutError, Failure(504, OriginError.ATTEMPT, "OriginCommError")),
    (HeadersTooBig, Failure(502, OriginError.ATTEMPT, "OriginHeaderTooBigError")),
    (ContentRangeLength, Failure(502, OriginError.ATTEMPT, "OriginContentRangeLengthError")),
    (EmptyReply, Failure(502, OriginError.ATTEMPT, "OriginZeroSizeObjectError")),
    (NotHttp, Failure(502, OriginError.ATTEMPT, "OriginInvalidResponseError")),
    (aiohttp.ClientError, Failure(502, OriginError.ATTEMPT, "OriginCommError")),
)
"""First match counts."""


def origin_error(error: Exception, origin: Origin, place: Url, upload: Upload | None = None, attempts: int = 1) -> OriginError:
    """The error that CloudFront makes of `error`, its cause naming the origin and what happened there."""
    told = _told(error, upload)
    failure = next(failure for kind, failure in FAILURES if isinstance(told, kind))
    tried = f" ({attempts} attempts)" if attempts > 1 else ""
    cause = f"{origin_at(origin, place)}: {_words(told, origin)}{tried}"
    if isinstance(told, aiohttp.ClientConnectorCertificateError) and is_loopback(place.host):
        cause += f"; to trust it add to edgeproxy.yaml:  origins: {{{origin.id}: {{url: '{place}', tls: {{verify: false}}}}}}"
    return OriginError(failure.status, failure.sentence, cause, failure.detail)


def origin_at(origin: Origin, place: Url) -> str:
    """Names an origin and where it lives: `origin app at http://127.0.0.1:3000`."""
    return f"origin {origin.id} at {place.scheme}://{host_of(place)}:{place.port}"


def _told(error: Exception, upload: Upload | None) -> Exception:
    """The failure by its own name, where aiohttp tells several apart only by their circumstances."""
    if upload is not None and upload.broken is not None:
        return ViewerGone(str(upload.broken))
    if upload is not None and upload.stalled:
        return UploadStalled()
    if isinstance(error, http_exceptions.HttpProcessingError):
        if error.message.startswith(TOO_BIG):
            return HeadersTooBig()
        return NotHttp(" ".join(error.message.split("\n")[0].split()).rstrip(":"))
    lost = isinstance(error, aiohttp.ClientConnectionError) and not isinstance(
        error, aiohttp.ClientConnectorError | TimeoutError
    )
    if lost and upload is not None and not upload.finished:
        return UploadFailed(_system_words(error))
    # What there was of a head stands in place of the parser's words.
    if isinstance(error, aiohttp.ServerDisconnectedError) and isinstance(error.message, str):
        return EmptyReply()
    return error


def _words(error: Exception, origin: Origin) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError() | aiohttp.InvalidURL():
            return "the name does not resolve"
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
            return f"its certificate was refused: {reason}"
        case aiohttp.ClientConnectorSSLError():
            reason = getattr(error.os_error, "reason", None) or error.os_error.strerror or str(error.os_error)
            return f"TLS failed: {reason.replace('_', ' ').lower()}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {origin.connection_timeout:g} s"
        case aiohttp.SocketTimeoutError():
            return f"no answer within {origin.read_timeout:g} s"
        case UploadStalled():
            return f"it took no more of the request body within {origin.read_timeout:g} s"
        case UploadFailed():
            return f"the connection was lost while the request body was sent: {error}"
        case ViewerGone():
            return f"the request body broke off: {error}"
        case TimeoutError():
            return f"not complete within {origin.response_completion_timeout:g} s"
        case HeadersTooBig():
            return "its answer's header block is over 32,768 bytes"
        case ContentRangeLength():
            return "Content-Range and Content-Length of its answer disagree"
        case EmptyReply():
            return "it closed the connection without an answer"
        case NotHttp():
            return f"its answer is not HTTP as CloudFront accepts it: {error}"
        case _:
            return _system_words(error)


def _system_words(error: Exception) -> str:
    """The operating system's words for a lost or refused connection."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection inside the head of its answer"
    errno = getattr(error, "errno", None)
    if isinstance(error, aiohttp.ClientConnectorError) and errno is None:
        return "no connection at any of its addresses"
    return os.strerror(errno).lower() if isinstance(errno, int) else "the connection was lost"
