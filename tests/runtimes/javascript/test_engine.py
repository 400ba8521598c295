"""CloudFront Functions as the pipeline sees them: load, check, run."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.errors import FunctionError
from edgeproxy.model import Function
from edgeproxy.runtimes.javascript.engine import JavaScriptFunction, check, load

NOW = 1_700_000_000.5


def function(code: str, **more) -> Function:
    return Function("rewrite", "cloudfront-js-2.0", code, **more)


def loaded(body: str) -> JavaScriptFunction:
    return load(function(f"function handler(event) {{ {body} }}"), time_limit=0.05)


def output(body: str, event: str = '{"request":{}}') -> str:
    return loaded(body).run(event, NOW).output


def failure(run: JavaScriptFunction) -> FunctionError:
    with pytest.raises(FunctionError) as caught:
        run.run("{}", NOW)
    return caught.value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("return event.request;", "{}", id="an object is its JSON"),
        pytest.param("", "", id="undefined is empty text"),
        pytest.param("return function () {};", "", id="a function has no JSON"),
        pytest.param("return Symbol('x');", "", id="a symbol has no JSON"),
        pytest.param("return null;", "null", id="null is null"),
        pytest.param("return 'text';", '"text"', id="a string is a string"),
        pytest.param("return [1];", "[1]", id="an array is an array"),
        pytest.param("return Promise.resolve({ uri: '/' });", '{"uri":"/"}', id="a promise is awaited"),
        pytest.param("return new Promise(function (yes) { yes(); });", "", id="a promise of undefined is empty text"),
        pytest.param("return '\\u0000';", '"\\u0000"', id="NUL passes the border"),
        pytest.param("return '\\ud800 \\\\ud800 \\u00e9 \\ud83d\\ude00';", '"\\ufffd \\\\ud800 é 😀"', id="half a surrogate pair becomes U+FFFD"),
        pytest.param("return { toJSON: function () { return 1; } };", "1", id="toJSON is called"),
        pytest.param("return { a: undefined, b: function () {} };", "{}", id="what has no JSON is left out"),
    ],
)  # fmt: skip
def test_what_is_returned(body, expected):
    assert output(body) == expected


def test_a_top_level_async_handler_is_awaited():
    code = "async function handler(event) { const r = await event.request; r.uri = await '/a'; return r; }"
    assert load(function(code)).run('{"request":{}}', NOW).output == '{"uri":"/a"}'


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("function handler(event) { return 1; }", id="a function declaration"),
        pytest.param("var handler = function (event) { return 1; };", id="a var"),
        pytest.param("const handler = (event) => 1;", id="a const with an arrow function"),
        pytest.param("'use strict';\nfunction handler() { return 1; } // end", id="a comment at the very end"),
    ],
)
def test_handler_may_be_declared_in_any_way(code):
    assert check(function(code)) is None
    assert load(function(code)).run("{}", NOW).output == "1"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param("throw new TypeError('no');", "TypeError: no (line 1)", id="CFF-34 a thrown error"),
        pytest.param(
            "\n\n  return event.a.b;", 'TypeError: cannot get property "b" of undefined (line 3)', id="the user's line"
        ),
        pytest.param("return URL;", 'ReferenceError: "URL" is not defined (line 1)', id="CloudFront's words"),
        pytest.param("throw 'text';", "text", id="a thrown string"),
        pytest.param("throw null;", "MemoryError: the function needs more than 2 MB, or threw null", id="a thrown null"),
        pytest.param("throw Symbol('x');", "Symbol(x)", id="a thrown symbol"),
        pytest.param("throw { toString() { throw 1; } };", "Error", id="a thrown object that throws"),
        pytest.param("var e = new Error('a'); e.name = 'NotFound'; throw e;", "NotFound: a (line 1)", id="a named error"),
        pytest.param("return Promise.reject(new RangeError('r'));", "RangeError: r (line 1)", id="a rejected promise"),
        pytest.param("console.error('x');", "TypeError: not a function (line 1)", id="console has only log"),
        pytest.param("require('fs');", 'Error: Cannot find module "fs" (line 1)', id="require of a module that is not there"),
        pytest.param("var o = {}; o.o = o; return o;", "TypeError: circular reference", id="what has no JSON"),
        pytest.param("return { get a() { throw new Error('got'); } };", "Error: got (line 1)", id="a getter that throws"),
    ],
)
def test_failures_are_execution_errors_with_the_users_line(body, cause):
    error = failure(loaded(body))
    assert (error.status, error.x_cache, error.cause) == (503, "FunctionExecutionError", cause)


def test_a_line_is_the_line_of_the_file():
    run = load(function("function handler() {\n  throw new Error('x');\n}", path=Path("template.yaml"), line=10))
    assert failure(run).cause == "Error: x (template.yaml:11)"


def test_a_promise_that_never_settles_fails():
    assert failure(loaded("return new Promise(function () {});")).cause.endswith("was never settled")


BROKEN = [
    pytest.param("function handler() {\n  return (;\n}", 'SyntaxError: Unexpected token ";" in 2', 2, id="a syntax error"),
    pytest.param("function handler() {", "SyntaxError: Unexpected end of input in 1", 1, id="an open brace"),
    pytest.param(
        "}); while (true); (function () {", 'SyntaxError: Unexpected token "}" in 1', 1, id="a way out of the factory"
    ),
    pytest.param("return 1", "SyntaxError: return not in a function in 1", 1, id="a top-level return"),
    pytest.param("function main() {}", 'ReferenceError: "handler" is not defined', 0, id="no handler"),
    pytest.param(
        "\nimport fs from 'fs';\nfunction handler() {}",
        'SyntaxError: Cannot find module "fs" in 2',
        2,
        id="an import of a module that is not there",
    ),
    pytest.param(
        "import { a } from 'crypto';\nfunction handler() {}",
        "SyntaxError: Non-default import is not supported in 1",
        1,
        id="an import of a name",
    ),
    pytest.param("function handler() { return 10n; }", 'SyntaxError: Unexpected token "n" in 1', 1, id="a BigInt"),
    pytest.param("function handler() {}\0", 'SyntaxError: Unexpected token "\\0" in 1', 1, id="a NUL"),
    pytest.param("", 'ReferenceError: "handler" is not defined', 0, id="no code"),
]


@pytest.mark.parametrize(("code", "message", "line"), BROKEN)
def test_check_tells_what_is_wrong_and_where(code, message, line):
    problem = check(function(code, path=Path("index.js"), line=5))
    assert problem is not None
    assert (problem.message, problem.path, problem.line) == (message, Path("index.js"), line and line + 4)


@pytest.mark.parametrize(("code", "message", "line"), BROKEN)
def test_a_broken_function_loads_and_fails_at_every_run(code, message, line):
    run = load(function(code))
    assert run.broken == check(function(code))
    assert [failure(run).cause for _ in range(2)] == [message, message]
    assert failure(run).x_cache == "FunctionExecutionError"


def test_the_hint_names_the_modules_that_are_there():
    assert check(function("import x from 'crypto'\nfunction handler() {}")) is None
    assert "crypto, querystring, buffer, cloudfront" in check(function("import x from 'fs'\nfunction handler() {}")).hint


def test_neither_load_nor_check_runs_the_code():
    code = "while (true) {} function handler() {}"
    assert check(function(code)) is None
    assert load(function(code)).broken is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("while (true) {}", id="a loop"),
        pytest.param("for (;;);", id="a loop without a body"),
        pytest.param("do ; while (true)", id="do"),
        pytest.param("while (true) { try { while (true); } finally { continue; } }", id="a loop whose finally goes on"),
        pytest.param("function next() { return Promise.resolve().then(next); } return next();", id="a chain of promises"),
        pytest.param("return (async () => { await 1; for (;;); })();", id="a loop after await"),
        pytest.param(
            "return (async () => { try { await 1; for (;;); } catch (e) { return 1; } })();", id="a loop caught after await"
        ),
        pytest.param("Promise.resolve().then(function () { for (;;); }); return 1;", id="a loop that nobody awaits"),
        pytest.param("return { get a() { for (;;); } };", id="a getter"),
        pytest.param("return { toJSON: function () { for (;;); } };", id="toJSON"),
        pytest.param("throw { toString: function () { for (;;); } };", id="toString of what is thrown"),
    ],
)
def test_what_never_ends_is_throttled_and_the_next_run_works(body):
    run = load(function(f"function handler(event) {{ if (event.stop) return 1; {body} }}"), time_limit=0.01)
    started = time.process_time()
    assert failure(run).x_cache == "FunctionThrottledError"
    assert time.process_time() - started < 0.5
    assert run.run('{"stop":true}', NOW).output == "1"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("var a = []; for (;;) a.push(new Uint8Array(10000));", id="typed arrays"),
        pytest.param("var a = 'x'; for (;;) a += a;", id="text"),
        pytest.param("var a = []; for (;;) a = [a, a.concat(a)];", id="arrays"),
        pytest.param("return 'x'.repeat(3000000);", id="a returned text"),
        pytest.param("return new Array(4000000000);", id="an array of holes"),
    ],
)
def test_more_than_2_mb_is_an_execution_error_and_the_next_run_works(body):
    run = load(function(f"function handler(event) {{ if (event.stop) return 1; {body} }}"), time_limit=1)
    error = failure(run)
    assert error.x_cache == "FunctionExecutionError"
    assert error.cause.startswith("MemoryError: the function needs more than 2 MB")
    assert run.run('{"stop":true}', NOW).output == "1"


def test_what_earlier_runs_left_behind_does_not_count_against_the_memory_of_a_run():
    body = (
        "var a = []; for (var i = 0; i < 12; i++) { var o = { t: 'x'.repeat(120000) + i }; o.o = o; o.t.charAt(0); a.push(o); }"
    )
    run = load(function(f"function handler(event) {{ {body} return a.length; }}"), time_limit=1)
    assert [run.run("{}", NOW).output for _ in range(5)] == ["12"] * 5


def test_endless_recursion_is_an_execution_error():
    assert "call stack" in failure(loaded("function f() { return f() + 1; } return f();")).cause


def test_a_returned_text_of_more_than_a_megabyte_is_refused():
    assert len(output("return 'x'.repeat(500000);")) == 500002
    assert (
        "characters of JSON"
        in failure(load(function("const handler = () => 'x'.repeat(1048576);"), memory_limit=64 << 20)).cause
    )


def test_logs():
    run = loaded("console.log('a', 1, {}, null); console.log('\\u0000\\ud800'); return 1;")
    assert run.run("{}", NOW)[:2] == ("1", ("a 1 [object Object] null", "\0\ufffd"))
    assert len(run.run("{}", NOW).logs) == 2, "the lines of the run before are gone"


def test_a_log_ends_at_10_kb():
    logs = loaded("for (var i = 0; i < 50; i++) console.log('x'.repeat(1000));").run("{}", NOW).logs
    assert 10_000 <= sum(map(len, logs)) <= 10_240


def test_cff_42_time_stands_still_at_now():
    body = "var a = Date.now(); for (var i = 0; i < 1e4; i++); return [a, Date.now(), new Date().getTime(), Date()];"
    assert json.loads(output(body)) == [1_700_000_000_500] * 3 + ["Tue Nov 14 2023 22:13:20 GMT+0000 (UTC)"], "CFF-42"


def test_milliseconds_are_those_of_the_call():
    assert 0 < output_milliseconds("return 1;") < output_milliseconds("for (var i = 0; i < 20000; i++); return 1;")


def output_milliseconds(body: str) -> float:
    run = loaded(body)
    return min(run.run("{}", NOW).milliseconds for _ in range(5))


TRACES = [
    pytest.param("var n = 0; function handler() { return ++n; }", id="a top-level var"),
    pytest.param("let seen = []; function handler() { seen.push(1); return seen.length; }", id="a top-level array"),
    pytest.param("function handler() { globalThis.n = (globalThis.n || 0) + 1; return globalThis.n; }", id="globalThis"),
    pytest.param("function handler() { Array.prototype.n = ([].n || 0) + 1; return [].n; }", id="a prototype"),
    pytest.param("function handler() { var p = String.prototype; p.n = (''.n || 0) + 1; return ''.n; }", id="a prototype by another name"),
    pytest.param("function handler() { Math.n = (Math.n || 0) + 1; return Math.n; }", id="Math"),
    pytest.param("function handler() { Object.assign(JSON, { n: (JSON.n || 0) + 1 }); return JSON.n; }", id="JSON by Object.assign"),
    pytest.param("function handler() { var r = console.log === 1 ? 2 : 1; console.log = 1; return r; }", id="console"),
    pytest.param("function handler() { var r = Date.now() === 5 ? 2 : 1; Date.now = () => 5; return r; }", id="Date"),
    pytest.param("function handler() { var r = JSON.parse('1'); JSON.parse = () => 2; return r; }", id="JSON.parse"),
    pytest.param("function handler() { ''.constructor.prototype.n = (''.n || 0) + 1; return ''.n; }", id="a prototype by constructor"),
    pytest.param("function handler() { ({}).__proto__.n = (({}).n || 0) + 1; return ({}).n; }", id="a prototype by __proto__"),
    pytest.param(
        "function handler() { Object.defineProperty(globalThis, 'n', { value: (globalThis.n || 0) + 1 }); return globalThis.n; }",
        id="defineProperty",
    ),
    pytest.param("var h = arguments[0]; function handler() { var r = h.look.n || 1; try { h.look.n = 2; } catch (e) {} return r; }", id="the parameter"),
    pytest.param("function handler() { var r = require.n || 1; try { require.n = 2; } catch (e) {} return r; }", id="require"),
    pytest.param("function handler() { var r = 'x'.search(/./g); var f = /a/g; f.test('a'); return f.lastIndex + r; }", id="a regex"),
    pytest.param("function t(s) { return s; } function handler() { var s = t`a`; try { s.n = 2; } catch (e) {} return s.n || 1; }", id="a template"),
]  # fmt: skip


@pytest.mark.parametrize("code", TRACES)
def test_nothing_survives_a_run(code):
    run = load(function(code), time_limit=0.05)
    assert [run.run("{}", NOW).output for _ in range(3)] == ["1", "1", "1"]


def test_a_built_in_written_to_by_a_hidden_way_fails_closed():
    run = loaded("var A = Array; A.prototype.n = 1; return 1;")
    assert failure(run).cause.startswith("TypeError: ")
    assert failure(run).x_cache == "FunctionExecutionError"


def test_jobs_of_one_run_do_not_run_in_the_next():
    run = loaded("Promise.resolve().then(function () { event.late = 1; console.log('late'); }); return 1;")
    assert [run.run("{}", NOW)[:2] for _ in range(3)] == [("1", ())] * 3


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)
RETURN_REQUEST = load(function("function handler(event) { return event.request; }"), time_limit=1)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_a_request_passes_unchanged(value, ascii_only):
    event = json.dumps({"request": value}, ensure_ascii=ascii_only)
    # Every number is a double there, and a large one is written without its point.
    assert json.loads(RETURN_REQUEST.run(event, NOW).output, parse_int=float) == value


def test_lone_surrogates_in_an_event_do_not_break_the_border():
    assert json.loads(RETURN_REQUEST.run('{"request":"\ud800é"}', NOW).output) == "\ufffdé"


def test_what_was_logged_before_a_throw_is_kept():
    loaded = load(Function("f", "cloudfront-js-2.0", "function handler(e) { console.log('here'); throw new Error('x'); }"))
    with pytest.raises(FunctionError) as failed:
        loaded.run("{}", 0.0)
    assert failed.value.logs == ("here",)


def test_code_that_stands_on_one_line_of_its_file_is_pointed_at_there():
    function = Function(
        "f", "cloudfront-js-2.0", "function handler(e) {\n  throw new Error('x');\n}", Path("t.json"), 14, on_one_line=True
    )
    with pytest.raises(FunctionError, match=r"Error: x \(line 2 of the code in t.json:14\)"):
        load(function).run("{}", 0.0)
    broken = check(Function("f", "cloudfront-js-2.0", "function handler(e) {\n  e.;\n}", Path("t.json"), 14, on_one_line=True))
    assert broken is not None
    assert (broken.line, broken.column) == (14, 0)


@pytest.mark.parametrize("size", [1_000, 8_191, 8_192, 20_000, 200_000])
def test_a_long_answer_comes_back_whole(size):
    long = Function(
        "f", "cloudfront-js-2.0", "function handler(e) { console.log('x'); return { v: e.v + 'y', w: 'w' + e.v }; }"
    )
    silent = Function("f", "cloudfront-js-2.0", "function handler(e) { return { v: e.v + 'y', w: 'w' + e.v }; }")
    text = "x" * size
    for function in (long, silent):
        assert json.loads(load(function).run(json.dumps({"v": text}), NOW).output) == {"v": text + "y", "w": "w" + text}
