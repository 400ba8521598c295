from loadtests.bench.client import Round
from loadtests.bench.misses import figure


def test_the_figure_is_the_median_of_the_ratios_of_each_round():
    found = figure("stored", [Round(80, 1, 0.1), Round(180, 2, 0.1), Round(10, 1, 0.3)], [Round(100, 1, 0.2)] * 3)
    assert found.name == "miss: stored / bare proxy"
    assert found.rounds == [0.8, 0.9, 0.1]
    assert found.value == 0.8
    assert found.met
    assert found.absolute == "80 of 100 requests/s"
