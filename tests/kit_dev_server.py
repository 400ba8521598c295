"""`configs/dev-server` for tests: its API on a port of its own, and a copy of it that names other ports."""

import importlib.util
import shutil
import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

SET_UP = Path(__file__).parent.parent / "configs" / "dev-server"
VITE_URL, API_URL = "http://localhost:5173", "http://localhost:3000"


@contextmanager
def serving_api():
    """Runs its api.py; yields the URL."""
    spec = importlib.util.spec_from_file_location("dev_server_api", SET_UP / "api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with ThreadingHTTPServer(("127.0.0.1", 0), module.Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def copied(folder, vite_url, api_url):
    """The set-up as it stands, but for where the two servers are; returns the copy."""
    copy = shutil.copytree(SET_UP, folder / "dev-server", ignore=shutil.ignore_patterns("node_modules"))
    settings = copy / "edgeproxy.yaml"
    settings.write_text(settings.read_text().replace(VITE_URL, vite_url).replace(API_URL, api_url))
    return copy
