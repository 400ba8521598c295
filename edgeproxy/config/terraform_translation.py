"""One Terraform resource's attributes as the properties of the CloudFormation resource that it makes, by the shapes' tables.

Chosen: the domain name of an origin that a plan does not know, and does not say from what, is made up from the origin's id.
"""

from collections.abc import Callable, Iterable
from typing import Any

from edgeproxy.config.nodes import Node, entries, items, plain
from edgeproxy.config.section import Reading
from edgeproxy.config.terraform_blocks import pair
from edgeproxy.config.terraform_references import Configuration, Target, references
from edgeproxy.config.terraform_shapes import Attribute, Block, Link, Shape
from edgeproxy.config.terraform_values import Found, host, label, value
from edgeproxy.model import NotHonoured

AFTER_APPLY, NOT_YET = "known only after apply", ".known-after-apply"
"""What stands for a value that only `apply` makes, in a sentence and at the end of a domain name."""
_APPLIED = "apply the plan and serve the state: terraform show -json > state.json"


class Translation:
    """One resource under way; `others` are all resources, `met` is told each made-up text and the resource that gives it."""

    def __init__(
        self,
        found: Found,
        configuration: Configuration,
        others: Iterable[Found],
        reading: Reading,
        met: Callable[[str, Found], None],
        prefix: str = "",
    ) -> None:
        self._found = found
        self._configuration = configuration
        self._others = others
        self._reading = reading
        self._met = met
        self._prefix = prefix
        self._forgiven = ""

    def properties(self, shape: Shape, forgiven: str = "") -> Node:
        """The resource's properties; what goes wrong is noted. `forgiven`: an attribute that need not be known."""
        found, self._forgiven = self._found, forgiven
        return self._block(found.values, shape, found.unknown, self._configuration.expressions(found), top=True)

    def _block(self, node: Node, shape: Shape, unknown: Node | None, written: Node | None, *, top: bool = False) -> Node:
        given, properties, keys = entries(node), {}, {}
        for name, attribute in shape.attributes.items():
            expression, after = entries(written).get(name), entries(unknown).get(name)
            translated = self._attribute(node, name, attribute, shape, after, expression)
            if translated is not None:
                property_ = attribute if isinstance(attribute, str) else attribute.property
                properties[property_] = translated
                keys[property_] = (node.keys or {}).get(name, (translated.line, translated.column))
        for property_, default in shape.defaults.items():
            properties.setdefault(property_, _placed(default, node))
        if not top:
            for name in given.keys() - shape.attributes.keys() - shape.ignored:
                if is_set(given[name]):
                    self._unknown_attribute(node, name)
        block = node.become(properties)
        block.keys = keys
        return block

    def _unknown_attribute(self, node: Node, name: str) -> None:
        place, instead = node.key(name), "is not known here: it is left out"
        self._reading.not_honoured.append(NotHonoured(f"{self._found.type}.{name}", instead, place.path, place.line))

    def _attribute(
        self, node: Node, name: str, attribute: Attribute, shape: Shape, after: Node | None, expression: Node | None
    ) -> Node | None:
        given = entries(node).get(name)
        if isinstance(attribute, Block):
            return self._nested(node, name, attribute, after, expression)
        if isinstance(attribute, Link) and _is_unknown(given, after, expression):
            return self._linked(node, name, attribute, expression)
        if given is not None and is_set(given):
            return None if name in shape.zero and given.value == 0 else given
        if given is None and references(expression) and _is_unknown(given, after, expression):
            self._after_apply(node, name)
        return None

    def _nested(self, node: Node, name: str, block: Block, after: Node | None, expression: Node | None) -> Node | None:
        given = entries(node).get(name)
        if after is not None and after.value is True:
            self._after_apply(node, name)
        if given is None or given.value is None:
            return None
        # Providers built on the newer framework print some single blocks without the list around them.
        values = [given] if isinstance(given.value, dict) else items(given)
        values = [each for each in values if each.value is not None]
        if not isinstance(given.value, dict | list) or not all(isinstance(each.value, dict) for each in values):
            self._reading.problems.add(given.problem(f"{name} must be a list of blocks"))
            return None
        written = pair(values, expression, ordered=block.ordered)
        unknown: list[Node] = items(after) if len(items(after)) == len(values) else []
        blocks = [
            self._block(each, block.shape, unknown[index] if unknown else None, written[index])
            for index, each in enumerate(values)
        ]
        if block.many:
            return given.become(blocks) if blocks else None
        return blocks[0] if blocks else None

    def _after_apply(self, node: Node, name: str) -> None:
        if name != self._forgiven:
            self._reading.problems.add(node.problem(f"{name} is {AFTER_APPLY}", _APPLIED))

    def _linked(self, node: Node, name: str, link: Link, expression: Node | None) -> Node | None:
        """What another resource gives: one text, or a list of them where the value is a list."""
        given = entries(node).get(name)
        targets = self._targets(link, expression)
        many = (given is not None and isinstance(given.value, list)) or link.property in LISTS
        if many:
            texts = [each for each in items(given) if each.value is not None]
            if not targets:
                self._after_apply(node, name)
            return node.become([*texts, *(node.become(self._text(each, link)) for each in targets)])
        if len(targets) == 1:
            return node.become(self._text(targets[0], link))
        if link.property == "DomainName":
            origin = entries(node).get("origin_id")
            return node.become(f"{label(str(origin.value)) if origin else 'origin'}{NOT_YET}")
        if targets or link.type:
            which = "; it may be that of " + " or ".join(each.found.address for each in targets) if targets else ""
            self._reading.problems.add(node.problem(f"{name} is {AFTER_APPLY}{which}", _APPLIED))
            return None
        return node.become(AFTER_APPLY)

    def _targets(self, link: Link, expression: Node | None) -> list[Target]:
        everywhere = self._configuration.targets(expression, self._found)
        if not link.type:
            return everywhere if len(everywhere) == 1 else [each for each in everywhere if each.attribute]
        fitting = [each for each in everywhere if each.found.type == link.type]
        made = [each for each in fitting if not each.found.known(link.attribute)]
        if not fitting:
            made = [Target(each, "") for each in self._others if _is_still_to_be_made(each, link)]
            return made if len(made) == 1 else []
        return made or fitting

    def _text(self, target: Target, link: Link) -> str:
        # Of a Lambda function `arn` may be named instead of `qualified_arn`; which CloudFront refuses.
        attribute = target.attribute if target.attribute in ("arn", "qualified_arn") else link.attribute
        text = value(target.found, attribute or target.attribute, self._prefix)
        text = text if link.type else host(text)
        self._met(text, target.found)
        return text


LISTS = frozenset({"Items", "KeyValueStoreAssociations", "Layers", "SecurityGroupIds", "SubnetIds", "TrustedKeyGroups"})
"""Properties of links that are lists of texts."""


def _is_still_to_be_made(found: Found, link: Link) -> bool:
    return found.type == link.type and not found.is_data and not found.known(link.attribute)


def _is_unknown(given: Node | None, after: Node | None, expression: Node | None) -> bool:
    """Is a value known only after apply? Where the plan's changes are missing: it is not there, and refers to something."""
    if after is not None:
        return after.value is True or any(each.value is True for each in items(after))
    if given is None:
        return bool(references(expression))
    return any(each.value is None for each in items(given)) and bool(references(expression))


def is_set(node: Node) -> bool:
    """Does an attribute say anything? The provider prints what is not given as null, an empty text or an empty list."""
    return node.value is not None and node.value not in ("", [], {})


def _placed(default: Any, node: Node) -> Node:
    return node.become(plain(default).value)
