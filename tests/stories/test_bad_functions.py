"""A CloudFront Function that fails: CloudFront's 502 or 503 page, its cause on the terminal, never the origin's content."""

import asyncio

import pytest

from edgeproxy.errors import FunctionError

EXECUTION = (503, "FunctionExecutionError", FunctionError.SENTENCE)
THROTTLED = (503, "FunctionThrottledError", FunctionError.SENTENCE)


def validation(sentence):
    return 502, "FunctionValidationError", sentence


def invalid(what):
    return validation(f"The CloudFront function returned an invalid value: {what}")


def setting(header):
    return f"function handler(event) {{ event.request.headers[{header}; return event.request; }}"


READ_ONLY = validation("The CloudFront function tried to add, delete, or change a read-only header.")
DISALLOWED = validation("The CloudFront function tried to add a disallowed header.")
NO_MESSAGE = invalid("it must be a request or response object.")
LIMIT = "the function ran for more than 10 ms"
MEMORY = "MemoryError: the function needs more than 2 MB"

AT_VIEWER_REQUEST = [
    pytest.param("function handler(event) { while (true) {} }", THROTTLED, LIMIT, id="an endless loop"),
    pytest.param(
        "async function handler(event) { while (true) await null; }", THROTTLED, LIMIT, id="an endless chain of promises"
    ),
    pytest.param(
        "function handler(event) { /^(a+)+$/.test('a'.repeat(40) + 'b'); return event.request; }",
        THROTTLED,
        LIMIT,
        id="a regular expression that explodes",
    ),
    pytest.param(
        "function handler(event) { 'a'.repeat(2e5).indexOf('a'.repeat(1e5) + 'b'); return event.request; }",
        THROTTLED,
        LIMIT,
        id="an endless search in native code",
    ),
    pytest.param("while (true) {}\nfunction handler(event) {}", THROTTLED, LIMIT, id="an endless loop outside of handler"),
    pytest.param(
        "function handler(event) { return { get statusCode() { while (true) {} } }; }",
        THROTTLED,
        LIMIT,
        id="an endless loop in what it returns",
    ),
    pytest.param(
        "function handler(event) { return { get uri() { throw new Error('got'); } }; }",
        EXECUTION,
        "Error: got",
        id="a getter that throws",
    ),
    pytest.param(
        "function handler(event) { return new Proxy(event.request, {}); }",
        EXECUTION,
        'ReferenceError: "Proxy" is not defined',
        id="a proxy around the request",
    ),
    pytest.param(
        "function handler(event) { delete event.request.headers; return event.request; }",
        READ_ONLY,
        "the read-only header 'host'",
        id="headers deleted unread",
    ),
    pytest.param(
        "async function handler(event) { await new Promise(function () {}); }",
        EXECUTION,
        "the promise that handler returned was never settled",
        id="a promise that never settles",
    ),
    pytest.param(
        "function handler(event) { throw new Error('no <b>way</b>'); }", EXECUTION, "Error: no <b>way</b>", id="it throws"
    ),
    pytest.param("async function handler(event) { throw new Error('later'); }", EXECUTION, "Error: later", id="it rejects"),
    pytest.param(
        "function handler(event) { return event.nothing.here; }",
        EXECUTION,
        'TypeError: cannot get property "here" of undefined',
        id="it reads a property of undefined",
    ),
    pytest.param(
        "function handler(event) { return fetch('http://127.0.0.1/'); }",
        EXECUTION,
        'ReferenceError: "fetch" is not defined',
        id="it wants the network",
    ),
    pytest.param(
        "function handler(event) { var all = 'x'; while (true) all += all; }",
        EXECUTION,
        MEMORY,
        id="a memory hog",
    ),
    pytest.param(
        "function handler(event) { event.request.uri = '/' + 'x'.repeat(10 << 20); return event.request; }",
        EXECUTION,
        MEMORY,
        id="a string of 10 MB",
    ),
    pytest.param("function handler(event) { return new Array(3e9).join(''); }", EXECUTION, MEMORY, id="an array of 3e9"),
    pytest.param(
        "function handler(event) { return handler(event); }",
        EXECUTION,
        "RangeError: Maximum call stack size exceeded",
        id="endless recursion",
    ),
    pytest.param(
        "function handler(event) { event.request.me = event.request; return event.request; }",
        EXECUTION,
        "TypeError: circular reference",
        id="an object that holds itself",
    ),
    pytest.param("function handler(event) {}", NO_MESSAGE, "handler returned", id="it returns nothing"),
    pytest.param("function handler(event) { return null; }", NO_MESSAGE, "handler returned null", id="it returns null"),
    pytest.param("function handler(event) { return 'x'; }", NO_MESSAGE, 'handler returned "x"', id="it returns a string"),
    pytest.param("function handler(event) { return [event]; }", NO_MESSAGE, "handler returned [", id="it returns an array"),
    pytest.param(
        setting("'X-Upper'] = {value: 'a'}"),
        invalid("request.headers must have header names in lower case."),
        "request.headers['X-Upper']",
        id="a header name in upper case",
    ),
    pytest.param(
        setting("'host'] = {value: 'elsewhere'}"),
        READ_ONLY,
        "the function tried to change the read-only header 'host'",
        id="a read-only header changed",
    ),
    pytest.param(
        "function handler(event) { delete event.request.headers.host; return event.request; }",
        READ_ONLY,
        "the function tried to delete the read-only header 'host'",
        id="a read-only header deleted",
    ),
    pytest.param(
        setting("'via'] = {value: '1.1 me'}"),
        READ_ONLY,
        "the function tried to add the read-only header 'via'",
        id="a read-only header added",
    ),
    pytest.param(
        setting("'x-edge-a'] = {value: 'b'}"),
        DISALLOWED,
        "the function tried to add the disallowed header 'x-edge-a'",
        id="a disallowed header",
    ),
    pytest.param(
        setting(r"'x-a'] = {value: 'b\r\nSet-Cookie: c=d'}"),
        invalid("headers must have valid names and values."),
        "the header 'x-a' cannot be sent: invalid character : '%0D' in header value",
        id="a line break in a header's value",
    ),
    pytest.param(
        "function handler(event) { event.request.uri = 'page'; return event.request; }",
        invalid("request.uri is in an invalid format."),
        "request.uri is 'page'",
        id="CFF-13 a path without slash",
    ),
    pytest.param(
        "function handler(event) { return { statusCode: 999 }; }",
        invalid("response.statusCode must be an integer from 200 to 599."),
        "response.statusCode is 999",
        id="a status that is none",
    ),
]


def function(code, name="bad"):
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    properties = {"Name": name, "FunctionConfig": config, "FunctionCode": code, "AutoPublish": True}
    return {"Type": "AWS::CloudFront::Function", "Properties": properties}


def associated(hook="viewer-request"):
    return {"FunctionAssociations": [{"EventType": hook, "FunctionARN": {"Fn::GetAtt": ["Bad", "FunctionARN"]}}]}


@pytest.fixture
def function_project(project):
    """`/page` has the function at `hook`, everything else has none."""

    def written(code, hook="viewer-request"):
        return project(resources={"Bad": function(code)}, behaviors=[{"PathPattern": "/page", **associated(hook)}])

    return written


def assert_page(seen, expected):
    assert (seen.status, seen.x_cache, seen.sentence) == expected
    assert seen["Server"] == "CloudFront"
    assert b"the origin's content" not in seen.body


@pytest.mark.parametrize(("code", "expected", "cause"), AT_VIEWER_REQUEST)
async def test_a_function_that_fails_never_lets_the_request_through(running, function_project, code, expected, cause):
    async with running(function_project(code)) as proxy:
        for _ in range(2):
            assert_page(await proxy.get("/page"), expected)
        assert (await proxy.get("/other")).body == b"another page"
    status, x_cache, _ = expected
    assert proxy.terminal.count(f"GET /page {status} {x_cache}") == 2
    assert "viewer-request bad " in proxy.terminal
    assert cause in proxy.terminal


AT_VIEWER_RESPONSE = [
    pytest.param("function handler(event) { while (true) {} }", THROTTLED, id="an endless loop"),
    pytest.param("function handler(event) { throw new Error('no'); }", EXECUTION, id="it throws"),
    pytest.param("function handler(event) {}", NO_MESSAGE, id="it returns nothing"),
    pytest.param(
        "function handler(event) { event.response.headers['X-A'] = {value: 'b'}; return event.response; }",
        invalid("response.headers must have header names in lower case."),
        id="a header name in upper case",
    ),
    pytest.param(
        "function handler(event) { event.response.headers.via = {value: 'me'}; return event.response; }",
        READ_ONLY,
        id="a read-only header changed",
    ),
    pytest.param(
        "function handler(event) { event.response.headers['x-cache'] = {value: 'Hit'}; return event.response; }",
        DISALLOWED,
        id="a disallowed header",
    ),
]


@pytest.mark.parametrize(("code", "expected"), AT_VIEWER_RESPONSE)
async def test_a_function_that_fails_never_lets_the_response_through(running, function_project, code, expected):
    async with running(function_project(code, "viewer-response")) as proxy:
        for _ in ("a miss", "a hit"):
            assert_page(await proxy.get("/page"), expected)
        assert (await proxy.get("/other")).body == b"another page"


async def test_an_endless_loop_costs_one_request_some_milliseconds_not_the_proxy(running, function_project, stopwatch):
    async with running(function_project("function handler(event) { while (true) {} }")) as proxy:
        await proxy.get("/other")
        with stopwatch() as watch:
            *looped, hit = await asyncio.gather(*(proxy.get("/page") for _ in range(5)), proxy.get("/other"))
        # Five runs of 10 ms, and a context made anew for each; generous for a busy machine, far below one endless run.
        assert watch.seconds < 1.5
        assert (hit.x_cache, hit.body) == ("Hit", b"another page")
        for seen in looped:
            assert_page(seen, THROTTLED)


NEVER_RUN = [
    pytest.param(
        "function handler(event) {\n  return event.;\n}", 'SyntaxError: Unexpected token ";" in 2', id="a syntax error"
    ),
    pytest.param(
        "function handle(event) { return event.request; }", 'ReferenceError: "handler" is not defined', id="no handler"
    ),
    pytest.param(
        "import fs from 'fs';\nfunction handler(event) { return event.request; }",
        'SyntaxError: Cannot find module "fs" in 1',
        id="a module that CloudFront has not",
    ),
]


@pytest.mark.parametrize(("code", "cause"), NEVER_RUN)
async def test_code_that_does_not_compile_is_said_at_start_and_answered_with_503(running, function_project, code, cause):
    folder = function_project("-")
    (folder / "bad.js").write_text(code)
    with (folder / "edgeproxy.yaml").open("a") as settings:
        settings.write("functions: {Bad: bad.js}\n")
    async with running(folder) as proxy:
        said = "\n".join(proxy.said)
        assert "bad.js" in said
        assert cause in said
        assert "function bad answers with CloudFront's 503 page until it is mended" in said
        assert_page(await proxy.get("/page"), EXECUTION)
        assert (await proxy.get("/other")).body == b"another page"


async def test_no_custom_error_response_hides_a_function_that_failed(running, project):
    folder = project(
        resources={"Bad": function("function handler(event) { throw new Error('no'); }")},
        behaviors=[{"PathPattern": "/page", **associated()}],
        CustomErrorResponses=[{"ErrorCode": 503, "ResponseCode": 200, "ResponsePagePath": "/other"}],
    )
    async with running(folder) as proxy:
        assert_page(await proxy.get("/page"), EXECUTION)
