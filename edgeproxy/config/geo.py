"""A distribution's geo restriction: the API's Items and CloudFormation's Locations alike.

Chosen: the codes of RestrictionType `none` say nothing; a restriction without a country is refused.
"""

from edgeproxy.config.section import Section
from edgeproxy.model import GeoRestriction
from edgeproxy.rules import geo

RESTRICTION_TYPES = ("whitelist", "blacklist", "none")
INVALID = "InvalidGeoRestrictionParameter"


def read_geo(distribution: Section) -> GeoRestriction | None:
    """None when viewers of every country are served; what goes wrong is noted."""
    restrictions = distribution.section("Restrictions", "Restrictions")
    if restrictions is None:
        return None
    restrictions.required("GeoRestriction")
    section = restrictions.section("GeoRestriction", "GeoRestriction")
    if section is None:
        return None
    section.required("RestrictionType")
    kind = section.choice("RestrictionType", RESTRICTION_TYPES, "none")
    countries = _countries(restrictions, section)
    if kind == "none":
        return None
    if not countries:
        section.problem(f"{INVALID}: a {kind} needs countries", "Items (API) or Locations (CloudFormation)")
    return GeoRestriction(kind, countries)


def _countries(restrictions: Section, section: Section) -> tuple[str, ...]:
    in_api_form = section.has("Items") or section.has("Quantity")
    where = "Items" if section.has("Items") else "Locations"
    codes = restrictions.texts("GeoRestriction") if in_api_form else section.texts("Locations")
    for code in codes:
        if code not in geo.COUNTRIES:
            meant = geo.meant(code)
            hint = f"did you mean {meant}?" if meant else "an ISO 3166-1 code of two capital letters, such as DE"
            section.value_problem(where, f"{INVALID}: {code[:80]} is no country", hint)
    return tuple(dict.fromkeys(codes))
