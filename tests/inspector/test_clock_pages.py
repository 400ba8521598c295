import pytest
from kit import Clock
from kit_admin import Asking

from edgeproxy.inspector.clock_pages import ClockPages

REAL = 1_769_860_800.0
"""2026-01-31T12:00:00Z"""


class Moved(Clock):
    """`ports.ClockDesk` over a real time that stands still."""

    offset = 0.0

    def now(self):
        return REAL + self.offset


class Clocks(Asking):
    """An admin listener over such a clock."""

    def __init__(self, offset=0.0):
        self.clock = Moved()
        self.clock.offset = offset
        super().__init__(ClockPages(self.clock).routes())


async def test_it_is_shown_moved_and_reset():
    async with Clocks() as clocks:
        assert (await clocks.ask("GET", "/clock"))[:2] == (200, {"now": "2026-01-31T12:00:00Z", "offset": 0.0})
        _, found = await clocks.change("PUT", "/clock", {"advance": 3600})
        assert found == {"now": "2026-01-31T13:00:00Z", "offset": 3600.0}
        _, found = await clocks.change("PUT", "/clock", {"advance": -0.5})
        assert found == {"now": "2026-01-31T12:59:59Z", "offset": 3599.5}
        assert await clocks.change("DELETE", "/clock") == (200, {"now": "2026-01-31T12:00:00Z", "offset": 0.0})
        assert clocks.clock.offset == 0.0


MOMENTS = [
    pytest.param("2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z", id="UTC"),
    pytest.param("2026-02-01T12:00:00+02:00", "2026-02-01T10:00:00Z", id="another zone"),
    pytest.param("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", id="the first moment"),
    pytest.param("9999-12-30T23:59:59Z", "9999-12-30T23:59:59Z", id="the last one"),
]


@pytest.mark.parametrize(("moment", "shown"), MOMENTS)
async def test_it_is_set_to_a_moment_wherever_it_was(moment, shown):
    async with Clocks(offset=123.456) as clocks:
        status, found = await clocks.change("PUT", "/clock", {"now": moment})
        assert (status, found["now"]) == (200, shown)


async def test_a_hair_before_a_second_is_that_second():
    async with Clocks(offset=-2e-7) as clocks:
        assert (await clocks.ask("GET", "/clock"))[1]["now"] == "2026-01-31T12:00:00Z"


REFUSED = [
    pytest.param({}, id="nothing"),
    pytest.param([], id="a list"),
    pytest.param({"advance": True}, id="a truth value"),
    pytest.param({"advance": "1h"}, id="a text"),
    pytest.param({"advance": 1, "now": "2026-02-01T12:00:00Z"}, id="both"),
    pytest.param({"now": 1_769_860_800}, id="a moment that is a number"),
    pytest.param({"now": "tomorrow"}, id="a moment that is none"),
    pytest.param({"now": "2026-02-01T12:00:00"}, id="a moment without a zone"),
    pytest.param({"now": "1969-12-31T23:59:59Z"}, id="before 1970"),
    pytest.param({"now": "0001-01-01T00:00:00+14:00"}, id="before the first year"),
    pytest.param({"now": "9999-12-31T00:00:00Z"}, id="on the last day"),
    pytest.param({"advance": 1e300}, id="past the year 9999"),
    pytest.param({"advance": -1_769_860_900}, id="back before 1970"),
    pytest.param(b'{"advance": NaN}', id="not a number"),
    pytest.param(b'{"advance": 1e400}', id="infinite"),
    pytest.param(b'{"advance": 1' + b"0" * 400 + b"}", id="far too long"),
]


@pytest.mark.parametrize("body", REFUSED)
async def test_what_is_refused_moves_nothing(body):
    async with Clocks(offset=5.0) as clocks:
        status, found = await clocks.change("PUT", "/clock", body)
        assert (status, found["error"]) == (400, "ValidationException")
        assert clocks.clock.offset == 5.0


async def test_without_the_token_it_stays():
    async with Clocks() as clocks:
        assert (await clocks.ask("PUT", "/clock", {"advance": 1}))[0] == 401
        assert (await clocks.ask("DELETE", "/clock"))[0] == 401
        assert clocks.clock.offset == 0.0
