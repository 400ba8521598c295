"""Values of a template's parameters and of CloudFormation's pseudo parameters.

Chosen: region us-east-1 (where CloudFront's own resources live), account 123456789012, stack name `local`; each pseudo
parameter can be given like any other (`--param AWS::Region=eu-west-1`).
"""

from collections.abc import Callable, Mapping

from edgeproxy.config.identities import ACCOUNT
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.errors import ConfigError, Problem

PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NotificationARNs": "",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/local/00000000-0000-0000-0000-000000000000",
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = "AWS::NoValue"


def _missing(name: str) -> str:
    return f"give one: --param {name}=VALUE, or in edgeproxy.yaml:  parameters: {{{name}: VALUE}}"


class Parameters:
    """A template's parameters with the values given for them."""

    def __init__(self, template: Node, given: Mapping[str, str]) -> None:
        declared = template.value.get("Parameters")
        self.declared: dict[str, Node] = declared.value if declared and isinstance(declared.value, dict) else {}
        self.pseudo = {name: given.get(name, value) for name, value in PSEUDO.items()}
        self._given = given
        self.handed: Mapping[str, Callable[[], str]] = {}
        """What the stack around a nested one gives."""

    def names(self) -> list[str]:
        """Every name that Ref may take here, resources apart."""
        return [*self.declared, *self.pseudo]

    def value(self, name: str, node: Node) -> Node:
        """The value as text, or as a list of texts; `node` is where it is asked for. Raises ConfigError."""
        if name in self.pseudo:
            return node.become([] if name == "AWS::NotificationARNs" else self.pseudo[name])
        declared = self.declared[name]
        fields: dict[str, Node] = declared.value if isinstance(declared.value, dict) else {}
        default = fields.get("Default")
        if name in self._given:
            text = self._given[name]
        elif name in self.handed:
            text = self.handed[name]()
        elif default is not None and not isinstance(default.value, dict | list):
            text = as_text(default)
        else:
            raise ConfigError(declared.problem(f"parameter {name} has no value", _missing(name)))
        self._check_allowed(name, text, declared, fields)
        kind = fields["Type"].value if "Type" in fields else "String"
        if kind == "CommaDelimitedList" or str(kind).startswith(("List<", "AWS::SSM::Parameter::Value<List<")):
            return node.become([node.become(part.strip()) for part in text.split(",")])
        return node.become(text)

    def _check_allowed(self, name: str, text: str, declared: Node, fields: dict[str, Node]) -> None:
        allowed = fields.get("AllowedValues")
        if allowed is None or not isinstance(allowed.value, list):
            return
        values = [as_text(each) for each in allowed.value]
        if text not in values:
            raise ConfigError(declared.problem(f'parameter {name} is "{text}"', f"allowed: {', '.join(values)}"))


def check_names(given: Mapping[str, str], templates: list[Parameters], places: Mapping[str, Node], problems: Problems) -> None:
    """Notes every given parameter that no template declares; `places` are where the settings file gives them."""
    known = {name for template in templates for name in template.names()}
    for name in given:
        if name not in known:
            message, hint = f"no template has a parameter {name}", did_you_mean(name, known - PSEUDO.keys())
            problems.add(places[name].problem(message, hint) if name in places else Problem(message, hint=hint))


def as_text(node: Node) -> str:
    """A scalar as CloudFormation writes it into text. Raises ConfigError for a list or mapping."""
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict | list):
        kind = {type(None): "nothing", dict: "a mapping", list: "a list"}[type(value)]
        raise ConfigError(node.problem(f"text is needed here, not {kind}"))
    return str(value)
