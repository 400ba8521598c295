import time
from pathlib import Path

import pytest

from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.resource_values import Resource
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: dev}
  Where: {Type: String, Default: shop}
  Referring: {Type: String, Default: "{{resolve:ssm:/shop/host}}"}
  Names: {Type: CommaDelimitedList, Default: "a,b"}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Mappings: {Ports: {dev: {App: 3000}, prod: {App: 80}}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "site-${Stage}"}}
  Round: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Circle}}
  Circle: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Round}}
  NoName: {Type: AWS::S3::Bucket, Properties: {BucketName: !If [IsProd, x, !Ref AWS::NoValue]}}
"""


def scope_and(text: str) -> tuple[Scope, Node]:
    root = read_yaml(f"{TEMPLATE}Value: {text}", Path("t.yaml"))
    resources = {
        name: Resource(name, entry.value["Type"].value, entry.value["Properties"], None, None, entry)
        for name, entry in root.value["Resources"].value.items()
    }
    given = GivenValues(
        imports={"shared-domain": "x.test"}, resolve={"ssm:/shop/host": "api.test", "secretsmanager:shop:SecretString:k": "s3"}
    )
    return Scope(root, Parameters(root, {}), resources, given), root.value["Value"]


def resolved(text: str):
    scope, node = scope_and(text)
    found = scope.resolve(node)
    if found is None:
        return None
    return [each.value for each in found.value] if isinstance(found.value, list) else found.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("plain", "plain", id="an ordinary value"),
        pytest.param("'x {{resolve:ssm:/shop/host}}'", "x api.test", id="a reference in an ordinary text"),
        pytest.param("!Sub '{{resolve:ssm:/${Where}/host:2}}'", "api.test", id="a reference made by Sub"),
        pytest.param(
            "!Join ['', ['{{resolve:secretsmanager:', shop, ':SecretString:k::}}']]", "s3", id="a reference made by Join"
        ),
        pytest.param("!Ref Referring", "api.test", id="a reference in a parameter"),
        pytest.param("!Ref Stage", "dev", id="Ref of a parameter"),
        pytest.param("!Ref Bucket", "site-dev", id="Ref of a resource whose name is resolved"),
        pytest.param("!Ref NoName", "noname", id="a name that is NoValue is the default one"),
        pytest.param("!Ref AWS::NoValue", None, id="NoValue"),
        pytest.param("!GetAtt Bucket.Arn", "arn:aws:s3:::site-dev", id="GetAtt"),
        pytest.param("{'Fn::GetAtt': Bucket.Arn}", "arn:aws:s3:::site-dev", id="GetAtt in long form with a dot"),
        pytest.param("!Sub '${Stage}.${Bucket.Arn}.${AWS::Region}'", "dev.arn:aws:s3:::site-dev.us-east-1", id="Sub"),
        pytest.param("!Sub '${!Stage} $ {x} ${!}'", "${Stage} $ {x} ${}", id="Sub leaves literals"),
        pytest.param("!Sub ['${a}-${Stage}', {a: !Ref Bucket}]", "site-dev-dev", id="Sub with a map"),
        pytest.param("!Join ['-', [a, !Ref Stage, !Ref AWS::NoValue, 1]]", "a-dev-1", id="Join leaves out NoValue"),
        pytest.param("!Join [',', !Ref Names]", "a,b", id="Join of a list parameter"),
        pytest.param("!Select [1, !Split ['/', 'a/b/c']]", "b", id="Select and Split"),
        pytest.param("!Select ['0', !Ref Names]", "a", id="Select with a text index"),
        pytest.param("!Split [',', 'x,y']", ["x", "y"], id="Split"),
        pytest.param("!If [IsProd, a, b]", "b", id="If"),
        pytest.param("!If [IsProd, !Ref Nowhere, b]", "b", id="If does not resolve the other branch"),
        pytest.param("!FindInMap [Ports, !Ref Stage, App]", "3000", id="FindInMap"),
        pytest.param("!ImportValue shared-domain", "x.test", id="ImportValue"),
        pytest.param("!ImportValue {'Fn::Join': ['-', [shared, domain]]}", "x.test", id="ImportValue of a Join"),
        pytest.param("!Base64 abc", "YWJj", id="Base64"),
    ],
)  # fmt: skip
def test_each_function(text, value):
    assert resolved(text) == value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("!Ref Stagee", "no parameter or resource Stagee", "did you mean Stage?", id="Ref"),
        pytest.param("!Ref Round", "circular reference: Round -> Circle -> Round", "", id="a circle"),
        pytest.param("!GetAtt Buckt.Arn", "no resource Buckt", "did you mean Bucket?", id="GetAtt"),
        pytest.param("!GetAtt Bucket", "the form is Fn::GetAtt", "", id="GetAtt without attribute"),
        pytest.param("!Sub '${Stagee}'", "Stagee", "did you mean Stage?", id="Sub"),
        pytest.param("!Sub [a]", "the form is Fn::Sub", "", id="Sub with one item"),
        pytest.param("!Sub {a: b}", "text is needed here, not a mapping", "", id="Sub of a mapping"),
        pytest.param("!Join ['', !Ref Stage]", "a list is needed here", "", id="Join of a text"),
        pytest.param("!Join ['', [[a]]]", "text is needed here, not a list", "", id="Join of lists"),
        pytest.param("!Select [2, !Ref Names]", "no item 2, the list has 2 items", "", id="Select past the end"),
        pytest.param("!Select ['0000000002', !Ref Names]", "no item 0000000002", "", id="Select past the end, after zeros"),
        pytest.param("!Select [-1, !Ref Names]", "no item -1", "", id="Select before the start"),
        pytest.param("!Split ['', abc]", "the delimiter is empty", "", id="Split by nothing"),
        pytest.param("!If [IsProdd, a, b]", "no condition IsProdd", "did you mean IsProd?", id="If"),
        pytest.param("!FindInMap [Ports, test, App]", "no key test", "allowed: dev, prod", id="FindInMap"),
        pytest.param("!FindInMap [Prts, dev, App]", "no map Prts", "did you mean Ports?", id="FindInMap of no map"),
        pytest.param("!ImportValue {'Fn::Sub': 'shared-${x}'}", "no parameter or resource x", "", id="ImportValue of a Sub"),
        pytest.param("!ImportValue x", "no value is given for x", "imports: {x: VALUE}", id="ImportValue"),
        pytest.param("!ImportValue shared-doman", "no value is given", "did you mean shared-domain?", id="an import's name"),
        pytest.param("!Cidr [a, b, c]", "Fn::Cidr is not resolved here", "", id="a function that is not resolved"),
    ],
)  # fmt: skip
def test_each_problem(text, message, hint):
    with pytest.raises(ConfigError) as caught:
        resolved(text)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.line > 0


def test_a_problem_inside_a_block_has_its_own_line():
    scope, node = scope_and("!Sub |\n  one\n  ${Stagee}\n")
    with pytest.raises(ConfigError) as caught:
        scope.resolve(node)
    assert caught.value.problems[0].line == node.line + 2


def test_texts_cannot_grow_without_end():
    scope, node = scope_and(f"!Join ['{'x' * 2000}', [{', '.join(['a'] * 1000)}]]")
    with pytest.raises(ConfigError, match="gives more than"):
        scope.resolve(node)


def test_a_function_that_stands_in_many_places_is_resolved_once():
    text = "x"
    for _ in range(30):
        text = f'!Sub ["${{a}}${{a}}", {{a: {text}}}]' if text != "x" else '!Sub ["", {}]'
    started = time.monotonic()
    assert resolved(text) == ""
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('!Sub ["' + "${a}" * 3 + '", {a: ' + "x" * 400_000 + "}]", "Fn::Sub gives more than 1048576", id="Sub"),
        pytest.param('!Join ["' + "x" * 600_000 + '", [a, b, c]]', "Fn::Join gives more than 1048576", id="Join"),
        pytest.param('!Split ["x", "' + "x" * 10_000 + '"]', "Fn::Split gives more than 10000 parts", id="Split"),
    ],
)
def test_what_grows_without_end_is_refused_before_it_is_made(text, message):
    with pytest.raises(ConfigError, match=message):
        resolved(text)


def test_all_functions_together_have_a_bound():
    scope, node = scope_and("[" + ", ".join(['!Sub "' + "x" * 1000 + '"'] * 3) + "]")
    scope.allowance.left = 2500
    assert len(scope.text(node.value[0]) + scope.text(node.value[0]) + scope.text(node.value[1])) == 3000
    with pytest.raises(ConfigError, match="the functions of this file give more than 33554432 characters"):
        scope.text(node.value[2])
