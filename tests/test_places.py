import pytest

from edgeproxy.places import SignAs, Tls, Url, website_bucket


@pytest.mark.parametrize(
    ("domain", "bucket"),
    [
        pytest.param("acme.s3-website-us-east-1.amazonaws.com", "acme", id="with a hyphen"),
        pytest.param("acme.s3-website.eu-central-1.amazonaws.com", "acme", id="with a dot"),
        pytest.param("www.acme.com.s3-website-eu-west-1.amazonaws.com", "www.acme.com", id="a bucket with dots"),
        pytest.param("acme.s3-website.cn-north-1.amazonaws.com.cn", "acme", id="in China"),
        pytest.param("acme.s3.us-east-1.amazonaws.com", None, id="a REST endpoint"),
        pytest.param("acme.s3-website-us-east-1.amazonaws.com.evil.test", None, id="a name of others"),
        pytest.param("s3-website-us-east-1.amazonaws.com", None, id="no bucket"),
    ],
)
def test_the_bucket_of_a_website_endpoint(domain, bucket):
    assert website_bucket(domain) == bucket


@pytest.mark.parametrize(
    ("url", "text"),
    [
        pytest.param(Url("http", "localhost", 3000), "http://localhost:3000", id="a server"),
        pytest.param(Url("https", "::1", 443, "/base"), "https://[::1]:443/base", id="an IPv6 address and a path"),
    ],
)
def test_a_url_reads_as_one(url, text):
    assert str(url) == text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param(Url("http", "localhost", 3000), "localhost:3000", id="with its port"),
        pytest.param(Url("http", "h", 80), "h", id="without that of HTTP"),
        pytest.param(Url("https", "h", 443, "/base"), "h", id="without that of HTTPS, or a path"),
        pytest.param(Url("https", "::1", 80), "[::1]:80", id="an IPv6 address"),
    ],
)
def test_the_host_of_a_url_as_a_header_has_it(url, host):
    assert url.authority == host


def test_no_secret_is_shown():
    place = Url("https", "h", 1, "", SignAs(None, "minioadmin", "s3cret"), Tls(ca="-----BEGIN"))
    for shown in (repr(place), str(place)):
        assert "s3cret" not in shown
        assert "BEGIN" not in shown
