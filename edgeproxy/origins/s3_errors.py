"""S3's errors: status, code and message of each, and the XML that carries them, at a website endpoint the HTML.

AWS pages: Amazon S3 API Reference, Error responses; CustomErrorDocSupport (the HTML, whose headers are as seen on AWS).
"""

import base64
import secrets
from email.utils import formatdate
from html import escape as escape_html
from http import HTTPStatus
from typing import NamedTuple
from xml.sax.saxutils import escape

from edgeproxy.messages import EMPTY, Bytes, Headers, Response


class S3Error(NamedTuple):
    """One row of S3's list of error codes."""

    status: int
    message: str


class Refusal(NamedTuple):
    """An error of one request; `elements` (name, text) come after its message."""

    code: str
    elements: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """Its row's."""
        return ERRORS[self.code].status

    def items(self) -> list[tuple[str, str]]:
        """Code, message and elements."""
        return [("Code", self.code), ("Message", ERRORS[self.code].message), *self.elements]


ERRORS = {
    "AccessDenied": S3Error(403, "Access Denied"),
    "AccessForbidden": S3Error(403, "CORSResponse: CORS is not enabled for this bucket."),
    "Found": S3Error(302, "Resource Found"),
    "InternalError": S3Error(500, "We encountered an internal error. Please try again."),
    "InvalidRange": S3Error(416, "The requested range is not satisfiable"),
    "InvalidURI": S3Error(400, "Couldn't parse the specified URI."),
    "MethodNotAllowed": S3Error(405, "The specified method is not allowed against this resource."),
    "NoSuchBucket": S3Error(404, "The specified bucket does not exist"),
    "NoSuchKey": S3Error(404, "The specified key does not exist."),
    "PreconditionFailed": S3Error(412, "At least one of the pre-conditions you specified did not hold"),
    "SignatureDoesNotMatch": S3Error(
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
}

NO_ERROR_DOCUMENT = "An Error Occurred While Attempting to Retrieve a Custom Error Document"

NOT_XML = {code: f"&#x{code:X};" for code in range(32)}


class RequestIds(NamedTuple):
    """The pair of ids in the head of every answer of S3 and in the XML of its errors."""

    request_id: str
    host_id: str

    @classmethod
    def fresh(cls) -> "RequestIds":
        """Random ids in S3's shapes."""
        return cls(secrets.token_hex(8).upper(), base64.b64encode(secrets.token_bytes(56)).decode())

    def headers(self) -> list[tuple[str, str]]:
        """The ids and the real time."""
        return [
            ("x-amz-id-2", self.host_id),
            ("x-amz-request-id", self.request_id),
            ("Date", formatdate(usegmt=True)),
        ]


def method_refusal(method: str) -> Refusal | None:
    """The error of every method but GET and HEAD, at either endpoint."""
    if method in ("GET", "HEAD"):
        return None
    return Refusal("MethodNotAllowed", (("Method", method), ("ResourceType", "OBJECT")), (("Allow", "GET, HEAD"),))


def error_response(refusal: Refusal, method: str) -> Response:
    """The REST endpoint's answer for an error. HEAD gets no XML."""
    ids = RequestIds.fresh()
    fields = (*refusal.items(), ("RequestId", ids.request_id), ("HostId", ids.host_id))
    xml = "".join(f"<{name}>{escape(text).translate(NOT_XML)}</{name}>" for name, text in fields)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{xml}</Error>'.encode()
    # S3 sends its errors chunked, so CloudFront sees no length and does not compress them.
    kind = (("Content-Type", "application/xml"), ("Transfer-Encoding", "chunked"), ("Server", "AmazonS3"))
    headers = Headers([*ids.headers(), *refusal.headers, *kind])
    return Response(refusal.status, headers, EMPTY if method == "HEAD" else Bytes(body))


def error_headers(refusal: Refusal) -> list[tuple[str, str]]:
    """What a website endpoint says of an error in the head, beside S3's page and beside an error document."""
    return [("x-amz-error-code", refusal.code), ("x-amz-error-message", ERRORS[refusal.code].message)]


def error_page(refusal: Refusal, method: str, error_document: Refusal | None = None) -> Response:
    """The website endpoint's own page for an error; `error_document`: why the bucket's cannot be shown. HEAD gets no HTML."""
    ids, title = RequestIds.fresh(), f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    known = _listed([*refusal.items(), ("RequestId", ids.request_id), ("HostId", ids.host_id)])
    failed = "" if error_document is None else f"<h3>{NO_ERROR_DOCUMENT}</h3>\n{_listed(error_document.items())}"
    html = f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n{known}{failed}<hr/>\n</body>\n</html>\n"
    body = html.encode()
    kind = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), ("Server", "AmazonS3"))
    headers = Headers([*error_headers(refusal), *ids.headers(), *refusal.headers, *kind])
    return Response(refusal.status, headers, EMPTY if method == "HEAD" else Bytes(body))


def _listed(fields: list[tuple[str, str]]) -> str:
    return "<ul>\n" + "".join(f"<li>{name}: {escape_html(text)}</li>\n" for name, text in fields) + "</ul>\n"
