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
