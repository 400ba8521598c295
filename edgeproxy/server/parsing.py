"""How aiohttp's parser is set up for viewers, and which status what it refuses has."""

from typing import Any

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from edgeproxy.rules import quotas

LINE_LIMIT = quotas.HEAD_SIZE + 1
"""The parser's limit for a request line: beyond the one for headers only so that its errors can be told apart."""
LIMITS: dict[str, Any] = {
    "max_line_size": LINE_LIMIT,
    "max_field_size": quotas.HEAD_SIZE,
    "max_headers": quotas.HEADER_COUNT,
    "auto_decompress": False,
    "access_log": None,
}


def status_of(error: HttpProcessingError) -> int:
    """The status for a request that did not parse."""
    if isinstance(error, LineTooLong):
        # The parser's error tells a request line from a header by its limit alone.
        return 414 if LINE_LIMIT in error.args else 494
    return 494 if error.message == "Too many headers received" else 400
