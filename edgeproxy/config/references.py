"""What the names in a template stand for: `Ref` and `Fn::GetAtt` of parameters, pseudo parameters and resources."""

from collections.abc import Callable, Mapping

from edgeproxy.config import resource_values
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import NO_VALUE, Parameters, as_text
from edgeproxy.config.problems import Circle, did_you_mean
from edgeproxy.config.resource_values import SAM_FUNCTION, Resource
from edgeproxy.errors import ConfigError


class References:
    """Names of one template; `text` and `condition` resolve what a resource's own name and Condition are made of."""

    def __init__(
        self,
        parameters: Parameters,
        resources: Mapping[str, Resource],
        text: Callable[[Node], str | None],
        condition: Callable[[str, Node], bool],
        prefix: str = "",
        stack: str = "",
    ) -> None:
        """`prefix` goes before what ids are derived from; the name of a stack among others before default names too."""
        self.resources = resources
        self._sources: dict[str, str] = {}
        self._parameters = parameters
        self._text = text
        self._condition = condition
        self._prefix = prefix or (f"{stack}-" if stack else "")
        self._stack = stack
        self._circle = Circle()
        self._names: dict[str, str] = {}

    def ref(self, name: str, node: Node) -> Node | None:
        """What `Ref` gives; None for AWS::NoValue. Raises ConfigError."""
        if name == NO_VALUE:
            return None
        if self.is_parameter(name):
            return self._parameters.value(name, node)
        function, _, what = name.partition(".")
        if what and function in self.resources and self.resources[function].type == SAM_FUNCTION:
            return node.become(self._sam_reference(function, what, node))
        if name not in self.resources:
            known = [*self._parameters.names(), *self.resources]
            raise ConfigError(node.problem(f"Ref: there is no parameter or resource {name}", did_you_mean(name, known)))
        return node.become(self.resource(name, node))

    def is_parameter(self, name: str) -> bool:
        """Is it a parameter's name, or a pseudo parameter's?"""
        return name in self._parameters.declared or name in self._parameters.pseudo

    def resource(self, name: str, node: Node) -> str:
        """What `Ref` gives for a resource. Raises ConfigError."""
        resource = self._existing(name, node)
        row = resource_values.VALUES.get(resource.type)
        text = row.ref.format_map(self._fields(resource, node)) if row else name
        self._sources[text] = name
        return text

    def attribute(self, name: str, attribute: str, node: Node) -> str:
        """What `Fn::GetAtt` gives for a resource. Raises ConfigError."""
        resource = self._existing(name, node)
        row = resource_values.VALUES.get(resource.type)
        if resource.type == SAM_FUNCTION and attribute in ("Version", "Alias"):
            return self._sam_reference(name, attribute, node)
        if row is None:
            text = f"{name}.{attribute}"
            self._sources[text] = name
            path = resource_values.URL_ATTRIBUTES.get((resource.type, attribute))
            text = text if path is None else f"https://{text}{path}"
        elif attribute in row.attributes:
            text = row.attributes[attribute].format_map(self._fields(resource, node))
        else:
            hint = did_you_mean(attribute, row.attributes)
            raise ConfigError(node.problem(f"{resource.type} {name} has no attribute {attribute}", hint))
        self._sources[text] = name
        return text

    def source(self, text: str) -> str | None:
        """Logical id of the resource that gave a text, or gave a URL of which the text is the host."""
        found = (self._sources.get(form.format(text)) for form in ("{}", "https://{}/", "https://{}", "http://{}"))
        return next((name for name in found if name is not None), None)

    def _sam_reference(self, name: str, what: str, node: Node) -> str:
        """With AutoPublishAlias, SAM makes a version and an alias: `!Ref <function>.Version`, `!Ref <function>.Alias`."""
        alias = self._existing(name, node).properties.value.get("AutoPublishAlias")
        if alias is None or what not in ("Version", "Alias"):
            hint = "add AutoPublishAlias: live to its Properties" if alias is None else "allowed: Version, Alias"
            raise ConfigError(node.problem(f"{name}.{what} does not exist", hint))
        return f"{self.attribute(name, 'Arn', node)}:{'1' if what == 'Version' else self._text(alias)}"

    def _existing(self, name: str, node: Node) -> Resource:
        resource = self.resources.get(name)
        if resource is None:
            raise ConfigError(node.problem(f"there is no resource {name}", did_you_mean(name, self.resources)))
        if not self.exists(resource):
            raise ConfigError(node.problem(f"{name} is not made here: its condition is false"))
        return resource

    def exists(self, resource: Resource) -> bool:
        """Does the resource's own Condition let it be made? Raises ConfigError."""
        return resource.condition is None or self._condition(as_text(resource.condition), resource.condition)

    def seed(self, resource: Resource) -> str:
        """What a resource's made-up ids are derived from."""
        return self._prefix + resource.id

    def name(self, resource: Resource, node: Node) -> str:
        """The resource's own name: its naming property, or the one that it gets when there is none. Raises ConfigError."""
        if resource.id not in self._names:
            row = resource_values.VALUES.get(resource.type)
            given = resource.properties.value.get(row.name) if row and row.name else None
            with self._circle.step(resource.id, node):
                name = None if given is None else self._text(given)
            self._names[resource.id] = name if name is not None else resource_values.default_name(resource, self._stack)
        return self._names[resource.id]

    def _fields(self, resource: Resource, node: Node) -> dict[str, str]:
        name = self.name(resource, node)
        return resource_values.fields(resource, name, self.seed(resource), self._parameters.pseudo)
