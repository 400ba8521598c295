"""Requests through the real pipeline, and which choices of ours each answer rests on."""

import asyncio
from typing import NamedTuple

from kit import ALL_METHODS, House, Origins, behavior, distribution

from edgeproxy.rules import chosen
from edgeproxy.served import witness

PEER = {"client_ip", "tls"}
"""Parts of a request that the house gives to none."""


class Ask(NamedTuple):
    """One request."""

    method: str
    target: str
    headers: tuple
    parts: dict


def ask(target="/x", *headers, method="GET", **parts):
    return Ask(method, target, headers, parts)


def get(target="/x", **headers):
    """A GET; `If_None_Match="…"` is a header."""
    return ask(target, *((name.replace("_", "-"), value) for name, value in headers.items()))


def site(*answers, code=(), distribution_parts=None, **parts):
    """A house of one behavior; the origin gives `/x` these answers in turn, the last one again and again."""
    given = list(answers)

    def answer(request):
        found = given.pop(0) if len(given) > 1 else given[0]
        return found(request) if callable(found) else found

    parts = {"allowed_methods": ALL_METHODS, **parts}
    origins = Origins(x=answer, **{"x/y": answer, "index.html": answer}) if answers else Origins()
    return House(distribution(default=behavior(**parts), **(distribution_parts or {})), origins=origins, code=code)


async def one(house, asked):
    """The ids of the choices that the answer to one request rests on."""
    peer = {name: value for name, value in asked.parts.items() if name in PEER}
    parts = {name: value for name, value in asked.parts.items() if name not in PEER}
    passage = house.passage(asked.method, asked.target, *asked.headers, **parts)
    viewer = passage.request.viewer._replace(tls=peer.pop("tls", None))
    request = passage.request = passage.request._replace(viewer=viewer, **peer)
    passage.switches = getattr(house, "switches", passage.switches)
    exchange = passage.exchange
    answer = await passage.run()
    found = witness(request, answer, passage.distribution, passage.plan)
    async for _ in answer.body.chunks():
        pass
    await answer.body.close()
    exchange.status, exchange.x_cache = answer.status, answer.x_cache
    exchange.close(house.clock.monotonic())
    return chosen.touched(exchange, found)


async def touched(house, *steps):
    """The ids for the last of several steps: requests, and seconds that pass between them."""
    ids = []
    for step in steps:
        if isinstance(step, Ask):
            ids = await one(house, step)
            # What is stored in the background is stored.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        else:
            house.clock.time += step
    return ids
