"""May a viewer of this country be served: a distribution's geo restriction.

AWS pages: georestrictions, DownloadDistValuesGeneral (restrictions); the country codes are those of AWS WAF's geo match.
A viewer whose country is unknown is served. Not emulated: finding a country out by address; it is given in the settings.
Chosen: the restriction is judged before signatures and before the cache, so the 10 s for which CloudFront caches this error
show nowhere.
"""

from typing import NamedTuple

from edgeproxy.model import GeoRestriction

SENTENCE = "The Amazon CloudFront distribution is configured to block access from your country."
DETAIL = "ClientGeoBlocked"
"""x-edge-detailed-result-type."""
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2, and XK."""
NO_CODES = {"EL": "GR", "EN": "GB", "UK": "GB"}
"""What is taken for a country code, and the one that is meant."""


class Geo(NamedTuple):
    """A compiled restriction."""

    countries: frozenset[str]
    only: bool
    """Are these the only ones served? Else they are those that are not."""


def compile(restriction: GeoRestriction | None) -> Geo | None:  # noqa: A001
    """None: everyone is served."""
    if restriction is None:
        return None
    return Geo(frozenset(restriction.countries), restriction.restriction_type == "whitelist")


def judge(geo: Geo, country: str | None) -> str | None:
    """Why a viewer of this country (None: unknown) is refused, None when it is served."""
    # "If CloudFront can't determine a user's location, CloudFront serves the content that the user has requested."
    if country is None or (country in geo.countries) == geo.only:
        return None
    return f"GeoRestriction: {country} is {'not on the whitelist' if geo.only else 'on the blacklist'}"


def meant(text: str) -> str | None:
    """The code that somebody meant who wrote this one, None when that cannot be told."""
    code = NO_CODES.get(text.upper(), text.upper())
    return code if code in COUNTRIES else None
