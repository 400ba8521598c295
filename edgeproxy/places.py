"""Where an origin lives on this machine: a directory or a server, and how that one is asked. Part of the model, frozen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORTS = {"http": 80, "https": 443}
INDEX_DOCUMENT = "index.html"
_WEBSITE_ENDPOINT = re.compile(r"(.+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?", re.IGNORECASE)


def website_bucket(domain_name: str) -> str | None:
    """The bucket whose website endpoint a domain name is, None when it is none (AWS page: WebsiteEndpoints)."""
    match = _WEBSITE_ENDPOINT.fullmatch(domain_name)
    return None if match is None else match[1]


Metadata = tuple[tuple[str, str], ...]
"""Headers that S3 keeps with an object."""


@dataclass(frozen=True, slots=True)
class Website:
    """How S3 hosts a bucket as a website: the object of `…/`, that of 4xx errors, "" for S3's own page."""

    index_document: str = INDEX_DOCUMENT
    error_document: str = ""
    redirect_to: str = ""
    """Scheme and host to which every request is redirected, "" for none."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of this machine that stands in for a bucket; `list`: a missing key is 404, not 403, as it is for None."""

    path: Path
    list: bool | None = None
    website: Website | None = None
    """Of a bucket that is asked at its website endpoint; None: at its REST endpoint."""
    metadata: Mapping[str, Metadata] = field(default_factory=dict, hash=False)
    """By key; "" stands for every key that is not there."""
    deployed_by: str = field(default="", compare=False)
    """What put the files there, by its construct path or logical id: the path of a copy tells nobody anything."""


@dataclass(frozen=True, slots=True)
class SignAs:
    """Who asks a bucket: a profile of this machine's AWS configuration, or else a pair of keys. No region: the bucket's own."""

    profile: str | None = None
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    region: str = ""


@dataclass(frozen=True, slots=True)
class Tls:
    """Which certificates will do: none is looked at, or those of one more authority (PEM) too."""

    verify: bool = True
    ca: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Url:
    """A server of this machine (or an allowed one) that stands in for an origin; `path` goes before the origin path."""

    scheme: str
    host: str
    port: int
    path: str = ""
    sign_as: SignAs | None = None
    """Of a bucket: requests that CloudFront would sign are signed so."""
    tls: Tls = Tls()
    origin_path: str | None = None
    """Takes the place of the origin path; None: that stays."""
    host_header: str | None = None
    """The Host that it is to see, None: the one that CloudFront would send."""
    dev: bool = False
    """A dev server: nothing of it is cached, everything of a request goes to it."""

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{self.path}"
