import pytest

from edgeproxy.model import Origin, Url
from edgeproxy.origins import tls
from edgeproxy.origins.tls import Wanted

OWN = Origin("o", "a.example", host_header="h.example", sni="s.example", certificate_names=("c.example",))


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        pytest.param(Url("https", "a.example", 443), Wanted("s.example", ("c.example",)), id="under its own name"),
        pytest.param(Url("https", "A.example", 443), Wanted("s.example", ("c.example",)), id="in any case"),
        pytest.param(Url("https", "localhost", 8443), Wanted(), id="a stand-in"),
        pytest.param(Url("http", "a.example", 80), Wanted(), id="without TLS"),
    ],
)
def test_what_is_asked_for(place, wanted):
    assert tls.wanted(OWN, place) == wanted


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
