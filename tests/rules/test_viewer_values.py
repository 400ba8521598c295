from urllib.parse import unquote
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.rules import devices, viewer_values

WRITTEN = [
    ("country", "DE", "cloudfront-viewer-country", "DE"),
    ("country_name", "Germany", "cloudfront-viewer-country-name", "Germany"),
    ("country_name", "Côte d'Ivoire", "cloudfront-viewer-country-name", "C%C3%B4te d'Ivoire"),
    ("region", "BE", "cloudfront-viewer-country-region", "BE"),
    ("region", "13", "cloudfront-viewer-country-region", "13"),
    ("region_name", "Île-de-France", "cloudfront-viewer-country-region-name", "%C3%8Ele-de-France"),
    ("city", "São Paulo", "cloudfront-viewer-city", "S%C3%A3o Paulo"),
    ("city", '100% "Sure"', "cloudfront-viewer-city", '100% "Sure"'),
    ("latitude", "48.1371", "cloudfront-viewer-latitude", "48.13710"),
    ("latitude", "-90", "cloudfront-viewer-latitude", "-90.00000"),
    ("latitude", "-0.000001", "cloudfront-viewer-latitude", "0.00000"),
    ("longitude", "-3.7038", "cloudfront-viewer-longitude", "-3.70380"),
    ("longitude", "179.999999", "cloudfront-viewer-longitude", "180.00000"),
    ("metro_code", "501", "cloudfront-viewer-metro-code", "501"),
    ("postal_code", "01067", "cloudfront-viewer-postal-code", "01067"),
    ("postal_code", "SW1A 1AA", "cloudfront-viewer-postal-code", "SW1A 1AA"),
    ("time_zone", "America/Los_Angeles", "cloudfront-viewer-time-zone", "America/Los_Angeles"),
    ("asn", "3320", "cloudfront-viewer-asn", "3320"),
    ("asn", "4294967295", "cloudfront-viewer-asn", "4294967295"),
    ("ja3", "e7d705a3286e19ea42f587b344ee6865", "cloudfront-viewer-ja3-fingerprint", "e7d705a3286e19ea42f587b344ee6865"),
    (
        "ja4",
        "t13d1516h2_8daaf6152771_b0da82dd1658",
        "cloudfront-viewer-ja4-fingerprint",
        "t13d1516h2_8daaf6152771_b0da82dd1658",
    ),
]


@pytest.mark.parametrize(("name", "text", "header", "written"), WRITTEN)
def test_how_a_value_is_written(name, text, header, written):
    assert viewer_values.refuse(name, text) is None
    assert viewer_values.headers({name: text}) == {header: written}


@pytest.mark.parametrize(
    ("device", "true"),
    [
        ("android", {"android", "mobile"}),
        ("desktop", {"desktop"}),
        ("ios", {"ios", "mobile"}),
        ("mobile", {"mobile"}),
        ("smarttv", {"smarttv"}),
        ("tablet", {"tablet"}),
    ],
)
def test_a_device_decides_over_all_six_headers(device, true):
    assert viewer_values.refuse("device", device) is None
    assert viewer_values.headers({"device": device}) == {
        f"cloudfront-is-{name}-viewer": "true" if name in true else "false" for name in devices.NAMES
    }


def test_an_empty_value_is_none():
    assert viewer_values.headers(dict.fromkeys(viewer_values.TABLE, "")) == {}


REFUSED = [
    pytest.param("country", "de", "country is 'de'", "did you mean DE?", id="lower case"),
    pytest.param("country", "UK", "country is 'UK'", "did you mean GB?", id="the other name of a country"),
    pytest.param("country", "Germany", "country is 'Germany'", "allowed: an ISO 3166-1 code", id="a name for a code"),
    pytest.param("country", "", "country is ''", "allowed: an ISO 3166-1 code", id="nothing"),
    pytest.param("contry", "DE", "a viewer has no 'contry'", "did you mean country?", id="a slip"),
    pytest.param("x" * 1000, "DE", f"a viewer has no '{'x' * 128}'", "there are: country, country_name, ", id="no such value"),
    pytest.param("region", "DE-BE", "region is", "the part of an ISO 3166-2 code behind the hyphen", id="a whole region code"),
    pytest.param("city", "a\nb", "city is 'a\\nb'", "without control characters", id="a line break"),
    pytest.param("city", "a\x7fb", "city is", "without control characters", id="a control character"),
    pytest.param("city", "\ud800", "city is", "without control characters", id="half a character"),
    pytest.param("city", "a" * 129, "city is", "up to 128 characters", id="a long text"),
    pytest.param("latitude", "90.1", "latitude is '90.1'", "degrees from -90 to 90", id="beyond the pole"),
    pytest.param("latitude", "nan", "latitude is", "degrees", id="not a number"),
    pytest.param("latitude", "1e1", "latitude is", "degrees", id="an exponent"),
    pytest.param("latitude", "1.", "latitude is", "degrees", id="no decimal"),
    pytest.param("longitude", "-181", "longitude is '-181'", "degrees from -180 to 180", id="round the world"),
    pytest.param("metro_code", "5010", "metro_code is", "three digits", id="four digits"),
    pytest.param("postal_code", "1" * 17, "postal_code is", "up to 16", id="a long postal code"),
    pytest.param("postal_code", "1\r\n2", "postal_code is", "up to 16", id="a postal code of two lines"),
    pytest.param("time_zone", "CEST+2 summer", "time_zone is", "IANA", id="no zone"),
    pytest.param("time_zone", "Europe/" + "A" * 100, "time_zone is", "IANA", id="a long zone"),
    pytest.param("time_zone", "UTC\n", "time_zone is", "IANA", id="a zone and a line break"),
    pytest.param("asn", "AS3320", "asn is", "a number of 32 bits", id="AS before it"),
    pytest.param("asn", "4294967296", "asn is", "a number of 32 bits", id="33 bits"),
    pytest.param("asn", "٣", "asn is", "a number of 32 bits", id="another script's digit"),
    pytest.param("device", "phone", "device is 'phone'", "allowed: android, desktop, ios, mobile, smarttv, tablet", id="no device"),
    pytest.param("ja3", "E7D705A3286E19EA42F587B344EE6865", "ja3 is", "32 hexadecimal digits", id="capital digits"),
    pytest.param("ja4", "t13d1516h2_8daaf6152771", "ja4 is", "such as t13d1516h2_", id="a part of a fingerprint"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message", "hint"), REFUSED)
def test_what_is_refused(name, text, message, hint):
    refused = viewer_values.refuse(name, text)
    assert refused is not None
    assert refused.message.startswith(message)
    assert hint in refused.hint
    assert "\n" not in refused.message + refused.hint


def test_every_time_zone_can_be_given():
    zones = available_timezones() - {"localtime", "build/etc/localtime"}
    assert len(zones) > 400
    assert [zone for zone in zones if viewer_values.refuse("time_zone", zone)] == []


@given(st.text(min_size=1, max_size=128).filter(str.isprintable))
def test_a_text_is_written_in_ascii_and_can_be_read_again(text):
    (written,) = viewer_values.headers({"city": text}).values()
    assert written.isascii()
    assert written.isprintable()
    if "%" not in text:
        assert unquote(written) == text


@given(st.floats(-90, 90))
def test_degrees_have_five_places(degrees):
    (written,) = viewer_values.headers({"latitude": f"{degrees:.15f}"}).values()
    assert float(written) == pytest.approx(degrees, abs=6e-6)
    assert len(written.partition(".")[2]) == 5
    assert written != "-0.00000"
