"""Parts of the event that stand apart until they are read: no function can tell them from plain properties."""

import json

import pytest

from edgeproxy.errors import FunctionError
from edgeproxy.model import Function
from edgeproxy.ports import Given
from edgeproxy.rules.function_event import UNREAD
from edgeproxy.runtimes.javascript.engine import load

NOW = 1_700_000_000.0
RECORDS = {
    "querystring": {"q": {"value": "1"}},
    "headers": {"host": {"value": "a.example"}, "accept": {"value": "x", "multiValue": [{"value": "x"}, {"value": "y"}]}},
    "cookies": {"k": {"value": "v"}},
}
REQUEST = {"method": "GET", "uri": "/a", **RECORDS}
RESPONSE = {"statusCode": 200, "statusDescription": "OK", "headers": {"etag": {"value": "e"}}, "cookies": {}}


class Parts:
    """What the host gives of an event, and what it was asked for."""

    def __init__(self, **parts):
        self.parts = {name: json.dumps(value) for name, value in parts.items()}
        self.asked = []

    def __call__(self, name):
        self.asked.append(name)
        return self.parts[name]


def loaded(body, runtime="2.0"):
    return load(Function("f", f"cloudfront-js-{runtime}", f"function handler(event) {{ {body} }}"))


def at_request():
    event = {"version": "1.0", "request": {**REQUEST, "querystring": None, "headers": None, "cookies": None}}
    return json.dumps(event), Parts(records=RECORDS)


def at_response():
    event = {"version": "1.0", "request": None, "response": {**RESPONSE, "headers": None, "cookies": None}}
    records = {name: RESPONSE[name] for name in ("headers", "cookies")}
    return json.dumps(event), Parts(records=records, request={"request": REQUEST})


def outcome(function, event, given):
    try:
        result = function.run(event, NOW, given)
    except FunctionError as error:
        return error.cause, error.logs
    return result.output, result.logs


def filled(output, message):
    """The output with what was sent for what nobody read."""
    value = json.loads(output) if output.startswith("{") else output
    if isinstance(value, dict):
        value = {name: message[name] if part == UNREAD else part for name, part in value.items()}
    return json.dumps(value)


REQUEST_BODIES = [
    "return event.request",
    "event.request.uri += 'b'; return event.request",
    "event.request.headers.x = { value: '1' }; return event.request",
    "delete event.request.headers; return event.request",
    "delete event.request.headers; event.request.cookies.k.value = 'w'; return event.request",
    "delete event.request.headers; event.request.headers = { own: 1 }; return event.request",
    "event.request.headers = {}; return event.request",
    "event.request.headers = {}; event.request.cookies; return event.request",
    "const h = event.request.headers; return [h === event.request.headers, Object.keys(event.request)]",
    "return Object.keys(event.request)",
    "const names = []; for (const name in event.request) names.push(name); return names",
    "return JSON.parse(JSON.stringify(event))",
    "return event",
    "return [event.request.hasOwnProperty('headers'), 'cookies' in event.request]",
    "return Object.getOwnPropertyDescriptor(event.request, 'headers')",
    "return Object.getOwnPropertyDescriptors(event.request)",
    "Object.defineProperty(event.request, 'headers', { value: 1 }); event.request.headers = 2; return event.request",
    "Object.freeze(event.request); event.request.headers = 1; return event.request",
    "Object.freeze(event.request); return event.request",
    "Object.seal(event.request); event.request.headers = 1; return event.request",
    "return Object.isFrozen(event.request)",
    "const o = Object.create(event.request); o.headers = 1; return [o.headers, event.request.headers]",
    "const o = Object.create(Object.freeze(event.request)); o.headers = 1; return o",
    "const o = Object.create(event.request); return [o.headers, Object.keys(o)]",
    "return Object.assign({}, event.request)",
    "return Object.entries(event.request)",
    "event.request.toJSON = function () { return { seen: this.headers }; }; return event.request",
    "Object.setPrototypeOf(event.request, { toJSON() { return { seen: this.headers }; } }); return event.request",
    "event.request.more = { toJSON() { event.request.headers.late = 1; return 1; } }; return event.request",
    "event.request.uri = { toJSON() { event.request.headers.early = 1; return '/'; } }; return event.request",
    "const f = () => 1; f.toJSON = () => { event.request.headers.early = 1; }; event.request.uri = f; return event.request",
    "event.request.__defineGetter__('headers', () => 1); return event.request",
    "return typeof event.request.__lookupGetter__('headers')",
    "console.log(event.request.headers.host.value); return event.request",
    "return require('crypto').createHash('md5').update(event.request.headers.host.value).digest('hex')",
    "throw new Error(event.request.cookies.k.value)",
    "try { event.request.headers.host } catch (error) { return 'caught' } return event.request",
    "return event.request.headers.missing.value",
]


@pytest.mark.parametrize("runtime", ["1.0", "2.0"])
@pytest.mark.parametrize("body", REQUEST_BODIES)
def test_a_request_is_the_same_as_a_plain_one(body, runtime):
    if runtime == "1.0":
        body = body.replace("const ", "var ")
    event, part = at_request()
    plain = outcome(loaded(body, runtime), json.dumps({"version": "1.0", "request": REQUEST}), Given())
    function = loaded(body, runtime)
    for _ in range(3):
        output, logs = outcome(function, event, Given(part=part))
        assert (filled(output, REQUEST), logs) == (filled(plain[0], REQUEST), plain[1])


RESPONSE_BODIES = [
    "return event.response",
    "event.response.headers.x = { value: event.request.uri }; return event.response",
    "event.response.statusCode = 201; delete event.response.cookies; return event.response",
    "return event.request",
    "return event",
    "event.request = 1; return event",
    "return [event.request === event.request, event.request.headers.host]",
]


@pytest.mark.parametrize("body", RESPONSE_BODIES)
def test_a_response_is_the_same_as_a_plain_one(body):
    event, part = at_response()
    whole = json.dumps({"version": "1.0", "request": REQUEST, "response": RESPONSE})
    plain = outcome(loaded(body), whole, Given(viewer_request=False))
    function = loaded(body)
    for _ in range(3):
        output, logs = outcome(function, event, Given(viewer_request=False, part=part))
        assert (filled(output, RESPONSE), logs) == (filled(plain[0], RESPONSE), plain[1])


def test_what_is_read_in_a_later_job_is_there_too():
    code = "async function handler(event) { await Promise.resolve(); return event.request.headers.host; }"
    function = load(Function("f", "cloudfront-js-2.0", code))
    event, part = at_request()
    assert [function.run(event, NOW, Given(part=part)).output for _ in range(2)] == ['{"value":"a.example"}'] * 2


def test_the_request_of_a_response_has_its_raw_query_string():
    event, part = at_response()
    given = Given("q=1&", viewer_request=False, part=part)
    assert loaded("return event.request.rawQueryString()").run(event, NOW, given).output == '"q=1&"'


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param("event.request.uri = '/b'; return event.request", [], id="nothing that is not read"),
        pytest.param("event.request.headers.host; return event.request", ["records"] * 3, id="once a run"),
        pytest.param("if (event.request.uri === '/b') event.request.cookies; return 1", [], id="nothing before it is read"),
    ],
)
def test_the_host_is_asked_for(body, asked):
    event, part = at_request()
    function = loaded(body)
    for _ in range(3):
        function.run(event, NOW, Given(part=part))
    assert part.asked == asked


def test_a_run_with_an_open_question_does_not_count():
    event, part = at_request()
    result = loaded("console.log('a'); event.request.headers; return event.request").run(event, NOW, Given(part=part))
    assert result.logs == ("a",)


def test_nothing_of_an_event_is_left_for_the_next_run():
    function = loaded("return event.request.headers")
    event, part = at_request()
    assert json.loads(function.run(event, NOW, Given(part=part)).output) == RECORDS["headers"]
    assert function.run('{"request":{"headers":1}}', NOW).output == "1"
    other = Parts(records={"querystring": {}, "headers": {}, "cookies": {}})
    assert function.run(event, NOW, Given(part=other)).output == "{}"
