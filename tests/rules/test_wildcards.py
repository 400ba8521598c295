import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules.wildcards import expression


@pytest.mark.parametrize("character", [".", "[^/]"])
@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=12))
def test_wildcards_fit_what_a_search_of_every_place_finds(character, pattern, text):
    every = re.fullmatch("".join({"*": f"{character}*", "?": character}.get(char, char) for char in pattern), text)
    assert (re.fullmatch(expression(pattern, character), text) is None) is (every is None)


@pytest.mark.parametrize("pattern", ["*a" * 120 + "*b", "?*" * 120 + "b", "*" * 250 + "b"])
def test_many_stars_take_no_longer_than_one(pattern):
    started = time.monotonic()
    assert re.fullmatch(expression(pattern), "a" * 8000) is None
    assert time.monotonic() - started < 2
