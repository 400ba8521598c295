"""What the syntax tree tells of the user's code, and what is put into it."""

import pytest

from edgeproxy.runtimes.javascript import syntax

LOOK = "__host.look()"


def read(code: str) -> syntax.Script:
    return syntax.read(code, "cloudfront-js-2.0")


@pytest.mark.parametrize(
    ("code", "program"),
    [
        pytest.param("import cf from 'cloudfront';\nx", "const cf = __host.require('cloudfront');\nx", id="on its line"),
        pytest.param('import a from "m"\nx', 'const a = __host.require("m");\nx', id="without a semicolon"),
        pytest.param("import\n  a\nfrom 'm';\nx", "const a = __host.require('m');\n\n\nx", id="over three lines"),
        pytest.param("import { a } from 'm';\nx", "\nx", id="what is refused leaves its line empty"),
        pytest.param("// import a from 'm'\n'import b'", "// import a from 'm'\n'import b'", id="not in a comment or a string"),
        pytest.param(
            "x /* é */; import a from 'm'", "x /* é */; const a = __host.require('m');", id="after a letter of two bytes"
        ),
    ],
)
def test_imports_become_calls_and_lines_stay(code, program):
    read_ = read(code)
    assert read_.program == program
    assert read_.program.count("\n") == read_.body.count("\n") == code.count("\n")


@pytest.mark.parametrize(
    ("code", "body"),
    [
        pytest.param("while (a) { b(); }", f"while (a) {{{LOOK}; b(); }}", id="a block"),
        pytest.param("while (a) b();", f"while (a) {{{LOOK};b();}}", id="a statement"),
        pytest.param("for (;;);", f"for (;;){{{LOOK};;}}", id="nothing"),
        pytest.param(
            "for (x in y) for (z of x) z()", f"for (x in y) {{{LOOK};for (z of x) {{{LOOK};z()}}}}", id="a loop in a loop"
        ),
        pytest.param("do a(); while (b)", f"do {{{LOOK};a();}} while (b)", id="do"),
        pytest.param("function f() {}", f"function f() {{{LOOK};}}", id="a function"),
        pytest.param("x = { get y() { return 1 } }", f"x = {{ get y() {{{LOOK}; return 1 }} }}", id="a getter"),
        pytest.param("f(a => a, 2)", f"f(a => ({LOOK},a), 2)", id="an arrow function"),
        pytest.param("f(a => ({}))", f"f(a => ({LOOK},({{}})))", id="an arrow function that makes an object"),
        pytest.param("if (a) { b() }", "if (a) { b() }", id="a condition is no loop"),
        pytest.param("while (a { b }", "while (a { b }", id="what does not parse is left alone"),
    ],
)
def test_loops_and_functions_look_at_the_clock(code, body):
    assert read(code).body == body


@pytest.mark.parametrize(
    ("code", "tampers"),
    [
        pytest.param("String.prototype.x = 1", True, id="a prototype"),
        pytest.param("String['prototype'].x = 1", True, id="a prototype by subscript"),
        pytest.param("delete Array.prototype.map", True, id="delete"),
        pytest.param("Math.n++", True, id="an update"),
        pytest.param("globalThis.x = 1", True, id="globalThis"),
        pytest.param("var g = globalThis", True, id="globalThis under another name"),
        pytest.param("var p = Array.prototype", True, id="a prototype under another name"),
        pytest.param("Object.assign(String.prototype, {})", True, id="a prototype handed on"),
        pytest.param("Object.defineProperty(JSON, 'x', {})", True, id="a definition"),
        pytest.param("console.log = f", True, id="console"),
        pytest.param("x.constructor.prototype.y = 1", True, id="a prototype by constructor"),
        pytest.param("x.__proto__.y = 1", True, id="__proto__"),
        pytest.param("Object.getPrototypeOf(x).y = 1", True, id="getPrototypeOf"),
        pytest.param("String = 1", True, id="a built-in itself"),
        pytest.param("Array.prototype.slice.call(arguments)", False, id="a method of a prototype"),
        pytest.param("Object.prototype.hasOwnProperty.call(a, b)", False, id="hasOwnProperty"),
        pytest.param("a.map(String).filter(Boolean)", False, id="built-ins as functions"),
        pytest.param("Object.assign({}, Math)", False, id="a built-in as a source"),
        pytest.param("function Foo() {} Foo.prototype.bar = 1", False, id="a constructor of the user's own"),
        pytest.param("var Map = {}, String = {}; String.x = 1", False, id="a name that the user declares"),
        pytest.param("function f(console) { console.log = 1 }", False, id="a parameter of that name"),
        pytest.param("x = Math.max(1, 2); y.z = Date.now()", False, id="reading"),
        pytest.param("delete request.headers['x']; request.uri = '/'", False, id="the request"),
    ],
)
def test_writing_to_built_ins_is_seen(code, tampers):
    assert read(code).tampers is tampers


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("function handler() {}", None, id="a handler"),
        pytest.param("let a = 1, handler = () => a", None, id="a handler among others"),
        pytest.param("function f() { function handler() {} }", 'ReferenceError: "handler" is not defined', id="not at the top"),
        pytest.param("function connectionHandler(connection) {}", 'ReferenceError: "handler" is not defined', id="a connection function"),
        pytest.param("exports.handler = 1", 'ReferenceError: "handler" is not defined', id="Lambda's way"),
        pytest.param("function handler() {\n __host.look = 1 }", 'ReferenceError: "__host" is not defined in 2', id="the parameter's name"),
        pytest.param("function handler() { return 0x1fn }", 'SyntaxError: Unexpected token "n" in 1', id="a hexadecimal BigInt"),
        pytest.param("import * as a from 'm'\nfunction handler() {}", "SyntaxError: Non-default import is not supported in 1", id="a namespace"),
        pytest.param("import 'm'\nfunction handler() {}", "SyntaxError: Non-default import is not supported in 1", id="no name"),
        pytest.param("import a, { b } from 'm'\nfunction handler() {}", "SyntaxError: Non-default import is not supported in 1", id="both"),
        pytest.param("import a from 'm'\nfunction handler() {}", 'SyntaxError: Cannot find module "m" in 1', id="a module"),
    ],
)  # fmt: skip
def test_complaints(code, message):
    complaint = read(code).complaint
    assert (complaint and complaint.message) == message


def test_code_that_is_no_text_is_read_all_the_same():
    assert read("function handler() { return '\ud800' }").complaint is None
