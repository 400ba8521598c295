"""Whatever viewers ask, the clock does and the origin says: the proxy serves what `cache_model.py` says that CloudFront serves."""

import asyncio
import itertools
from dataclasses import dataclass, field, fields
from email.utils import formatdate
from typing import NamedTuple

import pytest
from cache_model import Answer, Cache, Policy, Seen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import ALL_METHODS, House, behavior, distribution, policy, respond

from edgeproxy.errors import OriginError
from edgeproxy.model import CustomErrorResponse, Selection

CONDITIONS = ("If-None-Match", "If-Modified-Since")
LAST_MODIFIED = "Thu, 01 Jan 1970 00:00:00 GMT"


class Brief:
    """Shows what is not the default: a shrunk example reads like a sentence."""

    def __repr__(self):
        said = ((part.name, getattr(self, part.name), part.default) for part in fields(self))
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value, usual in said if value != usual)})"


@dataclass(frozen=True, repr=False)
class Says(Brief):
    """What the origin answers, should it be asked."""

    status: int = 200
    cache_control: str | None = None
    expires: int | str | None = None
    """Seconds from now, or text that is no date."""
    etag: str | None = None
    last_modified: str | None = None
    vary: str | None = None
    unchanged: bool = False
    """304 to a request with conditions."""
    unreachable: bool = False

    def answer(self, version, now, conditions):
        expires = formatdate(int(now) + self.expires, usegmt=True) if isinstance(self.expires, int) else self.expires
        names = ("Cache-Control", "Expires", "ETag", "Last-Modified", "Vary")
        values = (self.cache_control, expires, self.etag, self.last_modified, self.vary)
        headers = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        if self.unreachable:
            return Answer(self.status, {}, None)
        return Answer(304, headers, None) if self.unchanged and conditions else Answer(self.status, headers, version)


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """The clock moves, then a viewer asks."""

    after: float = 0
    method: str = "GET"
    path: str = "/a"
    if_none_match: str | None = None
    if_modified_since: str | None = None
    says: Says = field(default=Says())

    @property
    def conditions(self):
        sent = zip(CONDITIONS, (self.if_none_match, self.if_modified_since), strict=True)
        return {name: value for name, value in sent if value is not None}


class Outcome(NamedTuple):
    """What the viewer sees, and each (method, conditions) that the origin was asked with."""

    seen: Seen
    asked: tuple


# --- both sides ---


class Modelled:
    """The steps told to the model."""

    def __init__(self, rules):
        self.cache, self.asked = Cache(rules, self.origin), []

    def take(self, step, version, now):
        self.step, self.version, self.now = step, version, now
        seen = self.cache.ask(now, step.method, step.path, step.conditions)
        asked, self.asked = self.asked, []
        return Outcome(seen, tuple(asked))

    def origin(self, method, conditions):
        self.asked.append((method, conditions))
        return self.step.says.answer(self.version, self.now, conditions)


class Proxied:
    """The steps taken by the proxy: its pipeline, its store, its collapsing; only origin and clock are played."""

    def __init__(self, rules):
        cookies = Selection("all" if rules.cookies else "none")
        ttls = policy(rules.minimum, rules.default, rules.maximum, cookies=cookies)
        errors = tuple(CustomErrorResponse(code, error_caching_min_ttl=ttl) for code, ttl in rules.errors.items())
        default = behavior(cache=ttls, allowed_methods=ALL_METHODS)
        self.house = House(distribution(default=default, custom_error_responses=errors))
        self.house.origins.otherwise = self.origin

    async def take(self, step, version, now):
        self.step, self.version, self.house.clock.time = step, version, now
        answer = await self.house.send(step.method, step.path, *step.conditions.items())
        await self.settle()
        asked, self.house.origins.asked = self.house.origins.asked, []
        version = answer["X-Version"]
        assert version is None or answer.status == 304 or answer.body == version.encode()
        age = answer["Age"] and int(answer["Age"])
        seen = Seen(answer.status, version, answer["X-Cache"].removesuffix(" from cloudfront"), age)
        return Outcome(seen, tuple((request.method, conditions(request)) for _, request in asked))

    async def settle(self):
        """Nothing here waits for anything but the loop's next turn."""
        for _ in range(20):
            await asyncio.sleep(0)

    def origin(self, request):
        answer = self.step.says.answer(self.version, self.house.clock.time, conditions(request))
        if self.step.says.unreachable:
            return OriginError(answer.status, OriginError.CONNECT, "played", "OriginConnectError")
        if answer.version is None:
            return respond(answer.status, b"", *answer.headers.items())
        return respond(answer.status, answer.version.encode(), ("X-Version", answer.version), *answer.headers.items())


def conditions(request):
    return {name: request.headers.get(name.lower()) for name in CONDITIONS if name.lower() in request.headers}


async def both(rules, steps):
    """What the proxy did and what the model does, step by step."""
    proxied, modelled, now = Proxied(rules), Modelled(rules), 1_000_000.0
    for number, step in enumerate(steps, 1):
        now += step.after
        yield await proxied.take(step, f"v{number}", now), modelled.take(step, f"v{number}", now)


async def outcomes(rules, steps):
    told = []
    async for proxy, model in both(rules, steps):
        told.append(model)
        assert proxy == model, "\n".join(
            ["", "the proxy", str(proxy), "the model", str(model), "after", *map(repr, (rules, *steps[: len(told)]))]
        )
    return told


# --- the table of the guide ---

AGE_1, AGE_5, NO_STORE, PRIVATE = "max-age=1", "max-age=5", "no-store", "private"
CO, P, BRIEF = Policy(1, 86400, 31536000, False, {}), Policy(0, 60, 600, False, {}), Policy(0, 1, 600, False, {})
TAGGED = Says(cache_control=AGE_1, etag='"a"')
UNCHANGED = Says(etag='"a"', unchanged=True)


def steps(says, *afters):
    return [Step(after, says=says) for after in (0, *afters)]


GUIDE = {
    "CF-16": (P, steps(Says(), 7), "200 Miss, 200 Hit 7"),
    "CF-17": (P, steps(Says(cache_control="max-age=3600"), 599, 2), "200 Miss, 200 Hit 599, 200 Miss"),
    "CF-18": (
        P._replace(minimum=300, default=600, maximum=900),
        steps(Says(cache_control=AGE_5), 200, 100),
        "200 Miss, 200 Hit 200, 200 Miss",
    ),
    "CF-19": (
        P._replace(default=600, maximum=900),
        steps(Says(cache_control="max-age=100, s-maxage=5", etag='"a"', unchanged=True), 10),
        "200 Miss, 200 RefreshHit",
    ),
    "CF-20": (CO, steps(Says(cache_control=NO_STORE), 0, 2), "200 Miss, 200 Hit 0, 200 Miss"),
    "CF-21": (P, steps(Says(cache_control=PRIVATE), 0), "200 Miss, 200 Miss"),
    "CF-22": (P, steps(Says(expires=-10), 0), "200 Miss, 200 Miss"),
    "CF-23": (P, steps(Says(cache_control="public"), 59, 1), "200 Miss, 200 Hit 59, 200 Miss"),
    "CF-24": (BRIEF, [Step(says=TAGGED), Step(2, says=UNCHANGED)], "200 Miss, 200 RefreshHit"),
    "CF-25": (BRIEF._replace(cookies=True), [Step(says=TAGGED), Step(2, says=UNCHANGED)], "200 Miss, 200 Miss"),
    "CF-26": (P, [Step(says=Says(etag='"a"')), Step(if_none_match='"a"')], "200 Miss, 304 Hit 0"),
    "CF-41": (P, steps(Says(404), 9, 1), "404 Error, 404 Error 9, 404 Error"),
    "CF-42": (P._replace(errors={404: 0}), steps(Says(404), 0), "404 Error, 404 Error"),
    "CF-43": (P, steps(Says(404, NO_STORE), 0), "404 Error, 404 Error"),
    "CF-44": (
        BRIEF,
        [Step(says=TAGGED), Step(2, says=Says(503)), Step(1, says=Says(503))],
        "200 Miss, 200 RefreshHit, 200 RefreshHit",
    ),
    "CF-45": (
        BRIEF,
        [Step(says=Says(cache_control="max-age=1, stale-if-error=0")), Step(2, says=Says(503))],
        "200 Miss, 503 Error",
    ),
    "CF-46": (BRIEF, [Step(says=TAGGED), Step(2, says=Says(404))], "200 Miss, 404 Error"),
    "CF-64": (P, [Step(), Step(3, "HEAD")], "200 Miss, 200 Hit 3"),
}


def in_words(seen):
    return f"{seen.status} {seen.x_cache}" + ("" if seen.age is None else f" {seen.age}")


@pytest.mark.parametrize(("rules", "steps", "served"), GUIDE.values(), ids=GUIDE)
async def test_the_proxy_and_the_model_do_what_the_guide_says(rules, steps, served):
    told = await outcomes(rules, steps)
    assert ", ".join(in_words(outcome.seen) for outcome in told) == served


# --- and whatever else may come ---

# The outcomes of a failure come with the shrunk story, told up to the step that differs.
# A small world, where the ends of times are met exactly, just before and just after. What stands first is simplest.
RULES = [
    Policy(*ttls, cookies, errors)
    for cookies in (False, False, True)
    for errors in ({}, {503: 0, 502: 5}, {404: 0, 403: 30, 503: 30}, {500: 5, 404: 5, 504: 0})
    for ttls in ((0, 5, 20), (0, 0, 15), (0, 60, 600), (3, 5, 20), (10, 10, 10), (1, 86400, 31536000), (0, 0, 0))
]
CACHE_CONTROLS = [
    ", ".join(directive for directive in said if directive) or None
    for said in itertools.product(
        ("", "", "max-age=1", "max-age=5", "max-age=0", "public", "MAX-AGE=20, max-age=1", "max-age=abc, must-revalidate"),
        ("", "", "", "", "s-maxage=5", "s-maxage=0", "s-maxage=-1"),
        ("", "", "stale-while-revalidate=5", "stale-while-revalidate=60"),
        ("", "", "", "stale-if-error=0", "stale-if-error=5", "stale-if-error=60", "stale-if-error=x"),
        ("", "", "", "", "", "no-cache", "no-store", "private"),
    )
]
EXPIRES = [None] * 10 + [-10, 5, 30, "0", "soon"]
VARY = [None] * 9 + ["*", "Accept-Encoding, *", "Accept-Encoding"]
ETAGS, DATES = [None, '"a"', '"b"'], [None, None, LAST_MODIFIED]
ODDITIES = list(itertools.product(EXPIRES, ETAGS, DATES, VARY, (False, True)))
GOOD, BAD = [200], [404, 403, 410, 500, 503]
AFTER = [0, 0.5, 1, 4, 5, 6, 9, 10, 11, 20]
ASKED = list(itertools.product(AFTER, ["GET"] * 8 + ["HEAD", "POST"], ["/a"] * 7 + ["/b"], [None, *ETAGS], DATES))


def one_of(items):
    """As `sampled_from`, without its repr of thousands of items."""
    return st.integers(0, len(items) - 1).map(lambda number: items[number])


def answering(statuses):
    told = st.tuples(one_of(statuses), one_of(CACHE_CONTROLS), one_of(ODDITIES))
    return told.map(lambda parts: Says(*parts[:2], *parts[2]))


def story(parts):
    """A few answers, given again and again: what is stored meets its own return."""
    answers, requests = parts
    return [Step(*asked, answers[number % len(answers)]) for asked, number in requests]


no_origin = st.sampled_from([Says(502, unreachable=True), Says(504, unreachable=True)])
answers = st.lists(answering(GOOD) | answering(GOOD) | answering(BAD) | no_origin, min_size=1, max_size=4)
requests = st.lists(st.tuples(one_of(ASKED), st.integers(0, 3)), min_size=4, max_size=12)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(one_of(RULES), st.tuples(answers, requests).map(story))
async def test_the_proxy_serves_what_the_model_says(rules, steps):
    assert len(await outcomes(rules, steps)) == len(steps)
