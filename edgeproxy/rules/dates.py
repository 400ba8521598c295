"""HTTP dates, read and written.

One form is written (IMF-fixdate), the two obsolete forms are read as well (RFC 9110 section 5.6.7).
A date without a zone is GMT; what is no date is None. Nothing of a date is left out.
"""

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache


def http_date(now: float) -> str:
    """Unix seconds as `Sun, 06 Nov 1994 08:49:37 GMT`; formatted once per second."""
    return _of_second(int(now))


@lru_cache(maxsize=4)
def _of_second(second: int) -> str:
    return formatdate(second, usegmt=True)


def parse_date(text: str) -> float | None:
    """An HTTP date as Unix seconds, None when it is none."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
