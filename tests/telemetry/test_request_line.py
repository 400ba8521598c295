import asyncio
import io

import pytest

from edgeproxy.exchange import Exchange, FunctionRun, Tunnelled
from edgeproxy.telemetry.request_line import RequestLines, render


def exchange(target="/a?b=1", status=200, x_cache="Hit", *notes):
    record = Exchange("GET", target, 1.0)
    for name, value in notes:
        record.note(name, value)
    record.status, record.x_cache = status, x_cache
    record.close(1.0012)
    return record


def test_a_line_has_method_path_status_x_cache_and_time():
    assert render(exchange(), colour=False) == "GET /a?b=1 200 Hit 1.2 ms"


def test_a_websocket_tells_what_passed_and_who_ended_it():
    passed = Tunnelled(1234, 5, "the origin closed it")
    line = render(exchange("/ws", 101, "Miss", ("websocket", passed)), colour=False)
    assert line == "GET /ws 101 Miss 1.2 ms  (WebSocket: 1,234 bytes from the viewer, 5 to it; the origin closed it)"


def test_functions_that_ran_follow():
    run = FunctionRun("viewer-request", "CleanUrls", "function", 0.08)
    assert render(exchange("/", 200, "Miss", ("function", run)), colour=False).endswith("  viewer-request CleanUrls 0.08 ms")


def test_the_compute_utilization_stands_behind_the_time():
    run = FunctionRun("viewer-request", "CleanUrls", "function", 0.08, utilization=7)
    assert render(exchange("/", 200, "Miss", ("function", run)), colour=False).endswith("CleanUrls 0.08 ms 7%")


def test_what_a_function_logged_stands_below():
    line = render(exchange("/", 200, "Miss", ("console.log", ("CleanUrls", "a\x1b[2Jb"))), colour=False)
    assert line.splitlines()[1] == "  CleanUrls: a\\x1b[2Jb"


def test_the_cause_of_an_error_stands_below():
    line = render(exchange("/", 502, "Error", ("error", "origin api: connection refused")), colour=False)
    assert line.splitlines()[1] == "  origin api: connection refused"


@pytest.mark.parametrize("target", ["/\x1b[2J", "/a\x9b1m", "/\x07"])
def test_control_characters_never_reach_the_terminal(target):
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in render(exchange(target), colour=False))


def test_colour_means_the_status_class():
    assert "\x1b[31m502\x1b[0m" in render(exchange(status=502), colour=True)


def test_a_viewer_who_left_is_named():
    record = exchange()
    record.aborted = True
    assert render(record, colour=False).endswith("(viewer left)")


def test_a_viewer_who_was_cut_off_did_not_leave():
    record = exchange("/", 200, "Miss", ("error", "the answer broke off: the origin closed"), ("cut", "cut off"))
    record.aborted = True
    assert render(record, colour=False) == "GET / 200 Miss 1.2 ms  (cut off)\n  the answer broke off: the origin closed"


async def test_the_lines_of_one_turn_are_written_together():
    class Counting(io.StringIO):
        writes = 0

        def write(self, text):
            self.writes += 1
            return super().write(text)

    out = Counting()
    sink = RequestLines(out)
    sink.accept(exchange("/1"))
    sink.accept(exchange("/2"))
    assert out.writes == 0
    while not out.writes:
        await asyncio.sleep(0.001)
    assert [line.split()[1] for line in out.getvalue().splitlines()] == ["/1", "/2"]
    assert out.writes == 1


async def test_a_closed_terminal_does_not_end_the_proxy():
    tried = []

    class Closed(io.StringIO):
        def write(self, text):
            tried.append(text)
            raise BrokenPipeError

    sink = RequestLines(Closed())
    for _ in range(2):
        sink.accept(exchange())
        sink.flush()
    assert len(tried) == 2


async def test_why_something_is_not_stored_is_said_once():
    out = io.StringIO()
    sink = RequestLines(out)
    for _ in range(3):
        sink.accept(exchange("/big", 200, "Miss", ("not stored", "too large")))
    sink.flush()
    assert out.getvalue().count("not stored: too large") == 1


def test_a_stale_answer_and_a_refresh_in_the_background_say_so():
    stale = exchange("/x", 200, "RefreshHit", ("stale", "the origin failed with 503"))
    assert render(stale, colour=False).endswith("\n  the origin failed with 503")
    behind = exchange("/x", 200, "Miss", ("background", "stale-while-revalidate"))
    assert render(behind, colour=False).endswith("  (in the background: stale-while-revalidate)")


def test_a_failover_is_told():
    asked = exchange("/x", 200, "Miss", ("failover", "one gave 503, two is asked"))
    assert render(asked, colour=False) == "GET /x 200 Miss 1.2 ms\n  one gave 503, two is asked"


def test_what_functions_log_stands_below_the_functions():
    run = FunctionRun("viewer-request", "rewrite", "function", 0.2, utilization=14)
    line = render(exchange("/x", 200, "Hit", ("console.log", ("rewrite", "seen")), ("function", run)), colour=False)
    assert line.split(" ms", 1)[1].split("\n") == ["  viewer-request rewrite 0.20 ms 14%", "  rewrite: seen"]


def test_secrets_of_a_query_string_are_hidden():
    line = render(exchange("/x?page=2&Signature=abc~&token=s3cret"), colour=False)
    assert "page=2" in line
    assert "abc" not in line
    assert "s3cret" not in line


SECRET = "s3cr3t-Zq9"


@pytest.mark.parametrize(
    ("target", "notes"),
    [
        pytest.param(f"/x?page=2&access_token={SECRET}", (), id="a query string"),
        pytest.param(f"/x?Expires=1&Signature={SECRET}&Key-Pair-Id={SECRET}&Policy={SECRET}", (), id="a signed URL"),
        pytest.param(f"/x#id_token={SECRET}", (), id="a fragment"),
        pytest.param(f"http://localhost/x?token={SECRET}", (), id="a whole URL"),
        pytest.param(f"http://me:{SECRET}@localhost/x", (), id="a password in a whole URL"),
        pytest.param(f"me:{SECRET}@localhost:443", (), id="a password in the target of CONNECT"),
        pytest.param("/x", ("error", f"the request is for https://d.test/x?token={SECRET}"), id="the URL of a cause"),
        pytest.param(
            "/x",
            ("error", f'what must be signed: {{"Statement":[{{"Resource":"https://d.test/x?token={SECRET}"}}]}}'),
            id="the policy of a cause",
        ),
        pytest.param(
            "/x", ("error", f"request.querystring 'a=1&token={SECRET}' holds a space"), id="the parameters of a cause"
        ),
        pytest.param("/x", ("stale", f"http://me:{SECRET}@origin.test is gone"), id="why something is stale"),
    ],
)
def test_a_secret_is_in_no_line(target, notes):
    told = render(exchange(target, 403, "Error", *((notes,) if notes else ())), colour=False)
    assert SECRET not in told
    assert "(hidden, " in told


@pytest.mark.parametrize("target", ["/x", "/x@y", "/a?b=1", "*", "localhost:443", "http://localhost/x", "/http://a@b/c"])
def test_a_target_without_secrets_is_told_as_it_is(target):
    assert f"GET {target} 200" in render(exchange(target), colour=False)
