"""Where a request may go: to an origin's local place, to loopback, or to a host that the user named.

Nothing of the kind exists at CloudFront: there every public host may be an origin. On a developer's machine a deployed name
is not contacted unless the settings or `--allow-origin` say so; the answer then names the line to add, and the option.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import NamedTuple

from edgeproxy.model import Origin, Place, Url
from edgeproxy.places import website_bucket

NO_PLACES: Mapping[str, Place] = MappingProxyType({})
_HOST = re.compile(r"[a-z0-9_.-]+|\[?[0-9a-f:]+\]?")


class Nowhere(NamedTuple):
    """This origin has no place here; `hint` says both ways to give it one."""

    cause: str
    hint: str


def allowed_host(text: str) -> str:
    """A host that may be asked where it is deployed, in lower case. Raises ValueError, which says what is wrong with it."""
    if not _HOST.fullmatch(text.lower()):
        raise ValueError(f"{text[:80]!r} is not a host name: it goes without scheme, port and path")
    return text.lower()


def place(
    origin: Origin, viewer_scheme: str, allowed: tuple[str, ...], places: Mapping[str, Place] = NO_PLACES
) -> Place | Nowhere:
    """Where `origin` lives: its own place, that of its domain name, or the host itself.

    `allowed` are host names from `--allow-origin`, `places` by lower-case domain name. The viewer's scheme decides for
    match-viewer.
    """
    if origin.place is not None:
        return origin.place
    host = origin.domain_name.lower()
    if host in places:
        return places[host]
    if is_loopback(host) or (not origin.resource and host in (name.lower() for name in allowed)):
        secure = origin.protocol_policy == "https-only" or (
            origin.protocol_policy == "match-viewer" and viewer_scheme == "https"
        )
        if secure or origin.s3:
            return Url("https", origin.domain_name, origin.https_port)
        return Url("http", origin.domain_name, origin.http_port)
    name, files = origin.resource or origin.domain_name, origin.s3 or website_bucket(origin.domain_name) is not None
    hint = f"add to edgeproxy.yaml:  origins: {{{name}: {'./public' if files else 'http://127.0.0.1:3000'}}}"
    if not origin.resource:
        hint += f"  or ask the deployed one:  --allow-origin {origin.domain_name}"
    elif host in (each.lower() for each in allowed):
        hint += f"; {origin.domain_name} is made up here, AWS gives another when {name} is deployed"
    return Nowhere(f"origin {origin.id} ({name}) has no place on this machine", hint)


def is_loopback(host: str) -> bool:
    """Is the (lower-case) host name this machine, whatever a resolver says?"""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
