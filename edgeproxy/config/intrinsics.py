"""CloudFormation's intrinsic functions, resolved where a value is read and nowhere else.

Source: the intrinsic function reference of the CloudFormation guide. Not resolved: Cidr, GetAZs, Length, ToJsonString,
Transform and ForEach. Dynamic references, `{{resolve:…}}`, are resolved in what came of the functions.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from edgeproxy.config.conditions import Conditions
from edgeproxy.config.dynamic_references import MAX_TEXT, Stored
from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.limits import whole
from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.parameters import MAX_PARTS, NO_VALUE, Parameters, as_text
from edgeproxy.config.problems import did_you_mean
from edgeproxy.config.references import References
from edgeproxy.config.resource_values import Resource, construct_paths
from edgeproxy.errors import ConfigError, Missing, Problem

if TYPE_CHECKING:
    from edgeproxy.config.links import Links

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
MAX_ALL = 32 << 20
"""Characters that all functions of a file or assembly may give, and one MAX_TEXT: Subs and Joins must not grow without end."""


class Allowance:
    """What the functions of one file or assembly may still give."""

    def __init__(self) -> None:
        self.left = MAX_ALL

    def take(self, function: str, result: Node | None, node: Node) -> None:
        """Counts what a function gave. Raises ConfigError when it is more than one, or all of them, may give."""
        text = "" if result is None or not isinstance(result.value, str) else result.value
        if len(text) > MAX_TEXT:
            raise _too_long(function, node)
        self.left -= len(text)
        if self.left < 0:
            raise ConfigError(node.problem(f"the functions of this file give more than {MAX_ALL} characters"))


def _too_long(function: str, node: Node) -> ConfigError:
    return ConfigError(node.problem(f"{function} gives more than {MAX_TEXT} characters"))


class Scope:
    """One template: its parameters, conditions, mappings, resources, and what the user gives for it."""

    def __init__(
        self,
        template: Node,
        parameters: Parameters,
        resources: Mapping[str, Resource],
        given: GivenValues,
        prefix: str = "",
        stack: str = "",
    ) -> None:
        self.conditions = Conditions(template.value.get("Conditions"), self.text)
        self.references = References(parameters, resources, self._optional_text, self.conditions.value, prefix, stack)
        self.links: Links | None = None
        """The other stacks of a cloud assembly."""
        self._parameters = parameters
        self._mappings = template.value.get("Mappings")
        self._imports, self._supposed = given.imports, given.supposed
        self._stored = parameters.stored = Stored(given.resolve, self._in_another_stack, given.supposed)
        self.allowance = Allowance()
        self._resolved: dict[Node, Node | None] = {}
        """Each function once: one that stands in another a few times, in a third as often, has no end."""

    def resolve(self, node: Node) -> Node | None:
        """The value with an intrinsic function at its top resolved, and the references in its text; None for AWS::NoValue.

        Raises ConfigError.
        """
        function = _function(node)
        if function is None:
            return self._filled(node)
        if node not in self._resolved:
            result = self._call(function, node)
            self.allowance.take(function, result, node)
            self._resolved[node] = self._filled(result)
        return self._resolved[node]

    def _call(self, function: str, node: Node) -> Node | None:
        handler = _FUNCTIONS.get(function)
        if handler is None:
            raise ConfigError(not_resolved(node, function))
        return handler(self, node.value[function])

    def _filled(self, node: Node | None) -> Node | None:
        return self._stored.filled(node) if node is not None and isinstance(node.value, str) else node

    def _in_another_stack(self, name: str, node: Node) -> str | None:
        return self.links.parameter(name, node) if self.links else None

    def hand_down(self, values: "Mapping[str, tuple[Scope, Node]]") -> None:
        """Values that the stack around a nested one gives its parameters, resolved when they are asked for."""
        self._parameters.handed = {name: partial(scope.text, node) for name, (scope, node) in values.items()}

    def other_names(self, text: str) -> tuple[str, ...]:
        """Logical id and construct paths of the resource, in any stack, that gave a text."""
        for scope in self._all():
            source = scope.references.source(text)
            if source is not None:
                return (source, *construct_paths(scope.references.resources[source]))
        return ()

    def made_up(self, text: str) -> str:
        """What the resource, in any stack, is called that AWS will give a text like this to; empty for one that is known."""
        return next(filter(None, (scope.references.made_up(text) for scope in self._all())), "")

    def _all(self) -> "tuple[Scope, ...]":
        return (self, *(self.links.scopes if self.links else ()))

    def text(self, node: Node) -> str:
        """The value as text. Raises ConfigError."""
        text = self._optional_text(node)
        if text is None:
            raise ConfigError(node.problem(f"text is needed here, not {NO_VALUE}"))
        return text

    def _optional_text(self, node: Node) -> str | None:
        resolved = self.resolve(node)
        return None if resolved is None else as_text(resolved)

    def items(self, node: Node) -> list[Node]:
        """The value as a list, its items resolved and NoValue left out. Raises ConfigError."""
        resolved = self.resolve(node)
        if resolved is None or not isinstance(resolved.value, list):
            raise ConfigError(node.problem("a list is needed here"))
        items = (self.resolve(item) for item in resolved.value)
        return [item for item in items if item is not None]

    def _ref(self, node: Node) -> Node | None:
        return self.references.ref(as_text(node), node)

    def _get_att(self, node: Node) -> Node:
        if isinstance(node.value, str) and "." in node.value:
            name, attribute = node.value.split(".", 1)
        else:
            first, second = _arguments(node, 2, "Fn::GetAtt: [logical id, attribute]")
            name, attribute = self.text(first), self.text(second)
        linked = self.links.attribute(self, name, attribute, node) if self.links else None
        return node.become(self.references.attribute(name, attribute, node) if linked is None else linked)

    def _sub(self, node: Node) -> Node:
        """Replaces each `${Name}`; a map's own names come before those of the template."""
        template, values = node, entries(None)
        if isinstance(node.value, list):
            template, mapping = _arguments(node, 2, "Fn::Sub: [text, {name: value}]")
            values = entries(mapping)
        text = as_text(template)
        size = len(text)

        def replace(match: re.Match[str]) -> str:
            nonlocal size
            found = replacement(match)
            size += len(found)
            if size > MAX_TEXT:
                raise _too_long("Fn::Sub", node)
            return found

        def replacement(match: re.Match[str]) -> str:
            name = match[1]
            # "To write a dollar sign and curly braces literally, add an exclamation point: ${!Literal}".
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in values:
                return self.text(values[name])
            place = _inside(template, text, match.start()).become(name)
            is_attribute = "." in name and not self.references.is_parameter(name)
            found = self._get_att(place) if is_attribute else self._ref(place)
            return as_text(found or place.become(None))

        return template.become(_PLACEHOLDER.sub(replace, text))

    def _join(self, node: Node) -> Node:
        delimiter, items = _arguments(node, 2, "Fn::Join: [delimiter, [items]]")
        separator, texts = self.text(delimiter), [as_text(item) for item in self.items(items)]
        if len(separator) * len(texts) + sum(map(len, texts)) > MAX_TEXT:
            raise _too_long("Fn::Join", node)
        return node.become(separator.join(texts))

    def _split(self, node: Node) -> Node:
        delimiter, text = _arguments(node, 2, "Fn::Split: [delimiter, text]")
        separator = self.text(delimiter)
        if not separator:
            raise ConfigError(delimiter.problem("Fn::Split: the delimiter is empty"))
        parts = self.text(text).split(separator, MAX_PARTS)
        if len(parts) > MAX_PARTS:
            raise ConfigError(node.problem(f"Fn::Split gives more than {MAX_PARTS} parts"))
        return node.become([text.become(part) for part in parts])

    def _select(self, node: Node) -> Node:
        index, items = _arguments(node, 2, "Fn::Select: [index, [items]]")
        text, values = self.text(index), self.items(items)
        number = whole(text)
        if number is None or number >= len(values):
            raise ConfigError(index.problem(f"Fn::Select: there is no item {text}, the list has {len(values)} items"))
        return values[number]

    def _base64(self, node: Node) -> Node:
        return node.become(b64encode(self.text(node).encode()).decode("ascii"))

    def _find_in_map(self, node: Node) -> Node | None:
        found: Node | None = self._mappings
        arguments = _arguments(node, 3, "Fn::FindInMap: [map, first key, second key]")
        for step, argument in zip(("map", "key", "key"), arguments, strict=True):
            name = self.text(argument)
            known = entries(found)
            if name not in known:
                raise ConfigError(argument.problem(f"Fn::FindInMap: there is no {step} {name}", did_you_mean(name, known)))
            found = known[name]
        return found

    def _import_value(self, node: Node) -> Node:
        name = self.text(node)
        if name in self._imports:
            given = self._imports[name]
            if given is None:
                raise ConfigError
            return node.become(given)
        exported = self.links.export(name, node) if self.links else None
        if exported is None:
            known = [*(self._imports.keys() - self._supposed), *(self.links.exported() if self.links else ())]
            missing = Missing("imports", name, "VALUE")
            hint = f"{missing.line()}\n{did_you_mean(name, known)}".strip()
            raise ConfigError(node.lack(f"Fn::ImportValue: no value is given for {name}", missing, hint))
        return node.become(exported)

    def _if(self, node: Node) -> Node | None:
        name, yes, no = _arguments(node, 3, "Fn::If: [condition, value if true, value if false]")
        return self.resolve(yes if self.conditions.value(as_text(name), name) else no)


_FUNCTIONS: Mapping[str, Callable[[Scope, Node], Node | None]] = {
    "Ref": Scope._ref,
    "Fn::Base64": Scope._base64,
    "Fn::FindInMap": Scope._find_in_map,
    "Fn::GetAtt": Scope._get_att,
    "Fn::If": Scope._if,
    "Fn::ImportValue": Scope._import_value,
    "Fn::Join": Scope._join,
    "Fn::Select": Scope._select,
    "Fn::Split": Scope._split,
    "Fn::Sub": Scope._sub,
}


def _function(node: Node) -> str | None:
    """The intrinsic function that this value is; None when it is an ordinary value."""
    if not isinstance(node.value, dict) or len(node.value) != 1:
        return None
    (key,) = node.value
    return key if key == "Ref" or key.startswith("Fn::") else None


def not_resolved(node: Node, function: str) -> Problem:
    """A key that is an intrinsic function which is not resolved here, or none at all."""
    if function != "Fn::Transform":
        name = "Fn::ForEach" if function.startswith("Fn::ForEach::") else function
        return node.key_problem(function, f"{name} is not resolved here", did_you_mean(name, _FUNCTIONS))
    fields = entries(node.value[function])
    name = str(fields["Name"].value) if "Name" in fields else "a macro"
    hint = "CloudFormation alone does that: write what it gives here into the template"
    return node.key_problem(function, f"Fn::Transform ({name}) is not resolved here", hint)


def _arguments(node: Node, count: int, form: str) -> list[Node]:
    if not isinstance(node.value, list) or len(node.value) != count:
        raise ConfigError(node.problem(f"the form is {form}"))
    return node.value


def _inside(template: Node, text: str, position: int) -> Node:
    """The place of a position in a text: exact lines in a block, else where the text begins."""
    if not template.block:
        return template.become(None)
    return Node(None, template.path, template.line + 1 + text.count("\n", 0, position))
