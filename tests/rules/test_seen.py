import pytest
from kit import behavior, distribution

from edgeproxy.exchange import Exchange, FunctionRun, Lookup, Said
from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers, Request
from edgeproxy.model import CustomErrorResponse
from edgeproxy.rules.seen import NOBODY, Seen, Witness

SITE = distribution(
    aliases=("www.test", "*.wild.test"),
    custom_error_responses=(CustomErrorResponse(404, "/404", 200), CustomErrorResponse(500)),
)


def seen(*facts, status=200, host="www.test", headers=(), answer=(), **parts):
    exchange = Exchange("GET", "/x", 0.0)
    for name, value in facts:
        exchange.note(name, value)
    exchange.status = status
    request = Request("GET", parts.pop("scheme", "https"), host, "/x", None, Headers(headers))
    return Seen(exchange, Witness(request, Headers(answer), SITE, behavior(**parts)))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([("lookup", Lookup("fresh", 1.0, 0.5, 2.0))], (True, False, False), id="a hit"),
        pytest.param([("lookup", Lookup("nothing stored", 1.0))], (False, False, False), id="a miss"),
        pytest.param([("lookup", Lookup("expired", 1.0, 0.5, 0.9))], (False, False, True), id="an expired object"),
        pytest.param([("lookup", Lookup("expired, served stale", 1.0, 0.5, 0.9))], (True, True, False), id="a stale one"),
        pytest.param(
            [("lookup", Lookup("expired", 1.0, 0.5, 0.9)), ("stale", "x")], (True, True, True), id="the origin failed"
        ),
        pytest.param([("lookup", Lookup("expired", 1.0, 0.5, 0.9)), ("revalidated", "x")], (True, False, True), id="renewed"),
        pytest.param([("collapsed", "x")], (True, False, False), id="another viewer's"),
    ],
)
def test_whether_it_was_stored_stale_or_expired(facts, expected):
    found = seen(*facts)
    assert (found.stored, found.stale, found.expired) == expected


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("www.test", False), ("WWW.test:8080", False), ("a.wild.test", False), ("dsite.cloudfront.net", False),
        ("localhost", True), ("127.0.0.1:8080", True), ("site.localhost", True), ("[::1]:80", True),
    ],
)  # fmt: skip
def test_which_names_only_this_machine_has(host, local):
    assert seen(host=host).local is local


def test_an_error_page_of_our_own_is_one_that_no_origin_gave():
    assert seen(("error", "x"), status=502).own_page
    assert not seen(("error", "x"), ("said", Said(Headers(), 502, Headers())), status=502).own_page
    assert not seen(("error", "x"), status=200).own_page


def test_the_origins_headers_where_it_was_asked_else_the_answers():
    said = Said(Headers(), 200, Headers([("Cache-Control", "no-store")]))
    assert seen(("said", said), answer=[("Cache-Control", "max-age=5")]).control.no_store
    assert seen(answer=[("Cache-Control", "max-age=5")]).control.max_age == 5


def test_code_that_failed_did_not_run_to_its_end():
    ran = FunctionRun("viewer-request", "a", "function", 0.1)
    assert seen(("function", ran)).ran(Hook.VIEWER_REQUEST)
    assert not seen(("function", ran._replace(error="boom"))).ran(Hook.VIEWER_REQUEST)
    assert not seen(("function", ran)).ran(Hook.VIEWER_RESPONSE)


def test_code_that_failed_began_all_the_same():
    failed = FunctionRun("viewer-request", "a", "function", 0.1, "boom")
    assert seen(("function", failed)).began(Hook.VIEWER_REQUEST)
    assert not seen(("function", failed)).began(Hook.VIEWER_RESPONSE)


def test_the_request_as_policies_alone_send_it_on():
    found = seen(headers=[("Accept", "*/*"), ("Sec-WebSocket-Key", "a"), ("Pragma", "x")])
    assert ("accept" in found.forwarded.headers, found.forwarded.headers.get("pragma")) == (False, "x")
    assert "sec-websocket-key" not in found.forwarded.headers
    assert Seen(Exchange("-", "-", 0.0)).forwarded.headers == Headers()


def test_the_origin_that_was_asked_and_the_behavior_of_an_error_page():
    assert seen(("origin", "app")).asked_origin.domain_name == "app.test"
    assert seen().asked_origin is None
    assert seen(("custom error response", "404 -> /404 as 200")).page_behavior is SITE.default_cache_behavior
    assert seen().page_behavior is None


def test_a_custom_error_response_and_what_it_stands_for():
    assert seen(("custom error response", "404 -> /404 as 200")).replaced == (404, "/404")
    assert seen().replaced is None
    assert [seen().page_for(status) for status in (404, 500, 403)] == [True, False, False]


def test_the_key_is_that_of_the_behavior_where_there_was_one():
    assert seen().recipe is None
    assert seen(("key", "x")).recipe.query.nothing


def test_what_passes_is_what_protocol_and_methods_let_pass():
    assert seen().passed
    assert not seen(scheme="http", viewer_protocol_policy="https-only").passed
    assert not Seen(Exchange("-", "-", 0.0)).passed


def test_of_a_request_that_was_never_read_nothing_is_known():
    found = Seen(Exchange("-", "-", 0.0), NOBODY)
    assert (found.local, found.recipe, found.said, found.verdict, found.runs) == (False, None, None, None, ())
    assert not found.asks("range")
