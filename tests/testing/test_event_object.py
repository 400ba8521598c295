import json

from edgeproxy.hooks import Hook
from edgeproxy.rules import function_event
from edgeproxy.rules.edge_event import Context
from edgeproxy.testing import event_object

WHOLE = {
    "version": "1.0",
    "context": {"eventType": "viewer-response"},
    "viewer": {"ip": "192.0.2.1"},
    "request": {
        "method": "GET",
        "uri": "/caf\u00e9",
        "querystring": {"a": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}, "b": {"value": ""}},
        "headers": {"host": {"value": "x.example"}, "x-a": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}},
        "cookies": {"k": {"value": "v"}, "l": {"value": "w"}},
    },
    "response": {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {"content-type": {"value": "text/html"}},
        "cookies": {"s": {"value": "1", "attributes": "Path=/"}, "t": {"value": "2"}},
    },
}
EVENT = event_object.EventObject(Hook.VIEWER_RESPONSE, WHOLE)


def test_the_request_is_the_one_that_the_event_stands_for():
    request = EVENT.request()
    assert (request.host, request.path, request.query) == ("x.example", "/caf\xc3\xa9", "a=1&a=2&b=")
    assert request.headers.items == (("Host", "x.example"), ("X-A", "1"), ("X-A", "2"), ("Cookie", "k=v; l=w"))


def test_the_response_is_the_one_that_the_event_stands_for():
    response = EVENT.response()
    assert (response.status, response.reason) == (200, "OK")
    assert response.headers.items == (("Content-Type", "text/html"), ("Set-Cookie", "s=1; Path=/"), ("Set-Cookie", "t=2"))


def test_the_proxy_makes_the_same_event_of_it():
    made = function_event.response_event(Context("d", "E", "r"), EVENT.request(), EVENT.response())
    assert json.loads(made.part("request"))["request"] == EVENT.event["request"]
    assert made.message | made.records == EVENT.sent


def test_unknown_properties_are_dropped_and_cookies_are_always_there():
    message = {
        "uri": "/",
        "more": 1,
        "headers": {"x": {"value": "1", "multivalue": [], "multiValue": [{"value": "1", "z": 1}]}},
    }
    kept = event_object.known(message, event_object.REQUEST)
    assert kept == {"headers": {"x": {"value": "1", "multiValue": [{"value": "1"}]}}, "uri": "/", "cookies": {}}
    assert list(kept) == ["headers", "uri", "cookies"]
