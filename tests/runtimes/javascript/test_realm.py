"""What the user's code finds in its context, and what the engine's time limit alone would not stop."""

import json
import time

import pytest

from edgeproxy.runtimes.javascript.realm import Call, DoesNotCompile, OutOfMemory, OutOfTime, Realm, compiles, line_of

NOW = 1_700_000_000.5


def run(body: str, *, time_limit: float = 0.05, frozen: bool = True) -> str:
    return Realm(f"function handler(event) {{ {body} }}", frozen, time_limit, 2 << 20).run(Call("{}", NOW))


def value(expression: str, **options: bool) -> object:
    answer = run(f"return {expression};", **options)
    assert answer[0] == "{", answer
    return json.loads(answer)["v"]


def error(body: str) -> str:
    return json.loads(run(body))[2]


def words(text: str) -> list[str]:
    return text.split()


ABSENT = words(
    "Map Set WeakMap WeakSet WeakRef FinalizationRegistry Proxy Reflect Intl URL URLSearchParams fetch setTimeout setInterval"
    " queueMicrotask structuredClone escape unescape BigInt BigInt64Array Atomics SharedArrayBuffer WebAssembly performance"
    " process Iterator DOMException"
)


@pytest.mark.parametrize("frozen", [True, False])
def test_globals_that_cloudfront_lacks_are_not_defined(frozen):
    assert value("[" + ",".join(f"typeof {name}" for name in ABSENT) + "]", frozen=frozen) == ["undefined"] * len(ABSENT)


MISSING = words(
    "String.prototype.normalize String.prototype.localeCompare String.prototype.matchAll String.prototype.at String.raw"
    " Array.from Array.prototype.flat Array.prototype.at Array.prototype.findLast Object.fromEntries Error.prepareStackTrace"
    " Error.captureStackTrace DataView.prototype.getBigInt64 RegExp.prototype.compile"
)


def test_members_that_cloudfront_lacks_are_not_there():
    assert value("[" + ",".join(f"typeof {name}" for name in MISSING) + "]") == ["undefined"] * len(MISSING)


def test_members_that_cloudfront_has_are_there():
    names = words(
        "Object.assign Object.entries String.prototype.padStart String.prototype.replaceAll Array.prototype.includes Array.of"
        " Math.hypot Promise.allSettled Number.isInteger Uint8Array.from DataView.prototype.getUint8 Symbol.for atob btoa"
        " encodeURIComponent JSON.stringify RegExp.prototype.exec Date.prototype.getHours require console.log Function eval"
    )
    assert value("[" + ",".join(f"typeof {name}" for name in names) + "]") == ["function"] * len(names)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("eval('1')", "InternalError: Not implemented", id="eval"),
        pytest.param("new Function('return 1')", "TypeError: function constructor", id="new Function"),
        pytest.param("Function('return 1')()", "TypeError: function constructor", id="Function"),
        pytest.param("handler.constructor('return 1')", "TypeError: function constructor", id="the constructor of a function"),
        pytest.param("(async () => 1).constructor('return 1')", "TypeError: function constructor", id="of an async function"),
        pytest.param("(function* () {}).constructor('')", "TypeError: function constructor", id="of a generator"),
        pytest.param("(async function* () {}).constructor('')", "TypeError: function constructor", id="of an async generator"),
    ],
)
def test_text_never_becomes_code(body, message):
    assert error(body).startswith(message)


def test_functions_are_still_functions():
    assert value("[handler instanceof Function, handler.constructor === Function, (() => 1) instanceof Object]") == [True] * 3


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("[(() => { var o = {}; o.toString = () => 'k'; return o + ''; })()]", ["k"], id="toString of an object"),
        pytest.param("[(() => { var o = {}; o.constructor = 1; o.hasOwnProperty = 2; return o; })()]",
                     [{"constructor": 1, "hasOwnProperty": 2}], id="names of Object.prototype as keys"),
        pytest.param("[(() => { var e = new TypeError('m'); e.name = 'N'; e.message = 'x'; return e + ''; })()]", ["N: x"], id="an error's name"),
        pytest.param("(() => { function E(m) { this.message = m; this.name = 'E'; } E.prototype = Object.create(Error.prototype);"
                     " E.prototype.constructor = E; return [new E('x') + '', new E() instanceof Error]; })()", ["E: x", True], id="an error of one's own"),
        pytest.param("(() => { class N extends Error { constructor(m) { super(m); this.name = 'N'; } } return [new N('x') + '']; })()",
                     ["N: x"], id="a subclass of Error"),
        pytest.param("[Object.assign({}, { valueOf: 1 }), ({ toJSON: 5 }).toJSON]", [{"valueOf": 1}, 5], id="assign"),
        pytest.param("(() => { var a = [1]; a.toString = () => 'A'; return [a + '']; })()", ["A"], id="toString of an array"),
    ],
)  # fmt: skip
def test_ordinary_code_may_shadow_what_is_frozen(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("['b', undefined, 'a', 10, 9].sort()", [10, 9, "a", "b", None], id="sort by text"),
        pytest.param("[3, 1, 2].sort((a, b) => a - b)", [1, 2, 3], id="sort by a function"),
        pytest.param("['aXbX'.replaceAll('X', '$&$$'), 'abc'.replace('b', '[$`]'), 'abc'.replace('b', () => '$&')]",
                     ["aX$bX$", "a[a]c", "a$&c"], id="replacement patterns"),
        pytest.param("['a1b2'.replace(/\\d/g, '<$&>'), 'a-b'.replace(/(\\w)-(\\w)/, '$2-$1')]", ["a<1>b<2>", "b-a"], id="replacement by regex"),
        pytest.param("['a,b'.split(/,/).length, 'abc'.split().length, 'abc'.split('').length, 'a-b-c'.split('-', 2).length]",
                     [2, 1, 3, 2], id="split"),
        pytest.param("['abcabc'.indexOf('c', 3), 'abcabc'.lastIndexOf('a', 2), 'abc'.includes('b', 2), 'undefined'.indexOf()]",
                     [5, 0, False, 0], id="search from a place"),
        pytest.param("['a'.replace(undefined, 'b'), 'null'.includes(null), 'anullb'.split(null).join()]", ["a", True, "a,b"], id="what is no text"),
        pytest.param("[1, [2]].concat(3, [4, [5]], 'six')", [1, [2], 3, 4, [5], "six"], id="concat"),
        pytest.param("(function () { return Array.prototype.slice.call(arguments, 1); })(1, 2, 3)", [2, 3], id="arguments"),
        pytest.param("[Array.prototype.map.call('ab', (c) => c + c).join(), Array.prototype.slice.call(new Uint8Array(2))]",
                     ["aa,bb", [0, 0]], id="array natives on others"),
        pytest.param("[RegExp('a').source, new RegExp(/x/gi).flags, new RegExp(/x/g, 'm').flags, /a/ instanceof RegExp,"
                     " /a/.constructor === RegExp, new RegExp().source]", ["a", "gi", "m", True, True, "(?:)"], id="RegExp"),
        pytest.param("['aXa'.match('X').index, 'aXa'.search(/X/), 'aXa'.match(/a/g), 'x'.match().length]", [1, 1, ["a", "a"], 1], id="match"),
        pytest.param("JSON.stringify({ a: [1, { b: 2 }], t: new Date(0) })", '{"a":[1,{"b":2}],"t":"1970-01-01T00:00:00.000Z"}', id="stringify"),
    ],
)  # fmt: skip
def test_guarded_natives_are_true_to_their_originals(expression, expected):
    assert value(expression) == expected


async def test_promises_are_true_to_their_originals():
    body = """return Promise.all([1, Promise.resolve(2), new Promise((yes) => yes(3))]).then((all) =>
        Promise.allSettled([Promise.reject(4), Promise.race([5, 6]), Promise.any([Promise.reject(7), 8])])
            .then((rest) => all.concat(rest.map((one) => one.reason || one.value),
                Promise.resolve(1) instanceof Promise, Promise.resolve(1).constructor === Promise)));"""
    assert run(body) == '{"v":[1,2,3,4,5,8,true,true]}'


HANGS = [
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.indexOf(n)", id="indexOf"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.lastIndexOf(n)", id="lastIndexOf"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.includes(n)", id="includes"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.split(n)", id="split"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.replace(n, '')", id="replace"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.replaceAll(n, '')", id="replaceAll"),
    pytest.param("let h = 'ab'.repeat(30000), n = 'ab'.repeat(15000) + 'c'; h.indexOf({ toString: () => n })", id="a needle that is made"),
    pytest.param("'ab'.repeat(500000).replaceAll('a', 'x'.repeat(1000))", id="a long replacement"),
    pytest.param("'ab'.repeat(200000).replaceAll('a', '$`')", id="what stood before, for each match"),
    pytest.param("('ab'.repeat(2500) + 'x'.repeat(400000)).replace(/a/g, \"$'\")", id="what stood after, for each match"),
    pytest.param("let s = 'y'.repeat(400000), t = 'y'.repeat(400000), a = []; for (let i = 0; i < 3000; i++) a.push(i & 1 ? s : t); a.sort()", id="sort of long texts"),
    pytest.param("let x = {}; for (let i = 0; i < 40; i++) x = { b: x, c: x }; JSON.stringify(x, ['b'.repeat(2)]); return x", id="JSON of a shared graph"),
    pytest.param("for (;;) new Promise(function () { for (;;); })", id="Promise hides the interruption"),
    pytest.param("for (;;) Promise.resolve({ get then() { for (;;); } })", id="a thenable hides it"),
    pytest.param("for (;;) Promise.all({ [Symbol.iterator]: function () { for (;;); } })", id="an iterable hides it"),
    pytest.param("for (;;) new Promise(function (yes) { yes({ get then() { for (;;); } }); })", id="resolve hides it"),
    pytest.param("let P = (async () => 1)().constructor; for (;;) new P(function () { for (;;); })", id="the constructor of an async function's promise"),
    pytest.param("new RegExp('a|'.repeat(100000))", id="a long pattern"),
    pytest.param("'x'.match('a|'.repeat(100000))", id="match of a long pattern"),
    pytest.param("'x'.search({ toString: () => 'a|'.repeat(100000) })", id="search for a long pattern"),
]  # fmt: skip
OUTGROWS = [
    pytest.param("new Array(3e9).join('')", id="join"),
    pytest.param("Array(2 ** 32 - 2).reverse()", id="reverse"),
    pytest.param("[1].concat(Array(2 ** 31))", id="concat"),
    pytest.param("new Array(4e9).sort()", id="sort"),
    pytest.param("new Array(4e9).fill(1)", id="fill"),
    pytest.param("new Array(4e9).indexOf(1)", id="indexOf"),
    pytest.param("new Array(4e9).lastIndexOf(1)", id="lastIndexOf on an array"),
    pytest.param("new Array(4e9).copyWithin(1, 5)", id="copyWithin"),
    pytest.param("new Array(4e9).forEach((x) => x)", id="forEach"),
    pytest.param("new Array(4e9).reduceRight((x) => x, 1)", id="reduceRight"),
    pytest.param("new Array(4e9).slice(1)", id="slice"),
    pytest.param("new Array(4e9).splice(1)", id="splice"),
    pytest.param("new Array(4e9).unshift(1)", id="unshift"),
    pytest.param("new Array(4e9).toString()", id="toString"),
    pytest.param("[[Array(4e9)]] + ''", id="an array in an array"),
    pytest.param("Array.prototype.join.call({ length: 4e9 })", id="an object with a length"),
    pytest.param("JSON.stringify([Array(4e9)])", id="JSON"),
    pytest.param("return { a: Array(4e9) }", id="a returned array"),
    pytest.param("'x'.repeat(1e9)", id="repeat"),
    pytest.param("'x'.padStart(1e9)", id="padStart"),
    pytest.param("[...Array(4e9)]", id="spread"),
    pytest.param("Math.max(...Array(4e9))", id="spread into a call"),
    pytest.param("new Uint8Array(Array(4e9))", id="a typed array"),
]


def ends(body: str) -> str:
    started = time.process_time()
    try:
        answer = run(body, time_limit=0.01)
    except OutOfTime:
        answer = "out of time"
    except OutOfMemory:
        answer = "out of memory"
    assert time.process_time() - started < 0.4
    return answer


@pytest.mark.parametrize("body", HANGS)
def test_natives_that_would_not_end_are_stopped_at_the_time_limit(body):
    assert ends(body) == "out of time"


@pytest.mark.parametrize("body", OUTGROWS)
def test_natives_that_would_not_end_are_out_of_memory(body):
    assert ends(body) == "out of memory"


@pytest.mark.parametrize(
    "length",
    [
        pytest.param("get length() { return this.n ? 4e9 : (this.n = 1); }", id="a getter that lies"),
        pytest.param("length: { valueOf() { return 4e9; } }", id="an object"),
        pytest.param("__proto__: { length: 4e9 }", id="an inherited one"),
    ],
)
def test_a_length_that_is_computed_is_refused(length):
    assert error(f"Array.prototype.join.call({{ {length} }})") == "TypeError: unexpected length"


@pytest.mark.parametrize(
    "tampering",
    [
        pytest.param("Error.prototype.toString = function () { for (;;); };", id="toString of errors"),
        pytest.param("Object.defineProperty(Error.prototype, 'stack', { get() { for (;;); } });", id="stack of errors"),
        pytest.param("Object.prototype[Symbol.toPrimitive] = function () { for (;;); };", id="toPrimitive"),
        pytest.param("Object.prototype.toString = function () { for (;;); };", id="toString of objects"),
    ],
)
def test_no_user_code_is_called_when_the_engine_reports_its_own_error(tampering):
    with pytest.raises(OutOfTime):
        run(tampering + " for (;;);", frozen=False)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_local_time_is_utc_everywhere(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        body = """var d = new Date(2020, 0, 31, 12, 30); d.setMonth(1); return [d.toISOString(), d.getHours(), d.toString(),
            d.toDateString(), d.toTimeString(), d.getTimezoneOffset(), new Date('2020-01-01T05:00:00').getTime(),
            new Date('2020-01-01').getTime(), Date.parse('Wed, 01 Jan 2020 00:00:00 GMT'), Date.parse('Jan 1, 2020 05:00:00'),
            new Date('no') + '', Date.UTC(2020), typeof Date(), new Date(new Date(5)).getTime()];"""
        assert json.loads(run(body))["v"] == [
            "2020-03-02T12:30:00.000Z", 12, "Mon Mar 02 2020 12:30:00 GMT+0000 (UTC)", "Mon Mar 02 2020",
            "12:30:00 GMT+0000 (UTC)", 0, 1577854800000, 1577836800000, 1577836800000, 1577854800000, "Invalid Date",
            1577836800000, "string", 5,
        ]  # fmt: skip
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("program", ["function (", "while (true) }", "a b", "(" * 20000])
def test_what_does_not_parse_does_not_compile(program):
    with pytest.raises(DoesNotCompile):
        compiles(program)


def test_compiling_runs_nothing():
    assert compiles("while (true); function handler() {}") is None


def test_a_body_that_only_parses_outside_a_function_does_not_compile():
    with pytest.raises(DoesNotCompile):
        Realm("let __host; function handler() {}", True, 0.01, 2 << 20)


@pytest.mark.parametrize(
    ("stack", "line"),
    [
        pytest.param("", 0, id="no stack"),
        pytest.param("    at run (<input>:3:1)\n", 0, id="a frame of the prelude only"),
        pytest.param("    at apply (native)\n", 0, id="a native frame only"),
    ],
)
def test_line_of_a_stack_without_the_users_frames(stack, line):
    assert line_of(stack) == line


def test_line_of_a_stack_below_a_guarded_native():
    _, _, _, stack, _, _ = json.loads(run("\n\n[1].map(function () {\n throw new Error('x'); });"))
    assert line_of(stack) == 4
