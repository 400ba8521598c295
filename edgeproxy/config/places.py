"""Where each origin lives on this machine: what the command line and the settings file say, by any of the origin's names."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from edgeproxy.config import limits, not_honoured
from edgeproxy.config.documents import local_path
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.errors import ConfigError, Missing, Problem
from edgeproxy.hooks import Hook
from edgeproxy.model import Directory, Distribution, FunctionUrl, NotHonoured, Origin, Place, Url
from edgeproxy.places import DEFAULT_PORTS, Website, website_bucket
from edgeproxy.rules import destinations, dev_server, hosts
from edgeproxy.spelling import nearest

Settled = TypeVar("Settled", bound=Place | None)

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}(/.*)?$")
_URL = re.compile(r"(https?)://([^/?#@]+)(/[^?#]*)?", re.IGNORECASE)
_CREDENTIALS = re.compile(r"//[^/@]*@")
_NO_FILES = Directory(Path(os.devnull))
"""Of a bucket that redirects every request: it needs none."""
SIGNED = "it signs those to a bucket with OriginAccessControlId or an OriginAccessIdentity, unless SigningBehavior is never"


class Candidate(NamedTuple):
    """An origin as declared; `names` are all under which a place may be given for it, `node` is its domain name."""

    origin: Origin
    names: tuple[str, ...]
    node: Node
    function_url: FunctionUrl | None = None
    """The function of the same file whose URL the origin is."""
    website: Website | None = None
    """How S3 hosts the bucket whose website endpoint the origin is."""
    listed: bool = False
    """May CloudFront list the bucket, by its policy?"""


class FunctionNamed(NamedTuple):
    """A function of a template, or of the settings, that is to answer in the origin's place; `node` is where it is named."""

    name: str
    node: Node


class Given(NamedTuple):
    """A place and where the user gave it."""

    place: Directory | Url | FunctionNamed
    node: Node


Functions = Callable[[FunctionNamed, str], FunctionUrl]
"""The function behind a domain name. Raises ConfigError."""


def place(text: str, base: Path, node: Node, *, list_missing: bool | None = None) -> Directory | Url:
    """A URL, or a directory relative to `base`. Raises ConfigError."""
    if "://" in text:
        return _url(text, node)
    if _HOST_AND_PORT.match(text) and not (base / text).exists():
        raise ConfigError(node.problem(f"{text} is not an origin's URL", f"did you mean http://{text}?"))
    if text.isdecimal() and not (base / text).exists():
        raise ConfigError(node.problem(f"{text} is not an origin's URL", f"did you mean http://localhost:{text}?"))
    path = local_path(base, text, node)
    if not path.is_dir():
        raise ConfigError(node.problem(f"{path} is not a directory"))
    return Directory(path, list_missing)


def _url(text: str, node: Node) -> Url:
    try:
        return _read_url(text)
    except ValueError as error:
        shown = _CREDENTIALS.sub("//***@", text)
        raise ConfigError(node.problem(f"{shown} is not an origin's URL", str(error))) from None


def _read_url(text: str) -> Url:
    """Raises ValueError that says what is wrong."""
    match = _URL.fullmatch(text)
    if match is None:
        raise ValueError("the form is http(s)://host[:port][/path]")
    scheme, authority, path = match[1].lower(), match[2], (match[3] or "").rstrip("/")
    if not hosts.is_host(authority):
        raise ValueError(f"{authority!r:.80} is no host: a name or an address, and maybe a port")
    if path and not limits.ORIGIN_PATH.fullmatch(path):
        raise ValueError("a path has no spaces and line breaks, and only ASCII: write other characters percent-encoded")
    parts = urlsplit(f"//{authority}")
    if parts.port == 0:
        raise ValueError("nothing can be reached at port 0")
    return Url(scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[scheme], path)


def from_command_line(origins: Mapping[str, str], problems: Problems) -> dict[str, Given]:
    """Places given as `--origin [NAME=]URL-or-directory`; directories are relative to where we are."""
    given = {}
    for name, text in origins.items():
        with problems.gathering():
            given[name] = Given(place(text, Path.cwd(), Node(None)), Node(None))
    return given


class Places:
    """The given places, the command line's before the settings', and the names that origins have."""

    def __init__(
        self,
        given: Sequence[Mapping[str, Given]],
        scheme: str,
        allowed: tuple[str, ...],
        settings_file: Path | None,
        deployed: Callable[[Sequence[str]], Directory | None],
        functions: Functions,
    ) -> None:
        """`deployed` gives what a cloud assembly puts into the bucket of one of these names."""
        self._given = given
        self._scheme = scheme
        self._allowed = allowed
        self._settings_file = settings_file
        self._deployed = deployed
        self._functions = functions
        self._asked: set[str] = set()
        self._unplaced: set[str] = set()
        """Names of origins for which no place is given."""

    def settle(self, distribution: Distribution, candidates: Iterable[Candidate], problems: Problems) -> Distribution:
        """The distribution with the place of each origin; a bucket without one is a problem."""
        origins: dict[str, Origin] = {}
        unsigned: list[NotHonoured] = []
        for candidate in candidates:
            self._asked.update(candidate.names)
            found = next((given[name] for given in self._given for name in candidate.names if name in given), None)
            if found is None:
                settled = self._elsewhere(candidate, problems)
                if not isinstance(settled, FunctionUrl):
                    self._unplaced.update(candidate.names)
            else:
                settled = self._place(found.place, candidate.origin.domain_name, problems)
            settled = _hosted(settled, candidate.website, listed=candidate.listed)
            origin = origins[candidate.origin.id] = replace(candidate.origin, place=settled)
            as_whom = settled.sign_as if isinstance(settled, Url) else None
            bucket = isinstance(settled, Url | None) and not dev_server.in_a_buckets_place(origin, settled)
            if origin.signing != "never" and bucket and not (origin.s3 and as_whom):
                unsigned.append(self._unsigned(origin, candidate.node))
            signs = origin.s3 and origin.signing != "never"
            if as_whom and found is not None and not signs and not _has_code_before_the_origin(distribution):
                problems.add(found.node.problem(f"sign_as: CloudFront does not sign requests to origin {origin.id}", SIGNED))
        return replace(distribution, origins=origins, not_honoured=(*distribution.not_honoured, *unsigned))

    def _place(self, given: Directory | Url | FunctionNamed, domain: str, problems: Problems) -> Place | None:
        if not isinstance(given, FunctionNamed):
            return given
        with problems.gathering():
            return self._functions(given, domain.lower())
        return None

    def _unsigned(self, origin: Origin, node: Node) -> NotHonoured:
        which = "OriginAccessControlId" if origin.origin_access_control else "S3OriginConfig.OriginAccessIdentity"
        property_, place = f"Origin.{which}", origin.place
        instead = not_honoured.instead(property_)
        if origin.s3 and isinstance(place, Url):
            line = f"origins: {{{origin.domain_name}: {{url: '{place}', sign_as: PROFILE}}}}"
            instead += f"; to sign them add to {self._settings_name}:  {line}"
        return NotHonoured(property_, instead, node.path, node.line)

    @property
    def _settings_name(self) -> str:
        return "edgeproxy.yaml" if self._settings_file is None else self._settings_file.name

    def _elsewhere(self, candidate: Candidate, problems: Problems) -> Place | None:
        if candidate.function_url is not None:
            return candidate.function_url
        if candidate.website is not None and candidate.website.redirect_to:
            return _NO_FILES
        if candidate.origin.s3 or candidate.website is not None:
            try:
                content = self._deployed(candidate.names)
            except ConfigError as error:
                problems.add(*error.problems)
                return None
            if content is not None:
                return content
        found = destinations.place(candidate.origin, self._scheme, self._allowed)
        if not isinstance(found, destinations.Nowhere):
            return found
        if candidate.origin.s3 and candidate.origin.domain_name:
            name, file = candidate.origin.domain_name, self._settings_name
            missing = Missing("origins", candidate.origin.resource or name, "./public")
            hint = f"{missing.line(file)}\nor give --origin {candidate.origin.id}=DIRECTORY"
            problems.add(candidate.node.lack(f"bucket {name} has no place on this machine", missing, hint))
        return None

    def undeclared(self, distributions: Sequence[Distribution], problems: Problems) -> dict[str, Place]:
        """Places of domain names that code may choose at run time; any other name that no origin has is noted."""
        chosen_by_code = any(map(_has_code_before_the_origin, distributions))
        found: dict[str, Place] = {url.domain_name: url for each in distributions for url in each.function_urls}
        for name, given in [item for source in reversed(self._given) for item in source.items()]:
            if name in self._asked:
                continue
            # A name like that of an origin which has its place is no slip: api-eu beside api-us.
            if chosen_by_code and "." in name and not nearest(name, self._unplaced):
                place = self._place(given.place, name, problems)
                if place is not None:
                    found[name.lower()] = _hosted(place, Website() if website_bucket(name) else None)
            else:
                problems.add(given.node.problem(f"no origin is named {name}", did_you_mean(name, self._asked)))
        return found


def _hosted(place: Settled, website: Website | None, *, listed: bool = False) -> Settled:
    """The place, a directory as its bucket is hosted, and `listed` where nothing is said of that."""
    if not isinstance(place, Directory):
        return place
    return replace(place, website=website, list=True if listed and place.list is None else place.list)


def _has_code_before_the_origin(distribution: Distribution) -> bool:
    return any(Hook.ORIGIN_REQUEST in each.lambdas or Hook.VIEWER_REQUEST in each.functions for each in distribution.behaviors)


def name_the_unnamed(given: dict[str, Given], candidates: Iterable[Candidate], problems: Problems) -> None:
    """Gives the place without a name to the only origin there is."""
    if "" not in given:
        return
    ids = sorted({candidate.origin.id for candidate in candidates})
    unnamed = given.pop("")
    if len(ids) == 1:
        given[ids[0]] = unnamed
    elif ids:
        hint = f"say which: --origin {ids[0]}=URL; origins: {', '.join(ids)}"
        problems.add(Problem(f"--origin has no name, and there are {len(ids)} origins", hint=hint))
