import os

import pytest

from edgeproxy.errors import (
    ConfigError,
    EdgeError,
    FunctionError,
    LambdaError,
    OriginError,
    Problem,
    RequestRefused,
    system_words,
)

SHOWN = [
    pytest.param(FunctionError.execution("boom"), 503, "FunctionExecutionError", id="CFF-34 a throw"),
    pytest.param(FunctionError.throttled("10 ms"), 503, "FunctionThrottledError", id="a run past its time"),
    pytest.param(FunctionError.validation("It said.", "why"), 502, "FunctionValidationError", id="a refused return value"),
    pytest.param(LambdaError.execution("boom"), 503, "LambdaExecutionError", id="LE-32 a raise"),
    pytest.param(LambdaError.throttled("busy"), 503, "LambdaLimitExceeded", id="LE-36 no environment free"),
    pytest.param(LambdaError.validation("It said.", "why"), 502, "LambdaValidationError", id="a refused result"),
    pytest.param(OriginError(504, OriginError.ATTEMPT, "slow", "OriginReadError"), 504, "Error", id="an origin"),
    pytest.param(RequestRefused(403, "Bad request.", "why"), 403, "Error", id="a refused request"),
]


@pytest.mark.parametrize(("error", "status", "x_cache"), SHOWN)
def test_what_cloudfront_shows(error, status, x_cache):
    assert isinstance(error, EdgeError)
    assert (error.status, error.x_cache) == (status, x_cache)
    assert error.sentence.endswith(".")
    assert str(error) == error.cause


def test_a_config_error_names_all_its_problems():
    error = ConfigError(Problem("one"), Problem("two"))
    assert str(error) == "one; two"
    assert len(error.problems) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(
            OSError(98, "error while attempting to bind on address ('::1', 1): in use"), os.strerror(98).lower(), id="asyncio's"
        ),
        pytest.param(OSError(-2, "Name or service not known"), "Name or service not known", id="a resolver's"),
        pytest.param(OSError("no home"), "no home", id="one without a number"),
    ],
)
def test_the_systems_own_words(error, words):
    assert system_words(error) == words
