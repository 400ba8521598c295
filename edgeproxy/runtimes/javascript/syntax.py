"""The user's code as a syntax tree: imports made into calls on their own lines, looks at the clock put into loops and
functions, and what must be known before a run: does it define `handler`, does it write to the built-ins?

Lines never move: each edit stays on its line. What CloudFront refuses of JavaScript is in `dialect`; the engine says what is
no JavaScript at all, so code whose tree is broken is complained about for its numbers, names and modules only.
"""

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from edgeproxy.runtimes.javascript import dialect
from edgeproxy.runtimes.javascript.built_ins import MODULES
from edgeproxy.runtimes.javascript.dialect import NAMES, Complaint
from edgeproxy.runtimes.javascript.tokens import default_import, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

HOST = "__host"
"""The parameter of the function that the user's code is put into."""

_LOOKING = frozenset({
    "for_statement", "for_in_statement", "while_statement", "do_statement", "function_declaration", "function_expression",
    "generator_function", "generator_function_declaration", "arrow_function", "method_definition",
})  # fmt: skip
_DECLARATIONS = frozenset(
    {"function_declaration", "generator_function_declaration", "class_declaration", "variable_declarator"}
)
_BUILT_INS = frozenset({
    "AggregateError", "Array", "ArrayBuffer", "Boolean", "Buffer", "DataView", "Date", "Error", "EvalError", "Float32Array",
    "Float64Array", "Function", "Int16Array", "Int32Array", "Int8Array", "InternalError", "JSON", "Math", "MemoryError",
    "Number", "Object", "Promise", "RangeError", "ReferenceError", "RegExp", "String", "Symbol", "SyntaxError", "TextDecoder",
    "TextEncoder", "TypeError", "URIError", "Uint16Array", "Uint32Array", "Uint8Array", "Uint8ClampedArray", "console",
    "globalThis",
})  # fmt: skip
_DEFINERS = frozenset({
    "Object.assign", "Object.defineProperties", "Object.defineProperty", "Object.freeze", "Object.setPrototypeOf",
})  # fmt: skip
_HIDDEN_WAYS = frozenset({"__proto__", "__defineGetter__", "__defineSetter__", "getPrototypeOf"})


NOT_EMULATED = frozenset({"cwt", "distributionTenant", "mtls"})
"""Members of the module cloudfront that throw here."""
_REQUIRED_CLOUDFRONT = frozenset({"require('cloudfront')", 'require("cloudfront")'})
_SURE = frozenset({*NAMES, "number", "import_statement"})
"""What can be told of a broken tree."""


class Script(NamedTuple):
    """`program` has its imports replaced and nothing else; `body` looks at the clock too. Both have the code's lines."""

    program: str
    body: str
    complaint: Complaint | None
    tampers: bool
    """Writes to a built-in, its prototype or globalThis (or may, by a way that the tree does not show)."""


class _Insert(NamedTuple):
    start: int
    end: int
    text: bytes


def read(code: str, runtime: str) -> Script:
    """Reads code of any quality; what does not parse comes back as it is, for the engine to complain about.

    `runtime` is cloudfront-js-1.0 or cloudfront-js-2.0.
    """
    source = code.encode("utf-8", "replace")
    root = _parser().parse(source).root_node
    nodes = list(_walk(root))
    imports = [node for node in root.children if node.type == "import_statement"]
    edits = [_required(node) for node in imports]
    looks = [] if root.has_error else [insert for node in nodes for insert in _looks(node)]
    return Script(
        _edited(source, edits),
        _edited(source, edits + looks),
        _complaint(root, nodes, imports, runtime),
        _tampers(nodes),
    )


def not_emulated(code: str) -> list[tuple[str, int]]:
    """The members of the module cloudfront that the code uses and edgeproxy lacks, each with its line (from 1)."""
    if not any(name in code for name in NOT_EMULATED):
        return []
    nodes = list(_walk(_parser().parse(code.encode("utf-8", "replace")).root_node))
    owners = {name for node in nodes if (name := _cloudfront_name(node))}
    found = [(_member(node, owners), node.start_point[0] + 1) for node in nodes]
    return [(name, line) for name, line in found if name in NOT_EMULATED]


def _cloudfront_name(node: "Node") -> str | None:
    """X of `import X from 'cloudfront'` and of `X = require('cloudfront')`."""
    if node.type == "import_statement":
        return default_import(node) if text_of(node.child_by_field_name("source"))[1:-1] == "cloudfront" else None
    if node.type == "variable_declarator":
        value = text_of(node.child_by_field_name("value"))
        return text_of(node.child_by_field_name("name")) if value in _REQUIRED_CLOUDFRONT else None
    return None


def _member(node: "Node", owners: set[str]) -> str | None:
    if node.type != "member_expression" or text_of(node.child_by_field_name("object")) not in owners:
        return None
    return text_of(node.child_by_field_name("property"))


@functools.cache
def _parser() -> "Parser":
    # Some 20 ms that a configuration without functions does not pay.
    import tree_sitter
    import tree_sitter_javascript

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def _walk(root: "Node") -> Iterator["Node"]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.named_children))


def _edited(source: bytes, edits: list[_Insert]) -> str:
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [source[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*pieces, source[at:]]).decode()


def _required(node: "Node") -> _Insert:
    lines = "\n" * (node.end_point[0] - node.start_point[0])
    name, module = default_import(node), text_of(node.child_by_field_name("source"))
    required = "" if name is None else f"const {name} = {HOST}.require({module});"
    return _Insert(node.start_byte, node.end_byte, (required + lines).encode())


def _looks(node: "Node") -> list[_Insert]:
    body = node.child_by_field_name("body")
    if body is None or node.type not in _LOOKING:
        return []
    look = f"{HOST}.look()".encode()
    if body.type == "statement_block":
        return [_Insert(body.start_byte + 1, body.start_byte + 1, look + b";")]
    opening, closing = (b"(" + look + b",", b")") if node.type == "arrow_function" else (b"{" + look + b";", b"}")
    return [_Insert(body.start_byte, body.start_byte, opening), _Insert(body.end_byte, body.end_byte, closing)]


def _complaint(root: "Node", nodes: list["Node"], imports: list["Node"], runtime: str) -> Complaint | None:
    judged = [node for node in nodes if node.type in _SURE] if root.has_error else nodes
    found = [dialect.complaint(judged, runtime), _missing_module(imports, runtime), _reserved(nodes)]
    complaints = [complaint for complaint in found if complaint is not None]
    if complaints:
        return min(complaints, key=lambda complaint: complaint.line)
    names = {"handler"} if root.has_error else _top_level(root)
    if "handler" in names:
        return None
    hint = "a CloudFront Function is: function handler(event) { … }"
    if "connectionHandler" in names:
        hint = "this is a connection function, which edgeproxy does not emulate"
    return Complaint('ReferenceError: "handler" is not defined', 0, hint)


def _missing_module(imports: list["Node"], runtime: str) -> Complaint | None:
    there = MODULES[runtime.removeprefix("cloudfront-js-")]
    for node in imports:
        line, module = node.start_point[0] + 1, text_of(node.child_by_field_name("source"))[1:-1]
        if default_import(node) is not None and module not in there:
            hint = f"CloudFront has the modules {', '.join(there)} in this runtime, and no others"
            return Complaint(f'SyntaxError: Cannot find module "{module}" in {line}', line, hint)
    return None


def _reserved(nodes: list["Node"]) -> Complaint | None:
    for node in nodes:
        if node.type in ("identifier", "shorthand_property_identifier") and text_of(node) == HOST:
            line = node.start_point[0] + 1
            return Complaint(f'ReferenceError: "{HOST}" is not defined in {line}', line)
    return None


def _top_level(root: "Node") -> set[str]:
    names = set()
    for statement in root.named_children:
        for node in (statement, *statement.named_children):
            if node.type in _DECLARATIONS:
                names.add(text_of(node.child_by_field_name("name")))
    return names


def _tampers(nodes: list["Node"]) -> bool:
    declared = {text_of(node.child_by_field_name("name")) for node in nodes if node.type in _DECLARATIONS}
    declared |= {text_of(child) for node in nodes if node.type == "formal_parameters" for child in node.named_children}
    theirs = _BUILT_INS - declared
    for node in nodes:
        if node.type == "property_identifier" and text_of(node) in _HIDDEN_WAYS:
            return True
        if node.type == "identifier" and text_of(node) in theirs and _is_written(node):
            return True
        if node.type == "property_identifier" and text_of(node) == "prototype" and _is_of_an_expression(node):
            return True
    return False


def _is_of_an_expression(node: "Node") -> bool:
    # x.constructor.prototype: no telling whose; Foo.prototype is judged by Foo.
    owner = node.parent.child_by_field_name("object") if node.parent else None
    return owner is not None and owner.type != "identifier"


def _is_written(node: "Node") -> bool:
    """Is this built-in (or something reached through it) assigned to, defined on, or handed on with its prototype?"""
    top, parent = node, node.parent
    while parent is not None and parent.type in ("member_expression", "subscript_expression"):
        if parent.child_by_field_name("object") != top:
            break
        top, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type in ("assignment_expression", "augmented_assignment_expression"):
        return parent.child_by_field_name("left") == top or _is_handed_on(node, top)
    if parent.type == "update_expression" or (parent.type == "unary_expression" and text_of(parent).startswith("delete")):
        return True
    if parent.type == "arguments" and parent.parent is not None and parent.named_children[0] == top:
        return text_of(parent.parent.child_by_field_name("function")) in _DEFINERS or _is_handed_on(node, top)
    return _is_handed_on(node, top)


def _is_handed_on(node: "Node", top: "Node") -> bool:
    if node == top:
        return text_of(node) == "globalThis"
    return text_of(top.child_by_field_name("property")) == "prototype"
