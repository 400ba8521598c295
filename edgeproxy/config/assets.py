"""Assets of a CDK cloud assembly: what `cdk deploy` uploads to S3, here by the object keys that templates name.

Source: the asset manifests (`*.assets.json`) of the cloud assembly schema: files -> source (path, packaging), destinations.
Nothing outside the assembly's folder is read, and no `executable` of an asset is run.
"""

from pathlib import Path
from typing import NamedTuple

from edgeproxy.config.archives import unpacked
from edgeproxy.config.documents import local_path
from edgeproxy.config.nodes import Node, entries
from edgeproxy.errors import ConfigError, system_words

SYNTH = "run cdk synth again"
_STAGED = "only what cdk synth staged there is read; for code elsewhere name it in edgeproxy.yaml (functions, origins)"


class _Asset(NamedTuple):
    source: Node
    """Path of a file or folder, as the manifest says it."""
    base: Path


class Assets:
    """The assets of one cloud assembly; `root` is its folder, `sources` gets every archive and file that is read."""

    def __init__(self, root: Path, sources: dict[Path, None]) -> None:
        self._root = root.resolve()
        self._sources = sources
        self._by_key: dict[str, _Asset] = {}

    def add(self, manifest: Node, base: Path) -> None:
        """Makes the files of an asset manifest known; `base` is its folder."""
        for name, entry in entries(manifest, "files").items():
            source = entries(entry, "source").get("path")
            if source is None:
                continue
            asset = _Asset(source, base)
            self._by_key[name + Path(str(source.value)).suffix] = asset
            for destination in entries(entry, "destinations").values():
                key = entries(destination).get("objectKey")
                if key is not None:
                    self._by_key[str(key.value)] = asset

    def inside(self, base: Path, node: Node) -> Path:
        """The path that `node` holds, relative to `base`. Raises ConfigError when nothing is there, or it is outside."""
        try:
            path = local_path(base, str(node.value), node)
        except ConfigError as error:
            raise ConfigError(*(problem._replace(hint=SYNTH) for problem in error.problems)) from None
        self.check_inside(path, node, node.value)
        return path

    def check_inside(self, path: Path, node: Node, said: object) -> None:
        """Raises ConfigError when a path leads out of the assembly; `said` is how it is called."""
        try:
            real = path.resolve()
        except RuntimeError:
            raise ConfigError(node.problem(f"{path} cannot be read: links lead to each other")) from None
        except OSError as error:
            raise ConfigError(node.problem(f"{path} cannot be read: {system_words(error)}")) from error
        if not real.is_relative_to(self._root):
            raise ConfigError(node.problem(f"{said} is outside the cloud assembly, {self._root}", _STAGED))

    def find(self, key: str) -> Path | None:
        """The file or folder that becomes an S3 object; None: no manifest has it. Raises ConfigError when it is missing."""
        asset = self._by_key.get(key)
        return None if asset is None else self.inside(asset.base, asset.source)

    def file(self, key: str) -> Path | None:
        """The same, of a file."""
        path = self.find(key)
        if path is None or not path.is_file():
            return None
        self._sources[path] = None
        return path

    def folder(self, path: Path, node: Node) -> Path:
        """The folder itself, or one with what the archive holds. Raises ConfigError for any other file."""
        if path.is_dir():
            return path
        self._sources[path] = None
        return unpacked(path, node)
