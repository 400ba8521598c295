"""CloudFront's cache as its guide tells it (Expiration, HTTPStatusCodes, custom error pages), nothing of edgeproxy in it."""

from collections import namedtuple
from email.utils import mktime_tz, parsedate_tz

AGES = {"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"}
ASKED_ANEW, FORBIDDING = {"no-store", "private"}, {"no-store", "private", "no-cache"}
ALWAYS_CACHED, CACHED_WITH_AGE, OBEYING = {404, 414, 500, 501, 502, 503, 504}, {400, 403, 405, 412, 415}, {404, 410, 414, 501}

Policy = namedtuple("Policy", "minimum default maximum cookies errors")
Answer = namedtuple("Answer", "status headers version")
Stored = namedtuple("Stored", "answer at expires retry")
Seen = namedtuple("Seen", "status version x_cache age")


def directives(headers):
    """Of two the first valid one, malformed ages left out."""
    parts = [part.strip().partition("=") for part in headers.get("Cache-Control", "").lower().split(",")]
    return {n: int(v) if n in AGES else True for n, _, v in reversed(parts) if n not in AGES or v.isdecimal()}


def own_age(headers, now):
    """s-maxage > max-age > Expires > None; an invalid Expires has expired."""
    said, date = directives(headers), parsedate_tz(headers.get("Expires", ""))
    expires = max(0, mktime_tz(date) - now) if date else 0 if "Expires" in headers else None
    return said.get("s-maxage", said.get("max-age", expires))


class Cache:
    def __init__(self, policy, origin):
        self.policy, self.origin, self.objects = policy, origin, {}  # origin(method, conditions) gives an Answer

    def ask(self, now, method, path, viewers):
        stored = self.objects.get(path)
        if method == "POST" or stored is None:
            return self.fetched(now, method, path, viewers, None)
        revalidating, failing = self.stale_until(stored)
        if now < stored.expires:
            return shown(stored, viewers, "Hit" if stored.answer.status < 400 else "Error", int(now - stored.at))
        if now < min(stored.retry, failing):
            return shown(stored, viewers, "RefreshHit", None)
        if now < revalidating:
            self.fetched(now, "GET", path, {}, stored)  # in the background
            return shown(stored, viewers, "Hit", int(now - stored.at))
        return self.fetched(now, method, path, viewers, stored)

    def fetched(self, now, method, path, viewers, stored):
        ours = self.conditions(stored) if stored and method == "GET" else {}
        answer = self.origin(method, ours or viewers)
        if stored and answer.status >= 500 and now < self.stale_until(stored)[1]:
            self.objects[path] = stored._replace(retry=now + self.policy.errors.get(answer.status, 10))
            return shown(stored, viewers, "RefreshHit", None)
        refreshed = ours and answer.status == 304
        kept = stored.answer._replace(headers=stored.answer.headers | answer.headers) if refreshed else answer
        ttl = self.ttl(kept.status, kept.headers, now)
        if method == "GET" and ttl is not None:
            self.objects[path] = Stored(kept, now, now + ttl, 0)
        if refreshed:
            return shown(self.objects[path], viewers, "RefreshHit", None)
        return Seen(answer.status, answer.version, "Miss" if answer.status < 400 else "Error", None)

    def ttl(self, status, headers, now):
        """None: it is not stored."""
        said, own, (minimum, default, maximum, _, errors) = directives(headers).keys(), own_age(headers, now), self.policy
        cached = status in ALWAYS_CACHED or (status in CACHED_WITH_AGE and said & {"max-age", "s-maxage"})
        if maximum == 0 or status == 304 or (status >= 400 and not cached) or (status in OBEYING and said & FORBIDDING):
            return None
        if status >= 400:
            return min(max(errors.get(status, 10), own or 0), maximum) or None
        if said & FORBIDDING or self.obeys(FORBIDDING, headers):
            return minimum
        return min(max(default if own is None else own, minimum), maximum)

    def obeys(self, words, headers):
        """With Min TTL 0 these words are obeyed, and `Vary: *` as well."""
        return self.policy.minimum == 0 and (directives(headers).keys() & words or "*" in headers.get("Vary", ""))

    def conditions(self, stored):
        """What an object is revalidated with; {}: it is fetched anew."""
        status, headers, _ = stored.answer
        if self.policy.cookies or status >= 400 or self.obeys(ASKED_ANEW, headers):
            return {}
        pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
        return {condition: headers[name] for condition, name in pairs if name in headers}

    def stale_until(self, stored):
        """When an expired object may no longer be served while it is revalidated, and while the origin fails."""
        (status, headers, _), said, oldest = stored.answer, directives(stored.answer.headers), stored.at + self.policy.maximum
        revalidating = 0 if self.obeys(FORBIDDING, headers) else said.get("stale-while-revalidate", 0)
        untils = (stored.expires + revalidating, stored.expires + said.get("stale-if-error", self.policy.maximum))
        return [min(until, oldest) if status < 400 else 0 for until in untils]


def shown(stored, viewers, x_cache, age):
    """An object from the cache; CloudFront itself answers the viewer's conditions."""
    status, headers, version = stored.answer
    tag = viewers.get("If-None-Match")
    known = tag == headers.get("ETag") if tag else viewers and "Last-Modified" in headers
    return Seen(304 if known and status == 200 else status, version, x_cache, age)
