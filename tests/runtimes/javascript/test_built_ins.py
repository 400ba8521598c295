"""What the user's code finds: built-ins per runtime, the modules querystring, buffer and cloudfront, byte strings, text codecs."""

import base64
import json
from typing import NamedTuple
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.errors import FunctionError
from edgeproxy.model import Function
from edgeproxy.ports import NOTHING_GIVEN, FunctionResult, Given
from edgeproxy.runtimes.javascript.built_ins import LINES, MODULES, prelude
from edgeproxy.runtimes.javascript.engine import check, load


class Store(NamedTuple):
    """One snapshot of a store."""

    values: dict[str, str]
    created: float = 1_700_000_000.5
    updated: float = 1_700_000_060.0

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def __len__(self) -> int:
        return len(self.values)


STORE = Store({"k": '{"a":1}', "word": "h\u00e9\0", "": "empty"})


def run(body: str, runtime: str = "2.0", given: Given = NOTHING_GIVEN, event: str = '{"request":{}}') -> FunctionResult:
    opening = "async " if "await" in body else ""
    code = f"{opening}function handler(event) {{ {body} }}"
    return load(Function("f", f"cloudfront-js-{runtime}", code), time_limit=0.1).run(event, 0.0, given)


def value(expression: str, runtime: str = "2.0", **more) -> object:
    return json.loads(run(f"return {expression};", runtime, **more).output)


def failure(body: str, runtime: str = "2.0", **more) -> str:
    with pytest.raises(FunctionError) as caught:
        run(body, runtime, **more)
    assert caught.value.x_cache == "FunctionExecutionError"
    return caught.value.cause


def words(text: str) -> list[str]:
    return text.split()


BOTH = words(
    "Object.assign Object.values Object.setPrototypeOf String.fromCodePoint String.prototype.padEnd Number.isSafeInteger"
    " Math.trunc Array.of Array.prototype.copyWithin Array.prototype.includes Uint8Array.prototype.subarray"
    " Uint8Array.prototype.fill Promise.resolve Promise.prototype.finally require console.log isFinite decodeURI"
)
ONLY_1_0 = words(
    "String.bytesFrom String.prototype.fromBytes String.prototype.fromUTF8 String.prototype.toBytes String.prototype.toUTF8"
    " globalThis.MemoryError"
)
ONLY_2_0 = words(
    "Object.getOwnPropertyDescriptors String.prototype.replaceAll Uint8Array.from Uint8Array.of Uint8Array.prototype.map"
    " Uint8Array.prototype.indexOf Uint8Array.prototype.sort Promise.all Promise.allSettled Promise.any Promise.race"
    " globalThis.DataView Symbol.for Symbol.keyFor globalThis.TextEncoder globalThis.TextDecoder globalThis.atob globalThis.btoa"
    " globalThis.Buffer"
)


@pytest.mark.parametrize(("runtime", "theirs", "others"), [("1.0", ONLY_1_0, ONLY_2_0), ("2.0", ONLY_2_0, ONLY_1_0)])
def test_built_ins_of_each_runtime(runtime, theirs, others):
    kinds = value("[" + ",".join(f"typeof {name}" for name in BOTH + theirs + others) + "]", runtime)
    assert kinds == ["function"] * len(BOTH + theirs) + ["undefined"] * len(others)


@pytest.mark.parametrize("runtime", list(MODULES))
@pytest.mark.parametrize("module", [*MODULES["2.0"], "fs", "constructor", "__proto__"])
def test_modules_of_each_runtime(runtime, module):
    if module in MODULES[runtime]:
        assert value(f"typeof require('{module}')", runtime) == "object"
    else:
        assert failure(f"require('{module}');", runtime) == f'Error: Cannot find module "{module}" (line 1)'


@pytest.mark.parametrize("module", [*MODULES["2.0"]])
def test_an_import_is_the_module(module):
    code = f"import m from '{module}';\nfunction handler() {{ return m === require('{module}'); }}"
    assert load(Function("f", "cloudfront-js-2.0", code)).run("{}", 0.0).output == "true"


def test_an_import_of_another_module_is_a_syntax_error():
    problem = check(Function("f", "cloudfront-js-2.0", "\nimport m from 'fs';\nfunction handler() {}"))
    assert (problem.message, problem.line) == ('SyntaxError: Cannot find module "fs" in 2', 2)


def test_the_users_code_stands_below_all_of_it():
    assert all(prelude(runtime, True).count("\n") < LINES for runtime in MODULES)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("require('crypto').n = (require('crypto').n || 0) + 1; return require('crypto').n;", id="a module"),
        pytest.param("Buffer.n = (Buffer.n || 0) + 1; return Buffer.n;", id="Buffer"),
        pytest.param("Buffer.prototype.n = (Buffer.prototype.n || 0) + 1; return Buffer.prototype.n;", id="its prototype"),
        pytest.param("var h = require('crypto').createHash('md5').constructor.prototype; h.n = (h.n || 0) + 1; return h.n;", id="Hash"),
        pytest.param("var r = event.request.rawQueryString; r.n = (r.n || 0) + 1; return r.n;", id="rawQueryString"),
        pytest.param("var s = require('cloudfront').kvs().constructor; s.n = (s.n || 0) + 1; return s.n;", id="the store"),
    ],
)  # fmt: skip
def test_nothing_of_a_module_survives_a_run(body):
    function = load(
        Function("f", "cloudfront-js-2.0", f"function handler(event) {{ try {{ {body} }} catch (e) {{ return 1; }} }}")
    )
    assert [function.run('{"request":{}}', 0.0, Given(None, STORE)).output for _ in range(3)] == ["1"] * 3


QUERIES = [
    pytest.param("parse('a=1&b=2')", {"a": "1", "b": "2"}, id="pairs"),
    pytest.param("parse('a=1&a=2&a=3')", {"a": ["1", "2", "3"]}, id="repeats become arrays"),
    pytest.param("parse('a&b=&=c&&')", {"a": "", "b": "", "": "c"}, id="what is missing is empty"),
    pytest.param("parse('q=%E5%AE%B6+x%20y')", {"q": "家 x y"}, id="%20 and + are spaces"),
    pytest.param("parse('a=%ff%41')", {"a": "\ufffdA"}, id="bad UTF-8 gives U+FFFD"),
    pytest.param("parse('a=%zz%4')", {"a": "%zz%4"}, id="what is no escape stays"),
    pytest.param("parse('a:1;b:2', ';', ':')", {"a": "1", "b": "2"}, id="other separators"),
    pytest.param("parse('a=1&b=2', null, null, { maxKeys: 1 })", {"a": "1"}, id="maxKeys"),
    pytest.param("parse('a=1', '&', '=', { decodeURIComponent: (t) => t + '!' })", {"a!": "1!"}, id="another decoder"),
    pytest.param("parse('toString=1&__proto__=2').__proto__", "2", id="names of Object are names like any"),
    pytest.param("decode(5)", {}, id="no text"),
    pytest.param("stringify({ a: [1, 'x y'], b: true, c: null, d: '&=' })", "a=1&a=x%20y&b=true&c=&d=%26%3D", id="stringify"),
    pytest.param("encode({ a: 1, b: 2 }, ';', ':')", "a:1;b:2", id="stringify with other separators"),
    pytest.param("stringify({ a: 'b' }, '&', '=', { encodeURIComponent: (t) => t + '!' })", "a!=b!", id="another encoder"),
    pytest.param("escape('a b/家')", "a%20b%2F%E5%AE%B6", id="escape"),
    pytest.param("unescape('a%20b%')", "a b%", id="unescape"),
]


@pytest.mark.parametrize("runtime", ["1.0", "2.0"])
@pytest.mark.parametrize(("call", "expected"), QUERIES)
def test_querystring(runtime, call, expected):
    assert value(f"require('querystring').{call}", runtime) == expected


def test_querystring_reads_a_thousand_names_unless_told_otherwise():
    text = "'" + "&".join(f"k{i}=" for i in range(1001)) + "'"
    assert value(f"Object.keys(require('querystring').parse({text})).length") == 1000
    assert value(f"Object.keys(require('querystring').parse({text}, '&', '=', {{ maxKeys: 0 }})).length") == 1001


PARSE = load(
    Function("f", "cloudfront-js-2.0", "function handler(e) { return require('querystring').parse(e); }"), time_limit=1
)


@settings(deadline=None)
@given(st.text("ab%+=&é家0fF", max_size=30))
def test_querystring_parses_as_python_does(text):
    mine = {
        name: values if isinstance(values, list) else [values]
        for name, values in json.loads(PARSE.run(json.dumps(text), 0.0).output).items()
    }
    assert mine == parse_qs(text, keep_blank_values=True, errors="replace")


BUFFERS = [
    pytest.param("Buffer.from('hé').length", 3, id="from text"),
    pytest.param("Buffer.from('aGk').toString()", "aGk", id="utf8 unless told otherwise"),
    pytest.param("Buffer.from('a_-=\\n', 'base64').toString('base64')", "a/8=", id="both base64 alphabets"),
    pytest.param("Buffer.from('a G k =', 'base64url').toString()", "hi", id="what is not base64 is skipped"),
    pytest.param("Buffer.from([251, 255]).toString('base64url')", "-_8", id="base64url has no padding"),
    pytest.param("Buffer.from('6869zz', 'hex').toString()", "hi", id="hex ends at what is not"),
    pytest.param("Buffer.from([255, 0xe5, 0xae, 65]).toString()", "\ufffd\ufffdA", id="bad UTF-8 gives U+FFFD"),
    pytest.param("Buffer.from(Buffer.from('ab')).toString()", "ab", id="from a buffer"),
    pytest.param("Buffer.from(Uint8Array.of(97, 98, 99).buffer, 1, 1).toString()", "b", id="from a part of an ArrayBuffer"),
    pytest.param("Buffer.from(JSON.parse(JSON.stringify(Buffer.from('ab')))).toString()", "ab", id="from its JSON"),
    pytest.param("JSON.stringify(Buffer.from('a'))", '{"type":"Buffer","data":[97]}', id="toJSON"),
    pytest.param("Buffer.alloc(5, 'ab').toString()", "ababa", id="alloc filled"),
    pytest.param("Buffer.alloc(2)[1]", 0, id="alloc is zero"),
    pytest.param("Buffer.allocUnsafe(4).fill(120, 1, 3).fill('a', 0, 1).fill('b', 3).toString()", "axxb", id="fill"),
    pytest.param("Buffer.byteLength('aGk', 'base64')", 2, id="byteLength"),
    pytest.param("Buffer.compare(Buffer.from('a'), Buffer.from('b'))", -1, id="compare"),
    pytest.param("Buffer.concat([Buffer.from('ab'), Uint8Array.of(99)], 2).toString()", "ab", id="concat to a length"),
    pytest.param("Buffer.concat([Buffer.from('ab'), Uint8Array.of(99)]).toString()", "abc", id="concat"),
    pytest.param("[Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1))]", [True, False], id="isBuffer"),
    pytest.param("[Buffer.isEncoding('hex'), Buffer.isEncoding('latin1')]", [True, False], id="isEncoding"),
    pytest.param("Buffer.from('abcd').compare(Buffer.from('xbcx'), 1, 3, 1, 3)", 0, id="compare parts"),
    pytest.param("Buffer.from('abc').equals(Buffer.from('abc'))", True, id="equals"),
    pytest.param("[Buffer.from('abcabc').indexOf('ca'), Buffer.from('abc').indexOf(99), Buffer.from('abc').includes('x')]", [2, 2, False], id="indexOf"),
    pytest.param("[Buffer.from('abcabc').indexOf('abc', 1), Buffer.from('abcabc').indexOf('abc', -2)]", [3, -1], id="indexOf from"),
    pytest.param("[Buffer.from('abcabc').lastIndexOf('abc'), Buffer.from('abcabc').lastIndexOf('abc', 2)]", [3, 0], id="lastIndexOf"),
    pytest.param("Buffer.from('abc').subarray(1).toString()", "bc", id="subarray is a buffer"),
    pytest.param("Buffer.from('abcd').toString('utf8', 1, 3)", "bc", id="a part as text"),
    pytest.param("[Buffer.from('abcd').swap16().toString(), Buffer.from('abcd').swap32().toString()]", ["badc", "dcba"], id="swap"),
    pytest.param("[Buffer.alloc(4).write('hey', 2), Buffer.alloc(2).write('6869', 'hex')]", [2, 2], id="write as much as fits"),
    pytest.param("[1, 2, 3].map((n) => Buffer.from('0102ff', 'hex').readUIntBE(0, n))", [1, 258, 66303], id="readUIntBE"),
    pytest.param("[Buffer.from('fe', 'hex').readInt8(), Buffer.from('feff', 'hex').readIntLE(0, 2)]", [-2, -2], id="negative numbers"),
    pytest.param("Buffer.from('0102', 'hex').readUInt16LE(0)", 513, id="readUInt16LE"),
    pytest.param("Buffer.from([1, 2, 3]).map((n) => n * 2).length", 3, id="methods of typed arrays"),
    pytest.param("require('buffer').Buffer === Buffer", True, id="the module"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), BUFFERS)
def test_buffer(expression, expected):
    assert value(expression) == expected


NUMBERS = words(
    "Int8 UInt8 Int16LE Int16BE UInt16LE UInt16BE Int32LE Int32BE UInt32LE UInt32BE FloatLE FloatBE DoubleLE DoubleBE"
)


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_are_read_as_they_were_written(kind):
    number = 7 if kind.startswith("U") else -7
    assert value(
        f"[Buffer.alloc(9).write{kind}({number}, 1) > 1, (() => {{ var b = Buffer.alloc(9); b.write{kind}({number}, 1); return b.read{kind}(1); }})()]"
    ) == [True, number]


@pytest.mark.parametrize("kind", words("IntBE IntLE UIntBE UIntLE"))
@pytest.mark.parametrize("size", range(1, 7))
def test_numbers_of_any_size_are_read_as_they_were_written(kind, size):
    number = 2 ** (8 * size) - 2 if kind.startswith("U") else -(2 ** (8 * size - 1))
    assert (
        value(f"(() => {{ var b = Buffer.alloc(9); b.write{kind}({number}, 1, {size}); return b.read{kind}(1, {size}); }})()")
        == number
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("Buffer.from('a', 'latin1');", 'TypeError: "latin1" encoding is not supported', id="another encoding"),
        pytest.param(
            "Buffer.from('a').toString('ascii');", 'TypeError: "ascii" encoding is not supported', id="to another encoding"
        ),
        pytest.param("Buffer.from(5);", "TypeError: first argument is not a string or Buffer-like object", id="a number"),
        pytest.param("Buffer.alloc(-1);", "RangeError: invalid size", id="a negative size"),
        pytest.param("Buffer.alloc(4e9);", "RangeError: invalid size", id="a size beyond all memory"),
        pytest.param("Buffer.concat(new Array(4e9));", "TypeError: list argument", id="a list of holes"),
        pytest.param("Buffer.from({ length: 4e9 });", "MemoryError", id="a length beyond all memory"),
        pytest.param("Buffer.alloc(3).swap16();", "RangeError: Buffer size must be a multiple of 16-bits", id="an odd size"),
        pytest.param("Buffer.alloc(3).readInt32LE(0);", "RangeError", id="a number that is not all there"),
        pytest.param("Buffer.alloc(3).readUIntBE(0, 7);", "RangeError", id="a number of seven bytes"),
    ],
)
def test_what_buffer_refuses(body, text):
    assert failure(body).startswith(text)


DECODE = load(Function("f", "cloudfront-js-2.0", "function handler(e) { return [Buffer.from(e, 'hex').toString(), Buffer.from(e, 'hex').toString('base64')]; }"), time_limit=1)  # fmt: skip


@settings(deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([b"\xe5", b"\xae", b"\xb6", b"\xf0\x9f", b"\xed\xa0", b"\xc0", b"a"])).map(b"".join)
)
def test_bytes_are_read_as_python_reads_them(data):
    text, encoded = json.loads(DECODE.run(json.dumps(data.hex()), 0.0).output)
    assert (text, encoded) == (data.decode("utf-8", "replace"), base64.b64encode(data).decode())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("new TextDecoder().decode(new TextEncoder().encode('hé😀'))", "hé😀", id="there and back"),
        pytest.param("new TextEncoder().encodeInto('aé😀', new Uint8Array(4))", {"read": 2, "written": 3}, id="no half of a character"),
        pytest.param("new TextDecoder().decode(Uint8Array.of(0xef, 0xbb, 0xbf, 65))", "A", id="a byte order mark goes"),
        pytest.param("new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.of(0xef, 0xbb, 0xbf, 65))", "\ufeffA", id="or stays"),
        pytest.param("new TextDecoder().decode(Uint8Array.of(255))", "\ufffd", id="bad bytes"),
        pytest.param("[new TextDecoder().encoding, new TextDecoder().fatal, new TextDecoder().ignoreBOM]", ["utf-8", False, False], id="its properties"),
        pytest.param("btoa(atob('aGk='))", "aGk=", id="atob and btoa"),
    ],
)  # fmt: skip
def test_text_codecs(expression, expected):
    assert value(expression) == expected


def test_a_fatal_decoder_throws():
    assert failure("new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(255));").startswith(
        "TypeError: The encoded data"
    )
    assert failure("new TextDecoder('utf-16');").startswith("RangeError")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("String.bytesFrom('aGk', 'base64url')", "hi", id="from base64url"),
        pytest.param("String.bytesFrom([226, 130, 172]).fromUTF8()", "€", id="from bytes to text"),
        pytest.param("String.bytesFrom([255]).fromUTF8()", None, id="bytes that are not UTF-8"),
        pytest.param("'€'.toUTF8()", "\xe2\x82\xac", id="from text to bytes"),
        pytest.param("'€'.toUTF8().fromBytes(1, 2)", "\x82", id="each byte is a character"),
        pytest.param("['é'.toBytes(), '€'.toBytes()]", ["é", None], id="characters that are bytes"),
    ],
)
def test_byte_strings(expression, expected):
    assert value(expression, "1.0") == expected


def test_bytes_from_refuses_another_encoding():
    assert failure("String.bytesFrom('a', 'latin1');", "1.0").startswith("TypeError: ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("const v = await h.get('k'); return v;", '{"a":1}', id="a string unless told otherwise"),
        pytest.param("const v = await h.get('k', { format: 'json' }); return v.a;", 1, id="CFF-39 json"),
        pytest.param("const v = await h.get('word', { format: 'bytes' }); return v.toString('hex');", "68c3a900", id="bytes"),
        pytest.param("const v = await h.get('word'); return v;", "h\u00e9\0", id="any text"),
        pytest.param("const a = await h.exists('k'); const b = await h.exists('x'); return [a, b];", [True, False], id="CFF-39 exists"),
        pytest.param("const m = await h.meta(); return m;", {"creationDateTime": "2023-11-14T22:13:20.500Z", "lastUpdatedDateTime": "2023-11-14T22:14:20.000Z", "keyCount": 3}, id="CFF-39 meta"),
        pytest.param("try { await h.get('x'); } catch (e) { return e.message; }", 'Key "x" was not found in the key value store', id="CFF-38 a missing key, caught"),
        pytest.param("const all = await Promise.all([h.get('k'), h.exists('k')]); return all[1];", True, id="several at once"),
        pytest.param("let n = 0; for (let i = 0; i < 20; i++) { const there = await h.exists('k'); n += there; } return n;", 20, id="many, one after another"),
        pytest.param("const v = await h.get('k'); const d = await v; return require('crypto').createHash('md5').update(d).digest('hex').length;", 32, id="a hash after a look-up"),
    ],
)  # fmt: skip
def test_key_value_store(body, expected):
    result = run("const h = require('cloudfront').kvs(); " + body, given=Given(None, STORE))
    assert json.loads(result.output) == expected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("await h.get('x');", 'Error: Key "x" was not found', id="CFF-38 a missing key"),
        pytest.param("await h.get('word', { format: 'json' });", "SyntaxError: ", id="a value that is not JSON"),
        pytest.param("await h.get('k', { format: 'xml' });", 'TypeError: unknown format: "xml"', id="another format"),
        pytest.param("await h.get(1);", "TypeError: the key must be a string", id="no text"),
    ],
)
def test_what_the_key_value_store_refuses(body, text):
    assert failure("const h = require('cloudfront').kvs(); " + body, given=Given(None, STORE)).startswith(text)


def test_there_is_no_store_without_an_association():
    assert failure("require('cloudfront').kvs();").startswith(
        "Error: there is no key value store associated with this function"
    )


def test_a_look_up_that_nobody_awaits_does_not_reach_the_next_run():
    code = "function handler(e) { require('cloudfront').kvs().get('k').then(() => console.log('late')); return 1; }"
    function = load(Function("f", "cloudfront-js-2.0", code))
    assert [function.run("{}", 0.0, Given(None, STORE))[:2] for _ in range(3)] == [("1", ())] * 3


def test_look_ups_without_end_are_throttled():
    code = "async function handler() { const h = require('cloudfront').kvs(); while (true) await h.exists('k'); }"
    with pytest.raises(FunctionError) as caught:
        load(Function("f", "cloudfront-js-2.0", code), time_limit=0.01).run("{}", 0.0, Given(None, STORE))
    assert caught.value.x_cache == "FunctionThrottledError"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("a=1&b=%20\u00e9", "a=1&b=%20\u00e9", id="as it was sent"),
        pytest.param("", "", id="CFF-3 empty"),
        pytest.param(None, None, id="CFF-2 none"),
    ],
)
def test_raw_query_string(raw, expected):
    result = run(
        "const q = event.request.rawQueryString(); return [q === undefined ? null : q, Object.keys(event.request)];",
        given=Given(raw),
    )
    assert json.loads(result.output) == [expected, []]


def test_runtime_1_0_has_no_raw_query_string():
    assert value("typeof event.request.rawQueryString", "1.0") == "undefined"


def test_edge_location():
    location = "require('cloudfront').edgeLocation"
    assert value(location) == {"name": "LOC", "serverIp": "127.0.0.1", "region": "us-east-1"}
    assert value(location, given=Given(viewer_request=False)) == {}


@pytest.mark.parametrize("call", words("updateRequestOrigin selectRequestOriginById createRequestOriginGroup"))
def test_the_last_choice_of_an_origin_is_told(call):
    function = load(Function("f", "cloudfront-js-2.0", f"import cf from 'cloudfront'; function handler(e) {{ if (e.go) {{ cf.updateRequestOrigin({{}}); cf.{call}('a', {{ b: ['\\ud800'] }}); }} return 1; }}"))  # fmt: skip
    chosen = function.run('{"go":true}', 0.0)
    assert (chosen.output, json.loads(chosen.origin)) == ("1", {"call": call, "arguments": ["a", {"b": ["\ufffd"]}]})
    assert function.run("{}", 0.0).origin is None


def test_no_origin_is_chosen_at_viewer_response():
    body = "require('cloudfront').updateRequestOrigin({});"
    assert failure(body, given=Given(viewer_request=False)).startswith(
        "Error: updateRequestOrigin is only available for viewer-request"
    )


def test_the_last_custom_data_is_told():
    body = (
        "var cf = require('cloudfront'); cf.logCustomData('a'); cf.logCustomData('x'.repeat(900)); console.log('l'); return 1;"
    )
    assert run(body)[:2] == ("1", ("l",))
    assert run(body).log_data == "x" * 800
    assert failure("require('cloudfront').logCustomData(1);").startswith("TypeError: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "distributionTenant",
            "TypeError: distributionTenant module is not available",
            id="AWS's words on a standard distribution",
        ),
        pytest.param("cwt", "Error: cf.cwt is not emulated", id="cwt"),
        pytest.param("mtls", "Error: cf.mtls is not emulated", id="mtls"),
    ],
)
def test_what_is_not_emulated_says_so(name, text):
    assert failure(f"require('cloudfront').{name};").startswith(text)


def test_utilization_is_the_time_of_the_run_as_a_percentage_of_the_budget():
    code = "function handler() { for (var i = 0; i < 20000; i++); return 1; }"
    small, large = (load(Function("f", "cloudfront-js-2.0", code), budget=budget).run("{}", 0.0) for budget in (1.0, 0.0001))
    assert small.utilization <= 5
    assert large.utilization == pytest.approx(large.milliseconds / 0.1 * 100, abs=1)
    assert large.utilization > 100


@pytest.mark.parametrize(
    "made_up",
    [
        pytest.param('{ q: ["sha512", null, 5] }', id="a question"),
        pytest.param("{ k: [1] }", id="an ask"),
        pytest.param("[1]", id="a report"),
        pytest.param("'?'", id="a promise"),
        pytest.param("undefined", id="nothing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prototype", ["Object", "Array"])
@pytest.mark.parametrize("end", ["return 1;", "throw 1;", "await require('cloudfront').kvs().exists('k'); return 1;"])
def test_what_goes_to_the_host_cannot_be_made_up(prototype, made_up, end):
    tampering = (
        f"{prototype}.prototype.toJSON = () => ({made_up}); Object.defineProperty(Array.prototype, 0, {{ set() {{}} }});"
    )
    rest = "console.log('l'); require('cloudfront').logCustomData('d'); " + end
    if "throw" in end:
        assert failure(tampering + rest) == "1"
    else:
        assert run(tampering + rest, given=Given(None, STORE))[:2] == ("1", ("l",))
