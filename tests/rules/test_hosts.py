from dataclasses import replace

import pytest

from edgeproxy.model import CacheBehavior, CachePolicy, Distribution
from edgeproxy.rules import hosts


def distribution(name, *aliases):
    behavior = CacheBehavior("*", "o", CachePolicy("p"))
    return Distribution(name, "E1", f"d{name.lower()}.cloudfront.net", {}, behavior, aliases=aliases)


SHOP = distribution("Shop", "shop.example.com", "*.example.com")
BLOG = distribution("Blog", "blog.example.com", "*.b.example.com", "xn--bcher-kva.test")

CHOICES = [
    pytest.param("shop.example.com", 0, "shop.example.com", id="an alias picks its distribution"),
    pytest.param("BLOG.Example.com.:8080", 1, "blog.example.com", id="case, port and trailing dot do not count"),
    pytest.param("a.example.com", 0, "a.example.com", id="a wildcard stands for a label"),
    pytest.param("x.y.example.com", 0, "x.y.example.com", id="a wildcard stands for several labels"),
    pytest.param("a.b.example.com", 1, "a.b.example.com", id="the most specific wildcard wins"),
    pytest.param("b.example.com", 0, "b.example.com", id="a wildcard does not stand for the name without a label"),
    pytest.param("A.B.EXAMPLE.COM.:443", 1, "a.b.example.com", id="nor do they count for a wildcard"),
    pytest.param("XN--BCHER-KVA.test", 1, "xn--bcher-kva.test", id="an internationalised alias is its Punycode"),
    pytest.param("dblog.cloudfront.net", 1, "dblog.cloudfront.net", id="the domain name picks its distribution"),
    pytest.param("blog.localhost:8080", 1, "blog.example.com", id="a name under localhost picks by name"),
    pytest.param("other.localhost", 0, "shop.example.com", id="an unknown name under localhost is the default one"),
    pytest.param("localhost:8080", 0, "shop.example.com", id="localhost is the default one"),
    pytest.param("127.0.0.1:8080", 0, "shop.example.com", id="an address is the default one"),
    pytest.param("[::1]:8080", 0, "shop.example.com", id="an IPv6 address is the default one"),
    pytest.param("laptop.lan", 0, "shop.example.com", id="the listen address is the default one"),
]


@pytest.mark.parametrize(("host", "index", "seen"), CHOICES)
def test_choice(host, index, seen):
    compiled = hosts.compile((SHOP, BLOG), "Shop", None, ("laptop.lan",))
    assert hosts.choose(compiled, host)[:2] == (index, seen)


LOCAL = [
    pytest.param("shop.example.com:8080", None, id="the distribution's own name is not local"),
    pytest.param("x.example.com", None, id="nor is one that its wildcard covers"),
    pytest.param("LocalHost.:8080", "localhost", id="localhost"),
    pytest.param("blog.localhost:8080", "blog.localhost", id="a name under localhost"),
    pytest.param("127.0.0.1:8080", "127.0.0.1", id="an address"),
    pytest.param("[::1]:8080", "[::1]", id="an IPv6 address keeps its brackets"),
    pytest.param("laptop.lan:1", "laptop.lan", id="the listen address"),
]


@pytest.mark.parametrize(("host", "local"), LOCAL)
def test_the_name_of_this_machine_that_the_viewer_came_by(host, local):
    compiled = hosts.compile((SHOP, BLOG), "Shop", None, ("laptop.lan",))
    assert hosts.choose(compiled, host).local == local


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "EXAMPLE.COM.:443", ".example.com", "evil.test", "", "d9.cloudfront.net", "[::1", "1.2.3.4.5"),
        *("evil-example.com", "example.com.evil.test", "shop.example.com.."),
    ],
)
def test_cf_61_an_unknown_host_chooses_nothing(host):
    """CF-61"""
    compiled = hosts.compile((SHOP, distribution("Other")), None, None)
    assert hosts.choose(compiled, host) is None


def test_several_distributions_without_a_default_leave_localhost_unanswered():
    assert hosts.choose(hosts.compile((SHOP, BLOG), None, None), "localhost") is None


NOBODY = [
    pytest.param(
        "127.0.0.1:80", None, ": there are 2, shop.localhost is one; default: NAME in edgeproxy.yaml chooses", id="a local name"
    ),
    pytest.param("other.test", None, "", id="a name of nobody's"),
    pytest.param("other.test", "Shop", "", id="beside a default one"),
]


@pytest.mark.parametrize(("host", "default", "help_"), NOBODY)
def test_why_a_host_chooses_nothing(host, default, help_):
    compiled = hosts.compile((SHOP, BLOG), default, None)
    assert hosts.nobody(compiled, host) == f"no distribution answers to Host {host!r}{help_}"


def test_the_only_distribution_is_the_default_one():
    assert hosts.choose(hosts.compile((BLOG,), None, None), "127.0.0.1") == (0, "blog.example.com", "127.0.0.1")


def test_the_settings_may_name_the_host_that_is_seen():
    assert hosts.choose(hosts.compile((BLOG,), None, "www.test"), "localhost") == (0, "www.test", "localhost")


@pytest.mark.parametrize("host", ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080", "app.localhost:8080"])
def test_what_no_file_declares_goes_by_the_name_that_its_viewers_use(host):
    undeclared = replace(distribution("local"), declared=False)
    assert hosts.choose(hosts.compile((undeclared,), None, None), host).viewer_host == host
    assert hosts.choose(hosts.compile((undeclared,), None, "www.test"), host).viewer_host == "www.test"


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        pytest.param("127.0.0.1", "127.0.0.1:8080", id="as it is printed"),
        pytest.param("::1", "[::1]:8080", id="IPv6 in brackets"),
        pytest.param("0.0.0.0", "localhost:8080", id="every address is no place to go to"),
        pytest.param("::", "localhost:8080", id="nor every one of IPv6"),
        pytest.param("laptop.lan", "localhost:8080", id="a name that others have, too"),
    ],
)
def test_the_host_of_who_asks_here(listen, address):
    assert hosts.address(listen, 8080) == address


def test_without_an_exact_alias_the_domain_name_is_seen():
    only_wildcard = distribution("Wild", "*.w.test")
    assert hosts.choose(hosts.compile((only_wildcard,), None, None), "localhost").viewer_host == "dwild.cloudfront.net"


@pytest.mark.parametrize("host", ["localhost", "a_b.test:8443", "[::1]:1", "1.2.3.4"])
def test_what_can_stand_in_a_host_header(host):
    assert hosts.is_host(host)


@pytest.mark.parametrize(
    "host", ["", "http://a.test", "a.test/x", "user@a.test", "a.test:", "a b", "a\r\nX: 1", "::1", "a.test\n"]
)
def test_what_cannot(host):
    assert not hosts.is_host(host)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost.test", False),
        ("notlocalhost", False),
    ],
)
def test_names_of_this_machine_whatever_it_serves(name, local):
    assert hosts.is_local(name) is local
