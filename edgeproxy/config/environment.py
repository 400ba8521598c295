"""`${env:NAME}` in values of the settings file: what the environment holds, so that no secret need stand in a file.

In `parameters`, `imports`, `resolve`, `origins` and `lambda_edge: {environment: …}`.
`$${env:NAME}` is the text itself. Chosen: a variable that is empty is one that is not set, as a secret that CI lacks is.
"""

import os
import re
from collections.abc import Set

from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.errors import ConfigError, Missing, Problem

SECTION = "environment"
"""Of what `Missing` says of a variable."""
_MENTION = re.compile(r"(\$?)(\$\{env:([^}]*)\})")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def filled(node: Node, supposed: Set[str] = frozenset()) -> Node:
    """The text with the environment's values in it. Raises ConfigError that names each variable that is not set.

    `supposed`: variables that are taken as set, to VALUE.
    """
    problems: list[Problem] = []

    def value(mention: re.Match[str]) -> str:
        escaped, literal, name = mention.groups()
        if escaped:
            return literal
        if not _NAME.fullmatch(name):
            problems.append(node.problem(f"{name!r:.80} is not the name of an environment variable"))
            return ""
        text = os.environ.get(name) or ("VALUE" if name in supposed else "")
        if not text:
            missing, hint = Missing(SECTION, name, "VALUE"), f"set it:  export {name}=VALUE"
            problems.append(node.lack(f"the environment variable {name} is not set", missing, hint))
        return text

    text = _MENTION.sub(value, as_text(node))
    if problems:
        raise ConfigError(*problems)
    return node.become(text)


def resolve(node: Node) -> Node:
    """The same of a value that may be no text. Raises ConfigError."""
    return filled(node) if isinstance(node.value, str) else node
