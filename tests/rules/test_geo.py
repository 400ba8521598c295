import pytest
from botocore.loaders import Loader

from edgeproxy.model import GeoRestriction
from edgeproxy.rules import error_pages, geo

CASES = [
    ("whitelist", ("DE", "AT"), "DE", True, "a country on the whitelist is served"),
    ("whitelist", ("DE", "AT"), "FR", False, "one that is not is refused"),
    ("blacklist", ("DE", "AT"), "FR", True, "a country that is not on the blacklist is served"),
    ("blacklist", ("DE", "AT"), "AT", False, "one that is on it is refused"),
    ("whitelist", ("DE",), None, True, "an unknown country is served, whitelist"),
    ("blacklist", ("DE",), None, True, "an unknown country is served, blacklist"),
]


@pytest.mark.parametrize(("kind", "countries", "country", "served"), [pytest.param(*case[:4], id=case[4]) for case in CASES])
def test_who_is_served(kind, countries, country, served):
    compiled = geo.compile(GeoRestriction(kind, countries))
    assert compiled is not None
    assert (geo.judge(compiled, country) is None) is served


def test_the_cause_says_why():
    assert geo.judge(geo.compile(GeoRestriction("whitelist", ("DE",))), "FR") == "GeoRestriction: FR is not on the whitelist"
    assert geo.judge(geo.compile(GeoRestriction("blacklist", ("FR",))), "FR") == "GeoRestriction: FR is on the blacklist"


def test_without_a_restriction_there_is_nothing_to_judge():
    assert geo.compile(None) is None


def test_the_page_has_the_length_that_is_seen_in_the_wild():
    assert len(error_pages.page(403, geo.SENTENCE, "A" * 54 + "==")) == 986


def test_the_codes_are_those_that_aws_knows():
    model = Loader().load_service_model("wafv2", "service-2")
    assert set(model["shapes"]["CountryCode"]["enum"]) == geo.COUNTRIES


@pytest.mark.parametrize(
    ("text", "code"),
    [("de", "DE"), ("De", "DE"), ("UK", "GB"), ("uk", "GB"), ("EN", "GB"), ("EL", "GR"), ("DEU", None), ("", None)],
)
def test_which_country_was_meant(text, code):
    assert geo.meant(text) == code
