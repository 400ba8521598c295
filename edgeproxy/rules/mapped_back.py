"""Redirects and cookies that lead to the distribution's own names, led back to the local address by which the viewer came.

Nothing of the kind exists at CloudFront: there the viewer's host is the distribution's. With `viewer: {map_back: true}` a
browser on `http://localhost:8080` stays there: a Location with one of these names gets the address that it came by, a cookie
loses a Domain that this machine has not. RFC 9110 section 10.2.2, RFC 6265 sections 5.1.3 and 5.2.3.
Chosen: ports other than a scheme's own are other servers; a Host that the settings let a local server see leads back too; a
redirect from HTTP to HTTPS leads to the HTTPS listener and, where there is none, away. Not emulated: public suffixes, but for
cloudfront.net: browsers take no cookie for one.
"""

import re
from typing import NamedTuple

from edgeproxy.messages import Headers
from edgeproxy.model import Distribution, Url
from edgeproxy.rules.hosts import without_port

PORTS = {"http": "80", "https": "443"}
PUBLIC_SUFFIX = "cloudfront.net"
_REFERENCE = re.compile(
    r"(?:(https?):)?//(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{0,5}))?([/?#].*)?", re.IGNORECASE | re.DOTALL
)


class Names(NamedTuple):
    """Compiled: what leads back, in lower case."""

    exact: frozenset[str]
    suffixes: tuple[str, ...]
    """Of wildcard aliases, with the dot in front."""
    authorities: frozenset[str]
    """Host and port, without a scheme's own port."""


class CameBy(NamedTuple):
    """How the viewer came."""

    address: str
    """The Host that it sent, with its port."""
    local: str
    """The same without a port."""
    scheme: str
    """As the distribution sees it."""
    https_port: int | None = None
    """Of the HTTPS listener; None: plain HTTP plays it."""


def compile(distribution: Distribution, viewer_host: str | None) -> Names:  # noqa: A001
    """`viewer_host`: what the settings say that the distribution sees."""
    names = [distribution.domain_name.lower(), *(alias.lower() for alias in distribution.aliases)]
    places = [origin.place for origin in distribution.origins.values()]
    servers = [place for place in places if isinstance(place, Url)]
    seen = [server.host_header or (server.authority if server.dev else "") for server in servers]
    if viewer_host is not None:
        names.append(without_port(viewer_host))
        seen.append(viewer_host)
    return Names(
        frozenset(name for name in names if not name.startswith("*.")),
        tuple(name[1:] for name in names if name.startswith("*.")),
        frozenset(host.lower() for host in seen if host),
    )


def apply(names: Names, headers: Headers, came: CameBy) -> Headers:
    """The headers of an answer to a viewer who came by a name of this machine; the same value where nothing leads away."""
    if "location" not in headers and "set-cookie" not in headers:
        return headers
    items = tuple(_mapped(names, name, value, came) for name, value in headers.items)
    return headers if items == headers.items else Headers(items)


def _mapped(names: Names, name: str, value: str, came: CameBy) -> tuple[str, str]:
    match name.lower():
        case "location":
            return name, location(names, value, came)
        case "set-cookie":
            return name, cookie(names, value)
    return name, value


def location(names: Names, value: str, came: CameBy) -> str:
    """The URL at the address that the viewer came by, where it leads to one of the names; else as it is."""
    if (reference := _REFERENCE.fullmatch(value)) is None:
        return value
    scheme, host, port, rest = (
        (reference[1] or came.scheme).lower(),
        reference[2].lower(),
        reference[3] or "",
        reference[4] or "",
    )
    authority = host if port in ("", PORTS[scheme]) else f"{host}:{port}"
    if authority in names.authorities:
        return _address(came.scheme, came) + rest
    if not _is_named(names, authority.removesuffix(".")):
        return value
    if scheme == "https" and came.scheme == "http":
        return value if came.https_port is None else f"https://{came.local}{_port(came.https_port)}{rest}"
    return _address(came.scheme, came) + rest


def _address(scheme: str, came: CameBy) -> str:
    return f"{'http' if came.https_port is None else scheme}://{came.address}"


def _port(number: int) -> str:
    return "" if str(number) == PORTS["https"] else f":{number}"


def _is_named(names: Names, name: str) -> bool:
    return name in names.exact or any(name.endswith(suffix) and name != suffix for suffix in names.suffixes)


def cookie(names: Names, value: str) -> str:
    """The Set-Cookie without a Domain to which one of the names belongs; else as it is."""
    pair, *attributes = value.split(";")
    domains = [attribute for attribute in attributes if attribute.partition("=")[0].strip(" \t").lower() == "domain"]
    # "If the cookie has several attributes of a name, the last one counts."
    if not domains or not _belongs(names, domains[-1].partition("=")[2].strip(" \t").removeprefix(".").lower()):
        return value
    return ";".join([pair, *(attribute for attribute in attributes if attribute not in domains)])


def _belongs(names: Names, domain: str) -> bool:
    """Would a browser at one of the names take a cookie of this domain?"""
    if "." not in domain or domain == PUBLIC_SUFFIX:
        return False
    under = f".{domain}"
    return (
        any(name == domain or name.endswith(under) for name in names.exact)
        or any(f"x{suffix}".endswith(under) or domain.endswith(suffix) for suffix in names.suffixes)
    )  # fmt: skip
