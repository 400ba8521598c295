import pytest

from edgeproxy.config import resource_values
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.parameters import PSEUDO
from edgeproxy.config.resource_values import VALUES, Resource, construct_paths, default_name, fields


def resource(kind: str, name: str = "MyThing") -> Resource:
    return Resource(name, kind, Node({}), None, None, Node(None))


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_every_text_of_the_table_can_be_filled_in(kind):
    filled = fields(resource(kind), "name", "seed", PSEUDO)
    row = VALUES[kind]
    for text in (row.ref, *row.attributes.values()):
        assert "{" not in text.format_map(filled)


@pytest.mark.parametrize(
    ("kind", "attribute", "text"),
    [
        (resource_values.BUCKET, "RegionalDomainName", "name.s3.us-east-1.amazonaws.com"),
        (resource_values.BUCKET, "WebsiteURL", "http://name.s3-website-us-east-1.amazonaws.com"),
        (resource_values.FUNCTION, "FunctionMetadata.FunctionARN", "arn:aws:cloudfront::123456789012:function/name"),
        (resource_values.LAMBDA, "Arn", "arn:aws:lambda:us-east-1:123456789012:function:name"),
    ],
)
def test_attributes(kind, attribute, text):
    assert VALUES[kind].attributes[attribute].format_map(fields(resource(kind), "name", "seed", PSEUDO)) == text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("fn", id="a name"),
        pytest.param("arn:aws:lambda:us-east-1:123456789012:function:fn", id="an ARN"),
        pytest.param("123456789012:function:fn", id="a partial ARN"),
    ],
)
def test_a_version_takes_the_name_out_of_its_function_name(name):
    filled = fields(resource(resource_values.VERSION), name, "seed", PSEUDO)
    assert VALUES[resource_values.VERSION].ref.format_map(filled) == "arn:aws:lambda:us-east-1:123456789012:function:fn:1"


def test_a_bucket_without_a_name_is_its_logical_id_in_lower_case():
    assert resource_values.default_name(resource(resource_values.BUCKET, "SiteBucket")) == "sitebucket"
    assert resource_values.default_name(resource(resource_values.LAMBDA, "MyFn")) == "MyFn"


@pytest.mark.parametrize(
    ("kind", "stack", "expected"),
    [
        pytest.param(resource_values.LAMBDA, "", "MyThing", id="a function of a template alone"),
        pytest.param(resource_values.LAMBDA, "Shop", "Shop-MyThing", id="a function of one stack of several"),
        pytest.param(resource_values.BUCKET, "Shop", "shop-mything", id="a bucket of one stack of several"),
    ],
)
def test_the_name_of_what_has_none(kind, stack, expected):
    assert default_name(resource(kind), stack) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({"aws:cdk:path": "Shop/Site/Resource"}, ("Shop/Site", "Shop/Site/Resource"), id="a construct's resource"),
        pytest.param(
            {"aws:cdk:path": "Shop/Deploy/CustomResource/Default"},
            ("Shop/Deploy/CustomResource", "Shop/Deploy/CustomResource/Default"),
            id="a custom resource",
        ),
        pytest.param({"aws:cdk:path": "Shop/Site"}, ("Shop/Site",), id="a resource that is its own construct"),
        pytest.param({"aws:cdk:path": ["Shop"]}, (), id="no text"),
        pytest.param({"aws:asset:path": "asset.x"}, (), id="other metadata"),
        pytest.param(None, (), id="no metadata"),
    ],
)
def test_what_a_cdk_app_calls_a_resource(metadata, expected):
    node = None if metadata is None else plain(metadata)
    assert construct_paths(resource(resource_values.BUCKET)._replace(metadata=node)) == expected
