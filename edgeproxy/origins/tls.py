"""How an origin proves who it is: the name that is asked for (SNI), and the names that its certificate may carry.

AWS pages: http-502-bad-gateway, helper-functions-origin-modification (sni, allowedCertificateNames).
Chosen: an origin is asked for the Host that it is sent: the viewer's, where it is forwarded. All of it concerns an origin asked
under its own domain name; a stand-in is asked by the name that the settings give it. An allowed name fits a name of the
certificate when they are the same, or when the one with a wildcard covers the other.
"""

import ssl
from collections.abc import Callable
from typing import Any, NamedTuple

from edgeproxy.model import Origin, Tls, Url
from edgeproxy.rules.hosts import without_port
from edgeproxy.rules.lambda_origin import is_domain_name

Trust = Callable[[], ssl.SSLContext]
"""Makes a context that believes whom it should."""

VERIFIED = Tls()


class Wanted(NamedTuple):
    """The server name to ask for (None: the host's), and the names that will do (none: that server name)."""

    server_name: str | None = None
    certificate_names: tuple[str, ...] = ()
    or_server_name: bool = False
    """Will the server name do beside the names?"""


def wanted(origin: Origin, place: Url, host: str) -> Wanted:
    """What a connection to the origin at `place` asks for; `host` is the Host header that the origin is sent."""
    own = origin.domain_name.lower()
    if place.scheme != "https" or place.host.lower() != own:
        return Wanted()
    name = without_port(host)
    # "sni: if this isn't provided, the value of hostHeader is used, then that of domainName."
    server_name = origin.sni or (name if name != own and is_domain_name(name) else None)
    if server_name is None or origin.sni or origin.certificate_names:
        return Wanted(server_name, origin.certificate_names)
    # "One of the domain names in the certificate must match the origin domain name, or the Host header where it is forwarded."
    return Wanted(server_name, (own,), or_server_name=True)


def context(trust: Trust, names: tuple[str, ...], terms: Tls = VERIFIED, or_server_name: bool = False) -> ssl.SSLContext:
    """A context that takes a certificate with any of the names, without names one with the server's, or what `terms` allow.

    `or_server_name`: a name that is only known when it is asked for will do too: names may be a viewer's, contexts are dear.
    Its handshakes raise ssl.SSLCertVerificationError.
    """
    made = trust()
    if terms.ca:
        made.load_verify_locations(cadata=terms.ca)
    if not terms.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    if not names:
        return made

    class Named(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            certificate = self.getpeercert() or {}
            entries: Any = certificate.get("subjectAltName", ())
            carried = [str(value) for kind, value in entries if kind == "DNS"]
            allowed = (*names, self.server_hostname or "") if or_server_name else names
            if not any(_fit(name, own) for name in allowed for own in carried):
                has = ", ".join(carried) or "no names"
                raise ssl.SSLCertVerificationError(f"the certificate has {has}; allowed: {', '.join(allowed)}")

    made.check_hostname = False
    made.sslobject_class = Named
    return made


def _fit(name: str, other: str) -> bool:
    one, another = name.lower(), other.lower()
    return one == another or _covers(one, another) or _covers(another, one)


def _covers(pattern: str, name: str) -> bool:
    """RFC 6125 section 6.4.3: `*` is the whole left-most label."""
    return pattern.startswith("*.") and name.partition(".")[2] == pattern[2:] and not name.startswith(".")
