"""What CloudFront honours and this version does not: one literal table, with what happens instead."""

from collections.abc import Callable, Mapping

from edgeproxy.config.nodes import Node
from edgeproxy.errors import ConfigError

_BEHAVIOR = {
    "FieldLevelEncryptionId": "form fields are passed on in clear text",
    "GrpcConfig": "gRPC requests are not passed through",
    "RealtimeLogConfigArn": "no real-time log is written",
    "SmoothStreaming": "requests are passed on like any other",
}

TABLE: Mapping[str, Mapping[str, str]] = {
    "DistributionConfig": {
        "AnycastIpListId": "the proxy listens where it is told to",
        "CacheTagConfig": "objects are not tagged",
        "ConnectionFunctionAssociation": "the connection function is not run",
        "ConnectionMode": "served directly, not by tenants",
        "ContinuousDeploymentPolicyId": "every request goes to this distribution, none to a staging one",
        "Logging": "no standard log is written; see the request lines on the terminal",
        "Staging": "served as a distribution of its own",
        "TenantConfig": "tenants and their parameters do not exist here",
        "ViewerMtlsConfig": "viewers are NOT asked for a certificate: everyone is served",
        "WebACLId": "no web ACL is applied: nothing is blocked",
    },
    "DefaultCacheBehavior": _BEHAVIOR,
    "CacheBehavior": _BEHAVIOR,
    "Origin": {
        "OriginShield": "there is one cache layer",
        "VpcOriginConfig": "the origin is asked like any custom origin, at its local place",
    },
    "CustomOriginConfig": {"OriginMtlsConfig": "the origin is asked without a client certificate"},
}
"""Kind of mapping -> property -> what happens instead."""

CONNECTION_FUNCTION = "connection functions are not run: no viewer is asked for a certificate"
STREAMING = "its answers are read to their end, then used"
SELECTION = "the first member is asked first, whatever its media quality score"
SIGNING = "requests to the origin are not signed"
SIGNING_PROTOCOL = "requests are signed with sigv4, for one region"

_UNSET = ("", "none", "false", "0", "direct")


def is_set(node: Node, resolve: Callable[[Node], Node | None]) -> bool:
    """Does the property ask for anything? `Enabled: false`, `Quantity: 0`, empty lists and `none` do not."""
    try:
        found = resolve(node)
    except ConfigError:
        return True
    if found is None or found.value is None:
        return False
    value = found.value
    if isinstance(value, list):
        return bool(value)
    if not isinstance(value, dict):
        return str(value).lower() not in _UNSET
    for decides in ("Enabled", "Quantity"):
        if decides in value:
            return is_set(value[decides], resolve)
    return any(is_set(child, resolve) for child in value.values())
