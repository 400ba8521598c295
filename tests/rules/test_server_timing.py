import re

import pytest

from edgeproxy.exchange import Exchange
from edgeproxy.messages import Headers, Request, Upstream
from edgeproxy.model import ResponseHeadersPolicy, ServerTiming
from edgeproxy.rules import server_timing
from edgeproxy.rules.server_timing import Told

POP, RID = "LOC1-C1", "A" * 54 + "=="
ASKED = (("origin", "app"), ("upstream", Upstream("app", 0.2, 1.4, 3.6)))
PLACE = f'cdn-pop;desc="LOC1-C1",cdn-rid;desc="{RID}"'
UPSTREAM = 'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=1,cdn-upstream-fbl;dur=4'
END = "cdn-downstream-fbl;dur=5"


def value(x_cache, *facts, aged=False, own=()):
    exchange = Exchange("GET", "/", 0.0)
    for name, fact in facts:
        exchange.note(name, fact)
    return server_timing.value(Told(x_cache, aged, POP, RID, 5.2), exchange, Headers([("Server-Timing", each) for each in own]))


VALUES = [
    pytest.param("Miss", ASKED, {}, f"{UPSTREAM},cdn-cache-miss,{PLACE},{END}", id="a miss"),
    pytest.param("Hit", (), {"aged": True}, f'cdn-cache-hit,{PLACE},cdn-hit-layer;desc="EDGE",{END}', id="a hit"),
    pytest.param("RefreshHit", ASKED, {}, f"{UPSTREAM},cdn-cache-refresh,{PLACE},{END}", id="a refresh"),
    pytest.param("Error", ASKED, {}, f"{UPSTREAM},cdn-cache-miss,{PLACE},{END}", id="an error of the origin"),
    pytest.param("Error", (), {"aged": True}, f'cdn-cache-hit,{PLACE},cdn-hit-layer;desc="EDGE",{END}', id="an error from the cache"),
    pytest.param("Error", ASKED[:1], {}, f"cdn-cache-miss,{PLACE},{END}", id="an origin that gave no answer"),
    pytest.param("RefreshHit", ASKED[:1], {}, f"cdn-cache-refresh,{PLACE},{END}", id="a stale object where the origin gave none"),
    pytest.param("Error", (), {}, f"{PLACE},{END}", id="a refusal of CloudFront's own"),
    pytest.param("FunctionGeneratedResponse", (), {}, f"{PLACE},{END}", id="an answer made at viewer-request"),
    pytest.param("Miss", ASKED, {"own": ("db;dur=53", "app")}, f"{UPSTREAM},cdn-cache-miss,{PLACE},{END},db;dur=53, app", id="the origin's own on a miss"),
    pytest.param("Hit", (), {"aged": True, "own": ("db;dur=53",)}, f'cdn-cache-hit,{PLACE},cdn-hit-layer;desc="EDGE",{END}', id="not on a hit"),
    pytest.param("RefreshHit", ASKED, {"own": ("db;dur=53",)}, f"{UPSTREAM},cdn-cache-refresh,{PLACE},{END}", id="nor on a refresh"),
]  # fmt: skip


@pytest.mark.parametrize(("x_cache", "facts", "more", "expected"), VALUES)
def test_the_metrics_in_their_order(x_cache, facts, more, expected):
    assert value(x_cache, *facts, **more) == expected


def test_the_examples_of_the_guide_have_the_same_form():
    miss = (
        'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=114,cdn-upstream-fbl;dur=177,'
        'cdn-cache-miss,cdn-pop;desc="PHX50-C2",cdn-rid;desc="yNPsyYn7skvTzwWkq3Wcc8Nj_foxUjQUe9H1ifslzWhb0w7aLbFvGg==",'
        "cdn-downstream-fbl;dur=436"
    )
    exchange = Exchange("GET", "/", 0.0)
    exchange.note("upstream", Upstream("app", 0, 114, 177))
    told = Told("Miss", False, "PHX50-C2", "yNPsyYn7skvTzwWkq3Wcc8Nj_foxUjQUe9H1ifslzWhb0w7aLbFvGg==", 436)
    assert server_timing.value(told, exchange, Headers()) == miss
    assert re.fullmatch(r'[\w-]+(;desc="[^"]+"|;dur=\d+)?(,[\w-]+(;desc="[^"]+"|;dur=\d+)?)*', miss)


DUE = [
    pytest.param(100, 0.999999, (), True, id="all of them"),
    pytest.param(0, 0.0, (), False, id="none of them"),
    pytest.param(0, 0.5, ("server-timing",), True, id="CF-60 who asks gets it, at rate 0 too"),
    pytest.param(0, 0.5, ("no-cache", "Server-Timing"), True, id="CF-60 among other directives"),
    pytest.param(0, 0.5, ("no-cache",), False, id="CF-60 another directive does not ask"),
    pytest.param(0, 0.5, ("x-server-timing",), False, id="CF-60 nor one that ends like it"),
    pytest.param(0.0001, 0.0000009, (), True, id="one of a million"),
    pytest.param(0.0001, 0.0000011, (), False, id="and not the next"),
    pytest.param(50, 0.49999, (), True, id="the lower half"),
    pytest.param(50, 0.5, (), False, id="not the upper half"),
]


@pytest.mark.parametrize(("rate", "chance", "pragma", "due"), DUE)
def test_which_answers_have_it(rate, chance, pragma, due):
    request = Request("GET", "https", "h", "/", None, Headers([("Pragma", value) for value in pragma]))
    assert server_timing.is_due(ServerTiming(True, rate), request, chance) is due


@pytest.mark.parametrize(
    ("policy", "compiled"),
    [
        pytest.param(None, None, id="no policy"),
        pytest.param(ResponseHeadersPolicy("p"), None, id="a policy that does not ask"),
        pytest.param(ResponseHeadersPolicy("p", server_timing=ServerTiming(False, 100)), None, id="one that is not enabled"),
        pytest.param(ResponseHeadersPolicy("p", server_timing=ServerTiming(True)), ServerTiming(True), id="one that is"),
    ],
)
def test_only_an_enabled_policy_counts(policy, compiled):
    assert server_timing.compile(policy) == compiled
