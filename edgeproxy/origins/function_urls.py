"""Lambda function URLs as origins: the function runs on this machine, in an execution environment as a handler does.

AWS page: urls-invocation (payload format 2.0, BUFFERED). What the event and the result look like is in rules/function_url.
"""

import uuid
from collections.abc import Callable

from edgeproxy.errors import LambdaError
from edgeproxy.messages import EMPTY, Request, Response
from edgeproxy.model import FunctionUrl, LambdaFunction
from edgeproxy.ports import Handler
from edgeproxy.rules import function_url, hosts

Handlers = Callable[[LambdaFunction], Handler]

_STATUS = {"LambdaLimitExceeded": 429}
"""What the URL answers for a LambdaError, by its X-Cache; 502 for any other."""


class FunctionUrls:
    """Asks functions; `handler` gives the running code of one, `now` Unix seconds."""

    def __init__(self, handler: Handlers, now: Callable[[], float]) -> None:
        self._handler = handler
        self._now = now

    async def fetch(self, place: FunctionUrl, request: Request) -> Response:
        """What the URL answers; never raises for the function's faults, as AWS answers them with a status."""
        # Functions are found by the Host that they are asked by.
        if hosts.without_port(request.headers.get("host") or "") != place.domain_name.lower():
            await request.body.close()
            return function_url.failed(403)
        body = await _read(request)
        if body is None:
            return function_url.failed(413)
        endpoint = function_url.Endpoint(place.domain_name)
        event = function_url.event(endpoint, request, body, str(uuid.uuid4()), self._now())
        try:
            result = await self._handler(place.function).invoke(event)
        except LambdaError as error:
            return function_url.failed(_STATUS.get(error.x_cache, 502))
        response = function_url.response(result.payload)
        return response._replace(body=EMPTY) if request.method == "HEAD" else response


async def _read(request: Request) -> bytes | None:
    """The whole body; None when it is larger than a URL takes."""
    body = bytearray()
    async for chunk in request.body.chunks():
        body += chunk
        if len(body) > function_url.BODY_SIZE:
            await request.body.close()
            return None
    return bytes(body)
