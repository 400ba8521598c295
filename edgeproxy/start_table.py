"""What is served, before the first request: pattern, origin, where that is here, functions, and what is not honoured."""

import textwrap
from collections import Counter
from collections.abc import Mapping
from itertools import islice, zip_longest
from typing import NamedTuple

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
    Place,
    Url,
)
from edgeproxy.rules import cautions, dev_server
from edgeproxy.terminal import near, safe, some

SHORT = {
    Hook.VIEWER_REQUEST: "viewer-req", Hook.ORIGIN_REQUEST: "origin-req", Hook.ORIGIN_RESPONSE: "origin-res",
    Hook.VIEWER_RESPONSE: "viewer-res",
}  # fmt: skip

COLUMNS = 80
NAMES_SHOWN, COUNTRIES_SHOWN = 6, 8
ASSETS = "assets of "
SHORTEST = 12
"""Columns that the name of a deployment has in any case."""


class Row(NamedTuple):
    """One behavior: its pattern, its origins with the places they have here, its functions and handlers."""

    pattern: str
    targets: list[tuple[str, str]]
    code: list[str]


def render(configuration: Configuration, *, colour: bool, https: bool = False, in_full: bool = False) -> str:
    """The table of every distribution, under each a line of what is not honoured, one of cautions; readable at 80 columns.

    `https`: there is an HTTPS listener. `in_full`: `not_honoured` and `warnings` follow and say more.
    """
    country = dict(configuration.settings.viewer.given).get("country")
    parts = list(map(safe, configuration.remarks))
    for distribution in configuration.distributions:
        parts += _distribution(distribution, country, colour=colour)
        parts += [] if in_full else _noted(distribution, colour=colour)
    parts += _chosen_by_code(configuration.settings.places)
    if any(_handlers(distribution) for distribution in configuration.distributions):
        profile = configuration.settings.lambda_edge.aws_profile
        identity = safe(f"act as the AWS profile {profile}") if profile else "have dummy AWS credentials"
        parts.append(f"handlers {identity} (lambda_edge: {{aws: {{profile: …}}}})")
    if configuration.settings.viewer.scheme == "https" and not https:
        parts.append("plain HTTP plays the HTTPS listener (viewer: {scheme: http} shows redirects)")
    if configuration.settings.viewer.map_back:
        parts.append("redirects and cookies of these names lead back here (viewer: {map_back: true})")
    found = [item for each in configuration.distributions for item in each.not_honoured]
    parts += [] if in_full else dict.fromkeys(safe(f"{_name(item)}: {item.instead}") for item in found if is_quiet(item))
    return "\n".join(parts)


def _distribution(distribution: Distribution, country: str | None, *, colour: bool) -> list[str]:
    rows = [_row(distribution, behavior) for behavior in distribution.behaviors]
    targeted = {name for each in distribution.behaviors for name in _targets(each)}
    rows += [Row("–", [(f"→ {each.id}", where(each))], []) for each in distribution.origins.values() if each.id not in targeted]
    names = some([distribution.domain_name, *distribution.aliases], NAMES_SHOWN)
    name = safe(distribution.name)
    lines = [_painted(name, "1", colour) + _wrapped(f"{name}  {names}")[len(name) :]]
    lines += _table(rows)
    lines += [_wrapped(f"  {remark}") for origin in distribution.origins.values() for remark in _remarks(distribution, origin)]
    if distribution.geo is not None:
        lines.append(_geo(distribution.geo, country, colour=colour))
    return lines


def _noted(distribution: Distribution, *, colour: bool) -> list[str]:
    lines = []
    counted = Counter(_name(item) for item in distribution.not_honoured if not is_quiet(item))
    if counted:
        listed = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in counted.items())
        lines.append(f"  not honoured: {listed} (edgeproxy check says more)")
    warned = ", ".join(dict.fromkeys(caution.property for caution in cautions.of(distribution)))
    if warned:
        lines.append(f"  caution: {warned} (edgeproxy check says more)")
    return [_painted(_wrapped(line), "33", colour) for line in lines]


def _table(rows: list[Row]) -> list[str]:
    """A line for each behavior, more where it has several origins or functions; functions stand below where it is too wide."""
    rows = [
        Row(safe(row.pattern), [(safe(one), safe(two)) for one, two in row.targets], list(map(safe, row.code))) for row in rows
    ]
    cells = [
        (pattern, *target, code)
        for row in rows
        for pattern, target, code in zip_longest([row.pattern], row.targets, row.code, fillvalue="")
        for target in [target or ("", "")]
    ]
    beside = _aligned(cells)
    if max(map(len, beside)) <= COLUMNS:
        return beside
    room = COLUMNS - sum(2 + max(map(len, column)) for column in list(zip(*cells, strict=True))[:2]) - 2
    rows = [row._replace(targets=[(one, _fitted(two, room)) for one, two in row.targets]) for row in rows]
    alone = iter(_aligned([(pattern, *target, "") for row in rows
                           for pattern, target in zip_longest([row.pattern], row.targets, fillvalue="")]))  # fmt: skip
    return [line for row in rows for line in [*islice(alone, len(row.targets)), *(f"    {part}" for part in row.code)]]


def _fitted(place: str, room: int) -> str:
    """The place; of a deployment the end of its name, where there is no room for all of it."""
    before, found, name = place.partition(ASSETS)
    kept = max(room - len(before + found) - 1, SHORTEST)
    if not found or len(place) <= room or len(name) <= kept:
        return place
    end = name[-kept:]
    return f"{before}{found}…{end[max(end.find('/'), 0) :]}"


def _aligned(cells: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]


def _chosen_by_code(places: Mapping[str, Place]) -> list[str]:
    rows = [Row(name, [(f"→ {_place(place)}", "")], []) for name, place in places.items()]
    return ["domain names that only code may choose", *_table(rows)] if rows else []


def _wrapped(line: str) -> str:
    """A line that goes on below, two columns further in, where it is too long."""
    line, indent = safe(line), " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))


def _geo(geo: GeoRestriction, country: str | None, *, colour: bool) -> str:
    restriction = safe(f"  geo: {geo.restriction_type} {some(geo.countries, COUNTRIES_SHOWN)}")
    if country is None:
        return _painted(f"{restriction}; EVERYONE is served: set viewer.country", "33", colour)
    return f"{restriction}; viewer.country {safe(country)}"


def _handlers(distribution: Distribution) -> bool:
    """Has it code that runs in processes of its own: handlers, or functions behind a URL?"""
    at_the_edge = any(behavior.lambdas for behavior in distribution.behaviors)
    places = [*distribution.function_urls, *(origin.place for origin in distribution.origins.values())]
    return at_the_edge or any(isinstance(place, FunctionUrl) for place in places)


def _row(distribution: Distribution, behavior: CacheBehavior) -> Row:
    targets = [(f"→ {name}", where(distribution.origins[name])) for name in _targets(behavior)]
    if behavior.origin_group is not None:
        codes = ", ".join(map(str, sorted(behavior.origin_group.status_codes)))
        targets[1:] = [(name, f"on {codes}: {place}") for name, place in targets[1:]]
    code = [f"{SHORT[hook]}: {behavior.functions[hook].name} (function)" for hook in Hook if hook in behavior.functions]
    code += [f"{SHORT[hook]}: {behavior.lambdas[hook].function.name} (lambda)" for hook in Hook if hook in behavior.lambdas]
    return Row(behavior.path_pattern, targets, code)


def _targets(behavior: CacheBehavior) -> tuple[str, ...]:
    """Ids of the origin, or of a group's origins in their order."""
    return (behavior.target_origin_id,) if behavior.origin_group is None else behavior.origin_group.members


def where(origin: Origin) -> str:
    """Where an origin lives here, in words."""
    return f"nowhere here: {origin.resource or origin.domain_name}" if origin.place is None else _place(origin.place)


def _place(place: Place) -> str:
    match place:
        case Directory():
            return _directory(place)
        case Url():
            return f"{place}{'  not as deployed (dev)' if place.dev else ''}"
        case FunctionUrl(_, function):
            return f"function {function.name} (URL)"


def _directory(place: Directory) -> str:
    if place.website is not None and place.website.redirect_to:
        return f"redirects to {place.website.redirect_to}"
    asked = [word for word, is_so in (("website", place.website is not None), ("list", place.list)) if is_so]
    files = f"{ASSETS}{place.deployed_by}" if place.deployed_by else str(near(place.path))
    return f"{files} ({', '.join(asked)})" if asked else files


def _remarks(distribution: Distribution, origin: Origin) -> list[str]:
    """What one should know of an origin beside its place."""
    remarks, place = [], origin.place
    if isinstance(place, Directory) and not distribution.declared:
        remarks.append("files are served as stored for 24 h: --no-cache, or edgeproxy invalidate '/*'")
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


def addresses(configuration: Configuration, port: int) -> list[str]:
    """Where each of several distributions is found, a line each; none where there is one."""
    names, default = [distribution.name for distribution in configuration.distributions], configuration.settings.default
    if len(names) < 2:
        return []
    lines = [safe(f"{name} on http://{name.lower()}.localhost:{port}") for name in names[:NAMES_SHOWN]]
    more = [f"and {len(names) - NAMES_SHOWN} more"] if len(names) > NAMES_SHOWN else []
    local = "default: NAME in edgeproxy.yaml lets one of them answer" if default is None else f"{safe(default)} answers"
    return [*lines, *more, f"{local} to localhost"]


def not_honoured(configuration: Configuration) -> str:
    """Every property that CloudFront honours and this version does not, where it stands and what happens instead."""
    lines = []
    for item in dict.fromkeys(item for distribution in configuration.distributions for item in distribution.not_honoured):
        place = f"{near(item.path)}:{item.line}: " if item.path is not None and item.line else ""
        lines.append(safe(f"  {place}{item.property}: {item.instead}"))
    return "\n".join(["not honoured yet:", *lines]) if lines else "everything in it is honoured"


def warnings(configuration: Configuration) -> str:
    """What works as declared and still surprises, a line each; empty when nothing does."""
    found = [
        safe(f"  {each.name}: {caution.property}: {caution.what}")
        for each in configuration.distributions
        for caution in cautions.of(each)
    ]
    return "\n".join(["caution:", *found]) if found else ""


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
