"""What CloudFront's runtimes refuse, row by row of the syntax matrix, in their words; and what they do not refuse."""

import time
from pathlib import Path

import pytest
import yaml

from edgeproxy.errors import FunctionError
from edgeproxy.model import Function
from edgeproxy.runtimes.javascript import engine, syntax
from edgeproxy.runtimes.javascript.dialect import TABLE

FIRST, SECOND = "cloudfront-js-1.0", "cloudfront-js-2.0"
RUNTIMES = (FIRST, SECOND)
ROOT = Path(__file__).parent.parent.parent.parent

NO_LET = 'SyntaxError: Token "let" not supported in this version in 1'
NO_CONST = 'SyntaxError: Token "const" not supported in this version in 1'
NO_ASYNC = 'SyntaxError: Token "async" not supported in this version in 1'
NO_IMPORT = 'SyntaxError: Token "import" not supported in this version in 1'
IN_ARGUMENTS = "SyntaxError: await in arguments not supported in 1"
NOT_ASYNC = "SyntaxError: await is only valid in async functions in 1"
LEFT_HAND = "ReferenceError: Invalid left-hand side in assignment in 1"


def refused(token: str) -> str:
    return f'SyntaxError: Token "{token}" not supported in this version in 1'


def unexpected(token: str) -> str:
    return f'SyntaxError: Unexpected token "{token}" in 1'


def message(code: str, runtime: str) -> str | None:
    """What `check` says of the code, with a handler on the lines below."""
    problem = engine.check(Function("f", runtime, f"{code}\nfunction handler(event) {{ return event.request; }}"))
    return problem and problem.message


BOTH_REFUSE = [
    # Functions
    pytest.param("var f = ([k, v]) => k;", unexpected("=>"), id="CFF-36 an arrow function with a destructured array"),
    pytest.param("var f = ({ k }) => k;", unexpected("=>"), id="CFF-36 an arrow function with a destructured object"),
    pytest.param("function f([a]) {}", refused("["), id="CFF-36 a destructured array as a parameter"),
    pytest.param("function f(b, { a }) {}", refused("{"), id="CFF-36 a destructured object as a parameter"),
    pytest.param("var o = { m([a]) {} };", refused("["), id="CFF-36 a destructured parameter of a method"),
    pytest.param("function f(...[a]) {}", unexpected("["), id="CFF-36 destructured rest parameters"),
    pytest.param("function f(a = 1) {}", unexpected("="), id="CFF-36 a default parameter value"),
    pytest.param("var f = (a, b = 1) => a;", unexpected("="), id="CFF-36 a default parameter value of an arrow function"),
    pytest.param("function* g() { yield 1; }", unexpected("*"), id="CFF-36 a generator"),
    pytest.param("var g = function* () { yield 1; };", unexpected("*"), id="CFF-36 a generator expression"),
    pytest.param("var o = { *g() {} };", unexpected("*"), id="CFF-36 a generator method"),
    pytest.param("class A {}", refused("class"), id="CFF-36 a class"),
    pytest.param("var A = class { static m() { return 1; } };", refused("class"), id="CFF-36 a class expression"),
    pytest.param("class A extends Error { constructor() { super(); } }", refused("class"), id="CFF-36 a subclass"),
    # Destructuring and spread
    pytest.param("var [a] = [1];", refused("a"), id="CFF-36 a destructuring declaration of an array"),
    pytest.param("var { /* x */ a, b: c } = {};", refused("a"), id="CFF-36 a destructuring declaration of an object"),
    pytest.param("var { b: [c] } = {};", refused("b"), id="CFF-36 a destructuring declaration in a destructuring declaration"),
    pytest.param("var x = 1, [, a] = [1];", refused(","), id="CFF-36 a destructuring declaration that leaves out the first"),
    pytest.param("var { 'k': a } = {};", refused("'k'"), id="CFF-36 a destructuring declaration by a quoted key"),
    pytest.param("for (var [a] in {}) ;", refused("a"), id="CFF-36 a destructuring declaration in a loop"),
    pytest.param("var a, b; [a, b] = [b, a];", LEFT_HAND, id="CFF-36 a destructuring assignment of an array"),
    pytest.param("var a; ({ a } = {});", LEFT_HAND, id="CFF-36 a destructuring assignment of an object"),
    pytest.param("var a; for ([a] in {}) ;", LEFT_HAND, id="CFF-36 a destructuring assignment in a loop"),
    pytest.param("try { f(); } catch ({ message }) {}", refused("{"), id="CFF-36 a destructured error"),
    pytest.param("try { f(); } catch ([message]) {}", unexpected("["), id="CFF-36 a destructured error as an array"),
    pytest.param("Math.max(...[1]);", unexpected("..."), id="CFF-36 spread in a call"),
    pytest.param("var a = [1, ...[2]];", unexpected("..."), id="CFF-36 spread in an array"),
    pytest.param("new Date(...[1]);", unexpected("..."), id="CFF-36 spread in a construction"),
    pytest.param("var o = { a: 1, ...{} };", refused("..."), id="CFF-36 spread in an object"),
    # Operators
    pytest.param("var o = {}; o?.a;", unexpected("."), id="CFF-36 ?. before a name"),
    pytest.param("var o = {}; o?.['a'];", unexpected("."), id="CFF-36 ?. before a subscript"),
    pytest.param("var o = {}; o.f?.();", unexpected("."), id="CFF-36 ?. before a call"),
    pytest.param("var a; a ??= 1;", unexpected("="), id="??="),
    pytest.param("var a; a ||= 1;", unexpected("="), id="||="),
    pytest.param("var a; a &&= 1;", unexpected("="), id="&&="),
    pytest.param("var a; delete a;", "SyntaxError: Delete of an unqualified identifier in 1", id="delete of a variable"),
    # Statements
    pytest.param("for (var a of [1]) ;", refused("of"), id="CFF-36 for…of"),
    pytest.param("var a; for (a of [1]) ;", refused("of"), id="CFF-36 for…of without a declaration"),
    pytest.param("try { f(); } catch { f(); }", refused("{"), id="catch without a binding"),
    pytest.param("try { f(); } catch { f(); } finally {}", refused("{"), id="catch without a binding before finally"),
    pytest.param("with (Math) { max(1); }", refused("("), id="with"),
    # Literals
    pytest.param("var a = 10n;", unexpected("n"), id="a BigInt"),
    pytest.param("var a = 0x1fn;", unexpected("n"), id="a hexadecimal BigInt"),
    pytest.param("var a = 010;", unexpected("01"), id="an octal literal"),
    pytest.param("var a = 089;", unexpected("08"), id="a decimal literal that begins as an octal one"),
    pytest.param("var a = /a/s;", 'SyntaxError: Invalid RegExp flags "s" in 1', id="the flag s"),
    pytest.param("var a = /a/u;", 'SyntaxError: Invalid RegExp flags "u" in 1', id="the flag u"),
    pytest.param("var a = /a/gd;", 'SyntaxError: Invalid RegExp flags "gd" in 1', id="the flag d among others"),
    pytest.param("var a = /a/gg;", 'SyntaxError: Invalid RegExp flags "gg" in 1', id="a flag there twice"),
    # Modules, await
    pytest.param("await f();", NOT_ASYNC, id="await at the top level"),
    pytest.param("export function f() {}", "SyntaxError: Illegal export statement in 1", id="export"),
    pytest.param("export default 1;", "SyntaxError: Illegal export statement in 1", id="a default export"),
    pytest.param("var a = import('crypto');", refused("import"), id="import()"),
    pytest.param("var a = import.meta;", refused("import"), id="import.meta"),
    # Beside the matrix, and accepted by the engine here
    pytest.param("function F() { return new.target; }", unexpected("."), id="new.target"),
    pytest.param("var o = { m() { return super.m(); } };", refused("super"), id="super in a method"),
    pytest.param("function f() { using a = null; }", unexpected("a"), id="using"),
    pytest.param("var \\u0061bc = 1;", unexpected("\\"), id="an escape in a name"),
    pytest.param("var o = {}; o.\\u0061bc = 1;", unexpected("\\"), id="an escape in the name of a property"),
]  # fmt: skip

ONLY_THE_FIRST_REFUSES = [
    pytest.param("let a = 1;", NO_LET, id="CFF-37 let"),
    pytest.param("const a = 1;", NO_CONST, id="const"),
    pytest.param("for (let i = 0; i < 1; i++) ;", NO_LET, id="CFF-37 let in for"),
    pytest.param("for (const k in {}) ;", NO_CONST, id="const in for…in"),
    pytest.param("if (true) { let a = 1; }", NO_LET, id="CFF-37 let in a block"),
    pytest.param("async function f() {}", NO_ASYNC, id="an async function"),
    pytest.param("var f = async function () {};", NO_ASYNC, id="an async function expression"),
    pytest.param("var f = async () => 1;", NO_ASYNC, id="an async arrow function"),
    pytest.param("var o = { async m() {} };", NO_ASYNC, id="an async method"),
    pytest.param("(async function () { await 1; })();", NO_ASYNC, id="an async function called at once"),
    pytest.param("async function f() { var a = await g(); return await a; }", NO_ASYNC, id="await in an assignment and in return"),
    pytest.param("async function f() { if (await g()) return [await g(), { a: await g() }]; }", NO_ASYNC, id="await in a condition and in literals"),
    pytest.param("async function f() { return (await g()).a ? await g() : await g(); }", NO_ASYNC, id="await in parentheses and in a conditional"),
    pytest.param("async function f() { return `${1}` + await g(1); }", NO_ASYNC, id="await beside a template literal, of a call"),
    pytest.param("async function f() { g(async function () { await 1; }); }", NO_ASYNC, id="await in a function that is an argument"),
    pytest.param("async function f() { g(async () => await 1); }", NO_ASYNC, id="await in an arrow function that is an argument"),
    pytest.param("async function f() { return `${(async () => await 1)}`; }", NO_ASYNC, id="await in a function in a template literal"),
    pytest.param("async function f() { return (await g())(1)[await g()]; }", NO_ASYNC, id="await of what is called, and in a subscript"),
    pytest.param("var a = 1_000;", unexpected("_000"), id="a numeric separator"),
    pytest.param("var a = 0xff_ff + 1;", unexpected("_ff"), id="a numeric separator in a hexadecimal literal"),
    pytest.param("var a = /a/y;", 'SyntaxError: Invalid RegExp flags "y" in 1', id="the flag y"),
    pytest.param("var a = /a/gimy;", 'SyntaxError: Invalid RegExp flags "gimy" in 1', id="all flags of 2.0"),
]  # fmt: skip

MISPLACED_AWAITS = [
    pytest.param("async function f(h) { return JSON.parse(await h.get('k')); }", IN_ARGUMENTS, id="CFF-35 JSON.parse(await …)"),
    pytest.param("async function f() { g(1, { a: [await g()] }); }", IN_ARGUMENTS, id="CFF-35 deep in an argument"),
    pytest.param("async function f() { return (await g(await h())).a; }", IN_ARGUMENTS, id="CFF-35 in the argument of what is awaited"),
    pytest.param("async function f() { return new Date(await g()); }", IN_ARGUMENTS, id="CFF-35 in a construction"),
    pytest.param("async function f() { return g((await h()).a); }", IN_ARGUMENTS, id="CFF-35 in parentheses in an argument"),
    pytest.param("async function f() { return `a${await g()}`; }", IN_ARGUMENTS, id="CFF-35 in a template literal"),
    pytest.param("async function f() { g(function () { return 1; }, await 1); }", IN_ARGUMENTS, id="CFF-35 behind a function in the arguments"),
    pytest.param("async function f() { g(async () => g(await 1)); }", IN_ARGUMENTS, id="CFF-35 in a function that is an argument"),
    pytest.param("async function f() { function g() { await 1; } }", NOT_ASYNC, id="in a function within an async one"),
    pytest.param("async function f() { g(() => await 1); }", NOT_ASYNC, id="in an arrow function that is not async"),
    pytest.param("async function f() {} await f();", NOT_ASYNC, id="at the top level, behind an async function"),
    pytest.param("async function f() { for await (var a of []) ; }", refused("await"), id="for await"),
    pytest.param("async function* g() {}", unexpected("*"), id="an async generator"),
]  # fmt: skip

IMPORTS = [
    pytest.param("import m from 'm';", NO_IMPORT, 'SyntaxError: Cannot find module "m" in 1', id="a default import"),
    pytest.param("import * as m from 'm';", NO_IMPORT, "SyntaxError: Non-default import is not supported in 1", id="a namespace"),
    pytest.param("import { m } from 'm';", NO_IMPORT, "SyntaxError: Non-default import is not supported in 1", id="names"),
    pytest.param("import m, { n } from 'm';", NO_IMPORT, "SyntaxError: Non-default import is not supported in 1", id="a default and names"),
    pytest.param("import 'm';", NO_IMPORT, "SyntaxError: Non-default import is not supported in 1", id="nothing"),
    pytest.param("import m from 'm' with { type: 'json' };", NO_IMPORT, unexpected("with"), id="attributes"),
]  # fmt: skip

BOTH_ACCEPT = [
    pytest.param("var a = 1, b; if (a) b = 2; else b = 3; switch (b) { case 2: break; default: }", id="statements of ES 5.1"),
    pytest.param("a: for (var i = 0; i < 2; i++) { do { continue a; } while (i); }", id="labels and loops"),
    pytest.param("for (var k in {}) ; var o = {}; for (o.k in {}) ;", id="for…in"),
    pytest.param("var o = { get a() { return 1; }, set a(v) {} };", id="getters and setters"),
    pytest.param("try { f(); } catch (e) { e; } finally { }", id="catch with a binding"),
    pytest.param("try { 1; } finally { 2; }", id="finally without catch"),
    pytest.param("var f = (a, b) => a + b, g = a => ({ a }), h = () => { return 1; };", id="arrow functions"),
    pytest.param("function f(a, ...rest) { return rest; } var g = (...rest) => rest;", id="rest parameters"),
    pytest.param("var a = `x${1}y${`z${2}`}\n`, b = String.raw`c`;", id="template literals, nested, of two lines, tagged"),
    pytest.param("var k = 'k', o = { k, [k]: 1, m() { return 1; }, async: 1, let: 2, of: 3, class: 4 }; o.class;", id="literals of objects"),
    pytest.param("var a = 2 ** 3; a **= 2; a += 1;", id="**"),
    pytest.param("var a = null ?? 1;", id="??"),
    pytest.param("var a = 1 ? .5 : 2, b = a?.5:1;", id="a conditional that looks like ?."),
    pytest.param("var a = /a/gim, b = /(?<year>\\d+)(?<=0)/.exec('0'), c = /[?.]class/;", id="regular expressions with named groups and lookbehind"),
    pytest.param("var a = 0, b = 0.5, c = 0o17, d = 0b11, e = 0xfe, f = 1e3, g = .5, h = 100;", id="numbers"),
    pytest.param("var o = {}; delete o.a; delete o['a'];", id="delete of a property"),
    pytest.param("var c = require('crypto');", id="require"),
    pytest.param("var async = 1, of = 2, from = 3, get = 4; async = of;", id="words that are keywords elsewhere"),
    pytest.param("var s = 'class A?.b {...c} => await x'; // let const async class ?. ...", id="keywords in strings and comments"),
    pytest.param("var f = function () {}, F = new Date(0), a = [1, , 2], b = [[1], { a: [2] }];", id="functions and arrays"),
    pytest.param("var n = 3; while (n --> 0) ; n <! --n;", id="what looks like an HTML comment"),
    pytest.param("function F() {} F.prototype.m = function () { return this; };", id="constructors"),
    pytest.param("var a = (1, 2); a = [a, a]; ({ a: a }).a = 2; [a][0] = 1;", id="assignments to properties of literals"),
]  # fmt: skip


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("code", "expected"), BOTH_REFUSE)
def test_both_runtimes_refuse(code, expected, runtime):
    assert message(code, runtime) == expected


@pytest.mark.parametrize(("code", "expected"), ONLY_THE_FIRST_REFUSES)
def test_runtime_1_0_refuses_and_2_0_accepts(code, expected):
    assert (message(code, FIRST), message(code, SECOND)) == (expected, None)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("code", BOTH_ACCEPT)
def test_both_runtimes_accept(code, runtime):
    assert message(code, runtime) is None


@pytest.mark.parametrize(("code", "expected"), MISPLACED_AWAITS)
def test_runtime_2_0_refuses_await_where_it_cannot_stand(code, expected):
    assert message(code, SECOND) == expected


@pytest.mark.parametrize(("code", "first", "second"), IMPORTS)
def test_imports(code, first, second):
    assert (message(code, FIRST), message(code, SECOND)) == (first, second)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("var a = 1;\nfor (var b of []) ;\nclass A {}", refused("of")[:-1] + "2", id="the first of two"),
        pytest.param("var a = [1, ...[class {}]];", unexpected("..."), id="what stands before what it holds"),
        pytest.param("var f = ([k = (class {})]) => k;", refused("class"), id="what stands before the arrow of destructured parameters"),
        pytest.param("var a = {}\n  ?.b;", unexpected(".")[:-1] + "2", id="the line of the token, not of its statement"),
        pytest.param("try {\n} catch\n{\n}", refused("{")[:-1] + "3", id="the line of the brace"),
        pytest.param("class A {}\nvar a = 1;\nlet let = 1;", refused("class"), id="before what is no JavaScript for the engine"),
        pytest.param("const a;\nclass A {}", unexpected(";"), id="behind what is no JavaScript for the engine"),
        pytest.param("class A {}\nvar b = (;\n", 'SyntaxError: Unexpected token ";" in 2', id="nothing of a broken tree but its numbers"),
        pytest.param("var a = 1n;\nvar b = (;\n", unexpected("n"), id="a number in a broken tree"),
        pytest.param("import { a } from 'm';\nvar b = (;\n", "SyntaxError: Non-default import is not supported in 1", id="an import in a broken tree"),
        pytest.param("/* é😀 */ var a = 'é'; var o = { ...a };", refused("..."), id="behind letters of several bytes"),
    ],
)  # fmt: skip
def test_the_first_complaint_wins(code, expected):
    assert message(code, SECOND) == expected


def test_each_row_of_the_table_has_a_case():
    codes = [case.values[0] for case in (*BOTH_REFUSE, *ONLY_THE_FIRST_REFUSES, *MISPLACED_AWAITS, *IMPORTS)]
    complaints = [syntax.read(code, runtime).complaint for code in codes for runtime in RUNTIMES]
    met = {complaint.hint.partition(" has no ")[2] for complaint in complaints if complaint}
    assert {row.construct for row in TABLE} - met == set()


@pytest.mark.parametrize(
    ("runtime", "code", "hint"),
    [
        pytest.param(FIRST, "let a;", "cloudfront-js-1.0 has no let and const", id="one runtime"),
        pytest.param(SECOND, "var a = [...b];", "CloudFront has no spread in calls and arrays", id="each runtime"),
    ],
)
def test_the_hint_names_the_construct(runtime, code, hint):
    assert syntax.read(code, runtime).complaint.hint == hint


def test_check_names_the_line_of_the_file():
    code = "function handler(event) {\n  return event?.request;\n}"
    problem = engine.check(Function("f", SECOND, code, Path("t.yaml"), 10))
    assert (problem.message, problem.path, problem.line) == ('SyntaxError: Unexpected token "." in 2', Path("t.yaml"), 11)


def test_every_run_fails_as_on_cloudfront():
    code = "async function handler(event) {\n  return JSON.parse(await event.request);\n}"
    loaded = engine.load(Function("f", SECOND, code))
    for _ in range(2):
        with pytest.raises(FunctionError) as caught:
            loaded.run('{"request":{}}', 0)
        assert (caught.value.status, caught.value.x_cache) == (503, "FunctionExecutionError")
        assert caught.value.cause == "SyntaxError: await in arguments not supported in 2"


@pytest.mark.parametrize("name", ["__host", "{ __host }", "[__host]", "\\u005f_host"])
def test_the_hosts_own_name_cannot_be_used(name):
    assert message(f"var a = {name};", SECOND) in ('ReferenceError: "__host" is not defined in 1', unexpected("\\"))


class Template(yaml.SafeLoader):
    pass


Template.add_multi_constructor("!", lambda loader, tag, node: None)


def functions_of_templates():
    for path in ROOT.glob("configs/*/template.yaml"):
        for name, resource in yaml.load(path.read_text("utf-8"), Template)["Resources"].items():
            properties = resource.get("Properties", {})
            if isinstance(properties.get("FunctionCode"), str):
                runtime = properties["FunctionConfig"]["Runtime"]
                yield pytest.param(runtime, properties["FunctionCode"], id=f"{path.parent.name} {name}")


@pytest.mark.parametrize(("runtime", "code"), list(functions_of_templates()))
def test_functions_of_the_templates_are_accepted(runtime, code):
    assert engine.check(Function("f", runtime, code)) is None


@pytest.mark.parametrize("path", sorted(ROOT.glob("functions/*/*.js")), ids=lambda path: path.parent.name)
def test_functions_of_the_examples_are_accepted(path):
    assert engine.check(Function("f", SECOND, path.read_text("utf-8"))) is None


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("async function f() { " + "await " * 1600 + "1 }", id="await of await"),
        pytest.param("f(" * 2500 + ")" * 2500, id="calls in calls"),
        pytest.param("var a = " + "[" * 5000 + "]" * 5000, id="arrays in arrays"),
        pytest.param("a" + "?.b" * 3300, id="a long chain"),
    ],
)
def test_ten_kilobytes_of_anything_are_judged_at_once(code):
    started = time.process_time()
    syntax.read(code, SECOND)
    assert time.process_time() - started < 2
