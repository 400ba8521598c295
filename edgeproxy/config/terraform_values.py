"""What the attributes of Terraform's resources are: what a state or plan knows, else made-up values of the right shape.

In the texts, `{name}` is the naming attribute, or the resource's own name when that is not known, the rest are made-up ids.
Chosen: what a type that is not in the table gives is `<address>.<attribute>` in lower case, so that it can stand for a host.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from edgeproxy.config import identities
from edgeproxy.config.nodes import Node, text

REGION = "us-east-1"
_FUNCTION_ARN = f"arn:aws:cloudfront::{identities.ACCOUNT}:function/{{name}}"
_STORE_ARN = f"arn:aws:cloudfront::{identities.ACCOUNT}:key-value-store/{{uuid}}"
_LAMBDA_ARN = f"arn:aws:lambda:{{region}}:{identities.ACCOUNT}:function:{{name}}"
_IDENTITY = "origin-access-identity/cloudfront/{distribution}"
_WEBSITE = "{name}.s3-website-{region}.amazonaws.com"
_API = "https://{short}.execute-api.{region}.amazonaws.com"

MADE_UP: Mapping[str, Mapping[str, str]] = {
    "aws_api_gateway_stage": {"invoke_url": _API},
    "aws_apigatewayv2_api": {"api_endpoint": _API, "id": "{short}"},
    "aws_apigatewayv2_stage": {"invoke_url": _API},
    "aws_cloudfront_cache_policy": {"id": "{uuid}"},
    "aws_cloudfront_distribution": {"domain_name": "{domain}", "id": "{distribution}"},
    "aws_cloudfront_function": {"arn": _FUNCTION_ARN, "id": "{name}", "name": "{name}"},
    "aws_cloudfront_key_group": {"id": "{uuid}"},
    "aws_cloudfront_key_value_store": {"arn": _STORE_ARN, "id": "{uuid}", "name": "{name}"},
    "aws_cloudfront_origin_access_control": {"id": "{distribution}"},
    "aws_cloudfront_origin_access_identity": {"cloudfront_access_identity_path": _IDENTITY, "id": "{distribution}"},
    "aws_cloudfront_origin_request_policy": {"id": "{uuid}"},
    "aws_cloudfront_public_key": {"id": "{public_key}"},
    "aws_cloudfront_response_headers_policy": {"id": "{uuid}"},
    "aws_lambda_function": {
        "arn": _LAMBDA_ARN,
        "function_name": "{name}",
        "id": "{name}",
        "qualified_arn": _LAMBDA_ARN + ":1",
        "version": "1",
    },
    "aws_lambda_function_url": {"function_url": "https://{short}.lambda-url.{region}.on.aws/"},
    "aws_lb": {"dns_name": "{short}.{region}.elb.amazonaws.com"},
    "aws_s3_bucket": {
        "arn": "arn:aws:s3:::{name}",
        "bucket": "{name}",
        "bucket_domain_name": "{name}.s3.amazonaws.com",
        "bucket_regional_domain_name": "{name}.s3.{region}.amazonaws.com",
        "id": "{name}",
        "website_endpoint": _WEBSITE,
    },
    "aws_s3_bucket_website_configuration": {"website_endpoint": _WEBSITE},
}
NAMING: Mapping[str, str] = {
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_website_configuration": "bucket",
}
"""The attribute that names a resource of a type; of every other it is `name`."""
HOSTS = (
    "api_endpoint", "bucket_domain_name", "bucket_regional_domain_name", "dns_name", "domain_name", "function_url",
    "invoke_url", "website_endpoint",
)  # fmt: skip
"""Attributes that an origin's domain name is taken from."""
_NOT_IN_A_HOST = re.compile(r"[^a-z0-9.]+")


class Found(NamedTuple):
    """A resource or data source of a file; `module` and `address` as Terraform writes them, `key` that of count or for_each."""

    address: str
    module: str
    type: str
    name: str
    key: str
    is_data: bool
    values: Node
    """A mapping of its attributes; every node below it belongs to the address."""
    unknown: Node | None = None
    """The same tree with true for what is known only after apply."""

    def known(self, attribute: str) -> str:
        """An attribute that is a text; "" when it is not known, or no text."""
        return text(self.values.value.get(attribute))


def host(text: str) -> str:
    """The host of a URL; any other text as it is."""
    return re.sub(r"^[a-z]+://", "", text).partition("/")[0]


def label(address: str) -> str:
    """An address as a host's name may be written."""
    return _NOT_IN_A_HOST.sub("-", address.lower()).strip("-.")


def value(found: Found, attribute: str, prefix: str = "") -> str:
    """A resource's attribute; `prefix` goes before the address that its made-up ids are derived from."""
    known = found.known(attribute)
    if known:
        return known
    text = MADE_UP.get(found.type, {}).get(attribute)
    if text is None:
        return f"{label(found.address)}.{label(attribute)}"
    seed = prefix + found.address
    own_name = found.name if not found.key else f"{found.name}-{found.key}"
    return text.format_map({
        "name": found.known(NAMING.get(found.type, "name")) or label(own_name),
        "region": found.known("region") or REGION,
        "distribution": identities.distribution_id(seed),
        "domain": identities.distribution_domain(seed),
        "public_key": identities.public_key_id(seed),
        "uuid": identities.uuid(seed),
        "short": identities.short_id(seed),
    })  # fmt: skip
