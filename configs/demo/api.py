"""The demo's JSON API: says what reached it. `python configs/demo/api.py [PORT]`."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Api(BaseHTTPRequestHandler):
    """Answers every path with what it saw; `?max-age=N` asks to be cached for N seconds."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        seen = {
            "greeting": self.headers.get("X-Greeting", "nobody greeted"),
            "method": self.command,
            "path": path,
            "query": query,
            "body": self.rfile.read(length).decode(errors="replace"),
            "host": self.headers.get("Host"),
            "secret": self.headers.get("X-Origin-Secret"),
            "time": time.strftime("%H:%M:%S"),
        }
        body = json.dumps(seen, indent=2).encode() + b"\n"
        self.send_response(404 if path.startswith("/api/missing") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        max_age = dict(part.partition("=")[::2] for part in query.split("&")).get("max-age")
        if max_age and max_age.isdecimal():
            self.send_header("Cache-Control", f"max-age={max_age}")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format, *args):  # noqa: A002
        """The proxy prints a line a request; the API keeps quiet."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    try:
        with ThreadingHTTPServer(("127.0.0.1", port), Api) as server:
            print(f"the demo's API listens on http://127.0.0.1:{port}", flush=True)
            server.serve_forever()
    except OSError as error:
        sys.exit(f"the demo's API cannot listen on port {port}: {error.strerror}")
    except KeyboardInterrupt:
        pass
