"""S3's website endpoint: index documents, redirects to folders, error documents, errors in HTML.

AWS pages: WebsiteEndpoints, IndexDocumentSupport, CustomErrorDocSupport, how-to-page-redirect, WebsiteAccessPermissionsReqd
("if a user requests an object that doesn't exist, Amazon S3 returns HTTP response code 404").
Chosen: a redirect leaves the query string out where it is to a folder, and keeps it where all requests are redirected; the
error document is that of GET and HEAD alone, whole, whatever range and conditions are asked for.
Not emulated: routing rules, objects that redirect (x-amz-website-redirect-location).
"""

from collections.abc import Awaitable, Callable

from edgeproxy.messages import EMPTY, Headers, Request, Response
from edgeproxy.model import Origin
from edgeproxy.origins.s3_errors import Refusal, RequestIds, error_headers, error_page, method_refusal
from edgeproxy.origins.s3_objects import key_of
from edgeproxy.places import Website, website_bucket

Get = Callable[[str, Request], Awaitable[Response | Refusal]]
"""The object of a key."""


async def fetch(origin: Origin, website: Website, request: Request, get: Get) -> Response:
    """The website endpoint's answer, errors included."""
    found = await _found(origin, website, request, get)
    if isinstance(found, Response):
        return found
    shows_document = website.error_document and 400 <= found.status < 500 and method_refusal(request.method) is None
    if not shows_document or found.code == "NoSuchBucket":
        return error_page(found, request.method)
    document = await get(website.error_document, request._replace(headers=Headers()))
    if isinstance(document, Refusal):
        return error_page(found, request.method, document)
    return document._replace(status=found.status, headers=Headers([*error_headers(found), *document.headers.items]))


async def _found(origin: Origin, website: Website, request: Request, get: Get) -> Response | Refusal:
    refusal = _other_bucket(origin, request) or method_refusal(request.method)
    if refusal is not None:
        return refusal
    if website.redirect_to:
        return _redirect_all(website.redirect_to, request)
    key = key_of(request.path)
    if key is None:
        return Refusal("InvalidURI")
    if not key or key.endswith("/"):
        return await get(key + website.index_document, request)
    found = await get(key, request)
    if isinstance(found, Response) or found.code != "NoSuchKey":
        return found
    # "If the object is not found, Amazon S3 determines that the request is for subfolder x. If the index document is found
    # at x/index.html, Amazon S3 performs a 302 redirect to x/."
    index = await get(f"{key}/{website.index_document}", request._replace(method="HEAD", headers=Headers()))
    if isinstance(index, Refusal):
        return found
    return error_page(Refusal("Found", headers=(("Location", f"{request.path}/"),)), request.method)


def _other_bucket(origin: Origin, request: Request) -> Refusal | None:
    """The endpoint knows the bucket by the Host alone: its own domain name, or a name that is the bucket's."""
    host = (request.headers.get("host") or origin.domain_name).partition(":")[0].lower()
    known = (origin.domain_name.lower(), (website_bucket(origin.domain_name) or host).lower())
    return None if host in known else Refusal("NoSuchBucket", (("BucketName", host),))


def _redirect_all(to: str, request: Request) -> Response:
    query = f"?{request.query}" if request.query else ""
    head = [*RequestIds.fresh().headers(), ("Location", f"{to}{request.path}{query}")]
    return Response(301, Headers([*head, ("Content-Length", "0"), ("Server", "AmazonS3")]), EMPTY)
