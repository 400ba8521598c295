"""A template's Conditions: And, Equals, Not, Or, and conditions that name others."""

from collections.abc import Callable, Mapping

from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.parameters import as_text
from edgeproxy.config.problems import Circle, did_you_mean
from edgeproxy.errors import ConfigError

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "Condition": (1, 1),
    "Fn::And": (2, 10),
    "Fn::Equals": (2, 2),
    "Fn::Not": (1, 1),
    "Fn::Or": (2, 10),
}
"""Functions that give true or false, with the least and most values that each takes."""


class Conditions:
    """The named conditions of one template, each evaluated once; `text` resolves what Equals compares."""

    def __init__(self, declared: Node | None, text: Callable[[Node], str | None]) -> None:
        self._declared = entries(declared)
        self._text = text
        self._circle = Circle()
        self._values: dict[str, bool] = {}

    def value(self, name: str, node: Node) -> bool:
        """The value of a condition that `node` names. Raises ConfigError."""
        if name not in self._values:
            if name not in self._declared:
                raise ConfigError(node.problem(f"there is no condition {name}", did_you_mean(name, self._declared)))
            with self._circle.step(name, node):
                self._values[name] = self._truth(self._declared[name])
        return self._values[name]

    def _truth(self, node: Node) -> bool:
        if not isinstance(node.value, dict) or len(node.value) != 1:
            raise ConfigError(node.problem("a condition is needed here", f"allowed: {', '.join(FUNCTIONS)}"))
        ((function, argument),) = node.value.items()
        if function == "Condition":
            return self.value(as_text(argument), argument)
        if function not in FUNCTIONS:
            raise ConfigError(node.problem(f"{function} is not a condition", did_you_mean(function, FUNCTIONS)))
        least, most = FUNCTIONS[function]
        if not isinstance(argument.value, list) or not least <= len(argument.value) <= most:
            raise ConfigError(argument.problem(f"{function} takes a list of {least} to {most} values"))
        if function == "Fn::Equals":
            return self._text(argument.value[0]) == self._text(argument.value[1])
        truths = [self._truth(value) for value in argument.value]
        return not truths[0] if function == "Fn::Not" else all(truths) if function == "Fn::And" else any(truths)
