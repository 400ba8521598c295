"""What is wrong with a Lambda@Edge function, found without running any of its code.

Messages begin with the error type that Lambda reports for the same fault. Not found: names that come to be at run time,
imports inside functions and `try`, what a Node.js handler imports, and one that is not exported.
"""

import ast
import importlib.machinery
import importlib.util
import re
import shutil
import subprocess
import symtable
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

from edgeproxy.errors import Problem
from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.bootstrap import IN_LAMBDA
from edgeproxy.runtimes.lambda_edge.failure import how_to_bring
from edgeproxy.runtimes.lambda_edge.interpreters import (
    INSTALL_NODE,
    NO_NODE,
    OWN_PACKAGES,
    PYTHON,
    RUNTIMES,
    NoInterpreter,
    node_command,
)
from edgeproxy.runtimes.lambda_edge.task_root import DESCRIPTION, LARGEST, PACKAGES, inline_name

LONGEST = 512 << 10
"""Bytes of a Python module that is looked at: its tree takes some hundred times as much memory."""
_NODE_PLACE = re.compile(r"^(?:file://)?(?P<path>/.+):(?P<line>\d+)$", re.MULTILINE)
_NODE_ERROR = re.compile(r"^\w*Error: .+$", re.MULTILINE)


def check(function: LambdaFunction) -> Problem | None:
    """The first problem of a function, None when there is none. Reads its files and may start `node --check`."""
    if function.runtime not in RUNTIMES:
        whose = "Lambda@Edge has" if function.replicated else "edgeproxy runs"
        return Problem(f"{whose} no runtime {function.runtime!r}", hint=f"one of {', '.join(RUNTIMES)}")
    if function.task_root is None and function.inline is None:
        return Problem(f"no code for function {function.name!r}")
    try:
        return _check_python(function) if function.runtime in PYTHON else _check_node(function)
    except (OSError, ValueError) as error:
        return Problem(f"Runtime.ImportModuleError: the code of {function.name!r} cannot be read: {error}", function.task_root)


def _check_python(function: LambdaFunction) -> Problem | None:
    module, dot, name = function.handler.rpartition(".")
    if not dot or not module or module.startswith((".", "/")) or ".." in module or "\0" in module:
        return Problem(f"Runtime.MalformedHandlerName: Bad handler '{function.handler}'", hint="module.function")
    path = None
    if function.inline is None:
        path = _python_file(function.task_root or Path(), module)
        if path is None:
            message = f"Runtime.ImportModuleError: Unable to import module '{module}': No module named '{module}'"
            return Problem(message, function.task_root, hint=f"there is no {module}.py")
    elif module != "index":
        return Problem(f"Runtime.ImportModuleError: Unable to import module '{module}'", hint="inline code is index.py")
    return _check_source(function, path, name)


def _python_file(root: Path, module: str) -> Path | None:
    stem = root / module.replace(".", "/")
    candidates = (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))
    return next((path for path in candidates if path.is_file()), None)


def _check_source(function: LambdaFunction, path: Path | None, name: str) -> Problem | None:
    try:
        source = _source(path) if path else (function.inline or "")[: LONGEST + 1]
        if source is None or len(source) > LONGEST:
            return None
        tree, table = _compiled(source)
    except SyntaxError as error:
        hint = f"read by Python {sys.version_info.major}.{sys.version_info.minor}; the function declares {function.runtime}"
        return Problem(f"Runtime.UserCodeSyntaxError: {error.msg}", path, error.lineno or 0, error.offset or 0, hint)
    except (OSError, ValueError, LookupError, RecursionError, MemoryError) as error:
        return Problem(f"Runtime.ImportModuleError: {str(error) or 'the code is nested too deep'}", path)
    laid = {file.partition("/")[0].removesuffix(".py") for file, _ in function.overlay}
    return _check_imports(tree, path, function.task_root, laid) or _check_name(tree, table, path, name)


def _source(path: Path) -> str | None:
    """The text of a module, decoded as it says itself; None when it is too long to be looked at."""
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    return None if len(data) > LONGEST else importlib.util.decode_source(data)


def _compiled(source: str) -> tuple[ast.Module, symtable.SymbolTable]:
    with warnings.catch_warnings():
        # What Python warns of is none of a check's business, and would be said in the user's words.
        warnings.simplefilter("ignore")
        return ast.parse(source), symtable.symtable(source, "handler", "exec")


def _check_imports(tree: ast.Module, path: Path | None, root: Path | None, laid: set[str]) -> Problem | None:
    """`laid`: modules that the overlay brings."""
    for statement in tree.body:
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
            names = [statement.module]
        for name in names:
            first = name.partition(".")[0]
            if first not in laid and not _found(first, root):
                hint = how_to_bring(first) or _beside(root)
                message = f"Runtime.ImportModuleError: No module named '{name}'"
                return Problem(message, path, statement.lineno, statement.col_offset + 1, hint)
    return None


def _beside(root: Path | None) -> str:
    if root is not None and (root / "requirements.txt").is_file():
        return f"pip install -r {root / 'requirements.txt'} -t {root}"
    return "put it beside the handler"


def _found(name: str, root: Path | None) -> bool:
    if name in sys.stdlib_module_names:
        return True
    if root is not None and importlib.machinery.PathFinder.find_spec(name, [str(root)]):
        return True
    return name in IN_LAMBDA and importlib.machinery.PathFinder.find_spec(name, [OWN_PACKAGES]) is not None


def _check_name(tree: ast.Module, table: symtable.SymbolTable, path: Path | None, name: str) -> Problem | None:
    for statement in tree.body:
        if isinstance(statement, ast.AsyncFunctionDef) and statement.name == name:
            # Lambda calls the function and serialises what it returns: a coroutine.
            message = "Runtime.MarshalError: Object of type coroutine is not JSON serializable"
            return Problem(
                message, path, statement.lineno, statement.col_offset + 1, "Lambda has no async Python handlers: use def"
            )
    defined = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    stars = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body)
    if name in defined or stars:
        return None
    return Problem(f"Runtime.HandlerNotFound: Handler '{name}' missing on module", path, hint=f"def {name}(event, context):")


def _check_node(function: LambdaFunction) -> Problem | None:
    try:
        words, _ = node_command(function.runtime)
    except NoInterpreter:
        return Problem(f"{NO_NODE}, which {function.name!r} needs", hint=INSTALL_NODE)
    stem, dot, _ = function.handler.rpartition("/")[2].partition(".")
    if not dot or not stem or ".." in function.handler or "//" in f"/{function.handler}" or "\0" in function.handler:
        return Problem(f"Runtime.MalformedHandlerName: Bad handler '{function.handler}'", hint="file.export")
    if function.inline is not None:
        return _check_inline(words, function, stem)
    root = function.task_root or Path()
    place = root / function.handler.rpartition("/")[0] / stem
    path = _node_file(root, place)
    if path is None:
        message = f"Runtime.ImportModuleError: Error: Cannot find module '{place.relative_to(root)}'"
        return Problem(message, root, hint=f"there is no {stem}.js, {stem}.mjs or {stem}.cjs")
    fits = path.is_file() and path.stat().st_size <= LARGEST
    return _check_alone(words, path, root, dict(function.overlay)) if fits else None


def _node_file(root: Path, place: Path) -> Path | None:
    files = [place.with_name(place.name + suffix) for suffix in ("", ".js", ".mjs", ".cjs")]
    installed = root / "node_modules" / place.relative_to(root)
    packages = [place, installed, installed.with_name(f"{installed.name}.js")]
    return next((path for path in files if path.is_file()), None) or next((path for path in packages if path.exists()), None)


def _check_inline(words: list[str], function: LambdaFunction, stem: str) -> Problem | None:
    if stem != "index":
        return Problem(f"Runtime.ImportModuleError: Error: Cannot find module '{stem}'", hint="inline code is index.js")
    with tempfile.TemporaryDirectory(prefix="edgeproxy-check-") as directory:
        path = Path(directory, inline_name(function.runtime))
        path.write_text(function.inline or "", encoding="utf-8")
        problem = _node_check(words, path)
    return problem and problem._replace(path=None)


def _check_alone(words: list[str], path: Path, root: Path, laid: Mapping[str, str]) -> Problem | None:
    """Of a copy, above which there is no package.json but the one that counts."""
    with tempfile.TemporaryDirectory(prefix="edgeproxy-check-") as directory:
        alone = Path(directory, path.name)
        shutil.copyfile(path, alone)
        _describe(alone.with_name(DESCRIPTION), path, root, laid)
        problem = _node_check(words, alone)
    return problem and problem._replace(path=path)


def _describe(target: Path, path: Path, root: Path, laid: Mapping[str, str]) -> None:
    """Puts there the package.json that tells which kind of module a file is: the nearest, but none above the task root."""
    for folder in path.relative_to(root).parents:
        if folder.name == PACKAGES:
            return
        if (own := (folder / DESCRIPTION).as_posix()) in laid:
            target.write_text(laid[own], "utf-8")
            return
        if (root / folder / DESCRIPTION).is_file():
            shutil.copyfile(root / folder / DESCRIPTION, target)
            return


def _node_check(words: list[str], path: Path) -> Problem | None:
    try:
        checked = subprocess.run(
            [*words, "--check", str(path)], capture_output=True, timeout=10, stdin=subprocess.DEVNULL, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Problem(f"node --check did not run: {error}", path)
    if checked.returncode == 0:
        return None
    text = checked.stderr.decode("utf-8", "replace")
    place, error_line = _NODE_PLACE.search(text), _NODE_ERROR.search(text)
    message = error_line[0] if error_line else f"node --check ended with {checked.returncode}"
    column = next((line.index("^") + 1 for line in text.splitlines() if set(line.strip()) == {"^"}), 0)
    return Problem(f"Runtime.UserCodeSyntaxError: {message}", path, int(place["line"]) if place else 0, column)
