"""The user's files as trees in which every value knows its file, line and column; read with bounds on size and depth."""

import os
from contextlib import suppress
from pathlib import Path

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError, Problem, system_words

MAX_BYTES = 4 << 20
"""Of one template, DistributionConfig or settings file; CloudFormation itself takes 1 MB."""

SMALLER = (
    "keep what a distribution needs:  terraform show -json FILE | "
    """jq 'del(.. | select(type == "object" and has("provider_name") and """
    """(.type | test("cloudfront|lambda|s3_bucket|archive|_lb|apigateway|api_gateway") | not)))'"""
)
"""What helps where Terraform printed more than is read."""


def local_path(base: Path, text: str, node: Node) -> Path:
    """The absolute path that a file means by `text`, relative to `base`. Raises ConfigError when nothing is there."""
    path = new_path(base, text, node)
    if not os.path.lexists(path):
        raise ConfigError(node.problem(f"there is no file or directory {path}"))
    return path


def new_path(base: Path, text: str, node: Node) -> Path:
    """The same of what need not be there yet, in a folder that must be. Raises ConfigError."""
    try:
        path = Path(os.path.normpath((base / Path(text).expanduser()).absolute()))
        with suppress(FileNotFoundError):
            path.lstat()
        path.parent.stat()
    except FileNotFoundError:
        raise ConfigError(node.problem(f"there is no file or directory {path}")) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(node.problem(f"not a path: {text[:80]}")) from error
    return path


def local_file(base: Path, text: str, node: Node) -> Path:
    """The same of a file that is there. Raises ConfigError."""
    path = local_path(base, text, node)
    if not path.is_file():
        raise ConfigError(node.problem(f"{path} is not a file"))
    return path


def read(path: Path, mentioned: Node | None = None) -> Node:
    """Reads a YAML or JSON file. Raises ConfigError; `mentioned` is where another file names this one."""
    text = read_text(path, mentioned)
    # Each reader is imported when its format turns up: PyYAML alone costs 15 ms of a start.
    if path.suffix.lower() == ".json" or (text.lstrip()[:1] == "{" and path.suffix.lower() not in (".yaml", ".yml")):
        from edgeproxy.config.json_nodes import read_json

        return read_json(text, path)
    from edgeproxy.config.yaml_nodes import read_yaml

    return read_yaml(text, path)


def _no_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a directory"
    return f"{path} is not a file" if os.path.lexists(path) else f"there is no file {path}"


def read_text(path: Path, mentioned: Node | None = None) -> str:
    """The text of a UTF-8 file of at most MAX_BYTES. Raises ConfigError."""
    place = mentioned or Node(None)
    try:
        if not path.is_file():
            raise ConfigError(place.problem(_no_file(path)))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(place.problem(f"{path} cannot be read: {system_words(error)}")) from error
    if len(data) > MAX_BYTES:
        hint = SMALLER if b'"format_version"' in data[:200] else ""
        raise ConfigError(Problem(f"the file is larger than {MAX_BYTES >> 20} MiB", path, hint=hint))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(Problem("the file is not UTF-8", path, line, 1)) from error
