"""What `Ref` and `Fn::GetAtt` give for a resource: one row per type that a distribution's template refers to.

In the texts, `{name}` is the naming property (or the logical id), the rest are made-up ids of the right shape.
Source: the "Return values" section of each resource type's page in the CloudFormation guide.
Chosen: a bucket without BucketName is named by its logical id in lower case; of a type that is not in the table, `Ref` gives
the logical id and GetAtt `<logical id>.<attribute>`, so that an origin or function can be named in the settings by it.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from edgeproxy.config import identities
from edgeproxy.config.nodes import Node, entries, text

BUCKET, DISTRIBUTION = "AWS::S3::Bucket", "AWS::CloudFront::Distribution"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
WEBSITE = "aws_s3_bucket_website_configuration"
"""Terraform's, for which CloudFormation has a bucket's property."""
FUNCTION, LAMBDA, SAM_FUNCTION = "AWS::CloudFront::Function", "AWS::Lambda::Function", "AWS::Serverless::Function"
FUNCTION_URL = "AWS::Lambda::Url"
SAM_API, SAM_HTTP_API = "AWS::Serverless::Api", "AWS::Serverless::HttpApi"
STACK = "AWS::CloudFormation::Stack"
VERSION, ALIAS = "AWS::Lambda::Version", "AWS::Lambda::Alias"
CACHE_POLICY, ORIGIN_REQUEST_POLICY = "AWS::CloudFront::CachePolicy", "AWS::CloudFront::OriginRequestPolicy"
RESPONSE_HEADERS_POLICY = "AWS::CloudFront::ResponseHeadersPolicy"
KEY_VALUE_STORE, ACCESS_CONTROL = "AWS::CloudFront::KeyValueStore", "AWS::CloudFront::OriginAccessControl"
CONNECTION_FUNCTION = "AWS::CloudFront::ConnectionFunction"
PUBLIC_KEY, KEY_GROUP = "AWS::CloudFront::PublicKey", "AWS::CloudFront::KeyGroup"


class Values(NamedTuple):
    """One type: its naming property ("" when none), what Ref gives, what each attribute gives."""

    name: str
    ref: str
    attributes: Mapping[str, str]


_FUNCTION_ARN = "arn:{partition}:cloudfront::{account}:function/{name}"
_STORE_ARN = "arn:{partition}:cloudfront::{account}:key-value-store/{uuid}"
_LAMBDA_ARN = "arn:{partition}:lambda:{region}:{account}:function:{name}"
_POLICY = Values("", "{uuid}", {"Id": "{uuid}", "LastModifiedTime": "Thu, 01 Jan 1970 00:00:00 GMT"})
_API = {"ApiEndpoint": "https://{short}.execute-api.{region}.{suffix}", "ApiId": "{short}", "RootResourceId": "{short}"}

VALUES: Mapping[str, Values] = {
    BUCKET: Values("BucketName", "{name}", {
        "Arn": "arn:{partition}:s3:::{name}",
        "DomainName": "{name}.s3.{suffix}",
        "DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}",
        "RegionalDomainName": "{name}.s3.{region}.{suffix}",
        "WebsiteURL": "http://{name}.s3-website-{region}.{suffix}",
    }),
    DISTRIBUTION: Values("", "{distribution}", {"Id": "{distribution}", "DomainName": "{domain}"}),
    FUNCTION: Values("Name", _FUNCTION_ARN, {
        "FunctionARN": _FUNCTION_ARN, "FunctionMetadata.FunctionARN": _FUNCTION_ARN, "Stage": "LIVE",
    }),
    KEY_VALUE_STORE: Values("Name", "{name}", {"Arn": _STORE_ARN, "Id": "{uuid}", "Status": "READY"}),
    CACHE_POLICY: _POLICY,
    ORIGIN_REQUEST_POLICY: _POLICY,
    RESPONSE_HEADERS_POLICY: _POLICY,
    ACCESS_CONTROL: Values("", "{distribution}", {"Id": "{distribution}"}),
    "AWS::CloudFront::CloudFrontOriginAccessIdentity": Values("", "{distribution}", {
        "Id": "{distribution}", "S3CanonicalUserId": "{uuid}",
    }),
    PUBLIC_KEY: Values("", "{public_key}", {"Id": "{public_key}", "CreatedTime": "1970-01-01T00:00:00Z"}),
    KEY_GROUP: Values("", "{uuid}", {"Id": "{uuid}", "LastModifiedTime": "1970-01-01T00:00:00Z"}),
    LAMBDA: Values("FunctionName", "{name}", {"Arn": _LAMBDA_ARN}),
    SAM_FUNCTION: Values("FunctionName", "{name}", {"Arn": _LAMBDA_ARN}),
    VERSION: Values("FunctionName", _LAMBDA_ARN + ":1", {"FunctionArn": _LAMBDA_ARN + ":1", "Version": "1"}),
    ALIAS: Values("FunctionName", _LAMBDA_ARN + ":{id}", {"AliasArn": _LAMBDA_ARN + ":{id}"}),
    FUNCTION_URL: Values("", _LAMBDA_ARN, {
        "FunctionUrl": "https://{short}.lambda-url.{region}.on.aws/", "FunctionArn": _LAMBDA_ARN,
    }),
    "AWS::ApiGateway::Stage": Values("StageName", "{name}", {}),
    "AWS::ApiGatewayV2::Stage": Values("StageName", "{name}", {}),
    "AWS::ApiGateway::RestApi": Values("", "{short}", _API),
    "AWS::ApiGatewayV2::Api": Values("", "{short}", _API),
    SAM_API: Values("", "{short}", _API),
    SAM_HTTP_API: Values("", "{short}", _API),
}  # fmt: skip

URL_ATTRIBUTES: Mapping[tuple[str, str], str] = {
    ("AWS::AppSync::GraphQLApi", "GraphQLUrl"): "/graphql",
    ("AWS::MediaPackage::OriginEndpoint", "Url"): "/out/v1/index.m3u8",
    ("AWS::MediaStore::Container", "Endpoint"): "",
}
"""Attributes of types without a row that are URLs, and the URLs' paths: what is split at `/` must have its parts."""

_LAMBDA_NAME = re.compile(r"(?:.*:function:)?([a-zA-Z0-9_-]+)(?::.*)?")


class Resource(NamedTuple):
    """One entry of a template's Resources; `properties` is an empty dict when it has none."""

    id: str
    type: str
    properties: Node
    metadata: Node | None
    condition: Node | None
    node: Node


def default_name(resource: Resource, stack: str = "") -> str:
    """The name of a resource that its template does not name; of a stack with a name, that comes before it."""
    name = f"{stack}-{resource.id}" if stack else resource.id
    return name.lower() if resource.type == BUCKET else name


def construct_paths(resource: Resource) -> tuple[str, ...]:
    """What a CDK app calls a resource, by its metadata: its construct, `Stack/Site`, and itself, `Stack/Site/Resource`."""
    path = text(entries(resource.metadata).get("aws:cdk:path"))
    construct = path.removesuffix("/Resource").removesuffix("/Default")
    return tuple(dict.fromkeys((construct, path))) if path else ()


def fields(resource: Resource, name: str, seed: str, pseudo: Mapping[str, str]) -> dict[str, str]:
    """What stands for each `{…}`; `name` is the naming property's text, `seed` makes the ids stable."""
    if resource.type in (VERSION, ALIAS):
        # FunctionName takes a name or an ARN.
        match = _LAMBDA_NAME.fullmatch(name)
        name = match[1] if match else name
    return {
        "id": resource.id,
        "name": name,
        "partition": pseudo["AWS::Partition"],
        "region": pseudo["AWS::Region"],
        "account": pseudo["AWS::AccountId"],
        "suffix": pseudo["AWS::URLSuffix"],
        "distribution": identities.distribution_id(seed),
        "domain": identities.distribution_domain(seed),
        "public_key": identities.public_key_id(seed),
        "uuid": identities.uuid(seed),
        "short": identities.short_id(seed),
    }
