import pytest

from edgeproxy.errors import LambdaError
from edgeproxy.testing import handler_view
from edgeproxy.testing.invoke_handler import HandlerInvocation, Run, Verdict

COLD = Run(b"{}", 81.23, 1.26, ("loaded", "one"))
WARM = Run(b"{}", 0, 0.44, ("two",))
PAGE = LambdaError.SENTENCE


def lines(runs, verdict, note=""):
    return handler_view.render(HandlerInvocation(tuple(runs), verdict, note)).splitlines()


def test_logs_times_changes_and_verdict_stand_below_each_other():
    assert lines([COLD, WARM], Verdict(1, None, False, ('uri: "/a" -> "/b"',)), "another Python") == [
        "note: another Python",
        "log: loaded",
        "log: one",
        "cold: init 81.2 ms, handler 1.3 ms",
        "log: two",
        "warm: handler 0.4 ms",
        "changed:",
        '  uri: "/a" -> "/b"',
        "passed",
    ]


def test_one_invocation_is_the_cold_one():
    assert lines([COLD._replace(logs=())], Verdict(1, None)) == ["cold: init 81.2 ms, handler 1.3 ms", "unchanged", "passed"]


def test_many_warm_invocations_are_summed_up():
    runs = [COLD, *(WARM._replace(handler=float(time)) for time in (1, 2, 9))]
    assert lines(runs, Verdict(1, None))[2:] == [
        "cold: init 81.2 ms, handler 1.3 ms",
        "log: two",
        "log: … 2 more in other invocations, see --json",
        "warm: handler p50 2.0 ms, max 9.0 ms (3 invocations)",
        "unchanged",
        "passed",
    ]


def test_a_process_that_was_started_anew_is_told():
    anew = WARM._replace(init=70.0, logs=())
    assert "cold again: init 70.0 ms, handler 0.4 ms" in lines([COLD, anew], Verdict(1, None))
    assert "warm: handler p50 0.4 ms, max 0.4 ms (2 invocations, 1 of them cold again)" in lines(
        [COLD, anew, WARM], Verdict(1, None)
    )


def test_an_answer_is_told_from_a_change():
    assert lines([COLD], Verdict(1, None, True, ('status: + "302"',)))[-3:] == [
        "answered, the origin is not asked:",
        '  status: + "302"',
        "passed",
    ]


def test_a_refusal_shows_the_cause_and_the_sentence_of_the_page():
    refused = LambdaError.validation("No.", "because\x1b")
    assert lines([COLD, WARM], Verdict(1, refused, False, ("a: + 1",)))[-5:] == [
        "changed:",
        "  a: + 1",
        "refused: because\\u001b",
        "CloudFront answers 502:",
        "  No.",
    ]
    assert lines([COLD, WARM], Verdict(1, refused))[-4:] == [
        "warm: handler 0.4 ms",
        "refused: because\\u001b",
        "CloudFront answers 502:",
        "  No.",
    ]


def test_a_failure_shows_what_was_printed_and_no_time():
    failed = Run(None, 0, 0, ("[ERROR] E: x", "\xa0\xa0File\ta", "\x9b"))
    assert lines([failed], Verdict(1, LambdaError.execution("E: x (a.py:1)"))) == [
        "log: [ERROR] E: x",
        "log:   File a",
        "log: \\u009b",
        "failed: E: x (a.py:1)",
        "CloudFront answers 503:",
        f"  {PAGE}",
    ]


def test_a_later_failure_names_its_invocation_and_shows_its_logs():
    failed = Run(None, 0, 0, ("why",))
    found = lines([COLD, WARM, WARM, failed], Verdict(4, LambdaError.execution("E: x")))
    assert found[3:6] == ["log: two", "log: why", "log: … 1 more in other invocations, see --json"]
    assert found[6:8] == ["warm: handler p50 0.4 ms, max 0.4 ms (2 invocations)", "failed at invocation 4: E: x"]


@pytest.mark.parametrize(
    ("logs", "shown"),
    [
        pytest.param(("a", "b", "a", "b"), ["log: a", "log: b", handler_view.AGAIN], id="twice the same"),
        pytest.param(("a", "b", "a"), ["log: a", "log: b", "log: a"], id="not the same"),
        pytest.param(("a",), ["log: a"], id="one line"),
    ],
)
def test_what_a_failed_init_prints_is_shown_once(logs, shown):
    failed = Run(None, 0, 0, logs)
    assert lines([failed], Verdict(1, LambdaError.execution("E: x")))[:-3] == shown
    assert lines([COLD._replace(logs=logs)], Verdict(1, None))[:-3] == [f"log: {line}" for line in logs]
