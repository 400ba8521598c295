import pytest

from edgeproxy.testing import diff
from edgeproxy.testing.handler_message import plain

SENT = {
    "method": "GET",
    "uri": "/a",
    "querystring": "",
    "headers": {"host": [{"key": "Host", "value": "h"}], "x": [{"key": "X", "value": "1"}, {"key": "X", "value": "2"}]},
    "origin": {"custom": {"domainName": "o.example", "port": 443, "customHeaders": {"k": [{"key": "K", "value": "v"}]}}},
    "body": {"action": "read-only", "encoding": "base64", "data": "YWJj", "inputTruncated": False},
}


def changes(**fields):
    return diff.lines(plain(SENT), plain({**SENT, **fields}, SENT))


CASES = [
    pytest.param({}, [], id="nothing changed"),
    pytest.param({"uri": "/b"}, ['uri: "/a" -> "/b"'], id="a rewritten URI"),
    pytest.param({"querystring": "a=1"}, ['querystring: "" -> "a=1"'], id="a query string"),
    pytest.param(
        {"headers": {"host": [{"value": "i"}], "y": [{"value": "é"}]}},
        ['headers.host: "h" -> "i"', 'headers.x: - ["1", "2"]', 'headers.y: + "é"'],
        id="headers changed, deleted and added",
    ),
    pytest.param(
        {"headers": {**SENT["headers"], "host": [], "x": [{"value": ["1", "3"]}]}},
        ['headers.host: - "h"', 'headers.x: ["1", "2"] -> ["1", "3"]'],
        id="an empty list deletes, a list of values is several lines",
    ),
    pytest.param(
        {"headers": {**SENT["headers"], "a": {"value": "1"}, "b": "1", "c": [{"key": "C"}], "d": [{"value": []}]}},
        ['headers.a: + "1"', 'headers.b: + "1"', 'headers.c: + [{"key": "C"}]', "headers.d: + []"],
        id="what is no list of lines is shown as it is",
    ),
    pytest.param({"headers": 3}, None, id="a number in place of the headers"),
    pytest.param(
        {"origin": {"custom": {**SENT["origin"]["custom"], "port": 80, "customHeaders": {"l": [{"value": "w"}]}}}},
        ["origin.custom.port: 443 -> 80", 'origin.custom.customHeaders.k: - "v"', 'origin.custom.customHeaders.l: + "w"'],
        id="another port and other custom headers",
    ),
    pytest.param(
        {"origin": {"s3": {"domainName": "b"}}},
        ['origin.custom.domainName: - "o.example"', "origin.custom.port: - 443", 'origin.custom.customHeaders.k: - "v"',
         'origin.s3.domainName: + "b"'],
        id="another kind of origin",
    ),
    pytest.param({"origin": 3}, None, id="a number in place of the origin"),
    pytest.param({"origin": {"s3": 3}}, None, id="a number in place of the bucket"),
    pytest.param({"body": {**SENT["body"], "data": "eA=="}}, [], id="a body that is not to be replaced"),
    pytest.param(
        {"body": {"action": "replace", "encoding": "text", "data": "x"}}, ['body: "abc" -> "x"'], id="a body replaced by text"
    ),
    pytest.param(
        {"body": {"action": "replace", "encoding": "base64", "data": "eHl6"}}, ['body: "abc" -> "xyz"'], id="by base64"
    ),
    pytest.param(
        {"body": {"action": "replace", "encoding": "base64", "data": "/w=="}}, ['body: "abc" -> "/w=="'], id="by no text"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "lines"), CASES)
def test_each_change_of_a_request_is_one_line(fields, lines):
    found = changes(**fields)
    assert all(line.isprintable() for line in found)
    assert found == lines or lines is None


def test_an_origin_or_body_left_out_stays():
    kept = {name: SENT[name] for name in ("method", "uri", "querystring", "headers")}
    assert diff.lines(plain(SENT), plain(kept, SENT)) == []


def test_a_response_made_from_nothing_is_all_new():
    made = {"status": 302, "statusDescription": "Found", "headers": {"location": [{"value": "/b"}]}, "body": "x"}
    assert diff.lines({}, plain(made)) == [
        "status: + 302", 'statusDescription: + "Found"', 'headers.location: + "/b"', 'body: + "x"',
    ]  # fmt: skip
