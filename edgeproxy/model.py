"""What the user declared: distributions, policies, functions and local settings, in AWS's own words. Frozen."""

from dataclasses import dataclass, field
from pathlib import Path

from edgeproxy.hooks import Hook
from edgeproxy.places import Directory as Directory
from edgeproxy.places import SignAs as SignAs
from edgeproxy.places import Tls as Tls
from edgeproxy.places import Url as Url
from edgeproxy.policies import CachePolicy as CachePolicy
from edgeproxy.policies import Cors as Cors
from edgeproxy.policies import ForwardedValues as ForwardedValues
from edgeproxy.policies import OriginRequestPolicy as OriginRequestPolicy
from edgeproxy.policies import PolicyHeader as PolicyHeader
from edgeproxy.policies import ResponseHeadersPolicy as ResponseHeadersPolicy
from edgeproxy.policies import Selection as Selection
from edgeproxy.policies import ServerTiming as ServerTiming
from edgeproxy.policies import StrictTransportSecurity as StrictTransportSecurity
from edgeproxy.policies import XssProtection as XssProtection


@dataclass(frozen=True, slots=True)
class Function:
    """A CloudFront Function; `line` is the line of its file at which the code begins."""

    name: str
    runtime: str
    code: str
    path: Path | None = None
    line: int = 1
    key_value_store: str | None = None
    on_one_line: bool = False
    """All of the code stands on that line, as in JSON."""

    def file_line(self, line: int) -> int:
        """The line of the file on which a line of the code (from 1) stands."""
        return self.line if self.on_one_line else self.line + line - 1


@dataclass(frozen=True, slots=True)
class KeyValueStore:
    """A CloudFront KeyValueStore; `path` is its local `{"data": [{"key", "value"}]}` file, None: it begins with `pairs`."""

    name: str
    arn: str
    path: Path | None = None
    keep: Path | None = None
    """Where changes made at run time are kept, None: nowhere."""
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """A Lambda@Edge function: the files in `task_root`, or `inline` as its only file. Timeout in seconds, memory in MB."""

    name: str
    runtime: str
    handler: str
    task_root: Path | None = None
    inline: str | None = None
    timeout: float = 3
    memory: int = 128
    version: str = "1"
    reserved_concurrency: int | None = None
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables: of a function behind a URL; at the edge there are none."""
    replicated: bool = True
    """Runs at the edge, under the name that CloudFront gives its replicas."""
    overlay: tuple[tuple[str, str], ...] = ()
    """Files that are laid over its code: paths, relative and with `/`, and their text."""


@dataclass(frozen=True, slots=True)
class LambdaAssociation:
    """A Lambda@Edge function at one hook of a behavior."""

    function: LambdaFunction
    include_body: bool = False


@dataclass(frozen=True, slots=True)
class OriginGroup:
    """Two origins by id; the second is asked after one of the status codes."""

    members: tuple[str, ...]
    status_codes: frozenset[int]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of a trusted key group (or signer); `pem` is RSA or ECDSA P-256, as CloudFront is given it."""

    id: str
    pem: str


@dataclass(frozen=True, slots=True)
class CacheBehavior:
    """A cache behavior; the default one has the pattern `*`."""

    path_pattern: str
    target_origin_id: str
    cache_policy: CachePolicy | ForwardedValues
    viewer_protocol_policy: str = "allow-all"
    allowed_methods: tuple[str, ...] = ("GET", "HEAD")
    cached_methods: tuple[str, ...] = ("GET", "HEAD")
    origin_request_policy: OriginRequestPolicy | None = None
    response_headers_policy: ResponseHeadersPolicy | None = None
    functions: dict[Hook, Function] = field(default_factory=dict)
    lambdas: dict[Hook, LambdaAssociation] = field(default_factory=dict)
    origin_group: OriginGroup | None = None
    """The target when it is a group; `target_origin_id` is then its first member."""
    trusted_keys: tuple[PublicKey, ...] | None = None
    """Keys of which one must have signed a request; None: unsigned requests are served."""
    compress: bool = False


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """A Lambda function behind its URL, run on this machine; `domain_name` is that of the URL."""

    domain_name: str
    function: LambdaFunction


Place = Directory | Url | FunctionUrl
"""Where an origin lives here."""


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin; timeouts in seconds, `s3` when it is a bucket, `place` where it lives locally, None when nothing says."""

    id: str
    domain_name: str
    s3: bool = False
    origin_path: str = ""
    custom_headers: tuple[tuple[str, str], ...] = ()
    protocol_policy: str = "match-viewer"
    http_port: int = 80
    https_port: int = 443
    ssl_protocols: tuple[str, ...] = ("TLSv1.2",)
    read_timeout: float = 30
    keepalive_timeout: float = 5
    connection_attempts: int = 3
    connection_timeout: float = 10
    response_completion_timeout: float | None = None
    origin_access_identity: bool = False
    place: Place | None = None
    origin_access_control: bool = False
    host_header: str | None = None
    """The Host that a function chose for it."""
    sni: str | None = None
    certificate_names: tuple[str, ...] = ()
    """What its certificate may carry; empty: the name that it is asked by."""
    ip_address_type: str = "dualstack"
    signing: str = "never"
    """SigningBehavior of its access control (`always`, `no-override`, `never`); with an access identity `always`."""
    origin_shield: str | None = None
    """The region of its Origin Shield."""
    resource: str = ""
    """What its file calls the resource that AWS gives the domain name to: until then the name is made up here."""


@dataclass(frozen=True, slots=True)
class CustomErrorResponse:
    """CustomErrorResponses item; the page path and response code go together or are both None. TTL in seconds."""

    error_code: int
    response_page_path: str | None = None
    response_code: int | None = None
    error_caching_min_ttl: float = 10


@dataclass(frozen=True, slots=True)
class GeoRestriction:
    """GeoRestriction with countries: a `whitelist` or a `blacklist` of ISO 3166-1 codes."""

    restriction_type: str
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotHonoured:
    """A property that CloudFront honours and this version does not: where it stands and what happens instead."""

    property: str
    instead: str
    path: Path | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution; `name` is its logical id (or file name), behaviors stand in order of precedence without the default."""

    name: str
    id: str
    domain_name: str
    origins: dict[str, Origin]
    default_cache_behavior: CacheBehavior
    cache_behaviors: tuple[CacheBehavior, ...] = ()
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    default_root_object: str = ""
    custom_error_responses: tuple[CustomErrorResponse, ...] = ()
    geo: GeoRestriction | None = None
    not_honoured: tuple[NotHonoured, ...] = ()
    function_urls: tuple[FunctionUrl, ...] = ()
    """Functions of its file behind URLs that no origin names: code may choose them at run time."""
    declared: bool = True
    """Does a file declare it? One that none declares goes by the name that its viewers use."""

    @property
    def behaviors(self) -> tuple[CacheBehavior, ...]:
        """In order of precedence, the default one last."""
        return (*self.cache_behaviors, self.default_cache_behavior)


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """How the local viewer looks to the distribution."""

    scheme: str = "https"
    host: str | None = None
    """None: the first alias, else the distribution's domain name."""
    certificate: Path | None = None
    """What the HTTPS listener shows, with the private key's file; both or none."""
    private_key: Path | None = None
    given: tuple[tuple[str, str], ...] = ()
    """What CloudFront would find out of a viewer, by the names of `rules/viewer_values.py`: `country`, `device`, …"""
    map_back: bool = False
    """Redirects and cookies of the distribution's names lead back to the local address by which a viewer came."""


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """Bytes; `on_reload` is `drop` or `keep`."""

    size: int = 256 << 20
    max_object: int = 16 << 20
    on_reload: str = "drop"


@dataclass(frozen=True, slots=True)
class LambdaEdgeSettings:
    """How handlers run here: processes per function, what they are given of this machine, their budgets and logs."""

    environments: int = 4
    throttle: bool = False
    """More requests than environments get CloudFront's throttle page; else they wait their turn."""
    environment: dict[str, str] = field(default_factory=dict)
    """Environment variables that handlers are given beside Lambda's."""
    aws_profile: str | None = None
    """The profile of this machine's AWS configuration that handlers act as; None: dummy credentials."""
    budget: dict[str, float] = field(default_factory=dict)
    """Milliseconds by hook or by function name; the function's goes first."""
    enforce: bool = False
    """The budget is the deadline."""
    logs: Path | None = None
    """The folder that log lines are written to, laid out as in CloudWatch."""
    platform_logs: bool = False
    """START, END and REPORT lines go to the terminal too."""


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """Of CloudFront Functions: the milliseconds that count as a compute utilization of 100."""

    budget: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """The local settings file: what a template cannot know."""

    viewer: ViewerSettings = ViewerSettings()
    cache: CacheSettings = CacheSettings()
    lambda_edge: LambdaEdgeSettings = field(default_factory=LambdaEdgeSettings)
    cloudfront_functions: FunctionSettings = FunctionSettings()
    default: str | None = None
    """Name of the distribution that serves `localhost` when there are several."""
    default_root_object: str = "before"
    allow_origins: tuple[str, ...] = ()
    places: dict[str, Place] = field(default_factory=dict)
    """Where domain names live here that no declared origin has: code may choose them at run time."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything one load read: distributions by file order, settings, and the files whose change means a reload."""

    distributions: tuple[Distribution, ...]
    settings: Settings = field(default_factory=Settings)
    sources: tuple[Path, ...] = ()
    key_value_stores: tuple[KeyValueStore, ...] = ()
    """`Function.key_value_store` holds the name of one of them."""
    built: tuple[Path, ...] = ()
    """What `sam build` made of templates, read in their place."""
    remarks: tuple[str, ...] = ()
    """What is said of the files at the start, and when they are read anew."""
