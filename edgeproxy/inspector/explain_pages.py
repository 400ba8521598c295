"""Explanations at the admin listener: a request is really made, as a viewer would, and its story told.

    POST   /explanations     {"method"?, "target", "scheme"?, "host"?, "headers"?: [[name, value], …], "cache"?: true | false,
                              "viewer"?: {"country": "FR", …}}

`scheme` (http, https) counts where there is an HTTPS listener; else plain HTTP plays it. The request has no body. It fills the
cache and is counted like any other; `"cache": false` asks the origin and stores nothing; `viewer` has the values that are
given of this viewer only (see `viewer_pages`).
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from aiohttp import web

from edgeproxy.exchange import Exchange
from edgeproxy.fetch import Ports
from edgeproxy.inspector import story
from edgeproxy.inspector.answers import answer, read
from edgeproxy.inspector.viewer_pages import changes
from edgeproxy.messages import BodyBroken, Headers, Request, Viewer
from edgeproxy.plan import Snapshot
from edgeproxy.ports import DeskRefused, Sink, ViewerDesk
from edgeproxy.rules import quotas
from edgeproxy.rules.edge_headers import control_character, is_token
from edgeproxy.served import Answer, Switches, refusal_answer
from edgeproxy.witnessed import WitnessedPassage

MAX_BODY = 4 << 20
"""Bytes of an answer that are read; the rest is let go of."""
_TARGET = re.compile(r"[!-~]+")
_VERSION = (1, 1)


class ViewerSide(Protocol):
    """What the viewer listener serves from; its snapshot is swapped by a reload."""

    snapshot: Snapshot
    ports: Ports
    sink: Sink
    scheme: str
    switches: Switches
    viewer: ViewerDesk
    address: str
    """Where viewers reach it, a name of this machine with its port: the Host of a question that names none."""


class ExplainPages:
    """The page of explanations."""

    def __init__(self, viewers: ViewerSide) -> None:
        self._viewers = viewers

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/explanations", self._explain)]

    async def _explain(self, request: web.Request) -> web.Response:
        question = _question(await read(request), self._viewers.address)
        return answer(await explain(self._viewers, question))


class Question(NamedTuple):
    """The request that is to be explained."""

    method: str
    target: str
    headers: Headers
    """Host first."""
    cache: bool
    viewer: Mapping[str, str]
    """Values that are given of its viewer only, by name."""
    scheme: str = "https"


async def explain(viewers: ViewerSide, question: Question) -> story.Json:
    """Makes the request and tells its story. Never raises for the viewer's, the origin's or the user's code's faults."""
    clock = viewers.ports.clock
    exchange = Exchange(question.method, question.target, clock.monotonic())
    try:
        return await _told(viewers, question, exchange)
    except BaseException:
        exchange.aborted = True
        raise
    finally:
        if not exchange.closed:
            exchange.close(clock.monotonic())
        viewers.sink.accept(exchange)


async def _told(viewers: ViewerSide, question: Question, exchange: Exchange) -> story.Json:
    request = _request(question, viewers)
    passage = WitnessedPassage(viewers.snapshot, viewers.ports, exchange, request, _switches(viewers, question))
    refusal = _refusal(question)
    given = await passage.run() if refusal is None else refusal_answer(refusal, exchange, viewers.ports)
    size, whole = await _read(given, request.method, exchange)
    exchange.status, exchange.x_cache, exchange.sent = given.status, given.x_cache, size
    exchange.close(viewers.ports.clock.monotonic())
    return story.tell(story.Told(request, exchange, given, size, whole, passage.distribution, passage.plan))


def _switches(viewers: ViewerSide, question: Question) -> Switches:
    return viewers.switches._replace(cache=viewers.switches.cache and question.cache)


def _request(question: Question, viewers: ViewerSide) -> Request:
    path, mark, query = question.target.partition("?")
    host = question.headers.get("host") or ""
    viewer = Viewer(viewers.viewer.with_changes(question.viewer), None, question.headers)
    scheme = viewers.scheme if viewers.switches.https_port is None else question.scheme
    return Request(question.method, scheme, host, path, query if mark else None, question.headers, viewer=viewer)


def _refusal(question: Question) -> quotas.Refusal | None:
    raw = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in question.headers)
    refusal = quotas.refuse(question.method, question.target, _VERSION, question.headers, body=False)
    return refusal or quotas.refuse_size(quotas.head_size(question.method, question.target, raw))


async def _read(given: Answer, method: str, exchange: Exchange) -> tuple[int, bool]:
    """How many bytes of the body came, and whether that was all of it."""
    size = 0
    try:
        if method == "HEAD" or given.status in (204, 304):
            return 0, True
        async for chunk in given.body.chunks():
            size += len(chunk)
            if size > MAX_BODY:
                return size, False
    except BodyBroken as error:
        exchange.note("error", f"the answer broke off: {error}")
        return size, False
    finally:
        await given.body.close()
    return size, True


# --- the question ---


def _question(body: Any, address: str) -> Question:
    match body:
        case {"target": str(target), **rest} if rest.keys() <= {"method", "scheme", "host", "headers", "cache", "viewer"}:
            method, host, cache = rest.get("method", "GET"), rest.get("host", address), rest.get("cache", True)
            scheme = rest.get("scheme", "https")
            if scheme not in ("http", "https"):
                raise _refused("scheme must be http or https")
            if not (isinstance(method, str) and isinstance(host, str) and isinstance(cache, bool)):
                raise _refused("method and host must be text, cache true or false")
        case _:
            parts = '"method"?, "target", "scheme"?, "host"?, "headers"?: [[name, value], …], "cache"?, "viewer"?'
            raise _refused(f"the body must be {{{parts}}}")
    if not is_token(method):
        raise _refused(f"{method!r} is no method")
    if not _TARGET.fullmatch(target):
        raise _refused("the target must be a path and query in ASCII without spaces: percent-encode the rest")
    headers = _headers([["Host", host], *_list(rest.get("headers", []))])
    return Question(method, target, headers, cache, changes(rest.get("viewer", {})), scheme)


def _list(headers: object) -> list[Any]:
    if not isinstance(headers, list):
        raise _refused("headers must be a list of [name, value]")
    return headers


def _headers(pairs: list[Any]) -> Headers:
    """As a viewer sends them: UTF-8, one character a byte."""
    found = []
    for pair in pairs:
        match pair:
            case [str(name), str(value)] if is_token(name) and control_character(value) is None:
                found.append((name, value.strip(" \t").encode("utf-8").decode("latin-1")))
            case _:
                raise _refused(f"{pair!r} is no header: [name, value] without line breaks")
    headers = Headers(found)
    if len(headers.get_all("host")) > 1:
        raise _refused("give the Host as host, not among the headers")
    if len(headers) > quotas.HEADER_COUNT:
        raise _refused(f"there may be {quotas.HEADER_COUNT} headers")
    return headers


def _refused(message: str) -> DeskRefused:
    return DeskRefused("ValidationException", message)
