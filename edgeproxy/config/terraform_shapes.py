"""Terraform's resource types, attribute by attribute, as the properties that the readers of templates take: literal tables.

Sources: the schemas of terraform-provider-aws 4 to 6 (which print a nested block as a list, also where there can be one only),
and what that provider sends to AWS: no TTL of a behavior beside a cache policy, else 0 for one that is not given; an S3 origin
where no kind of origin is given; 0 for an ErrorCachingMinTTL that is not given.
Chosen: an attribute that is not here is not looked at when it is the resource's own, and is told of inside a block.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Union

from edgeproxy.config import resource_values as types

Attribute = Union[str, "Link", "Block"]
"""What an attribute becomes: the property of this name, with the same value; what another resource gives; a mapping."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Link(NamedTuple):
    """A property that names another resource: of which type ("" for any), and by which of that one's attributes."""

    property: str
    type: str = ""
    attribute: str = ""


class Shape(NamedTuple):
    """A block's attributes; properties with what is sent where they are not given; attributes of which 0 says nothing."""

    attributes: Mapping[str, Attribute]
    defaults: Mapping[str, Any] = _NOTHING
    zero: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()


class Block(NamedTuple):
    """A nested block; `many`: a list of them, `ordered`: in the order in which they are written."""

    property: str
    shape: Shape
    many: bool = False
    ordered: bool = False


class Kind(NamedTuple):
    """A resource type: CloudFormation's name of it, the property that holds everything ("" when none does), the rest."""

    type: str
    inside: str
    shape: Shape


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CACHE_POLICY, _KEY_GROUP, _PUBLIC_KEY = "aws_cloudfront_cache_policy", "aws_cloudfront_key_group", "aws_cloudfront_public_key"
_REQUEST_POLICY, _RESPONSE_POLICY = "aws_cloudfront_origin_request_policy", "aws_cloudfront_response_headers_policy"
_FUNCTION, _LAMBDA, _URL = "aws_cloudfront_function", "aws_lambda_function", "aws_lambda_function_url"
_ACCESS_CONTROL, _IDENTITY = "aws_cloudfront_origin_access_control", "aws_cloudfront_origin_access_identity"
_STORE = "aws_cloudfront_key_value_store"

_ITEMS = Shape({"items": "Items"})


def _selection(property_: str, behavior: tuple[str, str], names: tuple[str, str]) -> Block:
    return Block(property_, Shape({behavior[0]: behavior[1], names[0]: Block(names[1], _ITEMS)}))


_SELECTIONS: Mapping[str, Attribute] = {
    "cookies_config": _selection("CookiesConfig", ("cookie_behavior", "CookieBehavior"), ("cookies", "Cookies")),
    "headers_config": _selection("HeadersConfig", ("header_behavior", "HeaderBehavior"), ("headers", "Headers")),
    "query_strings_config": _selection(
        "QueryStringsConfig", ("query_string_behavior", "QueryStringBehavior"), ("query_strings", "QueryStrings")
    ),
}
_BEHAVIOR: Mapping[str, Attribute] = {
    "allowed_methods": "AllowedMethods",
    "cached_methods": "CachedMethods",
    "cache_policy_id": Link("CachePolicyId", _CACHE_POLICY, "id"),
    "compress": "Compress",
    "default_ttl": "DefaultTTL",
    "field_level_encryption_id": "FieldLevelEncryptionId",
    "forwarded_values": Block("ForwardedValues", Shape({
        "cookies": Block("Cookies", Shape({"forward": "Forward", "whitelisted_names": "WhitelistedNames"})),
        "headers": "Headers",
        "query_string": "QueryString",
        "query_string_cache_keys": "QueryStringCacheKeys",
    })),
    "function_association": Block("FunctionAssociations", Shape({
        "event_type": "EventType",
        "function_arn": Link("FunctionARN", _FUNCTION, "arn"),
    }), many=True),
    "grpc_config": Block("GrpcConfig", Shape({"enabled": "Enabled"})),
    "lambda_function_association": Block("LambdaFunctionAssociations", Shape({
        "event_type": "EventType",
        "include_body": "IncludeBody",
        "lambda_arn": Link("LambdaFunctionARN", _LAMBDA, "qualified_arn"),
    }), many=True),
    "max_ttl": "MaxTTL",
    "min_ttl": "MinTTL",
    "origin_request_policy_id": Link("OriginRequestPolicyId", _REQUEST_POLICY, "id"),
    "realtime_log_config_arn": "RealtimeLogConfigArn",
    "response_headers_policy_id": Link("ResponseHeadersPolicyId", _RESPONSE_POLICY, "id"),
    "smooth_streaming": "SmoothStreaming",
    "target_origin_id": "TargetOriginId",
    "trusted_key_groups": Link("TrustedKeyGroups", _KEY_GROUP, "id"),
    "trusted_signers": "TrustedSigners",
    "viewer_protocol_policy": "ViewerProtocolPolicy",
}  # fmt: skip
_ORIGIN = Shape({
    "connection_attempts": "ConnectionAttempts",
    "connection_timeout": "ConnectionTimeout",
    "custom_header": Block("OriginCustomHeaders", Shape({"name": "HeaderName", "value": "HeaderValue"}), many=True),
    "custom_origin_config": Block("CustomOriginConfig", Shape({
        "http_port": "HTTPPort",
        "https_port": "HTTPSPort",
        "ip_address_type": "IpAddressType",
        "origin_keepalive_timeout": "OriginKeepaliveTimeout",
        "origin_mtls_config": Block("OriginMtlsConfig", Shape({"client_certificate_arn": "ClientCertificateArn"})),
        "origin_protocol_policy": "OriginProtocolPolicy",
        "origin_read_timeout": "OriginReadTimeout",
        "origin_ssl_protocols": "OriginSSLProtocols",
    })),
    "domain_name": Link("DomainName"),
    "origin_access_control_id": Link("OriginAccessControlId", _ACCESS_CONTROL, "id"),
    "origin_id": "Id",
    "origin_path": "OriginPath",
    "origin_shield": Block("OriginShield", Shape({"enabled": "Enabled", "origin_shield_region": "OriginShieldRegion"})),
    "response_completion_timeout": "ResponseCompletionTimeout",
    "s3_origin_config": Block("S3OriginConfig", Shape({
        "origin_access_identity": Link("OriginAccessIdentity", _IDENTITY, "cloudfront_access_identity_path"),
        "origin_read_timeout": "OriginReadTimeout",
    }, {"OriginAccessIdentity": ""}, zero=_words("origin_read_timeout"))),
    "vpc_origin_config": Block("VpcOriginConfig", Shape({
        "origin_keepalive_timeout": "OriginKeepaliveTimeout",
        "origin_read_timeout": "OriginReadTimeout",
        "owner_account_id": "OwnerAccountId",
        "vpc_origin_id": Link("VpcOriginId"),
    })),
}, zero=_words("response_completion_timeout"))  # fmt: skip
_DISTRIBUTION = Shape({
    "aliases": "Aliases",
    "anycast_ip_list_id": "AnycastIpListId",
    "comment": "Comment",
    "connection_function_association": Block("ConnectionFunctionAssociation", Shape({"id": "Id"})),
    "continuous_deployment_policy_id": "ContinuousDeploymentPolicyId",
    "custom_error_response": Block("CustomErrorResponses", Shape({
        "error_caching_min_ttl": "ErrorCachingMinTTL",
        "error_code": "ErrorCode",
        "response_code": "ResponseCode",
        "response_page_path": "ResponsePagePath",
    }, {"ErrorCachingMinTTL": 0}, zero=_words("response_code")), many=True),
    "default_cache_behavior": Block("DefaultCacheBehavior", Shape(_BEHAVIOR)),
    "default_root_object": "DefaultRootObject",
    "enabled": "Enabled",
    "http_version": "HttpVersion",
    "logging_config": Block("Logging", Shape({
        "bucket": "Bucket", "include_cookies": "IncludeCookies", "prefix": "Prefix",
    })),
    "ordered_cache_behavior": Block(
        "CacheBehaviors", Shape({**_BEHAVIOR, "path_pattern": "PathPattern"}), many=True, ordered=True
    ),
    "origin": Block("Origins", _ORIGIN, many=True),
    "origin_group": Block("OriginGroups", Shape({
        "failover_criteria": Block("FailoverCriteria", Shape({"status_codes": "StatusCodes"})),
        "member": Block("Members", Shape({"origin_id": "OriginId"}), many=True, ordered=True),
        "origin_id": "Id",
        "selection_criteria": "SelectionCriteria",
    }), many=True),
    "restrictions": Block("Restrictions", Shape({
        "geo_restriction": Block("GeoRestriction", Shape({
            "locations": "Locations", "restriction_type": "RestrictionType",
        })),
    })),
    "staging": "Staging",
    "viewer_mtls_config": Block("ViewerMtlsConfig", Shape({"mode": "Mode"}, ignored=_words("trust_store_config"))),
    "web_acl_id": Link("WebACLId"),
})  # fmt: skip
_CORS = Shape({
    "access_control_allow_credentials": "AccessControlAllowCredentials",
    "access_control_allow_headers": Block("AccessControlAllowHeaders", _ITEMS),
    "access_control_allow_methods": Block("AccessControlAllowMethods", _ITEMS),
    "access_control_allow_origins": Block("AccessControlAllowOrigins", _ITEMS),
    "access_control_expose_headers": Block("AccessControlExposeHeaders", _ITEMS),
    "access_control_max_age_sec": "AccessControlMaxAgeSec",
    "origin_override": "OriginOverride",
}, zero=_words("access_control_max_age_sec"))  # fmt: skip
_SECURITY = Shape({
    "content_security_policy": Block("ContentSecurityPolicy", Shape({
        "content_security_policy": "ContentSecurityPolicy", "override": "Override",
    })),
    "content_type_options": Block("ContentTypeOptions", Shape({"override": "Override"})),
    "frame_options": Block("FrameOptions", Shape({"frame_option": "FrameOption", "override": "Override"})),
    "referrer_policy": Block("ReferrerPolicy", Shape({"override": "Override", "referrer_policy": "ReferrerPolicy"})),
    "strict_transport_security": Block("StrictTransportSecurity", Shape({
        "access_control_max_age_sec": "AccessControlMaxAgeSec",
        "include_subdomains": "IncludeSubdomains",
        "override": "Override",
        "preload": "Preload",
    })),
    "xss_protection": Block("XSSProtection", Shape({
        "mode_block": "ModeBlock", "override": "Override", "protection": "Protection", "report_uri": "ReportUri",
    })),
})  # fmt: skip
_EDGE_LAMBDA = Shape({
    "architectures": "Architectures",
    "dead_letter_config": Block("DeadLetterConfig", Shape({"target_arn": Link("TargetArn")})),
    "environment": Block("Environment", Shape({"variables": "Variables"})),
    "ephemeral_storage": Block("EphemeralStorage", Shape({"size": "Size"})),
    "file_system_config": Block("FileSystemConfigs", Shape({
        "arn": Link("Arn"), "local_mount_path": "LocalMountPath",
    }), many=True),
    "function_name": "FunctionName",
    "handler": "Handler",
    "image_config": Block("ImageConfig", Shape({
        "command": "Command", "entry_point": "EntryPoint", "working_directory": "WorkingDirectory",
    })),
    "kms_key_arn": Link("KmsKeyArn"),
    "layers": Link("Layers"),
    "memory_size": "MemorySize",
    "package_type": "PackageType",
    "reserved_concurrent_executions": "ReservedConcurrentExecutions",
    "runtime": "Runtime",
    "timeout": "Timeout",
    "tracing_config": Block("TracingConfig", Shape({"mode": "Mode"})),
    "vpc_config": Block("VpcConfig", Shape({
        "security_group_ids": Link("SecurityGroupIds"), "subnet_ids": Link("SubnetIds"),
    }, ignored=_words("ipv6_allowed_for_dual_stack vpc_id"))),
})  # fmt: skip

KINDS: Mapping[str, Kind] = {
    "aws_cloudfront_distribution": Kind(types.DISTRIBUTION, "", _DISTRIBUTION),
    _FUNCTION: Kind(types.FUNCTION, "", Shape({
        "code": "FunctionCode",
        "comment": "Comment",
        "key_value_store_associations": Link("KeyValueStoreAssociations", _STORE, "arn"),
        "name": "Name",
        "runtime": "Runtime",
    }, {"Comment": ""})),
    _CACHE_POLICY: Kind(types.CACHE_POLICY, "CachePolicyConfig", Shape({
        "comment": "Comment",
        "default_ttl": "DefaultTTL",
        "max_ttl": "MaxTTL",
        "min_ttl": "MinTTL",
        "name": "Name",
        "parameters_in_cache_key_and_forwarded_to_origin": Block("ParametersInCacheKeyAndForwardedToOrigin", Shape({
            **_SELECTIONS,
            "enable_accept_encoding_brotli": "EnableAcceptEncodingBrotli",
            "enable_accept_encoding_gzip": "EnableAcceptEncodingGzip",
        }, {"EnableAcceptEncodingGzip": False})),
    }, {"MinTTL": 0})),
    _REQUEST_POLICY: Kind(types.ORIGIN_REQUEST_POLICY, "OriginRequestPolicyConfig", Shape({
        **_SELECTIONS, "comment": "Comment", "name": "Name",
    })),
    _RESPONSE_POLICY: Kind(types.RESPONSE_HEADERS_POLICY, "ResponseHeadersPolicyConfig", Shape({
        "comment": "Comment",
        "cors_config": Block("CorsConfig", _CORS),
        "custom_headers_config": Block("CustomHeadersConfig", Shape({
            "items": Block("Items", Shape({"header": "Header", "override": "Override", "value": "Value"}), many=True),
        })),
        "name": "Name",
        "remove_headers_config": Block("RemoveHeadersConfig", Shape({
            "items": Block("Items", Shape({"header": "Header"}), many=True),
        })),
        "security_headers_config": Block("SecurityHeadersConfig", _SECURITY),
        "server_timing_headers_config": Block("ServerTimingHeadersConfig", Shape({
            "enabled": "Enabled", "sampling_rate": "SamplingRate",
        })),
    })),
    _STORE: Kind(types.KEY_VALUE_STORE, "", Shape({"comment": "Comment", "name": "Name"})),
    _PUBLIC_KEY: Kind(types.PUBLIC_KEY, "PublicKeyConfig", Shape({
        "comment": "Comment", "encoded_key": "EncodedKey", "name": "Name",
    })),
    _KEY_GROUP: Kind(types.KEY_GROUP, "KeyGroupConfig", Shape({
        "comment": "Comment", "items": Link("Items", _PUBLIC_KEY, "id"), "name": "Name",
    })),
    _ACCESS_CONTROL: Kind(types.ACCESS_CONTROL, "OriginAccessControlConfig", Shape({
        "description": "Description",
        "name": "Name",
        "origin_access_control_origin_type": "OriginAccessControlOriginType",
        "signing_behavior": "SigningBehavior",
        "signing_protocol": "SigningProtocol",
    })),
    _LAMBDA: Kind(types.LAMBDA, "", _EDGE_LAMBDA),
    _URL: Kind(types.FUNCTION_URL, "", Shape({
        "authorization_type": "AuthType",
        "function_name": Link("TargetFunctionArn", _LAMBDA, "function_name"),
        "invoke_mode": "InvokeMode",
    })),
    "aws_s3_bucket": Kind(types.BUCKET, "", Shape({})),
    types.WEBSITE: Kind(types.WEBSITE, "WebsiteConfiguration", Shape({
        "error_document": Block("ErrorDocument", Shape({"key": "Key"})),
        "index_document": Block("IndexDocument", Shape({"suffix": "Suffix"})),
        "redirect_all_requests_to": Block("RedirectAllRequestsTo", Shape({"host_name": "HostName", "protocol": "Protocol"})),
        "routing_rule": "RoutingRules",
        "routing_rules": "RoutingRules",
    })),
}  # fmt: skip
"""Resource types that are read, and data sources of the same names."""
KEY = Shape({"key": "Key", "key_value_store_arn": Link("Store", _STORE, "arn"), "value": "Value"})
KEYS = Shape({
    "key_value_store_arn": Link("Store", _STORE, "arn"),
    "resource_key_value_pair": Block("Pairs", Shape({"key": "Key", "value": "Value"}), many=True),
})  # fmt: skip
PAIRS: Mapping[str, Shape] = {"aws_cloudfrontkeyvaluestore_key": KEY, "aws_cloudfrontkeyvaluestore_keys_exclusive": KEYS}
"""Resource types that hold the pairs of a key value store."""
