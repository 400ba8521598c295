"""Where the engine of CloudFront stops reading."""

import pytest
import tree_sitter
import tree_sitter_javascript

from edgeproxy.runtimes.javascript import tokens
from edgeproxy.runtimes.javascript.tokens import Token

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def node(code: str, kind: str):
    """The first node of its kind."""
    waiting = [PARSER.parse(code.encode()).root_node]
    while waiting:
        found = waiting.pop()
        if found.type == kind:
            return found
        waiting.extend(reversed(found.children))
    raise LookupError(kind)


@pytest.mark.parametrize(
    ("find", "code", "kind", "token"),
    [
        pytest.param(tokens.child("of"), "for (a\nof b);", "for_in_statement", Token(7, 1, "of"), id="a keyword, on its own line"),
        pytest.param(tokens.child("of"), "for (a in b);", "for_in_statement", None, id="a keyword that is not there"),
        pytest.param(tokens.bracket_of("spread_element"), "f(1,\n...a)", "arguments", Token(5, 1, "..."), id="a bracket"),
        pytest.param(tokens.last_character, "/* é */ a\n?.b", "optional_chain", Token(12, 1, "."), id="bytes, not letters"),
        pytest.param(tokens.declared_pattern, "var [\n// x\na] = b", "variable_declarator", Token(11, 2, "a"), id="behind a bracket and a comment"),
        pytest.param(tokens.declared_pattern, "var {} = b", "variable_declarator", Token(5, 0, "}"), id="behind an empty bracket"),
        pytest.param(tokens.declared_pattern, "for ([a] in b);", "for_in_statement", None, id="an assignment is no declaration"),
        pytest.param(tokens.assigned_pattern, "for (var [a] in b);", "for_in_statement", None, id="a declaration is no assignment"),
        pytest.param(tokens.assigned_pattern, "[a]\n= b", "assignment_expression", Token(4, 1, "="), id="an assignment"),
        pytest.param(tokens.parameter_pattern, "function f(a, [b]) {}", "function_declaration", Token(14, 0, "["), id="a parameter"),
        pytest.param(tokens.parameter_pattern, "a => 1", "arrow_function", None, id="a parameter without parentheses"),
        pytest.param(tokens.arrow_behind_pattern, "([a], b) => 1", "arrow_function", Token(9, 0, "=>"), id="an arrow"),
        pytest.param(tokens.default_value, "function f(a, b = 1) {}", "formal_parameters", Token(16, 0, "="), id="a default value"),
        pytest.param(tokens.unbound_catch, "try {} catch (e) {}", "catch_clause", None, id="a catch that is bound"),
        pytest.param(tokens.logical_assignment, "a ||= b", "augmented_assignment_expression", Token(4, 0, "="), id="a logical assignment"),
        pytest.param(tokens.logical_assignment, "a |= b", "augmented_assignment_expression", None, id="a bitwise assignment"),
        pytest.param(tokens.separator, "1_0_0", "number", Token(1, 0, "_0_0"), id="the first separator"),
        pytest.param(tokens.octal, "0", "number", None, id="nought"),
        pytest.param(tokens.octal, "0.1", "number", None, id="a fraction"),
        pytest.param(tokens.octal, "00", "number", Token(0, 0, "00"), id="nought twice"),
        pytest.param(tokens.flags_beside("gi"), "/a/ig", "regex", None, id="flags in any order"),
        pytest.param(tokens.flags_beside("gi"), "/a/", "regex", None, id="no flags"),
        pytest.param(tokens.flags_beside("gi"), "/a/gm", "regex", Token(3, 0, "gm"), id="all flags are named"),
        pytest.param(tokens.deleted_name, "delete a.b", "unary_expression", None, id="delete of a property"),
        pytest.param(tokens.deleted_name, "typeof a", "unary_expression", None, id="typeof"),
        pytest.param(tokens.escape, "é\\u0061", "identifier", Token(2, 0, "\\"), id="an escape in a name"),
    ],
)  # fmt: skip
def test_where_it_stops(find, code, kind, token):
    assert find(node(code, kind)) == token


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("import a from 'm'", "a", id="a default import"),
        pytest.param("import * as a from 'm'", None, id="a namespace"),
        pytest.param("import a, { b } from 'm'", None, id="a default and names"),
        pytest.param("import 'm'", None, id="nothing"),
    ],
)
def test_default_import(code, name):
    assert tokens.default_import(node(code, "import_statement")) == name


def test_text_of_nothing_is_empty():
    assert tokens.text_of(None) == ""
