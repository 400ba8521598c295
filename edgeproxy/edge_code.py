"""The user's code at the four hooks: builds the event, runs the function or handler, applies what it returned.

Every run is timed and noted on the exchange, failures too. A failure raises; nothing ever goes on unchanged after one.
"""

from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import TypeVar

from edgeproxy.errors import EdgeError, FunctionError
from edgeproxy.exchange import Exchange, FunctionRun, Parts, Refused
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.messages import Body, Bytes, Request, Response, Stream
from edgeproxy.model import Origin
from edgeproxy.plan import BehaviorPlan, DistributionPlan, LambdaPlan
from edgeproxy.ports import FunctionResult, Given, HandlerResult, KeyValues, no_key_values
from edgeproxy.rules import edge_event, function_event, lambda_event, origin_choice

Applied = TypeVar("Applied")


class EdgeCode:
    """The code of one behavior, run for one request."""

    __slots__ = ("_context", "_distribution", "_exchange", "_key_values", "_plan")

    def __init__(
        self,
        distribution: DistributionPlan,
        plan: BehaviorPlan,
        request_id: str,
        exchange: Exchange,
        key_values: Callable[[str], KeyValues | None] = no_key_values,
    ) -> None:
        self._distribution = distribution.distribution
        self._plan = plan
        self._exchange = exchange
        self._key_values = key_values
        self._context = edge_event.Context(self._distribution.domain_name, self._distribution.id, request_id)

    # --- CloudFront Functions: synchronous ---

    def viewer_request_function(self, request: Request, now: float) -> tuple[Request | Response, origin_choice.Choice | None]:
        """The changed request and the origin that the function chose, or the response that it made. Raises FunctionError."""
        event = function_event.request_event(self._context, request, self._plan.forwarding.viewer_headers)

        def apply(result: FunctionResult) -> tuple[Request | Response, origin_choice.Choice | None]:
            changed = function_event.apply_to_request(result.output, event, request)
            if result.origin is None or isinstance(changed, Response):
                return changed, None
            return changed, origin_choice.choose(result.origin, self._distribution, self._plan.choice, request)

        return self._run(Hook.VIEWER_REQUEST, request, event, now, apply)

    def viewer_response_function(self, request: Request, response: Response, now: float) -> Response:
        """The changed response. Raises FunctionError."""
        event = function_event.response_event(self._context, request, response, self._plan.forwarding.viewer_headers)

        def apply(result: FunctionResult) -> Response:
            return function_event.apply_to_response(result.output, event, response)

        return self._run(Hook.VIEWER_RESPONSE, request, event, now, apply)

    def _run(
        self, hook: Hook, request: Request, event: function_event.Event, now: float, apply: Callable[[FunctionResult], Applied]
    ) -> Applied:
        function = self._plan.functions[hook]
        started = perf_counter()
        try:
            result = function.run(event.text, now, self._given(hook, request, event))
            self._note_logs(function.name, result.logs)
            applied = apply(result)
        except FunctionError as error:
            self._note_logs(function.name, error.logs)
            self._note(hook, function.name, started, error.cause, None)
            raise
        self._note(hook, function.name, started, None, result.utilization)
        return applied

    def _note(self, hook: Hook, name: str, started: float, cause: str | None, utilization: int | None) -> None:
        milliseconds = (perf_counter() - started) * 1000
        self._exchange.note("function", FunctionRun(hook.value, name, "function", milliseconds, cause, utilization))

    def _given(self, hook: Hook, request: Request, event: function_event.Event) -> Given:
        name = self._plan.behavior.functions[hook].key_value_store
        store = None if name is None else self._key_values(name)
        return Given(request.query, store, hook is Hook.VIEWER_REQUEST, event.part)

    def _note_logs(self, name: str, logs: tuple[str, ...]) -> None:
        for line in logs:
            self._exchange.note("console.log", (name, line))

    # --- Lambda@Edge: a process each ---

    async def viewer_request(self, request: Request) -> Request | Response:
        """The changed request, or the response that the handler made. Raises LambdaError."""
        result, _ = await self._request_trigger(Hook.VIEWER_REQUEST, request, None)
        return result

    async def origin_request(self, request: Request, origin: Origin) -> tuple[Request | Response, Origin]:
        """The changed request and the origin to ask, or the response that the handler made. Raises LambdaError."""
        return await self._request_trigger(Hook.ORIGIN_REQUEST, request, origin)

    async def _request_trigger(self, hook: Hook, request: Request, origin: Origin | None) -> tuple[Request | Response, Origin]:
        association = self._plan.lambdas[hook]
        shown, truncated = None, False
        if association.include_body:
            shown, truncated, body = await _beginning(request.body, RIGHTS[hook].body_size)
            request = request._replace(body=body)
        event = lambda_event.request_event(hook, self._context, request, body=shown, truncated=truncated, origin=origin)
        invoked = _Invocation(hook, association)
        try:
            payload = await invoked.payload(event.payload)
            result = lambda_event.apply_request(hook, payload, event, request, origin=origin)
        except EdgeError as error:
            self._note_failure(invoked, error)
            raise
        self._exchange.note("function", invoked.ran())
        if isinstance(result, Response):
            return result, origin or self._plan.origin
        return result.request, result.origin or origin or self._plan.origin

    async def origin_response(self, request: Request, response: Response, origin: Origin) -> Response:
        """The response as it is to be stored; its own body goes on unless the handler gave another. Raises LambdaError."""
        return await self._response_trigger(Hook.ORIGIN_RESPONSE, request, response, origin)

    async def viewer_response(self, request: Request, response: Response) -> Response:
        """The response as this viewer gets it. Raises LambdaError."""
        return await self._response_trigger(Hook.VIEWER_RESPONSE, request, response, None)

    async def _response_trigger(self, hook: Hook, request: Request, response: Response, origin: Origin | None) -> Response:
        association = self._plan.lambdas[hook]
        event = lambda_event.response_event(hook, self._context, request, response, origin=origin)
        invoked = _Invocation(hook, association)
        try:
            payload = await invoked.payload(event.payload)
            result = lambda_event.apply_response(hook, payload, event, response)
        except BaseException as error:
            await response.body.close()
            if isinstance(error, EdgeError):
                self._note_failure(invoked, error)
            raise
        self._exchange.note("function", invoked.ran())
        if result.body is not response.body:
            await response.body.close()
        return result

    def _note_failure(self, invoked: "_Invocation", error: EdgeError) -> None:
        self._exchange.note("function", invoked.ran(error))
        if error.detail == "LambdaValidationError" and invoked.result is not None:
            context, result = self._context, invoked.result
            refused = Refused(context.distribution_id, context.request_id, result.arn, result.invocation_id, error.cause)
            self._exchange.note("refused", refused)


class _Invocation:
    """One invocation of a handler, measured from building its event's answer to having judged it."""

    def __init__(self, hook: Hook, association: LambdaPlan) -> None:
        self._hook = hook
        self._association = association
        self._started = perf_counter()
        self.result: HandlerResult | None = None

    async def payload(self, event: bytes) -> bytes:
        """What the handler answered. Raises LambdaError (execution, throttled)."""
        self.result = await self._association.handler.invoke(event, self._association.limit)
        return self.result.payload

    def ran(self, error: EdgeError | None = None) -> FunctionRun:
        """The fact, once it is over."""
        milliseconds = (perf_counter() - self._started) * 1000
        name, cause, result = self._association.handler.name, error.cause if error else None, self.result
        parts = None if result is None else Parts(result.queue, result.init, result.handler)
        return FunctionRun(self._hook.value, name, "lambda", milliseconds, cause, None, parts, self._association.budget)


async def _beginning(body: Body, size: int) -> tuple[bytes, bool, Body]:
    """The first `size` bytes, whether more follow, and a body that still holds all of it."""
    if isinstance(body, Bytes):
        return body.data[:size], len(body.data) > size, body
    source, held = body.chunks(), bytearray()
    async for chunk in source:
        held += chunk
        if len(held) > size:
            break
    whole = Stream(_then(bytes(held), source), body.length, body)
    return bytes(held[:size]), len(held) > size, whole


async def _then(held: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield held
    async for chunk in rest:
        yield chunk
