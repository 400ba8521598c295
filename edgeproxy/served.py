"""What is on its way out of a passage, and what every answer has of CloudFront's own: its place, its id, its pages."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import NamedTuple, assert_never

from edgeproxy.exchange import Exchange
from edgeproxy.fetch import Ports
from edgeproxy.messages import EMPTY, Body, Bytes, Headers, Request, Response, Stream, cut
from edgeproxy.plan import BehaviorPlan, DistributionPlan
from edgeproxy.rules import access, answer_headers, conditional, error_pages, quotas, server_timing
from edgeproxy.rules.seen import Witness

POP = "LOC1-C1"
"""X-Amz-Cf-Pop of this machine: the form of an edge location, the name of none."""
NO_DISTRIBUTION_VIA = "00000000000000000000000000000000.cloudfront.net (CloudFront)"


class Again(NamedTuple):
    """A stored object that the same request gets again while it is fresh, but for the id and the age (seconds)."""

    key: str
    stored: Headers
    request_id: str
    age: int


class Answer(NamedTuple):
    """What is written to the viewer; `added` stands after the headers."""

    status: int
    reason: str
    headers: Headers
    added: tuple[tuple[str, str], ...]
    body: Body
    x_cache: str
    closes: bool = False
    """Does the connection end with it?"""
    again: Again | None = None
    """None: the same request may well get another answer."""


class Served(NamedTuple):
    """A response on its way out: what X-Cache says of it, its age in seconds, and which of the later steps concern it."""

    response: Response
    x_cache: str
    age: int | None = None
    origin_status: int = 200
    """What the origin sent; viewer-response runs only below 400."""
    generated: bool = False
    """Made at viewer-request or by CloudFront itself: no conditionals, no viewer-response."""
    replaceable: bool = True
    """May a custom error response take its place?"""
    complete: bool = False
    """Are CloudFront's own headers among the response's?"""
    settled: bool = False
    """Have the viewer's conditions and range been judged?"""
    closes: bool = False
    """Does the connection end with it?"""
    key: str = ""
    """Of the stored object that it is, where nothing but the object's age can change it."""
    stored: Response | None = None
    """That object as it is stored."""

    def again(self, request_id: str) -> Again | None:
        """What the same request gets while the object is fresh; None: that is not known."""
        if self.stored is None or self.response.status != 200 or not isinstance(self.response.body, Bytes):
            return None
        return Again(self.key, self.stored.headers, request_id, self.age or 0)


class Switches(NamedTuple):
    """What holds for every request of a proxy, whatever its distribution says."""

    cache: bool = True
    timing: bool = False
    """Is there a Server-Timing field in every answer?"""
    https_port: int | None = None
    """Of the HTTPS listener; None: plain HTTP plays it."""
    strict: bool = False
    """Is it told which choices of ours an answer rests on?"""


AS_DECLARED = Switches()
"""Nothing is switched."""


def _request_ids() -> Iterator[str]:
    """Ids as X-Amz-Cf-Id has them: 40 random bytes in base64url, 56 characters ending in `==`; made many at a time."""
    while True:
        text = urlsafe_b64encode(os.urandom(159 * 100)).decode("ascii")
        for start in range(0, len(text), 53):
            # 40 bytes are 53 characters and two bits more: the last character is one of four.
            yield text[start : start + 53] + "AQgw"[start & 3] + "=="


REQUEST_IDS = _request_ids()


def refusal_answer(refusal: quotas.Refusal, exchange: Exchange, ports: Ports) -> Answer:
    """CloudFront's page for a request that is refused before a distribution is chosen."""
    exchange.note("error", refusal.cause)
    request_id = next(REQUEST_IDS)
    page = error_pages.page(refusal.status, access.BAD_REQUEST, request_id)
    added = answer_headers.added("Error", NO_DISTRIBUTION_VIA, POP, request_id, None)
    return Answer(refusal.status, "", error_pages.headers(ports.clock.now()), added, Bytes(page), "Error")


def redirect(status: int, location: str, now: float) -> Served:
    """CloudFront's own redirect to another scheme, at `now` (Unix seconds)."""
    headers = error_pages.headers(now).adding(("Location", location))
    return Served(Response(status, headers, Bytes(error_pages.redirect(status))), "Redirect", generated=True, replaceable=False)


def judged_by_conditions(request: Request, served: Served) -> Served:
    """The stored object as the viewer's conditions and range want it: 206, 304 or 416; the same value where it is whole."""
    response = served.response
    if served.generated or served.settled or response.status != 200:
        return served
    decision = conditional.evaluate(request, response.status, response.headers, response.body.length)
    match decision:
        case conditional.Whole():
            return served
        case conditional.NotModified():
            headers = conditional.not_modified_headers(response.headers)
            return served._replace(response=Response(304, headers, without_content(response.body)))
        case conditional.Part(first, last, _):
            headers = conditional.part_headers(response.headers, decision)
            return served._replace(response=Response(206, headers, cut(response.body, first, last)))
        case conditional.Unsatisfiable(total):
            headers = conditional.unsatisfiable_headers(response.headers, total)
            return served._replace(response=Response(416, headers, without_content(response.body)), x_cache="Error")
        case _:
            assert_never(decision)


def with_custom_page(failed: Served, page: Served, status: int) -> Served:
    """A custom error response: `page` in place of `failed`, shown with `status`."""
    code = failed.response.status
    # "If the page cannot be had, the viewer gets the status that its origin returned."
    response = page.response._replace(status=status if page.response.status < 400 else page.response.status, reason="")
    return Served(
        response,
        "Error",
        page.age,
        origin_status=code,
        replaceable=False,
        # The range that could not be satisfied is not one of the page.
        settled=code == 416,
        closes=code in error_pages.CLOSING,
    )


def with_server_timing(
    served: Served, exchange: Exchange, request_id: str, milliseconds: float
) -> tuple[Served, tuple[str, str]]:
    """Without the origin's Server-Timing, and CloudFront's field in its place; `milliseconds`: since the request came."""
    headers = served.response.headers
    told = server_timing.Told(served.x_cache, served.age is not None, POP, request_id, milliseconds)
    field = ("Server-Timing", server_timing.value(told, exchange, headers))
    return served._replace(response=served.response._replace(headers=headers.without("server-timing"))), field


def witness(request: Request, answer: Answer, distribution: DistributionPlan | None, plan: BehaviorPlan | None) -> Witness:
    """What is kept of an answer for those who ask which choices of ours it rests on; `request` as the viewer sent it."""
    headers = Headers((*answer.headers, *answer.added))
    declared = None if distribution is None else distribution.distribution
    return Witness(request, headers, declared, None if plan is None else plan.behavior, answer.body.length)


def without_content(body: Body) -> Body:
    """No content, in place of a body that is still to be let go of."""
    return EMPTY if isinstance(body, Bytes) else Stream(EMPTY.chunks(), 0, body)
