import pytest
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from edgeproxy.server.parsing import LIMITS, status_of

ERRORS = [
    pytest.param(LineTooLong(b"GET /", LIMITS["max_line_size"]), 414, id="a request line"),
    pytest.param(LineTooLong(b"X: ", LIMITS["max_field_size"]), 494, id="a header"),
    pytest.param(BadHttpMessage("Too many headers received"), 494, id="too many headers"),
    pytest.param(BadHttpMessage("Bad status line"), 400, id="anything else"),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_each_kind_of_nonsense_has_its_status(error, status):
    assert status_of(error) == status
