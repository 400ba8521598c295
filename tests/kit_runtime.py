"""Runs a handler's process on its own against a small Runtime API, and tells what it posted, printed and exited with."""

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

PATIENCE = 20
"""Seconds until a process that does not end by itself is killed."""
ALIVE = -signal.SIGKILL
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:us-east-1.Fn:7",
    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
}
VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "us-east-1.Fn",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/us-east-1.Fn",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[7]0",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
}


class Post(NamedTuple):
    """One call of the runtime: `invocation/id-0/response`, its Content-Type, its error type header, its body."""

    path: str
    content_type: str
    error_type: str
    body: bytes


class Ran(NamedTuple):
    """A whole life; every time in stdout is replaced by TIME. The code is ALIVE when it asked for one more event."""

    posts: list
    stdout: str
    stderr: str
    code: int


class RuntimeApi(ThreadingHTTPServer):
    """Gives out events `id-0`, `id-1`, …; kills the process that asks for one more; keeps what is posted."""

    def __init__(self, events, answer=202):
        super().__init__(("127.0.0.1", 0), _Calls)
        self.events, self.answer, self.posts = deque(enumerate(events)), answer, []
        self.process, self.started = None, threading.Event()

    def handle_error(self, request, client_address):
        """A runtime that was killed hangs up."""


class _Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        if not self.server.events:
            self.server.started.wait(PATIENCE)
            os.killpg(self.server.process.pid, signal.SIGKILL)
            self.close_connection = True
            return
        number, event = self.server.events.popleft()
        event, headers = event if isinstance(event, tuple) else (event, {})
        self._answer(200, event, {**HEADERS, "Lambda-Runtime-Aws-Request-Id": f"id-{number}", **headers})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        error_type = self.headers.get("Lambda-Runtime-Function-Error-Type", "")
        path = self.path.removeprefix("/2018-06-01/runtime/")
        self.server.posts.append(Post(path, self.headers["Content-Type"], error_type, body))
        self._answer(self.server.answer, b"{}")

    def _answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            if value is not None:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def write(directory, files):
    """Writes files by name, with the directories that they need."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def live(words, directory, events=(b"{}",), *, runtime, handler="app.handler", answer=202):
    """Starts a runtime in a task root, gives it the events, waits for its end. An event is bytes, or bytes and headers."""
    api = RuntimeApi(events, answer)
    serving = threading.Thread(target=api.serve_forever, args=(0.01,))
    serving.start()
    try:
        env = {
            **VARIABLES,
            "_HANDLER": handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
            "LAMBDA_TASK_ROOT": str(directory),
        }
        stdout, stderr, code = _outputs(api, words, directory, env)
    finally:
        api.shutdown()
        serving.join()
        api.server_close()
    return Ran(api.posts, TIME.sub("TIME", stdout), stderr, code)


def _outputs(api, words, directory, env):
    with tempfile.TemporaryFile() as errors:
        how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "start_new_session": True}
        # Its stdin stays open while it lives: an end of file would be its end.
        with subprocess.Popen(words, cwd=directory, env=env, **how) as process:
            impatience = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
            impatience.start()
            api.process = process
            api.started.set()
            stdout = process.stdout.read()
            process.wait()
            impatience.cancel()
            impatience.join()
        errors.seek(0)
        return stdout.decode("utf-8", "surrogateescape"), errors.read().decode("utf-8", "surrogateescape"), process.returncode
