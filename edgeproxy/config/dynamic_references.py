"""`{{resolve:ssm:…}}`, `ssm-secure`, `secretsmanager`: values that only the account holds, given in the settings' `resolve`.

Source: page "Get values stored in other services using dynamic references" (CloudFormation guide).
Chosen: a name is what stands between `{{resolve:` and `}}`; version, stage and the colons of what is left out may be missing.
"""

import re
from collections.abc import Callable, Mapping, Set

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError, Missing, Problem
from edgeproxy.spelling import nearest

SECTION = "resolve"
SSM = "ssm"
MAX_TEXT = 1 << 20
"""Characters of a text with the values in it."""
_MENTION = re.compile(r"\{\{resolve:([^{}]*)\}\}")
_PARAMETER = re.compile(r"((?:ssm|ssm-secure):.+?)(?::[0-9]+)?")
_SECRET = re.compile(
    r"(secretsmanager:(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|[^:]+))"
    r"(?::(?P<part>SecretString)?(?::(?P<key>[^:]*)(?::(?P<stage>[^:]*)(?::[^:]*)?)?)?)?"
)
FORMS = "ssm:NAME[:VERSION], ssm-secure:NAME[:VERSION], secretsmanager:SECRET[:SecretString[:JSON-KEY[:STAGE[:VERSION]]]]"


def spelled(name: str) -> str:
    """A name as the user gave it, without the braces that were copied with it."""
    match = _MENTION.fullmatch(name.strip())
    return (match[1] if match else name.strip()).rstrip(":")


def names(reference: str) -> list[str]:
    """All under which its value may be given, the most exact first, the last without version; empty when it is none."""
    if match := _PARAMETER.fullmatch(reference):
        shorter = [match[1]]
    elif match := _SECRET.fullmatch(reference):
        key, stage = match["key"], match["stage"]
        whole = f"{match[1]}:SecretString"
        shorter = [f"{whole}:{key}:{stage}"] if stage else []
        shorter += [f"{whole}:{key}"] if key else [whole, match[1]]
    else:
        return []
    return list(dict.fromkeys([reference.rstrip(":"), *shorter]))


class Stored:
    """The values that are given, by name as `spelled`; None: its problem is noted already."""

    def __init__(
        self,
        given: Mapping[str, str | None],
        elsewhere: Callable[[str, Node], str | None] = lambda name, node: None,
        supposed: Set[str] = frozenset(),
    ) -> None:
        """`elsewhere` gives what another stack of a cloud assembly puts into SSM by this name; `supposed` are no user's."""
        self._given = given
        self._elsewhere = elsewhere
        self._typed = given.keys() - supposed

    def value(self, reference: str, node: Node, parameter: str = "") -> str:
        """The value of one reference; `parameter`: the template's, of which it is the value. Raises ConfigError."""
        known = names(reference)
        if not known:
            raise ConfigError(node.problem(f"{{{{resolve:{reference:.200}}}}} is no dynamic reference", f"the forms: {FORMS}"))
        name = known[-1]
        found = next((each for each in known if each in self._given), None)
        if found is not None:
            text = self._given[found]
            if text is None:
                raise ConfigError
            return text
        other = self._elsewhere(name.removeprefix(f"{SSM}:"), node) if name.startswith(f"{SSM}:") else None
        if other is None:
            raise ConfigError(self._missing(name, node, parameter))
        return other

    def _missing(self, name: str, node: Node, parameter: str) -> Problem:
        missing = Missing(SECTION, name, "VALUE")
        hint = missing.line()
        message = f"{{{{resolve:{name}}}}}: no value is given for it"
        if parameter:
            message = f"parameter {parameter} has no value: its default is the name of one in SSM, {name.partition(':')[2]}"
            hint = f"give one: --param {parameter}=VALUE\nor {hint}"
        if near := nearest(name, self._typed):
            hint += f"\ndid you mean {near}?"
        return node.lack(message, missing, hint)

    def filled(self, node: Node) -> Node:
        """The text with a value in the place of each reference. Raises ConfigError that names each one without."""
        if "{{resolve:" not in node.value:
            return node
        problems: list[Problem] = []
        failed, size = False, len(node.value)

        def value(mention: re.Match[str]) -> str:
            nonlocal failed, size
            try:
                found = self.value(mention[1], node)
            except ConfigError as error:
                problems.extend(error.problems)
                failed = True
                return ""
            size += len(found)
            if size > MAX_TEXT:
                raise ConfigError(node.problem(f"the references of this text give more than {MAX_TEXT} characters"))
            return found

        text = _MENTION.sub(value, node.value)
        if failed:
            raise ConfigError(*problems)
        return node.become(text)
