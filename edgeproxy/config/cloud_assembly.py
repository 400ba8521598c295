"""A CDK cloud assembly as `cdk synth` writes it: the stacks that its manifest names, their templates and their assets.

Source: the cloud assembly schema; artifacts of the types aws:cloudformation:stack, cdk:asset-manifest, cdk:cloud-assembly.
Read as files: neither the app nor the CDK is run, and every path stays inside the assembly's folder.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from edgeproxy.config.assets import SYNTH, Assets
from edgeproxy.config.documents import read, read_text
from edgeproxy.config.nodes import Node, entries, items
from edgeproxy.config.parameters import as_text
from edgeproxy.config.problems import Problems
from edgeproxy.config.resource_values import STACK
from edgeproxy.errors import ConfigError, Problem

FOLDER, MANIFEST = "cdk.out", "manifest.json"
ASSETS = "cdk:asset-manifest"
MAX_STACKS = 500
MAX_BYTES = 64 << 20
"""Of all manifests and templates."""
MAX_DEPTH = 8
"""Assemblies inside assemblies, stacks inside stacks."""
_ENVIRONMENT = re.compile(r"aws://([0-9]{12}|unknown-account)/([a-z0-9-]+)")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """One stack: its name, its template, what is known of its parameters and pseudo parameters."""

    name: str
    template: Node
    given: Mapping[str, str] = field(default_factory=dict)
    parent: "Stack | None" = None
    """The stack that a nested one is a resource of."""
    resource_id: str = ""
    """Its logical id there."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """The stacks of an assembly, those of nested assemblies too, in the manifests' order; a parent before its children."""

    stacks: list[Stack]
    assets: Assets


def manifest_of(path: Path) -> Path | None:
    """The manifest of the assembly that a path means: its folder, the project's folder above it, or itself; None: of none.

    A CDK project that was not synthesized yet has one that is not there.
    """
    if path.name == "cdk.json":
        path = path.parent
    if path.is_file():
        return path if path.name == MANIFEST and _is_assembly(path.parent) else None
    if _is_assembly(path):
        return path / MANIFEST
    if (path / FOLDER).is_dir() or (path / "cdk.json").is_file():
        return path / FOLDER / MANIFEST
    return None


def _is_assembly(folder: Path) -> bool:
    """Web apps have a manifest.json too: a file named cdk.out lies beside that of an assembly, or it speaks of artifacts."""
    manifest = folder / MANIFEST
    if folder.name == FOLDER and folder.is_dir():
        return True
    if not manifest.is_file():
        return False
    try:
        return (folder / FOLDER).is_file() or '"artifacts"' in read_text(manifest)
    except ConfigError:
        return False


def read_assembly(manifest: Path, sources: dict[Path, None], mentioned: Node | None = None) -> Assembly:
    """Reads an assembly; `sources` gets every file. Raises ConfigError with every problem: half of it is never served."""
    reader = _Reader(outermost(manifest.parent), sources)
    if not manifest.is_file():
        place = mentioned or Node(None, manifest.parent)
        sources[manifest] = None
        raise ConfigError(place.problem(f"there is no cloud assembly: {manifest} is missing", "run cdk synth"))
    with reader.problems.gathering():
        reader.manifest(manifest, Node(None, manifest), 0)
    if not reader.stacks and not reader.problems:
        reader.problems.add(Problem("the cloud assembly has no stack", manifest))
    reader.problems.raise_any()
    return Assembly(reader.stacks, reader.assets)


def outermost(folder: Path) -> Path:
    """The assembly around an assembly: the assets of an app's stages lie in the app's own."""
    while _is_assembly(folder.parent):
        folder = folder.parent
    return folder


class _Reader:
    """One assembly being read; `root` is the folder that all of it must lie in."""

    def __init__(self, root: Path, sources: dict[Path, None]) -> None:
        self.problems = Problems()
        self.stacks: list[Stack] = []
        self.assets = Assets(root, sources)
        self._sources = sources
        self._read: set[Path] = set()
        self._left = MAX_BYTES
        # A folder that is removed and made anew is seen by whoever watches the folder above it.
        sources[root] = None

    def manifest(self, path: Path, mentioned: Node, depth: int) -> None:
        """Reads a manifest and everything that it names."""
        if depth > MAX_DEPTH or path.resolve() in self._read:
            raise ConfigError(mentioned.problem("a cloud assembly holds itself, or too many others inside each other"))
        self.assets.check_inside(path, mentioned, path)
        self._read.add(path.resolve())
        node = self._file(path, mentioned)
        if "artifacts" not in entries(node):
            raise ConfigError(node.problem("not the manifest of a cloud assembly: it has no artifacts", SYNTH))
        # Templates name assets: those first.
        artifacts = sorted(entries(node, "artifacts").items(), key=lambda item: _kind(item[1]) != ASSETS)
        for name, artifact in artifacts:
            with self.problems.gathering():
                self._artifact(name, artifact, path.parent, depth)

    def _file(self, path: Path, mentioned: Node) -> Node:
        self._sources[path] = None
        with suppress(OSError):  # What is not there, `read` tells.
            self._left -= path.stat().st_size
        if self._left < 0:
            raise ConfigError(mentioned.problem(f"the files of the cloud assembly are larger than {MAX_BYTES >> 20} MiB"))
        return read(path, mentioned)

    def _artifact(self, name: str, artifact: Node, base: Path, depth: int) -> None:
        fields, properties = entries(artifact), entries(artifact, "properties")
        kind = _kind(artifact)
        if kind == "aws:cloudformation:stack":
            file = self._named(artifact, "templateFile")
            given = {key: as_text(value) for key, value in entries(properties.get("parameters")).items()}
            stack_name = as_text(properties["stackName"]) if "stackName" in properties else name
            given |= _environment(fields.get("environment"), stack_name)
            self._stack(Stack(stack_name, self._file(self.assets.inside(base, file), file), given), 0)
        elif kind == ASSETS:
            file = self._named(artifact, "file")
            self.assets.add(self._file(self.assets.inside(base, file), file), base)
        elif kind == "cdk:cloud-assembly":
            folder = self._named(artifact, "directoryName")
            self.manifest(self.assets.inside(base, folder) / MANIFEST, folder, depth + 1)

    def _named(self, artifact: Node, name: str) -> Node:
        node = entries(artifact, "properties").get(name)
        if node is None or not isinstance(node.value, str):
            raise ConfigError(artifact.problem(f"this artifact has no {name}", SYNTH))
        return node

    def _stack(self, stack: Stack, depth: int) -> None:
        template = stack.template
        if not isinstance(template.value, dict) or not isinstance(template.value.get("Resources", template).value, dict):
            raise ConfigError(template.problem("not a template: Resources must be a mapping"))
        if len(self.stacks) >= MAX_STACKS or depth > MAX_DEPTH:
            raise ConfigError(template.problem(f"more than {MAX_STACKS} stacks, or nested deeper than {MAX_DEPTH} levels"))
        self.stacks.append(stack)
        for name, entry in entries(template, "Resources").items():
            kind = entries(entry).get("Type")
            if kind is not None and kind.value == STACK:
                with self.problems.gathering():
                    self._nested(stack, name, entry, depth)

    def _nested(self, outer: Stack, name: str, entry: Node, depth: int) -> None:
        staged, url = entries(entry, "Metadata").get("aws:asset:path"), entries(entry, "Properties").get("TemplateURL")
        if staged is not None and outer.template.path is not None:
            path: Path | None = self.assets.inside(outer.template.path.parent, staged)
        else:
            path = next((found for key in _keys(url) if (found := self.assets.find(key)) is not None), None)
        if path is not None:
            inner_name = f"{outer.name}-{name}"
            given = {**_pseudo(outer.given), "AWS::StackName": inner_name}
            self._stack(Stack(inner_name, self._file(path, staged or entry), given, outer, name), depth + 1)


def _kind(artifact: Node) -> str:
    node = entries(artifact).get("type")
    return "" if node is None else str(node.value)


def _keys(url: Node | None) -> Iterator[str]:
    """What may be the object key in a URL that is put together of texts: the last part of each."""
    if url is None:
        return
    if isinstance(url.value, str):
        yield url.value.rpartition("/")[2]
    for child in [*entries(url).values(), *items(url)]:
        yield from _keys(child)


def _environment(node: Node | None, stack_name: str) -> dict[str, str]:
    """Pseudo parameters of a stack; those of an environment that the app leaves open keep their usual values."""
    found = {"AWS::StackName": stack_name}
    match = _ENVIRONMENT.fullmatch(str(node.value)) if node is not None else None
    if match and match[1] != "unknown-account":
        found["AWS::AccountId"] = match[1]
    if match and match[2] != "unknown-region":
        found["AWS::Region"] = match[2]
    return found


def _pseudo(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name.startswith("AWS::")}
