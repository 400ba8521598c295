"""From what the user named to a Configuration: find the files, read them, settle places, check names; all problems at once."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from edgeproxy.config import given_values, missing_values, other_projects, places, stacks, undeclared
from edgeproxy.config import parameters as parameter_values
from edgeproxy.config.bucket_deployments import BucketDeployments
from edgeproxy.config.cloud_assembly import Assembly, manifest_of, read_assembly
from edgeproxy.config.code import LocalCode
from edgeproxy.config.distribution import Declared
from edgeproxy.config.distribution_config import read_printed, unwrap
from edgeproxy.config.documents import local_path, read
from edgeproxy.config.key_groups import LocalKeys
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.library import Library
from edgeproxy.config.local import Local
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.places import FunctionNamed, Given
from edgeproxy.config.problems import Problems, TooMany, did_you_mean
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.sam_build import Builds
from edgeproxy.config.section import Reading
from edgeproxy.config.settings import LocalSettings, read_settings
from edgeproxy.config.targets import file_in, is_settings
from edgeproxy.config.template import distribution_ids, read_template
from edgeproxy.config.terraform import distribution_names, is_terraform, read_terraform
from edgeproxy.errors import ConfigError, Missing, Problem, system_words
from edgeproxy.hooks import Hook
from edgeproxy.model import Configuration, Directory, Distribution, FunctionUrl, Place, Settings, Url
from edgeproxy.spelling import nearest

_SECTIONS = {"AWSTemplateFormatVersion", "Parameters", "Transform", "Outputs", "Conditions", "Mappings", "Globals"}
"""What a template has beside Resources."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def load(
    target: Path | None,
    *,
    origins: Mapping[str, str] = _NOTHING,
    parameters: Mapping[str, str] = _NOTHING,
    allow_origins: Sequence[str] = (),
    build: bool = True,
    built: Sequence[Path] = (),
) -> Configuration:
    """Reads a template, a DistributionConfig, a settings file, a cloud assembly or a directory; None: only `origins`.

    `origins`: name -> URL or path. `build`: of a SAM project, read what `sam build` made; `built`: what was read of that
    the last time, which must be there now.

    Raises ConfigError with every problem found; one that is `passing` while `sam build` is at work.
    """
    asked = _Asked(origins, parameters, allow_origins, build, built)
    try:
        return _load(target, asked, frozenset())
    except ConfigError as error:
        if error.passing:
            raise
        raise missing_values.with_all_others(error, partial(_load, target, asked)) from None


class _Asked(NamedTuple):
    """What the user says beside the files."""

    origins: Mapping[str, str]
    parameters: Mapping[str, str]
    allow_origins: Sequence[str]
    build: bool
    built: Sequence[Path]


def _load(target: Path | None, asked: _Asked, supposed: Set[Missing]) -> Configuration:
    """One reading. Raises ConfigError."""
    problems = Problems()
    try:
        return _read(target, asked, supposed, problems)
    except TooMany as many:
        # An assembly counts its own.
        many.problems.raise_any()
        raise
    except OSError as error:
        # A folder that nobody may enter, a name that no file can have.
        path = None if error.filename is None else Path(str(error.filename))
        raise ConfigError(Problem(f"it cannot be read: {system_words(error)}", path)) from error


def _read(target: Path | None, asked: _Asked, supposed: Set[Missing], problems: Problems) -> Configuration:
    loading = _Loading(problems, asked, supposed)
    given = places.from_command_line(asked.origins, problems)
    if target is None:
        loading.undeclared(given)
    elif found := file_in(target):
        loading.file(found.absolute())
    elif manifest := manifest_of(target.absolute()):
        loading.assembly(manifest)
    elif not target.is_dir():
        loading.file(target.absolute())
    elif tool := other_projects.of_folder(target):
        problems.add(tool.problem(target.absolute()))
    else:
        loading.undeclared({"": Given(Directory(target.absolute()), Node(None))})
    return loading.finish(given)


class _Loading:
    """One load under way."""

    def __init__(self, problems: Problems, asked: _Asked, supposed: Set[Missing]) -> None:
        self._problems = problems
        self._parameters = asked.parameters
        self._supposed = supposed
        self._given = given_values.read(({}, {}, {}), asked.parameters, supposed, problems)
        self._allow_origins = asked.allow_origins
        self._local = LocalSettings(Settings(allow_origins=tuple(asked.allow_origins)))
        self._held = Local(LocalCode({}, Path.cwd()), LocalStores(), LocalKeys())
        self._reading = Reading(problems)
        self._builds = Builds(self._reading.sources, asked.build, asked.built)
        self._declared: list[Declared] = []
        self._templates: list[Parameters] = []
        self._deployed: list[BucketDeployments] = []
        self._all_read = True

    def undeclared(self, given: dict[str, Given]) -> None:
        """Serves the place without a name."""
        place = given.pop("").place if "" in given else None
        library = Library(self._reading, self._held)
        if isinstance(place, Directory):
            self._declared = [undeclared.site(place, library, self._reading)]
        elif isinstance(place, Url):
            self._declared = [undeclared.application(place, library, self._reading)]
        elif not self._problems:
            hint = "name a template, a settings file or a directory, or give --origin http://localhost:3000"
            self._problems.add(Problem("there is nothing to serve", hint=hint))

    def file(self, path: Path) -> None:
        """Reads a template, DistributionConfig or settings file, and the files that it names."""
        node = self._read(path, None)
        if node is None:
            return
        if is_settings(node):
            self._local = read_settings(node, self._reading, self._allow_origins)
            nodes = self._local.parameters, self._local.imports, self._local.resolve
            self._given = given_values.read(nodes, self._parameters, self._supposed, self._problems)
            # Without a distribution no name can be known.
            self._all_read = bool(self._local.distributions)
            base = path.parent
            code = LocalCode(self._local.functions, base, self._local.function_names, self._local.overlays)
            self._held = Local(code, LocalStores(self._local.key_value_stores), LocalKeys(self._local.key_groups))
            found = [self._read_named(base, each) for each in self._local.distributions]
            self._distributions(
                [each for each in found if isinstance(each, Node)], [each for each in found if isinstance(each, Assembly)]
            )
        else:
            self._distributions([node])

    def assembly(self, manifest: Path) -> None:
        """Reads a cloud assembly."""
        found = self._read_assembly(manifest, None)
        if found is not None:
            self._distributions([], [found])

    def _read_named(self, base: Path, mentioned: Node) -> Node | Assembly | None:
        try:
            path = local_path(base, mentioned.value, mentioned)
            manifest = manifest_of(path)
            return self._read(path, mentioned) if manifest is None else self._read_assembly(manifest, mentioned)
        except ConfigError as error:
            if error.passing:
                raise
            self._problems.add(*error.problems)
            self._all_read = False
            return None

    def _read_assembly(self, manifest: Path, mentioned: Node | None) -> Assembly | None:
        try:
            return read_assembly(manifest, self._reading.sources, mentioned)
        except ConfigError as error:
            self._problems.add(*error.problems)
            self._all_read = False
            return None

    def _read(self, path: Path, mentioned: Node | None) -> Node | None:
        path = self._builds.instead_of(path)
        self._reading.sources[path] = None
        try:
            node = read(path, mentioned)
            if isinstance(node.value, dict):
                return node
            raise ConfigError(node.problem("a template, a DistributionConfig or a settings file is a mapping"))
        except ConfigError as error:
            tool = other_projects.of_file(path) if path.is_file() else None
            self._problems.add(*(error.problems if tool is None else [tool.problem(path)]))
            self._all_read = False
            return None

    def _distributions(self, nodes: list[Node], assemblies: Sequence[Assembly] = ()) -> None:
        templates = [stack.template for assembly in assemblies for stack in assembly.stacks]
        names = Counter(name for node in [*nodes, *templates] for name in _names(node))
        for assembly in assemblies:
            self._stacks(assembly, names)
        for node in nodes:
            reading = Reading(self._problems, sources=self._reading.sources)
            # Two stacks often use one logical id: the file's name then goes before it.
            clash = any(names[name] > 1 for name in _names(node))
            prefix = f"{_stem(node)}-" if clash and ("Resources" in node.value or is_terraform(node)) else ""
            try:
                declared = self._one_file(node, reading, prefix)
            except RecursionError:
                self._problems.add(node.problem("values and references in this file are nested too deep"))
                continue
            self._declared += [each._replace(distribution=_leaving_out(each, reading)) for each in declared]

    def _stacks(self, assembly: Assembly, names: Counter[str]) -> None:
        reader = stacks.Stacks(assembly, self._given, self._reading)
        self._templates += reader.parameters
        clashing = {name for name, count in names.items() if count > 1}
        try:
            declared = reader.read(self._held, clashing)
        except RecursionError:
            node = assembly.stacks[0].template
            self._problems.add(node.problem("values and references in this assembly are nested too deep"))
            return
        self._deployed.append(BucketDeployments(reader.scopes, assembly.assets, self._reading))
        self._declared += [each._replace(distribution=_leaving_out(each, reading)) for each, reading in declared]

    def _deployed_to(self, names: Sequence[str]) -> Directory | None:
        return next((place for each in self._deployed if (place := each.place(names)) is not None), None)

    def _function_named(self, named: FunctionNamed, domain: str) -> FunctionUrl:
        libraries = {id(each.library): each.library for each in self._declared if each.library is not None}
        for library in libraries.values():
            found = library.function_named(named.name, domain, named.node)
            if found is not None:
                return found
        known = [name for library in libraries.values() for name in library.function_names()]
        raise ConfigError(named.node.problem(f"there is no Lambda function {named.name}", did_you_mean(named.name, known)))

    def _one_file(self, node: Node, reading: Reading, prefix: str) -> list[Declared]:
        printed = unwrap(node)
        if "Resources" in node.value:
            values = Parameters(node, self._given.parameters)
            self._templates.append(values)
            return read_template(node, values, self._given, self._held, reading, prefix)
        if is_terraform(node):
            return read_terraform(node, self._held, reading, prefix)
        if printed is not None:
            return [read_printed(printed, _stem(node), self._held, reading)]
        self._all_read = False
        own = [*PROPERTIES["settings"], "Resources", "DistributionConfig"]
        words = ["Resources"] if _SECTIONS & node.value.keys() else own
        meant = next(filter(None, (nearest(key, words) for key in node.value)), "")
        message = "neither a template (Resources), a DistributionConfig nor a settings file (distribution: …)"
        tool = other_projects.of_file(node.path) if node.path else None
        hint = f"did you mean {meant}?" if meant else tool.instead if tool else ""
        self._problems.add(node.problem(message, hint))
        return []

    def finish(self, given: dict[str, Given]) -> Configuration:
        """Settles places, checks names. Raises ConfigError with every problem."""
        # A name that was never asked for, because of another problem, is no slip.
        all_asked_for = self._all_read and not self._problems
        candidates = [candidate for declared in self._declared for candidate in declared.candidates]
        places.name_the_unnamed(given, candidates, self._problems)
        settings = self._local.settings
        known = places.Places(
            (given, self._local.origins),
            settings.viewer.scheme,
            settings.allow_origins,
            self._local.path,
            self._deployed_to,
            self._function_named,
        )
        distributions = tuple(known.settle(each.distribution, each.candidates, self._problems) for each in self._declared)
        if self._all_read:
            settings = replace(settings, places=known.undeclared(distributions, self._problems))
            distributions = tuple(_with_functions(each, settings.places) for each in distributions)
            names = dict.fromkeys([*self._local.parameters, *self._parameters])
            parameter_values.check_names(names, self._templates, self._local.parameters, self._problems)
            self._check_distributions(distributions)
            self._check_budgets(distributions)
        if all_asked_for:
            self._held.check_names(self._problems)
        self._problems.raise_any(distributions)
        if self._reading.not_honoured:
            distributions = tuple(
                replace(each, not_honoured=(*each.not_honoured, *self._reading.not_honoured)) for each in distributions
            )
        sources = tuple({**self._reading.sources, **self._held.sources})
        stores = tuple(self._held.stores.stores.values())
        return Configuration(distributions, settings, sources, stores, tuple(self._builds.found), tuple(self._builds.remarks))

    def _check_distributions(self, distributions: tuple[Distribution, ...]) -> None:
        names = [each.name for each in distributions]
        default = self._local.default
        if default is not None and default.value not in names:
            self._problems.add(default.problem(f"no distribution is named {default.value}", did_you_mean(default.value, names)))
        aliases: dict[str, str] = {}
        seen: set[str] = set()
        for declared in self._declared:
            each = declared.distribution
            if each.name in seen:
                self._problems.add(declared.node.problem(f"two distributions are named {each.name}"))
            seen.add(each.name)
            for alias in each.aliases:
                if aliases.setdefault(alias, each.name) != each.name:
                    message = f"CNAMEAlreadyExists: {alias} is an alias of {aliases[alias]} already"
                    self._problems.add(declared.node.problem(message))

    def _check_budgets(self, distributions: tuple[Distribution, ...]) -> None:
        known = [hook.value for hook in Hook]
        for distribution in distributions:
            for behavior in distribution.behaviors:
                known += [association.function.name for association in behavior.lambdas.values()]
        for name, node in self._local.budgets.items():
            if name not in known:
                self._problems.add(node.problem(f"no hook or Lambda@Edge function is named {name}", did_you_mean(name, known)))


def _with_functions(distribution: Distribution, chosen: Mapping[str, Place]) -> Distribution:
    """With the functions behind domain names that only its code knows: they run here as those of its origins do."""
    urls = [place for place in chosen.values() if isinstance(place, FunctionUrl)]
    return (
        replace(distribution, function_urls=tuple(dict.fromkeys([*distribution.function_urls, *urls])))
        if urls
        else distribution
    )


def _stem(node: Node) -> str:
    name = node.path.name.lstrip(".").split(".")[0] if node.path else ""
    return name or undeclared.NAME


def _names(node: Node) -> list[str]:
    if "Resources" in node.value:
        return distribution_ids(node)
    return distribution_names(node) if is_terraform(node) else [_stem(node)]


def _leaving_out(declared: Declared, file: Reading) -> Distribution:
    """The distribution with what its own part of the file and the file as a whole leave out."""
    own = declared.own.not_honoured
    everything = own if own is file.not_honoured else [*own, *file.not_honoured]
    return replace(declared.distribution, not_honoured=tuple(everything))
