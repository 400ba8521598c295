"""Values of a template's parameters and of CloudFormation's pseudo parameters.

Chosen: region us-east-1 (where CloudFront's own resources live), account 123456789012, stack name `local`; each pseudo
parameter can be given like any other (`--param AWS::Region=eu-west-1`). What is given for a parameter whose type is
AWS::SSM::Parameter::Value<…> is its value; on AWS, as with its default here, it is the name of one in SSM. AllowedPattern, an
expression of Java's, is not looked at.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from edgeproxy.config.dynamic_references import SSM, Stored
from edgeproxy.config.identities import ACCOUNT
from edgeproxy.config.nodes import Node, entries, items
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.errors import ConfigError, Missing, Problem

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
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
_IN_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.*)>")
MAX_PARTS = 10_000
"""Items of a text that becomes a list."""


class Parameters:
    """A template's parameters with the values given for them."""

    def __init__(self, template: Node, given: Mapping[str, str | None]) -> None:
        """`given`: None for one whose problem is noted already."""
        self.declared = entries(template, "Parameters")
        self.pseudo = {name: given.get(name) or value for name, value in PSEUDO.items()}
        self._given = given
        self.handed: Mapping[str, Callable[[], str]] = {}
        """What the stack around a nested one gives."""
        self.stored = Stored({})
        """What is given for values in SSM."""

    def names(self) -> list[str]:
        """Every name that Ref may take here, resources apart."""
        return [*self.declared, *self.pseudo]

    def value(self, name: str, node: Node) -> Node:
        """The value as text, or as a list of texts; `node` is where it is asked for. Raises ConfigError."""
        if name in self.pseudo:
            return node.become([] if name == "AWS::NotificationARNs" else self.pseudo[name])
        declared = self.declared[name]
        fields = entries(declared)
        kind = str(fields["Type"].value) if "Type" in fields else "String"
        in_ssm = _IN_SSM.fullmatch(kind)
        text = self._text(name, declared, fields)
        if in_ssm is None:
            self._check(name, text, declared, fields)
        elif name in self.handed or name not in self._given:
            text = self.stored.value(f"{SSM}:{text}", declared, name)
        inner = in_ssm[1] if in_ssm else kind
        if _is_list(inner):
            parts = text.split(",", MAX_PARTS)
            if len(parts) > MAX_PARTS:
                raise ConfigError(declared.problem(f"parameter {name} is a list of more than {MAX_PARTS} items"))
            return node.become([node.become(part.strip()) for part in parts])
        return node.become(text)

    def _text(self, name: str, declared: Node, fields: dict[str, Node]) -> str:
        """What the stack around a nested one hands down; else what is given, else the default."""
        default = fields.get("Default")
        if name in self.handed:
            return self.handed[name]()
        if name in self._given:
            given = self._given[name]
            if given is None:
                raise ConfigError
            return given
        if default is not None and not isinstance(default.value, dict | list):
            return as_text(default)
        raise ConfigError(_missing(name, declared, fields))

    def _check(self, name: str, text: str, declared: Node, fields: dict[str, Node]) -> None:
        allowed = _broken(text, fields)
        if allowed:
            hidden = "NoEcho" in fields and str(fields["NoEcho"].value).lower() == "true"
            said = "has a value that is not allowed" if hidden else f'is "{text}"'
            raise ConfigError(declared.problem(f"parameter {name} {said}", f"allowed: {allowed}"))


def _broken(text: str, fields: Mapping[str, Node]) -> str:
    """What a parameter's own fields allow, where the value is not of it; empty where it is."""
    kind = str(fields["Type"].value) if "Type" in fields else "String"
    values = [as_text(each) for each in items(fields.get("AllowedValues"))]
    parts = list(map(str.strip, text.split(","))) if _is_list(kind) else [text]
    if values and not set(parts) <= set(values):
        return ", ".join(values)
    if kind in ("Number", "List<Number>"):
        if not all(map(_NUMBER.fullmatch, parts)):
            return "a number" if kind == "Number" else "numbers, with commas between them"
        return _outside(fields, "Value", max(map(float, parts)), min(map(float, parts)), "")
    return _outside(fields, "Length", len(text), len(text), " characters")


def _outside(fields: Mapping[str, Node], what: str, largest: float, smallest: float, unit: str) -> str:
    limits = {name: str(fields[name + what].value) for name in ("Min", "Max") if name + what in fields}
    least, most = (limits.get(name) for name in ("Min", "Max"))
    if least is not None and _NUMBER.fullmatch(least) and smallest < float(least):
        return f"at least {least}{unit}"
    if most is not None and _NUMBER.fullmatch(most) and largest > float(most):
        return f"at most {most}{unit}"
    return ""


def _is_list(kind: str) -> bool:
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def _missing(name: str, declared: Node, fields: Mapping[str, Node]) -> Problem:
    values = items(fields.get("AllowedValues"))
    missing = Missing("parameters", name, as_text(values[0]) if values else "VALUE")
    hint = f"give one: --param {name}=VALUE\nor {missing.line()}"
    return declared.lack(f"parameter {name} has no value", missing, hint)


def check_names(names: Iterable[str], templates: list[Parameters], places: Mapping[str, Node], problems: Problems) -> None:
    """Notes every name of a given parameter that no template declares; `places` are where the settings file gives them."""
    known = {name for template in templates for name in template.names()}
    for name in names:
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
