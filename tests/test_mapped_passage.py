"""Mapping back, at the end of a passage: for whom, and for whom not."""

import pytest
from kit import House, Origins, distribution, respond

from edgeproxy.mapped_passage import MappedPassage
from edgeproxy.model import Settings, ViewerSettings
from edgeproxy.served import Switches

MOVED = respond(302, b"", ("Location", "https://dsite.cloudfront.net/y"), ("Set-Cookie", "a=1"))


async def answered(host, *, map_back=True, scheme="https", https_port=None):
    house = House(distribution(), origins=Origins(x=MOVED), settings=Settings(ViewerSettings(map_back=map_back)))
    plain = house.passage("GET", "/x", host=host, scheme=scheme)
    return await MappedPassage(
        plain.snapshot, plain.ports, plain.exchange, plain.request, Switches(https_port=https_port)
    ).run()


@pytest.mark.parametrize(
    ("host", "settings", "location"),
    [
        pytest.param("localhost:8080", {}, "http://localhost:8080/y", id="who came by a local name is led back"),
        pytest.param("[::1]:8080", {}, "http://[::1]:8080/y", id="by an address"),
        pytest.param("site.localhost:8080", {}, "http://site.localhost:8080/y", id="by a name of the distribution's here"),
        pytest.param(
            "localhost:8080", {"scheme": "http", "https_port": 8443}, "https://localhost:8443/y", id="to the HTTPS listener"
        ),
        pytest.param("localhost:8443", {"https_port": 8443}, "https://localhost:8443/y", id="by HTTPS"),
        pytest.param(
            "dsite.cloudfront.net", {}, "https://dsite.cloudfront.net/y", id="by a name of the distribution: left alone"
        ),
        pytest.param("localhost:8080", {"map_back": False}, "https://dsite.cloudfront.net/y", id="switched off: left alone"),
    ],
)
async def test_whose_redirects_are_mapped_back(host, settings, location):
    answer = await answered(host, **settings)
    assert answer.headers.joined("location") == location


async def test_of_an_unknown_host_nothing_is_mapped():
    assert (await answered("nowhere.test")).status == 403
