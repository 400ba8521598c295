"""The connection that an origin's 101 came on, taken out of aiohttp's hands: from there on it carries frames, no HTTP."""

from edgeproxy.messages import Duplex
from edgeproxy.origins.client import Answer


class _Behind:
    """Stands where aiohttp expects its reader of frames, and gets what came behind the 101."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        return


def take_over(answer: Answer) -> Duplex:
    """The connection of a 101, whose read timeout ends here; `answer` holds its place in the pool until it is released."""
    connection = answer.connection
    assert connection.protocol is not None, "the connection of a 101 is not given back"
    behind = _Behind()
    connection.protocol.set_parser(behind, None)
    return Duplex(connection.transport, bytes(behind.data), answer.close)
