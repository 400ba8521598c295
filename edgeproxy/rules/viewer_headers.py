"""The CloudFront-* request headers: which there are, and how the value of each is made.

They exist where a policy (or legacy Headers) names them: in the cache key, for the origin, for CloudFront Functions and for
Lambda@Edge on the origin's side. What a viewer sends under such a name never counts.
AWS pages: adding-cloudfront-headers, using-cloudfront-headers. Not emulated: Viewer-Cert-* but for Viewer-Cert-Present, 0.
Chosen: what a CloudFront Function makes of one that a policy names counts from then on, in the key too; a device is told from
the User-Agent as received; header names are counted and listed line by line; plain HTTP that plays HTTPS has SAMPLE_TLS.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from edgeproxy.messages import Headers, Request, Viewer
from edgeproxy.rules import devices

SAMPLE_TLS = "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake"
"""CloudFront-Viewer-TLS where plain HTTP plays CloudFront's HTTPS listener."""
ORDER_SIZE = 7680
"""Most characters of CloudFront-Viewer-Header-Order."""
ERROR_URI, ERROR_ARGS = "cloudfront-error-uri", "cloudfront-error-args"
COUNTRY = "cloudfront-viewer-country"

Maker = Callable[[Request], str | None]


@dataclass(frozen=True, slots=True)
class ViewerHeader:
    """One of them; `make` gives the value where none is given."""

    name: str
    make: Maker
    source: str
    """Where its value is from, in words."""
    only_forwarded: bool = False
    """Is it for origin request policies only, never for a cache key?"""
    only_https: bool = False
    lower: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", self.name.lower())

    def value(self, request: Request) -> str | None:
        """None: there is no such header."""
        given = request.viewer.given
        if self.only_https and request.scheme != "https":
            return None
        return given[self.lower] if self.lower in given else self.make(request)


def _device(name: str) -> Maker:
    def make(request: Request) -> str:
        agent = request.viewer.headers.joined("user-agent") or ""
        return "true" if name in devices.tell(agent[: devices.LONGEST]) else "false"

    return make


def _nothing(request: Request) -> None:
    return None


def _order(request: Request) -> str:
    return ":".join(name for name, _ in request.viewer.headers)[:ORDER_SIZE]


def _row(name: str, setting: str, *, only_forwarded: bool = False, only_https: bool = False) -> ViewerHeader:
    return ViewerHeader(name, _nothing, f"viewer.{setting}", only_forwarded, only_https)


def _device_row(name: str, words: str) -> ViewerHeader:
    return ViewerHeader(f"CloudFront-Is-{words}-Viewer", _device(name), "the viewer's User-Agent, or viewer.device")


_CONNECTION = "the viewer's connection"
_RECEIVED = "the viewer's headers as received"
_FAILED = "the request that failed"
_CERTIFICATE = "a viewer's certificate: none is asked for here"
TABLE = (
    _device_row("android", "Android"),
    _device_row("desktop", "Desktop"),
    _device_row("ios", "IOS"),
    _device_row("mobile", "Mobile"),
    _device_row("smarttv", "SmartTV"),
    _device_row("tablet", "Tablet"),
    ViewerHeader("CloudFront-Forwarded-Proto", lambda request: request.scheme, _CONNECTION),
    ViewerHeader("CloudFront-Viewer-Http-Version", lambda request: request.http_version, _CONNECTION),
    ViewerHeader("CloudFront-Viewer-Address", lambda request: f"{request.client_ip}:{request.client_port}", _CONNECTION, True),
    ViewerHeader("CloudFront-Viewer-TLS", lambda request: request.viewer.tls or SAMPLE_TLS, _CONNECTION, True, True),
    _row("CloudFront-Viewer-ASN", "asn", only_forwarded=True),
    _row("CloudFront-Viewer-Country", "country"),
    _row("CloudFront-Viewer-Country-Name", "country_name"),
    _row("CloudFront-Viewer-Country-Region", "region"),
    _row("CloudFront-Viewer-Country-Region-Name", "region_name"),
    _row("CloudFront-Viewer-City", "city"),
    _row("CloudFront-Viewer-Latitude", "latitude"),
    _row("CloudFront-Viewer-Longitude", "longitude"),
    _row("CloudFront-Viewer-Metro-Code", "metro_code"),
    _row("CloudFront-Viewer-Postal-Code", "postal_code"),
    _row("CloudFront-Viewer-Time-Zone", "time_zone"),
    _row("CloudFront-Viewer-JA3-Fingerprint", "ja3", only_forwarded=True, only_https=True),
    _row("CloudFront-Viewer-JA4-Fingerprint", "ja4", only_forwarded=True, only_https=True),
    ViewerHeader("CloudFront-Viewer-Header-Order", _order, _RECEIVED),
    ViewerHeader("CloudFront-Viewer-Header-Count", lambda request: str(len(request.viewer.headers)), _RECEIVED),
    ViewerHeader("CloudFront-Error-Uri", _nothing, _FAILED),
    ViewerHeader("CloudFront-Error-Args", _nothing, _FAILED),
    ViewerHeader("CloudFront-Viewer-Cert-Present", lambda request: "0", _CERTIFICATE),
    ViewerHeader("CloudFront-Viewer-Cert-Serial-Number", _nothing, _CERTIFICATE),
    ViewerHeader("CloudFront-Viewer-Cert-Issuer", _nothing, _CERTIFICATE),
    ViewerHeader("CloudFront-Viewer-Cert-Subject", _nothing, _CERTIFICATE),
    ViewerHeader("CloudFront-Viewer-Cert-Sha256", _nothing, _CERTIFICATE),
    ViewerHeader("CloudFront-Viewer-Cert-Validity", _nothing, _CERTIFICATE, True),
    ViewerHeader("CloudFront-Viewer-Cert-Pem", _nothing, _CERTIFICATE, True),
)
HEADERS: Mapping[str, ViewerHeader] = {header.lower: header for header in TABLE}
"""Every one of them by its lower-case name."""
ONLY_FORWARDED = frozenset(name for name, header in HEADERS.items() if header.only_forwarded)
Listed = tuple[ViewerHeader, ...]
"""Those that the policies of a behavior name, in the order of the table."""


def listed(names: Iterable[str]) -> Listed:
    """Those among (lower-case) header names."""
    wanted = set(names)
    return tuple(header for name, header in HEADERS.items() if name in wanted)


def lines(those: Listed, request: Request) -> list[tuple[str, str]]:
    """The header lines of a request."""
    return [(header.name, value) for header in those if (value := header.value(request)) is not None]


def with_lines(those: Listed, request: Request) -> Headers:
    """The request's headers as a CloudFront Function sees them: CloudFront's own in place of any of their names."""
    if not those:
        return request.headers
    return request.headers.without(*(header.lower for header in those)).adding(*lines(those, request))


def taken_over(those: Listed, seen: Headers, after: Headers, viewer: Viewer) -> tuple[Headers, Viewer]:
    """What a CloudFront Function made of the headers that it saw: those that are the viewer's, and what is given of it now."""
    if not those:
        return after, viewer
    names = [header.lower for header in those]
    changed = {name: after.joined(name) for name in names if seen.joined(name) != after.joined(name)}
    if changed:
        viewer = viewer._replace(given={**viewer.given, **changed})
    return after.without(*names), viewer


def of_error_page(request: Request) -> Viewer:
    """The viewer on the fetch of a custom error page: an origin may be told which request failed."""
    return request.viewer._replace(given={**request.viewer.given, ERROR_URI: request.path, ERROR_ARGS: request.query})
