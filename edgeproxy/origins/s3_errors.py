"""S3's errors: status, code and message of each, and the XML that carries them.

AWS page: Amazon S3 API Reference, Error responses.
"""

import base64
import secrets
from email.utils import formatdate
from typing import NamedTuple
from xml.sax.saxutils import escape

from edgeproxy.messages import EMPTY, Bytes, Headers, Response


class S3Error(NamedTuple):
    """One row of S3's list of error codes."""

    status: int
    message: str


ERRORS = {
    "AccessDenied": S3Error(403, "Access Denied"),
    "AccessForbidden": S3Error(403, "CORSResponse: CORS is not enabled for this bucket."),
    "InternalError": S3Error(500, "We encountered an internal error. Please try again."),
    "InvalidRange": S3Error(416, "The requested range is not satisfiable"),
    "InvalidURI": S3Error(400, "Couldn't parse the specified URI."),
    "MethodNotAllowed": S3Error(405, "The specified method is not allowed against this resource."),
    "NoSuchKey": S3Error(404, "The specified key does not exist."),
    "PreconditionFailed": S3Error(412, "At least one of the pre-conditions you specified did not hold"),
    "SignatureDoesNotMatch": S3Error(
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
}

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


def error_response(code: str, method: str, *elements: tuple[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """S3's answer for an error code; `elements` (name, text) come after its message. HEAD gets no XML."""
    ids, error = RequestIds.fresh(), ERRORS[code]
    fields = (("Code", code), ("Message", error.message), *elements, ("RequestId", ids.request_id), ("HostId", ids.host_id))
    xml = "".join(f"<{name}>{escape(text).translate(NOT_XML)}</{name}>" for name, text in fields)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{xml}</Error>'.encode()
    # S3 sends its errors chunked, so CloudFront sees no length and does not compress them.
    kind = (("Content-Type", "application/xml"), ("Transfer-Encoding", "chunked"), ("Server", "AmazonS3"))
    return Response(error.status, Headers([*ids.headers(), *headers, *kind]), EMPTY if method == "HEAD" else Bytes(body))
