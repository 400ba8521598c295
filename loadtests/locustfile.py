"""Drives the demo with locust: hits, misses, a path with a CloudFront Function, a path with Lambda@Edge handlers.

Weights come from the environment (a task with weight 0 does not run):

    EDGEPROXY_WEIGHT_HIT=10  EDGEPROXY_WEIGHT_MISS=2  EDGEPROXY_WEIGHT_FUNCTION=5  EDGEPROXY_WEIGHT_LAMBDA=1

Each entry is named by its task and by what X-Cache said of it: `hit (Hit)`, `hit (Miss)`, `miss (Miss)`, …
In the demo every API miss runs both handlers: `miss` counts what the cache did, `lambda` looks at what the handlers did.
locust patches sockets when it is imported: never import this file; `python -m loadtests.run` starts it as a process.
"""

import os
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from locust import FastHttpUser, task

MAX_AGE = 60
"""Seconds for which the hit's answer may be stored (MaxTTL of the demo's ApiCache)."""
Judge = Callable[[str, Any], str | None]


def weight(name: str, default: int) -> int:
    """A task's weight, EDGEPROXY_WEIGHT_<NAME> in the environment."""
    return int(os.environ.get(f"EDGEPROXY_WEIGHT_{name}", default))


class Promise:
    """Whoever asks after the first Miss of a path was answered gets a Hit, for as long as the object is fresh."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = self._until = 0.0

    def complaint(self, x_cache: str, asked: float) -> str | None:
        """What is wrong with an answer that was asked for at `asked` (monotonic seconds), None when nothing is."""
        if x_cache == "Hit":
            return None
        now = time.monotonic()
        if x_cache not in ("Miss", "RefreshHit") or (self._since <= asked and now < self._until):
            return f"{x_cache} where the cache holds a fresh object"
        if now >= self._until:
            self._since, self._until = now, asked + self._seconds
        return None


api, page = Promise(MAX_AGE), Promise(86_400)


class Viewer(FastHttpUser):
    """A viewer that asks again as soon as it is answered."""

    default_headers = {"Accept-Language": "de", "Accept-Encoding": "gzip, br"}  # noqa: RUF012

    @task(weight("HIT", 10))
    def hit(self) -> None:
        """The API's answer from the cache; no code runs."""
        asked = time.monotonic()
        self._ask("hit", f"/api/hit?max-age={MAX_AGE}", lambda x_cache, _: api.complaint(x_cache, asked))

    @task(weight("MISS", 2))
    def miss(self) -> None:
        """A cache key of its own each time."""
        self._ask("miss", f"/api/miss?key={uuid4().hex}", lambda x_cache, _: None if x_cache == "Miss" else "not a Miss")

    @task(weight("FUNCTION", 5))
    def function(self) -> None:
        """CleanUrls at viewer-request makes it /about.html; a hit after the first."""
        asked = time.monotonic()

        def judge(x_cache: str, response: Any) -> str | None:
            if response.headers.get("X-Viewer-Response") != "VisitorCookie":
                return "no mark of VisitorCookie (viewer-response)"
            return page.complaint(x_cache, asked)

        self._ask("function", "/about", judge)

    @task(weight("LAMBDA", 1))
    def lambda_(self) -> None:
        """A miss through Greeting (Python, origin-request) and Timing (Node.js, origin-response)."""

        def judge(x_cache: str, response: Any) -> str | None:
            if '"greeting": "Guten Tag"' not in response.text:
                return "no mark of Greeting (origin-request)"
            return None if "X-Origin-Response" in response.headers else "no mark of Timing (origin-response)"

        self._ask("lambda", f"/api/lambda?key={uuid4().hex}", judge)

    def _ask(self, name: str, target: str, judge: Judge) -> None:
        with self.client.get(target, name=name, catch_response=True) as response:
            stated = (response.headers or {}).get("X-Cache") or "none"
            x_cache = stated.removesuffix(" from cloudfront")
            response.request_meta["name"] = f"{name} ({x_cache})"
            if response.status_code == 200 and (complaint := judge(x_cache, response)):
                response.failure(complaint)
