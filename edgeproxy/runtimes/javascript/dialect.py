"""What CloudFront's runtimes 1.0 and 2.0 refuse although it is JavaScript: ES 5.1 and parts of ES 6 to 12, strict mode always.

AWS pages: JavaScript runtime 1.0 features, 2.0 features. Judged by the syntax tree alone, before any of the code runs.
Texts are those seen on CloudFront, else those of njs, which are the same wherever both are known.
Chosen: `?.` and `for…of` are refused in 2.0 (AWS's pages disagree), async arrows and methods are not; 1.0 refuses `import`.
Not judged: what the engine here refuses by itself, in its own words (octal escapes, duplicate parameters, …).
"""

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from edgeproxy.runtimes.javascript import tokens
from edgeproxy.runtimes.javascript.tokens import Find, bracket_of, child

if TYPE_CHECKING:
    from tree_sitter import Node


class Complaint(NamedTuple):
    """What CloudFront's engine would say, with the line of the code (from 1; 0: nowhere) and a hint."""

    message: str
    line: int
    hint: str = ""


class Refusal(NamedTuple):
    """One construct: the kinds of nodes that may hold it, where the engine stops, and its text (`{}` is the token)."""

    construct: str
    runtime: str
    """The one that refuses it; empty: each."""
    kinds: tuple[str, ...]
    find: Find
    text: str


FIRST, EACH = "cloudfront-js-1.0", ""

_FUNCTIONS = (
    "function_declaration", "function_expression", "generator_function_declaration", "generator_function", "method_definition",
)  # fmt: skip
NAMES = ("identifier", "property_identifier", "shorthand_property_identifier", "statement_identifier")
_STRAY_AWAIT, _AWAIT_IN_ARGUMENTS = "await outside", "await in arguments"

_NOT_SUPPORTED = 'SyntaxError: Token "{}" not supported in this version'
_UNEXPECTED = 'SyntaxError: Unexpected token "{}"'
_FLAGS = 'SyntaxError: Invalid RegExp flags "{}"'
_NOT_ASYNC = "SyntaxError: await is only valid in async functions"
_IN_ARGUMENTS = "SyntaxError: await in arguments not supported"
_LEFT_HAND = "ReferenceError: Invalid left-hand side in assignment"
_DELETE = "SyntaxError: Delete of an unqualified identifier"
_IMPORT = "SyntaxError: Non-default import is not supported"
_EXPORT = "SyntaxError: Illegal export statement"

# fmt: off
TABLE = (
    Refusal("let and const", FIRST, ("lexical_declaration", "for_in_statement"), child("let", "const"), _NOT_SUPPORTED),
    Refusal("async functions", FIRST, (*_FUNCTIONS, "arrow_function"), child("async"), _NOT_SUPPORTED),
    Refusal("await outside of async functions", EACH, (_STRAY_AWAIT,), child("await"), _NOT_ASYNC),
    Refusal("await in call arguments and template literals", EACH, (_AWAIT_IN_ARGUMENTS,), child("await"), _IN_ARGUMENTS),
    Refusal("destructured parameters", EACH, ("arrow_function",), tokens.arrow_behind_pattern, _UNEXPECTED),
    Refusal("destructured parameters", EACH, _FUNCTIONS, tokens.parameter_pattern, _NOT_SUPPORTED),
    Refusal("destructured parameters", EACH, ("rest_pattern",), bracket_of("array_pattern", "object_pattern"), _UNEXPECTED),
    Refusal("destructuring", EACH, ("variable_declarator", "for_in_statement"), tokens.declared_pattern, _NOT_SUPPORTED),
    Refusal("destructuring", EACH, ("assignment_expression", "for_in_statement"), tokens.assigned_pattern, _LEFT_HAND),
    Refusal("destructuring", EACH, ("catch_clause",), bracket_of("object_pattern"), _NOT_SUPPORTED),
    Refusal("destructuring", EACH, ("catch_clause",), bracket_of("array_pattern"), _UNEXPECTED),
    Refusal("default parameter values", EACH, ("formal_parameters",), tokens.default_value, _UNEXPECTED),
    Refusal("spread in calls and arrays", EACH, ("arguments", "array"), bracket_of("spread_element"), _UNEXPECTED),
    Refusal("object spread", EACH, ("object",), bracket_of("spread_element"), _NOT_SUPPORTED),
    Refusal("optional chaining (?.)", EACH, ("optional_chain",), tokens.last_character, _UNEXPECTED),
    Refusal("??=, ||= and &&=", EACH, ("augmented_assignment_expression",), tokens.logical_assignment, _UNEXPECTED),
    Refusal("numeric separators", FIRST, ("number",), tokens.separator, _UNEXPECTED),
    Refusal("BigInt", EACH, ("number",), tokens.big, _UNEXPECTED),
    Refusal("octal literals other than 0o17", EACH, ("number",), tokens.octal, _UNEXPECTED),
    Refusal("for await", EACH, ("for_in_statement",), child("await"), _NOT_SUPPORTED),
    Refusal("for…of", EACH, ("for_in_statement",), child("of"), _NOT_SUPPORTED),
    Refusal("classes", EACH, ("class_declaration", "class"), child("class"), _NOT_SUPPORTED),
    Refusal("generators", EACH, _FUNCTIONS, child("*"), _UNEXPECTED),
    Refusal("catch without a binding", EACH, ("catch_clause",), tokens.unbound_catch, _NOT_SUPPORTED),
    Refusal("with statements", EACH, ("with_statement",), bracket_of("parenthesized_expression"), _NOT_SUPPORTED),
    Refusal("flags other than g, i and m", FIRST, ("regex",), tokens.flags_beside("gim"), _FLAGS),
    Refusal("flags other than g, i, m and y", EACH, ("regex",), tokens.flags_beside("gimy"), _FLAGS),
    Refusal("delete of a variable", EACH, ("unary_expression",), tokens.deleted_name, _DELETE),
    Refusal("import, only require()", FIRST, ("import_statement",), child("import"), _NOT_SUPPORTED),
    Refusal("import but import X from 'module'", EACH, ("import_statement",), tokens.other_import, _IMPORT),
    Refusal("import attributes", EACH, ("import_statement",), tokens.import_attribute, _UNEXPECTED),
    Refusal("import()", EACH, ("import",), tokens.token, _NOT_SUPPORTED),
    Refusal("import.meta", EACH, ("meta_property",), child("import"), _NOT_SUPPORTED),
    Refusal("new.target", EACH, ("meta_property",), child("."), _UNEXPECTED),
    Refusal("super", EACH, ("super",), tokens.token, _NOT_SUPPORTED),
    Refusal("export", EACH, ("export_statement",), child("export"), _EXPORT),
    Refusal("escapes in names", EACH, NAMES, tokens.escape, _UNEXPECTED),
    Refusal("using", EACH, ("using_declaration",), tokens.used_name, _UNEXPECTED),
)
# fmt: on


def complaint(nodes: "Iterable[Node]", runtime: str) -> Complaint | None:
    """The refusal that stands first in the code; `nodes` are the named ones of its tree, parents before children."""
    rows = _rows(runtime)
    found = [(token, row) for kind, node in _kinds(nodes) for row in rows.get(kind, ()) if (token := row.find(node))]
    if not found:
        return None
    token, row = min(found, key=lambda stop: stop[0].start)
    line = token.row + 1
    return Complaint(f"{row.text.format(token.text)} in {line}", line, f"{row.runtime or 'CloudFront'} has no {row.construct}")


@functools.cache
def _rows(runtime: str) -> dict[str, list[Refusal]]:
    rows: dict[str, list[Refusal]] = {}
    for row in TABLE:
        if row.runtime in (EACH, runtime):
            for kind in row.kinds:
                rows.setdefault(kind, []).append(row)
    return rows


class _Scope(NamedTuple):
    end: int
    is_async: bool
    in_arguments: bool


def _kinds(nodes: "Iterable[Node]") -> "Iterator[tuple[str, Node]]":
    """Each node with its type; for an await, where it stands."""
    # A node finds its parent by a walk from the root, so the scopes are kept on the way down.
    scopes, bodies = [_Scope(1 << 62, False, False)], dict[tuple[int, int], bool]()
    for node in nodes:
        start, end, kind = node.start_byte, node.end_byte, node.type
        while scopes[-1].end <= start:
            scopes.pop()
        if (start, end) in bodies:
            scopes.append(_Scope(end, bodies[start, end], False))
        if kind == "await_expression":
            yield _kind_of_await(scopes[-1]), node
            continue
        if kind in ("arguments", "template_substitution"):
            scopes.append(_Scope(end, scopes[-1].is_async, True))
        elif kind == "arrow_function" or kind in _FUNCTIONS:
            body = node.child_by_field_name("body")
            if body is not None:
                bodies[body.start_byte, body.end_byte] = tokens.first_of(node.children, "async") is not None
        yield kind, node


def _kind_of_await(scope: _Scope) -> str:
    if not scope.is_async:
        return _STRAY_AWAIT
    return _AWAIT_IN_ARGUMENTS if scope.in_arguments else "await_expression"
