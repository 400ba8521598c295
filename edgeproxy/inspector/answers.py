"""What the admin listener reads and writes: JSON objects."""

import asyncio
from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any

import orjson
from aiohttp import web

from edgeproxy.ports import DeskRefused

STATUS: Mapping[str, int] = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "InternalServerException": 500,
}
"""Error, by the name that AWS's APIs give it -> its HTTP status."""
READ_SECONDS = 10.0
"""A request's body is read for so long."""
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def answer(content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer that nobody stores."""
    return web.Response(
        body=orjson.dumps(content), status=status, content_type="application/json", headers={**_HEADERS, **(headers or {})}
    )


def error(kind: str, message: str, status: int | None = None, headers: Mapping[str, str] | None = None) -> web.Response:
    """`{"error": kind, "message": text}`, with the status of its kind."""
    return answer({"error": kind, "message": message}, status or STATUS[kind], headers)


async def read(request: web.Request) -> Any:
    """The request's body, parsed. Raises DeskRefused when it is not JSON, or does not come to its end."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return orjson.loads(await request.read())
    except JSONDecodeError:
        raise DeskRefused("ValidationException", "the body must be JSON") from None
    except TimeoutError:
        raise DeskRefused("ValidationException", f"the body did not come within {READ_SECONDS:g} s") from None
