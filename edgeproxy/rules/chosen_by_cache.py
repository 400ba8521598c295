"""Which choices of ours about the cache an answer rests on: how long it lives, what a stale one is good for, what part it is.

AWS pages: those of `freshness`, `staleness`, `cache_control` and `conditional`, which say what is chosen.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

import re

from edgeproxy.rules import cache_control, freshness, staleness
from edgeproxy.rules.seen import Seen

AS_DOCUMENTED = frozenset({200, 301, 302, 307, 308})
"""Successes and redirects that AWS's pages name."""


# --- how long ---


def invalid_expires(seen: Seen) -> bool:
    """Its Expires is no date."""
    return seen.verdict is not None and "invalid Expires" in seen.verdict.why


def doubtful_age(seen: Seen) -> bool:
    """Its Cache-Control has an age twice, or malformed."""
    return "key" in seen.facts and cache_control.is_doubtful(seen.origin_headers)


def named_fields(seen: Seen) -> bool:
    """Its Cache-Control names fields: of `no-cache` others than Set-Cookie, of `private` any."""
    text = seen.origin_headers.joined("cache-control") or ""
    return "key" in seen.facts and bool(
        seen.control.no_cache_fields - {"set-cookie"} or re.search(r"\bprivate[ \t]*=", text, re.IGNORECASE)
    )


def origin_age(seen: Seen) -> bool:
    """The origin sent an Age."""
    return seen.said is not None and "age" in seen.said.headers


def error_in_neither_list(seen: Seen) -> bool:
    """It is an error that AWS names neither among those that are cached nor among the others."""
    listed = freshness.ERRORS_CACHED | freshness.ERRORS_CACHED_WITH_AGE | freshness.NEVER_STORED
    why = "" if seen.verdict is None else seen.verdict.why
    return re.fullmatch(r"[45]\d\d is not cached", why) is not None and int(why[:3]) not in listed


def bare_error(seen: Seen) -> bool:
    """It is an error on whose caching two pages disagree, and no page stands in for it, stored or not."""
    disputed = seen.verdict is not None and seen.verdict.why.endswith(" without max-age or s-maxage")
    return disputed and seen.replaced is None


def other_success(seen: Seen) -> bool:
    """A 2xx or 3xx is stored that AWS does not name."""
    stored = seen.verdict is not None and seen.verdict.store
    return stored and seen.said is not None and 200 <= seen.said.status < 400 and seen.said.status not in AS_DOCUMENTED | {304}


def collapsed_age(seen: Seen) -> bool:
    """It shared another viewer's answer, as a Hit of age 0."""
    return "collapsed" in seen.facts and seen.x_cache == "Hit"


def head_on_cold_key(seen: Seen) -> bool:
    """A HEAD was asked of the origin and not stored."""
    return seen.request.method == "HEAD" and "key" in seen.facts and seen.asked


# --- past its time ---


def asked_anew(seen: Seen) -> bool:
    """An expired object was asked for without conditions because of what it says."""
    return seen.expired and seen.text("asked anew").startswith("no conditional request for ")


def expired_at_once(seen: Seen) -> bool:
    """An object that had expired at once was renewed by a 304."""
    return "revalidated" in seen.facts and seen.lookup is not None and seen.lookup.expires <= seen.lookup.stored


def own_conditions(seen: Seen) -> bool:
    """The viewer's conditions gave way to those of the expired object."""
    return seen.expired and "asked anew" in seen.facts and not seen.text("asked anew") and seen.asks(*staleness.CONDITIONS)


def stale(seen: Seen) -> bool:
    """A stale object was served."""
    return seen.stale


def stale_while_revalidate(seen: Seen) -> bool:
    """stale-while-revalidate stood beside a directive against reuse, and was not followed."""
    minimum = 0.0 if seen.behavior is None else seen.behavior.cache_policy.min_ttl
    refetched = seen.control.forbids is not None or freshness.varies_by_everything(seen.origin_headers)
    return seen.expired and minimum <= 0 and refetched and seen.control.stale_while_revalidate is not None


def must_revalidate(seen: Seen) -> bool:
    """A stale object was served that says must-revalidate or proxy-revalidate."""
    text = seen.headers.joined("cache-control") or ""
    return seen.stale and re.search(r"\b(?:must|proxy)-revalidate\b", text, re.IGNORECASE) is not None


def uncached_4xx(seen: Seen) -> bool:
    """A 4xx that is not stored was shown, and the expired object stays."""
    shown = seen.said is not None and 400 <= seen.said.status < 500
    return shown and seen.expired and seen.verdict is not None and not seen.verdict.store


def failed_condition(seen: Seen) -> bool:
    """A 412 to the viewer's own condition could have been stored."""
    failed = seen.said is not None and seen.said.status == 412 and seen.asks(*staleness.CONDITIONS)
    return failed and seen.verdict is not None and seen.verdict.store


# --- ranges and conditions ---


def range_on_a_miss(seen: Seen) -> bool:
    """The origin sent a part, which is not stored."""
    return seen.asks("range") and seen.said is not None and seen.said.status == 206 and "key" in seen.facts


def several_ranges(seen: Seen) -> bool:
    """Several ranges of a stored object were asked for."""
    asked = seen.request.headers.joined("range") or ""
    return seen.request.method == "GET" and seen.stored and re.match(r"bytes *=[^,]*\d[^,]*,", asked) is not None


def range_on_head(seen: Seen) -> bool:
    """A range was asked for by HEAD."""
    return seen.request.method == "HEAD" and seen.stored and seen.asks("range")


def if_range(seen: Seen) -> bool:
    """If-Range was judged here."""
    return seen.request.method == "GET" and seen.stored and seen.asks("range") and seen.asks("if-range")


def if_match(seen: Seen) -> bool:
    """If-Match or If-Unmodified-Since was left out of account."""
    return seen.stored and seen.asks("if-match", "if-unmodified-since")


def made_304_or_416(seen: Seen) -> bool:
    """A 304 or 416 was made of a stored object."""
    return seen.stored and (seen.status == 304 or (seen.status == 416 and seen.replaced is None))


def page_of_416(seen: Seen) -> bool:
    """A stored object cannot satisfy its range, and a custom page was shown whole."""
    return seen.stored and seen.replaced is not None and seen.replaced[0] == 416
