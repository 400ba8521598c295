"""Cache, origin request and response headers policies, and the legacy cache settings. Part of the model, frozen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Which headers, cookies or query strings: a behavior (`none`, `whitelist`, `allExcept`, `all`, …) and its names."""

    behavior: str = "none"
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """CachePolicyConfig; TTLs in seconds."""

    name: str
    min_ttl: float = 0
    default_ttl: float = 86400
    max_ttl: float = 31536000
    headers: Selection = Selection()
    cookies: Selection = Selection()
    query_strings: Selection = Selection()
    gzip: bool = False
    brotli: bool = False


@dataclass(frozen=True, slots=True)
class ForwardedValues:
    """Legacy cache settings of a behavior; TTLs in seconds. Headers ("*",) forwards all and caches nothing."""

    query_string: bool = False
    query_string_cache_keys: tuple[str, ...] = ()
    cookies: Selection = Selection()
    headers: tuple[str, ...] = ()
    min_ttl: float = 0
    default_ttl: float = 86400
    max_ttl: float = 31536000


@dataclass(frozen=True, slots=True)
class OriginRequestPolicy:
    """OriginRequestPolicyConfig."""

    name: str
    headers: Selection = Selection()
    cookies: Selection = Selection()
    query_strings: Selection = Selection()


@dataclass(frozen=True, slots=True)
class Cors:
    """CorsConfig; max_age in seconds."""

    allow_origins: tuple[str, ...]
    allow_headers: tuple[str, ...]
    allow_methods: tuple[str, ...]
    allow_credentials: bool
    origin_override: bool
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class XssProtection:
    """XSSProtection of SecurityHeadersConfig."""

    override: bool
    protection: bool
    mode_block: bool = False
    report_uri: str = ""


@dataclass(frozen=True, slots=True)
class StrictTransportSecurity:
    """StrictTransportSecurity of SecurityHeadersConfig; max_age in seconds."""

    override: bool
    max_age: int
    include_subdomains: bool = False
    preload: bool = False


@dataclass(frozen=True, slots=True)
class PolicyHeader:
    """A header of a response headers policy: a custom one, or a security header that is only a value."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True, slots=True)
class ServerTiming:
    """ServerTimingHeadersConfig; sampling_rate in percent."""

    enabled: bool
    sampling_rate: float = 0


@dataclass(frozen=True, slots=True)
class ResponseHeadersPolicy:
    """ResponseHeadersPolicyConfig; FrameOptions, ReferrerPolicy, CSP and ContentTypeOptions stand in `security`."""

    name: str
    cors: Cors | None = None
    security: tuple[PolicyHeader, ...] = ()
    xss_protection: XssProtection | None = None
    strict_transport_security: StrictTransportSecurity | None = None
    custom_headers: tuple[PolicyHeader, ...] = ()
    remove_headers: tuple[str, ...] = ()
    server_timing: ServerTiming | None = None
