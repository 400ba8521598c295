import json

import pytest

from loadtests.bench import functions
from loadtests.bench.client import WrongAnswer

MS = 0.001


def test_the_event_is_1_kb_with_ten_headers():
    text = functions.event_text()
    assert 1000 <= len(text) <= 1048
    assert len(json.loads(text)["request"]["headers"]) == 10


def test_the_signature_covers_200_bytes():
    assert len(functions.token().rpartition(".")[0]) == 200


def test_the_function_without_the_hmac_differs_by_the_hmac_alone():
    assert functions.JWT_CHECK.count("createHmac") == 1
    assert "createHmac" not in functions.WITHOUT_HMAC
    assert len(functions.JWT_CHECK) - len(functions.WITHOUT_HMAC) == len(functions.HMAC) - len("parts[2]")


@pytest.mark.parametrize("code", [functions.JWT_CHECK, functions.WITHOUT_HMAC], ids=["with the HMAC", "without it"])
def test_the_token_passes(code):
    assert functions.function_call(code, f"jwt={functions.token()}", "/about")().target == "/about"


def test_the_bare_engine_returns_what_the_function_returns():
    function = functions.load_function(functions.Function("f", "cloudfront-js-2.0", functions.CLEAN_URLS))
    assert functions.bare_call(functions.CLEAN_URLS)() == function.run(functions.event_text(), functions.NOW).output


@pytest.mark.parametrize(
    ("code", "query", "says"),
    [
        pytest.param(functions.JWT_CHECK, f"jwt={functions.token()[:-2]}AA", "did not make /about", id="a forged token"),
        pytest.param("function handler() { throw new Error('no') }", None, "failed: .*no", id="a function that throws"),
        pytest.param("function handler() { return null }", None, "failed: ", id="a result that CloudFront refuses"),
        pytest.param(functions.CLEAN_URLS, None, "did not make /about of", id="another target"),
    ],
)
def test_what_is_not_the_call_that_was_meant_is_not_measured(code, query, says):
    with pytest.raises(WrongAnswer, match=says):
        functions.function_call(code, query, "/about")


def test_p50_is_compared_round_by_round_and_p99_in_milliseconds():
    ours = [[2 * MS] * 98 + [5 * MS] * 2 + [9 * MS], [4 * MS] * 101, [3 * MS] * 101]
    ratio, p99 = functions.compared("call: a / b", functions.TARGETS["call"], ours, [[1 * MS] * 3, [1 * MS] * 3, [2 * MS] * 3])
    assert ratio.rounds == pytest.approx([2, 4, 1.5])
    assert ratio.value == pytest.approx(2)
    assert ratio.absolute == "p50 3,000 of 1,000 µs, 101 calls a round"
    assert p99.name == "call: p99"
    assert p99.rounds == pytest.approx([5, 4, 3])
    assert p99.value == pytest.approx(4)
    assert p99.absolute == "slowest 9.00 ms"


def test_of_memory_the_worst_round_counts():
    found = functions.grown([50_000_000, 120_000_000, 70_000_000])
    assert found.rounds == [0.5, 1.2, 0.7]
    assert found.value == 1.2
    assert not found.met


def test_a_hundred_functions_are_loaded_in_a_process_of_their_own():
    [found] = functions.measure(["loaded"], 1)
    assert 0.05 < found.value < 100
