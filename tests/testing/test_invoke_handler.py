import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edgeproxy.errors import ConfigError, LambdaError
from edgeproxy.testing import code_kind, handler_event, invoke_handler
from edgeproxy.testing.invoke_handler import HandlerInvocation, Run, Verdict

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "functions"
OWN = f"python3.{sys.version_info.minor}"
REQUEST = {"method": "GET", "uri": "/a", "headers": {"host": [{"value": "h.example"}]}}
CUSTOM = {"custom": {"domainName": "o.example", "port": 443, "protocol": "https"}}
SENTENCE = LambdaError.SENTENCE


def event_file_of(tmp_path, response=None, **request):
    cf = {"request": {**REQUEST, **request}} | ({"response": response} if response else {})
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"Records": [{"cf": cf}]}))
    return path


def judge(tmp_path, change, response=None, **request):
    """What is made of the sent message after `change` did something to it, or of what `change` returned."""
    event = handler_event.read(event_file_of(tmp_path, response, **request))
    message = json.loads(json.dumps(event.event.sent))
    returned = change(message)
    return invoke_handler.judge(event, json.dumps(message if returned is None else returned).encode())


def setting(name, value):
    return lambda message: message.update({name: value})


def header(name, *values):
    return lambda message: message["headers"].update({name: [{"value": value} for value in values]})


def port(number):
    return lambda message: message["origin"]["custom"].update(port=number)


OK = {"status": "200", "headers": {"content-type": [{"value": "text/plain"}], "via": [{"value": "1.1 cache"}]}}
PASSED = [
    pytest.param(lambda message: None, {}, (), id="a request unchanged"),
    pytest.param(setting("uri", "/b"), {}, ('uri: "/a" -> "/b"',), id="a rewritten URI"),
    pytest.param(header("x-a", "1", "2"), {}, ('headers.x-a: + ["1", "2"]',), id="two new header lines"),
    pytest.param(header("host", "i"), {"origin": CUSTOM}, ('headers.host: "h.example" -> "i"',), id="host at origin-request"),
    pytest.param(port(8443), {"origin": CUSTOM}, ("origin.custom.port: 443 -> 8443",), id="another port"),
    pytest.param(header("x-a", "1"), {"response": OK}, ('headers.x-a: + "1"',), id="a header at viewer-response"),
    pytest.param(
        lambda message: message.update(status="404", body="gone"),
        {"response": OK, "origin": CUSTOM},
        ('status: "200" -> "404"', 'body: + "gone"'),
        id="a replaced response at origin-response",
    ),
    pytest.param(
        lambda message: {name: message[name] for name in ("status", "headers")},
        {"response": OK, "origin": CUSTOM},
        ('statusDescription: - "OK"',),
        id="a response without its status text",
    ),
]


@pytest.mark.parametrize(("change", "event", "changed"), PASSED)
def test_what_cloudfront_takes_passes_with_each_change(tmp_path, change, event, changed):
    assert judge(tmp_path, change, **event) == Verdict(1, None, False, changed)


@pytest.mark.parametrize("event", [{}, {"origin": CUSTOM}], ids=["viewer-request", "origin-request"])
def test_a_response_of_a_request_trigger_is_an_answer_made_from_nothing(tmp_path, event):
    made = {"status": "302", "headers": {"location": [{"value": "/b"}]}}
    assert judge(tmp_path, lambda message: made, **event) == Verdict(
        1, None, True, ('status: + "302"', 'headers.location: + "/b"')
    )


REFUSED = [
    pytest.param(lambda message: [], {}, "must be an object type", "return the request or a response", id="a list"),
    pytest.param(header("host", "i"), {}, "read-only header", "Host", id="host at viewer-request"),
    pytest.param(header("connection", "x"), {}, "blacklisted header", "connection", id="a disallowed header"),
    pytest.param(setting("uri", "b"), {}, "URI is in an invalid format", "'b'", id="a URI without a slash"),
    pytest.param(setting("headers", {"a": {"value": "1"}}), {}, "must be an array", "'a'", id="a header that is no array"),
    pytest.param(port(81), {"origin": CUSTOM}, "The port is invalid", "81", id="a port that cannot be"),
    pytest.param(lambda message: {"statusCode": 200}, {}, "required field is missing", "uri", id="an answer of API Gateway"),
    pytest.param(lambda message: {"status": "99"}, {}, "The status is invalid", "99", id="a status out of range"),
    pytest.param(setting("status", "404"), {"response": OK}, "can't be changed", "200", id="a status at viewer-response"),
    pytest.param(setting("headers", {}), {"response": OK, "origin": CUSTOM}, "read-only", "Via", id="Via deleted"),
]


@pytest.mark.parametrize(("change", "event", "sentence", "cause"), REFUSED)
def test_what_cloudfront_refuses_has_its_sentence_and_the_cause(tmp_path, change, event, sentence, cause):
    verdict = judge(tmp_path, change, **event)
    assert verdict.error.status == 502
    assert sentence in verdict.error.sentence
    assert cause in verdict.error.cause


def test_what_is_no_json_is_refused(tmp_path):
    event = handler_event.read(event_file_of(tmp_path))
    verdict = invoke_handler.judge(event, b"NaN")
    assert "not parsable" in verdict.error.sentence
    printed = json.loads(HandlerInvocation((Run(b"NaN", 1, 1, ()),), verdict).json())
    assert (printed["Payload"], printed["FunctionError"]) == ("NaN", None)


FAILURES = [
    pytest.param("ValueError: boom (app.py:3)", ("ValueError", "boom", "app.py:3"), id="a raise with its place"),
    pytest.param("Error: a (b) c", ("Error", "a (b) c", None), id="brackets that are no place"),
    pytest.param(
        "Runtime.ExitError: RequestId: 1 Error: x", ("Runtime.ExitError", "RequestId: 1 Error: x", None), id="an exit"
    ),
    pytest.param("KeyError:", ("KeyError", "", None), id="no message"),
    pytest.param(
        "2026 id Task timed out after 1.00 seconds", (None, "2026 id Task timed out after 1.00 seconds", None), id="time"
    ),
]


@pytest.mark.parametrize(("cause", "error"), FAILURES)
def test_a_failure_is_printed_with_lambdas_type_and_message(cause, error):
    invoked = HandlerInvocation((Run(None, 0, 0, ("line",)),), Verdict(1, LambdaError.execution(cause)))
    assert json.loads(invoked.json()) == {
        "Payload": None,
        "FunctionError": dict(zip(("errorType", "errorMessage", "place"), error, strict=True)),
        "Verdict": SENTENCE,
        "Status": 503,
        "Cause": cause,
        "Invocation": 1,
        "Answered": False,
        "Changed": [],
        "Note": "",
        "Logs": ["line"],
        "Cold": None,
        "Warm": [],
    }


# --- with processes ---

PYTHON = "n = 0\nprint('init')\ndef handler(event, context):\n    global n\n    n += 1\n    print('call', n)\n%s"
RETURN = "    return event['Records'][0]['cf']['request']\n"


def invoke(tmp_path, code, times=2, name="app.py", runtime=None, timeout=None):
    (tmp_path / name).write_text(code)
    runtime = runtime or (OWN if name.endswith(".py") else None)
    declared = code_kind.declare(tmp_path / name, runtime, None, timeout, None)
    return invoke_handler.invoke(declared, event_file_of(tmp_path), times)


@pytest.fixture
def own_scratch(tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def test_the_first_invocation_is_cold_and_the_others_are_warm(tmp_path, own_scratch):
    invoked = invoke(tmp_path, PYTHON % RETURN, times=3)
    assert invoked.verdict == Verdict(1, None)
    cold, *warm = invoked.runs
    assert cold.init > cold.handler > 0
    assert cold.logs == ("init", "call 1")
    assert [(run.init, run.logs) for run in warm] == [(0, ("call 2",)), (0, ("call 3",))]
    printed = json.loads(invoked.json())
    assert printed["Payload"]["uri"] == "/a"
    assert printed["Logs"] == ["init", "call 1", "call 2", "call 3"]
    assert (printed["Cold"]["init"] > 0, len(printed["Warm"])) == (True, 2)
    assert list(own_scratch.iterdir()) == []
    assert not (tmp_path / "__pycache__").exists()


def test_a_failure_ends_the_run_and_is_told_in_lambdas_words(tmp_path, own_scratch):
    invoked = invoke(tmp_path, PYTHON % f"    if n == 2: raise ValueError('boom')\n{RETURN}", times=5)
    assert len(invoked.runs) == 2
    assert invoked.verdict.number == 2
    assert invoked.verdict.error.cause == "ValueError: boom (app.py:7)"
    assert invoked.shown.logs[:2] == ("call 2", "[ERROR] ValueError: boom")
    printed = json.loads(invoked.json())
    assert (printed["Cold"]["init"] > 0, printed["Warm"], printed["Invocation"]) == (True, [], 2)
    assert list(own_scratch.iterdir()) == []


def test_a_result_that_is_refused_later_is_found(tmp_path):
    invoked = invoke(tmp_path, PYTHON % f"    if n == 2: return None\n{RETURN}", times=3)
    assert len(invoked.runs) == 3
    assert (invoked.verdict.number, invoked.shown.payload) == (2, b"null")
    assert "object type" in invoked.verdict.error.sentence


def test_a_handler_that_takes_too_long_is_stopped_at_its_timeout(tmp_path):
    invoked = invoke(tmp_path, "import time\ndef handler(event, context): time.sleep(60)", timeout=0.2)
    assert invoked.verdict.error.cause.endswith("Task timed out after 0.20 seconds")


def test_a_node_handler_runs_with_a_note_when_its_version_is_not_there(tmp_path):
    code = "export const handler = async (event) => { console.log('hi'); return { status: '204' }; };"
    invoked = invoke(tmp_path, code, name="app.mjs", runtime="nodejs10.x")
    assert invoked.note.startswith("no nodejs10.x on this machine, it runs on Node.js ")
    assert [run.logs for run in invoked.runs] == [("hi",), ("hi",)]
    assert invoked.verdict == Verdict(1, None, True, ('status: + "204"',))
    assert json.loads(invoked.json())["Note"] == invoked.note


def test_a_malformed_event_is_told_before_anything_starts(tmp_path):
    (tmp_path / "app.py").write_text("")
    (tmp_path / "event.json").write_text("{}")
    with pytest.raises(ConfigError, match="no Records"):
        invoke_handler.invoke(code_kind.declare(tmp_path / "app.py", None, None, None, None), tmp_path / "event.json")


TELLING = """
import os, socket, time
def handler(event, context):
    socket.create_connection(("127.0.0.1", %d)).send(str(os.getpid()).encode())
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_neither_process_nor_file(tmp_path, number):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "edgeproxy", "invoke", "app.py", "--runtime", OWN, "--event", str(event_file_of(tmp_path))]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "app.py").write_text(TELLING % server.getsockname()[1])
        server.settimeout(20)
        with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as process:
            connection, _ = server.accept()
            with connection:
                handler = int(connection.recv(20))
            assert len(list(scratch.iterdir())) == 1
            process.send_signal(number)
            assert process.wait(10) in (1, 143)
            assert b"Traceback" not in process.stderr.read()
    assert list(scratch.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(handler, 0)


def test_the_example_handlers_pass():
    for name, file, changed in (("greeting", "index.py", 'headers.x-greeting: + "Bonjour"'), ("timing", "index.mjs", "")):
        declared = code_kind.declare(EXAMPLES / name / file, None, None, None, None)
        invoked = invoke_handler.invoke(declared, EXAMPLES / name / "event.json", 1)
        assert invoked.verdict.error is None
        assert changed in invoked.verdict.changed or invoked.verdict.changed[0].startswith("headers.x-origin-response: + ")
