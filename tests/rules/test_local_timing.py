import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.exchange import Exchange, FunctionRun, Lookup
from edgeproxy.rules import local_timing
from edgeproxy.rules.freshness import Verdict

METRIC = r'[!#$%&\'*+\-.^_`|~\w]+(;desc="(?:[ !#-\[\]-~]|\\["\\])*")?(;dur=\d+\.\d{3})?'
VALID = re.compile(f"{METRIC}(, {METRIC})*", re.ASCII)


def exchange(*facts):
    record = Exchange("GET", "/", 0.0)
    for name, value in facts:
        record.note(name, value)
    return record


def run(name="rewrite", milliseconds=0.028, error=None):
    return ("function", FunctionRun("viewer-request", name, "function", milliseconds, error))


FRESH = [("key", "k"), ("lookup", Lookup("fresh", 108.0, 100.0, 160.0, "max-age=60"))]
MISS = [("key", "k"), ("lookup", Lookup("nothing stored", 108.0))]

TOLD = [
    pytest.param(
        [run(), *FRESH],
        'cache;desc="hit: stored 8 s ago", ttl;desc="52 s left, max-age=60", viewer-request;desc="rewrite";dur=0.028',
        id="a hit with a function",
    ),
    pytest.param(
        [*MISS, ("ttl", Verdict(True, 60.0, "Default TTL 60"))],
        'cache;desc="miss: nothing was stored under this key", ttl;desc="60 s left, Default TTL 60"',
        id="a miss",
    ),
    pytest.param(
        [*MISS, ("ttl", Verdict(False, 0, "401 is not cached"))],
        'cache;desc="miss: nothing was stored under this key", ttl;desc="not stored, 401 is not cached"',
        id="an answer that is not stored",
    ),
    pytest.param([("lookup", Lookup("POST is not cached", 108.0))], 'cache;desc="uncached: POST is not cached"', id="a POST"),
    pytest.param(
        [run(error='Error: "no"'), ("error", 'Error: "no"')],
        r'cache;desc="error: Error: \"no\"", viewer-request;desc="rewrite, failed: Error: \"no\"";dur=0.028',
        id="a function that failed",
    ),
]


@pytest.mark.parametrize(("facts", "value"), TOLD)
def test_outcome_ttl_and_functions_are_metrics(facts, value):
    assert local_timing.value(exchange(*facts)) == value
    assert VALID.fullmatch(value)


@given(st.text(), st.text())
def test_no_name_and_no_cause_breaks_out(name, error):
    value = local_timing.value(exchange(run(name, error=error), ("error", error)))
    assert VALID.fullmatch(value)
    assert len(value) < 3 * (2 * local_timing.LONGEST + 60)


def test_secrets_of_a_url_in_a_cause_are_hidden():
    told = local_timing.value(exchange(("error", "GET https://x.test/?token=s3cr3t failed")))
    assert "s3cr3t" not in told
    assert "token=(hidden, " in told
