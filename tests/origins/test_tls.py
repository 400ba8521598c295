from dataclasses import replace

import pytest

from edgeproxy.model import Origin, Url
from edgeproxy.origins import tls
from edgeproxy.origins.tls import Wanted

OWN = Origin("o", "a.example", host_header="h.example", sni="s.example", certificate_names=("c.example",))
PLAIN = Origin("o", "A.example")
HTTPS = Url("https", "a.example", 443)
EITHER = Wanted("www.example", ("a.example",), True)


@pytest.mark.parametrize(
    ("origin", "place", "wanted"),
    [
        pytest.param(OWN, HTTPS, Wanted("s.example", ("c.example",)), id="under its own name"),
        pytest.param(OWN, Url("https", "A.example", 443), Wanted("s.example", ("c.example",)), id="in any case"),
        pytest.param(OWN, Url("https", "localhost", 8443), Wanted(), id="a stand-in"),
        pytest.param(OWN, Url("http", "a.example", 80), Wanted(), id="without TLS"),
        pytest.param(replace(OWN, certificate_names=()), HTTPS, Wanted("s.example"), id="a server name, which alone will do"),
        pytest.param(replace(OWN, sni=None), HTTPS, Wanted("www.example", ("c.example",)), id="allowed names beside a Host"),
        pytest.param(PLAIN, HTTPS, EITHER, id="a Host of another name, or the domain name"),
        pytest.param(PLAIN, Url("https", "localhost", 8443), Wanted(), id="a Host of another name, but a stand-in"),
    ],
)
def test_what_is_asked_for(origin, place, wanted):
    assert tls.wanted(origin, place, "www.example") == wanted


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        pytest.param("WWW.example:8443", EITHER, id="a Host with a port, in any case"),
        pytest.param("a.EXAMPLE", Wanted(), id="the domain name itself"),
        pytest.param("a.example.", Wanted(), id="the domain name with its dot"),
        pytest.param("", Wanted(), id="no Host"),
        pytest.param("192.0.2.1", Wanted(), id="an address"),
        pytest.param("[::1]:443", Wanted(), id="an IPv6 address"),
        pytest.param("a..example", Wanted(), id="an empty label, of which no handshake can ask"),
        pytest.param(".example", Wanted(), id="a dot in front"),
        pytest.param("x" * 64 + ".example", Wanted(), id="a label that is too long"),
    ],
)
def test_a_host_that_can_be_asked_for(host, wanted):
    assert tls.wanted(PLAIN, HTTPS, host) == wanted


@pytest.mark.parametrize(
    ("allowed", "carried", "fit"),
    [
        pytest.param("a.example", "A.example", True, id="the same"),
        pytest.param("*.example", "a.example", True, id="an allowed wildcard"),
        pytest.param("a.example", "*.example", True, id="a wildcard of the certificate"),
        pytest.param("*.example", "a.b.example", False, id="one label alone"),
        pytest.param("*.example", "example", False, id="no label"),
        pytest.param("a*.example", "ab.example", False, id="part of a label"),
    ],
)
def test_names_that_fit(allowed, carried, fit):
    assert tls._fit(allowed, carried) is fit
