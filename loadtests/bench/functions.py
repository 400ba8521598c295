"""What one call of a CloudFront Function costs (`call`, `hmac`), and the memory of a hundred of them (`loaded`).

A call is what a request pays: its event built from headers seen for the first time, the run, the result checked and applied.
`call` is of a function that changes the URI alone, `reading` of one that reads a header and adds one: only then are the
headers made text, parsed, written and compared.
`python -m loadtests.bench.functions` loads a hundred, runs each once and prints the bytes by which its process grew.
"""

import hmac
import json
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from statistics import median, quantiles

import _quickjs
import psutil

from edgeproxy.edge import load_function
from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers, Request, Response
from edgeproxy.model import Function
from edgeproxy.ports import Given
from edgeproxy.rules import function_event
from edgeproxy.rules.edge_event import Context
from loadtests.bench import viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import MB, Figure, Target
from loadtests.processes import ROOT

TARGETS = {
    "call": Target("<=", 2.5, "x"),
    "reading": Target("<=", 6.0, "x"),
    "hmac": Target("<=", 4.0, "x"),
    "loaded": Target("<", 1.0, "MB"),
}
P99 = Target("<", 1.0, "ms")
CALLS, WARM_UP, LOADED = 2000, 200, 100
NOW = 1_767_225_600.0

CONTEXT = Context("d111111abcdef8.cloudfront.net", "EDFDVBD6EXAMPLE", "4TyzHTaYWb1GX1qTfsHhEqV6HUDdBzoBZnwfnvQc1oF26ClkoUSEQ==")
HEADERS = (("Host", "www.example.com"), *viewer.HEADERS, ("Sec-CH-UA", '"Chromium";v="140", "Google Chrome";v="140"'))
"""Ten headers and the cookies: an event of 1 KB."""
CLEAN_URLS, JWT_CHECK = ((ROOT / "functions" / name / "index.js").read_text() for name in ("clean-urls", "jwt-check"))
READING = "function handler(e) { const h = e.request.headers; h['x-host'] = { value: h.host.value }; return e.request; }"
HMAC = "crypto.createHmac('sha256', KEY).update(parts[0] + '.' + parts[1]).digest('base64url')"
WITHOUT_HMAC = JWT_CHECK.replace(HMAC, "parts[2]")
JOSE, KEY = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", b"example-key-that-belongs-in-a-key-value-store"
SIGNED_BYTES = 200

Call = Callable[[], object]
Times = list[float]
"""Seconds of each call of a round."""


def token() -> str:
    """A JSON Web Token that JWT_CHECK lets pass."""
    claims = f'{{"sub":"alice","exp":{NOW + 3600:.0f}}}'.ljust((SIGNED_BYTES - len(JOSE) - 1) * 3 // 4)
    signed = b".".join((JOSE, urlsafe_b64encode(claims.encode()).rstrip(b"=")))
    return b".".join((signed, urlsafe_b64encode(hmac.digest(KEY, signed, "sha256")).rstrip(b"="))).decode()


def request(query: str | None = None) -> Request:
    """What a browser asks, with headers that no rule has seen yet."""
    return Request("GET", "https", "www.example.com", "/about", query, Headers(HEADERS))


def event_text() -> str:
    """The event of that request as one text, as CloudFront's engine gets it."""
    event = function_event.request_event(CONTEXT, request())
    whole = json.loads(event.text)
    whole["request"] |= json.loads(event.part("records"))
    return json.dumps(whole, separators=(",", ":"))


def function_call(code: str, query: str | None, becomes: str) -> Call:
    """A call of a function that makes `becomes` of the request's target; it ran once. Raises WrongAnswer."""
    function = load_function(Function("measured", "cloudfront-js-2.0", code))

    def call() -> Request | Response:
        asked = request(query)
        event = function_event.request_event(CONTEXT, asked)
        given = Given(asked.query, part=event.part)
        return function_event.apply_to_request(function.run(event.text, NOW, given).output, event, asked)

    try:
        answer = call()
    except FunctionError as error:
        raise WrongAnswer(f"the function failed: {error.cause}") from None
    if not isinstance(answer, Request) or answer.target != becomes:
        raise WrongAnswer(f"the function did not make {becomes} of the request: {answer}")
    return call


def bare_call(code: str) -> Call:
    """The same event text through a bare context: parsed, given to handler, and what it returns made text again."""
    run = _quickjs.Context().eval(f"(() => {{{code}\nreturn text => JSON.stringify(handler(JSON.parse(text)))}})()")
    text = event_text()
    return lambda: run(text)


def measure(names: list[str], rounds: int) -> list[Figure]:
    """The figures `names` (of TARGETS). Raises WrongAnswer."""
    found: list[Figure] = []
    if "call" in names:
        ours = function_call(CLEAN_URLS, None, "/about.html")
        found += compared("call: function / bare engine", TARGETS["call"], *_take_turns(rounds, ours, bare_call(CLEAN_URLS)))
    if "reading" in names:
        ours = function_call(READING, None, "/about")
        found += compared("reading: headers / bare engine", TARGETS["reading"], *_take_turns(rounds, ours, bare_call(READING)))
    if "hmac" in names:
        ours, without = (function_call(code, f"jwt={token()}", "/about") for code in (JWT_CHECK, WITHOUT_HMAC))
        found += compared("hmac: JWT check / without HMAC", TARGETS["hmac"], *_take_turns(rounds, ours, without))
    if "loaded" in names:
        found.append(grown([_growth() for _ in range(rounds)]))
    return found


def _take_turns(rounds: int, *calls: Call) -> list[list[Times]]:
    for call in calls:
        _round(call, WARM_UP)
    turns = [[_round(call, CALLS) for call in calls] for _ in range(rounds)]
    return [list(times) for times in zip(*turns, strict=True)]


def _round(call: Call, calls: int) -> Times:
    clock, times = time.perf_counter, []
    for _ in range(calls):
        began = clock()
        call()
        times.append(clock() - began)
    return times


def compared(name: str, target: Target, ours: list[Times], others: list[Times]) -> list[Figure]:
    """The median of the ratios of each round's p50, and that of each round's p99. Of at least two calls a round."""
    p50s, other_p50s = [[median(times) for times in rounds] for rounds in (ours, others)]
    ratios = [one / other for one, other in zip(p50s, other_p50s, strict=True)]
    p99s = [quantiles(times, n=100, method="inclusive")[98] * 1000 for times in ours]
    absolute = f"p50 {median(p50s) * 1e6:,.0f} of {median(other_p50s) * 1e6:,.0f} µs, {len(ours[0]):,} calls a round"
    return [
        Figure(name, target, median(ratios), ratios, absolute),
        Figure(f"{name.partition(':')[0]}: p99", P99, median(p99s), p99s, f"slowest {max(map(max, ours)) * 1000:.2f} ms"),
    ]


def grown(growths: list[int]) -> Figure:
    """The worst of the growths (bytes) of all rounds, for one of the functions."""
    each = [growth / LOADED / MB for growth in growths]
    return Figure("loaded: a function's memory", TARGETS["loaded"], max(each), each, f"RSS, one of {LOADED}")


def _growth() -> int:
    done = subprocess.run([sys.executable, "-m", "loadtests.bench.functions"], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise WrongAnswer(f"loading {LOADED} functions ended with {done.returncode}")
    return int(done.stdout)


def load() -> int:
    """Loads LOADED functions, no two of the same code, and runs each once; the bytes by which this process has grown."""
    process, kept = psutil.Process(), list[Call]()
    before = process.memory_info().rss
    kept.extend(function_call(f"{JWT_CHECK}// {number}", f"jwt={token()}", "/about") for number in range(LOADED))
    return process.memory_info().rss - before


if __name__ == "__main__":
    print(load())
