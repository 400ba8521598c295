"""How large a viewer's request may be, and which requests are refused before anything else is decided.

AWS pages: cloudfront-limits, HTTPStatusCodes; RFC 9112 sections 3.2, 6.1 and 9.3.
Chosen: 414 and 494 carry CloudFront's page with "Bad request." (their bodies are not published); HEAD with a body is
refused like GET; TRACE and CONNECT are refused as disallowed methods or bad requests; a Host is a name of letters, digits,
`-`, `_` and `.`, or an address, with or without a port.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from edgeproxy.messages import Headers

URL_SIZE = 8192
"""Bytes of path and query; more is 414."""
HEAD_SIZE = 32768
"""Bytes of request line and headers; more is 494."""
HEADER_COUNT = 512
_HOST = re.compile(r"(?:[A-Za-z0-9._-]*+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_HAS_USER = re.compile(".*@", re.DOTALL)


class Refusal(NamedTuple):
    """A status for CloudFront's "Bad request." page; the connection closes after it when `close`."""

    status: int
    cause: str
    close: bool


def refuse(method: str, target: str, version: tuple[int, int], headers: Headers, *, body: bool) -> Refusal | None:
    """The refusal of a request that parsed; None when it may go on. `body`: content follows."""
    if version not in ((1, 1), (1, 0)):
        return Refusal(400, f"HTTP/{version[0]}.{version[1]} is not spoken here", True)
    if len(target) > URL_SIZE:
        return Refusal(414, f"the URL has {len(target)} bytes, {URL_SIZE} are allowed", True)
    if method == "CONNECT" or not target.startswith("/") or "#" in target:
        return Refusal(400, "only a path and a query are accepted as request target", True)
    # "A server MUST respond with a 400 to any request message that contains a Host header field with an invalid field value."
    if (host := headers.get("host")) and not _is_host(host):
        return Refusal(400, f"{_HAS_USER.sub('…@', host)[:80]!r} is no Host: a name or an address, and maybe a port", True)
    codings = headers.get_all("transfer-encoding")
    if codings and (version == (1, 0) or [coding.strip().lower() for coding in codings] != ["chunked"]):
        return Refusal(400, f"Transfer-Encoding {', '.join(codings)[:80]} on HTTP/{version[0]}.{version[1]}", True)
    # "CloudFront returns 403 if a viewer GET request includes a body."
    if body and method in ("GET", "HEAD"):
        return Refusal(403, f"{method} with a body", True)
    return None


@lru_cache(maxsize=256)
def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def head_size(method: str, target: str, items: tuple[tuple[bytes, bytes], ...]) -> int:
    """Bytes of the request line and header lines as they stood on the wire."""
    return len(method) + len(target) + 12 + sum([len(name) + len(value) + 4 for name, value in items])


def refuse_size(size: int) -> Refusal | None:
    """The refusal of a head (request line and headers) of `size` bytes."""
    return (
        Refusal(494, f"request line and headers have {size} bytes, {HEAD_SIZE} are allowed", True) if size > HEAD_SIZE else None
    )
