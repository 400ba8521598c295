"""Runs a Python handler as Lambda does: loads it, then asks the Runtime API for one event after the other.

Runs in the handler's process, on its own: standard library only. The words of errors are those of Lambda's own runtime.
Chosen: a Decimal is returned as a JSON number; the handler's stdin is empty.
"""

import http.client
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

API = "/2018-06-01/runtime"
Handler = Callable[[Any, Any], Any]


class Broken(Exception):
    """What is reported under a Lambda error type instead of the exception's own name."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace or []


class Identity:
    """Cognito's part of the context; empty at the edge."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """The second argument of a handler."""

    def __init__(self, headers: http.client.HTTPMessage) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        self.client_context = None
        self.tenant_id = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the deadline, not below 0."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: str) -> None:
        """Writes to stdout, without a newline."""
        sys.stdout.write(str(message))


class LogFormatter(logging.Formatter):
    """Lambda's format: level, time, request id, message."""

    request_id = ""

    def __init__(self) -> None:
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        record.aws_request_id = self.request_id
        return super().format(record)


class Runtime:
    """The Runtime API's client, over one connection."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[bytes, http.client.HTTPMessage]:
        """The next event, once there is one, and its headers."""
        self._connection.request("GET", f"{API}/invocation/next")
        answer = self._connection.getresponse()
        event = answer.read()
        if answer.status != http.client.OK:
            sys.exit(1)
        return event, answer.headers

    def respond(self, request_id: str, payload: bytes) -> None:
        """Posts what the handler returned."""
        self._post(f"/invocation/{request_id}/response", payload, {})

    def fail(self, path: str, error: dict[str, Any]) -> None:
        """Posts an error to `/invocation/{id}/error` or `/init/error`."""
        self._post(path, json.dumps(error).encode(), {"Lambda-Runtime-Function-Error-Type": error["errorType"]})

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        self._connection.request("POST", API + path, body, {"Content-Type": "application/json", **headers})
        self._connection.getresponse().read()


def hold_lifeline() -> None:
    """Leaves, with all that this process started, when the other end of stdin closes; the handler gets an empty stdin."""
    lifeline, empty = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)

    def wait() -> None:
        while os.read(lifeline, 1024):
            pass
        try:
            os.killpg(os.getpid(), signal.SIGKILL)
        except OSError:
            os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def error_of(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error document of an exception, its trace without the frames of this file and of the import system."""
    error_type, trace = type(error).__name__, []
    if isinstance(error, Broken):
        error_type, trace = error.error_type, error.trace
    frames = [
        frame
        for frame in traceback.extract_tb((error.__cause__ or error).__traceback__)
        if frame.filename not in (__file__, importlib.__file__) and not frame.filename.startswith("<frozen importlib")
    ]
    return {
        "errorMessage": str(error),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": trace or traceback.format_list(frames),
    }


def load(name: str) -> Handler:
    """The handler named `path/module.function`. Raises Broken, or whatever the module raises."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Broken("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    module_name = module_name.replace("/", ".")
    if module_name in sys.builtin_module_names:
        raise Broken("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise Broken("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}']
        raise Broken("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", trace) from None
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        raise Broken("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


def number(value: object) -> int | float:
    """A Decimal as a JSON number. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def call(handler: Handler, event: bytes, context: Context) -> bytes:
    """What the handler returns, as a payload. Raises Broken, or whatever the handler raises."""
    try:
        document = json.loads(event)
    except ValueError as error:
        raise Broken("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    result = handler(document, context)
    if isinstance(result, bytes):
        return result
    try:
        return json.dumps(result, default=number, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Broken("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def serve(runtime: Runtime, handler: Handler, formatter: LogFormatter) -> None:
    """One event after the other, until the process ends."""
    while True:
        event, headers = runtime.next()
        context = Context(headers)
        request_id = formatter.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        try:
            payload = call(handler, event, context)
        except Exception as error:
            runtime.fail(f"/invocation/{request_id}/error", error_of(error, request_id))
        else:
            runtime.respond(request_id, payload)


def main() -> None:
    """The whole life of the process."""
    hold_lifeline()
    formatter = LogFormatter()
    root_handler = logging.StreamHandler(sys.stdout)
    root_handler.setFormatter(formatter)
    logging.getLogger().addHandler(root_handler)
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        runtime.fail("/init/error", error_of(error, ""))
        sys.exit(1)
    serve(runtime, handler, formatter)


if __name__ == "__main__":
    main()
