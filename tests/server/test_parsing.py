import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import BadHttpMessage, HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestPayloadError

from edgeproxy.rules import quotas
from edgeproxy.server import parsing

SECRET = "s3cr3t-Zq9"


@pytest.mark.parametrize(
    ("error", "status", "cause"),
    [
        pytest.param(BadHttpMessage("Invalid header token:\n\n  b'X : a'\n     ^"), 400, "Invalid header token", id="nonsense"),
        pytest.param(BadHttpMessage("Data after `Connection: close`"), 400, "Data after `Connection: close`", id="in one line"),
        pytest.param(BadHttpMessage("Too many headers received"), 494, "Too many headers received", id="too many headers"),
        pytest.param(BadHttpMessage("Pause on PRI/Upgrade:\n\n  b'x'"), 400, "HTTP/2 is not spoken here", id="HTTP/2 at once"),
        pytest.param(
            LineTooLong(f"/{SECRET}", parsing.LINE_LIMIT),
            414,
            f"Got more than {parsing.LINE_LIMIT} bytes when reading",
            id="too long a request line",
        ),
        pytest.param(
            LineTooLong(SECRET.encode(), quotas.HEAD_SIZE),
            494,
            "Got more than 32768 bytes when reading",
            id="too large a header",
        ),
    ],
)
def test_each_error_is_a_refusal_whose_cause_repeats_nothing(error: HttpProcessingError, status: int, cause: str):
    assert parsing.refusal(error) == quotas.Refusal(status, cause, True)


async def test_only_the_body_that_is_not_whole_ends_with_the_error():
    loop = asyncio.get_running_loop()
    whole, part = (StreamReader(BaseProtocol(loop), 1 << 16, loop=loop) for _ in range(2))
    whole.feed_data(b"whole")
    whole.feed_eof()
    part.feed_data(b"part")
    error = BadHttpMessage("Invalid character in chunk size:\n\n  b'g'")
    assert not parsing.break_off(error, [EMPTY_PAYLOAD, whole])
    assert parsing.break_off(error, [EMPTY_PAYLOAD, whole, part])
    assert await whole.read() == b"whole"
    with pytest.raises(RequestPayloadError, match=r"^Invalid character in chunk size$"):
        await part.read()


class Asked:
    def __init__(self, upgrade):
        self.upgrade = upgrade


ONE = b"GET / HTTP/1.1\r\n\r\n"
LOSSY = [
    pytest.param(True, ONE, False, id="a whole head and no more"),
    pytest.param(True, ONE + ONE, True, id="another head behind it"),
    pytest.param(True, ONE + b"G", True, id="a byte behind it"),
    pytest.param(True, b"\n" + ONE, True, id="its last byte with a head behind it"),
    pytest.param(True, b"\r\n" + ONE, True, id="its last line end with a head behind it"),
    pytest.param(True, b"\r\n\r\n", True, id="its end alone: in doubt"),
    pytest.param(False, ONE + ONE, False, id="no upgrade"),
]


@pytest.mark.parametrize(("upgrade", "data", "lossy"), LOSSY)
async def test_when_the_parser_may_have_lost_something(upgrade, data, lossy):
    assert parsing.is_lossy(Asked(upgrade), EMPTY_PAYLOAD, data) is lossy
    body = StreamReader(BaseProtocol(asyncio.get_running_loop()), 1 << 16, loop=asyncio.get_running_loop())
    assert parsing.is_lossy(Asked(upgrade), body, data) is upgrade


def test_nothing_is_lost_behind_what_could_not_be_read():
    assert not parsing.is_lossy(object(), EMPTY_PAYLOAD, ONE)
