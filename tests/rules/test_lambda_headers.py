import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.errors import LambdaError
from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers
from edgeproxy.rules import edge_headers, lambda_headers

HEADERS = Headers([("Host", "h"), ("x-a", "1"), ("Connection", "close"), ("X-A", "2"), ("Name", "\xe9")])
SENT = {
    "host": [{"key": "Host", "value": "h"}],
    "x-a": [{"key": "x-a", "value": "1"}, {"key": "X-A", "value": "2"}],
    "name": [{"key": "Name", "value": "é"}],
}


def apply(returned, hook=Hook.ORIGIN_REQUEST, headers=HEADERS):
    return lambda_headers.apply(hook, lambda_headers.headers_object(headers), returned, headers)


def test_le_3_le_4_the_headers_object_has_an_entry_a_line():
    assert lambda_headers.headers_object(HEADERS) == SENT, "LE-3 two lines in order, LE-4 Connection absent"


def test_unchanged_headers_are_the_same_object():
    assert apply(SENT) is HEADERS


@pytest.mark.parametrize(
    ("returned", "items"),
    [
        pytest.param(
            {**SENT, "x-my-id": [{"value": "1"}]}, (*HEADERS.items, ("X-My-Id", "1")), id="LE-5 the key is made from the name"
        ),
        pytest.param({**SENT, "X-NEW": [{"value": "1"}]}, (*HEADERS.items, ("X-New", "1")), id="a name in capitals"),
        pytest.param(
            {**SENT, "x-new": [{"key": "x-NEW", "value": "é"}]}, (*HEADERS.items, ("x-NEW", "\xc3\xa9")), id="its own key"
        ),
        pytest.param(
            {**SENT, "x-new": [{"value": ["1", "2"]}]},
            (*HEADERS.items, ("X-New", "1"), ("X-New", "2")),
            id="an array of strings",
        ),
        pytest.param(
            {**SENT, "x-a": [{"key": "X-A", "value": "2"}]},
            (("Host", "h"), ("X-A", "2"), ("Connection", "close"), ("Name", "\xe9")),
            id="one line less",
        ),
        pytest.param(
            {**SENT, "name": [{"key": "Name", "value": "é"}, {"key": "Name", "value": "ü"}]},
            (*HEADERS.items, ("Name", "\xc3\xbc")),
            id="a line that stays keeps its bytes",
        ),
        pytest.param(
            {"host": SENT["host"], "name": SENT["name"]},
            (("Host", "h"), ("Connection", "close"), ("Name", "\xe9")),
            id="a deleted name",
        ),
        pytest.param(
            {**SENT, "x-a": []},
            (("Host", "h"), ("Connection", "close"), ("Name", "\xe9")),
            id="an empty array deletes the name",
        ),
        pytest.param({**SENT, "host": [{"value": "other"}]}, (("Host", "other"), *HEADERS.items[1:]), id="LE-8 another Host"),
    ],
)
def test_changes(returned, items):
    assert apply(returned).items == items


@pytest.mark.parametrize(
    ("returned", "sentence", "cause"),
    [
        pytest.param([], lambda_headers.NOT_AN_OBJECT, "the headers object is []", id="an array"),
        pytest.param(
            {"a": {"value": "1"}},
            "The Lambda function returned an invalid entry in the headers object: "
            "Each header entry in the headers object must be an array.",
            "'a' is not an array",
            id="LE-27 an object for an array",
        ),
        pytest.param(
            {"x": [{"value": 1}]}, lambda_headers.NOT_A_STRING, "header :x has one or more entries", id="LE-28 a number"
        ),
        pytest.param({"x": [{"value": {}}]}, lambda_headers.NOT_A_STRING, "header :x has", id="LE-28 an object"),
        pytest.param({"x": [{"value": ["1", 2]}]}, lambda_headers.NOT_A_STRING, "header :x has", id="a number among strings"),
        pytest.param({"x": [{"key": "X"}]}, lambda_headers.NOT_A_STRING, "header :x has", id="no value"),
        pytest.param({"x": ["1"]}, lambda_headers.NOT_A_STRING, "header :x has", id="a string for an entry"),
        pytest.param(
            {"x": [{"key": "Y", "value": "1"}]}, lambda_headers.KEY_MISMATCH, "has the key 'Y'", id="the key of another"
        ),
        pytest.param({"x": [{"key": 1, "value": "1"}]}, lambda_headers.KEY_MISMATCH, "has the key 1", id="a number for a key"),
        pytest.param(
            {"k": [{"key": "\u212a", "value": "1"}]},
            lambda_headers.KEY_MISMATCH,
            "key",
            id="a key that is k only in lower case",
        ),
        pytest.param({"\u212a": [{"value": "1"}]}, edge_headers.LAMBDA_ILLEGAL, "not ASCII", id="a name that is not ASCII"),
        pytest.param({"a b": [{"value": "1"}]}, edge_headers.LAMBDA_ILLEGAL, "no token", id="a space in a name"),
        pytest.param(
            {"x": [{"value": "a\r\nb"}]}, edge_headers.LAMBDA_ILLEGAL, "'%0D' in header value", id="LE-29 a line break"
        ),
        pytest.param(
            {"connection": [{"value": "close"}]},
            edge_headers.LAMBDA_DISALLOWED,
            "headerName : connection",
            id="LE-11 a hidden one",
        ),
        pytest.param(
            {"X-Edge-Resize": [{"value": "1"}]},
            edge_headers.LAMBDA_DISALLOWED,
            "headerName : x-edge-resize",
            id="LE-11 in capitals",
        ),
        pytest.param(
            {"accept-encoding": [{"value": "br"}]},
            edge_headers.LAMBDA_READ_ONLY,
            "headerName : Accept-Encoding",
            id="LE-10 read-only",
        ),
    ],
)
def test_refusals(returned, sentence, cause):
    with pytest.raises(LambdaError) as caught:
        apply(SENT | returned if isinstance(returned, dict) else returned)
    assert caught.value.sentence == sentence
    assert cause in caught.value.cause


def test_content_length_at_origin_response_passes_and_does_not_change():
    headers = Headers([("Content-Length", "4"), ("A", "1")])
    assert apply({"a": [{"key": "A", "value": "1"}]}, Hook.ORIGIN_RESPONSE, headers) == headers
    assert apply({"content-length": [{"value": "9"}]}, Hook.ORIGIN_RESPONSE, headers).items == (("Content-Length", "4"),)


names = st.sampled_from(["Host", "x-a", "X-A", "Cookie", "Connection", "X-Edge-Q", "Via", "Set-Cookie"])
values = st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=12)


@given(st.lists(st.tuples(names, values), max_size=8).map(Headers))
def test_what_was_shown_and_given_back_is_the_same_object(headers):
    assert apply(lambda_headers.headers_object(headers), Hook.VIEWER_REQUEST, headers) is headers
