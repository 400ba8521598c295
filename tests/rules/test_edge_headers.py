import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.errors import FunctionError, LambdaError
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.messages import Headers
from edgeproxy.rules import edge_headers


def run(hook, tier, before, after):
    before, after = Headers(before), Headers(after)
    names = {*before.names(), *after.names()}
    changed = [name for name in names if before.get_all(name) != after.get_all(name)]
    edge_headers.check(hook, tier, before, after, changed)


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        pytest.param("connection", True, id="a connection header"),
        pytest.param("x-real-ip", True, id="X-Real-IP"),
        pytest.param("x-forwarded-proto", True, id="X-Forwarded-Proto"),
        pytest.param("client-cert", True, id="Client-Cert"),
        pytest.param("x-edge-foo", True, id="anything that begins with X-Edge-"),
        pytest.param("x-amz-cf-foo", True, id="anything that begins with X-Amz-Cf-"),
        pytest.param("x-amzn-trace-id", False, id="X-Amzn-Trace-Id is not on the list"),
        pytest.param("x-forwarded-host", False, id="X-Forwarded-Host is not on the list"),
        pytest.param("x-forwarded-for", False, id="X-Forwarded-For is not on the list"),
        pytest.param("authorization", False, id="Authorization is not on the list"),
        pytest.param("x-edge", False, id="the prefix without its hyphen"),
    ],
)
def test_the_list_of_disallowed_headers(name, hidden):
    assert edge_headers.is_disallowed(name) is hidden


def test_visible_leaves_out_what_is_disallowed_and_keeps_the_rest_as_it_stood():
    headers = Headers([("Host", "h"), ("Connection", "close"), ("x-b", "1"), ("X-Edge-Foo", "2"), ("X-B", "3")])
    assert edge_headers.visible(headers).items == (("Host", "h"), ("x-b", "1"), ("X-B", "3"))


def test_visible_is_the_same_object_when_nothing_is_hidden():
    headers = Headers([("Host", "h")])
    assert edge_headers.visible(headers) is headers


@pytest.mark.parametrize(
    ("lower", "written"),
    [
        pytest.param("x-my-header", "X-My-Header", id="the first letter of each word"),
        pytest.param("etag", "Etag", id="one word"),
        pytest.param("x-1a", "X-1a", id="a word that begins with a digit"),
        pytest.param("x--a-", "X--A-", id="empty words"),
    ],
)
def test_wire_name(lower, written):
    assert edge_headers.wire_name(lower) == written


@pytest.mark.parametrize(
    ("hook", "tier", "before", "after"),
    [
        pytest.param(Hook.VIEWER_REQUEST, "function", [], [("X-Forwarded-Host", "a")], id="CFF-25 X-Forwarded-Host"),
        pytest.param(Hook.VIEWER_RESPONSE, "function", [], [("Content-Length", "1")], id="CFF-33 Content-Length by a function"),
        pytest.param(Hook.ORIGIN_REQUEST, "lambda", [("Host", "a")], [("Host", "b")], id="LE-8 Host at origin-request"),
        pytest.param(Hook.VIEWER_REQUEST, "lambda", [], [("X-Amzn-Trace-Id", "1")], id="LE-12 X-Amzn-Trace-Id"),
        pytest.param(
            Hook.ORIGIN_REQUEST, "lambda", [], [("CloudFront-Viewer-Country", "DE")], id="LE-13 the country at origin-request"
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "function",
            [],
            [("CloudFront-Viewer-Country", "DE")],
            id="the country by a CloudFront Function",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "lambda",
            [("Cloudfront-Viewer-Country", "DE")],
            [("Cloudfront-Viewer-Country", "FR")],
            id="the country that the viewer itself sent",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST, "lambda", [("Via", "1.1 a")], [("via", "1.1 a ")], id="a read-only value but for spaces"
        ),
        pytest.param(Hook.VIEWER_REQUEST, "function", [], [("X-A", "a\tb é")], id="a tab and letters beyond ASCII"),
    ],
)
def test_these_pass(hook, tier, before, after):
    assert run(hook, tier, before, after) is None


@pytest.mark.parametrize(
    ("hook", "tier", "before", "after", "sentence", "cause"),
    [
        pytest.param(
            Hook.VIEWER_REQUEST,
            "function",
            [("Host", "a")],
            [("Host", "b")],
            "The CloudFront function tried to add, delete, or change a read-only header.",
            "change the read-only header 'host'",
            id="CFF-23 a changed Host",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "function",
            [("Via", "1.1 a")],
            [],
            "The CloudFront function tried to add, delete, or change a read-only header.",
            "delete the read-only header 'via'",
            id="CFF-23 a deleted Via",
        ),
        pytest.param(
            Hook.VIEWER_RESPONSE,
            "function",
            [],
            [("Warning", "199")],
            "The CloudFront function tried to add, delete, or change a read-only header.",
            "add the read-only header 'warning'",
            id="an added Warning",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "function",
            [],
            [("X-Edge-Foo", "1")],
            "The CloudFront function tried to add a disallowed header.",
            "disallowed header 'x-edge-foo'",
            id="CFF-24 X-Edge-Foo",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "lambda",
            [("Host", "a")],
            [("Host", "b")],
            "The Lambda function result failed validation: The function tried to add, delete, or change a read-only header.",
            "change read-only header, headerName : Host.",
            id="LE-7 a changed Host",
        ),
        pytest.param(
            Hook.ORIGIN_RESPONSE,
            "lambda",
            [("Transfer-Encoding", "chunked")],
            [],
            "The Lambda function result failed validation: The function tried to add, delete, or change a read-only header.",
            "Lambda function result failed validation, the function tried to delete read-only header, headerName : Transfer-Encoding.",
            id="LE-42 a deleted Transfer-Encoding",
        ),
        pytest.param(
            Hook.ORIGIN_REQUEST,
            "lambda",
            [],
            [("connection", "close")],
            "The Lambda function result failed validation: The function tried to add a blacklisted header.",
            "the function tried to add a blacklisted header in headers, headerName : connection.",
            id="LE-11 an added Connection",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "lambda",
            [],
            [("CloudFront-Viewer-Country", "DE")],
            "The Lambda function result failed validation: The function tried to add a blacklisted header.",
            "headerName : cloudfront-viewer-country.",
            id="LE-13 the country at viewer-request",
        ),
        pytest.param(
            Hook.VIEWER_REQUEST,
            "lambda",
            [],
            [("Location", "/a\r\nX: y")],
            edge_headers.LAMBDA_ILLEGAL,
            "invalid character : '%0D' in header value, headerName : Location.",
            id="LE-29 a line break",
        ),
        pytest.param(
            Hook.VIEWER_RESPONSE,
            "function",
            [],
            [("X-A", "a\0")],
            edge_headers.FUNCTION_ILLEGAL,
            "invalid character : '%00'",
            id="a NUL by a function",
        ),
        pytest.param(
            Hook.VIEWER_RESPONSE,
            "function",
            [],
            [("X A", "a")],
            edge_headers.FUNCTION_ILLEGAL,
            "no token",
            id="a space in a name",
        ),
        pytest.param(
            Hook.ORIGIN_REQUEST,
            "lambda",
            [("Host", "a")],
            [("Host", "a"), ("Host", "b")],
            edge_headers.LAMBDA_ILLEGAL,
            "only one line",
            id="two lines of Host",
        ),
    ],
)
def test_these_are_refused(hook, tier, before, after, sentence, cause):
    error = FunctionError if tier == "function" else LambdaError
    with pytest.raises(error) as caught:
        run(hook, tier, before, after)
    assert (caught.value.status, caught.value.sentence) == (502, sentence)
    assert cause in caught.value.cause
    assert caught.value.x_cache == error.__name__.replace("Error", "ValidationError")


READ_ONLY = [
    (hook, tier, name)
    for hook, rights in RIGHTS.items()
    for tier, names in (("function", rights.function_read_only), ("lambda", rights.lambda_read_only))
    for name in sorted(names)
]


@pytest.mark.parametrize(("hook", "tier", "name"), READ_ONLY)
@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param([], ["1"], id="added"), pytest.param(["1"], [], id="deleted"), pytest.param(["1"], ["2"], id="changed")],
)
def test_every_read_only_header_of_the_table_is_kept(hook, tier, name, before, after):
    with pytest.raises((FunctionError, LambdaError), match=f"(?i)read-only header.*{name}"):
        run(hook, tier, [(name, value) for value in before], [(name.title(), value) for value in after])


lines = st.lists(st.tuples(st.sampled_from(["a", "A", "b", "c"]), st.text("xyz", max_size=2)), max_size=6)


@given(lines, st.dictionaries(st.sampled_from(["a", "b", "d"]), st.lists(st.text("xyz"), max_size=3)))
def test_replaced_changes_the_named_and_nothing_else(before, changed):
    after = edge_headers.replaced(
        Headers(before), {name: [(name, value) for value in values] for name, values in changed.items()}
    )
    assert all(after.get_all(name) == values for name, values in changed.items())
    assert [item for item in after if item[0].lower() not in changed] == [
        item for item in before if item[0].lower() not in changed
    ]


def test_replaced_puts_new_lines_where_the_name_first_stood():
    headers = Headers([("A", "1"), ("B", "2"), ("C", "3"), ("b", "4")])
    after = edge_headers.replaced(headers, {"b": [("B", "5"), ("B", "6")], "d": [("D", "7")]})
    assert after.items == (("A", "1"), ("B", "5"), ("B", "6"), ("C", "3"), ("D", "7"))
