"""What a target is before anything of it is loaded: the file that a folder is served by, and the settings that name it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edgeproxy.config import missing_values, other_projects
from edgeproxy.config.cloud_assembly import manifest_of, outermost
from edgeproxy.config.distribution_config import unwrap
from edgeproxy.config.documents import read
from edgeproxy.config.nodes import Node
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.sam_build import TEMPLATES
from edgeproxy.config.terraform import is_terraform
from edgeproxy.errors import ConfigError, Problem
from edgeproxy.yaml_text import quoted

SETTINGS_NAMES = ("edgeproxy.yaml", "edgeproxy.yml")
FOUND_IN_DIRECTORY = (*SETTINGS_NAMES, *TEMPLATES)
"""Files that a directory is served by, the first that is there; then by a cloud assembly; else it is a static site."""


def file_in(folder: Path) -> Path | None:
    """The settings file or template that the folder is served by; None when it has none by one of the usual names."""
    return next((folder / name for name in FOUND_IN_DIRECTORY if (folder / name).is_file()), None)


def is_settings(node: Node) -> bool:
    """Is the document, a mapping, a settings file?"""
    other = "Resources" in node.value or is_terraform(node) or unwrap(node) is not None
    return not other and bool(PROPERTIES["settings"] & node.value.keys())


def is_project(folder: Path) -> bool:
    """Does the folder hold a settings file or template by one of the usual names, a CDK app, or a project that is not read?"""
    return any(found is not None for found in (file_in(folder), manifest_of(folder), other_projects.of_folder(folder)))


def settings_for(target: Path) -> Path | None:
    """The settings file beside a target that names it, which is not read where the target itself is named."""
    target = target.absolute()
    for path in (target.parent / name for name in SETTINGS_NAMES):
        if path != target and path.is_file() and target in _named(path):
            return path
    return None


def _named(settings: Path) -> list[Path]:
    """What a settings file names as its distributions; nothing of one that cannot be read."""
    document = _mapping_in(settings)
    node = None if document is None else document.value.get("distribution")
    nodes = [] if node is None else node.value if isinstance(node.value, list) else [node]
    return [settings.parent / str(each.value) for each in nodes]


def _mapping_in(path: Path) -> Node | None:
    """The document in a file; None where that cannot be read, or is no mapping: whoever loads it says so."""
    with suppress(ConfigError):
        node = read(path)
        return node if isinstance(node.value, dict) else None
    return None


def lines_to_add(problems: Sequence[Problem], target: Path | None) -> str:
    """Where all that is missing is to be given, and the lines of it, as YAML; empty when one hint says it all."""
    lines = missing_values.lines(problems)
    if not lines or target is None:
        return ""
    file = file_in(target) or target
    document = _mapping_in(file) if file.is_file() else None
    if document is not None and is_settings(document):
        return f"add to {file}, below those of its sections that are there:\n\n{lines}"
    manifest = manifest_of(file.absolute())
    served = file if manifest is None else manifest.parent
    settings = (served if manifest is None else outermost(served)).parent / FOUND_IN_DIRECTORY[0]
    where = f"add to {settings}, and serve that" if settings.exists() else f"write {settings}, and serve that"
    return f"{where}:\n\ndistribution: {quoted(served.relative_to(settings.parent).as_posix())}\n{lines}"
