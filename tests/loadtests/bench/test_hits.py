from loadtests.bench.client import Round
from loadtests.bench.hits import figure


def test_the_figure_is_the_median_of_the_ratios_of_each_round():
    proxy, bare = [Round(90, 1, 0.1), Round(160, 2, 0.1), Round(10, 1, 0.3)], [Round(100, 1, 0.2)] * 3
    found = figure("hit", proxy, bare)
    assert found.rounds == [0.9, 0.8, 0.1]
    assert found.value == 0.8
    assert found.met
    assert found.absolute == "80 of 100 requests/s (client at most 30% of a core)"
