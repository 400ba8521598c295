"""What the stacks of one cloud assembly get from each other: exports, parameters in SSM, outputs of nested stacks.

Pages: Fn::ImportValue and AWS::CloudFormation::Stack (CloudFormation guide). The custom resources are the CDK's own:
`experimental.EdgeFunction` and `crossRegionReferences` leave a value in SSM in one region, and read it in another.
"""

from collections.abc import Mapping

from edgeproxy.config.intrinsics import Allowance, Scope
from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.problems import Circle, did_you_mean
from edgeproxy.config.resource_values import STACK, Resource
from edgeproxy.errors import ConfigError

PARAMETER = "AWS::SSM::Parameter"
PARAMETER_READER = "Custom::CrossRegionStringParameterReader"
EXPORT_WRITER, EXPORT_READER = "Custom::CrossRegionExportWriter", "Custom::CrossRegionExportReader"


class Links:
    """The scopes of an assembly's stacks, in its order."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self._outputs: dict[Scope, Mapping[str, Node]] = {}
        self._children: dict[tuple[Scope, str], Scope] = {}
        self._exports: dict[str, tuple[Scope, Node]] | None = None
        self._parameters: dict[str, tuple[Scope, Node]] | None = None
        self._circle = Circle()
        self._allowance = Allowance()

    def add(self, scope: Scope, template: Node, parent: tuple[Scope, str] | None = None) -> None:
        """Makes a stack known; `parent`: the scope and the logical id that a nested one is a resource of."""
        scope.links, scope.allowance = self, self._allowance
        self.scopes.append(scope)
        self._outputs[scope] = entries(template, "Outputs")
        if parent is not None:
            outer, name = parent
            self._children[parent] = scope
            handed = outer.references.resources[name].properties.value.get("Parameters")
            scope.hand_down({key: (outer, value) for key, value in entries(handed).items()})

    def export(self, name: str, node: Node) -> str | None:
        """The value that a stack exports by this name; None when none does. Raises ConfigError."""
        if self._exports is None:
            # A name that is made of an import finds no export yet.
            self._exports = {}
            self._exports = self._find_exports()
        found = self._exports.get(name)
        return None if found is None else self._text(f"export {name}", found, node)

    def exported(self) -> list[str]:
        """Every name that is exported."""
        return list(self._exports or ())

    def attribute(self, scope: Scope, name: str, attribute: str, node: Node) -> str | None:
        """What `Fn::GetAtt` gives for a resource that reads from another stack; None for any other. Raises ConfigError."""
        resource = scope.references.resources.get(name)
        if resource is None:
            return None
        if resource.type == STACK and (child := self._children.get((scope, name))) is not None:
            output = attribute.removeprefix("Outputs.")
            value = entries(self._outputs[child].get(output)).get("Value")
            if value is None:
                hint = did_you_mean(output, self._outputs[child])
                raise ConfigError(node.problem(f"the nested stack {name} has no output {output}", hint))
            return self._text(f"output {name}.{output}", (child, value), node)
        if resource.type == PARAMETER_READER:
            return self._parameter(self._parameter_name(scope, resource), node)
        return self._parameter(attribute, node) if resource.type == EXPORT_READER else None

    def _parameter_name(self, scope: Scope, resource: Resource) -> str:
        given = resource.properties.value.get("ParameterName")
        if given is None:
            raise ConfigError(resource.node.problem(f"{resource.id} needs ParameterName"))
        return scope.text(given)

    def parameter(self, name: str, node: Node) -> str | None:
        """The value of the SSM parameter that a stack makes by this name; None when none does. Raises ConfigError."""
        if self._parameters is None:
            self._parameters = {}
            self._parameters = self._find_parameters()
        found = self._parameters.get(name)
        return None if found is None else self._text(f"SSM parameter {name}", found, node)

    def _parameter(self, name: str, node: Node) -> str:
        text = self.parameter(name, node)
        if text is None:
            hint = did_you_mean(name, self._parameters or ())
            raise ConfigError(node.problem(f"no stack of the cloud assembly has the SSM parameter {name}", hint))
        return text

    def _text(self, what: str, found: tuple[Scope, Node], node: Node) -> str:
        scope, value = found
        with self._circle.step(what, node):
            return scope.text(value)

    def _find_exports(self) -> dict[str, tuple[Scope, Node]]:
        found: dict[str, tuple[Scope, Node]] = {}
        for scope, outputs in self._outputs.items():
            for output in outputs.values():
                name, value = entries(output, "Export").get("Name"), entries(output).get("Value")
                if value is not None and (text := _readable(scope, name)) is not None:
                    found.setdefault(text, (scope, value))
        return found

    def _find_parameters(self) -> dict[str, tuple[Scope, Node]]:
        found: dict[str, tuple[Scope, Node]] = {}
        for scope in self.scopes:
            for resource in scope.references.resources.values():
                properties = entries(resource.properties)
                if resource.type == PARAMETER and "Value" in properties:
                    if (name := _readable(scope, properties.get("Name"))) is not None:
                        found.setdefault(name, (scope, properties["Value"]))
                elif resource.type == EXPORT_WRITER:
                    exports = entries(properties.get("WriterProps"), "exports")
                    found.update({name: (scope, value) for name, value in exports.items()})
        return found


def _readable(scope: Scope, node: Node | None) -> str | None:
    """The text of a name; None when it cannot be known here."""
    try:
        return None if node is None else scope.text(node)
    except ConfigError:
        return None
