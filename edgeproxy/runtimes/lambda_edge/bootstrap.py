"""Runs a Python handler as Lambda does: loads it, then asks the Runtime API for one event after the other.

Runs in the handler's process, on its own: standard library only, and nothing that Python 3.7 does not know, because the
Python that the function declares starts it, without its installed packages (`-S`). Its arguments are directories in which to
look for what Lambda's Python brings, and for nothing else.
What it prints and posts is what Lambda's own runtime does: test_against_awslambdaric.py compares the two.
Chosen: the handler's stdin is empty; a failed import is reported with its frames; Lambda's hint at updates of the managed
runtime is not printed, since nothing is updated here; log format and log level of the function are not read.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import json
import logging
import math
import os
import re
import signal
import site
import socket
import sys
import threading
import time
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Any, Any], Any]

API = "/2018-06-01/runtime"
NO_BREAK_SPACE = "\u00a0"
RAW = os.urandom(8).hex()
"""Stands on both sides of what goes into the JSON text without its quotes."""
ESCAPED = os.environ.get("AWS_EXECUTION_ENV", "") in {f"AWS_Lambda_python3.{minor}" for minor in range(12)}
"""Up to Python 3.11 Lambda posts ASCII only."""
IN_LAMBDA = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"}
"""Packages that Lambda's Python runtimes bring; all are pure Python."""
request_id = ""
"""Of the event at hand, for the log."""


class Broken(Exception):
    """What is reported under a Lambda error type instead of the exception's own name."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace or []


class CognitoIdentity:
    """Part of the context; empty at the edge."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id = self.cognito_identity_pool_id = None

    def __repr__(self) -> str:
        return _described(self, self.__slots__)


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.tenant_id = None
        self.client_context = None
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the deadline, not below 0."""
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def w3c(self) -> dict[str, str]:
        """The trace context of a caller that sent one; nobody does at the edge."""
        return {}

    def log(self, msg: object) -> None:
        """Writes to stdout, without a newline."""
        sys.stdout.write(str(msg))

    def __repr__(self) -> str:
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb")
        more = ("function_version", "invoked_function_arn", "client_context", "identity", "tenant_id")
        return _described(self, names + more)


def _described(thing: object, names: tuple[str, ...]) -> str:
    return f"{type(thing).__name__}([{','.join(f'{name}={getattr(thing, name)}' for name in names)}])"


class LogHandler(logging.Handler):
    """Writes records as Lambda's runtime does: to whatever sys.stdout is now; a record that cannot be formatted raises."""

    def __init__(self) -> None:
        super().__init__()
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        self.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
        self.addFilter(self._stamp)

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record))

    @staticmethod
    def _stamp(record: logging.LogRecord) -> bool:
        # On the record, not in the text: a handler may set a formatter of its own that names the request id.
        record.aws_request_id, record.tenant_id = request_id, None
        return True


class Runtime:
    """The Runtime API's client, over one connection: so bare because http.client costs more than most handlers."""

    _socket: socket.socket | None = None

    def __init__(self, address: str) -> None:
        self._host, _, self._port = address.partition(":")
        self._rest = b""

    def _connected(self) -> socket.socket:
        made = socket.create_connection((self._host, int(self._port)))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def next(self) -> tuple[bytes, dict[str, str]]:
        """The next event, once there is one, and its headers by lower-case name."""
        status, headers, event = self._call("GET", "/invocation/next")
        if status != "200":
            sys.exit(1)
        return event, headers

    def respond(self, payload: str | bytes) -> None:
        """Posts what the handler returned."""
        self._post(f"/invocation/{request_id}/response", payload, "")

    def fail(self, error: dict[str, Any]) -> None:
        """Posts the error of the event at hand."""
        self._post(f"/invocation/{request_id}/error", to_json(error), "")

    def fail_init(self, error: dict[str, Any]) -> None:
        """Posts the error that kept the handler from being loaded."""
        self._post("/init/error", to_json(error), f"Lambda-Runtime-Function-Error-Type: {error['errorType']}\r\n")

    def _post(self, path: str, body: str | bytes, headers: str) -> None:
        content_type = "application/unknown" if isinstance(body, bytes) else "application/json"
        # A lone surrogate in the text ends the process here, as it does in Lambda.
        sent = body if isinstance(body, bytes) else body.encode()
        lines = f"Content-Type: {content_type}\r\nContent-Length: {len(sent)}\r\n{headers}"
        # Lambda's runtime does not outlive a response that was refused (too large).
        if self._call("POST", path, lines, sent)[0] != "202":
            sys.exit(1)

    def _call(self, method: str, path: str, lines: str = "", body: bytes = b"") -> tuple[str, dict[str, str], bytes]:
        """Status, headers by lower-case name, and body of the answer, which always states its length."""
        head = f"{method} {API}{path} HTTP/1.1\r\nHost: {self._host}\r\n{lines}\r\n"
        self._socket = self._socket or self._connected()
        self._socket.sendall(head.encode("latin-1", "replace") + body)
        while b"\r\n\r\n" not in self._rest:
            self._receive()
        answer, _, self._rest = self._rest.partition(b"\r\n\r\n")
        status_line, *fields = answer.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers["content-length"])
        while len(self._rest) < length:
            self._receive()
        content, self._rest = self._rest[:length], self._rest[length:]
        return status_line.split(" ")[1], headers, content

    def _receive(self) -> None:
        data = self._socket.recv(1 << 18) if self._socket else b""
        if not data:
            sys.exit(1)
        self._rest += data


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


class Brought:
    """Finds what Lambda's Python brings, where this machine has it: a part of `sys.meta_path`."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Of a package, whose modules are then found by its own path."""
        if name not in IN_LAMBDA:
            return None
        return importlib.machinery.PathFinder.find_spec(name, sys.argv[1:])


def set_up_modules() -> None:
    """What the start of an interpreter does without `-S`, and what is found beyond the standard library and the task root."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.meta_path.append(Brought)


def trace_of(error: BaseException) -> list[str]:
    """The frames of an exception, from the first that is not of this file; all of them when none is."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((index for index, frame in enumerate(frames) if frame.filename != __file__), 0)
    # Made anew, they have no columns: Lambda underlines nothing.
    return traceback.format_list([(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in frames[first:]])


def error_of(error: BaseException) -> dict[str, Any]:
    """The error document of an exception."""
    if isinstance(error, Broken):
        error_type, trace = error.error_type, error.trace
    else:
        error_type, trace = type(error).__name__, trace_of(error)
    return {"errorMessage": str(error), "errorType": error_type, "requestId": request_id, "stackTrace": trace}


def log_error(error: dict[str, Any]) -> None:
    """Writes an error document as one line of the log: inner line ends are CR, the spaces of indentation do not break."""
    message = error["errorMessage"]
    lines = [f"[ERROR] {error['errorType']}{': ' if message else ''}{message}", "Traceback (most recent call last):"]
    for line in (line for item in error["stackTrace"] for line in item.splitlines()):
        text = line.lstrip(" ")
        lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    sys.stdout.write("\r".join(lines) + "\n")


def load(name: str) -> Handler:
    """The handler named `path/module.function`. Raises Broken, or whatever the module raises."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Broken("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Broken("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Broken("Runtime.ImportModuleError", message, trace_of(error)) from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Broken("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", trace) from None
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Broken("Runtime.HandlerNotFound", message) from None
    return handler


def plain(value: Any, above: tuple[int, ...] = ()) -> Any:
    """What `json` does not write as simplejson, Lambda's encoder, does: named tuples, bytes, Decimals."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else f"{RAW}{value}{RAW}"
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above = (*above, id(value))
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key.decode() if isinstance(key, bytes) else key: plain(item, above) for key, item in value.items()}
    return [plain(item, above) for item in value] if isinstance(value, (list, tuple)) else value


def to_json(value: Any) -> str:
    """A value as JSON. Raises TypeError, ValueError, RecursionError."""
    text = json.dumps(plain(value), ensure_ascii=ESCAPED)
    return re.sub(f'"{RAW}(.*?){RAW}"', r"\1", text) if RAW in text else text


def call(handler: Handler, event: bytes, context: LambdaContext) -> str | bytes:
    """What the handler returns: bytes as they are, anything else as JSON. Raises Broken, or whatever the handler raises."""
    try:
        document = json.loads(event)
    except Exception as error:
        raise Broken("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    result = handler(document, context)
    if isinstance(result, bytes):
        return result
    try:
        return to_json(result)
    except Exception as error:
        raise Broken("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def serve(runtime: Runtime, handler: Handler) -> None:
    """One event after the other, until the process ends."""
    global request_id
    while True:
        event, headers = runtime.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        if headers.get("lambda-runtime-trace-id"):
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            payload = call(handler, event, LambdaContext(headers))
        except Exception as error:
            document = error_of(error)
            log_error(document)
            runtime.fail(document)
        else:
            runtime.respond(payload)


def main() -> None:
    """The whole life of the process."""
    hold_lifeline()
    logging.Formatter.converter = time.gmtime
    logging.getLogger().addHandler(LogHandler())
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_modules()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        document = error_of(error)
        log_error(document)
        runtime.fail_init(document)
        sys.exit(1)
    serve(runtime, handler)


if __name__ == "__main__":
    main()
