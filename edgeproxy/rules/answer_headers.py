"""What CloudFront drops from an origin's answer and what it adds to every answer.

Hop-by-hop fields, those that Connection names, Trailer and Upgrade go; Set-Cookie stays only where cookies are forwarded; Vary
keeps the names that the behavior forwards, Accept-Encoding and Cookie. Date is added when the origin sent none.
AWS pages: RequestAndResponseBehaviorCustomOrigin, RequestAndResponseBehaviorS3Origin.
Chosen: an origin's Age is dropped (CloudFront's handling of it is not published); its Via and X-Amz-Cf-Pop stay, each in a
line of its own before CloudFront's, as two layers of CloudFront show them.
"""

from typing import NamedTuple

from edgeproxy.messages import Headers
from edgeproxy.model import CacheBehavior, CachePolicy
from edgeproxy.rules.dates import http_date

HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
USUAL = frozenset({"close", "keep-alive"})
_NOTHING: frozenset[str] = frozenset()
REPLACED = frozenset({"age", "x-cache", "x-amz-cf-id"})
FROM_S3 = frozenset({"x-amz-id-2", "x-amz-request-id"})
DEVICE = frozenset(f"cloudfront-is-{device}-viewer" for device in ("desktop", "mobile", "smarttv", "tablet"))


class Kept(NamedTuple):
    """Compiled: what of an origin's answer passes."""

    dropped: frozenset[str]
    vary: frozenset[str] | None
    """Lower-case names that stay in Vary; None keeps all of them."""


def compile(behavior: CacheBehavior, *, s3: bool, cookies_forwarded: bool) -> Kept:  # noqa: A001
    """`s3`: the origin is a bucket; `cookies_forwarded`: any policy of the behavior forwards cookies."""
    dropped = HOP_BY_HOP | REPLACED | (FROM_S3 if s3 else frozenset())
    if not cookies_forwarded:
        dropped |= {"set-cookie"}
    return Kept(dropped, _forwarded_names(behavior))


def _forwarded_names(behavior: CacheBehavior) -> frozenset[str] | None:
    policy, request_policy = behavior.cache_policy, behavior.origin_request_policy
    names = set(policy.headers.names if isinstance(policy, CachePolicy) else policy.headers)
    if request_policy is not None:
        if request_policy.headers.behavior in ("allViewer", "allViewerAndWhitelistCloudFront", "allExcept"):
            return None
        names.update(request_policy.headers.names)
    if "*" in names:
        return None
    lower = {name.lower() for name in names}
    # "CloudFront keeps User-Agent in Vary if one of the CloudFront-Is-*-Viewer headers is forwarded."
    if lower & DEVICE:
        lower.add("user-agent")
    return frozenset(lower | {"accept-encoding", "cookie", "*"})


def clean(kept: Kept, headers: Headers, now: float) -> Headers:
    """The origin's headers as they are stored and passed on; `now` in Unix seconds gives a missing Date."""
    named = _named(headers)
    headers = headers.lacking(kept.dropped | named if named else kept.dropped)
    if kept.vary is not None and "vary" in headers:
        headers = Headers(_with_vary(kept.vary, headers.items))
    return headers if "date" in headers else headers.adding(("Date", http_date(now)))


def _named(headers: Headers) -> frozenset[str]:
    """What the origin's Connection field says is meant for this hop (RFC 9110 section 7.6.1)."""
    value = headers.joined("connection")
    if value is None or value.lower() in USUAL:
        return _NOTHING
    return frozenset(name.strip(" \t").lower() for name in value.split(","))


def generated(headers: Headers, now: float) -> Headers:
    """Headers of a response that edge code made, with `Server` and `Date` where it set none; `now` in Unix seconds."""
    own = (("Server", "CloudFront"), ("Date", http_date(now)))
    return headers.adding(*(item for item in own if item[0].lower() not in headers))


def _with_vary(names: frozenset[str], items: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    kept = []
    for name, value in items:
        if name.lower() == "vary":
            tokens = [token for token in (part.strip() for part in value.split(",")) if token.lower() in names]
            value = ", ".join(tokens)
            if not value:
                continue
        kept.append((name, value))
    return kept


def added(x_cache: str, via: str, pop: str, request_id: str, age: int | None) -> tuple[tuple[str, str], ...]:
    """CloudFront's own headers in the order seen: X-Cache, Via, X-Amz-Cf-Pop, X-Amz-Cf-Id and, on a hit, Age (seconds).

    `via` is the host part of the element: its version is 1.1 whatever the viewer speaks.
    """
    ours = (
        ("X-Cache", f"{x_cache} from cloudfront"),
        ("Via", f"1.1 {via}"),
        ("X-Amz-Cf-Pop", pop),
        ("X-Amz-Cf-Id", request_id),
    )
    return ours if age is None else (*ours, ("Age", str(age)))
