"""Which block of a plan's configuration each nested block of its values was written as: sets are printed in another order."""

from collections.abc import Mapping

from edgeproxy.config.nodes import Node, entries, items
from edgeproxy.config.terraform_references import references

MAX_BLOCKS = 250
"""Blocks of one kind that are compared with each other; CloudFront allows no more of any."""


def pair(values: list[Node], expressions: Node | None, *, ordered: bool) -> list[Node | None]:
    """For each value the expressions of its block; None when that is not certain (`dynamic` blocks are not printed)."""
    blocks = items(expressions)
    if len(values) == len(blocks) and (ordered or len(blocks) == 1):
        return list(blocks)
    found: dict[int, Node] = {}
    if len(blocks) > MAX_BLOCKS or len(values) > MAX_BLOCKS:
        return [None] * len(values)
    left = list(blocks)
    progress = True
    while progress and left:
        progress = False
        for index, value in enumerate(values):
            fitting = [] if index in found else [block for block in left if _fits(entries(value), entries(block))]
            if len(fitting) == 1:
                found[index] = fitting[0]
                left.remove(fitting[0])
                progress = True
    return [found.get(index) for index in range(len(values))]


def _fits(value: Mapping[str, Node], block: Mapping[str, Node]) -> bool:
    """Could this block have given the value, by what is constant in it and by what it does not mention?"""
    for name, expression in block.items():
        given = value.get(name)
        if isinstance(expression.value, list):
            if not items(given):
                return False
            continue
        constant = entries(expression).get("constant_value")
        if constant is not None and constant.value is not None and (given is None or plainly(given) != plainly(constant)):
            return False
        if given is None and constant is None and not references(expression):
            return False
    nested = [name for name, given in value.items() if any(isinstance(each.value, dict) for each in items(given))]
    return all(name in block for name in nested)


def plainly(node: Node) -> object:
    """A value without places, in which the order of a list's scalars does not count."""
    if isinstance(node.value, list):
        return sorted(str(plainly(each)) for each in node.value)
    if isinstance(node.value, dict):
        return {key: plainly(child) for key, child in node.value.items()}
    return node.value
