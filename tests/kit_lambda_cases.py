"""One proxy with a behavior and a function for each case, the origin behind it, and what a case consists of."""

import asyncio
import io
import json
import re
import textwrap
from collections.abc import Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from kit_proxy import PATIENCE, Running, Seen
from yarl import URL

from edgeproxy.messages import Headers

LIFE = (32, 33, 34, 35, 36, 51, 52, 53, 54, 55)
"""The cases that are about a function's life rather than about one event and its result."""
CONTENT = b"the origin's content"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ALWAYS = ("Date", "Via", "X-Cache", "X-Amz-Cf-Pop", "X-Amz-Cf-Id")
RUNTIMES = {"python": "python3.12", "nodejs": "nodejs22.x"}
HOOKS = ("viewer-request", "origin-request", "origin-response", "viewer-response")
VIEWER_REQUEST, ORIGIN_REQUEST, ORIGIN_RESPONSE, VIEWER_RESPONSE = ((hook,) for hook in HOOKS)

BAD_JSON = "The Lambda function returned invalid JSON: "
NO_OBJECT = BAD_JSON + "The JSON output must be an object type."
BAD_ENTRY = "The Lambda function returned an invalid entry in the headers object: "
FAILED = "The Lambda function result failed validation: "
READ_ONLY = FAILED + "The function tried to add, delete, or change a read-only header."
BLACKLISTED = FAILED + "The function tried to add a blacklisted header."
BAD_BODY = FAILED + "The body is not a string, is not an object, or exceeds the maximum size."
BAD_URI = FAILED + "The specified URI is in an invalid format."
BAD_QUERY = FAILED + "The specified query string is in an invalid format."
BAD_ORIGIN = "The Lambda function returned an invalid origin configuration: "
BAD_HEADERS = BAD_ORIGIN + "One or more HeaderName or HeaderValue values are invalid."
INVALID = "The Lambda function associated with the CloudFront distribution is invalid or doesn't have the required permissions."
UNRESOLVED = "CloudFront wasn't able to resolve the origin domain name."
REFUSED_HEADER = "Lambda function result failed validation, the function tried to {} header{}, headerName : {}."
LISTED = REFUSED_HEADER.format("add a blacklisted", " in headers", "{}").format

PYTHON = """\
import base64, hashlib, json, os, time, urllib.request
count = 0
def handler(event, context):
    global count
    count += 1
    cf = event['Records'][0]['cf']
    hook, request, response = cf['config']['eventType'], cf['request'], cf.get('response')
    *_, hook_asked, variant = request['uri'].split('/')
"""
JAVASCRIPT = """\
let count = 0;
exports.handler = async (event, context) => {
  count += 1;
  const { config, request, response } = event.Records[0].cf, cf = event.Records[0].cf, hook = config.eventType;
  const [hookAsked, variant] = request.uri.split('/').slice(-2);
"""


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Ask(NamedTuple):
    """A request, and all that must be seen of it."""

    tail: str = ""
    """Of the path, behind the `/le-7/` of its case."""
    status: int = 200
    x_cache: str = "Miss"
    body: bytes | None = CONTENT
    """None where a sentence or an event says more."""
    asked: tuple[dict[str, Any], ...] = ({},)
    """What the origin got: for each request header lines by name (None: there is none), `:target`, `:method` or `:body`."""
    ran: tuple[str, ...] | None = None
    """The hooks that ran, in order; None: those of the case."""
    sends: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    """The body of a POST."""
    sentence: str | None = None
    """Of CloudFront's error page."""
    said: str = ""
    """Stands on the terminal below the request."""
    shown: Mapping[str, str | None] = NOTHING
    """Headers of the answer."""
    event: Mapping[str, Any] = NOTHING
    """Parts of the handler's `cf`, by path; ABSENT ones too."""
    starts: int = 0
    """How often the handler's module said that it is being loaded."""
    lasts: tuple[float, float] = (0.0, PATIENCE)
    """Seconds."""


class Case(NamedTuple):
    """A numbered case: a function at some hooks of its own behavior, in both languages (None: it concerns the other)."""

    number: int
    sentence: str
    hooks: tuple[str, ...]
    python: str | None
    javascript: str | None
    asks: tuple[Ask, ...]
    target: str = "app"
    include_body: bool = False
    properties: Mapping[str, Any] = NOTHING
    """Of the function, beside the usual ones."""

    @property
    def name(self):
        return f"le-{self.number}"

    def code(self, language, port):
        """The file; a source that has no handler of its own becomes the body of one."""
        source, beginning, end = (self.python, PYTHON, "") if language == "python" else (self.javascript, JAVASCRIPT, "};\n")
        if source is None:
            return None
        whole = "def handler" in source or "exports.handler" in source
        return (source if whole else beginning + textwrap.indent(source, "    ") + "\n" + end).replace("PORT", str(port))


ABSENT = object()


def part(event, path):
    """`part(cf, "request.headers.via.0.key")`, or ABSENT."""
    for step in path.split("."):
        if isinstance(event, list):
            event = event[int(step)]
        elif step in event:
            event = event[step]
        else:
            return ABSENT
    return event


def protected(what, name):
    return REFUSED_HEADER.format(f"{what} read-only", "", name)


def fine(tail="", *asked, **more):
    """Through to the origin; `asked` is what that got."""
    return Ask(tail, asked=asked or ({},), **more)


def hit(tail="", **more):
    return Ask(tail, x_cache="Hit", asked=(), **more)


def generated(tail="", **more):
    """An answer of the handler at viewer-request."""
    return Ask(tail, x_cache="LambdaGeneratedResponse", **{"asked": (), "ran": VIEWER_REQUEST, **more})


def validation(tail, sentence, said, **more):
    return Ask(tail, 502, "LambdaValidationError", sentence=sentence, said=said, **{"body": None, "asked": (), **more})


def execution(tail, said, **more):
    return Ask(tail, 503, "LambdaExecutionError", sentence=INVALID, said=said, body=None, asked=(), **more)


class Received(NamedTuple):
    """A request as it came to the origin."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def __getitem__(self, name):
        if name.startswith(":"):
            return getattr(self, name[1:])
        return next((value for key, value in self.headers if key == name), None)


class Origin:
    """Answers as the end of the path says, keeps what it got, and holds whoever asks for `/hold` until `let_go`."""

    def __init__(self):
        self.received = []
        self._held = asyncio.Semaphore(0)
        self._free = asyncio.Semaphore(0)

    async def held(self, count):
        """Waits until so many are held."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(count):
                await self._held.acquire()

    def let_go(self, count):
        for _ in range(count):
            self._free.release()

    async def answer(self, request):
        if request.raw_path == "/hold":
            self._held.release()
            await self._free.acquire()
            return web.Response()
        headers = Headers([(name.decode(), value.decode()) for name, value in request.raw_headers])
        self.received.append(Received(request.method, request.raw_path, headers, await request.read()))
        end = request.raw_path.rpartition("/")[2]
        status = 503 if request.raw_path.startswith("/primary/") else int(end) if end in ("404", "500") else 200
        response = web.Response(status=status, body=CONTENT)
        if end == "chunked":
            response.enable_chunked_encoding()
        return response

    @asynccontextmanager
    async def listening(self):
        """Its port."""
        runner = web.ServerRunner(web.Server(self.answer, max_line_size=16384, handler_cancellation=True))
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


class Lines(io.StringIO):
    """The request lines; `of` waits for one."""

    def __init__(self):
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text):
        self._written.set()
        return super().write(text)

    async def of(self, beginning, since):
        """The line that begins so, and what stands below it."""
        async with asyncio.timeout(PATIENCE):
            while (found := re.search(rf"(?m)^{re.escape(beginning)}", text := self.getvalue()[since:])) is None:
                self._written.clear()
                await self._written.wait()
        return text[found.start() :]


class Lab(NamedTuple):
    """All cases in one language, behind one proxy, with one origin."""

    language: str
    proxy: Running
    origin: Origin

    async def get(self, path, *headers):
        return await self.proxy.get(path, *headers)

    async def ask(self, case, ask):
        """What was seen of it, in the form of `expected`."""
        path = f"/{case.name}/{ask.tail}"
        self.origin.received.clear()
        said, since = len(self.proxy.said), len(self.proxy.requests.getvalue())
        seen = await (self.get(path, *ask.sends) if ask.content is None else self.post(path, ask.content))
        line = request_line(case, ask)
        told = await self.proxy.requests.of(line[: line.index(path) + len(path) + 1], since)
        wanted = expected(case, ask)
        cf = json.loads(seen.body) if ask.event else {}
        got = [
            {name: received[name] for name in names} for received, names in zip(self.origin.received, ask.asked, strict=False)
        ]
        return {
            "answer": (seen.status, seen.x_cache, seen.sentence, seen.whole),
            "body": seen.body if ask.body is not None or CONTENT in seen.body else None,
            "headers": {name: seen[name] for name in wanted["headers"]},
            "headers that are missing": [name for name in ALWAYS if seen[name] is None],
            "event": {name: part(cf, name) for name in ask.event},
            "requestId of the event": not cf or cf["config"]["requestId"] == seen["X-Amz-Cf-Id"],
            "request line": told[: len(line)],
            "hooks that ran": hooks_that_ran(told),
            "told": ask.said if ask.said in told else told,
            "starts": sum(text.startswith(case.name) and text.endswith("starts") for text in self.proxy.said[said:]),
            "in time": ask.lasts[0] <= float(told.split()[4]) / 1000 < ask.lasts[1],
            "requests of the origin": len(self.origin.received),
            "what the origin got": got,
        }

    async def post(self, path, content):
        url = URL(f"http://127.0.0.1:{self.proxy.port}{path}", encoded=True)
        async with aiohttp.ClientSession() as session, session.post(url, data=content) as answer:
            headers = Headers([(name.decode(), value.decode()) for name, value in answer.raw_headers])
            return Seen(answer.status, headers, await answer.read(), True)


@asynccontextmanager
async def lab(folder, language, cases):
    """A proxy for all cases in a language, until the block ends."""
    origin = Origin()
    async with origin.listening() as port:
        write_project(folder, language, cases, port)
        proxy = Running(folder)
        proxy.requests = Lines()
        async with proxy:
            yield Lab(language, proxy, origin)


def request_line(case, ask):
    """How it begins."""
    return f"{'GET' if ask.content is None else 'POST'} /{case.name}/{ask.tail} {ask.status} {ask.x_cache} "


def expected(case, ask):
    """What is to be seen, each part by its name."""
    # An error page, and an answer of viewer-request, have CloudFront's own.
    server = {"Server": "CloudFront"} if ask.sentence or "Generated" in ask.x_cache else {}
    return {
        "answer": (ask.status, ask.x_cache, ask.sentence, True),
        "body": ask.body,
        "headers": {**server, **ask.shown},
        "headers that are missing": [],
        "event": ask.event,
        "requestId of the event": True,
        "request line": request_line(case, ask),
        "hooks that ran": case.hooks if ask.ran is None else ask.ran,
        "told": ask.said,
        "starts": ask.starts,
        "in time": True,
        "requests of the origin": len(ask.asked),
        "what the origin got": list(ask.asked),
    }


def hooks_that_ran(text):
    """Read off a request line."""
    return tuple(re.findall(rf"  ({'|'.join(HOOKS)}) \S+ [0-9.]+ ms", text.split("\n")[0]))


def write_project(folder, language, cases, port):
    resources, behaviors = {}, [behavior("*", "app", ())]
    for case in cases:
        if (code := case.code(language, port)) is not None:
            resources |= function(case, code, RUNTIMES[language])
            behaviors.append(behavior(f"/{case.name}/*", case.target, associations(case)))
    config = {
        "Enabled": True,
        "Origins": [
            {"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}},
            *(custom_origin(name) for name in ("app", "primary", "secondary", "gone")),
        ],
        "OriginGroups": {
            "Quantity": 1,
            "Items": [{
                "Id": "group",
                "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
                "Members": {"Quantity": 2, "Items": [{"OriginId": "primary"}, {"OriginId": "secondary"}]},
            }],
        },
        "DefaultCacheBehavior": {name: value for name, value in behaviors[0].items() if name != "PathPattern"},
        "CacheBehaviors": behaviors[1:],
    }  # fmt: skip
    web = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    (folder / "template.json").write_text(json.dumps({"Resources": {**resources, "Web": web}}, indent=1))
    (folder / "public").mkdir()
    here = f"http://127.0.0.1:{port}"
    places = {"app": here, "primary": f"{here}/primary", "secondary": here, "gone": "http://nowhere.invalid"}
    if any("origin-request" in case.hooks for case in cases):  # else nobody could choose it
        places["elsewhere.test"] = here
    settings = {"distribution": "template.json", "origins": {**places, "site": "./public"}}
    (folder / "edgeproxy.yaml").write_text(json.dumps(settings))


def custom_origin(name):
    protocols = {"OriginProtocolPolicy": "http-only", "OriginSSLProtocols": ["TLSv1.1", "TLSv1.2"]}
    return {"Id": name, "DomainName": f"{name}.example.com", "CustomOriginConfig": protocols}


def in_each_language(cases, *numbers):
    """Parametrizes a test: the cases with these numbers, or all that have requests, for the fixture `lab` of each language."""
    return pytest.mark.parametrize(
        ("lab", "case"),
        [
            pytest.param(language, case, id=f"LE-{case.number} {case.sentence}-{language}")
            for language in RUNTIMES
            for case in cases
            if case.code(language, 0) and (case.number in numbers if numbers else case.asks)
        ],
        indirect=["lab"],
    )


def behavior(pattern, target, lambdas):
    every_method = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    return {
        "PathPattern": pattern,
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "allow-all",
        # A group takes no other methods.
        "AllowedMethods": every_method[:3] if target == "group" else every_method,
        "CachePolicyId": CACHING_OPTIMIZED,
        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER,
        "LambdaFunctionAssociations": list(lambdas),
    }


def associations(case):
    version = {"Ref": f"Le{case.number}Version"}
    for hook in case.hooks:
        yield {"EventType": hook, "LambdaFunctionARN": version, "IncludeBody": case.include_body and hook.endswith("request")}


def function(case, code, runtime):
    properties = {
        "FunctionName": case.name,
        "Runtime": runtime,
        "Handler": "index.handler",
        "Role": "arn:aws:iam::111122223333:role/edge",
        "Timeout": 30,
        "Code": {"ZipFile": code},
        **case.properties,
    }
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": f"Le{case.number}"}}}
    return {
        f"Le{case.number}": {"Type": "AWS::Lambda::Function", "Properties": properties},
        f"Le{case.number}Version": version,
    }


def behind_one_proxy(cases):
    """The fixture `lab`: a proxy with one cache, which serves the tests of a language one after the other."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module", name="lab")
    async def all_cases_in_one_language(request, tmp_path_factory):
        async with lab(tmp_path_factory.mktemp(request.param), request.param, cases) as running:
            yield running

    return all_cases_in_one_language
