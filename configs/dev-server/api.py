"""The API of this set-up: greets, and signs in. `python api.py [PORT]`."""

import json
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SITE = "www.example.com"


class Api(BaseHTTPRequestHandler):
    """`POST /api/login` sets a cookie for the deployed site and leads there; everything else is greeted."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "POST" and self.path == "/api/login":
            cookie = f"session=ada; Domain={SITE}; Path=/; Secure; HttpOnly; SameSite=Lax"
            return self.send(302, b"", ("Location", f"https://{SITE}/welcome"), ("Set-Cookie", cookie))
        session = SimpleCookie(self.headers.get("Cookie")).get("session")
        said = {
            "greeting": f"hello, {session.value if session else 'stranger'}",
            "method": self.command,
            "path": self.path,
            "host": self.headers.get("Host"),
        }
        return self.send(200, json.dumps(said).encode(), ("Content-Type", "application/json"))

    def send(self, status, body, *headers):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format, *args):  # noqa: A002
        """edgeproxy prints a line a request; the API keeps quiet."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    try:
        with ThreadingHTTPServer(("127.0.0.1", port), Api) as server:
            print(f"the API listens on http://localhost:{port}", flush=True)
            server.serve_forever()
    except OSError as error:
        sys.exit(f"the API cannot listen on port {port}: {error.strerror}")
    except KeyboardInterrupt:
        pass
