import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers
from edgeproxy.rules.cache_control import CENTURY, CacheControl, is_doubtful, parse


def read(*lines):
    return parse(Headers(("Cache-Control", line) for line in lines))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        pytest.param("max-age=60", CacheControl(max_age=60), id="one directive"),
        pytest.param("Public, MAX-AGE=60 , S-MaxAge = 5", CacheControl(max_age=60, s_maxage=5), id="names ignore case"),
        pytest.param(
            "no-store,no-cache,private", CacheControl(no_store=True, no_cache=True, private=True), id="all against reuse"
        ),
        pytest.param(
            "stale-while-revalidate=9, stale-if-error=0",
            CacheControl(stale_while_revalidate=9, stale_if_error=0),
            id="CF-45 how long it may be stale",
        ),
        pytest.param('max-age="60"', CacheControl(max_age=60), id="a quoted age counts"),
        pytest.param("max-age=60, max-age=5", CacheControl(max_age=60), id="the first of two counts"),
        pytest.param("max-age=abc, max-age=5", CacheControl(max_age=5), id="the first valid one counts"),
        pytest.param("max-age=-1", CacheControl(), id="a negative age is ignored"),
        pytest.param("max-age=1.5", CacheControl(), id="a broken number is ignored"),
        pytest.param("max-age", CacheControl(), id="an age without value is ignored"),
        pytest.param("max-age=" + "9" * 5000, CacheControl(max_age=CENTURY), id="an age past a century is a century"),
        pytest.param("max-age=000000000000060", CacheControl(max_age=60), id="zeros in front mean nothing"),
        pytest.param('ext="no-store, max-age=5", max-age=60', CacheControl(max_age=60), id="what is quoted is no directive"),
        pytest.param(r'ext="a\", no-store", max-age=60', CacheControl(max_age=60), id="a quote may be escaped"),
        pytest.param(
            'no-cache="Set-Cookie, X-A"', CacheControl(no_cache_fields=frozenset({"set-cookie", "x-a"})), id="a field list"
        ),
        pytest.param('private="X-A"', CacheControl(private=True), id="private with a field list is private"),
        pytest.param('no-cache=""', CacheControl(no_cache=True), id="an empty field list is plain no-cache"),
        pytest.param("", CacheControl(), id="an empty field is there all the same"),
    ],
)
def test_cache_control_is_read(text, meaning):
    assert read(text) == meaning


def test_several_lines_are_one_list():
    assert read("max-age=60", "no-cache") == CacheControl(max_age=60, no_cache=True)


def test_no_line_is_not_an_empty_one():
    assert not read().present
    assert read("").present


@pytest.mark.parametrize(
    ("text", "strongest"),
    [("no-cache, private, no-store", "no-store"), ("no-cache, private", "private"), ("no-cache", "no-cache"), ("public", None)],
)
def test_the_strongest_directive_against_reuse(text, strongest):
    assert read(text).forbids == strongest


@given(st.text(alphabet='max-age=,"\\ 0159;private', max_size=40))
def test_no_text_raises(text):
    control = read(text)
    assert control.max_age is None or 0 <= control.max_age <= CENTURY


def test_a_long_hostile_field_is_read_in_linear_time():
    assert read('a="\\"' * 8000 + " " * 8000) == CacheControl()


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        pytest.param("max-age=5, s-maxage=9, public", False, id="one of each"),
        pytest.param("max-age=5, max-age=5", True, id="an age twice"),
        pytest.param("s-maxage=1, S-MaxAge=2", True, id="twice in another case"),
        pytest.param('max-age="5"', True, id="an age in quotes"),
        pytest.param("max-age=-1", True, id="a negative age"),
        pytest.param("max-age", True, id="an age without a value"),
        pytest.param("no-cache, no-cache", False, id="a word twice"),
    ],
)
def test_whether_an_age_is_doubtful(text, doubtful):
    assert is_doubtful(Headers([("Cache-Control", text)])) is doubtful
    assert is_doubtful(Headers()) is False
