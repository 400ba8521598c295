"""What the names in a template stand for: `Ref` and `Fn::GetAtt` of parameters, pseudo parameters and resources."""

from collections.abc import Callable, Mapping

from edgeproxy.config import resource_values
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import NO_VALUE, Parameters, as_text
from edgeproxy.config.problems import Circle, did_you_mean
from edgeproxy.config.resource_values import SAM_API, SAM_FUNCTION, SAM_HTTP_API, Resource, construct_paths
from edgeproxy.errors import ConfigError

MADE_WITH_AN_ALIAS = ("Version", "Version.Version", "Version.FunctionArn", "Alias", "Alias.AliasArn")
"""What may follow the name of a SAM function that has an AutoPublishAlias."""


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
        made = self._made_by_sam(function, what, node)
        if made is not None:
            return node.become(made)
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
        if attribute.partition(".")[0] in ("Version", "Alias", "Stage"):
            made = self._made_by_sam(name, attribute, node)
            if made is not None:
                return made
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

    def made_up(self, text: str) -> str:
        """What the resource is called that AWS will give a text like this one to; empty for a text that is known."""
        resource = self.resources.get(self.source(text) or "")
        row = None if resource is None else resource_values.VALUES.get(resource.type)
        if resource is None or (row is not None and row.name in resource.properties.value):
            return ""
        return next(iter(construct_paths(resource)), resource.id)

    def _made_by_sam(self, name: str, what: str, node: Node) -> str | None:
        """What a resource that SAM makes beside `name` is referred to by; None when `name` is none of SAM's."""
        resource = self.resources.get(name) if what else None
        if resource is None or resource.type not in (SAM_FUNCTION, SAM_API, SAM_HTTP_API):
            return None
        if resource.type == SAM_FUNCTION:
            return self._version_or_alias(self._existing(name, node), what, node)
        if what != "Stage":
            raise ConfigError(node.problem(f"{name}.{what} does not exist", "allowed: Stage"))
        stage = self._existing(name, node).properties.value.get("StageName")
        usual = "Prod" if resource.type == SAM_API else "$default"
        return (None if stage is None else self._text(stage)) or usual

    def _version_or_alias(self, function: Resource, what: str, node: Node) -> str:
        """With AutoPublishAlias, SAM makes a version and an alias: `!Ref <function>.Version`, `!Ref <function>.Alias`."""
        alias = function.properties.value.get("AutoPublishAlias")
        if alias is None or what not in MADE_WITH_AN_ALIAS:
            hint = "add AutoPublishAlias: live to its Properties" if alias is None else "allowed: Version, Alias"
            raise ConfigError(node.problem(f"{function.id}.{what} does not exist", hint))
        if what == "Version.Version":
            return "1"
        version = self._text(alias) if what.startswith("Alias") else "1"
        return f"{self.attribute(function.id, 'Arn', node)}:{version}"

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
