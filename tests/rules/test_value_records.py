import pytest

from edgeproxy.errors import FunctionError
from edgeproxy.messages import Headers
from edgeproxy.rules import value_records
from edgeproxy.rules.value_records import Entry


def both(*values):
    return {"value": values[0], "multiValue": [{"value": value} for value in values]}


@pytest.mark.parametrize(
    ("query", "records"),
    [
        pytest.param("x=1&x=2&y", {"x": both("1", "2"), "y": {"value": ""}}, id="CFF-1 a repeat and a name without value"),
        pytest.param(None, {}, id="CFF-2 no query string"),
        pytest.param("", {}, id="CFF-3 an empty query string"),
        pytest.param("q=%E5%AE%B6+a", {"q": {"value": "%E5%AE%B6+a"}}, id="CFF-4 nothing is decoded"),
        pytest.param("x=1,2", {"x": {"value": "1,2"}}, id="commas do not part values"),
        pytest.param("a=b=c", {"a": {"value": "b=c"}}, id="only the first = parts"),
        pytest.param("ID=1&id=2", {"ID": {"value": "1"}, "id": {"value": "2"}}, id="names keep their case"),
        pytest.param("&&a=1&", {"a": {"value": "1"}}, id="empty parameters are none"),
        pytest.param("x=1&x=2&x=3", {"x": both("1", "2", "3")}, id="three of a name"),
    ],
)
def test_query_strings(query, records):
    assert value_records.records(value_records.query_parts(query)) == records


@pytest.mark.parametrize(
    ("lines", "records"),
    [
        pytest.param(["k=1; k=2; Z=3"], {"k": both("1", "2"), "Z": {"value": "3"}}, id="CFF-7 repeats and case"),
        pytest.param(["a=1", "b=2"], {"a": {"value": "1"}, "b": {"value": "2"}}, id="two lines"),
        pytest.param(['a="x y";; b'], {"a": {"value": '"x y"'}, "b": {"value": ""}}, id="quotes stay, a name without value"),
        pytest.param([], {}, id="no cookies"),
    ],
)
def test_request_cookies(lines, records):
    headers = Headers([("Cookie", line) for line in lines])
    assert value_records.records(value_records.cookie_parts(headers)) == records


@pytest.mark.parametrize(
    ("lines", "records"),
    [
        pytest.param(
            ["sid=abc; Secure; Path=/"],
            {"sid": {"value": "abc", "attributes": "Secure; Path=/"}},
            id="attributes as they stand",
        ),
        pytest.param(["a=1"], {"a": {"value": "1"}}, id="no attributes"),
        pytest.param(
            ["a=1; Path=/x", "a=2"],
            {
                "a": {
                    "value": "1",
                    "attributes": "Path=/x",
                    "multiValue": [{"value": "1", "attributes": "Path=/x"}, {"value": "2"}],
                }
            },
            id="each of a repeat has its own",
        ),
    ],
)
def test_response_cookies(lines, records):
    headers = Headers([("Set-Cookie", line) for line in lines])
    assert value_records.records(value_records.set_cookie_parts(headers)) == records


@pytest.mark.parametrize(
    ("items", "records"),
    [
        pytest.param([("Accept", "a"), ("accept", "b")], {"accept": both("a", "b")}, id="CFF-5 two lines"),
        pytest.param([("Accept", "a, b")], {"accept": {"value": "a, b"}}, id="CFF-5 one line with a comma"),
        pytest.param([("X-Foo", "1")], {"x-foo": {"value": "1"}}, id="CFF-6 lower-case names"),
        pytest.param([("Cookie", "a=1"), ("A", "1")], {"a": {"value": "1"}}, id="CFF-7 the Cookie header is apart"),
        pytest.param([("Connection", "close"), ("X-Edge-A", "1")], {}, id="disallowed headers are hidden"),
        pytest.param([("A", "h\xe9")], {"a": {"value": "hé"}}, id="text as the function sees it"),
    ],
)
def test_headers(items, records):
    assert value_records.header_records(Headers(items), "cookie") == records


AB = {"x": both("a", "b")}


@pytest.mark.parametrize(
    ("sent", "returned", "changed"),
    [
        pytest.param(AB, AB, {}, id="nothing"),
        pytest.param(AB, {"x": {**AB["x"], "value": "n"}}, {"x": ["n", "b"]}, id="CFF-9 value alone replaces the first"),
        pytest.param(
            AB,
            {"x": {"value": "q", "multiValue": [{"value": "a"}, {"value": "z"}]}},
            {"x": ["a", "z"]},
            id="CFF-10 a modified multiValue wins",
        ),
        pytest.param(AB, {}, {"x": []}, id="a deleted name loses every occurrence"),
        pytest.param({}, {"y": {"value": "1"}}, {"y": ["1"]}, id="an added name"),
        pytest.param({}, {"y": both("1", "2")}, {"y": ["1", "2"]}, id="an added name with two values"),
        pytest.param(AB, {"x": {"value": "n"}}, {"x": ["n"]}, id="a fresh record is all there is"),
        pytest.param(AB, {"x": {"value": "a", "multiValue": []}}, {"x": []}, id="an empty multiValue deletes"),
        pytest.param(AB, {"x": {**AB["x"], "note": 1}}, {}, id="unknown members do not count"),
        pytest.param(
            {"x": {"value": "a"}}, {"x": {"value": "a", "multivalue": []}}, {}, id="a misspelt multiValue does not count"
        ),
        pytest.param({"x": {"value": "a"}}, {"x": {"value": "a", "multiValue": None}}, {}, id="multiValue of null is none"),
    ],
)
def test_changes(sent, returned, changed):
    assert value_records.changes(sent, returned, "request.headers") == {
        name: [Entry(value) for value in values] for name, values in changed.items()
    }


@pytest.mark.parametrize(
    ("returned", "cause"),
    [
        pytest.param({"x": "a"}, "request.headers['x'] is a string", id="a string for a record"),
        pytest.param({"x": {"value": 1}}, "string `value`", id="a number for a value"),
        pytest.param({"x": {}}, "string `value`", id="no value"),
        pytest.param({"x": None}, "null or undefined", id="null for a record"),
        pytest.param({"x": {"value": "a", "multiValue": "b"}}, "multiValue is a string", id="a string for multiValue"),
        pytest.param({"x": {"value": "a", "multiValue": ["b"]}}, "is a string", id="a string in multiValue"),
        pytest.param({"x": {"value": "a", "attributes": 1}}, "string `value`", id="a number for attributes"),
        pytest.param([], "request.headers is an array", id="an array for the object"),
        pytest.param(None, "request.headers is null", id="null for the object"),
        pytest.param(3, "request.headers is a number", id="a number for the object"),
    ],
)
def test_what_is_no_record_is_refused(returned, cause):
    with pytest.raises(FunctionError) as caught:
        value_records.changes({}, returned, "request.headers")
    assert caught.value.sentence.startswith("The CloudFront function returned an invalid value: request.headers must ")
    assert cause in caught.value.cause


def test_rewritten_keeps_the_text_of_all_that_did_not_change():
    parts = value_records.query_parts("a&b=1&c=%20&b=h\xe9")
    changed = {"b": [Entry("n"), Entry("hé")], "d": [Entry("é")]}
    written = ["a", "b=n", "b=h\xe9", "c=%20", "d=\xc3\xa9"]
    assert value_records.rewritten(parts, changed, value_records.write_pair) == written


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        pytest.param(Entry("1", "Path=/; Secure"), "s=1; Path=/; Secure", id="CFF-22 with attributes"),
        pytest.param(Entry("1"), "s=1", id="without"),
        pytest.param(Entry("1", ""), "s=1", id="with empty ones"),
    ],
)
def test_set_cookie_lines(entry, line):
    assert value_records.write_set_cookie("s", entry) == line
