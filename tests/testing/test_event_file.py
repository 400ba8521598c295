import json

import pytest

from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.testing import event_file

REQUEST = {"method": "GET", "uri": "/"}


def write(tmp_path, event):
    path = tmp_path / "event.json"
    path.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
    return path


@pytest.mark.parametrize(
    ("event", "hook"),
    [
        pytest.param({"request": REQUEST}, Hook.VIEWER_REQUEST, id="a request alone"),
        pytest.param({"request": REQUEST, "response": {"statusCode": 200}}, Hook.VIEWER_RESPONSE, id="a response beside it"),
        pytest.param(
            {"context": {"eventType": "viewer-request"}, "request": REQUEST, "response": {"statusCode": 200}},
            Hook.VIEWER_REQUEST,
            id="the event type wins",
        ),
    ],
)
def test_the_hook_is_told_by_the_event(tmp_path, event, hook):
    assert event_file.read(write(tmp_path, event)).hook is hook


def test_what_is_left_out_is_empty_and_nothing_else_is_added(tmp_path):
    event = event_file.read(write(tmp_path, {"request": REQUEST}))
    assert event.event == {"request": {**REQUEST, "headers": {}, "querystring": {}, "cookies": {}}}
    assert event.raw_query() is None


def with_request(**fields):
    return {"request": {**REQUEST, **fields}}


def with_response(**fields):
    return {"request": REQUEST, "response": {"statusCode": 200, **fields}}


WRONG = [
    pytest.param(b"{", "not JSON", id="half a JSON text"),
    pytest.param(b"\xff", "not JSON", id="no UTF-8"),
    pytest.param(b"[" * 40_000, "not JSON", id="a very deep list"),
    pytest.param(b" " * 40_961, "at most 40,960 bytes", id="one byte too many"),
    pytest.param([], "JSON object", id="a list"),
    pytest.param({}, "no `request`", id="no request"),
    pytest.param({"request": 1}, "request must be an object", id="a number as request"),
    pytest.param({"context": 1, "request": REQUEST}, "context must be", id="a number as context"),
    pytest.param(
        {"context": {"eventType": "origin-request"}, "request": REQUEST}, "'origin-request'", id="no hook of functions"
    ),
    pytest.param({"context": {"eventType": []}, "request": REQUEST}, "eventType is []", id="a list as event type"),
    pytest.param({"context": {"eventType": "viewer-response"}, "request": REQUEST}, "no `response`", id="no response"),
    pytest.param(with_request(method=None), "request.method", id="no method"),
    pytest.param(with_request(uri="a"), "request.uri", id="a URI without a slash"),
    pytest.param(with_request(headers=[]), "request.headers must be an object", id="a list of headers"),
    pytest.param(with_request(headers={"X-A": {"value": ""}}), "lower case: 'X-A'", id="a header in upper case"),
    pytest.param(with_request(headers={"x": "1"}), "request.headers['x']", id="a string as header"),
    pytest.param(with_request(cookies={"x": {"value": 1}}), "request.cookies['x']", id="a number as cookie"),
    pytest.param(
        with_request(querystring={"x": {"value": "", "multiValue": [1]}}), "request.querystring['x']", id="no entries"
    ),
    pytest.param(with_request(querystring={"x": {"value": "", "multiValue": 1}}), "request.querystring['x']", id="no list"),
    pytest.param(with_response(statusCode="200"), "response.statusCode", id="a status as text"),
    pytest.param(with_response(statusCode=True), "response.statusCode", id="a status that is a boolean"),
    pytest.param(with_response(statusDescription=1), "response.statusDescription", id="a number as status text"),
    pytest.param(with_response(cookies={"x": {"value": "", "attributes": 1}}), "response.cookies['x']", id="no attributes"),
]


@pytest.mark.parametrize(("event", "said"), WRONG)
def test_what_is_no_event_is_told_in_one_line(tmp_path, event, said):
    path = write(tmp_path, event)
    with pytest.raises(ConfigError) as caught:
        event_file.read(path)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert "\n" not in problem.message
    assert problem.path == path


def test_a_missing_file_and_a_directory_are_told(tmp_path):
    for path, said in ((tmp_path / "no.json", "No such file"), (tmp_path, "directory")):
        with pytest.raises(ConfigError, match=said):
            event_file.read(path)


def test_the_largest_event_is_read(tmp_path):
    event = json.dumps({"request": REQUEST}).encode()
    assert event_file.read(write(tmp_path, event.ljust(40_960))).event["request"]["uri"] == "/"
