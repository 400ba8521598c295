"""What `sam build` made of a SAM project: `.aws-sam/build/template.yaml`, read in place of the project's own template.

Chosen: as `sam local` and `sam deploy` do where no template is named, here also where template.yaml itself is named. While
`sam build` is at work there is no built template: it is written last, after the folder was emptied.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from edgeproxy.config.code import files
from edgeproxy.config.documents import local_path, read
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Untold
from edgeproxy.config.resource_values import LAMBDA, SAM_FUNCTION, Resource
from edgeproxy.config.template import read_resources
from edgeproxy.errors import ConfigError, Problem

TEMPLATES = ("template.yaml", "template.yml", "template.json")
"""Names of templates that sam finds by itself."""
FOLDERS = (".aws-sam", ".aws-sam/build")
BUILT = ".aws-sam/build/template.yaml"


@dataclass(slots=True)
class Builds:
    """The built templates of one load; `wanted`: may they be read, `expected`: those that were read the last time."""

    sources: dict[Path, None]
    wanted: bool = True
    expected: Iterable[Path] = ()
    found: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Lines that are said at the start."""

    def instead_of(self, template: Path) -> Path:
        """The template to read: what was built of it, or itself. Raises ConfigError while it is being built anew."""
        built = template.parent / BUILT
        if not self.wanted or template.name not in TEMPLATES or not template.is_file():
            return template
        if not built.is_file():
            if built not in self.expected:
                return template
            error = ConfigError(Problem(f"{built} is gone", hint="sam build is at work, or it failed"))
            error.passing = True
            raise error
        self.found.append(built)
        self._watch(template, built)
        self.remarks.append(f"serving {BUILT}, which sam build made (--no-build serves {template.name} itself)")
        if (newer := _newer(template, built, self.sources)) is not None:
            shown = newer.relative_to(template.parent) if newer.is_relative_to(template.parent) else newer
            self.remarks.append(f"caution: {shown} is newer than .aws-sam/build: run sam build")
        return built

    def _watch(self, template: Path, built: Path) -> None:
        # Folders too: they are removed and made anew, which is seen by whoever watches the folder above.
        self.sources.update(dict.fromkeys([template, *(template.parent / folder for folder in FOLDERS), built]))


def _newer(template: Path, built: Path, sources: dict[Path, None]) -> Path | None:
    """The first file of the project, of those that `sam build` reads, that was saved after the build; all are watched."""
    found = [template, *_code(template)]
    sources.update(dict.fromkeys(found))
    since = _saved(built)
    return next((path for path in found if _saved(path) > since), None)


def _saved(path: Path) -> int:
    """When a file was saved; 0 of what is not there, such as the target of an editor's lock."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _code(template: Path) -> Iterator[Path]:
    """The files of the functions' code, as far as the project's own template can be read."""
    try:
        node = read(template)
    except ConfigError:
        return
    if not isinstance(node.value, dict):
        return
    for resource in read_resources(node, Untold()).values():
        code = _code_folder(resource)
        if code is not None:
            with suppress(ConfigError):
                yield from files(local_path(template.parent, code, node))


def _code_folder(resource: Resource) -> str | None:
    properties = resource.properties.value
    if resource.type == SAM_FUNCTION:
        node = None if "InlineCode" in properties else properties.get("CodeUri", Node("."))
    else:
        node = properties.get("Code") if resource.type == LAMBDA else None
    text = None if node is None else node.value
    return text if isinstance(text, str) and not text.startswith("s3://") else None
