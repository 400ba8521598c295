"""The CORS part of a response headers policy: which Access-Control-* headers an answer gets.

None without Origin; none where the origin sent CORS headers itself and the policy does not override; none for an
Origin that no item of AccessControlAllowOrigins fits. Allow-Methods, Allow-Headers and Max-Age only on a preflight.
AWS pages: understanding-response-headers-policies, creating-response-headers-policies.
Chosen: an Origin that no item fits leaves the origin's own; lists are joined by `, `; hosts compare without case; a port
pattern is compared with the scheme's default port where the Origin names none; Allow-Headers with a partial wildcard answers
with the requested headers that fit; `Vary: Origin` wherever another Origin would have got other headers, without Origin too.
"""

import re
from fnmatch import translate
from typing import NamedTuple

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Cors

CORS_HEADERS = frozenset({
    "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
    "access-control-allow-origin", "access-control-expose-headers", "access-control-max-age",
})  # fmt: skip
VARY = ("Vary", "Origin")
ALL_METHODS = ("GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What `ALL` stands for in AccessControlAllowMethods."""
DEFAULT_PORTS = {"http": "80", "https": "443"}
_PATTERN = re.compile(r"(?:(https?)://)?(\*\.)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9*]+))?")


class CompiledCors(NamedTuple):
    """Headers that are the same for each answer, ready; `origins` is None where the list says `*`."""

    origins: re.Pattern[str] | None
    override: bool
    always: tuple[tuple[str, str], ...]
    preflight: tuple[tuple[str, str], ...]
    requested: re.Pattern[str] | None
    """Fits the requested headers to allow, where AccessControlAllowHeaders has partial wildcards."""


def compile(cors: Cors) -> CompiledCors:  # noqa: A001
    """Compiles a CorsConfig; its origins are patterns, see `is_origin`."""
    any_origin = "*" in cors.allow_origins
    partial = "*" not in cors.allow_headers and any("*" in name for name in cors.allow_headers)
    return CompiledCors(
        origins=None if any_origin else re.compile("|".join(map(_origin_regex, cors.allow_origins)), re.IGNORECASE),
        override=cors.origin_override,
        always=tuple(_always(cors)),
        preflight=tuple(_preflight(cors, partial=partial)),
        # translate() writes atomic groups: matching time stays bounded.
        requested=re.compile("|".join(map(translate, cors.allow_headers)), re.IGNORECASE) if partial else None,
    )


def _always(cors: Cors) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    if cors.allow_credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if cors.expose_headers:
        headers.append(("Access-Control-Expose-Headers", ", ".join(cors.expose_headers)))
    return headers


def _preflight(cors: Cors, *, partial: bool) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    methods = ALL_METHODS if "ALL" in cors.allow_methods else cors.allow_methods
    if methods:
        headers.append(("Access-Control-Allow-Methods", ", ".join(methods)))
    if cors.allow_headers and not partial:
        headers.append(("Access-Control-Allow-Headers", ", ".join(cors.allow_headers)))
    if cors.max_age is not None:
        headers.append(("Access-Control-Max-Age", str(cors.max_age)))
    return headers


def is_origin(pattern: str) -> bool:
    """Is it `*`, or `[scheme://]host[:port]`: `*` only as the whole left-most label, and inside the port?"""
    return pattern == "*" or _PATTERN.fullmatch(pattern) is not None


def _origin_regex(pattern: str) -> str:
    match = _PATTERN.fullmatch(pattern)
    if match is None:
        return "(?!)"  # no pattern fits nothing
    scheme, wildcard, host, port = match.groups()
    schemes = (scheme,) if scheme else tuple(DEFAULT_PORTS)
    # `*.shop.test` fits `a.b.shop.test` and `.shop.test`, not `shop.test`.
    labels = r"[A-Za-z0-9_.-]*\." if wildcard else ""
    return "|".join(f"{scheme}://{labels}{re.escape(host)}{_port_regex(port, DEFAULT_PORTS[scheme])}" for scheme in schemes)


def _port_regex(pattern: str | None, default: str) -> str:
    if pattern is None:
        return ""
    digits = pattern.replace("*", "[0-9]*")
    # No port has more than five digits: that bounds what several `*` can cost.
    explicit = f":(?=[0-9]{{1,5}}$){digits}"
    return f"(?:{explicit})?" if re.fullmatch(digits, default) else explicit


def headers(cors: CompiledCors, request: Request, answer: Headers, present: set[str]) -> tuple[tuple[str, str], ...]:
    """CORS headers for the answer to `request`; `present`: lower-case names of the headers that are kept of `answer`."""
    # Without origin override, one CORS header of the origin keeps all of the policy's out.
    if not cors.override and not CORS_HEADERS.isdisjoint(present):
        return ()
    origin = request.headers.get("origin")
    if origin is None or (cors.origins is not None and cors.origins.fullmatch(origin) is None):
        return _vary(answer, present)
    allowed = ("Access-Control-Allow-Origin", "*" if cors.origins is None else origin)
    varying = () if cors.origins is None else _vary(answer, present)
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
        return (allowed, *cors.always, *cors.preflight, *_requested(cors, request), *varying)
    return (allowed, *cors.always, *varying)


def _vary(answer: Headers, present: set[str]) -> tuple[tuple[str, str], ...]:
    """`Vary: Origin`, unless the answer says so itself."""
    listed = (answer.joined("vary") or "").lower() if "vary" in present else ""
    return () if listed and not {"origin", "*"}.isdisjoint(map(str.strip, listed.split(","))) else (VARY,)


def _requested(cors: CompiledCors, request: Request) -> tuple[tuple[str, str], ...]:
    if cors.requested is None:
        return ()
    asked = (request.headers.joined("access-control-request-headers") or "").split(",")
    fitting = [name for name in map(str.strip, asked) if cors.requested.fullmatch(name)]
    return (("Access-Control-Allow-Headers", ", ".join(fitting)),) if fitting else ()
