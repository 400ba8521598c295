from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers
from edgeproxy.model import CacheBehavior, CachePolicy, Directory, Distribution, Origin, Url
from edgeproxy.rules import mapped_back
from edgeproxy.rules.mapped_back import CameBy

ORIGINS = {
    "app": Origin("app", "app.test", place=Url("http", "localhost", 5173, dev=True)),
    "api": Origin("api", "api.test", place=Url("http", "127.0.0.1", 4000, host_header="api.local")),
    "old": Origin("old", "old.test", place=Url("http", "127.0.0.1", 9000)),
    "site": Origin("site", "b.s3.amazonaws.com", s3=True, place=Directory(Path("public"))),
    "far": Origin("far", "far.test"),
}
SITE = Distribution(
    "Site",
    "E1",
    "d1.cloudfront.net",
    ORIGINS,
    CacheBehavior("*", "app", CachePolicy("P")),
    aliases=("www.Shop.test", "*.shop.dev"),
)
NAMES = mapped_back.compile(SITE, None)
PLAYED = CameBy("localhost:8080", "localhost", "https")
HTTP_ALONE = PLAYED._replace(scheme="http")
OVER_HTTP = CameBy("localhost:8080", "localhost", "http", 8443)
OVER_HTTPS = CameBy("localhost:8443", "localhost", "https", 8443)
HERE = "http://localhost:8080"

LOCATIONS = [
    pytest.param("https://www.shop.test/x?a=1#f", f"{HERE}/x?a=1#f", id="an alias"),
    pytest.param("http://www.shop.test/x", f"{HERE}/x", id="over HTTP"),
    pytest.param("HTTPS://WWW.SHOP.TEST/X", f"{HERE}/X", id="in capitals"),
    pytest.param("//www.shop.test/x", f"{HERE}/x", id="without a scheme"),
    pytest.param("https://www.shop.test", HERE, id="without a path"),
    pytest.param("https://www.shop.test?a=1", f"{HERE}?a=1", id="with a query alone"),
    pytest.param("https://www.shop.test./x", f"{HERE}/x", id="with a trailing dot"),
    pytest.param("https://www.shop.test:443/x", f"{HERE}/x", id="with HTTPS' own port"),
    pytest.param("http://www.shop.test:80/x", f"{HERE}/x", id="with HTTP's own port"),
    pytest.param("https://www.shop.test:/x", f"{HERE}/x", id="with an empty port"),
    pytest.param("https://d1.cloudfront.net/x", f"{HERE}/x", id="the domain name"),
    pytest.param("https://a.b.shop.dev/x", f"{HERE}/x", id="what a wildcard covers"),
    pytest.param("http://localhost:5173/x", f"{HERE}/x", id="the host that a dev server sees"),
    pytest.param("http://api.local/x", f"{HERE}/x", id="the host that a server is to see"),
]
AWAY = [
    pytest.param("/x", id="a path"),
    pytest.param("x/y", id="a relative path"),
    pytest.param("", id="nothing"),
    pytest.param("https://login.test/?next=https://www.shop.test/", id="another site"),
    pytest.param("https://www.shop.test:8443/x", id="another port"),
    pytest.param("https://www.shop.test:80/x", id="HTTP's port over HTTPS"),
    pytest.param("https://www.shop.test.evil.test/", id="a longer name"),
    pytest.param("https://xwww.shop.test/", id="a name that only ends so"),
    pytest.param("https://shop.dev/", id="what a wildcard does not cover"),
    pytest.param("https://me@www.shop.test/", id="with a user"),
    pytest.param("https://www.shop.test\\@evil.test/", id="a backslash"),
    pytest.param("ftp://www.shop.test/", id="another scheme"),
    pytest.param("http://127.0.0.1:4000/", id="a server that is told of another host"),
    pytest.param("http://127.0.0.1:9000/", id="a server that sees the viewer's host"),
    pytest.param("myapp://www.shop.test/", id="an app's own scheme"),
]


@pytest.mark.parametrize(("value", "expected"), LOCATIONS)
def test_a_redirect_to_a_name_of_the_distribution_leads_to_where_the_viewer_came_from(value, expected):
    assert mapped_back.location(NAMES, value, PLAYED) == expected


@pytest.mark.parametrize("value", AWAY)
def test_any_other_redirect_is_left_as_it_is(value):
    assert mapped_back.location(NAMES, value, PLAYED) == value


@pytest.mark.parametrize(
    ("came", "value", "expected"),
    [
        pytest.param(OVER_HTTP, "http://www.shop.test/x", f"{HERE}/x", id="HTTP stays HTTP"),
        pytest.param(OVER_HTTP, "https://www.shop.test/x", "https://localhost:8443/x", id="HTTPS is the other listener's"),
        pytest.param(
            OVER_HTTP._replace(https_port=443), "https://d1.cloudfront.net/x", "https://localhost/x", id="at its own port"
        ),
        pytest.param(OVER_HTTPS, "https://www.shop.test/x", "https://localhost:8443/x", id="HTTPS stays HTTPS"),
        pytest.param(OVER_HTTPS, "http://localhost:5173/x", "https://localhost:8443/x", id="a dev server knows of HTTP alone"),
        pytest.param(OVER_HTTPS, "//www.shop.test/x", "https://localhost:8443/x", id="no scheme is the viewer's"),
        pytest.param(HTTP_ALONE, "http://www.shop.test/x", f"{HERE}/x", id="without an HTTPS listener"),
        pytest.param(
            HTTP_ALONE, "https://www.shop.test/x", "https://www.shop.test/x", id="a redirect to HTTPS would come back for ever"
        ),
        pytest.param(
            CameBy("[::1]:8080", "[::1]", "http", 8443), "https://www.shop.test/", "https://[::1]:8443/", id="an IPv6 address"
        ),
    ],
)
def test_scheme_and_port_are_those_of_a_listener(came, value, expected):
    assert mapped_back.location(NAMES, value, came) == expected


COOKIES = [
    pytest.param("a=1; Domain=www.shop.test; Path=/", "a=1; Path=/", id="an alias"),
    pytest.param("a=1; Path=/; domain = .Shop.Test", "a=1; Path=/", id="what an alias belongs to, with a dot"),
    pytest.param("a=1;Domain=d1.cloudfront.net;Secure", "a=1;Secure", id="the domain name"),
    pytest.param("a=1; Domain=shop.dev", "a=1", id="what a wildcard's names belong to"),
    pytest.param("a=1; Domain=x.shop.dev", "a=1", id="what a wildcard covers"),
    pytest.param("a=1; Domain=evil.test; Domain=shop.test", "a=1", id="the last one counts"),
]
KEPT = [
    pytest.param("a=1", id="no domain"),
    pytest.param("a=1; Path=/; Secure; SameSite=None", id="other attributes"),
    pytest.param("Domain=shop.test", id="a cookie of that name"),
    pytest.param("a=1; Domain=", id="an empty one"),
    pytest.param("a=1; Domain=test", id="one label"),
    pytest.param("a=1; Domain=cloudfront.net", id="a public suffix"),
    pytest.param("a=1; Domain=other.test", id="another site's"),
    pytest.param("a=1; Domain=op.test", id="a name that only ends so"),
    pytest.param("a=1; Domain=api.www.shop.test", id="a name below"),
    pytest.param("a=1; Domain=shop.test; Domain=evil.test", id="the last one counts"),
    pytest.param("a=1; Domain=localhost", id="this machine"),
]


@pytest.mark.parametrize(("value", "expected"), COOKIES)
def test_a_cookie_of_a_name_of_the_distribution_becomes_this_machines(value, expected):
    assert mapped_back.cookie(NAMES, value) == expected


@pytest.mark.parametrize("value", KEPT)
def test_any_other_cookie_is_left_as_it_is(value):
    assert mapped_back.cookie(NAMES, value) == value


@pytest.mark.parametrize(
    ("host", "location"), [("stage.test", "https://stage.test/x"), ("stage.test:81", "https://stage.test:81/x")]
)
def test_the_host_that_the_settings_let_be_seen_leads_back_too(host, location):
    names = mapped_back.compile(SITE, host)
    assert mapped_back.location(names, location, PLAYED) == f"{HERE}/x"
    assert mapped_back.cookie(names, "a=1; Domain=stage.test") == "a=1"


def test_every_line_of_an_answer_is_mapped_in_its_place():
    headers = Headers([
        ("Set-Cookie", "a=1; Domain=shop.test"), ("X", "https://www.shop.test/"), ("LOCATION", "https://www.shop.test/"),
        ("set-cookie", "b=2"),
    ])  # fmt: skip
    assert mapped_back.apply(NAMES, headers, PLAYED).items == (
        ("Set-Cookie", "a=1"), ("X", "https://www.shop.test/"), ("LOCATION", f"{HERE}/"), ("set-cookie", "b=2"),
    )  # fmt: skip


@pytest.mark.parametrize("items", [[], [("X", "1")], [("Location", "/x"), ("Set-Cookie", "a=1")]])
def test_an_answer_that_leads_nowhere_else_stays_the_same_value(items):
    headers = Headers(items)
    assert mapped_back.apply(NAMES, headers, PLAYED) is headers


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=80))
def test_no_value_becomes_one_that_breaks_the_head_or_names_another_host(text):
    for value in (text, f"https://www.shop.test{text}", f"//{text}"):
        mapped = mapped_back.location(NAMES, value, PLAYED)
        assert mapped == value or mapped.removeprefix(HERE)[:1] in ("", "/", "?", "#")
    assert set(mapped_back.cookie(NAMES, text)) <= set(text)
