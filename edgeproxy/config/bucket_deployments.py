"""What `BucketDeployment` of the CDK's library puts into a bucket: the bucket's place when the settings give none.

Source: the custom resource Custom::CDKBucketDeployment; each source is unpacked, filtered and synchronized below the prefix.
What is stored with an object is that of the last deployment which puts it. Not emulated: Prune, DistributionPaths.
Chosen: one source without a prefix, filters and markers is served where it lies; any other content is put together in a folder
of this process's own when it is loaded.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from edgeproxy.config.archives import scratch
from edgeproxy.config.assets import SYNTH, Assets
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.object_metadata import read_metadata
from edgeproxy.config.parameters import as_text
from edgeproxy.config.resource_values import Resource, construct_paths
from edgeproxy.config.section import Reading
from edgeproxy.errors import ConfigError, system_words
from edgeproxy.model import Directory
from edgeproxy.places import Metadata

DEPLOYMENT, METADATA = "Custom::CDKBucketDeployment", "SystemMetadata"
MAX_FILES, MAX_BYTES = 50_000, 512 << 20
"""What is put into one bucket, where it has to be copied."""
MAX_MARKED = 4 << 20
"""Bytes of a file in which markers are replaced."""
_CUSTOM_RESOURCE = re.compile(r"/CustomResource[^/]*$")
"""What a BucketDeployment makes inside itself: users know the construct around it."""

_done: dict[str, Path] = {}
"""What is put together already: an asset's path names its content."""


class _Source(NamedTuple):
    """A folder, or a file that is not unpacked; and the texts that stand for what is known at deployment."""

    path: Path
    markers: dict[str, str]


class _Object(NamedTuple):
    """Its key, the file that it is made of, and the texts to replace in it."""

    key: str
    path: Path
    markers: dict[str, str]


class _Left(NamedTuple):
    """Files and bytes that may still be copied."""

    files: int
    bytes: int


class _Deployment(NamedTuple):
    resource: Resource
    scope: Scope


class BucketDeployments:
    """Every deployment of an assembly, by the name of its bucket."""

    def __init__(self, scopes: Iterable[Scope], assets: Assets, reading: Reading) -> None:
        self._assets = assets
        self._reading = reading
        self._by_bucket: dict[str, list[_Deployment]] = {}
        for scope in scopes:
            for resource in scope.references.resources.values():
                bucket = resource.properties.value.get("DestinationBucketName")
                if resource.type == DEPLOYMENT and bucket is not None:
                    self._add(_Deployment(resource, scope), bucket)

    def _add(self, deployment: _Deployment, bucket: Node) -> None:
        try:
            if deployment.scope.references.exists(deployment.resource):
                self._by_bucket.setdefault(deployment.scope.text(bucket), []).append(deployment)
        except (ConfigError, RecursionError):
            return  # A bucket whose name is not known here is no origin of ours.

    def place(self, names: Iterable[str]) -> Directory | None:
        """The content of the bucket that one of the names means; None when nothing is put there. Raises ConfigError."""
        found = next((self._by_bucket[name] for name in names if name in self._by_bucket), None)
        if found is None:
            return None
        try:
            parts = [_Part(each, self._assets) for each in found]
        except RecursionError:
            raise ConfigError(found[0].resource.node.problem("values of this deployment are nested too deep")) from None
        for node in (each for part in parts for each in part.metadata.left_out):
            self._reading.leave_out(f"{DEPLOYMENT}.{METADATA}", node)
        if len(parts) == 1 and parts[0].as_it_lies is not None:
            stored = parts[0].metadata.headers
            return Directory(parts[0].as_it_lies, metadata={"": stored} if stored else {}, deployed_by=_called(found))
        return Directory(_put_together(parts), metadata=_metadata(parts), deployed_by=_called(found))


def _called(deployments: Sequence[_Deployment]) -> str:
    resource = deployments[0].resource
    path = next(iter(construct_paths(resource)), resource.id)
    more = len(deployments) - 1
    return _CUSTOM_RESOURCE.sub("", path) + (f" and {more} more" if more else "")


def _put_together(parts: "Sequence[_Part]") -> Path:
    """A folder with all objects, the same one until they change. Raises ConfigError."""
    key = repr([part.recipe for part in parts])
    if key not in _done:
        folder, left = Path(tempfile.mkdtemp(dir=scratch())), _Left(MAX_FILES, MAX_BYTES)
        try:
            for part in parts:
                left = part.copy(folder, left)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _done[key] = folder
    return _done[key]


def _metadata(parts: "Sequence[_Part]") -> dict[str, Metadata]:
    """What is stored with each object that has something."""
    if not any(part.metadata.headers for part in parts):
        return {}
    stored = {each.key: part.metadata.headers for part in parts for each in part.objects()}
    return {key: headers for key, headers in stored.items() if headers}


class _Part:
    """One deployment, read. Raises ConfigError."""

    def __init__(self, deployment: _Deployment, assets: Assets) -> None:
        self._properties = entries(deployment.resource.properties)
        self._scope = deployment.scope
        self._node = deployment.resource.node
        self._prefix = self._read_prefix()
        self._exclude, self._include = self._texts("Exclude"), self._texts("Include")
        self._sources = list(self._read_sources(assets))
        self.metadata = read_metadata(self._properties.get(METADATA), self._properties.get("UserMetadata"), self._scope)

    @property
    def as_it_lies(self) -> Path | None:
        """The only source, when its files are the bucket's objects as they are."""
        plain = len(self._sources) == 1 and not (self._prefix.parts or self._exclude or self._sources[0].markers)
        return self._sources[0].path if plain and self._sources[0].path.is_dir() else None

    @property
    def recipe(self) -> tuple[object, ...]:
        """All that decides what it puts into a bucket."""
        return self._prefix, self._exclude, self._include, self._sources

    def _texts(self, name: str) -> list[str]:
        return [as_text(item) for item in self._items(name)]

    def _items(self, name: str) -> list[Node]:
        node = self._properties.get(name)
        return [] if node is None else self._scope.items(node)

    def _read_prefix(self) -> PurePosixPath:
        node = self._properties.get("DestinationBucketKeyPrefix")
        text = "" if node is None else self._scope.text(node)
        prefix = PurePosixPath(text.strip("/"))
        if node is not None and (".." in prefix.parts or "\\" in text or "\0" in text):
            raise ConfigError(node.problem(f"DestinationBucketKeyPrefix is {text[:80]!r}", "it must stay in the bucket"))
        return prefix

    def _read_sources(self, assets: Assets) -> Iterable[_Source]:
        keys = self._properties.get("SourceObjectKeys")
        extract = self._properties.get("Extract")
        whole = extract is not None and self._scope.text(extract) == "false"
        markers = self._markers()
        for index, key in enumerate([] if keys is None else self._scope.items(keys)):
            path = assets.find(as_text(key))
            if path is None:
                message = f"the source {as_text(key)[:80]} is not an asset of this cloud assembly"
                raise ConfigError(key.problem(message, f"{SYNTH}, or name the bucket's place in edgeproxy.yaml (origins)"))
            own = markers[index] if index < len(markers) else {}
            yield _Source(path if whole else assets.folder(path, key), own)

    def _markers(self) -> list[dict[str, str]]:
        found = []
        config = self._items("SourceMarkersConfig")
        for index, item in enumerate(self._items("SourceMarkers")):
            escape = entries(config[index]).get("jsonEscape") if index < len(config) else None
            in_json = escape is not None and self._scope.text(escape) == "true"
            texts = {marker: self._scope.text(value) for marker, value in entries(item).items()}
            found.append({marker: json.dumps(text)[1:-1] if in_json else text for marker, text in texts.items()})
        return found

    def copy(self, folder: Path, left: _Left) -> _Left:
        """Puts the objects into a folder, at most what is `left`; returns what is left then. Raises ConfigError."""
        for key, path, markers in self.objects():
            try:
                size = _put(path, folder / key, markers, left.bytes)
            except OSError as error:
                raise ConfigError(self._node.problem(f"{path} cannot be copied: {system_words(error)}")) from error
            left = _Left(left.files - 1, left.bytes - size)
            if min(left) < 0:
                limit = f"{MAX_FILES} files or {MAX_BYTES >> 20} MiB"
                raise ConfigError(self._node.problem(f"more than {limit} are put into a bucket"))
        return left

    def objects(self) -> Iterable[_Object]:
        """What it puts into the bucket, in its order."""
        for source in self._sources:
            for name, path in _files(source.path):
                if _taken(name, self._exclude, self._include):
                    yield _Object((self._prefix / name).as_posix(), path, source.markers)


def _files(path: Path) -> Iterable[tuple[str, Path]]:
    """Relative names and paths of the regular files of a folder, or the file itself."""
    if not path.is_dir():
        yield path.name, path
        return
    for directory, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(directory, name)
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(path).as_posix(), file


def _taken(name: str, exclude: Sequence[str], include: Sequence[str]) -> bool:
    # `aws s3 sync --exclude … --include …`: "Filters that appear later in the command take precedence".
    return not any(fnmatchcase(name, each) for each in exclude) or any(fnmatchcase(name, each) for each in include)


def _put(source: Path, target: Path, markers: dict[str, str], most: int) -> int:
    """Copies an object of at most `most` bytes; returns how many it has, more than `most` when it is not copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    size = source.stat().st_size
    if not markers or size > MAX_MARKED:
        if size <= most:
            shutil.copyfile(source, target)
        return size
    content = source.read_bytes()
    for marker, text in markers.items():
        old, new = marker.encode(), text.encode()
        # What it will be is known before it is made.
        size = len(content) + content.count(old) * (len(new) - len(old))
        if size > most:
            return size
        content = content.replace(old, new)
    target.write_bytes(content)
    return size
