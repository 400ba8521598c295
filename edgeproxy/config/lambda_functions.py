"""Lambda@Edge functions: AWS::Lambda::Function, AWS::Serverless::Function, and code given in the settings for a mere ARN.

Refused as CloudFront refuses to associate them (InvalidLambdaFunctionAssociation); page "Restrictions on Lambda@Edge".
Chosen: code that only the settings name runs on nodejs22.x or python3.13, by its file's name, with Lambda's usual handler.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edgeproxy.config import not_honoured
from edgeproxy.config.assets import Assets
from edgeproxy.config.code import LocalCode, existing, files
from edgeproxy.config.documents import local_file
from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.parameters import as_text
from edgeproxy.config.resource_values import SAM_FUNCTION, Resource, construct_paths
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError, Missing
from edgeproxy.model import LambdaFunction

BROKEN = LambdaFunction("", "python3.13", "index.handler")
"""Stands in for a function whose problem is noted, so that reading goes on."""

PACKAGE = "edgeproxy:package"
"""Metadata of a resource whose code is a deployment package (zip) on this machine: its path."""
REFUSED: Mapping[str, str] = {
    "DeadLetterConfig": "a dead letter queue",
    "DeadLetterQueue": "a dead letter queue",
    "FileSystemConfigs": "file systems",
    "ImageConfig": "container images",
    "ImageUri": "container images",
    "KmsKeyArn": "a customer managed key",
    "Layers": "layers",
    "ProvisionedConcurrencyConfig": "provisioned concurrency",
    "SourceKMSKeyArn": "a customer managed key",
    "VpcConfig": "a VPC",
}
"""Properties that a function at the edge cannot have."""
_ONLY: Mapping[str, tuple[str, str]] = {
    "PackageType": ("Zip", "container images"),
    "Tracing": ("PassThrough", "X-Ray"),
}
"""Properties that can have one value only."""
_ONLY_INSIDE: Mapping[str, tuple[str, str]] = {
    "EphemeralStorage": ("Size", "512"),
    "RuntimeManagementConfig": ("UpdateRuntimeOn", "Auto"),
    "TracingConfig": ("Mode", "PassThrough"),
}
"""The same, of a value inside."""
TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")
BUILT = ("dist", "build", "out", "lib")
"""Where compilers usually put their output."""
EDGE_TIMEOUT = 30
"""Most seconds that a function at the edge may run; any other as many as its range has."""
_RUNTIME = re.compile(r"nodejs[0-9]{1,2}\.x|python3\.[0-9]{1,2}")
_NODE, _PYTHON = "nodejs22.x", "python3.13"
_DEFAULTS: Mapping[str, tuple[str, str]] = {
    "index.mjs": (_NODE, "index.handler"),
    "index.js": (_NODE, "index.handler"),
    "index.cjs": (_NODE, "index.handler"),
    "lambda_function.py": (_PYTHON, "lambda_function.lambda_handler"),
}
"""A directory's file -> runtime and handler, when nothing says."""


class _Code(NamedTuple):
    """Where the code is: a directory, or the text of its only file."""

    root: Path | None
    inline: str | None = None


def read_lambda(
    resource: Resource,
    name: str,
    code: LocalCode,
    base: Path,
    reading: Reading,
    *,
    at_the_edge: bool = True,
    assets: Assets | None = None,
) -> LambdaFunction:
    """Reads a function of a template; paths are relative to `base`, the settings win. Raises ConfigError.

    `at_the_edge`: it must be one that CloudFront takes, and has no variables.
    """
    serverless = resource.type == SAM_FUNCTION
    section = Section("ServerlessFunction" if serverless else "LambdaFunction", resource.properties, reading)
    section.required("Handler", "Runtime")
    if at_the_edge:
        _check(section)
    names = (resource.id, name, *construct_paths(resource))
    local = code.find(names)
    if local is not None:
        found = _Code(_root(local[0]))
    else:
        found = _serverless_code(section, base, resource.id) if serverless else _code(section, base, resource, assets)
    runtime, handler = section.text("Runtime", _PYTHON), section.text("Handler", "index.handler")
    if runtime.startswith("nodejs") and found.root is not None:
        _refuse_typescript(found.root / handler.rpartition(".")[0], section.at("Handler"), resource.id, serverless)
    return LambdaFunction(
        name=name,
        runtime=runtime,
        handler=handler,
        task_root=_watched(found.root, reading),
        inline=found.inline,
        timeout=_timeout(section, at_the_edge),
        memory=int(section.number("MemorySize", 128)),
        reserved_concurrency=_reserved(section),
        variables=() if at_the_edge else _variables(section),
        replicated=at_the_edge,
        overlay=code.overlay(names),
    )


def _timeout(section: Section, at_the_edge: bool) -> float:
    seconds = section.number("Timeout", 3)
    if at_the_edge and seconds > EDGE_TIMEOUT:
        section.value_problem("Timeout", f"Timeout is {seconds:g} s", f"Lambda@Edge functions may have {EDGE_TIMEOUT} s")
    return seconds


def _has_variables(section: Section) -> bool:
    """Has it any environment variable, whatever that holds: `DEBUG: "0"` is one."""
    environment = section.section("Environment", "Environment")
    variables = {} if environment is None else environment.mapping("Variables")
    return any(_is_given(node, section.reading) for node in variables.values())


def _is_given(variable: Node, reading: Reading) -> bool:
    try:
        return reading.resolve(variable) is not None
    except ConfigError:
        return True


def _variables(section: Section) -> tuple[tuple[str, str], ...]:
    environment = section.section("Environment", "Environment")
    found = {} if environment is None else environment.mapping("Variables")
    resolved = ((name, section.reading.resolve(node)) for name, node in found.items())
    return tuple((name, as_text(node)) for name, node in resolved if node is not None)


def _reserved(section: Section) -> int | None:
    name = "ReservedConcurrentExecutions"
    return int(section.number(name)) if section.has(name) else None


def local_lambda(name: str, code: LocalCode, reading: Reading) -> LambdaFunction | None:
    """A function that only the settings know the code of. Raises ConfigError."""
    local = code.find((name,))
    if local is None:
        return None
    path, node = local
    if path.is_dir():
        default = next((_DEFAULTS[file] for file in _DEFAULTS if (path / file).is_file()), None)
        if default is None:
            raise ConfigError(node.problem(f"{path} has none of {', '.join(_DEFAULTS)}", "name the handler's file instead"))
        return LambdaFunction(name, *default, task_root=_watched(path, reading), overlay=code.overlay((name,)))
    if path.suffix in TYPESCRIPT:
        raise _typescript(path, node, name)
    if path.suffix not in (".py", ".js", ".mjs", ".cjs"):
        raise ConfigError(node.problem(f"{path.name} is neither Python nor JavaScript"))
    runtime, handler = (_PYTHON, "lambda_handler") if path.suffix == ".py" else (_NODE, "handler")
    task_root, overlay = _watched(path.parent, reading), code.overlay((name,))
    return LambdaFunction(name, runtime, f"{path.stem}.{handler}", task_root=task_root, overlay=overlay)


def _refuse_typescript(stem: Path, node: Node, name: str, serverless: bool) -> None:
    """Raises ConfigError when the handler's module is there as TypeScript alone."""
    if not stem.name or "\0" in str(stem):
        return
    if any(stem.with_name(stem.name + suffix).is_file() for suffix in ("", ".js", ".mjs", ".cjs")) or stem.is_dir():
        return
    source = next((path for suffix in TYPESCRIPT if (path := stem.with_name(stem.name + suffix)).is_file()), None)
    if source is not None:
        raise _typescript(source, node, name, serverless)


def _typescript(source: Path, node: Node, name: str, serverless: bool = False) -> ConfigError:
    """The error that names the build output to point at: the one that is there, else where it usually is."""
    if serverless:
        hint = "run sam build: what it makes of the template is then served, .aws-sam/build/template.yaml"
        return ConfigError(node.problem(f"{source.name} is TypeScript, which Lambda does not run", hint))
    places = [source.parent / folder / f"{source.stem}{suffix}" for folder in BUILT for suffix in (".js", ".mjs", ".cjs")]
    output = next((place for place in places if place.is_file()), source.parent / "dist" / f"{source.stem}.js")
    hint = f"compile it, and name the output in edgeproxy.yaml:  functions: {{{name}: {output}}}"
    return ConfigError(node.problem(f"{source.name} is TypeScript, which Lambda does not run", hint))


def _watched(root: Path | None, reading: Reading) -> Path | None:
    if root is not None:
        reading.sources.update(dict.fromkeys(files(root)))
    return root


def _check(section: Section) -> None:
    for name, what in REFUSED.items():
        node = section.get(name)
        if node is not None and not_honoured.is_set(node, section.reading.resolve):
            _refuse(section, name, what)
    if _has_variables(section):
        _refuse(section, "Environment", "environment variables")
    for name, (allowed, what) in _ONLY.items():
        if section.text(name, allowed) != allowed:
            _refuse(section, name, what)
    if "arm64" in section.texts("Architectures"):
        _refuse(section, "Architectures", "arm64")
    for name, (key, allowed) in _ONLY_INSIDE.items():
        node = section.get(name)
        inner = entries(node).get(key)
        found = None if inner is None else section.reading.resolve(inner)
        if found is not None and str(found.value) != allowed:
            _refuse(section, name, f"{name} other than {key}: {allowed}")
    runtime = section.text("Runtime")
    if runtime and not _RUNTIME.fullmatch(runtime):
        section.value_problem("Runtime", f"InvalidLambdaFunctionAssociation: Lambda@Edge does not run {runtime}",
                              "Node.js and Python only: nodejs22.x, python3.13, …")  # fmt: skip


def _refuse(section: Section, name: str, what: str) -> None:
    # What Globals give a function belongs to it, not to the mapping that it was merged into.
    hint = (
        f'"IgnoreGlobals: [{name}]" beside the function\'s Type leaves it out'
        if section.at(name).owner != section.node.owner
        else ""
    )
    section.key_problem(name, f"InvalidLambdaFunctionAssociation: Lambda@Edge functions cannot have {what}", hint)


def _code(section: Section, base: Path, resource: Resource, assets: Assets | None) -> _Code:
    """Code of an AWS::Lambda::Function: the asset that its metadata names, a path as before packaging, or ZipFile."""
    if (package := _package(section.reading, base, resource)) is not None:
        return package
    asset = entries(resource.metadata).get("aws:asset:path")
    if asset is not None:
        return _directory(str(asset.value), asset, base) if assets is None else _staged(asset, base, assets)
    node = section.get("Code")
    if node is not None and isinstance(node.value, str):
        return _directory(node.value, node, base)
    code = section.section("Code", "Code")
    if code is not None and code.has("ZipFile"):
        return _Code(None, code.text("ZipFile"))
    if code is not None and assets is not None and (path := assets.find(code.text("S3Key"))) is not None:
        return _Code(assets.folder(path, code.at("S3Key")))
    raise _elsewhere(section, "Code", resource.id)


def _package(reading: Reading, base: Path, resource: Resource) -> _Code | None:
    """Code in the deployment package that the metadata names."""
    package = entries(resource.metadata).get(PACKAGE)
    if package is None:
        return None
    # Imported when a package turns up: few have one.
    from edgeproxy.config import archives

    path = local_file(base, str(package.value), package)
    reading.sources[path] = None
    return _Code(archives.unpacked(path, package))


def _serverless_code(section: Section, base: Path, logical_id: str) -> _Code:
    """Code of an AWS::Serverless::Function: InlineCode, or CodeUri: the template's folder when there is neither."""
    if section.has("InlineCode"):
        return _Code(None, section.text("InlineCode"))
    image = section.text("PackageType") == "Image"
    node = section.get("CodeUri") if section.has("CodeUri") or image else section.node.become(".")
    if node is not None and isinstance(node.value, str) and not node.value.startswith("s3://"):
        return _directory(node.value, node, base)
    raise _elsewhere(section, "CodeUri", logical_id)


def _staged(asset: Node, base: Path, assets: Assets) -> _Code:
    return _Code(assets.folder(assets.inside(base, asset), asset))


def _directory(text: str, node: Node, base: Path) -> _Code:
    return _Code(_root(existing(base, text, node)))


def _root(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _elsewhere(section: Section, name: str, logical_id: str) -> ConfigError:
    missing = Missing("functions", logical_id, "path/to/code")
    return ConfigError(section.node.key(name).lack(f"the code of {logical_id} is not on this machine", missing))
