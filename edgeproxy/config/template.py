"""CloudFormation, SAM and `cdk synth` templates: Resources to distributions; resource types that are not ours are skipped."""

from contextlib import suppress
from dataclasses import replace

from edgeproxy.config import identities, sam
from edgeproxy.config.assets import Assets
from edgeproxy.config.distribution import Declared, read_distribution
from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope, not_resolved
from edgeproxy.config.library import Library, Template
from edgeproxy.config.local import Local
from edgeproxy.config.nodes import Node, entries, text
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.problems import Problems
from edgeproxy.config.resource_values import BUCKET, CONNECTION_FUNCTION, DISTRIBUTION, SAM_FUNCTION, Resource
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.model import Distribution
from edgeproxy.spelling import nearest

OWN_ID, OWN_DOMAIN = "edgeproxy:Id", "edgeproxy:DomainName"
"""Metadata of a distribution: the id and domain name that it has, else they are made up."""


def _is_nearly_one(resource: Resource) -> bool:
    """Is its type that of a distribution, but for a letter or two?"""
    last = resource.type.rpartition("::")[2]
    near = resource.type != DISTRIBUTION and abs(len(resource.type) - len(DISTRIBUTION)) <= 2
    return near and bool(nearest(last, [DISTRIBUTION.rpartition("::")[2]]))


def distribution_ids(template: Node) -> list[str]:
    """Logical ids of the distributions, before anything is resolved."""
    return [name for name, entry in entries(template, "Resources").items() if _type(entry) == DISTRIBUTION]


def read_template(
    template: Node,
    parameters: Parameters,
    given: GivenValues,
    local: Local,
    reading: Reading,
    prefix: str,
) -> list[Declared]:
    """Every distribution that the template makes; `prefix` goes before their names."""
    scope = Scope(template, parameters, read_resources(template, reading.problems), given, prefix)
    part = opened(template, scope, reading)
    found = read_distributions(part, Library(reading, local, [part]), prefix)
    if not found:
        slip = next(filter(_is_nearly_one, scope.references.resources.values()), None)
        place, hint = (template, "") if slip is None else (slip.node, f"{slip.type}: did you mean {DISTRIBUTION}?")
        reading.problems.add(place.problem(f"the template makes no {DISTRIBUTION}", hint))
    return [declared for declared in found if declared is not None]


def opened(template: Node, scope: Scope, reading: Reading, assets: Assets | None = None) -> Template:
    """The template with its scope, from which its values are read from now on."""
    reading.resolve = scope.resolve
    sam.note_transforms(template, reading)
    _meet_buckets(scope)
    return Template(scope, reading, template.folder, assets)


def read_distributions(template: Template, library: Library, prefix: str) -> list[Declared | None]:
    """Every distribution of one of the library's templates, None for one with a problem; `prefix` goes before their names."""
    scope, reading = template.scope, template.reading
    found = []
    for resource in scope.references.resources.values():
        if resource.type == DISTRIBUTION:
            with reading.problems.gathering():
                if scope.references.exists(resource):
                    found.append(_distribution(resource, scope, library, reading, prefix + resource.id))
        elif resource.type == CONNECTION_FUNCTION:
            reading.leave_out(resource.type, resource.node)
    return found


def _distribution(resource: Resource, scope: Scope, library: Library, reading: Reading, name: str) -> Declared | None:
    own = Reading(reading.problems, reading.resolve, sources=reading.sources)
    section = Section("Distribution", resource.properties, own)
    section.required("DistributionConfig")
    config = section.section("DistributionConfig", "DistributionConfig")
    if config is None:
        return None
    own_id, domain = _own_names(resource, scope.references.seed(resource))
    declared = read_distribution(config, name, library, scope, own_id, domain)
    if not _chooses_domain_names(declared.distribution):
        return declared
    named = [origin.domain_name for origin in declared.distribution.origins.values()]
    urls = library.other_function_urls(named)
    return declared._replace(distribution=replace(declared.distribution, function_urls=urls))


def _own_names(resource: Resource, seed: str) -> tuple[str, str]:
    """Id and domain name: those that it has on AWS, when `edgeproxy pull` wrote them beside it; else made from the seed."""
    known = {name: str(node.value) for name, node in entries(resource.metadata).items()}
    own_id = known.get(OWN_ID) or identities.distribution_id(seed)
    return own_id, known.get(OWN_DOMAIN) or identities.distribution_domain(seed)


def _chooses_domain_names(distribution: Distribution) -> bool:
    """May its code send a request to a domain name that no origin has?"""
    functions = [function for each in distribution.behaviors for function in each.functions.values()]
    return any("updateRequestOrigin" in function.code for function in functions) or any(
        Hook.ORIGIN_REQUEST in each.lambdas for each in distribution.behaviors
    )


def _meet_buckets(scope: Scope) -> None:
    """Makes every bucket's name known, so that an origin that spells it out can still be named by its logical id."""
    for resource in scope.references.resources.values():
        if resource.type == BUCKET:
            with suppress(ConfigError):
                scope.references.resource(resource.id, resource.node)


def _type(entry: Node) -> str:
    return text(entries(entry).get("Type"))


def _check_sections(template: Node, problems: Problems) -> None:
    for name in ("Resources", "Parameters", "Conditions", "Mappings"):
        node = template.value.get(name, template)
        # Of the others the name alone declares nothing.
        if not isinstance(node.value, dict) and (node.value is not None or name == "Resources"):
            problems.add(node.problem(f"{name} must be a mapping"))


def read_resources(template: Node, problems: Problems) -> dict[str, Resource]:
    """The template's resources, by logical id."""
    node = template.value.get("Resources", template.become({}))
    _check_sections(template, problems)
    sam.check_globals(template, problems)
    found: dict[str, Resource] = {}
    made: dict[str, Resource] = {}
    for name, entry in entries(node).items():
        if name.startswith("Fn::"):
            problems.add(not_resolved(node, name))
            continue
        kind = _type(entry)
        if not kind:
            problems.add(node.key_problem(name, f"resource {name} has no Type"))
        fields = entries(entry)
        properties = fields.get("Properties")
        if properties is None or not isinstance(properties.value, dict):
            if properties is not None and properties.value is not None:
                problems.add(properties.problem("Properties must be a mapping"))
            properties = entry.become({})
        if kind == SAM_FUNCTION:
            properties = sam.with_globals(name, properties, entry, template, problems)
        found[name] = Resource(name, kind, properties, fields.get("Metadata"), fields.get("Condition"), entry)
        if kind == SAM_FUNCTION:
            made |= sam.made_of(found[name])
    return made | found
