"""Plans and states as `terraform show -json` prints them, with what terraform-provider-aws 5 and 6 put into each block."""

import json

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
PROVIDER = "registry.terraform.io/hashicorp/aws"
ACCOUNT = "111122223333"


def resource(address, values=None, *, module="", index=None, **more):
    """An entry of `resources`; the address is as it is within its module."""
    mode = "data" if address.startswith("data.") else "managed"
    kind, name = address.removeprefix("data.").split("[")[0].split(".")
    entry = {"address": f"{module}.{address}" if module else address, "mode": mode, "type": kind, "name": name}
    if index is not None:
        entry["index"] = index
    entry |= {"provider_name": PROVIDER, "schema_version": 0, "values": values or {}, "sensitive_values": {}}
    return {**entry, **more}


def module(address, *resources, child_modules=()):
    found = {"address": address, "resources": list(resources)}
    return {**found, "child_modules": list(child_modules)} if child_modules else found


def state(*resources, child_modules=(), **more):
    root = {"resources": list(resources)}
    if child_modules:
        root["child_modules"] = list(child_modules)
    return {"format_version": "1.0", "terraform_version": "1.9.5", "values": {"outputs": {}, "root_module": root}, **more}


def plan(*resources, child_modules=(), unknown=None, configuration=None, prior=(), **more):
    """`unknown`: address -> after_unknown; `configuration`: the root module's; `prior`: data sources that are read already."""
    root = {"resources": list(resources)}
    if child_modules:
        root["child_modules"] = list(child_modules)
    changes = [
        {"address": address, "change": {"actions": ["create"], "before": None, "after": {}, "after_unknown": tree}}
        for address, tree in (unknown or {}).items()
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.5",
        "variables": {},
        "planned_values": {"root_module": root},
        "resource_changes": changes,
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": list(prior)}}},
        "configuration": {"provider_config": {}, "root_module": configuration or {}},
        **more,
    }


def block(address, expressions):
    """A resource's block in the configuration."""
    mode = "data" if address.startswith("data.") else "managed"
    kind, name = address.removeprefix("data.").split(".")
    return {"address": address, "mode": mode, "type": kind, "name": name, "provider_config_key": "aws",
            "expressions": expressions, "schema_version": 1}  # fmt: skip


def refers(*references):
    return {"references": list(references)}


def constant(value):
    return {"constant_value": value}


def behavior(**parts):
    """A behavior as the provider prints it; null is left out of nothing but what is unknown."""
    return {
        "allowed_methods": ["GET", "HEAD"],
        "cache_policy_id": CACHING_OPTIMIZED,
        "cached_methods": ["GET", "HEAD"],
        "compress": True,
        "default_ttl": 0,
        "field_level_encryption_id": "",
        "forwarded_values": [],
        "function_association": [],
        "grpc_config": [{"enabled": False}],
        "lambda_function_association": [],
        "max_ttl": 0,
        "min_ttl": 0,
        "origin_request_policy_id": "",
        "realtime_log_config_arn": "",
        "response_headers_policy_id": "",
        "smooth_streaming": False,
        "target_origin_id": "site",
        "trusted_key_groups": [],
        "trusted_signers": [],
        "viewer_protocol_policy": "redirect-to-https",
        **parts,
    }


def origin(**parts):
    """An S3 origin behind an access control."""
    return {
        "connection_attempts": 3,
        "connection_timeout": 10,
        "custom_header": [],
        "custom_origin_config": [],
        "domain_name": "site-bucket.s3.eu-west-1.amazonaws.com",
        "origin_access_control_id": "",
        "origin_id": "site",
        "origin_path": "",
        "origin_shield": [],
        "response_completion_timeout": 0,
        "s3_origin_config": [],
        "vpc_origin_config": [],
        **parts,
    }


def custom_origin(**parts):
    config = {
        "http_port": 80,
        "https_port": 443,
        "ip_address_type": "",
        "origin_keepalive_timeout": 5,
        "origin_protocol_policy": "https-only",
        "origin_read_timeout": 30,
        "origin_ssl_protocols": ["TLSv1.2"],
    }
    return origin(**{"origin_id": "app", "domain_name": "app.example.com", "custom_origin_config": [config], **parts})


def distribution(**parts):
    """What is known of a distribution in a state."""
    return {
        "aliases": ["www.example.com"],
        "anycast_ip_list_id": "",
        "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1STATE",
        "caller_reference": "terraform-20250101000000000000000001",
        "comment": "the site",
        "continuous_deployment_policy_id": "",
        "custom_error_response": [],
        "default_cache_behavior": [behavior()],
        "default_root_object": "index.html",
        "domain_name": "d1state.cloudfront.net",
        "enabled": True,
        "etag": "E2ETAG",
        "hosted_zone_id": "Z2FDTNDATAQYW2",
        "http_version": "http2",
        "id": "E1STATE",
        "in_progress_validation_batches": 0,
        "is_ipv6_enabled": True,
        "last_modified_time": "2025-01-01 00:00:00 +0000 UTC",
        "logging_config": [],
        "ordered_cache_behavior": [],
        "origin": [origin()],
        "origin_group": [],
        "price_class": "PriceClass_100",
        "restrictions": [{"geo_restriction": [{"locations": [], "restriction_type": "none"}]}],
        "retain_on_delete": False,
        "staging": False,
        "status": "Deployed",
        "tags": {},
        "tags_all": {},
        "trusted_key_groups": [{"enabled": False, "items": []}],
        "trusted_signers": [{"enabled": False, "items": []}],
        "viewer_certificate": [{
            "acm_certificate_arn": "", "cloudfront_default_certificate": True, "iam_certificate_id": "",
            "minimum_protocol_version": "TLSv1", "ssl_support_method": "",
        }],
        "wait_for_deployment": True,
        "web_acl_id": "",
        **parts,
    }  # fmt: skip


def planned_distribution(**parts):
    """What is known of a distribution that is still to be made: computed attributes are not there at all."""
    computed = ("arn", "caller_reference", "domain_name", "etag", "hosted_zone_id", "id", "in_progress_validation_batches",
                "last_modified_time", "status", "trusted_key_groups", "trusted_signers")  # fmt: skip
    return {name: value for name, value in distribution(**parts).items() if name not in computed}


def without(values, *names):
    return {name: value for name, value in values.items() if name not in names}


CACHE_POLICY = {
    "comment": None,
    "default_ttl": 300,
    "max_ttl": 3600,
    "min_ttl": 1,
    "name": "short",
    "parameters_in_cache_key_and_forwarded_to_origin": [{
        "cookies_config": [{"cookie_behavior": "none", "cookies": []}],
        "enable_accept_encoding_brotli": True,
        "enable_accept_encoding_gzip": True,
        "headers_config": [{"header_behavior": "whitelist", "headers": [{"items": ["X-Tenant"]}]}],
        "query_strings_config": [{"query_string_behavior": "whitelist", "query_strings": [{"items": ["q", "page"]}]}],
    }],
}  # fmt: skip
FUNCTION = {
    "code": "function handler(event) {\n  event.request.headers['x-seen'] = {value: 'yes'};\n  return event.request;\n}\n",
    "comment": "",
    "key_value_store_associations": [],
    "name": "rewrite",
    "publish": True,
    "runtime": "cloudfront-js-2.0",
}
LAMBDA = {
    "architectures": ["x86_64"],
    "code_signing_config_arn": "",
    "dead_letter_config": [],
    "description": "",
    "environment": [],
    "ephemeral_storage": [{"size": 512}],
    "file_system_config": [],
    "filename": "build/edge.zip",
    "function_name": "edge",
    "handler": "index.handler",
    "image_config": [],
    "image_uri": "",
    "kms_key_arn": "",
    "layers": [],
    "logging_config": [
        {"application_log_level": "", "log_format": "Text", "log_group": "/aws/lambda/edge", "system_log_level": ""}
    ],
    "memory_size": 128,
    "package_type": "Zip",
    "publish": True,
    "reserved_concurrent_executions": -1,
    "role": f"arn:aws:iam::{ACCOUNT}:role/edge",
    "runtime": "nodejs22.x",
    "s3_bucket": None,
    "snap_start": [],
    "source_code_hash": "q1w2e3=",
    "timeout": 5,
    "tracing_config": [{"mode": "PassThrough"}],
    "vpc_config": [],
}


def write(path, document):
    """As Terraform prints it: on one line."""
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    return path
