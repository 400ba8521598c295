"""One reader for DistributionConfig: CloudFormation's spelling and the API's (Quantity/Items) alike.

Accepted without a local meaning: ViewerCertificate, PriceClass, IPV6Enabled, Comment, CallerReference.
"""

import re
from typing import NamedTuple

from edgeproxy.config import limits
from edgeproxy.config.behaviors import read_behavior
from edgeproxy.config.geo import read_geo
from edgeproxy.config.identities import distribution_domain, distribution_id
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import Node
from edgeproxy.config.origins import read_groups, read_origin
from edgeproxy.config.places import Candidate
from edgeproxy.config.section import Reading, Section
from edgeproxy.model import CacheBehavior, CustomErrorResponse, Distribution, ForwardedValues, OriginGroup

ERROR_CODES = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
RESPONSE_CODES = (200, *ERROR_CODES)
_ALIAS = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


class Declared(NamedTuple):
    """A distribution whose origins have no place yet; `node` is where it is declared, `own` what was found on the way.

    `library`: what its file names and holds.
    """

    distribution: Distribution
    candidates: list[Candidate]
    node: Node
    own: Reading
    library: Library | None = None


def read_distribution(
    section: Section, name: str, library: Library, scope: Scope | None = None, own_id: str = "", domain_name: str = ""
) -> Declared:
    """Reads a DistributionConfig; what goes wrong is noted in the section's reading."""
    section.required("Origins", "DefaultCacheBehavior", "Enabled")
    limits.check("characters of a comment", len(section.text("Comment")), section.at("Comment"), section.reading.problems)
    candidates = _origins(section, library, scope)
    origins = {candidate.origin.id: candidate.origin for candidate in candidates}
    targets = {**dict.fromkeys(origins), **read_groups(section, origins)}
    default = section.section("DefaultCacheBehavior", "DefaultCacheBehavior")
    nothing = CacheBehavior("*", "", ForwardedValues())
    distribution = Distribution(
        name=name,
        id=own_id or distribution_id(name),
        domain_name=domain_name or distribution_domain(name),
        origins=origins,
        default_cache_behavior=read_behavior(default, targets, library) if default else nothing,
        cache_behaviors=_behaviors(section, targets, library),
        aliases=_aliases(section),
        enabled=section.flag("Enabled", True),
        default_root_object=_root_object(section),
        custom_error_responses=_custom_error_responses(section),
        geo=read_geo(section),
    )
    return Declared(distribution, candidates, section.node, section.reading, library)


def _origins(section: Section, library: Library, scope: Scope | None) -> list[Candidate]:
    sections = section.sections("Origins", "Origin")
    limits.check("origins per distribution", len(sections), section.at("Origins"), section.reading.problems)
    if not sections and section.has("Origins"):
        section.value_problem("Origins", "a distribution needs an origin")
    candidates: dict[str, Candidate] = {}
    for each in sections:
        candidate = read_origin(each, library, scope)
        if candidate.origin.id in candidates:
            each.value_problem("Id", f"two origins are named {candidate.origin.id}")
        candidates[candidate.origin.id] = candidate
    return list(candidates.values())


def _behaviors(section: Section, targets: dict[str, OriginGroup | None], library: Library) -> tuple[CacheBehavior, ...]:
    sections = section.sections("CacheBehaviors", "CacheBehavior")
    limits.check("cache behaviors per distribution", len(sections), section.at("CacheBehaviors"), section.reading.problems)
    return tuple(read_behavior(each, targets, library) for each in sections)


def _aliases(section: Section) -> tuple[str, ...]:
    aliases = tuple(alias.lower() for alias in section.texts("Aliases"))
    limits.check("aliases per distribution", len(aliases), section.at("Aliases"), section.reading.problems)
    for alias in aliases:
        if not _ALIAS.fullmatch(alias):
            section.value_problem("Aliases", f"{alias} is not a domain name", "the form is www.example.com or *.example.com")
    return aliases


def _root_object(section: Section) -> str:
    name = section.text("DefaultRootObject")
    at = section.at("DefaultRootObject")
    limits.check("characters of a default root object", len(name), at, section.reading.problems)
    if not limits.ROOT_OBJECT.fullmatch(name):
        section.value_problem("DefaultRootObject", f"InvalidDefaultRootObject: {name}", "an object's name, such as index.html")
    return name


def _custom_error_responses(section: Section) -> tuple[CustomErrorResponse, ...]:
    found: dict[int, CustomErrorResponse] = {}
    for each in section.sections("CustomErrorResponses", "CustomErrorResponse"):
        each.required("ErrorCode")
        error_code = _code(each, "ErrorCode", ERROR_CODES)
        page, response_code = each.text("ResponsePagePath"), _code(each, "ResponseCode", RESPONSE_CODES)
        # "Path and response code go together (both or neither); TTL may stand alone."
        if bool(page) != bool(response_code):
            each.problem("ResponsePagePath and ResponseCode go together: give both, or neither")
        if page and not page.startswith("/"):
            each.value_problem("ResponsePagePath", f"ResponsePagePath is {page}", f"it begins with /: /{page}")
        if error_code in found:
            each.value_problem("ErrorCode", f"two custom error responses for {error_code}")
        ttl = each.number("ErrorCachingMinTTL", 10)
        found[error_code] = CustomErrorResponse(error_code, page or None, response_code or None, ttl)
    return tuple(found.values())


def _code(section: Section, name: str, allowed: tuple[int, ...]) -> int:
    """A status as number or text; 0 when it is missing, and for the API's empty text."""
    text = section.text(name)
    if text and text not in map(str, allowed):
        section.value_problem(name, f"{name} is {text}", f"allowed: {', '.join(map(str, allowed))}")
        return 0
    return int(text or 0)
