"""Where the code of a handler stands when it runs: its own folder, one made of inline code, or a copy of its folder.

On Lambda there is nothing above /var/task. Python only looks into the task root; Node.js climbs up from a file in search of
package.json and node_modules, so what has either above it runs in a copy, as does what has an overlay.
Chosen: of a copy the installed packages (`node_modules`), linked folders and large files that are no code are links to those
of the function's folder: such a package is found where it is, and with it what lies above. What Lambda's Node.js brings
(the AWS SDK) is linked above the copy, where a folder above has it. Above that is the system's temporary directory.
"""

import os
import shutil
import tempfile
from pathlib import Path

from edgeproxy.model import LambdaFunction

# "CloudFormation places it in a file named index" (AWS::Lambda::Function Code): index.js is CommonJS.
INLINE = {"python": "index.py", "nodejs": "index.js"}
PACKAGES = "node_modules"
LEFT_OUT = frozenset({".git", ".venv", "__pycache__"})
DESCRIPTION = "package.json"
# "Deployment package: 250 MB, unzipped" (gettingstarted-limits).
LARGEST = 250 << 20
"""Bytes that are copied."""
LINKED = 1 << 20
"""Larger files are linked, unless they are code."""
CODE = frozenset({"", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"})
# "Node.js 18 and later: AWS SDK for JavaScript v3" (lambda-nodejs); its packages depend on each other.
IN_LAMBDA = ("@aws-sdk", "@smithy")
IN_OLDER_LAMBDA = ("aws-sdk",)
OLDER = frozenset({"nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x"})


def inline_name(runtime: str) -> str:
    """The file that inline code becomes."""
    return INLINE["nodejs" if runtime.startswith("nodejs") else "python"]


def folder(function: LambdaFunction) -> Path | None:
    """The user's own folder of the code, None when the code is inline."""
    return function.task_root.resolve() if function.inline is None and function.task_root is not None else None


def make(function: LambdaFunction) -> tuple[Path, Path]:
    """A scratch directory, and the task root, which may lie in it. Raises OSError when the code cannot be laid there."""
    scratch = Path(tempfile.mkdtemp(prefix="edgeproxy-lambda-")).resolve()
    (scratch / "tmp").mkdir()
    own = folder(function)
    above = _above(own) if own is not None and function.runtime.startswith("nodejs") else []
    if own is not None and not function.overlay and not above:
        return scratch, own
    # The copy has the folder's whole path below this: what is told of it names the user's own files once this is left out.
    top = scratch / "task"
    task_root = top / own.relative_to(own.anchor) if own is not None else top
    try:
        task_root.parent.mkdir(parents=True, exist_ok=True)
        _fill(function, own, task_root)
        _bring(IN_OLDER_LAMBDA if function.runtime in OLDER else IN_LAMBDA, above, top / PACKAGES)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return scratch, task_root


def _above(own: Path) -> list[Path]:
    """The folders above that Node.js would look into, nearest first."""
    return [parent for parent in own.parents if any((parent / name).exists() for name in (PACKAGES, DESCRIPTION))]


def _bring(names: tuple[str, ...], above: list[Path], packages: Path) -> None:
    for name in names:
        found = next((there for parent in above if (there := parent / PACKAGES / name).is_dir()), None)
        if found is not None:
            packages.mkdir(exist_ok=True)
            (packages / name).symlink_to(found)


def _fill(function: LambdaFunction, own: Path | None, task_root: Path) -> None:
    if own is not None:
        _copy(own, task_root, 0)
    else:
        task_root.mkdir()
        (task_root / inline_name(function.runtime)).write_text(function.inline or "", encoding="utf-8")
    for name, text in function.overlay:
        _lay(task_root, name, text)


def _copy(source: Path, target: Path, copied: int) -> int:
    """Copies a folder; gives the bytes that were copied, added to those before."""
    target.mkdir()
    with os.scandir(source) as found:
        entries = list(found)
    for entry in entries:
        there = target / entry.name
        if entry.name in LEFT_OUT:
            continue
        if entry.is_dir(follow_symlinks=False) and entry.name != PACKAGES:
            copied = _copy(Path(entry.path), there, copied)
        elif entry.is_file() and (there.suffix in CODE or entry.stat().st_size <= LINKED):
            copied += entry.stat().st_size
            if copied > LARGEST:
                raise OSError(f"{source} holds more than {LARGEST >> 20} MB of code: name a folder with the function alone")
            shutil.copy2(entry.path, there)
        elif Path(entry.path).exists():
            there.symlink_to(os.path.realpath(entry.path))
    return copied


def _lay(task_root: Path, name: str, text: str) -> None:
    path = task_root / name
    # Nothing is written through a link: it may lead to the user's own folder.
    if not path.parent.resolve().is_relative_to(task_root):
        raise OSError(f"{name} of the overlay lies in a linked folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
