import time

import pytest

from edgeproxy.spelling import MOST, nearest

SLIPS = [
    pytest.param("Enabeld", ["Enabled", "Origins"], "Enabled", id="two letters change places"),
    pytest.param("ENABLED", ["Enabled"], "Enabled", id="the case is another"),
    pytest.param("Comment", ["Enabled", "Origins"], "", id="no name is like it"),
    pytest.param("x", [], "", id="there is no name"),
    pytest.param("a" * 101, ["a" * 100], "", id="a name too long to be compared"),
    pytest.param("a" * 100, ["a" * 101, "a" * 99], "a" * 99, id="among names too long to be compared"),
    pytest.param("name", [*map(str, range(MOST)), "nane"], "", id="behind more names than are compared"),
]


@pytest.mark.parametrize(("name", "names", "expected"), SLIPS)
def test_the_name_that_was_meant(name, names, expected):
    assert nearest(name, names) == expected


def test_many_long_names_take_no_second():
    names = [f"{'ab' * 45}{number}" for number in range(MOST)]
    started = time.monotonic()
    nearest("ba" * 50, names)
    assert time.monotonic() - started < 5
