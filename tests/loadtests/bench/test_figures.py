import pytest

from loadtests.bench.figures import Figure, Target, render


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        pytest.param(Target(">=", 0.7, "x"), 0.7, True, id="at least, exactly"),
        pytest.param(Target(">=", 0.7, "x"), 0.69, False, id="at least, below"),
        pytest.param(Target("<=", 1.0, "s"), 1.0, True, id="at most, exactly"),
        pytest.param(Target("<=", 1.0, "s"), 1.01, False, id="at most, above"),
        pytest.param(Target("<", 32.0, "MB"), 32.0, False, id="less than, exactly"),
    ],
)
def test_a_target_is_met(target, value, met):
    assert target.met(value) is met


def test_the_table():
    figures = [
        Figure("hit", Target(">=", 0.7, "x"), 0.914, [0.9, 0.914, 0.95], "17,000 requests/s"),
        Figure("memory", Target("<", 32.0, "MB"), 40.25, [3.0, 40.25], "peak"),
    ]
    assert render(figures).splitlines() == [
        "figure  measured     target    min … max          in absolute numbers",
        "hit       0.91 x  >= 0.70 x  0.90 … 0.95  ok      17,000 requests/s",
        "memory   40.2 MB  < 32.0 MB   3.0 … 40.2  MISSED  peak",
    ]
