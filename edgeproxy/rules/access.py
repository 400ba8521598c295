"""May this request pass: the behavior's viewer protocol policy and allowed methods.

http -> https is 301 for GET and HEAD, 307 for other methods of HTTP/1.1 viewers, 403 for those of HTTP/1.0.
AWS pages: using-https-viewers-to-cloudfront, DownloadDistValuesCacheBehavior.
Chosen: the sentence of the https-only 403 is "Bad request." (AWS does not publish it); who came by a name of this machine is
sent to its HTTPS listener, where there is one: the distribution's own name would lead away from here.
Not emulated here yet: WAF. Geo restriction is a rule of its own.
"""

from typing import NamedTuple

from edgeproxy.messages import Request
from edgeproxy.model import CacheBehavior

HTTPS_PORT = 443
BAD_REQUEST = "Bad request."
METHOD_NOT_ALLOWED = (
    "This distribution is not configured to allow the HTTP request method that was used for this request. "
    "The distribution supports only cachable requests."
)


class Passed(NamedTuple):
    """The request goes on."""


class Redirected(NamedTuple):
    """CloudFront's redirect to HTTPS."""

    status: int
    location: str


class Refused(NamedTuple):
    """CloudFront's 403 page with this sentence; `cause` is for the terminal, `detail` for the log."""

    sentence: str
    cause: str
    detail: str


PASSED = Passed()


def judge(
    behavior: CacheBehavior, request: Request, local: str | None = None, https_port: int | None = None
) -> Passed | Redirected | Refused:
    """Decides by protocol first, then by method.

    `local`: the name of this machine that the viewer came by, None: by the distribution's; `https_port`: of the HTTPS listener.
    """
    if request.scheme == "http" and behavior.viewer_protocol_policy != "allow-all":
        return _over_http(behavior.viewer_protocol_policy, request, _destination(request, local, https_port))
    if request.method not in behavior.allowed_methods:
        cause = f"{request.method} is not among AllowedMethods {', '.join(behavior.allowed_methods)}"
        return Refused(METHOD_NOT_ALLOWED, cause, "InvalidRequestMethod")
    return PASSED


def _destination(request: Request, local: str | None, https_port: int | None) -> str:
    """Host and port of the redirect."""
    if local is None or https_port is None:
        return request.host
    return local if https_port == HTTPS_PORT else f"{local}:{https_port}"


def _over_http(policy: str, request: Request, destination: str) -> Redirected | Refused:
    if policy == "https-only":
        return Refused(BAD_REQUEST, "ViewerProtocolPolicy is https-only", "Error")
    location = f"https://{destination}{request.target}"
    if request.method in ("GET", "HEAD"):
        return Redirected(301, location)
    # "If the request used an HTTP version below 1.1, CloudFront returns 403 to methods other than GET and HEAD."
    if request.http_version == "1.0":
        return Refused(BAD_REQUEST, f"an HTTP/1.0 {request.method} cannot be redirected to HTTPS", "Error")
    return Redirected(307, location)
