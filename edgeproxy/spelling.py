"""Which known name another may be a slip of."""

from collections.abc import Iterable
from itertools import islice

LONGEST, MOST = 100, 2000
"""Characters of a name, and names, that are compared."""


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that is spelled much like `name`, whatever the case of either; empty when none is."""
    # Loaded when somebody has made a slip.
    from difflib import get_close_matches

    if len(name) > LONGEST:
        return ""
    lower = {each.lower(): each for each in sorted(set(islice(names, MOST))) if len(each) <= LONGEST}
    near = get_close_matches(name.lower(), lower, 1)
    return lower[near[0]] if near else ""
