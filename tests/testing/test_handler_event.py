import copy
import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.messages import Bytes, Headers, Request, Response
from edgeproxy.model import Origin
from edgeproxy.rules import lambda_event
from edgeproxy.rules.edge_event import Context
from edgeproxy.testing import handler_event

EXAMPLES = Path(__file__).parents[2] / "functions"
CONTEXT = Context("d1.cloudfront.net", "E1", "id==")
REQUEST = {"method": "GET", "uri": "/a"}
CUSTOM = {"custom": {"domainName": "o.example", "port": 443, "protocol": "https"}}
BUCKET = {"s3": {"domainName": "b.s3.eu-west-1.amazonaws.com", "authMethod": "none"}}


def read(tmp_path, event):
    path = tmp_path / "event.json"
    path.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
    return handler_event.read(path)


def event_of(hook=None, response=None, **request):
    cf = {"request": {**REQUEST, **request}}
    cf |= {"config": {"eventType": hook}} if hook else {}
    cf |= {"response": response} if response is not None else {}
    return {"Records": [{"cf": cf}]}


OK = {"status": "200"}


@pytest.mark.parametrize(
    ("event", "hook"),
    [
        pytest.param(event_of(), Hook.VIEWER_REQUEST, id="a request alone"),
        pytest.param(event_of(origin=CUSTOM), Hook.ORIGIN_REQUEST, id="a request with its origin"),
        pytest.param(event_of(response=OK), Hook.VIEWER_RESPONSE, id="a response"),
        pytest.param(event_of(response=OK, origin=CUSTOM), Hook.ORIGIN_RESPONSE, id="a response and an origin"),
        pytest.param(event_of("origin-response", OK), Hook.ORIGIN_RESPONSE, id="the event type wins"),
    ],
)
def test_the_hook_is_told_by_the_event(tmp_path, event, hook):
    found = read(tmp_path, event)
    assert found.hook is hook
    assert json.loads(found.event.payload)["Records"][0]["cf"]["config"]["eventType"] == hook


def test_what_cloudfront_always_sends_is_added(tmp_path):
    found = read(tmp_path, event_of(headers={"x-my-id": [{"value": "1"}]}, origin=CUSTOM))
    cf = json.loads(found.event.payload)["Records"][0]["cf"]
    assert set(cf["config"]) == {"distributionDomainName", "distributionId", "eventType", "requestId"}
    assert (cf["request"]["clientIp"], cf["request"]["querystring"]) == ("127.0.0.1", "")
    assert cf["request"]["headers"] == {"x-my-id": [{"value": "1", "key": "X-My-Id"}]}
    assert cf["request"]["origin"]["custom"] == {
        **CUSTOM["custom"], "customHeaders": {}, "path": "", "readTimeout": 30, "keepaliveTimeout": 5, "sslProtocols": ["TLSv1.2"],
    }  # fmt: skip
    assert found.event.sent == cf["request"]


def test_what_cloudfront_never_shows_is_taken_away_and_what_is_unknown_stays(tmp_path):
    response = {"status": "200", "headers": {"x-cache": [{"value": "Hit"}], "x-a": [{"value": "1"}]}, "somethingNew": 1}
    found = read(tmp_path, event_of(response=response))
    assert found.event.sent == {
        "status": "200", "statusDescription": "OK", "headers": {"x-a": [{"key": "X-A", "value": "1"}]}, "somethingNew": 1,
    }  # fmt: skip
    assert found.response == Response(200, Headers([("X-A", "1")]), reason="OK")


def test_the_request_is_the_one_that_the_event_stands_for(tmp_path):
    body = {"data": "YWJj", "encoding": "base64", "action": "read-only", "inputTruncated": False}
    headers = {"host": [{"key": "Host", "value": "h.example"}], "x": [{"value": "ü"}, {"value": "2"}]}
    found = read(tmp_path, event_of(uri="/é", querystring="a=1", headers=headers, body=body, clientIp="::1"))
    request = found.request
    assert (request.path, request.query, request.host, request.client_ip) == ("/\xc3\xa9", "a=1", "h.example", "::1")
    assert request.headers == Headers([("Host", "h.example"), ("X", "\xc3\xbc"), ("X", "2")])
    assert request.body.data == b"abc"


@pytest.mark.parametrize(
    ("shown", "origin"),
    [
        pytest.param(CUSTOM, Origin("origin", "o.example", protocol_policy="https-only"), id="a server"),
        pytest.param(BUCKET, Origin("origin", "b.s3.eu-west-1.amazonaws.com", s3=True), id="a bucket"),
        pytest.param(
            {"s3": {**BUCKET["s3"], "authMethod": "origin-access-identity", "region": "eu-west-1", "path": "/p"}},
            Origin(
                "origin",
                "b.s3.eu-west-1.amazonaws.com",
                s3=True,
                origin_access_identity=True,
                origin_path="/p",
                signing="always",
            ),
            id="a bucket with an identity",
        ),
    ],
)
def test_the_origin_is_the_one_that_the_event_stands_for(tmp_path, shown, origin):
    assert read(tmp_path, event_of(origin=shown)).origin == origin


NAMES = st.sampled_from(["Host", "X-A", "x-b", "Accept-Language", "Cookie"])
HEADERS = st.lists(st.tuples(NAMES, st.sampled_from(["", "1", "a b", "é".encode().decode("latin-1")])), max_size=4).map(Headers)
PATHS = st.sampled_from(["/", "/a/b", "/%20", "/é".encode().decode("latin-1")])
QUERIES = st.sampled_from([None, "a=1", "x"])
ORIGINS = st.sampled_from(
    [
        Origin("o", "o.example", custom_headers=(("X-K", "v"),), protocol_policy="http-only", http_port=8080),
        Origin("o", "o.example", origin_path="/p", read_timeout=7, response_completion_timeout=9),
        Origin("o", "b.s3.eu-west-1.amazonaws.com", s3=True, origin_access_identity=True),
    ]
)


def hidden_grouping(headers):
    """Lines of one name stand together in an event."""
    return Headers(item for name in headers.names() for item in headers if item[0].lower() == name)


@given(st.sampled_from(Hook), HEADERS, PATHS, QUERIES, ORIGINS)
def test_the_events_that_edgeproxy_sends_are_read_as_what_they_were_made_of(
    tmp_path_factory, hook, headers, path, query, origin
):
    request = Request("POST", "https", headers.get("host") or "", path, query, hidden_grouping(headers), Bytes(b"abc"))
    response = Response(404, hidden_grouping(headers), reason="Not Found")
    shown = origin if hook in handler_event.ORIGIN_FACING else None
    if hook in handler_event.REQUESTS:
        event = lambda_event.request_event(hook, CONTEXT, request, body=b"abc", origin=shown)
    else:
        event = lambda_event.response_event(hook, CONTEXT, request, response, origin=shown)
    found = read(tmp_path_factory.mktemp("event"), event.payload)
    assert orjson.loads(found.event.payload) == orjson.loads(event.payload)
    assert found.event.sent == event.sent
    assert found.hook is hook
    assert found.request._replace(body=request.body) == request
    assert found.response == (None if hook in handler_event.REQUESTS else response)


def with_config(**config):
    event = copy.deepcopy(event_of())
    event["Records"][0]["cf"]["config"] = config
    return event


WRONG = [
    pytest.param(b"{", "not JSON", "", id="half a JSON text"),
    pytest.param([], "no Records[0].cf", "", id="a list"),
    pytest.param({"Records": []}, "no Records[0].cf", "", id="no record"),
    pytest.param({"Records": [{"s3": {}}]}, "no Records[0].cf", "", id="an event of another service"),
    pytest.param({"request": REQUEST}, "the event of a CloudFront Function", "", id="the other kind of event"),
    pytest.param({"Records": [{"cf": {"request": REQUEST}}] * 2}, "one record", "", id="two records"),
    pytest.param({"Records": [{"cf": {}}]}, "cf.request is missing", "", id="no request"),
    pytest.param({"Records": [{"cf": {"request": 1}}]}, "cf.request must be an object", "", id="a number as request"),
    pytest.param({"Records": [{"cf": {"requests": REQUEST}}]}, "cf.requests is unknown", "request?", id="a misspelled request"),
    pytest.param(with_config(eventType="viewer_request"), "eventType is 'viewer_request'", "viewer-request?", id="a near hook"),
    pytest.param(with_config(eventType="x"), "eventType is 'x'", "one of viewer-request", id="no hook"),
    pytest.param(with_config(eventType=1), "config.eventType must be a string", "", id="a number as hook"),
    pytest.param(with_config(eventtype="viewer-request"), "eventtype is unknown", "eventType?", id="another case"),
    pytest.param({"Records": [{"cf": {"request": {"uri": "/"}}}]}, "request.method is missing", "", id="no method"),
    pytest.param(event_of(uri="a"), "request.uri is 'a'", "begins with /", id="a URI without a slash"),
    pytest.param(event_of(uri="/a?b"), "request.uri is '/a?b'", "querystring", id="a URI with a query string"),
    pytest.param(event_of(querystring="a b"), "request.querystring is 'a b'", "spaces", id="a space in the query string"),
    pytest.param(event_of(queryString=""), "request.queryString is unknown", "querystring?", id="queryString"),
    pytest.param(event_of(querystring={}), "request.querystring must be a string", "", id="a query string as object"),
    pytest.param(event_of(headers=[]), "request.headers must be an object", "", id="a list of headers"),
    pytest.param(event_of(headers={"Host": []}), "lower case: 'Host'", "", id="a header in upper case"),
    pytest.param(event_of(headers={"a": {"value": "1"}}), "headers['a'] must be a list", "[{", id="a record as header"),
    pytest.param(event_of(headers={"a": [{"Value": "1"}]}), "without a string `value`", "", id="a line without a value"),
    pytest.param(event_of(headers={"a": [{"key": "b", "value": ""}]}), "the key 'b'", "", id="another key"),
    pytest.param(event_of(response={"status": 200}), "response.status is 200", '"200"', id="a status as number"),
    pytest.param(event_of(response={"statusCode": 200}), "statusCode is unknown", "status?", id="statusCode"),
    pytest.param(event_of(response={"status": "200", "body": ""}), "response.body is never shown", "", id="a body"),
    pytest.param(event_of("viewer-response"), "cf.response is missing", "", id="no response"),
    pytest.param(event_of("origin-request"), "origin is missing", "custom or s3", id="no origin"),
    pytest.param(event_of("viewer-request", origin=CUSTOM), "origin is never shown", "", id="an origin before the cache"),
    pytest.param(event_of(origin={}), "exactly one of custom and s3", "", id="an empty origin"),
    pytest.param(event_of(origin={**CUSTOM, **BUCKET}), "exactly one of custom and s3", "", id="two origins"),
    pytest.param(
        event_of(origin={"custom": {**CUSTOM["custom"], "port": "443"}}),
        "The port is invalid",
        "the port is '443'",
        id="a port as text",
    ),
    pytest.param(event_of(origin={"custom": {"domainname": "x"}}), "domainname is unknown", "domainName?", id="domainname"),
    pytest.param(event_of(origin={"S3": {}}), "origin.S3 is unknown", "s3?", id="another kind of origin"),
    pytest.param(event_of(body={"data": "%"}), "body.data is not base64", "", id="no base64"),
    pytest.param(event_of(body={"data": "", "encoding": "text"}), "always base64", "", id="a body as text"),
    pytest.param(event_of(body={"data": "QUFB" * 14_000}), "42,000 bytes", "40,960", id="a body too large"),
    pytest.param(event_of(response=OK, body={"data": ""}), "body is never shown", "", id="a body beside a response"),
]


@pytest.mark.parametrize(("event", "said", "hint"), WRONG)
def test_what_is_no_event_is_told_in_one_line(tmp_path, event, said, hint):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, event)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert "\n" not in problem.message
    assert hint in problem.hint
    assert problem.path == tmp_path / "event.json"


def test_only_an_event_of_a_handler_is_one(tmp_path):
    path = tmp_path / "event.json"
    assert not handler_event.is_one(path)
    for event, is_one in ((event_of(), True), ({"request": REQUEST}, False), ([], False), ({"Records": [1]}, False)):
        path.write_text(json.dumps(event))
        assert handler_event.is_one(path) is is_one


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/event.json")), ids=lambda path: path.parent.name)
def test_the_examples_are_events_of_what_they_lie_beside(path):
    is_function = (path.parent / "index.js").exists()
    assert handler_event.is_one(path) is not is_function
    if not is_function:
        handler_event.read(path)
