import pytest

from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.links import Links
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.problems import Problems
from edgeproxy.config.template import read_resources
from edgeproxy.errors import ConfigError

BUCKET = {"Type": "AWS::S3::Bucket"}
HERE = Node(None)


def linked(*stacks, imports=None):
    """The scopes of stacks, each (name, template) or (name, template, (index of the outer stack, logical id))."""
    links = Links()
    for name, template, *parent in stacks:
        root = plain({"Resources": {}, **template})
        region = {"AWS::Region": "eu-west-1" if name == "web" else "us-east-1"}
        given = GivenValues(imports=imports or {})
        scope = Scope(root, Parameters(root, region), read_resources(root, Problems()), given, stack=name)
        links.add(scope, root, *((links.scopes[index], logical_id) for index, logical_id in parent))
    return links.scopes


def output(value, export=None):
    return {"Value": value, **({"Export": {"Name": export}} if export else {})}


DATA = ("data", {"Resources": {"B": BUCKET}, "Outputs": {
    "Domain": output({"Fn::GetAtt": ["B", "RegionalDomainName"]}, "data:Domain"),
    "Named": output("value", {"Fn::Sub": "${AWS::StackName}-named"}),
    "Private": output("private"),
}})  # fmt: skip


def imported(name):
    return plain({"Fn::ImportValue": name})


def test_an_import_is_what_another_stack_exports():
    web, _ = linked(("web", {}), DATA)
    assert web.text(imported("data:Domain")) == "data-b.s3.us-east-1.amazonaws.com"
    assert web.text(imported("local-named")) == "value"
    assert web.other_names("data-b.s3.us-east-1.amazonaws.com") == ("B",)


def test_what_the_settings_give_for_an_import_wins():
    web, _ = linked(("web", {}), DATA, imports={"data:Domain": "mine.example.com"})
    assert web.text(imported("data:Domain")) == "mine.example.com"


def test_an_import_that_no_stack_exports():
    web, _ = linked(("web", {}), DATA)
    with pytest.raises(ConfigError, match="no value is given for data:Domian") as caught:
        web.text(imported("data:Domian"))
    assert "did you mean data:Domain?" in caught.value.problems[0].hint


def test_two_stacks_that_need_each_other_are_a_circle():
    one = {"Outputs": {"A": output({"Fn::ImportValue": "b"}, "a")}}
    two = {"Outputs": {"B": output({"Fn::ImportValue": "a"}, "b")}}
    first, _ = linked(("one", one), ("two", two))
    with pytest.raises(ConfigError, match="circular reference: export a -> export b -> export a"):
        first.text(imported("a"))


EDGE = ("edge", {"Resources": {
    "Fn": {"Type": "AWS::Lambda::Function"},
    "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
    "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "/cdk/${AWS::Region}/Fn"}, "Value": {"Ref": "V"}}},
    "W": {"Type": "Custom::CrossRegionExportWriter", "Properties": {"WriterProps": {
        "region": "eu-west-1", "exports": {"/cdk/exports/web/edgeV": {"Ref": "V"}},
    }}},
}})  # fmt: skip
WEB = {"Resources": {
    "Reader": {"Type": "Custom::CrossRegionStringParameterReader",
               "Properties": {"Region": "us-east-1", "ParameterName": "/cdk/us-east-1/Fn"}},
    "Exports": {"Type": "Custom::CrossRegionExportReader", "Properties": {"ReaderProps": {}}},
    "Wrong": {"Type": "Custom::CrossRegionStringParameterReader", "Properties": {"ParameterName": "/cdk/us-east-1/Fm"}},
    "Empty": {"Type": "Custom::CrossRegionStringParameterReader"},
}}  # fmt: skip
ARN = "arn:aws:lambda:us-east-1:123456789012:function:edge-Fn:1"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"Fn::GetAtt": ["Reader", "FunctionArn"]}, id="the parameter that EdgeFunction leaves"),
        pytest.param({"Fn::GetAtt": ["Exports", "/cdk/exports/web/edgeV"]}, id="crossRegionReferences"),
        pytest.param({"Fn::Sub": "${Reader.FunctionArn}"}, id="in a text"),
    ],
)
def test_what_a_stack_of_another_region_left_in_ssm(value):
    web, _ = linked(("web", WEB), EDGE)
    assert web.text(plain(value)) == ARN


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(
            ["Wrong", "FunctionArn"], "no stack of the cloud assembly has the SSM parameter /cdk/us-east-1/Fm", id="none"
        ),
        pytest.param(["Empty", "FunctionArn"], "Empty needs ParameterName", id="a reader without a name"),
        pytest.param(["Gone", "FunctionArn"], "there is no resource Gone", id="no reader"),
    ],
)
def test_what_no_stack_left_in_ssm(value, message):
    web, _ = linked(("web", WEB), EDGE)
    with pytest.raises(ConfigError, match=message):
        web.text(plain({"Fn::GetAtt": value}))


def nested(**handed):
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": handed}}


def test_parameters_and_outputs_of_a_nested_stack():
    outer = {"Resources": {"B": BUCKET, "Inner": nested(BucketRef={"Ref": "B"})}}
    inner = {
        "Parameters": {"BucketRef": {"Type": "String"}},
        "Outputs": {"Url": output({"Fn::Sub": "https://${BucketRef}.example.com"})},
    }
    scope, _ = linked(("shop", outer), ("shop-Inner", inner, (0, "Inner")))
    assert scope.text(plain({"Fn::GetAtt": ["Inner", "Outputs.Url"]})) == "https://shop-b.example.com"
    with pytest.raises(ConfigError, match="the nested stack Inner has no output Uri"):
        scope.text(plain({"Fn::GetAtt": ["Inner", "Outputs.Uri"]}))


def test_a_nested_stack_that_needs_its_own_output_is_a_circle():
    outer = {"Resources": {"Inner": nested(Own={"Fn::GetAtt": ["Inner", "Outputs.Own"]})}}
    inner = {"Parameters": {"Own": {"Type": "String"}}, "Outputs": {"Own": output({"Ref": "Own"})}}
    scope, _ = linked(("shop", outer), ("shop-Inner", inner, (0, "Inner")))
    with pytest.raises(ConfigError, match=r"circular reference: output Inner\.Own"):
        scope.text(plain({"Fn::GetAtt": ["Inner", "Outputs.Own"]}))


def test_exports_and_parameters_whose_name_is_not_known_here_are_passed_over():
    odd = {"Outputs": {"O": output("x", {"Ref": "Unknown"})}, "Resources": {
        "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Ref": "Unknown"}, "Value": "x"}},
        "N": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "without a name"}},
    }}  # fmt: skip
    web, *_ = linked(("web", WEB), ("odd", odd), EDGE, DATA)
    assert web.text(imported("data:Domain")).startswith("data-b.")
    assert web.text(plain({"Fn::GetAtt": ["Reader", "FunctionArn"]})) == ARN
