"""Where CloudFront's engine stops reading a construct that it does not know: one finder for each, from node to token.

A finder is asked for nodes of the right type only, and answers None when the node holds nothing strange.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

_PATTERNS = ("array_pattern", "object_pattern")


class Token(NamedTuple):
    """Byte and line (both from 0) at which a token stands, and the text that an error names."""

    start: int
    row: int
    text: str


Find = Callable[["Node"], Token | None]


def text_of(node: "Node | None") -> str:
    """The code of a node; empty for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def default_import(node: "Node") -> str | None:
    """X of `import X from 'm'`; None for every other form."""
    clause = first_of(node.named_children, "import_clause")
    if clause is None or [child.type for child in clause.named_children] != ["identifier"]:
        return None
    return text_of(clause)


def first_of(nodes: "Iterable[Node]", *types: str) -> "Node | None":
    """The first node of one of the types."""
    return next((node for node in nodes if node.type in types), None)


def token(node: "Node | None") -> Token | None:
    """The node itself."""
    return None if node is None else Token(node.start_byte, node.start_point[0], text_of(node))


def child(*types: str) -> Find:
    """The first child of one of the types: a keyword, an operator."""
    return lambda node: token(first_of(node.children, *types))


def bracket_of(*types: str) -> Find:
    """What the first child of one of the types begins with."""

    def find(node: "Node") -> Token | None:
        found = first_of(node.children, *types)
        return None if found is None else token(found.children[0])

    return find


def last_character(node: "Node") -> Token:
    """`.` of `?.`."""
    return Token(node.end_byte - 1, node.end_point[0], text_of(node)[-1:])


def declared_pattern(node: "Node") -> Token | None:
    """What follows the bracket of `var [a]`, `for (var {a} in …)`."""
    if node.type == "variable_declarator":
        return _behind_bracket(node.child_by_field_name("name"))
    return _behind_bracket(node.child_by_field_name("left")) if node.child_by_field_name("kind") else None


def _behind_bracket(pattern: "Node | None") -> Token | None:
    if pattern is None or pattern.type not in _PATTERNS:
        return None
    return next((_leaf(child) for child in pattern.children[1:] if child.type != "comment"), None)


def _leaf(node: "Node") -> Token | None:
    while node.children and node.type != "string":
        node = node.children[0]
    return token(node)


def assigned_pattern(node: "Node") -> Token | None:
    """`=` of `[a, b] = c`, `in` of `for ([a] in …)`."""
    left = node.child_by_field_name("left")
    if left is None or left.type not in _PATTERNS or node.child_by_field_name("kind"):
        return None
    return child("=", "in", "of")(node)


def parameter_pattern(node: "Node") -> Token | None:
    """The bracket of `function f([a])`."""
    parameters = node.child_by_field_name("parameters")
    return None if parameters is None else bracket_of(*_PATTERNS)(parameters)


def arrow_behind_pattern(node: "Node") -> Token | None:
    """`=>` of `([a]) => 1`: up to it, it could be an array in parentheses."""
    return None if parameter_pattern(node) is None else child("=>")(node)


def default_value(node: "Node") -> Token | None:
    """`=` of `(a = 1)`."""
    given = first_of(node.children, "assignment_pattern")
    return None if given is None else child("=")(given)


def unbound_catch(node: "Node") -> Token | None:
    """`{` of `catch {`."""
    return None if node.child_by_field_name("parameter") is not None else bracket_of("statement_block")(node)


def logical_assignment(node: "Node") -> Token | None:
    """The last character of `??=`, `||=`, `&&=`."""
    operator = first_of(node.children, "??=", "||=", "&&=")
    return None if operator is None else last_character(operator)


def separator(node: "Node") -> Token | None:
    """`_000` of `1_000`."""
    before, found, after = text_of(node).partition("_")
    return Token(node.start_byte + len(before), node.start_point[0], found + after) if found else None


def big(node: "Node") -> Token | None:
    """`n` of `10n`."""
    return last_character(node) if text_of(node).endswith("n") else None


def octal(node: "Node") -> Token | None:
    """`01` of `010`."""
    text = text_of(node)
    strange = text[0] == "0" and (text[1:2].isdigit() or text[1:2] == "_")
    return Token(node.start_byte, node.start_point[0], text[:2]) if strange else None


def flags_beside(allowed: str) -> Find:
    """Flags of a regular expression that are not allowed, or there twice."""

    def find(node: "Node") -> Token | None:
        flags = node.child_by_field_name("flags")
        text = text_of(flags)
        return token(flags) if len(set(text) & set(allowed)) < len(text) else None

    return find


def deleted_name(node: "Node") -> Token | None:
    """`delete` of `delete a`."""
    argument = node.child_by_field_name("argument")
    return child("delete")(node) if argument is not None and argument.type == "identifier" else None


def escape(node: "Node") -> Token | None:
    r"""`\` of `\u0061bc`."""
    before, found, _ = text_of(node).partition("\\")
    return Token(node.start_byte + len(before.encode()), node.start_point[0], found) if found else None


def used_name(node: "Node") -> Token | None:
    """`a` of `using a = b`."""
    declarator = first_of(node.children, "variable_declarator")
    return None if declarator is None else _leaf(declarator)


def other_import(node: "Node") -> Token | None:
    """`import` of every form but `import X from 'm'`."""
    return child("import")(node) if default_import(node) is None else None


def import_attribute(node: "Node") -> Token | None:
    """`with` of `import X from 'm' with {…}`."""
    attribute = first_of(node.children, "import_attribute")
    return None if attribute is None else _leaf(attribute)
