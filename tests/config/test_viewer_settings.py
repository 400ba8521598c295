from pathlib import Path

import pytest

from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.viewer_settings import read_viewer
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError
from edgeproxy.model import ViewerSettings

FULL = """
scheme: http
host: WWW.example.com
country: DE
country_name: Germany
region: BE
region_name: Land Berlin
city: Berlin
latitude: 52.5196
longitude: 13.4069
time_zone: Europe/Berlin
asn: 3320
postal_code: 01067
metro_code: 501
device: tablet
ja3: e7d705a3286e19ea42f587b344ee6865
ja4: t13d1516h2_8daaf6152771_b0da82dd1658
"""


def read(text):
    reading = Reading(Problems())
    lines = "".join(f"  {line}\n" for line in text.strip().splitlines())
    found = read_viewer(Section("settings", read_yaml(f"viewer:\n{lines}", Path("edgeproxy.yaml")), reading), Path())
    reading.problems.raise_any()
    assert reading.not_honoured == []
    return found


def test_every_value():
    found = read(FULL)
    assert (found.scheme, found.host) == ("http", "www.example.com")
    assert dict(found.given) == {
        "country": "DE", "country_name": "Germany", "region": "BE", "region_name": "Land Berlin", "city": "Berlin",
        "latitude": "52.5196", "longitude": "13.4069", "time_zone": "Europe/Berlin", "asn": "3320", "postal_code": "01067",
        "metro_code": "501", "device": "tablet", "ja3": "e7d705a3286e19ea42f587b344ee6865",
        "ja4": "t13d1516h2_8daaf6152771_b0da82dd1658",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "on"), [("map_back: true", True), ("map_back: false", False), ("scheme: https", False)])
def test_redirects_and_cookies_are_mapped_back_where_the_settings_say_so(text, on):
    assert read(text).map_back is on


def test_norway_is_a_country_and_a_postal_code_keeps_its_zero():
    assert read("country: NO\npostal_code: 01067").given == (("country", "NO"), ("postal_code", "01067"))


def test_without_it_nothing_is_given():
    assert read("scheme: https") == ViewerSettings()


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        pytest.param("country: de", 2, "country is 'de'", "did you mean DE?", id="lower case"),
        pytest.param("scheme: http\ncountry: Germany", 3, "country is 'Germany'", "allowed: an ISO 3166-1 code", id="a name"),
        pytest.param("contry: DE", 2, "viewer has no property contry", "did you mean country?", id="a slip"),
        pytest.param("latitude: 95", 2, "latitude is '95'", "degrees from -90 to 90", id="beyond the pole"),
        pytest.param("device: phone", 2, "device is 'phone'", "allowed: android, desktop", id="no such device"),
        pytest.param("host: https://a.test", 2, "host is 'https://a.test'", "a name without scheme", id="a URL for a host"),
        pytest.param("map_back: maybe", 2, 'map_back is "maybe"', "allowed: true, false", id="perhaps"),
        pytest.param("country: [DE]", 2, "country must be text", "", id="a list"),
    ],
)
def test_what_cannot_be_given_is_a_problem_in_the_file(text, line, message, hint):
    with pytest.raises(ConfigError) as caught:
        read(text)
    problem = caught.value.problems[0]
    assert (problem.line, problem.message) == (line, message)
    assert hint in problem.hint
