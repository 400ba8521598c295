"""What is served, before the first request: pattern, origin, where that is here, functions, and what is not honoured."""

from collections import Counter

from edgeproxy.fidelity import BY_PROPERTY
from edgeproxy.hooks import Hook
from edgeproxy.model import (
    CacheBehavior,
    Configuration,
    Directory,
    Distribution,
    FunctionUrl,
    GeoRestriction,
    NotHonoured,
    Origin,
    OriginGroup,
    Place,
    Url,
)
from edgeproxy.rules import cautions, dev_server

SHORT = {
    Hook.VIEWER_REQUEST: "viewer-req", Hook.ORIGIN_REQUEST: "origin-req", Hook.ORIGIN_RESPONSE: "origin-res",
    Hook.VIEWER_RESPONSE: "viewer-res",
}  # fmt: skip

COUNTRIES_SHOWN = 8


def render(configuration: Configuration, *, colour: bool, https: bool = False) -> str:
    """The table of every distribution, under each a line of what is not honoured, one of cautions; readable at 80 columns.

    `https`: there is an HTTPS listener.
    """
    country = dict(configuration.settings.viewer.given).get("country")
    parts = [_distribution(distribution, country, colour=colour) for distribution in configuration.distributions]
    parts += [f"code may choose {name}: {_place(place)}" for name, place in configuration.settings.places.items()]
    if any(_handlers(distribution) for distribution in configuration.distributions):
        profile = configuration.settings.lambda_edge.aws_profile
        identity = f"act as the AWS profile {profile}" if profile else "have dummy AWS credentials"
        parts.append(f"handlers {identity} (lambda_edge: {{aws: {{profile: …}}}})")
    if configuration.settings.viewer.scheme == "https" and not https:
        parts.append("plain HTTP plays CloudFront's HTTPS listener (viewer: {scheme: http} shows the redirects)")
    if configuration.settings.viewer.map_back:
        parts.append("redirects and cookies of these names lead back to where the viewer came from (viewer: {map_back: true})")
    found = [item for each in configuration.distributions for item in each.not_honoured]
    parts += dict.fromkeys(f"{_name(item)}: {item.instead}" for item in found if is_quiet(item))
    return "\n".join(parts)


def _distribution(distribution: Distribution, country: str | None, *, colour: bool) -> str:
    rows = [_row(distribution, behavior) for behavior in distribution.cache_behaviors]
    rows.append(_row(distribution, distribution.default_cache_behavior))
    widths = [max(len(cells[column]) for cells, _ in rows) for column in range(3)]
    names = ", ".join([distribution.domain_name, *distribution.aliases])
    lines = [_painted(f"{distribution.name}", "1", colour) + f"  {names}"]
    for cells, code in rows:
        lines.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        lines += [f"    {part}" for part in code]
    lines += [f"  {remark}" for origin in distribution.origins.values() for remark in _remarks(distribution, origin)]
    if distribution.geo is not None:
        lines.append(_geo(distribution.geo, country, colour=colour))
    counted = Counter(_name(item) for item in distribution.not_honoured if not is_quiet(item))
    if counted:
        listed = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in counted.items())
        lines.append(_painted(f"  not honoured: {listed} (edgeproxy check says more)", "33", colour))
    warned = ", ".join(dict.fromkeys(caution.property for caution in cautions.of(distribution)))
    if warned:
        lines.append(_painted(f"  caution: {warned} (edgeproxy check says more)", "33", colour))
    return "\n".join(lines)


def _geo(geo: GeoRestriction, country: str | None, *, colour: bool) -> str:
    more = len(geo.countries) - COUNTRIES_SHOWN
    codes = ", ".join(geo.countries[:COUNTRIES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    if country is None:
        return _painted(f"  geo: {geo.restriction_type} {codes}; EVERYONE is served: set viewer.country", "33", colour)
    return f"  geo: {geo.restriction_type} {codes}; viewer.country {country}"


def _handlers(distribution: Distribution) -> bool:
    """Has it code that runs in processes of its own: handlers, or functions behind a URL?"""
    behaviors = (*distribution.cache_behaviors, distribution.default_cache_behavior)
    at_the_edge = any(behavior.lambdas for behavior in behaviors)
    places = [*distribution.function_urls, *(origin.place for origin in distribution.origins.values())]
    return at_the_edge or any(isinstance(place, FunctionUrl) for place in places)


def _row(distribution: Distribution, behavior: CacheBehavior) -> tuple[tuple[str, str, str], list[str]]:
    origin = distribution.origins[behavior.target_origin_id]
    code = [f"failover: {_failover(distribution, behavior.origin_group)}"] if behavior.origin_group is not None else []
    code += [f"{SHORT[hook]}: {behavior.functions[hook].name} (function)" for hook in Hook if hook in behavior.functions]
    code += [f"{SHORT[hook]}: {behavior.lambdas[hook].function.name} (lambda)" for hook in Hook if hook in behavior.lambdas]
    return (behavior.path_pattern, f"→ {origin.id}", where(origin)), code


def _failover(distribution: Distribution, group: OriginGroup) -> str:
    second = distribution.origins[group.members[1]]
    return f"→ {second.id}  {where(second)}  on {', '.join(map(str, sorted(group.status_codes)))}"


def where(origin: Origin) -> str:
    """Where an origin lives here, in words."""
    return f"nowhere here: {origin.domain_name}" if origin.place is None else _place(origin.place)


def _place(place: Place) -> str:
    match place:
        case Directory(path, listed):
            return f"{path}{' (list)' if listed else ''}"
        case Url():
            return f"{place}{'  not as deployed (dev)' if place.dev else ''}"
        case FunctionUrl(_, function):
            return f"function {function.name} (URL)"


def _remarks(distribution: Distribution, origin: Origin) -> list[str]:
    """What one should know of an origin beside its place."""
    remarks, place = [], origin.place
    if isinstance(place, Directory) and not distribution.declared:
        remarks.append("what is stored of it is served for 24 h, whatever changes: --no-cache, or edgeproxy invalidate '/*'")
    if dev_server.in_a_buckets_place(origin, place):
        remarks.append(f"{origin.id} gets URIs as the browser sends them: rewriting is for the bucket")
    if isinstance(place, Url) and not place.tls.verify:
        remarks.append(f"the certificate of {origin.id} is NOT verified (tls: {{verify: false}})")
    if isinstance(place, Url) and place.sign_as is not None and origin.s3 and origin.signing != "never":
        who = place.sign_as
        name = f"the AWS profile {who.profile}" if who.profile is not None else who.access_key_id
        remarks.append(f"requests to {origin.id} are signed as {name}")
    if origin.origin_shield is not None:
        remarks.append(f"{origin.id}: Origin Shield {origin.origin_shield}: there is one cache layer")
    return remarks


def is_quiet(item: NotHonoured) -> bool:
    """Is it so common that a plain line is enough?"""
    row = BY_PROPERTY.get(item.property)
    return row is not None and row.quiet


def _name(item: NotHonoured) -> str:
    row = BY_PROPERTY.get(item.property)
    return item.property if row is None else row.question


def not_honoured(configuration: Configuration) -> str:
    """Every property that CloudFront honours and this version does not, where it stands and what happens instead."""
    lines = []
    for item in dict.fromkeys(item for distribution in configuration.distributions for item in distribution.not_honoured):
        place = f"{item.path}:{item.line}: " if item.path is not None and item.line else ""
        lines.append(f"  {place}{item.property}: {item.instead}")
    return "\n".join(["not honoured yet:", *lines]) if lines else "everything in it is honoured"


def warnings(configuration: Configuration) -> str:
    """What works as declared and still surprises, a line each; empty when nothing does."""
    found = [
        f"  {each.name}: {caution.property}: {caution.what}"
        for each in configuration.distributions
        for caution in cautions.of(each)
    ]
    return "\n".join(["caution:", *found]) if found else ""


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
