"""The resources of a plan or state as a template's: by address, with the properties that CloudFormation's types have.

Chosen: a Lambda function's code is read from what `archive_file` packed, where that is on this machine, so that it is live;
else from the package itself. Paths are relative to the file's folder, where Terraform ran.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from edgeproxy.config import resource_values as types
from edgeproxy.config.code import LocalCode
from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.lambda_functions import PACKAGE
from edgeproxy.config.library import managed
from edgeproxy.config.nodes import Node, entries, items
from edgeproxy.config.origins import KINDS_OF_ORIGIN
from edgeproxy.config.parameters import Parameters, as_text
from edgeproxy.config.references import References
from edgeproxy.config.resource_values import Resource
from edgeproxy.config.section import Reading
from edgeproxy.config.terraform_references import Configuration
from edgeproxy.config.terraform_shapes import KINDS, PAIRS, Kind
from edgeproxy.config.terraform_translation import NOT_YET, Translation
from edgeproxy.config.terraform_values import HOSTS, NAMING, Found, host, value

_REF: Mapping[str, str] = {
    types.FUNCTION: "arn",
    types.LAMBDA: "function_name",
    types.KEY_VALUE_STORE: "name",
    types.BUCKET: "bucket",
    types.FUNCTION_URL: "function_url",
}
"""The attribute that stands for a resource of a type; of every other it is `id`."""
_TTLS = ("MinTTL", "DefaultTTL", "MaxTTL")


class _References(References):
    """Names are addresses; what they give is known, or made up from them."""

    def __init__(self, resources: Mapping[str, Resource], found: Mapping[str, Found], prefix: str) -> None:
        super().__init__(Parameters(Node({}), {}), resources, as_text, lambda name, node: True, prefix)
        self._all = found
        self._prefix = prefix
        self.met: dict[str, str] = {}
        """Text -> address of the resource that gave it."""

    def resource(self, name: str, node: Node) -> str:
        return value(self._all[name], _REF.get(self.resources[name].type, "id"), self._prefix)

    def attribute(self, name: str, attribute: str, node: Node) -> str:
        return value(self._all[name], attribute.lower(), self._prefix)

    def source(self, text: str) -> str | None:
        return self.met.get(text)

    def made_up(self, text: str) -> str:
        return text if text.endswith(NOT_YET) else ""

    def name(self, resource: Resource, node: Node) -> str:
        found = self._all[resource.id]
        return value(found, NAMING.get(found.type, "name"), self._prefix)


class Resources:
    """Everything in one plan or state; `scope` is what readers of a template ask."""

    def __init__(self, document: Node, found: list[Found], code: LocalCode, reading: Reading, prefix: str) -> None:
        self._found = found
        self._code = code
        self._reading = reading
        self._prefix = prefix
        self._base = document.folder
        self._configuration = Configuration(document, found)
        self._resources: dict[str, Resource] = {}
        self._packed: dict[str, list[str]] = {}
        """Path of a package -> what `archive_file` makes it of."""
        for each in found:
            source = each.known("source_dir") or each.known("source_file")
            if each.type == "archive_file" and source:
                self._packed.setdefault(self._path(each.known("output_path")), []).append(source)
        self._by_address = {each.address: each for each in found}
        self._references = _References(self._resources, self._by_address, prefix)
        self.scope = Scope(Node({}), Parameters(Node({}), {}), {}, GivenValues(), prefix)
        self.scope.references = self._references
        for each in found:
            self._meet(each)
        self._distributions = {each.address: self._properties(each) for each in found if _is(each, types.DISTRIBUTION)}
        self._add_resources()

    def _meet(self, found: Found) -> None:
        """Makes known what origins may name a resource by."""
        if found.is_data and found.type in KINDS and not found.known("id") and (own := managed_id(found)):
            found.values.value["id"] = found.values.become(own)
        met = self._references.met
        for attribute in HOSTS:
            if text := found.known(attribute):
                met.setdefault(host(text), found.address)
        if found.type == "aws_s3_bucket":
            met.setdefault(value(found, "bucket", self._prefix), found.address)

    def distribution(self, found: Found, own: Reading) -> Node:
        """The DistributionConfig of a distribution; what it leaves out is noted in its own reading."""
        properties, noted = self._distributions[found.address]
        own.not_honoured += noted.not_honoured
        for origin in items(properties.value.get("Origins")):
            # "If both custom and s3 origin are missing, add an empty s3 origin".
            if not origin.value.keys() & set(KINDS_OF_ORIGIN):
                origin.value["S3OriginConfig"] = origin.become({"OriginAccessIdentity": origin.become("")})
        for behavior in _behaviors(properties):
            for name in _TTLS:
                if "CachePolicyId" in behavior.value:
                    behavior.value.pop(name, None)
                elif "ForwardedValues" in behavior.value:
                    behavior.value.setdefault(name, behavior.become(0))
        return properties

    def _properties(self, found: Found, kind: Kind | None = None, forgiven: str = "") -> tuple[Node, Reading]:
        reading = Reading(self._reading.problems, sources=self._reading.sources)
        meet = self._references.met.__setitem__
        translation = Translation(
            found, self._configuration, self._found, reading, lambda text, other: meet(text, other.address), self._prefix
        )
        return translation.properties((kind or KINDS[found.type]).shape, forgiven), reading

    def _add_resources(self) -> None:
        own = {(each.type, self._name(each)) for each in self._found if not each.is_data}
        waiting = []
        for each in self._found:
            kind = KINDS.get(each.type)
            # A data source of what the file itself makes says nothing new; managed policies are known without it.
            if each.is_data and ((each.type, self._name(each)) in own or (kind and kind.inside and managed_id(each))):
                continue
            if kind is None or _is(each, types.DISTRIBUTION):
                self._add(each, each.type if kind is None else kind.type, each.values)
            elif kind.type == types.LAMBDA:
                waiting.append(each)
            else:
                self._add(each, kind.type, self._translated(each, kind))
        needed = self._needed_lambdas()
        for each in waiting:
            properties = self._lambda(each) if self._name(each) in needed and not each.is_data else each.values.become({})
            self._add(each, types.LAMBDA, properties, self._package(each))

    def _add(self, found: Found, kind: str, properties: Node, metadata: Node | None = None) -> None:
        self._resources[found.address] = Resource(found.address, kind, properties, metadata, None, found.values)

    def _name(self, found: Found) -> str:
        return value(found, NAMING.get(found.type, "name"), self._prefix)

    def _translated(self, found: Found, kind: Kind) -> Node:
        if kind.type == types.FUNCTION:
            return self._function(found)
        properties, reading = self._properties(found)
        self._reading.not_honoured += reading.not_honoured
        return properties.become({kind.inside: properties}) if kind.inside else properties

    def _function(self, found: Found) -> Node:
        given = None
        with self._reading.problems.gathering():
            given = self._code.find((found.address, self._name(found)))
        properties = self._properties(found, forgiven="code" if given else "")[0]
        parts = properties.value
        config = {name: parts.pop(name) for name in ("Comment", "Runtime") if name in parts}
        if (stores := parts.pop("KeyValueStoreAssociations", None)) is not None:
            associations = [each.become({"KeyValueStoreARN": each}) for each in items(stores)]
            config["KeyValueStoreAssociations"] = stores.become(associations)
        parts["FunctionConfig"] = properties.become(config)
        parts.setdefault("FunctionCode", properties.become(""))
        return properties

    def _needed_lambdas(self) -> set[str]:
        """Names of the Lambda functions that distributions have at a hook or behind a URL: the others may be as they like."""
        found = set()
        for properties, _ in self._distributions.values():
            for behavior in _behaviors(properties):
                for each in items(behavior.value.get("LambdaFunctionAssociations")):
                    arn = each.value.get("LambdaFunctionARN")
                    found.add(_lambda_name("" if arn is None else str(arn.value)))
        for resource in self._resources.values():
            if resource.type == types.FUNCTION_URL and "TargetFunctionArn" in resource.properties.value:
                found.add(_lambda_name(str(resource.properties.value["TargetFunctionArn"].value)))
        return found

    def _lambda(self, found: Found) -> Node:
        properties = self._properties(found)[0]
        reserved = properties.value.get("ReservedConcurrentExecutions")
        if reserved is not None and reserved.value == -1:
            del properties.value["ReservedConcurrentExecutions"]
        properties.value["Code"] = found.values.become({})
        return properties

    def _package(self, found: Found) -> Node | None:
        """Where the code is, as a template's metadata says it."""
        filename = found.known("filename")
        if not filename:
            return None
        node: Node = found.values.value["filename"]
        for source in self._packed.get(self._path(filename), ()):
            if _is_there(self._path(source)):
                return node.become({"aws:asset:path": node.become(source)})
        return node.become({PACKAGE: node})

    def _path(self, text: str) -> str:
        return os.path.normpath(self._base / text)

    def read_pairs(self, stores: LocalStores) -> None:
        """Makes known what the file puts into key value stores."""
        for found in self._found:
            if found.type not in PAIRS or found.is_data:
                continue
            properties = self._properties(found, Kind("", "", PAIRS[found.type]))[0].value
            store = properties.get("Store")
            pairs = items(properties["Pairs"]) if "Pairs" in properties else [found.values.become(properties)]
            for pair in pairs:
                key, text = (entries(pair).get(name) for name in ("Key", "Value"))
                if store is None or key is None:
                    continue
                known = stores.declared.setdefault(str(store.value), {})
                if str(key.value) in known:
                    self._reading.problems.add(key.problem(f"the store has two values for {key.value!s:.80}"))
                known[str(key.value)] = "" if text is None else str(text.value)


def managed_id(found: Found) -> str:
    """The id of a managed policy that a data source asks for by name or id; "" when it asks for another."""
    policies = managed().get(KINDS[found.type].inside, {})
    if found.known("id") in policies:
        return found.known("id")
    wanted = found.known("name")
    return next((known for known, config in policies.items() if wanted and config["Name"] == wanted), "")


def _is(found: Found, kind: str) -> bool:
    return not found.is_data and found.type in KINDS and KINDS[found.type].type == kind


def _behaviors(properties: Node) -> list[Node]:
    default = properties.value.get("DefaultCacheBehavior")
    return [*items(properties.value.get("CacheBehaviors")), *([] if default is None else [default])]


def _lambda_name(text: str) -> str:
    return text.partition(":function:")[2].partition(":")[0] or text


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
