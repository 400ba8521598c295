"""Which distribution a Host header chooses, and the host name that functions, signatures and redirects then see.

CloudFront chooses by the Host header alone: an alias (the most specific wildcard wins) or the distribution's domain name;
anything else is its 403 page. Here `localhost`, `*.localhost`, IP literals and the listen address also serve: the only
distribution or the default one, and `<name>.localhost` picks among several.
AWS pages: CNAMEs, DownloadDistValuesGeneral. Chosen: all distributions here are of one account, for which CloudFront serves
a Host other than the name of the TLS handshake, too: there is no 421.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from edgeproxy.model import Distribution

LOCAL = "localhost"
EVERYWHERE = ("0.0.0.0", "::")
"""Addresses to listen on, not to go to."""
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Choice(NamedTuple):
    """Which distribution (counted in the order given), and the viewer's host name as the distribution sees it."""

    distribution: int
    viewer_host: str
    local: str | None = None
    """The name of this machine that the viewer came by, without port, in brackets where it is IPv6; None: not by one."""


class Hosts(NamedTuple):
    """Compiled: every name to an index, wildcard suffixes from the longest, and what local names mean."""

    names: dict[str, int]
    wildcards: tuple[tuple[str, int], ...]
    local: dict[str, int]
    default: int | None
    viewer_hosts: tuple[str | None, ...]
    """What local names mean; None: themselves, as the viewer wrote them."""
    listen: frozenset[str]


def compile(  # noqa: A001
    distributions: tuple[Distribution, ...], default: str | None, viewer_host: str | None, listen: tuple[str, ...] = ()
) -> Hosts:
    """`default` names the distribution for local hosts, `viewer_host` overrides what the distribution sees for them."""
    names: dict[str, int] = {}
    wildcards: list[tuple[str, int]] = []
    for index, distribution in enumerate(distributions):
        names[distribution.domain_name.lower()] = index
        for alias in distribution.aliases:
            if alias.startswith("*."):
                wildcards.append((alias[1:].lower(), index))
            else:
                names[alias.lower()] = index
    local = {distribution.name.lower(): index for index, distribution in enumerate(distributions)}
    return Hosts(
        names,
        tuple(sorted(wildcards, key=lambda wildcard: -len(wildcard[0]))),
        local,
        0 if len(distributions) == 1 else (local.get(default.lower()) if default else None),
        tuple(viewer_host or _own_name(distribution) for distribution in distributions),
        frozenset(name.lower() for name in listen),
    )


def _own_name(distribution: Distribution) -> str | None:
    if not distribution.declared:
        # An app redirects to the Host that it sees, and compares it with Origin.
        return None
    exact = [alias for alias in distribution.aliases if not alias.startswith("*.")]
    return exact[0] if exact else distribution.domain_name


def choose(hosts: Hosts, host: str) -> Choice | None:
    """The choice for a Host header; None is CloudFront's 403 page."""
    name = without_port(host)
    index = hosts.names.get(name)
    if index is None:
        index = next((index for suffix, index in hosts.wildcards if name.endswith(suffix) and name != suffix), None)
    if index is not None:
        return Choice(index, name)
    index = _local(hosts, name)
    return None if index is None else Choice(index, hosts.viewer_hosts[index] or host, f"[{name}]" if ":" in name else name)


def _local(hosts: Hosts, name: str) -> int | None:
    if name.endswith("." + LOCAL):
        label = name.removesuffix("." + LOCAL).rpartition(".")[2]
        return hosts.local.get(label, hosts.default)
    return hosts.default if name in hosts.listen or is_local(name) else None


def nobody(hosts: Hosts, host: str) -> str:
    """Why a Host header chooses no distribution, and by which local names they are reached."""
    cause = f"no distribution answers to Host {host!r}"
    if hosts.default is not None or not (is_local(name := without_port(host)) or name in hosts.listen):
        return cause
    first = next(iter(hosts.local))
    return f"{cause}: there are {len(hosts.local)}, {first}.localhost is one; default: NAME in edgeproxy.yaml chooses"


def is_local(name: str) -> bool:
    """Is it a name of this machine, whatever it listens on: localhost, a name under it, or an address?"""
    return name == LOCAL or name.endswith("." + LOCAL) or is_ip_literal(name)


def address(listen: str, port: int) -> str:
    """A Host header for who listens there, by a name of this machine."""
    name = listen if is_local(listen) and listen not in EVERYWHERE else LOCAL
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def is_host(text: str) -> bool:
    """Can it stand in a Host header that means something: a name or an address, and maybe a port?"""
    return _HOST.fullmatch(text) is not None


def without_port(host: str) -> str:
    """A Host header's name in lower case, without port, brackets and trailing dot."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


@lru_cache(maxsize=256)
def is_ip_literal(name: str) -> bool:
    """Is the name an address, IPv4 or IPv6 (without brackets)?"""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
