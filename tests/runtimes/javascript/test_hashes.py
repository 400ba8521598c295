"""Hashes answered by Python, and those that JavaScript computes at the end of a long chain: the same."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.errors import FunctionError
from edgeproxy.model import Function
from edgeproxy.runtimes.javascript import hashes
from edgeproxy.runtimes.javascript.engine import JavaScriptFunction, load
from edgeproxy.runtimes.javascript.realm import Call, Realm


def loaded(body: str, runtime: str = "2.0", **more) -> JavaScriptFunction:
    code = f"var crypto = require('crypto'); function handler(event) {{ {body} }}"
    return load(Function("f", f"cloudfront-js-{runtime}", code), **{"time_limit": 0.1, **more})


def value(expression: str, runtime: str = "2.0", event: str = "{}") -> object:
    return json.loads(loaded(f"return {expression};", runtime).run(event, 0.0).output)


def cause(body: str, runtime: str = "2.0", **more) -> str:
    with pytest.raises(FunctionError) as caught:
        loaded(body, runtime, **more).run("{}", 0.0)
    return caught.value.cause


@pytest.mark.parametrize(
    ("question", "digest"),
    [
        pytest.param(["sha256", None, []], hashlib.sha256().hexdigest(), id="nothing at all"),
        pytest.param(["sha1", None, ["ta", "h62ff"]], hashlib.sha1(b"ab\xff").hexdigest(), id="text and bytes"),
        pytest.param(["md5", "té", ["t家"]], hmac.new("é".encode(), "家".encode(), "md5").hexdigest(), id="an HMAC of UTF-8"),
        pytest.param(["md5", None, ["t\ud800x"]], hashlib.md5("\ufffdx".encode()).hexdigest(), id="half a surrogate pair"),
    ],
)
def test_answer(question, digest):
    assert hashes.answer(json.dumps({"q": question})) == digest


@pytest.mark.parametrize("runtime", ["1.0", "2.0"])
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    ("encoding", "ending"),
    [
        pytest.param("hex", lambda digest: digest.hex(), id="hex"),
        pytest.param("base64", lambda digest: base64.b64encode(digest).decode(), id="base64"),
        pytest.param("base64url", lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="), id="base64url"),
    ],
)  # fmt: skip
def test_digests(runtime, algorithm, encoding, ending):
    plain = value(f"crypto.createHash('{algorithm}').update('a').update('é').digest('{encoding}')", runtime)
    assert plain == ending(hashlib.new(algorithm, "aé".encode()).digest())
    keyed = value(f"crypto.createHmac('{algorithm}', 'key').update('a').digest('{encoding}')", runtime)
    assert keyed == ending(hmac.new(b"key", b"a", algorithm).digest())


def test_cff_54_digest_without_an_encoding_is_a_byte_string_in_1_0():
    digest = value("crypto.createHash('sha256').update('a').digest()", "1.0")
    assert digest == hashlib.sha256(b"a").digest().decode("latin-1"), "CFF-54"


def test_cff_54_digest_without_an_encoding_is_a_buffer_in_2_0():
    digest = "crypto.createHash('sha256').update('a').digest()"
    assert value(f"[Buffer.isBuffer({digest}), {digest}.toString('hex')]") == [True, hashlib.sha256(b"a").hexdigest()], "CFF-54"


@pytest.mark.parametrize("runtime", ["1.0", "2.0"])
def test_a_digest_is_the_key_of_the_next_hmac(runtime):
    date = hmac.new(b"AWS4secret", b"20261120", "sha256").digest()
    code = "crypto.createHmac('sha256', crypto.createHmac('sha256', 'AWS4secret').update('20261120').digest()).update('eu').digest('hex')"
    assert value(code, runtime) == hmac.new(date, b"eu", "sha256").hexdigest()


def test_typed_arrays_and_views_are_bytes():
    expected = hashlib.md5(b"\x01\x02\xff").hexdigest()
    for data in ("new Uint8Array([1, 2, 255])", "Buffer.from([1, 2, 255])", "new DataView(Uint8Array.of(1, 2, 255).buffer)"):
        assert value(f"crypto.createHash('md5').update({data}).digest('hex')") == expected


@pytest.mark.parametrize("runtime", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("crypto.createHash('sha512');", 'TypeError: not supported algorithm: "sha512"', id="CFF-53 another algorithm"),
        pytest.param("crypto.createHash('constructor');", 'TypeError: not supported algorithm: "constructor"', id="a name of Object"),
        pytest.param("crypto.createHash('md5').digest('latin1');", 'TypeError: Unknown digest encoding: "latin1"', id="another encoding"),
        pytest.param("var h = crypto.createHash('md5'); h.digest(); h.update('');", "Error: Digest already called", id="update after digest"),
        pytest.param("var h = crypto.createHash('md5'); h.digest(); h.digest();", "Error: Digest already called", id="digest twice"),
        pytest.param("crypto.createHash('md5').update({});", "TypeError: data is not a string or Buffer-like object", id="an object"),
        pytest.param("crypto.createHmac('md5');", "TypeError: key is not a string or Buffer-like object", id="no key"),
    ],
)  # fmt: skip
def test_what_crypto_refuses(runtime, body, text):
    assert cause(body, runtime).startswith(text)


def test_what_the_handler_caught_and_logged_before_the_answer_does_not_count():
    body = """
      var seen = [];
      console.log('once');
      try { seen.push(crypto.createHash('md5').update('a').digest('hex')); } catch (e) { while (true); }
      try { seen.push(crypto.createHash('md5').update('b').digest('hex')); } catch (e) { return 'caught'; }
      return seen;
    """
    result = loaded(body).run("{}", 0.0)
    assert json.loads(result.output) == [hashlib.md5(b"a").hexdigest(), hashlib.md5(b"b").hexdigest()]
    assert result.logs == ("once",)


def test_a_run_that_is_repeated_sees_the_same_random_numbers():
    body = "var r = '' + Math.random(); return [r, crypto.createHash('sha256').update(r).digest('hex')];"
    run = loaded(body)
    pairs = [json.loads(run.run("{}", 0.0).output) for _ in range(5)]
    assert [digest for _, digest in pairs] == [hashlib.sha256(text.encode()).hexdigest() for text, _ in pairs]
    assert len({text for text, _ in pairs}) == 5, "each request has its own"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("await 1; const d = md5().digest('hex'); await d; return d;", id="after await"),
        pytest.param("try { const d = await Promise.resolve(1).then(() => md5().digest('hex')); return d; } catch (e) { return e; }", id="in then"),
        pytest.param("const list = [Promise.resolve().then(() => md5().digest('hex'))], d = await Promise.all(list); return d[0];", id="in all"),
        pytest.param("return new Promise((yes, no) => { md5().digest('hex'); yes(md5().digest('hex')); });", id="in an executor"),
    ],
)  # fmt: skip
def test_a_hash_in_a_promise_is_answered(body):
    code = f"const md5 = () => require('crypto').createHash('md5'); async function handler() {{ {body} }}"
    assert load(Function("f", "cloudfront-js-2.0", code)).run("{}", 0.0).output == f'"{hashlib.md5().hexdigest()}"'


def chain(links: int) -> str:
    digest = "x"
    for i in range(links):
        digest = hashlib.new(("md5", "sha1", "sha256")[i % 3], digest.encode()).hexdigest()
    return digest


@pytest.mark.parametrize("links", [1, hashes.MOST_QUESTIONS, hashes.MOST_QUESTIONS + 1, 20])
@pytest.mark.parametrize("tampers", [False, True])
def test_a_chain_of_any_length(links, tampers):
    body = f"var d = 'x'; for (var i = 0; i < {links}; i++) {{ d = crypto.createHash(['md5', 'sha1', 'sha256'][i % 3]).update(d).digest('hex'); }}"
    if tampers:
        body += " Array.prototype.n = ([].n || 0) + 1; d += [].n;"
    run = loaded(body + " return d;")
    assert [json.loads(run.run("{}", 0.0).output) for _ in range(2)] == [chain(links) + "1" * tampers] * 2


def test_the_same_hash_asked_twice_is_one_question():
    body = "var d; for (var i = 0; i < 1000; i++) { d = crypto.createHash('md5').update('x').digest('hex'); } return d;"
    assert json.loads(loaded(body).run("{}", 0.0).output) == hashlib.md5(b"x").hexdigest()


def test_a_chain_without_end_is_throttled_and_the_next_run_works():
    run = loaded(
        "if (event.stop) return 1; for (var i = 0;; i++) crypto.createHash('md5').update('' + i).digest('hex');",
        time_limit=0.01,
    )
    with pytest.raises(FunctionError) as caught:
        run.run("{}", 0.0)
    assert caught.value.x_cache == "FunctionThrottledError"
    assert run.run('{"stop":true}', 0.0).output == "1"


def test_what_is_charged_is_the_last_run():
    handler = (
        "function handler() { if (!crypto) return 1; var d = crypto.createHash('md5').update('x').digest('hex'); return d; }"
    )
    realm = Realm(f"var crypto = require('crypto'); {handler}", True, 0.1, 2 << 20)
    assert json.loads(realm.run(Call("{}", 0.0))) == {"q": ["md5", None, ["tx"]]}
    question = realm.run(Call("{}", 0.0))
    assert json.loads(realm.run(Call("{}", 0.0, answers=json.dumps([[question, "ff"]])))) == {"v": "ff"}
    busy = "for (var i = 0; i < 20000; i++); "
    alone, hashing = (
        min(loaded(body).run("{}", 0.0).milliseconds for _ in range(5))
        for body in (
            busy,
            busy
            + "crypto.createHash('md5').digest();"
            + "crypto.createHash('sha1').digest();"
            + "crypto.createHmac('md5', 'k').digest();",
        )
    )
    assert hashing < 2.5 * alone, "four runs, one of them charged"


KEYS = st.text(max_size=100) | st.binary(max_size=100)


def js(data: str | bytes) -> str:
    return json.dumps(data) if isinstance(data, str) else f"new Uint8Array({list(data)})"


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["md5", "sha1", "sha256"]), st.none() | KEYS, KEYS)
def test_javascript_hashes_as_python_does(algorithm, key, data):
    made = f"createHash('{algorithm}')" if key is None else f"createHmac('{algorithm}', {js(key)})"
    body = f"function handler() {{ return require('crypto').{made}.update({js(data)}).digest('hex'); }}"
    realm = Realm(body, True, 1, 2 << 20, with_hashes=True)
    question = realm.run(Call("{}", 0.0))
    assert json.loads(realm.run(Call("{}", 0.0, may_ask=False))) == {"v": hashes.answer(question)}
