"""Fakes and builders that many tests share; no mocks: each is a small working part."""

import json

from edgeproxy.errors import EdgeError
from edgeproxy.exchange import Exchange
from edgeproxy.fetch import Ports
from edgeproxy.fetched import Fetched
from edgeproxy.hooks import Hook
from edgeproxy.messages import Bytes, Headers, Request, Response, Stream, Viewer
from edgeproxy.model import (
    CacheBehavior,
    CachePolicy,
    Configuration,
    Distribution,
    Function,
    LambdaAssociation,
    LambdaFunction,
    Origin,
    Selection,
    Settings,
    Url,
)
from edgeproxy.pipeline import Passage
from edgeproxy.plan import compile as compile_plan
from edgeproxy.ports import NOTHING_GIVEN, FunctionResult, HandlerResult
from edgeproxy.rules import viewer_values
from edgeproxy.stores.cache import MemoryCache
from edgeproxy.stores.collapse import Collapsing

ALL_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
HERE = Url("http", "127.0.0.1", 3000)


class Clock:
    """Time that only the test moves."""

    def __init__(self, now=1_000_000.0):
        self.time = now

    def now(self):
        return self.time

    def monotonic(self):
        return self.time


class Origins:
    """Answers by path from a dictionary of responses (or functions of the request); remembers what it was asked."""

    def __init__(self, **answers):
        self.answers = {"/" + path: answer for path, answer in answers.items()}
        self.asked = []
        self.resolved = []
        self.unknown = None
        """The error of every name that is looked up."""
        self.otherwise = respond(404, b"no such path")

    async def fetch(self, origin, place, request):
        self.asked.append((origin.id, request))
        answer = self.answers.get(request.path, self.otherwise)
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, EdgeError):
            raise answer
        return answer

    async def resolve(self, origin, place):
        self.resolved.append(origin.id)
        if isinstance(self.unknown, EdgeError):
            raise self.unknown

    @property
    def paths(self):
        return [request.target for _, request in self.asked]


def respond(status=200, body=b"hello", *headers, stream=False):
    """A response with Content-Length (none when `stream`: then the body comes in chunks)."""
    items = list(headers)
    if stream:
        return lambda request: Response(status, Headers(items), Stream(chunks_of(body), None))
    return Response(status, Headers([("Content-Length", str(len(body))), *items]), Bytes(body))


async def chunks_of(body, size=1000):
    for start in range(0, len(body), size):
        yield body[start : start + size]


def whole_event(text, part):
    """The event of a CloudFront Function, parsed, with all that stands apart from its text."""
    event = json.loads(text)
    if part is not None:
        event["response" if "response" in event else "request"] |= json.loads(part("records"))
        event |= json.loads(part("request")) if "response" in event else {}
    return event


class PythonFunction:
    """A CloudFront Function made of a Python function from the event's text to the output's."""

    def __init__(self, name, run):
        self.name = name
        self._run = run
        self.runs = 0

    def run(self, event, now, given=NOTHING_GIVEN):
        self.runs += 1
        return FunctionResult(self._run(json.dumps(whole_event(event, given.part))), (), 0.05)


class PythonHandler:
    """A Lambda@Edge handler made of a Python function from the event (parsed) to the payload."""

    def __init__(self, name, invoke):
        self.name = name
        self._invoke = invoke
        self.events = []

    async def invoke(self, event, limit=None):
        self.events.append(event)
        return HandlerResult(self._invoke(event), 0.0, 0.0, 0.1)


def policy(minimum=0, default=60, maximum=600, **parts):
    return CachePolicy("test", minimum, default, maximum, **parts)


QUERY_ALL = Selection("all")


def behavior(pattern="*", origin="app", cache=None, functions=None, lambdas=None, **parts):
    """A behavior; `functions` and `lambdas` by hook hold PythonFunction and PythonHandler objects."""
    return CacheBehavior(
        pattern,
        origin,
        cache or policy(),
        functions={Hook(hook): Function(code.name, "cloudfront-js-2.0", "") for hook, code in (functions or {}).items()},
        lambdas={
            Hook(hook): LambdaAssociation(LambdaFunction(code.name, "python3.12", "index.handler"))
            for hook, code in (lambdas or {}).items()
        },
        **parts,
    )


def distribution(*behaviors, default=None, origins=None, name="Site", **parts):
    return Distribution(
        name,
        "E123",
        f"d{name.lower()}.cloudfront.net",
        origins or {name: Origin(name, f"{name}.test", place=HERE) for name in ("app", "other")},
        default or behavior(),
        behaviors,
        **parts,
    )


class House:
    """A distribution with fakes around it; `get` and `send` drive one passage each."""

    def __init__(self, *distributions, origins=None, code=(), settings=None, clock=None, cache_size=1 << 20):
        self.clock = clock or Clock()
        self.origins = origins or Origins()
        self.collapse = Collapsing[Fetched]()
        self.ports = Ports(self.clock, MemoryCache(cache_size), self.collapse, self.origins)
        loaded = {part.name: part for part in code}
        self.settings = settings or Settings()
        self.snapshot = compile_plan(
            Configuration(distributions or (distribution(),), self.settings),
            lambda function: loaded[function.name],
            lambda function: loaded[function.name],
        )
        self.exchange = None

    def passage(
        self, method="GET", target="/", *headers, host="localhost", scheme="https", body=None, version="1.1", websocket=False,
        viewer=None,
    ):  # fmt: skip
        """`viewer`: what is given of it, as in the settings."""
        path, mark, query = target.partition("?")
        self.exchange = Exchange(method, target, self.clock.monotonic())
        items = Headers([("Host", host), *headers])
        content = Bytes(body) if body is not None else Bytes(b"")
        request = Request(
            method, scheme, host, path, query if mark else None, items, content, version, "198.51.100.7", 4711, websocket,
            Viewer(viewer_values.headers(viewer or {}), None, items),
        )  # fmt: skip
        return Passage(self.snapshot, self.ports, self.exchange, request)

    async def send(self, method="GET", target="/", *headers, **parts):
        answer = await self.passage(method, target, *headers, **parts).run()
        body = b"".join([chunk async for chunk in answer.body.chunks()])
        await answer.body.close()
        return Seen(answer, body)

    async def get(self, target="/", *headers, **parts):
        return await self.send("GET", target, *headers, **parts)


class Seen:
    """An answer as a viewer sees it."""

    def __init__(self, answer, body):
        self.status = answer.status
        self.headers = Headers([*answer.headers, *answer.added])
        self.body = body
        self.x_cache = answer.x_cache

    def __getitem__(self, name):
        return self.headers.joined(name.lower())
