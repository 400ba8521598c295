"""Which choices of ours about the viewer an answer rests on: Host, connection, WebSockets, what CloudFront-* headers say.

AWS pages: those of `quotas`, `websocket`, `viewer_headers`, `viewer_values` and `devices`, which say what is chosen.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

from edgeproxy.hooks import Hook
from edgeproxy.rules import cache_key, devices, websocket
from edgeproxy.rules.seen import Seen

DEVICES = frozenset(f"cloudfront-is-{name}-viewer" for name in devices.NAMES)
MOBILE, PHONES = "cloudfront-is-mobile-viewer", ("cloudfront-is-android-viewer", "cloudfront-is-ios-viewer")
STALLED = ("the viewer took nothing of its answer", "the viewer sent nothing of its body")


# --- its connection ---


def malformed_host(seen: Seen) -> bool:
    """Its Host is none."""
    return seen.status == 400 and " is no Host: " in seen.text("error") and "behavior" not in seen.facts


def stalled(seen: Seen) -> bool:
    """The viewer was cut off for standing still."""
    return any(str(error).startswith(STALLED) for error in seen.exchange.all("error"))


def broken_body(seen: Seen) -> bool:
    """Its body stopped being HTTP on the way to the origin."""
    return seen.text("detailed result type") == "ClientCommError" and not seen.exchange.aborted


def ended_by_close(seen: Seen) -> bool:
    """A viewer of HTTP/1.0 is told the end of its answer by the connection's."""
    has_body = seen.request.method != "HEAD" and seen.status not in (204, 304)
    return seen.request.http_version == "1.0" and has_body and seen.length is None


# --- WebSockets ---


def websocket_headers(seen: Seen) -> bool:
    """The origin got a header of the handshake that no policy forwards."""
    sent = () if seen.said is None or not seen.request.websocket else websocket.NEEDED & set(seen.said.sent.names())
    return any(name not in seen.forwarded.headers for name in sent)


def websocket_upgrade(seen: Seen) -> bool:
    """It asks for a WebSocket in a way that is answered in HTTP."""
    named = [name.strip().lower() for name in (seen.request.headers.joined("upgrade") or "").split(",")]
    return "websocket" in named and not seen.request.websocket and "behavior" in seen.facts


def websocket_hooks(seen: Seen) -> bool:
    """A WebSocket was opened, and code or a policy that change answers did not change this one."""
    late = seen.has_code(Hook.ORIGIN_RESPONSE) or seen.has_code(Hook.VIEWER_RESPONSE)
    return seen.status == 101 and (late or (seen.behavior is not None and seen.behavior.response_headers_policy is not None))


# --- what CloudFront-* headers say of it ---


def _counts(seen: Seen, name: str) -> bool:
    """Was this CloudFront-* header, which a policy names, in the key, in the event of a function, or sent to the origin?"""
    if seen.forwarding is None or name not in {header.lower for header in seen.forwarding.viewer_headers}:
        return False
    in_key = seen.recipe is not None and name in [header for header, _ in seen.recipe.headers]
    sent = seen.said is not None and name in seen.said.sent
    return in_key or sent or _has_function(seen)


def _has_function(seen: Seen) -> bool:
    """Did a CloudFront Function run?"""
    return any(run.tier == "function" for run in seen.runs)


def device(seen: Seen) -> bool:
    """Its User-Agent decided which device it is."""
    return any(name not in seen.request.viewer.given and _counts(seen, name) for name in sorted(DEVICES))


def given_phone(seen: Seen) -> bool:
    """A device that was given as a phone is a mobile one too."""
    given = seen.request.viewer.given
    return any(given.get(name) == "true" for name in PHONES) and given.get(MOBILE) == "true" and _counts(seen, MOBILE)


def changed_cloudfront_header(seen: Seen) -> bool:
    """A function changed a CloudFront-* header that a policy names, in the key or towards the origin."""
    changing = seen.behavior is not None and Hook.VIEWER_REQUEST in seen.behavior.functions
    if seen.forwarding is None or not changing or not seen.ran(Hook.VIEWER_REQUEST):
        return False
    keyed = dict(line.partition(": ")[::2] for line in seen.text("key").split("\n"))
    in_key = set() if seen.recipe is None else {name for name, _ in seen.recipe.headers}
    for header in seen.forwarding.viewer_headers:
        value = header.value(seen.request)
        if header.lower in in_key and keyed.get(header.lower) != (None if value is None else cache_key.quoted(value)):
            return True
        untouched = seen.said is not None and not seen.has_code(Hook.ORIGIN_REQUEST)
        if untouched and seen.said is not None and seen.said.sent.joined(header.lower) != value:
            return True
    return False


def cloudfront_header_in_function(seen: Seen) -> bool:
    """The viewer sent a CloudFront-* header, and a function saw CloudFront's value of it, or the viewer's."""
    return _has_function(seen) and any(name.startswith("cloudfront-") for name in seen.request.headers.names())


def played_tls(seen: Seen) -> bool:
    """CloudFront-Viewer-TLS told of a handshake that there was not."""
    name, viewer = "cloudfront-viewer-tls", seen.request.viewer
    return seen.request.scheme == "https" and viewer.tls is None and _counts(seen, name)


def header_order_and_count(seen: Seen) -> bool:
    """A header that came on several lines was counted and listed line by line."""
    received = seen.request.viewer.headers
    repeated = len(set(received.names())) < len(received)
    return repeated and any(_counts(seen, f"cloudfront-viewer-header-{what}") for what in ("order", "count"))


def ipv6_address(seen: Seen) -> bool:
    """CloudFront-Viewer-Address has an IPv6 address."""
    return ":" in seen.request.client_ip and _counts(seen, "cloudfront-viewer-address")
