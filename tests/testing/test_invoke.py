import json
from pathlib import Path

import pytest

from edgeproxy.errors import ConfigError, FunctionError
from edgeproxy.hooks import Hook
from edgeproxy.ports import FunctionResult, Given
from edgeproxy.testing import invoke
from edgeproxy.testing.event_object import EventObject

ROOT = Path(__file__).parents[2]
NOW = 1_780_000_000.0
SENTENCE = "The CloudFront function associated with the CloudFront distribution is invalid or could not run. "


def event_of(hook=Hook.VIEWER_REQUEST, **request):
    message = {"method": "GET", "uri": "/a", "querystring": {}, "headers": {"host": {"value": "x.example"}}, "cookies": {}}
    response = {"statusCode": 200, "statusDescription": "OK", "headers": {}, "cookies": {}}
    event = {"version": "1.0", "context": {"eventType": hook.value}, "viewer": {"ip": "192.0.2.1"}}
    return EventObject(hook, {**event, "request": {**message, **request}, "response": response})


class Returning:
    """A function that returns one text, and remembers what it was given."""

    name = "f"

    def __init__(self, output, utilization=12, origin=None):
        self.result = FunctionResult(output, ("line",), 0.1, utilization, origin)

    def run(self, event, now, given=None):
        self.event, self.now, self.given = event, now, given
        return self.result


class Failing:
    name = "f"

    def __init__(self, error):
        self.error = error

    def run(self, event, now, given=None):
        raise self.error


def run(function, event=None):
    return invoke.run(function, event or event_of(), NOW, None, Path("index.js"))


def changed(**fields):
    return json.dumps({**event_of().event["request"], **fields})


def test_a_request_comes_back_as_testfunction_shows_it():
    ran = run(Returning(changed(uri="/b", unknown=1, headers={"host": {"value": "x.example", "multivalue": []}})))
    expected = '{"request":{"headers":{"host":{"value":"x.example"}},"method":"GET","querystring":{},"uri":"/b","cookies":{}}}'
    assert ran.result == invoke.TestResult(expected, "12", ("line",), "")
    assert ran.changed == ('uri: "/a" -> "/b"',)
    assert ran.refused is None


def test_a_generated_response_comes_back_as_testfunction_shows_it():
    output = {"statusCode": 302, "statusDescription": "Found", "headers": {"location": {"value": "/n"}}}
    ran = run(Returning(json.dumps(output)))
    assert ran.result.output == (
        '{"response":{"headers":{"location":{"value":"/n"}},"statusDescription":"Found","cookies":{},"statusCode":302}}'
    )
    assert ran.answered
    assert ran.changed == ("statusCode: + 302", 'statusDescription: + "Found"', 'headers.location: + "/n"')


def test_a_viewer_response_is_wrapped_as_response_and_compared_with_the_one_it_was_sent():
    output = {"statusCode": 200, "statusDescription": "OK", "headers": {"x-a": {"value": "é"}}, "cookies": {}}
    ran = run(Returning(json.dumps(output)), event_of(Hook.VIEWER_RESPONSE))
    assert json.loads(ran.result.output)["response"]["headers"] == {"x-a": {"value": "é"}}
    assert ran.changed == ('headers.x-a: + "é"',)
    assert not ran.answered


def test_the_printed_form_has_aws_keys_in_aws_order():
    printed = run(Returning(changed())).result.json()
    assert printed.isascii()
    assert list(json.loads(printed).items())[1:] == [
        ("ComputeUtilization", "12"),
        ("FunctionExecutionLogs", ["line"]),
        ("FunctionErrorMessage", ""),
    ]


def test_the_function_is_given_event_time_and_query():
    function = Returning(changed())
    event = event_of(querystring={"a": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}})
    run(function, event)
    assert json.loads(function.event) == event.event
    assert function.now == NOW
    assert function.given == Given("a=1&a=2", None, True)
    run(function, event_of(Hook.VIEWER_RESPONSE))
    assert function.given == Given(None, None, False)


def test_a_utilization_over_100_is_100():
    assert run(Returning(changed(), utilization=250)).result.utilization == "100"


REFUSED = [
    pytest.param(changed(headers={}), "read-only header", "delete the read-only header 'host'", id="CFF-52 host is deleted"),
    pytest.param(
        changed(headers={"host": {"value": "x.example"}, "x-edge-a": {"value": ""}}),
        "disallowed header",
        "'x-edge-a'",
        id="CFF-24 a disallowed header",
    ),
    pytest.param(changed(method="POST"), "request.method", "'POST'", id="CFF-17 another method"),
    pytest.param(changed(uri="b"), "request.uri", "'b'", id="CFF-13 a URI without a slash"),
    pytest.param(changed(querystring="a b"), "request.querystring", "'a b'", id="CFF-12 a space in the query string"),
    pytest.param('{"statusCode": 99}', "response.statusCode", "99", id="a status out of range"),
    pytest.param('{"statusCode":200,"body":{"encoding":"base64","data":"%"}}', "base64", "base64", id="CFF-20 no base64"),
]


@pytest.mark.parametrize(("output", "sentence", "cause"), REFUSED)
def test_what_run_time_refuses_passes_with_the_refusal_told(output, sentence, cause):
    ran = run(Returning(output))
    assert ran.result.error == ""
    assert ran.result.output != ""
    assert (ran.refused.status, sentence in ran.refused.sentence, cause in ran.refused.cause) == (502, True, True)


WRONG_ORIGIN = '{"call": "updateRequestOrigin", "arguments": [{"domainName": "1.2.3.4"}]}'


def test_a_wrong_choice_of_origin_is_told_unless_the_function_answered():
    ran = run(Returning(changed(), origin=WRONG_ORIGIN))
    assert (ran.result.error, ran.origin) == ("", WRONG_ORIGIN), "CFF-48"
    assert "origin rewrite" in ran.refused.sentence
    assert run(Returning('{"statusCode": 200}', origin=WRONG_ORIGIN)).refused is None


def test_an_untouched_message_is_never_refused():
    many = {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}
    event = event_of(
        headers={"via": many, "x-é": {"value": "ü"}, "cookie": {"value": "a=b"}}, cookies={"k": many}, querystring={"q": many}
    )
    assert run(Returning(json.dumps(event.event["request"])), event).refused is None


@pytest.mark.parametrize("output", ["", "null", "[]", '"text"', "3", '{"uri":"\\ud800"}', '{"a":' * 2000 + "1" + "}" * 2000])
def test_what_is_no_object_fails(output):
    ran = run(Returning(output))
    assert ran.result.output == ""
    assert ran.result.error.startswith("The CloudFront function returned an invalid value: ")
    assert ran.result.logs == ("line",)


FAILURES = [
    pytest.param(
        FunctionError.execution("Error: x (index.js:12)", ("said",)), ("", "0", ("said",), SENTENCE + "Error: x"), id="a throw"
    ),
    pytest.param(
        FunctionError.execution("Error: see (other.js:12)"),
        ("", "0", (), SENTENCE + "Error: see (other.js:12)"),
        id="its words",
    ),
    pytest.param(
        FunctionError.throttled("the function ran for more than 10 ms"),
        ("", "100", (), SENTENCE + "the function ran for more than 10 ms"),
        id="a run that was stopped",
    ),
]


@pytest.mark.parametrize(("error", "result"), FAILURES)
def test_a_failure_is_worded_as_by_cloudfront(error, result):
    ran = run(Failing(error))
    assert ran.result == result
    assert ran.cause == error.cause


# --- from files, on the engine ---

CODE = "function handler(event) {\n  var request = event.request;\n%s\n  return request;\n}\n"


def invoke_code(tmp_path, code, runtime=invoke.RUNTIMES[0], **more):
    function, event = tmp_path / "index.js", tmp_path / "event.json"
    function.write_text(code)
    event.write_text(json.dumps({"request": {"method": "GET", "uri": "/a", "headers": {"host": {"value": "x.example"}}}}))
    return invoke.invoke(function, event, runtime, more.get("key_values"), NOW)


def test_a_thrown_error_has_cloudfronts_words_and_for_the_reader_its_line(tmp_path):
    ran = invoke_code(tmp_path, CODE % "  throw new Error('x');")
    assert ran.result.error == SENTENCE + "Error: x", "CFF-34"
    assert ran.cause == f"Error: x ({tmp_path / 'index.js'}:3)"


def test_await_in_an_argument_fails_with_cloudfronts_words(tmp_path):
    code = CODE.replace("function", "async function") % "  JSON.parse(await request.get('k'));"
    assert invoke_code(tmp_path, code).result.error == SENTENCE + "SyntaxError: await in arguments not supported in 3", "CFF-35"


def test_cff_46_logs_are_the_lines_alone(tmp_path):
    assert invoke_code(tmp_path, CODE % "  console.log('a'); console.log('b');").result.logs == ("a", "b"), "CFF-46"
    assert invoke_code(tmp_path, CODE % "").result.logs == ()


def test_deleting_host_succeeds_here_and_is_refused_at_run_time(tmp_path):
    ran = invoke_code(tmp_path, CODE % "  delete request.headers.host;")
    assert ran.result.error == "", "CFF-52"
    assert ran.refused.status == 502


def test_the_clock_of_the_run_is_the_one_given(tmp_path):
    assert invoke_code(tmp_path, CODE % "  console.log(String(Date.now()));").result.logs == (str(int(NOW * 1000)),)


def test_runtime_1_refuses_let(tmp_path):
    ran = invoke_code(tmp_path, CODE % "  let a = 1;", "cloudfront-js-1.0")
    assert ran.result.error == SENTENCE + 'SyntaxError: Token "let" not supported in this version in 3', "CFF-37"
    assert invoke_code(tmp_path, CODE % "  let a = 1;").result.error == ""


def test_endless_code_is_stopped(tmp_path):
    ran = invoke_code(tmp_path, CODE % "  while (true) {}")
    assert ran.result.utilization == "100"
    assert ran.result.error.startswith(SENTENCE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"//" + b"x" * 10_239, "FunctionSizeLimitExceeded: 10,241 bytes", id="CFF-51 a byte too much"),
        pytest.param(b"\xff", "not UTF-8", id="no text"),
    ],
)
def test_code_that_cloudfront_would_not_take_is_a_problem_of_the_file(tmp_path, content, said):
    invoke_code(tmp_path, "")
    (tmp_path / "index.js").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        invoke.invoke(tmp_path / "index.js", tmp_path / "event.json", invoke.RUNTIMES[0], None, NOW)


def test_missing_files_are_told(tmp_path):
    invoke_code(tmp_path, CODE % "")
    for function, key_values in (("no.js", None), ("index.js", tmp_path / "no.json")):
        with pytest.raises(ConfigError, match="cannot be read"):
            invoke.invoke(tmp_path / function, tmp_path / "event.json", invoke.RUNTIMES[0], key_values, NOW)


# --- the examples ---

EXAMPLES = ROOT / "functions"


def example(name, key_values=None, now=NOW, **request):
    event = json.loads((EXAMPLES / name / "event.json").read_text())
    event["request"].update(request)
    function = invoke.edge.load_function(
        invoke.Function(name, invoke.RUNTIMES[0], (EXAMPLES / name / "index.js").read_text(), EXAMPLES / name / "index.js")
    )
    store = None if key_values is None else invoke.edge.load_key_values(EXAMPLES / name / key_values, now)
    return invoke.run(function, EventObject(Hook.VIEWER_REQUEST, event), now, store, EXAMPLES / name / "index.js")


def by_file(name, key_values=None):
    store = None if key_values is None else EXAMPLES / name / key_values
    return invoke.invoke(EXAMPLES / name / "index.js", EXAMPLES / name / "event.json", invoke.RUNTIMES[0], store, NOW)


def test_clean_urls():
    assert by_file("clean-urls").changed == ('uri: "/docs/" -> "/docs/index.html"',)
    assert example("clean-urls", uri="/about").changed == ('uri: "/about" -> "/about.html"',)
    assert example("clean-urls", uri="/a.css").changed == ()


def test_ab_split_keeps_a_visitor_and_splits_the_others():
    assert by_file("ab-split").changed == ('uri: "/index.html" -> "/b/index.html"', 'headers.x-variant: + "b"')
    assert example("ab-split", cookies={"variant": {"value": "a"}}).changed == ('headers.x-variant: + "a"',)
    variants = [
        example("ab-split", cookies={}, headers={"user-agent": {"value": f"browser {number}"}}).result.logs
        for number in range(100)
    ]
    assert 15 <= variants.count(("variant b",)) <= 45
    assert set(variants) == {("variant a",), ("variant b",)}


def test_redirect_map():
    ran = by_file("redirect-map", "redirects.json")
    assert ran.result.error == ""
    assert ran.answered
    location = '"/pricing?from=2025&utm_source=mail"'
    assert ran.changed[:3] == ("statusCode: + 302", 'statusDescription: + "Found"', f"headers.location: + {location}")
    assert ran.refused is None
    moved = example("redirect-map", "redirects.json", uri="/old-blog", querystring={})
    assert (moved.changed[0], moved.changed[2]) == ("statusCode: + 301", 'headers.location: + "/blog"')
    assert example("redirect-map", "redirects.json", uri="/elsewhere").changed == ()


def test_redirect_map_ends_with_its_date():
    assert example("redirect-map", "redirects.json", uri="/sale").answered
    assert not example("redirect-map", "redirects.json", uri="/sale", now=1_800_000_000.0).answered


def test_redirect_map_without_its_store_fails():
    assert by_file("redirect-map").result.error.startswith(SENTENCE)


def test_jwt_check_lets_a_good_token_through_and_takes_it_off():
    ran = by_file("jwt-check")
    assert ran.result.error == ""
    assert ran.result.logs == ("token of alice",)
    assert not ran.answered
    assert [line.partition(":")[0] for line in ran.changed] == ["querystring.jwt"]
    assert ran.refused is None


TOKEN = json.loads((EXAMPLES / "jwt-check" / "event.json").read_text())["request"]["querystring"]["jwt"]["value"]


@pytest.mark.parametrize(
    ("token", "now", "why"),
    [
        pytest.param("", NOW, "no token", id="an empty token"),
        pytest.param("a.b", NOW, "not a token", id="two parts"),
        pytest.param(TOKEN[:-4] + "AAAA", NOW, "wrong signature", id="another signature"),
        pytest.param(TOKEN, 1_800_000_000.0, "token expired", id="a token of last year"),
        pytest.param(TOKEN, 1_760_000_000.0, "token not valid yet", id="a token of next year"),
        pytest.param("eyJhbGciOiJub25lIn0.e30.", NOW, "wrong algorithm", id="a token without a signature"),
    ],
)
def test_jwt_check_answers_401_to_others(token, now, why):
    ran = example("jwt-check", now=now, querystring={"jwt": {"value": token}})
    assert ran.result.logs == (f"refused: {why}",)
    assert json.loads(ran.result.output)["response"]["statusCode"] == 401
    assert ran.refused is None
