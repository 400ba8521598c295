"""Which answers of the origin CloudFront compresses before it stores them, as `br` or `gzip`, and what their headers say then.

A behavior with Compress whose cache key holds the codings that viewers accept; 1,000 to 10,000,000 bytes of a type in the list.
AWS pages: ServingCompressedFiles, cache-key-compressed-objects, RequestAndResponseBehaviorCustomOrigin.
Chosen: what is not stored, or expires at once, is not compressed; a body that edge code made needs no Content-Length; Vary has
Accept-Encoding on every answer that some viewers get compressed, and keeps it through a 304; Accept-Ranges stays; viewers who
accept br and viewers who accept gzip alone never share an object.
"""

from typing import NamedTuple

from edgeproxy.messages import Headers, Response
from edgeproxy.model import CacheBehavior
from edgeproxy.rules.cache_key import KeyRecipe

SMALLEST, LARGEST = 1_000, 10_000_000
"""Bytes of a body that is compressed, both included."""
STATUSES = frozenset({200, 403, 404})
CODINGS = ("br", "gzip")
"""Best first: br where the viewer accepts both."""
_SUBTYPES = {
    "application": """dash+xml eot font font-sfnt javascript json opentype otf pdf pkcs7-mime protobuf rss+xml truetype ttf
        vnd.apple.mpegurl vnd.mapbox-vector-tile vnd.ms-fontobject wasm xhtml+xml xml x-font-opentype x-font-truetype
        x-font-ttf x-httpd-cgi x-javascript x-mpegurl x-opentype x-otf x-perl x-ttf""",
    "font": "eot opentype otf ttf",
    "image": "svg+xml",
    "text": "css csv html javascript js plain richtext tab-separated-values xml x-component x-java-source x-script",
}
# AWS lists one without a type.
CONTENT_TYPES = frozenset(f"{kind}/{name}" for kind, names in _SUBTYPES.items() for name in names.split()) | {
    "vnd.apple.mpegurl"
}
"""In lower case, without parameters."""
NOT_STORED, EXPIRED = "what is not stored is not compressed", "what expires at once is not compressed"
SHOWN = 60
"""Characters of an origin's header value that a reason repeats."""


class Compiled(NamedTuple):
    """The codings of a behavior, best first."""

    codings: tuple[str, ...]


class Judged(NamedTuple):
    """The coding for an answer, `""` for none; of what, or why not; and whether another viewer may be sent another form."""

    coding: str
    words: str
    eligible: bool = False

    @property
    def fact(self) -> tuple[str, str]:
        """Name and value, as an exchange notes it."""
        return ("compressed", f"{self.coding}: {self.words}") if self.coding else ("not compressed", self.words)


# CloudFront compresses on a best-effort basis: what it skips is stored and served as it is.
BUSY = Judged("", "too many bodies are being compressed at this moment", True)


def compile(behavior: CacheBehavior, key: KeyRecipe) -> Compiled | None:  # noqa: A001
    """None when nothing of the behavior is ever compressed."""
    if not behavior.compress or not key.cacheable:
        return None
    # Legacy settings know gzip alone, as their key recipe says.
    codings = tuple(coding for coding, on in zip(CODINGS, (key.brotli, key.gzip), strict=True) if on)
    return Compiled(codings) if codings else None


def judge(
    compiled: Compiled, response: Response, accepted: str | None, ttl: float | None, *, made_here: bool = False
) -> Judged:
    """Decides on an answer to a GET that is fresh for `ttl` seconds, None when it is not stored.

    `accepted` is the normalised Accept-Encoding of its key; `made_here`: edge code made its body.
    """
    length = response.body.length if made_here else _stated_length(response)
    content_type = (response.headers.get("content-type") or "").partition(";")[0].strip(" \t").lower()
    if (reason := _why_never(response, ttl, content_type, length)) is not None:
        return Judged("", reason)
    # "When the viewer supports both formats, CloudFront prefers Brotli."
    for coding in compiled.codings:
        if coding in (accepted or "").split(","):
            return Judged(coding, f"{content_type}, {length:,} bytes", True)
    return Judged("", f"the viewer does not accept {' or '.join(compiled.codings)} over HTTP/1.1", True)


def _why_never(response: Response, ttl: float | None, content_type: str, length: int | None) -> str | None:
    """What keeps an answer from being compressed for any viewer."""
    coded = response.headers.get("content-encoding")
    if ttl is None:
        return NOT_STORED
    if ttl <= 0:
        return EXPIRED
    if response.status not in STATUSES:
        return f"only 200, 403 and 404 are compressed, not {response.status}"
    # With a Content-Encoding header the object is taken for compressed, whatever its value: `identity` too.
    if coded is not None:
        return f"it has Content-Encoding: {coded[:SHOWN]}"
    if content_type not in CONTENT_TYPES:
        return f"{content_type[:SHOWN]} is not in CloudFront's list of types" if content_type else "it has no Content-Type"
    # A Content-Length that is missing or invalid, or out of range, and CloudFront does not compress.
    if length is None:
        return "it has no valid Content-Length"
    return None if SMALLEST <= length <= LARGEST else f"{length:,} bytes are not between {SMALLEST:,} and {LARGEST:,}"


def _stated_length(response: Response) -> int | None:
    """The Content-Length, where it is one and that of the body."""
    stated, length = response.headers.get_all("content-length"), response.body.length
    return length if length is not None and [text.lstrip("0") or "0" for text in stated] == [str(length)] else None


def headers(judged: Judged, before: Headers) -> Headers:
    """The headers of an answer so judged."""
    if not judged.eligible:
        return before
    if not judged.coding:
        return varying(before)
    items = [_weak(item) for item in before.items if item[0].lower() != "content-length"]
    kept = Headers(item for item in items if item is not None)
    return varying(kept.adding(("Content-Encoding", judged.coding)))


def _weak(item: tuple[str, str]) -> tuple[str, str] | None:
    """A strong ETag becomes weak, a weak one stays, one that is neither goes."""
    name, value = item
    if name.lower() != "etag" or value.startswith("W/"):
        return item
    return (name, f"W/{value}") if value.startswith('"') else None


def varies(headers: Headers) -> bool:
    """Do caches know that viewers who accept other codings may be sent another form?"""
    tokens = {token.strip(" \t").lower() for token in (headers.joined("vary") or "").split(",")}
    return not tokens.isdisjoint({"accept-encoding", "*"})


def varying(headers: Headers) -> Headers:
    """The headers with Accept-Encoding in Vary."""
    if varies(headers):
        return headers
    vary = headers.joined("vary")
    return headers.setting("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding")
