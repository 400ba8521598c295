"""The local settings file: what a template cannot know. Paths are relative to it.

Sizes are bytes, or text such as 256MB (powers of 1024).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeproxy.config import dynamic_references
from edgeproxy.config.documents import local_file, new_path
from edgeproxy.config.key_groups import GivenKeys
from edgeproxy.config.key_value_stores import GivenStore
from edgeproxy.config.lambda_settings import budget_names, read_lambda_edge
from edgeproxy.config.nodes import Node
from edgeproxy.config.overlays import Overlay, read_functions
from edgeproxy.config.parameters import as_text
from edgeproxy.config.place_settings import read_place
from edgeproxy.config.places import Given
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.viewer_settings import read_viewer
from edgeproxy.errors import ConfigError
from edgeproxy.model import CacheSettings, Directory, FunctionSettings, Settings
from edgeproxy.rules.destinations import allowed_host

_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?(?:([KMGkmg])(?:i?[Bb])?|[Bb])?")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MILLISECONDS = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?) ?(?:ms)?")


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What a settings file holds; `settings` is the part that goes into the model."""

    settings: Settings = field(default_factory=Settings)
    path: Path | None = None
    distributions: tuple[Node, ...] = ()
    """Paths of templates and DistributionConfigs."""
    default: Node | None = None
    origins: dict[str, Given] = field(default_factory=dict)
    functions: Mapping[str, Node] = field(default_factory=dict)
    overlays: Mapping[str, Overlay] = field(default_factory=dict)
    function_names: dict[str, Node] = field(default_factory=dict)
    """Where each of their names stands."""
    key_value_stores: dict[str, GivenStore] = field(default_factory=dict)
    key_groups: dict[str, GivenKeys] = field(default_factory=dict)
    budgets: dict[str, Node] = field(default_factory=dict)
    """Where each hook or function with a latency budget is named."""
    parameters: dict[str, Node] = field(default_factory=dict)
    imports: dict[str, Node] = field(default_factory=dict)
    resolve: dict[str, Node] = field(default_factory=dict)
    """Values of dynamic references."""


def read_settings(node: Node, reading: Reading, allow_origins: Sequence[str]) -> LocalSettings:
    """Reads a settings file; `allow_origins` come from the command line and are added."""
    section = Section("settings", node, reading)
    base = node.folder
    if not section.has("distribution"):
        section.problem("settings needs distribution", f"the line that is missing:  distribution: {_beside(base)}")
    functions = read_functions(section)
    default = section.text("default")
    default_root_object = section.choice("default_root_object", ("before", "after"), "before")
    settings = Settings(
        viewer=read_viewer(section, base),
        cache=_cache(section),
        lambda_edge=read_lambda_edge(section, base),
        cloudfront_functions=_cloudfront_functions(section),
        default=default or None,
        default_root_object=default_root_object,
        allow_origins=tuple(dict.fromkeys([*allow_origins, *_hosts(section)])),
    )
    return LocalSettings(
        settings=settings,
        path=node.path,
        distributions=_distributions(section),
        default=section.at("default").become(default) if default else None,
        origins=_origins(section, base),
        functions=functions.code,
        overlays=functions.overlays,
        function_names=_keys(section, "functions"),
        key_value_stores=_key_value_stores(section, base),
        key_groups=_key_groups(section, base),
        budgets=budget_names(section),
        parameters=_texts(section, "parameters"),
        imports=_texts(section, "imports"),
        resolve=_references(section),
    )


def _beside(base: Path) -> str:
    """What lies beside the settings, to be named as their distribution."""
    usual = ("template.yaml", "template.yml", "template.json", "cdk.out", "plan.json")
    return next((name for name in usual if (base / name).exists()), usual[0])


def _distributions(section: Section) -> tuple[Node, ...]:
    node = section.get("distribution")
    if node is None:
        return ()
    nodes = section.items("distribution") if isinstance(node.value, list) else [node]
    if node.value == []:
        section.value_problem("distribution", "distribution names nothing", "the path of a template, or a list of them")
    for each in nodes:
        with section.reading.problems.gathering():
            as_text(each)
    return tuple(each for each in nodes if isinstance(each.value, str))


def _texts(section: Section, name: str) -> dict[str, Node]:
    """A mapping of names to texts; each value keeps its place."""
    found = {}
    for key, node in section.mapping(name).items():
        with section.reading.problems.gathering():
            found[key] = node.become(as_text(node))
    return found


def _references(section: Section) -> dict[str, Node]:
    """The values of dynamic references, by name as it is looked up."""
    found, places = {}, _keys(section, "resolve")
    for key, node in _texts(section, "resolve").items():
        name = dynamic_references.spelled(key)
        if not dynamic_references.names(name):
            section.reading.problems.add(places[key].problem(f"{key!r:.200} is no name of a dynamic reference",
                                                             f"the forms: {dynamic_references.FORMS}"))  # fmt: skip
        found[name] = node
    return found


def _keys(section: Section, name: str) -> dict[str, Node]:
    """Where each key of a mapping stands."""
    places = section.at(name).keys or {}
    return {
        key: Node(None, node.path, *places.get(key, (node.line, node.column))) for key, node in section.mapping(name).items()
    }


def _origins(section: Section, base: Path) -> dict[str, Given]:
    found, names = {}, _keys(section, "origins")
    for name, node in section.mapping("origins").items():
        # An origin whose place has a problem is not asked for once more.
        found[name] = Given(Directory(base), names[name])
        with section.reading.problems.gathering():
            found[name] = Given(read_place(node, base, section.reading), names[name])
    return found


def _key_value_stores(section: Section, base: Path) -> dict[str, GivenStore]:
    found, names = {}, _keys(section, "key_value_stores")
    for name, node in section.mapping("key_value_stores").items():
        with section.reading.problems.gathering():
            if not isinstance(node.value, dict):
                found[name] = GivenStore(local_file(base, as_text(node), node), None, names[name])
                continue
            store = Section("key_value_store", node, section.reading)
            path = local_file(base, store.text("path"), store.at("path")) if store.has("path") else None
            keep = _kept(store.text("keep"), base, store.at("keep")) if store.has("keep") else None
            found[name] = GivenStore(path, keep, names[name])
    return found


def _key_groups(section: Section, base: Path) -> dict[str, GivenKeys]:
    found, names = {}, _keys(section, "key_groups")
    for name, node in section.mapping("key_groups").items():
        with section.reading.problems.gathering():
            if not isinstance(node.value, dict):
                raise ConfigError(node.problem(f"{name} must be a mapping of key ids to files", "K2EXAMPLE: public_key.pem"))
            files = {key_id: (local_file(base, as_text(file), file), file) for key_id, file in node.value.items()}
            found[name] = GivenKeys(files, names[name])
    return found


def _kept(text: str, base: Path, node: Node) -> Path:
    if not Path(text).name:
        raise ConfigError(node.problem("keep is the name of a file"))
    path = new_path(base, text, node)
    if path.is_dir():
        raise ConfigError(node.problem(f"{path} cannot be a file"))
    return path


def _cloudfront_functions(settings: Section) -> FunctionSettings:
    section = settings.section("cloudfront_functions", "cloudfront_functions")
    if section is None or not section.has("budget"):
        return FunctionSettings()
    match = _MILLISECONDS.fullmatch(section.text("budget"))
    if match is None or not 0 < float(match[1]) <= 1000:
        section.value_problem("budget", f"budget is {section.text('budget')}", "milliseconds up to a second, such as 1ms")
        return FunctionSettings()
    return FunctionSettings(float(match[1]))


def _cache(settings: Section) -> CacheSettings:
    section, default = settings.section("cache", "cache"), CacheSettings()
    if section is None:
        return default
    size = _size(section, "size", default.size)
    max_object = _size(section, "max_object", min(size, default.max_object))
    if max_object > size:
        section.value_problem("max_object", f"max_object ({max_object} bytes) is more than size ({size} bytes)")
    return CacheSettings(size, max_object, section.choice("on_reload", ("drop", "keep"), "drop"))


def _size(section: Section, name: str, default: int) -> int:
    if not section.has(name):
        return default
    text = section.text(name)
    match = _SIZE.fullmatch(text)
    if match is None:
        section.value_problem(name, f"{name} is {text}", "bytes, or a text such as 256MB")
        return default
    return int(float(match[1]) * _UNITS.get((match[2] or "").upper(), 1))


def _hosts(section: Section) -> tuple[str, ...]:
    hosts = []
    for text in section.texts("allow_origins"):
        try:
            hosts.append(allowed_host(text))
        except ValueError as error:
            section.value_problem("allow_origins", str(error))
    return tuple(hosts)
