"""What one call of a CloudFront Function costs (`call`, `hmac`), and the memory of a hundred of them (`loaded`).

A call is what a request pays: its event built from headers seen for the first time, the run, the result checked and applied.
`python -m loadtests.bench.functions` loads a hundred, runs each once and prints the bytes by which its process grew.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import NamedTuple

import _quickjs
import psutil

from edgeproxy.edge import load_function
from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers, Request, Response
from edgeproxy.model import Function
from edgeproxy.rules import function_event
from edgeproxy.rules.edge_event import Context
from loadtests.bench import viewer
from loadtests.bench.client import WrongAnswer
from loadtests.bench.figures import MB, Figure, Target
from loadtests.processes import ROOT

TARGETS = {"call": Target("<=", 2.5, "x"), "hmac": Target("<=", 4.0, "x"), "loaded": Target("<", 1.0, "MB")}
P99 = Target("<", 1.0, "ms")
CALLS, WARM_UP, LOADED = 2000, 200, 100
NOW = 1_767_225_600.0

CONTEXT = Context("d111111abcdef8.cloudfront.net", "EDFDVBD6EXAMPLE", "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=")
HEADERS = (("Host", "www.example.com"), *viewer.HEADERS)
CLEAN_URLS, JWT_CHECK = ((ROOT / "functions" / name / "index.js").read_text() for name in ("clean-urls", "jwt-check"))
HMAC = "crypto.createHmac('sha256', KEY).update(parts[0] + '.' + parts[1]).digest('base64url')"
WITHOUT_HMAC = JWT_CHECK.replace(HMAC, "parts[2]")
KEY = b"example-key-that-belongs-in-a-key-value-store"
SIGNED = 200
"""Bytes of a token that its signature covers."""

Call = Callable[[], object]


class Times(NamedTuple):
    """Microseconds of the calls of one round."""

    p50: float
    p99: float


def token() -> str:
    """A JSON Web Token that JWT_CHECK lets pass."""
    header = _base64url(b'{"alg":"HS256","typ":"JWT"}')
    claims = json.dumps({"sub": "alice", "exp": int(NOW) + 3600}).ljust((SIGNED - len(header) - 1) * 3 // 4)
    signed = f"{header}.{_base64url(claims.encode())}"
    return f"{signed}.{_base64url(hmac.digest(KEY, signed.encode(), hashlib.sha256))}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def request(query: str | None = None) -> Request:
    """What a browser asks, with headers that no rule has seen yet."""
    return Request("GET", "https", "www.example.com", "/about", query, Headers(HEADERS), client_ip="198.51.100.11")


def function_call(code: str, query: str | None, becomes: str) -> Call:
    """One call after another of a function that makes `becomes` of the request's target. Raises WrongAnswer."""
    function = load_function(Function("measured", "cloudfront-js-2.0", code))

    def call() -> Request | Response:
        asked = request(query)
        event = function_event.request_event(CONTEXT, asked)
        return function_event.apply_to_request(function.run(event.text, NOW).output, event, asked)

    try:
        answer = call()
    except FunctionError as error:
        raise WrongAnswer(f"the function failed: {error.cause}") from None
    if not isinstance(answer, Request) or answer.target != becomes:
        raise WrongAnswer(f"the function did not make {becomes} of the request: {answer}")
    return call


def bare_call(code: str) -> Call:
    """The same event text through a bare context: parsed, given to handler, its answer made text again."""
    run = _quickjs.Context().eval(f"(() => {{{code}\nreturn text => JSON.stringify(handler(JSON.parse(text)).request || null)}})()")
    text = function_event.request_event(CONTEXT, request()).text
    return lambda: run(text)


def measure(names: list[str], rounds: int) -> list[Figure]:
    """The figures `names` (of TARGETS). Raises WrongAnswer."""
    found: list[Figure] = []
    if "call" in names:
        found += _pair("call", rounds, function_call(CLEAN_URLS, None, "/about.html"), bare_call(CLEAN_URLS))
    if "hmac" in names:
        query = f"jwt={token()}"
        found += _pair("hmac", rounds, *(function_call(code, query, "/about") for code in (JWT_CHECK, WITHOUT_HMAC)))
    if "loaded" in names:
        found.append(loaded([_growth() for _ in range(rounds)]))
    return found
