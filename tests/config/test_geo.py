import pytest

from edgeproxy.config.geo import read_geo
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import GeoRestriction


def read(restriction):
    reading = Reading(Problems())
    config = {} if restriction is None else {"Restrictions": restriction}
    found = read_geo(Section("DistributionConfig", plain(config), reading))
    reading.problems.raise_any()
    assert reading.not_honoured == []
    return found


def geo(kind, **parts):
    return {"GeoRestriction": {"RestrictionType": kind, **parts}}


READ = [
    pytest.param(None, None, id="no Restrictions"),
    pytest.param(geo("none"), None, id="none, CloudFormation"),
    pytest.param(geo("none", Quantity=0), None, id="none, the API"),
    pytest.param(geo("none", Locations=["DE"]), None, id="the codes of none say nothing"),
    pytest.param(geo("whitelist", Locations=["DE", "AT"]), GeoRestriction("whitelist", ("DE", "AT")), id="CloudFormation"),
    pytest.param(geo("blacklist", Quantity=2, Items=["US", "XK"]), GeoRestriction("blacklist", ("US", "XK")), id="the API"),
    pytest.param(geo("blacklist", Items=["US"]), GeoRestriction("blacklist", ("US",)), id="Items without Quantity"),
    pytest.param(geo("whitelist", Locations=["DE", "DE"]), GeoRestriction("whitelist", ("DE",)), id="twice the same"),
]


@pytest.mark.parametrize(("restriction", "expected"), READ)
def test_what_is_read(restriction, expected):
    assert read(restriction) == expected


INVALID = "InvalidGeoRestrictionParameter: "
PROBLEMS = [
    pytest.param({}, "Restrictions needs GeoRestriction", "", id="empty Restrictions"),
    pytest.param({"GeoRestriction": {}}, "GeoRestriction needs RestrictionType", "", id="no type"),
    pytest.param(geo("whitlist", Locations=["DE"]), 'RestrictionType is "whitlist"', "did you mean whitelist?", id="a slip"),
    pytest.param(geo("whitelist"), f"{INVALID}a whitelist needs countries", "Locations (CloudFormation)", id="no countries"),
    pytest.param(geo("blacklist", Quantity=0), f"{INVALID}a blacklist needs countries", "Items (API)", id="no Items"),
    pytest.param(geo("whitelist", Locations=["de"]), f"{INVALID}de is no country", "did you mean DE?", id="lower case"),
    pytest.param(geo("whitelist", Items=["UK"]), f"{INVALID}UK is no country", "did you mean GB?", id="the Kingdom"),
    pytest.param(geo("whitelist", Locations=["DEU"]), f"{INVALID}DEU is no country", "such as DE", id="three letters"),
    pytest.param(geo("whitelist", Quantity=2, Items=["DE"]), "GeoRestriction: Quantity is not the number of Items, 1", "",
                 id="a wrong Quantity"),
    pytest.param(geo("whitelist", Countries=["DE"]), "GeoRestriction has no property Countries", "", id="an unknown property"),
    pytest.param(geo("whitelist", Locations="DE"), "Locations must be a list", "", id="no list"),
]  # fmt: skip


@pytest.mark.parametrize(("restriction", "message", "hint"), PROBLEMS)
def test_what_is_a_problem(restriction, message, hint):
    with pytest.raises(ConfigError) as caught:
        read(restriction)
    problem = caught.value.problems[0]
    assert problem.message.startswith(message)
    assert hint in problem.hint
