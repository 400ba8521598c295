"""`make run`: the demo's API and the proxy in front of it, until Ctrl-C; stops both."""

import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TRY = """
Try, in another terminal:

  curl -i http://127.0.0.1:8080/             Miss; again: Hit, with Age
  curl -i http://127.0.0.1:8080/about        CleanUrls (viewer-request) made it /about.html; VisitorCookie set a cookie
  curl -i http://127.0.0.1:8080/api/hello    Greeting (Python, origin-request), Timing (Node.js, origin-response)
  curl -i http://127.0.0.1:8080/nowhere      a custom error response
  .venv/bin/edgeproxy explain /about         why it is a Hit: the cache key, the TTL, the functions

Edit functions/clean-urls/index.js and ask again. Ctrl-C stops both servers.
"""


def main():
    """Starts both servers, waits for the proxy, stops the API."""
    api = subprocess.Popen([sys.executable, str(HERE / "api.py")], stdout=subprocess.PIPE, start_new_session=True)
    # Ctrl-C reaches the proxy itself, which finishes what is in flight; this process only waits for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # Another server on its port would be the demo's API to the proxy.
        if not api.stdout.readline():
            return 1
        print(TRY, flush=True)
        proxy = subprocess.Popen([sys.executable, "-m", "edgeproxy", "serve", str(HERE), "--admin-port", "0", *sys.argv[1:]])
        signal.signal(signal.SIGTERM, lambda *_: proxy.terminate())
        return proxy.wait()
    finally:
        api.terminate()
        api.wait()


if __name__ == "__main__":
    sys.exit(main())
