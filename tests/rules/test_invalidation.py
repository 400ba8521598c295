import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import QUERY_ALL, behavior, policy

from edgeproxy.messages import Headers, Request
from edgeproxy.model import Selection
from edgeproxy.rules import cache_key, invalidation

case = pytest.param
RECIPE = cache_key.compile(behavior(cache=policy(query_strings=QUERY_ALL, headers=Selection("whitelist", ("x",)))))


def target(path, query=None, method="GET", value="1"):
    """The line of a real cache key that names the object."""
    request = Request(method, "https", "a.test", path, query, Headers([("Host", "a.test"), ("X", value)]))
    return cache_key.key(RECIPE, request).split("\n")[0]


def named(path, *objects):
    compiled = invalidation.compile([path])
    return [each for each in objects if invalidation.names(compiled, target(*each))]


A, AB, QUERY = ("/a",), ("/ab",), ("/a", "x=1")
NAMED = [
    case("/a*", [A, AB, ("/ab", "x"), ("/A",)], [A, AB, ("/ab", "x")], id="CF-65"),
    case("/a", [A, AB, ("/A",), ("/a/",), QUERY], [A], id="a path is one object, in its case, without a query string"),
    case("/a?x=1", [A, QUERY, ("/a", "x=10"), ("/a", "x=1&y=2"), ("/a", "X=1")], [QUERY], id="a query string belongs to it"),
    case("/a?*", [A, QUERY, ("/a", ""), AB], [QUERY, ("/a", "")], id="any query string, but one"),
    case("/a?", [A, ("/a", ""), QUERY], [("/a", "")], id="an empty query string is one too"),
    case("/*", [A, AB, ("/",), QUERY, ("/\n\\?",)], [A, AB, ("/",), QUERY, ("/\n\\?",)], id="everything"),
    case("/dir*", [("/dir",), ("/dir/",), ("/directory/x",), ("/di",)], [("/dir",), ("/dir/",), ("/directory/x",)], id="dir*"),
    case("/dir/", [("/dir",), ("/dir/",), ("/dir/x",)], [("/dir/",)], id="dir/ is another object than dir"),
    case("/a*b", [("/a*b",), ("/axb",)], [("/a*b",)], id="a * before the end is a character"),
    case("/a*b*", [("/a*bc",), ("/axbc",)], [("/a*bc",)], id="even beside one at the end"),
    case("/a**", [("/a*",), ("/a*c",), AB], [("/a*",), ("/a*c",)], id="the last of two"),
    case("/[a].(b)+", [("/[a].(b)+",), ("/a.b",)], [("/[a].(b)+",)], id="nothing else is a pattern"),
    case("/%61", [A, ("/%61",)], [("/%61",)], id="as the viewer sent it"),
    case("/%c3%bc", [("/%C3%BC",), ("/%c3%bc",)], [("/%c3%bc",)], id="escapes have a case"),
    case("/a\\n", [("/a\\n",), ("/a\n",)], [("/a\\n",)], id="a backslash in the path"),
    case("/a\\*", [("/a\\n",), ("/a\n",), ("/a\\",)], [("/a\\n",), ("/a\\",)], id="a backslash before the *"),
    case("/a?x=1", [("/a?x=1",)], [("/a?x=1",)], id="a question mark that a function wrote into the path"),
    case("/", [("/",), ("/index.html",)], [("/",)], id="the default root object has a path of its own"),
]


@pytest.mark.parametrize(("path", "stored", "gone"), NAMED)
def test_what_a_path_names(path, stored, gone):
    assert invalidation.refusal([path]) is None
    assert named(path, *stored) == gone


def test_all_variants_of_an_object_go_together():
    variants = {target("/a", None, method, value) for method in ("GET", "HEAD", "OPTIONS") for value in "12"}
    assert variants == {"/a"}


def test_every_path_that_names_an_object_is_told():
    paths = ["/a*", "/ab", "/x", "/*", "/ab"]
    assert sorted(invalidation.naming(invalidation.compile(paths), "/ab")) == ["/*", "/a*", "/ab"]
    assert invalidation.naming(invalidation.compile(["/x*"]), "/a") == []
    assert invalidation.naming(invalidation.compile(["/a?b", "/a\\*"]), "/a\\?b") == ["/a?b"]


text = st.text("/aA?*%\\n\n&=1", max_size=6)
paths_ = text.map(lambda rest: f"/{rest}")


def means(path, url):
    return url.startswith(path[:-1]) if path.endswith("*") else url == path


@given(st.lists(paths_, min_size=1, max_size=4), paths_, st.none() | text)
def test_it_is_equality_or_a_prefix_of_the_url(paths, path, query):
    url = path if query is None else f"{path}?{query}"
    expected = {each for each in paths if means(each, url)}
    compiled, stored = invalidation.compile(paths), target(path, query)
    assert set(invalidation.naming(compiled, stored)) == expected
    assert invalidation.names(compiled, stored) == bool(expected)


REFUSED = [
    case([], "name at least one path, such as /index.html or /*", id="none"),
    case([""], "'' does not begin with a slash; a path stands without scheme and host, such as /index.html", id="empty"),
    case(["a"], "'a' does not begin with a slash", id="without a slash"),
    case(["*"], "'*' does not begin with a slash", id="a * alone"),
    case(["https://a.test/a"], "a path stands without scheme and host", id="a URL"),
    case(["#tag"], "'#tag' names a tag; edgeproxy does not emulate invalidation by tag", id="a tag"),
    case(["/" + "a" * 4000], "has 4,001 characters, 4,000 are allowed", id="too long"),
    case(["/ü"], "'/ü' has to be percent-encoded, as the viewer sends it: /%C3%BC", id="not ASCII"),
    case(["/a b%20"], "as the viewer sends it: /a%20b%20", id="a space, what is encoded stays so"),
    case(["/a\n"], "as the viewer sends it: /a%0A", id="a line break"),
    case(["/a\x7f\x00"], "as the viewer sends it: /a%7F%00", id="control characters"),
    case(["/\ud800"], "has to be percent-encoded", id="half a character"),
    case(["/~joe"], "/~joe holds a ~, which no invalidation may, encoded neither", id="a tilde"),
    case(["/%7Ejoe"], "/%7Ejoe holds a ~", id="a tilde encoded"),
    case(["/good", "bad", "/~"], "'bad' does not begin", id="the first one of several"),
]


@pytest.mark.parametrize(("paths", "reason"), REFUSED)
def test_what_is_refused_is_told_in_a_line(paths, reason):
    said = invalidation.refusal(paths)
    assert reason in said
    assert said.isprintable()


@pytest.mark.parametrize("path", ["/", "/" + "a" * 3999, "/!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}", "/a%20b"], ids=len)
def test_anything_that_a_viewer_can_send_is_taken(path):
    assert invalidation.refusal([path]) is None


HINTS = [
    case("/", "the default root object is stored under its own path, such as /index.html", id="root"),
    case("/a", "case counts, and with a query string it is another object; /a* takes them all", id="a path"),
    case("/a*", "case counts, and what a function rewrote is stored under the rewritten path", id="a wildcard"),
    case("/*.css", "a * is a wildcard only as the last character", id="a * before the end"),
    case("/a?x=1", "only the parameters that the cache policy takes count, in the viewer's order; /a* takes every query string", id="a query string"),
    case("/a?x=1&Expires=1&Signature=s&Key-Pair-Id=K", "the parameters of a signature are no part of it: /a?x=1", id="a signed URL"),
    case("/a?Policy=p&Signature=s&Key-Pair-Id=K", "the parameters of a signature are no part of it: /a", id="nothing but a signature"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "words"), HINTS)
def test_a_path_that_named_nothing_gets_a_hint(path, words):
    assert invalidation.hint(path) == words


@given(st.text(max_size=8))
def test_refusals_and_hints_never_fail(rest):
    invalidation.refusal([rest, f"/{rest}"])
    assert invalidation.hint(f"/{rest}")
