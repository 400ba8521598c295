import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import House, Origins, behavior, distribution, respond
from kit_chosen import get, site, touched

from edgeproxy.exchange import Exchange
from edgeproxy.fidelity import BY_ID
from edgeproxy.messages import Headers, Request
from edgeproxy.rules import chosen
from edgeproxy.rules.seen import NOBODY, Witness

HERE = Path(__file__).parent
IDS = [row for row, _ in chosen.TABLE]


def test_each_id_is_a_choice_of_the_fidelity_table():
    assert [row for row in IDS if row not in BY_ID or BY_ID[row].status != "chosen"] == []


def test_none_is_listed_twice():
    assert len(set(IDS)) == len(IDS) == len({decided for _, decided in chosen.TABLE})
    assert len(IDS) >= 30


def test_each_id_has_a_case():
    literals = {
        node.value
        for path in HERE.glob("test_chosen*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert [row for row in IDS if row not in literals] == []


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([get()], id="a miss"),
        pytest.param([get(), get()], id="a hit"),
        pytest.param([get("/nothing")], id="a 404"),
        pytest.param([get("/nothing"), get("/nothing")], id="a stored 404"),
        pytest.param([get(), 61, get()], id="an expired object"),
    ],
)
async def test_an_ordinary_request_rests_on_no_choice(steps):
    browser = {"User_Agent": "Mozilla/5.0", "Accept": "*/*", "Accept_Encoding": "gzip, deflate, br", "Connection": "keep-alive"}
    steps = [step if isinstance(step, int) else get(step.target, **browser) for step in steps]
    assert await touched(site(respond(200, b"x", ("ETag", '"1"'), ("Content-Type", "text/html"))), *steps) == []


@pytest.mark.parametrize(
    ("method", "target", "status", "cause", "ids"),
    [
        pytest.param("GET", "/x", 414, "the URL is too long", ["refusals-by-size-page"], id="a URL that is too long"),
        pytest.param("-", "-", 494, "too many headers", ["refusals-by-size-page"], id="a head that is too large"),
        pytest.param("HEAD", "/x", 403, "HEAD with a body", ["head-with-a-body"], id="HEAD with a body"),
        pytest.param("GET", "/x", 403, "GET with a body", [], id="GET with a body"),
        pytest.param("GET", "http://a/x", 400, "only a path", ["request-target-forms"], id="an absolute target"),
        pytest.param("OPTIONS", "*", 400, "only a path", ["request-target-forms"], id="OPTIONS *"),
        pytest.param("-", "-", 400, "no HTTP", [], id="what is no HTTP"),
    ],
)
def test_what_was_refused_while_it_was_read(method, target, status, cause, ids):
    exchange = Exchange(method, target, 0.0)
    exchange.note("error", cause)
    exchange.status, exchange.x_cache = status, "Error"
    assert chosen.touched(exchange, NOBODY) == ids


async def test_a_root_object_alone_is_no_choice():
    house = House(distribution(default_root_object="index.html"), origins=Origins(**{"index.html": respond()}))
    assert await touched(house, get("/")) == []


TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30)
NAMES = st.sampled_from(
    [
        "Range",
        "If-Range",
        "If-None-Match",
        "Cache-Control",
        "Connection",
        "Origin",
        "Accept-Encoding",
        "Cookie",
        "Expires",
        "Vary",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(NAMES, TEXT)),
    st.lists(st.tuples(NAMES, TEXT)),
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from([200, 206, 304, 403, 502]),
)
def test_it_never_raises(asked, answered, host, path, query, status):
    exchange = Exchange("GET", path, 0.0)
    exchange.note("key", path)
    exchange.note("error", query)
    exchange.note("custom error response", query)
    exchange.status, exchange.x_cache = status, "Hit"
    site_ = distribution(behavior("/a*"), default_root_object="index.html", aliases=("*.a.test",))
    request = Request("GET", "http", host, path, query, Headers(asked))
    chosen.touched(exchange, Witness(request, Headers(answered), site_, site_.default_cache_behavior))
