from pathlib import Path

import pytest

from edgeproxy.errors import FunctionError, Problem
from edgeproxy.testing import view
from edgeproxy.testing.invoke import Invocation
from edgeproxy.testing.invoke import TestResult as Result


def test_logs_changes_and_refusals_stand_below_each_other():
    refused = FunctionError.validation("No.", "because")
    ran = Invocation(Result("{}", "12", ("one", "two\x1b"), ""), changed=('uri: "/a" -> "/b"',), refused=refused)
    assert view.render(ran).splitlines() == [
        "log: one",
        "log: two\\u001b",
        "compute utilization: 12 (comfortable)",
        "changed:",
        '  uri: "/a" -> "/b"',
        "TestFunction lets this pass; at run time CloudFront answers 502:",
        "  No.",
        "  because",
    ]


def test_a_failure_shows_its_cause_and_nothing_else():
    ran = Invocation(Result("", "0", ("before",), "page"), cause="Error: x (index.js:3)")
    assert view.render(ran).splitlines() == [
        "log: before",
        "failed: Error: x (index.js:3)",
    ]


def test_an_origin_that_the_function_chose_is_shown_as_the_call():
    origin = '{"call": "updateRequestOrigin", "arguments": [{"domainName": "b.example"}]}'
    ran = Invocation(Result("{}", "0", (), ""), origin=origin, log_data="a\nb")
    lines = view.render(ran).splitlines()
    assert lines[1:] == ["unchanged", 'origin: updateRequestOrigin({"domainName": "b.example"})', "log data: a\\u000ab"]


def test_an_answer_is_told_from_a_change():
    ran = Invocation(Result("{}", "0", (), ""), answered=True, changed=("statusCode: + 302",))
    assert view.render(ran).splitlines()[1:] == ["answered, the origin is not asked:", "  statusCode: + 302"]


@pytest.mark.parametrize(
    ("utilization", "said"),
    [
        ("0", "comfortable"),
        ("50", "comfortable"),
        ("51", "near the limit"),
        ("70", "near the limit"),
        ("71", "likely to be throttled"),
        ("100", "likely to be throttled"),
    ],
)
def test_the_utilization_is_judged_as_the_guide_does(utilization, said):
    assert f"compute utilization: {utilization} ({said})" in view.render(Invocation(Result("{}", utilization, (), "")))


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        pytest.param(Problem("gone", Path("e.json")), "error: e.json: gone", id="a file"),
        pytest.param(Problem("no", Path("e.json"), 3, 5, "yes"), "error: e.json:3:5: no (yes)", id="a place and a hint"),
        pytest.param(Problem("a\nb"), "error: a\\u000ab", id="never two lines"),
    ],
)
def test_a_problem_is_one_line(problem, line):
    assert view.one_line(problem) == line
