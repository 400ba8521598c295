import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules import paths

MATCHES = [
    pytest.param("/img/*", "/img/a.jpg", True, id="a star takes the rest of the path"),
    pytest.param("*.jpg", "/x/y.jpg", True, id="a star takes slashes too"),
    pytest.param("*.jpg", "/x.JPG", False, id="CF-10 a pattern is case-sensitive"),
    pytest.param("/a*", "/a/b/..", True, id="CF-11 dot segments are removed for matching"),
    pytest.param("images/*", "/images/z", True, id="CF-12 the leading slash is optional"),
    pytest.param("/images", "/images/", False, id="a pattern is compared with the whole path"),
    pytest.param("/p?ge", "/page", True, id="a question mark is one character"),
    pytest.param("/p?ge", "/pge", False, id="a question mark is never nothing"),
    pytest.param("/p?ge", "/p/ge", True, id="a question mark may be a slash"),
    pytest.param("/private/*", "/public/../private/x", True, id="a climbing path is matched where it arrives"),
    pytest.param("/public/*", "/public/../private/x", False, id="a climbing path is not matched where it began"),
    pytest.param("/a/b", "/a//b", True, id="doubled slashes are merged for matching"),
    pytest.param("/admin/*", "/%61dmin/x", True, id="an escaped letter is the letter"),
    pytest.param("/a/b", "/a%2Fb", False, id="an escaped slash stays escaped"),
    pytest.param("/a.b", "/axb", False, id="a dot is a dot"),
    pytest.param("/$~+(x)*", "/$~+(x)1", True, id="characters special to regular expressions are literal"),
    pytest.param("/$_-.~\"'@:+&", "/$_-.~\"'@:+&", True, id="every character that a pattern may have is itself"),
    pytest.param("/~user/*", "/%7Euser/x", True, id="an escaped tilde is the tilde"),
    pytest.param("/private/*", "/public/%2e%2e/private/x", True, id="escaped dots climb"),
    pytest.param("/public/*", "/public/%2E%2E/private/x", False, id="in capitals too"),
    pytest.param("/public/*", "/public/%252e%252e/private/x", True, id="what is escaped twice does not"),
    pytest.param("/private/*", "//private///x", True, id="slashes in a row are one"),
    pytest.param("/private/*", "/./private/x", True, id="a dot is nothing"),
    pytest.param("/private/*", "/private;a=b/x", False, id="a semicolon is a character"),
    pytest.param("/a*", "/a;b", True, id="which a star takes too"),
    pytest.param("/a/b", "/a/b/.", False, id="a dot at the end leaves its slash"),
    pytest.param("/a?b", "/a%20b", False, id="what stays escaped is three characters"),
    pytest.param("/caf*", "/caf%C3%A9", True, id="escaped bytes beyond ASCII"),
    pytest.param("*", "/", True, id="a star is everything"),
    pytest.param("/?", "/", False, id="a question mark is not the empty rest"),
    pytest.param("index.html", "/index.html", True, id="a name alone is at the root"),
    pytest.param("*/index.html", "/index.html", True, id="a star before a slash may be nothing"),
    pytest.param("/a*b*c", "/a/b/x/c", True, id="several stars"),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_matches(pattern, path, expected):
    assert (paths.match(paths.compile((pattern,)), path) == 0) is expected


def test_the_first_pattern_in_order_wins():
    assert paths.match(paths.compile(("/img/*", "*.jpg")), "/img/a.jpg") == 0, "CF-9"


def test_no_pattern_is_the_default_behavior():
    assert paths.match(paths.compile(()), "/x") is None
    assert paths.match(paths.compile(("/y",)), "/x") is None


ROOTS = [
    pytest.param("/", "index.html", "/index.html", id="CF-13 the root becomes the root object"),
    pytest.param("/sub/", "index.html", "/sub/", id="CF-14 a folder stays as it is"),
    pytest.param("///", "index.html", "///", id="three slashes are not the root"),
    pytest.param("/", "", "/", id="without a root object the root stays"),
    pytest.param("/", "dir/index.html", "/dir/index.html", id="the root object may stand in a folder"),
]


@pytest.mark.parametrize(("path", "root", "expected"), ROOTS)
def test_default_root_object(path, root, expected):
    assert paths.with_root_object(path, root) == expected


NORMAL = [
    ("/a/./b", "/a/b"),
    ("/a/b/.", "/a/b/"),
    ("/a/b/..", "/a/"),
    ("/../../a", "/a"),
    ("/..", "/"),
    ("/.hidden", "/.hidden"),
    ("/a...b", "/a...b"),
]


@pytest.mark.parametrize(("path", "expected"), NORMAL)
def test_normalise(path, expected):
    assert paths.normalise(path) == expected


@given(st.text(alphabet="/.a%6", max_size=30).map(lambda text: "/" + text))
def test_a_normal_path_never_climbs_and_stays_absolute(path):
    normal = paths.normalise(path)
    assert normal.startswith("/")
    assert ".." not in normal.split("/")
