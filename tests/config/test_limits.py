import pytest

from edgeproxy.config import limits
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.errors import ConfigError


def test_as_much_as_the_table_allows_is_no_problem():
    problems = Problems()
    limits.check("cache behaviors per distribution", 75, Node(None), problems)
    assert not problems


def test_more_is_a_problem_with_both_numbers():
    problems = Problems()
    limits.check("cache behaviors per distribution", 76, Node(None), problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert caught.value.problems[0][::4] == ("76 cache behaviors per distribution", "CloudFront allows 75")


@pytest.mark.parametrize(
    ("pattern", "legal"),
    [
        ("/images/*.jpg", True),
        ("a?c", True),
        ("""_-.*$/~"'@:+&""", True),
        ("/a b", False),
        ("/a{b}", False),
        ("/a%20b", False),
        ("", False),
    ],
)
def test_characters_of_a_path_pattern(pattern, legal):
    assert bool(limits.PATH_PATTERN.fullmatch(pattern)) is legal


def test_bytes_of_code_are_counted():
    assert (limits.code_size("aé"), limits.code_size("\ud800")) == (3, 3)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("17", 17),
        ("0000000001", 1),
        pytest.param("0" * 10_000 + "5", 5, id="more digits than Python reads"),
        ("999999999", 999_999_999),
        ("0000000019999", 19999),
        ("1000000000", None),
        ("-1", None),
        ("1.0", None),
        ("٣", None),
        ("", None),
    ],
)
def test_whole_numbers(text, number):
    assert limits.whole(text) == number


@pytest.mark.parametrize(("name", "legal"), [("index.html", True), ("dir/index.html", True), ("", True), ("*.html", False)])
def test_characters_of_a_root_object(name, legal):
    assert bool(limits.ROOT_OBJECT.fullmatch(name)) is legal
