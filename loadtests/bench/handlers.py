"""What Lambda@Edge handlers cost: a warm invocation (`warm`), many at once (`many`), a cold start (`cold`), and what cache hits
feel of busy handlers (`busy`).

A warm invocation is compared with a bare HTTP round trip: aiohttp's client asks a bare aiohttp server in another process
(`python -m loadtests.bench.handlers`) over one connection that stays open.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from aiohttp import web

from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.ports import Handler
from edgeproxy.runtimes.lambda_edge.environments import Environments
from loadtests.bench import event_loop, viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import Figure, Target
from loadtests.processes import Server, running

TARGETS = {
    "warm": Target("<=", 1.5, "x"),
    "many": Target(">=", 0.85, "x"),
    "cold": Target("<=", 200.0, "ms"),
    "busy": Target("<=", 2.0, "x"),
}
COLD = {"python3.13": Target("<=", 150.0, "ms"), "nodejs22.x": TARGETS["cold"]}
EVENT = b'{"Records":[{"cf":{}}]}'
NO_OP = {"python3.13": "def handler(event, context): return event", "nodejs22.x": "exports.handler = async (event) => event;"}
SLOW = "import time\ndef handler(event, context):\n    time.sleep(0.01)\n    return event"
SLEEP, ENVIRONMENTS, REQUESTS = 0.010, 8, 64
CALLS, WARM_UP = 1000, 100
"""Invocations of a round, and those before it that do not count."""

Ask = Callable[[], Awaitable[object]]


def function(runtime: str, code: str) -> LambdaFunction:
    """A function of a few lines; no two of the same name and code share their environments."""
    return LambdaFunction(f"{runtime}-{len(code)}", runtime, "index.handler", inline=code, timeout=30)


async def p50(ask: Ask, calls: int) -> float:
    """The median of so many calls, one after the other, in milliseconds."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def warm(rounds: int, bare: str) -> list[Figure]:
    """No-op invocations of both languages, in turns with round trips to the bare server at the URL."""
    environments = Environments(LambdaEdgeSettings(environments=1), lambda line: None)
    handlers = {runtime: environments.handler(function(runtime, code)) for runtime, code in NO_OP.items()}
    async with aiohttp.ClientSession() as session:

        async def round_trip() -> None:
            async with session.post(bare, data=EVENT) as answer:
                if await answer.read() != EVENT:
                    raise WrongAnswer(f"the bare server answered {answer.status}")

        asks: dict[str, Ask] = {"bare": round_trip, **{runtime: invoking(handler) for runtime, handler in handlers.items()}}
        measured: dict[str, list[float]] = {name: [] for name in asks}
        try:
            for ask in asks.values():
                await p50(ask, WARM_UP)
            for _ in range(rounds):
                for name, ask in asks.items():
                    measured[name].append(await p50(ask, CALLS))
        finally:
            await environments.close()
    return [_warm_figure(runtime, measured[runtime], measured["bare"]) for runtime in NO_OP]


def _warm_figure(runtime: str, ours: list[float], bare: list[float]) -> Figure:
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    absolute = f"p50 {median(ours):.2f} of {median(bare):.2f} ms, {CALLS:,} calls a round"
    return Figure(f"warm: {runtime} / bare round trip", TARGETS["warm"], median(ratios), ratios, absolute)


def invoking(handler: Handler) -> Ask:
    """Invokes a handler that returns its event."""

    async def ask() -> None:
        if (await handler.invoke(EVENT)).payload.replace(b" ", b"") != EVENT:
            raise WrongAnswer(f"{handler.name} did not return its event")

    return ask


async def many(rounds: int, seconds: float) -> Figure:
    """Invocations a second of a 10 ms handler, against as many as its environments could take without any overhead."""
    environments = Environments(LambdaEdgeSettings(environments=ENVIRONMENTS), lambda line: None)
    ask = invoking(environments.handler(function("python3.13", SLOW)))
    ideal = ENVIRONMENTS / SLEEP
    try:
        await asyncio.gather(*(ask() for _ in range(REQUESTS)))
        rates = [await _rate(ask, seconds) for _ in range(rounds)]
    finally:
        await environments.close()
    ratios = [rate / ideal for rate in rates]
    absolute = f"{median(rates):,.0f} of {ideal:,.0f} invocations/s, {REQUESTS} at once, {ENVIRONMENTS} environments"
    return Figure("many: 10 ms handlers / ideal", TARGETS["many"], median(ratios), ratios, absolute)


async def _rate(ask: Ask, seconds: float) -> float:
    done, began = 0, time.perf_counter()

    async def one_after_the_other() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await ask()
            done += 1

    await asyncio.gather(*(one_after_the_other() for _ in range(REQUESTS)))
    return done / (time.perf_counter() - began)


async def cold(rounds: int) -> list[Figure]:
    """From the decision to start a process to its first question for an event: Init Duration."""
    found = []
    for runtime, target in COLD.items():
        taken = []
        for _ in range(rounds):
            environments = Environments(LambdaEdgeSettings(environments=1), lambda line: None)
            result = await environments.handler(function(runtime, NO_OP[runtime])).invoke(EVENT)
            taken.append(result.init)
            await environments.close()
        found.append(Figure(f"cold: {runtime}", target, median(taken), taken, "Init Duration of a no-op handler"))
    return found


SITE = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Slow:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Timeout: 30
      Role: arn:aws:iam::123456789012:role/edge
      Code:
        ZipFile: |
          import time
          def handler(event, context):
              time.sleep(0.5)
              return {"status": "200", "body": "slow"}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Slow}}
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: site, DomainName: b.s3.us-east-1.amazonaws.com, S3OriginConfig: {OriginAccessIdentity: ""}}]
        CacheBehaviors:
          - PathPattern: /slow*
            TargetOriginId: site
            ViewerProtocolPolicy: allow-all
            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
            LambdaFunctionAssociations: [{EventType: viewer-request, LambdaFunctionARN: !Ref Version}]
        DefaultCacheBehavior:
          {TargetOriginId: site, ViewerProtocolPolicy: allow-all, CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6}
"""


def busy(rounds: int, seconds: float) -> Figure:
    """The p99 of hits, one after the other, while every environment is busy, against that while none is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgeproxy-")))
        (folder / "public").mkdir()
        (folder / "public" / "page.html").write_bytes(b"x" * 1000)
        (folder / "template.yaml").write_text(SITE)
        proxy = stack.enter_context(
            running("edgeproxy", "serve", folder / "template.yaml", "--origin", f"site={folder / 'public'}", "--port", 0)
        )
        viewer.ask(proxy.address, "/page.html")
        pairs = [event_loop.run(_quiet_and_busy(proxy, seconds)) for _ in range(rounds)]
    ratios = [loaded / quiet for quiet, loaded in pairs]
    absolute = f"p99 {median(loaded for _, loaded in pairs):.2f} of {median(quiet for quiet, _ in pairs):.2f} ms"
    return Figure("busy: hit p99 / without handlers", TARGETS["busy"], median(ratios), ratios, absolute)


async def _quiet_and_busy(proxy: Server, seconds: float) -> tuple[float, float]:
    quiet = await _hits_p99(proxy, seconds)
    slow = [asyncio.ensure_future(_keep_asking(proxy, seconds)) for _ in range(ENVIRONMENTS)]
    await asyncio.sleep(0.3)
    loaded = await _hits_p99(proxy, seconds)
    await asyncio.gather(*slow)
    return quiet, loaded


async def _hits_p99(proxy: Server, seconds: float) -> float:
    reader, writer = await asyncio.open_connection(*proxy.address)
    request, times, began = viewer.request(proxy.address, "/page.html"), [], time.perf_counter()
    while time.perf_counter() - began < seconds:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(1000)
        times.append((time.perf_counter() - started) * 1000)
        if b"X-Cache: Hit" not in head:
            raise WrongAnswer(head.decode("latin-1"))
    writer.close()
    return quantiles(times, n=100)[98]


async def _keep_asking(proxy: Server, seconds: float) -> None:
    reader, writer = await asyncio.open_connection(*proxy.address)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds + 0.3:
        writer.write(viewer.request(proxy.address, "/slow"))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise WrongAnswer(head.decode("latin-1"))
        await reader.readexactly(4)
    writer.close()


def measure(names: list[str], rounds: int, seconds: float) -> list[Figure]:
    """The figures `names` (of TARGETS). Raises NotStarted or WrongAnswer."""
    found: list[Figure] = []
    if "warm" in names:
        with running("loadtests.bench.handlers") as bare:
            found += event_loop.run(warm(rounds, bare.address.url))
    if "many" in names:
        found.append(event_loop.run(many(rounds, seconds)))
    if "cold" in names:
        found += event_loop.run(cold(rounds))
    if "busy" in names:
        found.append(busy(rounds, seconds))
    return found


async def serve() -> None:
    """The bare server: gives back what it was sent, until it is stopped."""

    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(body=await request.read())

    listening = await asyncio.get_running_loop().create_server(web.Server(echo, access_log=None), "127.0.0.1", 0)
    print(f"bare ready on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    event_loop.run(serve())
