"""Requests to a bucket, signed as CloudFront signs them for an origin access control or identity: AWS Signature Version 4.

AWS pages: private-content-restricting-access-to-s3; Amazon S3 API Reference, Signature Calculations (Authorization header).
Chosen: bodies are not signed (UNSIGNED-PAYLOAD); signed are Host, Content-Type, Content-MD5 and every x-amz-* header; the Host
is that of the place. Path and query leave in S3's own encoding, in which a server recomputes the signature, `+` in a query as
a space. Dot segments are refused: a server that resolves them would be asked for another bucket in the proxy's name.
"""

from typing import Any

from edgeproxy.errors import OriginError
from edgeproxy.messages import Headers, Request, Response
from edgeproxy.model import Origin, SignAs, Url
from edgeproxy.origins.credentials import Credentials, NoCredentials
from edgeproxy.origins.failures import origin_at
from edgeproxy.origins.s3_errors import Refusal, error_response
from edgeproxy.origins.s3_objects import key_of
from edgeproxy.rules.bucket_encoding import canonical_path, canonical_query
from edgeproxy.rules.edge_event import shown
from edgeproxy.rules.lambda_origin import region_of

OWN = ("authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")
"""Headers that a signature makes or replaces."""
SIGNED = ("content-md5", "content-type")
"""Headers that are signed beside Host and x-amz-*."""


class Signers:
    """Signs requests; keeps the credentials of everyone it has signed as."""

    def __init__(self) -> None:
        self._known: dict[SignAs, Credentials] = {}

    async def signed(self, origin: Origin, place: Url, request: Request) -> Request:
        """The request as the bucket is to get it, signed at this moment where CloudFront signs. Raises OriginError."""
        if place.sign_as is None or not origin.s3:
            return request
        request = request._replace(headers=request.headers.setting("Host", place.authority))
        if not _signs(origin, request):
            return request
        known = self._known.setdefault(place.sign_as, Credentials(place.sign_as))
        try:
            credentials = await known.get()
        except NoCredentials as error:
            who = "the keys in the settings" if place.sign_as.profile is None else f"the AWS profile {place.sign_as.profile}"
            cause = f"{origin_at(origin, place)}: its request could not be signed with {who}: {error}"
            raise OriginError(502, OriginError.CONNECT, cause, "OriginConnectError") from error
        return _sign(credentials, place.sign_as.region or region_of(origin), place, request)


def refusal(origin: Origin, place: Url, request: Request) -> Response | None:
    """S3's answer to a request that it would refuse, whoever signed it; None: ask."""
    if place.sign_as is None or not origin.s3 or not _signs(origin, request):
        return None
    host = (request.headers.get("host") or origin.domain_name).partition(":")[0]
    # CloudFront signs for the Host that it sends: the viewer's own, when a policy forwards it, is not the bucket's.
    if host.lower() != origin.domain_name.lower():
        return error_response(Refusal("SignatureDoesNotMatch"), request.method)
    key = key_of(request.path)
    if key is None:
        return error_response(Refusal("InvalidURI"), request.method)
    return error_response(Refusal("AccessDenied"), request.method) if not {".", ".."}.isdisjoint(key.split("/")) else None


def _signs(origin: Origin, request: Request) -> bool:
    # "Do not override authorization header": the viewer's own, where it is forwarded, goes on.
    return origin.signing == "always" or (origin.signing == "no-override" and "authorization" not in request.headers)


def _sign(credentials: Any, region: str, place: Url, request: Request) -> Request:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config

    request = request._replace(
        path=canonical_path(request.path),
        query=None if request.query is None else canonical_query(request.query),
        headers=request.headers.without(*OWN),
    )
    signing = AWSRequest(request.method, f"{place.scheme}://{place.authority}{place.path}{request.target}")
    signing.context["client_config"] = Config(s3={"payload_signing_enabled": False})
    for name, value in request.headers:
        lower = name.lower()
        if lower == "host" or lower in SIGNED or lower.startswith("x-amz-"):
            signing.headers[name] = shown(value)
    S3SigV4Auth(credentials, "s3", region).add_auth(signing)
    made = [(name, value) for name, value in signing.headers.items() if name.lower() in OWN]
    return request._replace(headers=Headers([*request.headers, *made]))
