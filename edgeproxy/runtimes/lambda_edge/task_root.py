"""Where the code of a handler stands when it runs: its own folder, one made of inline code, or a copy with an overlay.

Chosen: of a copy the installed packages (`node_modules`) and linked folders are links to those of the function's folder.
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
# "Deployment package: 250 MB, unzipped" (gettingstarted-limits).
LARGEST = 250 << 20
"""Bytes that are copied."""


def inline_name(runtime: str) -> str:
    """The file that inline code becomes."""
    return INLINE["nodejs" if runtime.startswith("nodejs") else "python"]


def make(function: LambdaFunction) -> tuple[Path, Path]:
    """A scratch directory, and the task root, which may lie in it. Raises OSError when the overlay cannot be laid."""
    scratch = Path(tempfile.mkdtemp(prefix="edgeproxy-lambda-")).resolve()
    (scratch / "tmp").mkdir()
    if function.inline is None and function.task_root is not None and not function.overlay:
        return scratch, function.task_root.resolve()
    task_root = scratch / "task"
    try:
        _fill(function, task_root)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return scratch, task_root


def _fill(function: LambdaFunction, task_root: Path) -> None:
    if function.inline is None and function.task_root is not None:
        _copy(function.task_root.resolve(), task_root, 0)
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
        elif entry.is_file():
            copied += entry.stat().st_size
            if copied > LARGEST:
                raise OSError(f"{source} holds more than {LARGEST >> 20} MB: an overlay needs a folder with the function alone")
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
