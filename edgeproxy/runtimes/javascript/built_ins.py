"""What stands in a context before the user's code: the prelude and the modules, joined into one program.

Vendored: js-md5 0.9.2, js-sha1 0.7.0 and js-sha256 1.0.0 (MIT, Chen Yi-Cyuan), unchanged, for long chains of hashes only.
"""

import functools
import json
from pathlib import Path

from edgeproxy.rules.function_event import UNREAD

_HERE = Path(__file__).parent
_PARTS = (
    "prelude/builtins", "prelude/time", "prelude/guards", "modules/encodings", "modules/byte_strings", "modules/text",
    "modules/buffer", "modules/crypto", "modules/querystring", "modules/cloudfront", "prelude/event", "prelude/boot",
)  # fmt: skip
_VENDORED = ("md5", "sha1", "sha256")
MODULES = {"1.0": ("crypto", "querystring"), "2.0": ("crypto", "querystring", "buffer", "cloudfront")}
"""Per runtime, what `require` and `import` find."""
LINES = 2048
"""The user's code stands below this line: the engine has one file name for all, so lines tell whose a frame is."""


@functools.cache
def prelude(runtime: str, with_hashes: bool) -> str:
    """A program whose value is `boot`; `runtime` is `1.0` or `2.0`, `with_hashes`: it can hash by itself."""
    hashes = "".join(map(_vendored, _VENDORED)) if with_hashes else ""
    parts = "\n".join(_read(f"{part}.js") for part in _PARTS)
    program = f'(function (runtime, UNREAD) {{ "use strict"; const hashes = {{}};\n{hashes}\n{parts}\n}})'
    return f'{program}("{runtime}", {json.dumps(UNREAD)})'


def _read(name: str) -> str:
    return _HERE.joinpath(name).read_text("utf-8")


def _vendored(algorithm: str) -> str:
    code = _read(f"modules/vendor/js-{algorithm}.min.js")
    opening = "{ const module = { exports: {} }; (function (exports, window, self, process, define) {"
    return f"{opening}{code}\n}}).call({{}}, module.exports); hashes.{algorithm} = module.exports; }}\n"
