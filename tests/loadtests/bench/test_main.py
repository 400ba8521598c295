import argparse

import pytest

from loadtests.bench.__main__ import names


def test_names_stand_in_one_order_and_once():
    assert names("start,hit,start") == ["hit", "start"]


@pytest.mark.parametrize("text", ["", "hits", "hit,", "hit,none"])
def test_an_unknown_name_is_refused_with_those_there_are(text):
    with pytest.raises(argparse.ArgumentTypeError, match="there are hit, function, miss, socket, idle, start, cdk, body"):
        names(text)
