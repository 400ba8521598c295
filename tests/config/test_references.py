from pathlib import Path

import pytest

from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import Parameters, as_text
from edgeproxy.config.references import References
from edgeproxy.config.resource_values import Resource
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

HERE = Node(None)


def references() -> References:
    root = read_yaml(
        """
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: site}}
  Fn: {Type: AWS::Serverless::Function, Properties: {AutoPublishAlias: live}}
  Plain: {Type: AWS::Serverless::Function}
  Rest: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}
  Http: {Type: AWS::Serverless::HttpApi}
  ServerlessRestApi: {Type: AWS::Serverless::Api}
  Url: {Type: AWS::Lambda::Url}
  Alb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Graph: {Type: AWS::AppSync::GraphQLApi}
  Api: {Type: AWS::ApiGatewayV2::Api}
  Gateway: {Type: AWS::ApiGateway::Stage, Properties: {StageName: prod}}
  Off: {Type: AWS::S3::Bucket, Condition: Never}
""",
        Path("t.yaml"),
    )
    resources = {}
    for name, entry in root.value["Resources"].value.items():
        properties = entry.value.get("Properties") or Node({})
        resources[name] = Resource(name, entry.value["Type"].value, properties, None, entry.value.get("Condition"), entry)
    return References(Parameters(root, {}), resources, as_text, lambda name, node: False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("Stage", "dev", id="a parameter"),
        pytest.param("AWS::Partition", "aws", id="a pseudo parameter"),
        pytest.param("Bucket", "site", id="a bucket is its name"),
        pytest.param("Alb", "Alb", id="a type that is not known is its logical id"),
        pytest.param("Fn.Version", "arn:aws:lambda:us-east-1:123456789012:function:Fn:1", id="SAM's version"),
        pytest.param("Fn.Alias", "arn:aws:lambda:us-east-1:123456789012:function:Fn:live", id="SAM's alias"),
        pytest.param("Rest.Stage", "v1", id="the stage of a REST API"),
        pytest.param("Http.Stage", "$default", id="the stage of an HTTP API"),
        pytest.param("ServerlessRestApi.Stage", "Prod", id="the stage of SAM's implicit REST API"),
    ],
)
def test_ref(name, text):
    found = references().ref(name, HERE)
    assert found is not None
    assert found.value == text


def test_no_value_is_nothing():
    assert references().ref("AWS::NoValue", HERE) is None


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        pytest.param("Buckt", "no parameter or resource Buckt", "did you mean Bucket?", id="an unknown name"),
        pytest.param("Plain.Version", "Plain.Version does not exist", "AutoPublishAlias", id="no version is published"),
        pytest.param("Fn.Versio", "Fn.Versio does not exist", "Version, Alias", id="neither version nor alias"),
        pytest.param("Rest.Deployment", "Rest.Deployment does not exist", "Stage", id="what SAM makes that is not known"),
        pytest.param("Off", "Off is not made here", "", id="a resource whose condition is false"),
    ],
)
def test_ref_problems(name, message, hint):
    with pytest.raises(ConfigError) as caught:
        references().ref(name, HERE)
    assert message in caught.value.problems[0].message
    assert hint in caught.value.problems[0].hint


def test_attributes():
    found = references()
    assert found.attribute("Bucket", "Arn", HERE) == "arn:aws:s3:::site"
    arn = "arn:aws:lambda:us-east-1:123456789012:function:Fn"
    assert found.attribute("Fn", "Version", HERE) == f"{arn}:1"
    assert found.attribute("Fn", "Version.Version", HERE) == "1"
    assert found.attribute("Fn", "Alias.AliasArn", HERE) == f"{arn}:live"
    assert found.attribute("Alb", "DNSName", HERE) == "Alb.DNSName"
    with pytest.raises(ConfigError, match="Bucket has no attribute RegionalDomain"):
        found.attribute("Bucket", "RegionalDomain", HERE)


def test_a_text_leads_back_to_the_resource_that_gave_it():
    found = references()
    url = found.attribute("Url", "FunctionUrl", HERE)
    assert found.source(url) == "Url"
    assert found.source(url.split("/")[2]) == "Url"
    assert found.source("elsewhere.test") is None


@pytest.mark.parametrize(
    ("name", "attribute", "called"),
    [
        pytest.param("Api", None, "Api", id="an API's id"),
        pytest.param("Alb", "DNSName", "Alb", id="an attribute of a type that is not known"),
        pytest.param("Url", "FunctionUrl", "Url", id="a function URL"),
        pytest.param("Bucket", "RegionalDomainName", "", id="a bucket that has a name"),
        pytest.param("Gateway", None, "", id="a stage that has one"),
    ],
)
def test_what_aws_will_give_is_made_up_until_then(name, attribute, called):
    found = references()
    text = found.resource(name, HERE) if attribute is None else found.attribute(name, attribute, HERE)
    assert found.made_up(text) == called
    assert found.made_up("elsewhere.test") == ""


def test_an_attribute_that_is_a_url_has_a_host_by_which_the_resource_is_known():
    found = references()
    assert found.attribute("Graph", "GraphQLUrl", HERE) == "https://Graph.GraphQLUrl/graphql"
    assert found.attribute("Graph", "GraphQLDns", HERE) == "Graph.GraphQLDns"
    assert found.source("Graph.GraphQLUrl") == "Graph"
